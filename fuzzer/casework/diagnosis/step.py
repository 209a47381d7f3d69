"""Step: one operation of an evaluation, with its result as a format holds it beside its exact one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from mpmath import mpf

from ulpfuzz.oracles.arithmetic.taped import TapedMp

#: The exact operation: numbers of TapedMp -> a number of it.
ExactRule = Callable[..., Any]
#: Binary exponents beyond which the exponent itself is written in a few digits.
FAR = 100_000.0
#: An expression longer than this is written as its value where it stands inside another.
SHORT = 28


class StepMaker(Protocol):
    """The arithmetic that made a step, and makes others of it."""

    def operator(self, operation: str, left: Any, right: Any) -> Step: ...

    def negated(self, x: Step) -> Step: ...


@dataclass(frozen=True, eq=False)
class Step:
    """A number and how it was made. Operators make further steps, by the arithmetic that made this one.

    exact: what the same operations give without rounding, from the inputs on; None of an operation that nobody knows exactly.
    """

    value: float
    exact: mpf | None
    #: "+", "exp", "sum" ...; "input" and "constant" of what was not computed.
    operation: str
    text: str
    operands: tuple[Step, ...] = ()
    #: From the operands' exact numbers to this step's; None: not known.
    rule: ExactRule | None = None
    arithmetic: StepMaker | None = field(default=None, repr=False)
    #: Whether the rounded operands chose another branch than the exact ones.
    other_branch: bool = False
    #: The narrower format that a framework computed it in; "" where that is the call's own.
    narrow: str = ""

    def _with(self, operation: str, left: Any, right: Any) -> Step:
        assert self.arithmetic is not None
        return self.arithmetic.operator(operation, left, right)

    def __neg__(self) -> Step:
        assert self.arithmetic is not None
        return self.arithmetic.negated(self)

    def __add__(self, other: Any) -> Step:
        return self._with("+", self, other)

    def __radd__(self, other: Any) -> Step:
        return self._with("+", other, self)

    def __sub__(self, other: Any) -> Step:
        return self._with("-", self, other)

    def __rsub__(self, other: Any) -> Step:
        return self._with("-", other, self)

    def __mul__(self, other: Any) -> Step:
        return self._with("*", self, other)

    def __rmul__(self, other: Any) -> Step:
        return self._with("*", other, self)

    def __truediv__(self, other: Any) -> Step:
        return self._with("/", self, other)

    def __rtruediv__(self, other: Any) -> Step:
        return self._with("/", other, self)

    @property
    def computed(self) -> bool:
        return self.operation not in ("input", "constant")

    @property
    def argument(self) -> str:
        """The text between a function's brackets: the expression, or its value where that is shorter to read."""
        return f"{self.value:.4g}" if len(self.text) > SHORT else self.text

    @property
    def inner(self) -> str:
        """The text as an operand: the expression, or its value where that is shorter to read."""
        if len(self.text) > SHORT:
            return f"({self.value:.4g})" if self.value < 0 else f"{self.value:.4g}"
        return f"({self.text})" if _is_compound(self.text) else self.text


def _is_compound(text: str) -> bool:
    """Whether it would be read otherwise beside an operator: it has one of its own outside all brackets."""
    depth, bars = 0, False
    for place, letter in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        bars ^= letter == "|"
        if depth == 0 and not bars and (letter == " " or (letter == "-" and place == 0)):
            return not text.endswith("terms")
    return False


def lost(value: float, exact: mpf | None, m: TapedMp) -> float:
    """The relative error of a value, at most 1; 1 where it is no number or zero and the exact one is not, 0 where that is unknown.

    An infinity counts as lost even where the exact number lies beyond the format: what comes after has nothing to work with.
    """
    if exact is None or (math.isnan(value) and m.lt(exact, exact) is None):
        return 0.0
    if not _is_finite(exact, m):
        unknown = m.lt(exact, exact) is None and math.isinf(value)
        return 0.0 if unknown or m.double(exact)[0] == value else 1.0
    if not math.isfinite(value):
        return 1.0
    if m.eq0(exact):
        return 0.0 if value == 0 else 1.0
    return min(1.0, abs(m.double((m.lift(value) - exact) / exact)[0]))


def _is_finite(exact: mpf, m: TapedMp) -> bool:
    return not (m.lt(exact, exact) is None or (math.isinf(m.log2_magnitude(exact)) and not m.eq0(exact)))


def decimal(number: mpf | Fraction | float | None, m: TapedMp, digits: int = 3) -> str:
    """A number in a few decimal digits, of any magnitude."""
    if number is None:
        return "unknown"
    if isinstance(number, float):
        return f"{number:.{digits}g}"
    size = m.log2_magnitude(m.num(number))
    if math.isfinite(size) and abs(size) > FAR:
        return f"{'-' if m.lt(m.num(number), m.num(0)) else ''}10^{size * math.log10(2):.3g}"
    return m.decimal(m.num(number), digits).replace(".0e", "e")


def chain(last: Step) -> list[Step]:
    """A step and all that it was made of, each once, operands first."""
    seen: dict[int, Step] = {}
    stack: list[tuple[Step, bool]] = [(last, False)]
    while stack:
        step, ready = stack.pop()
        if id(step) in seen:
            continue
        if ready:
            seen[id(step)] = step
        else:
            stack.append((step, True))
            stack.extend((operand, False) for operand in reversed(step.operands) if id(operand) not in seen)
    return list(seen.values())


def effects(step: Step, m: TapedMp) -> list[float]:
    """Per operand: the relative error of the step, at most 1, if that operand alone took its rounded value and nothing else were rounded."""
    if step.rule is None or step.exact is None or any(o.exact is None for o in step.operands):
        return [lost(o.value, o.exact, m) for o in step.operands]
    exact = [o.exact for o in step.operands]
    found = []
    for k, operand in enumerate(step.operands):
        if lost(operand.value, operand.exact, m) == 0:
            found.append(0.0)
            continue
        moved: Sequence[Any] = [*exact[:k], m.lift(operand.value), *exact[k + 1 :]]
        found.append(_apart(step.rule(*moved), step.exact, m))
    return found


def _apart(moved: mpf, exact: mpf, m: TapedMp) -> float:
    if not _is_finite(moved, m) or not _is_finite(exact, m):
        unknown = m.lt(exact, exact) is None
        same = not _is_finite(moved, m) and not _is_finite(exact, m) and m.double(moved)[0] == m.double(exact)[0]
        return 0.0 if same or unknown else 1.0
    if m.eq0(exact):
        return 0.0 if m.eq0(moved) else 1.0
    return min(1.0, abs(m.double((moved - exact) / exact)[0]))
