"""A function over whole intervals: where its values lie, and of one number how steep it is.

What the vectorised arithmetics enclose at points they enclose over intervals: an input is a Ball whose radius covers the interval. ball64
comes first, log64 where that does not know (where the values leave binary64's range).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import vectorised
from ulpfuzz.oracles.arithmetic import logarithms
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.branches import Masks
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.arithmetic.log_ball import LogBall
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.enclosure import Ball, Column
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.reference import NAN, Reference

Inputs = dict[str, NDArray[np.float64]]


@dataclasses.dataclass(frozen=True)
class Hull:
    """All values over the interval lie in [low, high], both infinite where they surely leave binary64's range; undefined: there are
    none."""

    low: float
    high: float
    undefined: bool = False


def hull(function: Function, low: float, high: float) -> Hull | None:
    """The hull of the function's one output over [low, high], both finite; None where nothing is known of it, or where it is not defined on
    all of the interval. Sharp where the ends are of one size."""
    enclosure = _hull(_Whole(), function, low, high) or _hull(Log64(plain=_Whole()), function, low, high)
    bottom, top = function.domain(function.inputs[0])
    return enclosure if enclosure is None or enclosure.undefined or bottom <= low <= high <= top else None


def hulls_over_box(function: Function, low: Inputs, high: Inputs) -> list[Hull | None]:
    """The hull of each output over a box, single rows of finite inputs without their leading axis, inside the function's domains; None where
    nothing is known of it, or where it leaves binary64's range.

    By log64: it knows e^x of a wide x by its logarithm, [x - r, x + r], where a midpoint and a radius reach below zero, and no logarithm or quotient
    of them is bounded.
    """
    m = _Wide(plain=_Whole())

    def lifted(bottom: NDArray[np.float64], top: NDArray[np.float64]) -> Any:
        if np.ndim(bottom):
            return [lifted(b, t) for b, t in zip(bottom, top, strict=True)]
        ends = np.asarray([bottom], np.float64), np.asarray([top], np.float64)
        return m.num(m.plain.lift(ends[0]) if bottom == top else m.plain.interval(*ends))

    with np.errstate(all="ignore"):
        reference = vectorised.evaluate_lifted(m, function, {name: lifted(low[name], high[name]) for name in low}, 1)
    hulls = [_read(reference.take(np.s_[:, k : k + 1])) for k in range(reference.shape[1])]
    return [h if h is not None and np.isfinite([h.low, h.high]).all() else None for h in hulls]


def slope(function: Function, low: float, high: float) -> Hull | None:
    """A hull of the difference quotients (f(x) - f(y)) / (x - y) for x, y in [low, high], where f is smooth on all of it; else None.

    By the mean value theorem they are values of the derivative, provided that f has no jump: every comparison and every floor is decided
    alike for the whole interval (_Smooth), and what is left is a composition of smooth functions.
    """
    derivative = dataclasses.replace(function, order="grad")
    try:
        return _hull(_Smooth(), derivative, low, high)
    except NotSmooth:
        return None


def _hull(m: Ball64 | Log64, function: Function, low: float, high: float) -> Hull | None:
    (name,) = function.inputs
    ball = m.plain if isinstance(m, Log64) else m
    ends = np.asarray([low]), np.asarray([high])
    argument = ball.lift(ends[0]) if low == high else ball.interval(*ends)
    reference = vectorised.evaluate_lifted(m, function, {name: m.num(argument)}, 1)
    if reference.shape[1] != 1 or reference.interval[0, 0]:
        return None
    return _read(reference)


def _read(reference: Reference) -> Hull | None:
    """Of one element."""
    if not reference.accepts[0, 0]:
        return None
    if reference.accepts[0, 0] == NAN:
        return Hull(np.nan, np.nan, undefined=True)
    value, radius = float(reference.value[0, 0]), abs(float(reference.value_lo[0, 0])) + float(reference.radius[0, 0])
    reach = radius * (1 + 2.0**-40) + abs(value) * 2.0**-52 if radius else 0.0
    return Hull(value - reach, value + reach)


class _Whole(Ball64):
    """ball64 for intervals; a function must be defined on the whole of each."""

    def sqrt(self, x: Ball) -> Ball:
        """Elsewhere a ball that reaches below zero is a number that happens to be near it."""
        return self.unknown(x) if np.any(x.lower() < 0) and not np.all(x.upper() < 0) else super().sqrt(x)


class _Wide(Log64):
    """log64 for boxes, where e^x of a wide x is known to many powers of e. Of a point such a sum stays unknown, so that Arb is asked."""

    def sum(self, items: Sequence[LogBall | Exact]) -> LogBall:
        numbers = [self.num(item) for item in items]
        narrow = super().sum(numbers)
        if len(numbers) == 1:
            return narrow

        def log() -> logarithms.Log:
            logs, summed = [number.log for number in numbers], narrow.log
            wide = reduce(np.logical_and, (log.known() for log in logs)) & ~summed.known()
            return logarithms.pick(wide, logarithms.hull_of_sum(logs), summed)

        return LogBall(self, lambda: narrow.value, log, numbers)


class NotSmooth(Exception):
    """A comparison that is not the same over the whole interval, or a jump."""


class _Smooth(_Whole):
    """ball64 for intervals over which a function is a composition of smooth ones. Raises NotSmooth elsewhere."""

    def where(self, cond: Masks, yes: Callable[[], Ball | Exact], no: Callable[[], Ball | Exact]) -> Ball:
        self._decided(cond[0] | cond[1])
        return super().where(cond, yes, no)

    def mask(self, cond: Masks, adjoint: Ball) -> Ball:
        self._decided(cond[0] | cond[1])
        return super().mask(cond, adjoint)

    def max(self, items: Sequence[Ball | Exact]) -> Ball:
        balls = [self.num(item) for item in items]
        for a, b in itertools.pairwise(balls):
            self._decided((a.lower() >= b.upper()) | (b.lower() >= a.upper()))
        return super().max(balls)

    def sign(self, x: Ball) -> Ball:
        self._decided((x.lower() > 0) | (x.upper() < 0))
        return super().sign(x)

    def floor(self, x: Ball) -> Ball:
        self._decided(np.floor(x.lower()) == np.floor(x.upper()))
        return super().floor(x)

    def fmod(self, x: Ball, y: Ball) -> Ball:
        raise NotSmooth

    def _decided(self, rows: Column) -> None:
        if not np.all(rows):
            raise NotSmooth
