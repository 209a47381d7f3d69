"""Conditioning: how much the problem itself amplifies errors of its inputs, from the derivative tape over the definition.

`amplification` gives sum_j |x_j d_j f| (the componentwise condition number times |f|), vectorised.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles import vectorised
from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import AVAILABLE, Ball80
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError, ending
from ulpfuzz.oracles.effort import TAPE, evaluation_cost
from ulpfuzz.oracles.enclosure import Ball, Column
from ulpfuzz.oracles.function import Function, flat
from ulpfuzz.oracles.memory import EXTENDED, remembered

Inputs = dict[str, NDArray[np.float64]]
#: Sums of |x_j d_j f| for binary64, beyond it near its largest number (of exp from 703.3 on), are held in extended precision.
WIDE = np.longdouble
Sums = NDArray[Any]  # of WIDE for precision above 24, else of binary64


def _on_tape(tape: Tape[Any], lifted: dict[str, Any]) -> dict[str, Any]:
    def wrap(value: Any) -> Any:
        return [wrap(v) for v in value] if isinstance(value, list) else tape.lift(value)

    return {name: wrap(value) for name, value in lifted.items()}


def amplification(
    function: Function, inputs: Inputs, outputs: NDArray[np.int64], precision: int = 53, *, normwise: bool = False,
    beside: NDArray[np.float64] | None = None, until: float = math.inf,
) -> Sums:  # fmt: skip
    """sum_j |x_j d f_k / d x_j| for each row, at its own output k = outputs[row]; no rounding moves an infinity. normwise: with the largest
    number of the input that x_j belongs to in its place. beside: by row, what is added to it before anything is done with it (0).

    Midpoints of enclosures by ball64 (ball80 for precision above 24, and where ball64 does not know), Arb for the first rows where those do not
    (ARB_ROWS, ARB_EFFORT; none after `until`, a time.monotonic); nan where neither does. Good to about a quarter of what is not added; no bound.
    """
    added = np.zeros(len(outputs)) if beside is None else beside
    if precision <= 24:
        total = _on_balls(Ball64(), function, inputs, outputs, normwise, added)
        unknown = np.flatnonzero(~np.isfinite(total))
    else:
        total, unknown = np.full(len(outputs), np.nan, WIDE), np.arange(len(outputs))
    if len(unknown):
        wide: Ball64 = Ball80() if AVAILABLE else Ball64()
        unknown_inputs = {n: v[unknown] for n, v in inputs.items()}
        with np.errstate(over="ignore"):
            total[unknown] = _on_balls(wide, function, unknown_inputs, outputs[unknown], normwise, added[unknown])
    negligible = 2.0**-140 if precision <= 24 else 2.0**-1070
    computed: dict[object, Any] = {}
    for row in np.flatnonzero(~np.isfinite(total)):
        packed = tuple((n, v.shape[1:], v[row].tobytes()) for n, v in inputs.items())
        key = packed, int(outputs[row]), negligible, normwise
        if key not in computed and len(computed) < _affordable(function, inputs) and time.monotonic() < until:
            by_arb = partial(_remembered, function, *key)
            with suppress(TimeIsUpError), ending(math.inf if math.isinf(until) else time.monotonic() + ROW_SECONDS):
                computed[key] = math.nan
                computed[key] = remembered("amplification", function, repr(key).encode(), by_arb, EXTENDED)
        with np.errstate(over="ignore"):
            total[row] = computed.get(key, math.nan)
    return np.where(np.isfinite(total), total, np.nan)


#: Different rows that one call of `amplification` evaluates by Arb: at most, at least, and nominal seconds (ulpfuzz.oracles.effort) of all together.
ARB_ROWS, ARB_LEAST, ARB_EFFORT = 256, 8, 0.25
#: Seconds of one of them where there is an end: of an incomplete gamma function at huge arguments Arb's derivatives take a minute.
ROW_SECONDS = 1.0


def _affordable(function: Function, inputs: Inputs) -> int:
    cost = TAPE * evaluation_cost(function, {n: v.shape[1:] for n, v in inputs.items()}, 192)
    return max(ARB_LEAST, min(ARB_ROWS, int(ARB_EFFORT / cost)))


def least_amplification(
    function: Function, inputs: Inputs, outputs: NDArray[np.int64], precision: int = 53, *, normwise: bool = False
) -> Sums:
    """A lower bound of sum_j |x_j d f_k / d x_j| (or normwise) for each row, at its own output k = outputs[row].

    By ball64, or ball80 for precision above 24: 0 where those know nothing. Terms whose enclosure holds zero count as zero.
    """
    m: Ball64 = Ball80() if precision > 24 and AVAILABLE else Ball64()
    with np.errstate(all="ignore"):
        total = np.zeros(len(outputs), m.dtype)
        for size, slope in _slopes_on_balls(m, function, inputs, outputs, normwise):
            sure = np.maximum(np.abs(slope.mid) - slope.radius(), 0) * size * (1 - 8 * m.u)
            total = total + np.where(np.isfinite(sure), sure, 0)
    return total * (1 - len(inputs) * 2.0**-40)


def choices_of_signs(numbers: int) -> NDArray[np.float64]:
    """A few choices of as many signs, one per row, the same in every run: all alike, then by the binary digits of their place in a random
    order, so that no two places have the same signs, or opposite ones, in all of them."""
    places = np.random.Generator(np.random.PCG64(numbers)).permutation(numbers)
    return np.array([np.ones(numbers), *(1.0 - 2.0 * (places >> k & 1) for k in range((numbers - 1).bit_length()))])


def projected_amplification(
    function: Function, inputs: Inputs, precision: int = 53, *, normwise: bool = False
) -> tuple[Sums, Sums]:
    """(least, likely) of sum_j |x_j d f_k / d x_j| (or normwise), rows by outputs, from |sum_j s_j x_j d f_k / d x_j| for a few choices of
    signs s_j: one pass forward for all outputs, where `least_amplification` takes one back for each.

    least: the largest of them, a lower bound; 0 where the balls know nothing. likely: 2 sqrt(n) times the largest, as large as the balls
    leave room for; no bound, but seldom less: the root mean square of such sums over random signs is the 2-norm of the n terms
    (Khintchine), at least the sum of their magnitudes over sqrt(n). inf where the balls know nothing.
    """
    m: Ball64 = Ball80() if precision > 24 and AVAILABLE else Ball64()
    with np.errstate(all="ignore"):
        tape, leaves, sizes, results = taped(m, function, inputs, normwise)
        signs = choices_of_signs(len(leaves))
        tangents = [m.lift(signs[:, [j]] * size) for j, size in enumerate(sizes)]
        shape, least, most = (len(signs), len(sizes[0])), [], []
        for pushed in tape.pushforward(results, leaves, tangents):
            size, unsure = np.abs(pushed.mid), pushed.radius()
            sure, room = np.maximum(size - unsure, 0) * (1 - 8 * m.u), size + unsure
            least.append(np.broadcast_to(np.where(np.isfinite(sure), sure, 0), shape).max(axis=0))
            most.append(np.broadcast_to(np.where(np.isfinite(room), room, math.inf), shape).max(axis=0))
        return np.stack(least, axis=1), 2 * math.sqrt(len(leaves)) * np.stack(most, axis=1)


def _slopes_on_balls(
    m: Ball64, function: Function, inputs: Inputs, outputs: NDArray[np.int64], normwise: bool
) -> list[tuple[Column, Ball]]:
    """Per number of the inputs: its magnitudes, a column (normwise: the largest of its input), and the derivative of the row's own output by
    it."""
    tape, leaves, sizes, results = taped(m, function, inputs, normwise)
    seeds = [m.lift((outputs == k).astype(np.float64)) for k in range(len(results))]
    return list(zip(sizes, tape.gradient(results, seeds, leaves), strict=True))


def taped(
    m: Ball64, function: Function, inputs: Inputs, normwise: bool, kind: type[Tape[Ball]] = Tape
) -> tuple[Tape[Ball], list[Any], list[Column], list[Any]]:
    """(tape, the numbers of the inputs on it, their magnitudes where roundings move them (normwise: the largest of each input), the
    outputs)."""
    tape = kind(m)
    variables = _on_tape(tape, vectorised.lift(m, inputs, 53))
    results = function.outputs(tape, variables)
    leaves: list[Any] = []
    sizes: list[Column] = []
    for name in inputs:
        own = flat(variables[name])
        moved = [np.where(still(function, name, leaf.value.mid), 0, np.abs(leaf.value.mid)) for leaf in own]
        leaves += own
        sizes += [np.maximum.reduce(np.broadcast_arrays(*moved))] * len(moved) if normwise else moved
    return tape, leaves, sizes, results


def still(function: Function, name: str, values: Any, isolated: tuple[str, ...] = ()) -> NDArray[np.bool_]:
    """Which numbers of an input no rounding moves: integers, labels and infinities."""
    if name in function.counts or name in isolated:
        return np.ones(np.shape(values), np.bool_)
    low, high = function.domain(name) if name in function.labels else (math.nan, math.nan)
    return np.asarray((values == low) | (values == high) | ~np.isfinite(values))


def _on_balls(
    m: Ball64, function: Function, inputs: Inputs, outputs: NDArray[np.int64], normwise: bool, beside: NDArray[np.float64]
) -> Sums:
    with np.errstate(all="ignore"):
        total, unsure = np.zeros(len(outputs), m.dtype), np.zeros(len(outputs), m.dtype)
        for size, slope in _slopes_on_balls(m, function, inputs, outputs, normwise):
            total = total + np.where(size == 0, 0, np.abs(slope.mid) * size)
            unsure = unsure + np.where(size == 0, 0, slope.radius() * size)
        # A derivative that is zero, as far as the ball knows, does not matter beside another that is large.
        least = np.finfo(m.dtype).tiny * m.dtype(2.0**24)
        return np.where(unsure <= 0.25 * total + 0.125 * beside + least, total, np.nan)


@lru_cache(maxsize=4096)
def _remembered(
    function: Function, packed: tuple[tuple[str, tuple[int, ...], bytes], ...], k: int, negligible: float, normwise: bool
) -> Any:
    """_by_arb of a row that is needed again and again while its case is placed and shrunk."""
    single = {name: np.frombuffer(raw, dtype=np.float64).reshape(shape) for name, shape, raw in packed}
    return _by_arb(function, single, k, negligible, normwise)


def _by_arb(function: Function, single: Inputs, k: int, negligible: float, normwise: bool) -> Any:
    """negligible: an amplification that no error of the format can be compared with; one that is less may be zero, at any precision."""
    total = _total_by_arb(function, single, k, negligible, normwise)
    if np.isfinite(total):
        return total
    isolated = isolated_inputs(function, single)
    return _total_by_arb(function, single, k, negligible, normwise, isolated) if isolated else total


def isolated_inputs(function: Function, single: Inputs) -> tuple[str, ...]:
    """The inputs that are an integer here, beside which the function has no value: x^n and zeta(n, x) for negative x. Only the integer
    itself can be meant: no rounding moves it."""
    isolated = []
    m = Mp(128)
    value = Function(function.definition, function.inputs, function.params)
    for name in function.inputs:
        x = single[name]
        if np.ndim(x) or not float(x).is_integer() or name in function.counts:
            continue
        beside = []
        for side in (1, -1):
            lifted = {n: lift_row(m, single[n]) for n in function.inputs}
            lifted[name] = m.lift(float(x)) + m.num(Fraction(side, 2**12))
            try:
                beside += [math.isnan(m.double(m.num(v))[0]) for v in value.outputs(m, lifted)]
            except (ArithmeticError, ValueError, TypeError):
                beside.append(False)
        if all(beside):
            isolated.append(name)
    return tuple(isolated)


def _total_by_arb(
    function: Function, single: Inputs, k: int, negligible: float, normwise: bool, isolated: tuple[str, ...] = ()
) -> Any:
    total = arb.nan()
    for total, _ in _totals(function, single, k, normwise, isolated):
        if total.is_finite() and total.rel_accuracy_bits() > 2:
            return _wide(total.mid())
        if total.is_finite() and total < negligible:
            return _wide(total.upper())
    return _wide(total.upper()) if total.is_finite() else math.nan


def _totals(
    function: Function, single: Inputs, k: int, normwise: bool, isolated: tuple[str, ...] = ()
) -> Iterator[tuple[arb, arb]]:
    """(the amplification, the output) at growing precision, until the function is undefined there."""
    moving = {name: ~still(function, name, np.asarray(values), isolated) for name, values in single.items()}
    for bits in (192, 768, 3072):  # 1 - softmax cancels as many bits as binary64's exponents reach
        with Arb(bits) as m:
            try:
                lifted = {name: lift_row(m, values) for name, values in single.items()}
                recorded = record(m, function, lifted)
                slopes, output = recorded.slopes(k), m.num(recorded.results[k].value).v
            except (Undefined, ZeroDivisionError, OverflowError, ValueError):
                yield arb.nan(), arb.nan()
                return
            total = arb(0)
            for size, slope in zip(_sizes(lifted, normwise, moving), slopes, strict=True):
                total += size * abs(slope.v) if size != 0 else arb(0)
        yield total, output


def condition_number(function: Function, single: Inputs, k: int, *, normwise: bool = False) -> float:
    """sum_j |x_j d_j f / f| of output k, inputs without a leading axis (normwise: with the largest number of each input in the place of x_j).

    By Arb, so that neither the sum nor the output leaves a range. nan where it is not known to two bits, as at a root, nor by the time of
    `time_limit.ending`.
    """
    with suppress(TimeIsUpError):
        for isolated in ((), isolated_inputs(function, single)):
            for total, output in _totals(function, single, k, normwise, isolated):
                quotient = total / abs(output) if total.is_finite() and not output.contains(0) else arb.nan()
                if quotient.is_finite() and (quotient.rel_accuracy_bits() > 2 or quotient < 2.0**-1070):
                    return float(quotient.mid()) if quotient.mid() < 2.0**1023 else math.inf
    return math.nan


def _wide(x: arb) -> Any:
    """An exact number to 53 bits; inf beyond extended precision."""
    mantissa, exponent = (int(v) for v in x.man_exp())
    shift = max(0, mantissa.bit_length() - 64)
    with np.errstate(all="ignore"):
        return np.ldexp(WIDE(float(mantissa >> shift)), max(-40000, min(40000, exponent + shift)))


def _sizes(lifted: dict[str, Any], normwise: bool, moving: dict[str, NDArray[np.bool_]]) -> list[arb]:
    sizes: list[arb] = []
    for name, value in lifted.items():
        own = [abs(number.v) if moves else arb(0) for number, moves in zip(flat(value), moving[name].flat, strict=True)]
        sizes += [max(own)] * len(own) if normwise else own
    return sizes


def lift_row(m: Any, values: Any) -> Any:
    return [lift_row(m, v) for v in values] if np.ndim(values) else m.lift(float(values))


@dataclass(frozen=True)
class Recorded:
    """A row on a tape over Arb: its outputs, its leaves, and whether a derivative or the function itself was enclosed across a jump."""

    tape: Tape[ArbNumber]
    results: list[Any]
    leaves: list[Any]
    jumps: bool
    leaps: bool

    def slopes(self, k: int) -> list[ArbNumber]:
        """The derivatives of output k by the leaves."""
        return self.tape.gradient([self.results[k]], [1], self.leaves)


def record(m: Arb, function: Function, lifted: dict[str, Any]) -> Recorded:
    tape = Tape(m)
    variables = _on_tape(tape, lifted)
    results = function.outputs(tape, variables)
    return Recorded(tape, results, [leaf for name in lifted for leaf in flat(variables[name])], m.jumps, m.leaps)
