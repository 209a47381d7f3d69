"""NaN reach: which outputs depend on a NaN among the inputs.

Not the formula in binary64 decides (0 * nan is nan, an exp may overflow on the way), but the function: several different numbers are put in
the NaN's place, and Arb encloses the outputs. Two enclosures apart: the output depends on the missing number, and NaN is demanded. All of
them one number: that number is right, whatever the missing one is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits.accepted import Accepted, point, same
from ulpfuzz.oracles.limits.native import native
from ulpfuzz.oracles.reference import FINITE, NAN

Inputs = dict[str, NDArray[np.float64]]
#: (function, a row without NaNs, number of outputs) -> per output what it is, None where that is not known.
Ask = Callable[[Function, Inputs, int], list[arb | Accepted | None]]

#: What takes the place of a NaN on the whole line: both signs, small and large, none of them dyadic in few bits.
ANYWHERE = (0.7109375123, -1.8359375377, 37.21875911, -2.3e-7, 1.3e10, -5.1e4, 1.6e308, -1.6e308)
#: Parts of a bounded interval, and distances from the finite end of a half line.
WITHIN = (0.371, 0.813, 0.552, 0.127, 0.984, 0.031)
BEYOND = (0.7109375123, 37.21875911, 2.3e-7, 1.3e10, 5.1e4, 1.6e308)
#: The most substitutes of a row.
MOST = len(ANYWHERE)
#: So many substitutes must agree before an output is said not to depend on the NaN.
ENOUGH = 5
#: An output that changes by less than this part of it, whatever number is put, depends on the NaN by less than any format's rounding shows.
BARELY = 2.0**-20
#: Precisions: beside a number of any size a substitute of any size shows.
BITS, MORE_BITS = 192, 2400


class Reach(Enum):
    """Whether one output depends on the NaN, as far as is known."""

    DEPENDS = "depends"
    UNKNOWN = "unknown"


def reach(function: Function, inputs: Inputs, outputs: int) -> list[Accepted | Reach]:
    """Per output what is right whatever number stands for the NaNs, else whether it depends on them.

    Where Arb encloses nothing (beside infinities, at poles) IEEE 754 arithmetic over the formula answers, as far as it can.
    """
    finite = all((np.isfinite(v) | np.isnan(v)).all() for v in inputs.values())
    answers: list[Accepted | Reach] = [Reach.UNKNOWN] * outputs
    if finite:
        answers = _reached(function, inputs, outputs, _enclosed)
    if Reach.UNKNOWN not in answers:
        return answers
    return [
        a if a is not Reach.UNKNOWN else b for a, b in zip(answers, _reached(function, inputs, outputs, _by_formula), strict=True)
    ]


def _reached(function: Function, inputs: Inputs, outputs: int, ask: Ask) -> list[Accepted | Reach]:
    collected = [_Output() for _ in range(outputs)]
    for row in _substituted(function, inputs):
        for output, value in zip(collected, ask(function, row, outputs), strict=True):
            output.met(value)
        if all(output.depends for output in collected):
            break
    return [output.answer() for output in collected]


class _Output:
    """What one output was at the substitutes so far."""

    def __init__(self) -> None:
        self.first: arb | Accepted | None = None
        self.alike = 0
        self.depends = self.barely = False

    def met(self, value: arb | Accepted | None) -> None:
        """Takes in the output at one more substitute; None: unknown there."""
        if value is None or self.depends:
            return
        if self.first is None:
            self.first = value
        if not _one(self.first, value):
            self.depends = not _nearly_equal(self.first, value)
            self.barely = True
        self.alike += 1

    def answer(self) -> Accepted | Reach:
        if self.depends:
            return Reach.DEPENDS
        if self.first is None or self.alike < ENOUGH or self.barely:
            return Reach.UNKNOWN
        if isinstance(self.first, Accepted):
            return self.first
        value, _, _ = rigorous.split(self.first)
        return point(value)


def _one(a: arb | Accepted, b: arb | Accepted) -> bool:
    if isinstance(a, Accepted) or isinstance(b, Accepted):
        return isinstance(a, Accepted) and isinstance(b, Accepted) and same(a, b)
    return bool(a.overlaps(b))


def _nearly_equal(a: arb | Accepted, b: arb | Accepted) -> bool:
    return isinstance(a, arb) and isinstance(b, arb) and bool(abs(a - b) < abs(a) * BARELY)


def _enclosed(function: Function, row: Inputs, outputs: int) -> list[arb | Accepted | None]:
    """A sharp ball of each output, NaN where the function is undefined there; None where Arb has neither."""
    sizes = [np.abs(v[v != 0]) for v in map(np.atleast_1d, row.values())]
    ordinary = all(((v < 2.0**40) & (v > 2.0**-40)).all() for v in sizes)
    enclosure = rigorous.enclose(function, row, BITS if ordinary else MORE_BITS)
    if enclosure.undefined:
        return [Accepted(NAN) if outputs == 1 else None] * outputs  # as a whole: which output is, Arb does not say
    if not enclosure.balls or enclosure.kink or enclosure.removable:
        return [None] * outputs
    return [b if b.is_finite() and (b.rad() == 0 or b.rel_accuracy_bits() > 60) else None for b in enclosure.balls]


def _by_formula(function: Function, row: Inputs, outputs: int) -> list[arb | Accepted | None]:
    """What IEEE 754 makes of the formula; of its own operations also where that is NaN, of other functions binary64 may only have ended."""
    values, ieee = native(function, row)
    return [None if math.isnan(value) and not ieee else point(value) for value in values]


def _substituted(function: Function, inputs: Inputs) -> Iterator[Inputs]:
    """The row with numbers for its NaNs, in the domains of the inputs; each NaN gets another one, and another one each time."""
    for turn in range(MOST):
        row, place = {}, 0
        for name, values in inputs.items():
            numbers = numbers_in(*function.domain(name))
            filled = np.array(values, np.float64)
            for index in np.argwhere(np.isnan(values)).tolist():
                filled[tuple(index)] = numbers[(turn + place) % len(numbers)]
                place += 1
            row[name] = filled
        yield row


def numbers_in(low: float, high: float) -> tuple[float, ...]:
    """The substitutes in a domain."""
    if math.isfinite(low) and math.isfinite(high):
        return tuple(low + (high - low) * part for part in WITHIN)
    if math.isfinite(low):
        return tuple(low + part for part in BEYOND)
    return tuple(high - part for part in BEYOND) if math.isfinite(high) else ANYWHERE


def accepts_nan_too(value: Accepted) -> Accepted:
    """IEEE 754 arithmetic hands a NaN on through 0 * NaN, and no standard says which products an implementation leaves out."""
    return Accepted(value.kinds | NAN, value.low, value.high) if value.kinds & FINITE else Accepted(value.kinds | NAN)
