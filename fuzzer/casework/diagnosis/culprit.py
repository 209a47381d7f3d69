"""Culprit: the first bad step of an evaluation whose result is wrong, and what goes wrong there.

From the wrong result the search goes back along the operand that alone would make the step wrong, until the operands are right: on that path
the culprit is the step with the largest gain, its own error over that of its operands. So a sum that loses nothing of importance is no
culprit, however many digits one of its small terms has lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ulpfuzz.fuzzer.casework.diagnosis.step import Step, chain, decimal, effects, lost
from ulpfuzz.fuzzer.defects.case_file import Cause
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.oracles.arithmetic.taped import TapedMp

#: An operand is right within this many u: two roundings of an argument and one of a function's own, whose error numpy's tests put at 2 ulps.
RIGHT = 8.0
#: A step is laid to an operand that alone makes this share of its error.
SHARE = 0.25
#: Functions whose argument is reduced by a multiple of a constant first.
REDUCED = ("sin", "cos", "tan", "sinpi", "cospi")
ADDITIVE = ("+", "-", "sum", "dot", "mean")
#: Steps that only move a number.
MOVES = ("neg", "abs", "max", "min", "input")


@dataclass(frozen=True)
class Culprit:
    """cause: what goes wrong at the step. step: in plain words with its numbers. gain: the error of the step over that of its operands,
    both at most 1 and at least u. bits_lost: of a cancellation, else nan."""

    cause: Cause
    step: str
    operation: str
    gain: float
    bits_lost: float = math.nan


def culprit_of(result: Step, fmt: Format, m: TapedMp) -> Culprit | None:
    """The culprit of a result that is not what it is exactly; None where it is right to RIGHT u, or is a number of which the exact value is
    unknown."""
    u = fmt.unit_roundoff
    if (special := _first_nan(result, m)) is not None:
        text = special.text if special.rule is not None else special.operation
        values = ", ".join(_named(o) for o in special.operands)
        said = f"= {_combination(special)}" if len(special.operands) == 2 else f"is nan at {values}"
        return Culprit("special", f"{text} {said}", special.operation, math.inf)
    if lost(result.value, result.exact, m) <= RIGHT * u:
        return None
    path: list[tuple[float, Step]] = []
    step = result
    while True:
        own = lost(step.value, step.exact, m)
        laid = effects(step, m)
        worst = max(range(len(laid)), key=laid.__getitem__, default=-1)
        before = max([u, *(lost(o.value, o.exact, m) for o in step.operands)])
        path.append((own / before, step))
        if worst < 0 or laid[worst] < SHARE * own:
            break
        step = step.operands[worst]
        if not step.computed or lost(step.value, step.exact, m) <= RIGHT * u:
            if step.operation == "constant" and lost(step.value, step.exact, m) > 2 * u:
                path.append((lost(step.value, step.exact, m) / u, step))
            break
    # Of equals the one deepest inside: nothing before it is wrong.
    gain, worst_step = max(reversed(path), key=lambda pair: pair[0])
    return _described(worst_step, gain, fmt, m)


def _first_nan(result: Step, m: TapedMp) -> Step | None:
    """The first step that makes a NaN of infinities or of zero and an infinity which are exact themselves: no rounding is to blame."""
    if not math.isnan(result.value):
        return None
    for step in chain(result):
        if math.isnan(step.value) and not any(math.isnan(o.value) for o in step.operands):
            exact = all(lost(o.value, o.exact, m) == 0 for o in step.operands) and (
                step.rule is not None or len(step.operands) == 1
            )
            return step if exact and step.operands and any(math.isinf(o.value) for o in step.operands) else None
    return None


def _named(step: Step) -> str:
    return f"{step.argument} = {step.value:.4g}" if step.argument[:1].isalpha() else f"{step.value:.4g}"


def _combination(step: Step) -> str:
    values = [f"{o.value:.4g}" for o in step.operands]
    binary = len(values) == 2 and step.operation in ("+", "-", "*", "/")
    return f" {step.operation} ".join(values) if binary else f"{step.operation} of {', '.join(values)}"


def _described(step: Step, gain: float, fmt: Format, m: TapedMp) -> Culprit:
    """What goes wrong at one step, by its operation and its numbers."""
    name, value, exact = step.operation, step.value, step.exact
    shown = decimal(exact, m)
    numbers = all(math.isfinite(o.value) for o in step.operands)
    if step.other_branch:
        return Culprit("branch", f"{step.text} is chosen by rounded numbers: {value:.4g}, exactly {shown}", name, gain)
    if (step.narrow and name not in MOVES) or name == "cast":
        kept = step.narrow or "a narrower format"
        if numbers and (math.isinf(value) or value == 0):
            kind: Cause = "overflow" if math.isinf(value) else "underflow"
            return Culprit(kind, f"{step.text} {kind}s in {kept}: exactly {shown}", name, gain)
        return Culprit(
            "constant", f"{step.text} is computed in {kept}: {value:.12g}, exactly {decimal(exact, m, 12)}", name, gain
        )
    if name == "constant":
        return Culprit("constant", f"{step.text} is rounded to {value:.9g}, exactly {decimal(exact, m, 9)}", name, gain)
    if math.isinf(value) and numbers and not (name == "/" and step.operands[-1].value == 0):
        beyond = exact is None or not m.lt(m.abs(exact), m.lift(fmt.max))
        if beyond:
            return Culprit("overflow", f"{step.text} overflows: {_above(shown, exact, fmt, m)}", name, gain)
        if name in ADDITIVE and len(step.operands) > 2:
            return Culprit("overflow", f"{step.text} overflows on the way, exactly {shown}", name, gain)
        return Culprit("unknown", f"{step.text} = {value:.3g} by itself, exactly {shown}", name, gain)
    if math.isinf(value) and numbers:
        below = step.operands[-1]
        text = f"{step.text} divides by {below.value:.3g}, exactly {decimal(below.exact, m)}"
        return Culprit("underflow", text, name, gain)
    if math.isnan(value) and not numbers:
        return Culprit("overflow", f"{step.text} = {_combination(step)}, exactly {shown}", name, gain)
    if name in ADDITIVE and len(step.operands) >= 2:
        return _of_sum(step, gain, fmt, m)
    if exact is not None and math.isfinite(value) and not m.eq0(exact) and m.lt(m.abs(exact), m.lift(fmt.min_normal)):
        own = max(effects(step, m), default=0.0) < SHARE * lost(value, exact, m)
        if own and value == 0 and not m.lt(m.abs(exact), m.lift(fmt.min_subnormal)):
            return Culprit("flush", f"{step.text} = {shown}, a subnormal number, is flushed to 0", name, gain)
        if own:
            least = "0" if value == 0 else f"{value:.3g}, a subnormal number"
            return Culprit("underflow", f"{step.text} underflows to {least}: {shown} < {fmt.min_normal:.3g}", name, gain)
    return _amplified(step, gain, fmt, m)


def _above(shown: str, exact: object, fmt: Format, m: TapedMp) -> str:
    largest = f"{fmt.max:.3g}"
    if exact is not None and decimal(m.abs(exact), m) == decimal(fmt.max, m):
        return f"{decimal(exact, m, 17)} > {fmt.max:.17g}"
    return f"{shown.removeprefix('-')} > {largest}"


def _of_sum(step: Step, gain: float, fmt: Format, m: TapedMp) -> Culprit:
    largest = max(abs(o.value) for o in step.operands)
    result = abs(m.double(step.exact)[0]) if step.exact is not None else abs(step.value)
    bits = math.log2(largest / result) if result else math.inf
    sizes = " and ".join(f"{o.value:.9g}" for o in step.operands[:2])
    undone = next((a for o in step.operands if (a := lost_addend(o, fmt)) is not None), None)
    if step.exact is not None and m.lt(m.abs(step.exact), m.lift(4 * fmt.min_normal)) and largest < 8 * fmt.min_normal:
        text = f"{step.text} = {step.value:.3g}, exactly {decimal(step.exact, m)}: subnormal numbers in it are read or written as zeros"
        return Culprit("flush", text, step.operation, gain)
    if bits < 1:
        own = lost_addend(step, fmt)
        if own is not None:
            return Culprit("lost_addend", own, step.operation, gain)
        return Culprit("accumulation", f"{step.text}: the rounding errors of {len(step.operands)} terms add up", "+", gain)
    if undone is not None and any(o.operation in ("constant", "input") for o in step.operands):
        return Culprit("lost_addend", f"{undone} before {step.text} takes it back", step.operation, gain, bits)
    lost_bits = min(bits, float(fmt.precision))
    text = f"{step.text} cancels {lost_bits:.0f} of {fmt.precision} bits: {sizes}, result {step.value:.3g}, exactly {decimal(step.exact, m)}"
    return Culprit("cancellation", text, step.operation, gain, lost_bits)


def lost_addend(step: Step, fmt: Format) -> str | None:
    """Whether a sum keeps less than half of the bits of its smaller term; the sentence that says so."""
    if step.operation not in ("+", "-") or len(step.operands) != 2:
        return None
    small, large = sorted(step.operands, key=lambda o: abs(o.value))
    if not small.value or not math.isfinite(large.value):
        return None
    gap = math.log2(abs(large.value)) - math.log2(abs(small.value))
    if gap < fmt.precision / 2:
        return None
    kept = max(0.0, fmt.precision - gap)
    return f"{step.text} keeps {kept:.0f} of {fmt.precision} bits of {small.argument} = {small.value:.3g}"


#: Functions that look at the distance of their argument from this number: log(y) near 1, log1p(y) near -1.
SINGULAR = {
    "log": 1.0,
    "log2": 1.0,
    "log10": 1.0,
    "log1p": -1.0,
    "acos": 1.0,
    "acosh": 1.0,
    "asin": 1.0,
    "atanh": 1.0,
    "erfinv": 1.0,
}


def _distance_from_singular(name: str, operand: Step) -> float | None:
    """How far the operand is from where the function is singular or zero, where that is less than a quarter."""
    if name not in SINGULAR or not math.isfinite(operand.value):
        return None
    at = SINGULAR[name]
    value = abs(operand.value) if name in ("acos", "asin", "atanh", "erfinv") else operand.value
    return abs(value - at) if abs(value - at) < 0.25 else None


def _amplified(step: Step, gain: float, fmt: Format, m: TapedMp) -> Culprit:
    """A function or a product that makes much of its operands' roundings; or that is wrong by itself."""
    name = step.operation
    laid = effects(step, m)
    worst = max(range(len(laid)), key=laid.__getitem__, default=-1)
    own = lost(step.value, step.exact, m)
    if worst < 0 or laid[worst] < SHARE * own:
        return Culprit("unknown", f"{step.text} = {step.value:.9g} by itself, exactly {decimal(step.exact, m, 9)}", name, gain)
    operand = step.operands[worst]
    sentence = lost_addend(operand, fmt)
    if sentence is not None:
        return Culprit("lost_addend", f"{sentence}, of which {name} makes the result", name, gain)
    wrong = f"{step.text} = {step.value:.9g}, exactly {decimal(step.exact, m, 9)}: "
    wrong += f"it multiplies the rounding error of {operand.argument} = {operand.value:.9g}"
    near = _distance_from_singular(name, operand)
    if near is not None:
        bits = min(float(fmt.precision), -math.log2(near)) if near else float(fmt.precision)
        say = f"{step.text} depends on what {operand.argument} lacks to {SINGULAR[name]:g}: {bits:.0f} of {fmt.precision} bits are lost"
        return Culprit("cancellation", f"{say}, result {step.value:.9g}, exactly {decimal(step.exact, m, 9)}", name, gain, bits)
    if name in REDUCED:
        return Culprit("range_reduction", wrong, name, gain)
    if operand.operation == "constant":
        return Culprit("constant", f"{operand.text} is rounded to {operand.value:.9g}", name, gain)
    if operand.operation in ADDITIVE:
        return _of_sum(operand, gain, fmt, m)
    return Culprit(
        "amplification",
        wrong + f" by {laid[worst] / max(lost(operand.value, operand.exact, m), fmt.unit_roundoff):.2g}",
        name,
        gain,
    )
