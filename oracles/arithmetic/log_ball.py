"""LogBall: one real number per row, enclosed twice, by a Ball and by sign and logarithm of the magnitude; see log64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from ulpfuzz.oracles.arithmetic import logarithms
from ulpfuzz.oracles.arithmetic.logarithms import Log
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.log_operations import LogOperations

#: A relative bound below which an enclosure is taken as it is, without asking the other representation.
TIGHT = 2.0**-40
#: Operations that may wait for their evaluation, one upon the other.
DEPTH = 40


class LogBall:
    """One real number per row, enclosed twice; `pair` (hi, lo, rad) is the Ball's value where one binary64 is too coarse."""

    __slots__ = ("_direct_log", "_direct_value", "_log", "_made", "_value", "bad", "depth", "m", "pair")
    __array_ufunc__ = None  # numpy scalars on the left defer to our operators

    def __init__(
        self,
        m: LogOperations,
        value: Ball | Callable[[], Ball],
        log: Callable[[], Log] | None = None,
        parents: Sequence[LogBall] = (),
        *,
        bad: Column | None = None,
        pair: tuple[Column, Column, Column] | None = None,
    ) -> None:
        self.m = m
        self._direct_value = value
        self._direct_log = log
        self._value: Ball | None = value if isinstance(value, Ball) and log is None else None
        self._made: Log | None = None
        self._log: Log | None = None
        self.bad: Column | None = reduce(also, (p.bad for p in parents), bad)
        self.pair = pair
        self.depth: int = 1 + max((p.depth for p in parents), default=-1)
        if self.depth > DEPTH:  # a chain of a thousand factors would recurse too deep
            _ = self.value, self.log
            self.depth = 0

    def direct_value(self) -> Ball:
        if not isinstance(self._direct_value, Ball):
            self._direct_value = self._direct_value()
        return self._direct_value

    def direct_log(self) -> Log:
        if self._made is None:
            self._made = logarithms.log_of_ball(self.direct_value()) if self._direct_log is None else self._direct_log()
        return self._made

    @property
    def value(self) -> Ball:
        """The tighter Ball, per row, of the direct one and that of the logarithm."""
        if self._value is None:
            ball = self.direct_value()
            loose = ball.rad is not None and not (ball.rad <= np.abs(ball.mid) * TIGHT).all()
            self._value = tighter(ball, logarithms.ball_of_log(self.m.plain, self.direct_log())) if loose else ball
        return self._value

    @property
    def log(self) -> Log:
        """The tighter logarithm, per row, of the direct one and that of the Ball."""
        if self._log is None:
            log = self.direct_log()
            if self._direct_log is not None and not (log.rad <= TIGHT).all():
                other = logarithms.log_of_ball(self.direct_value())
                log = logarithms.pick(~(log.rad <= other.rad), other, log)
            self._log = log
        return self._log

    def __neg__(self) -> LogBall:
        pair = self.pair and (-self.pair[0], -self.pair[1], self.pair[2])
        return LogBall(self.m, lambda: -self.value, lambda: logarithms.signed(self.log, -1), [self], pair=pair)

    def __add__(self, other: LogBall | Exact) -> LogBall:
        return self.m.sum([self, other])

    __radd__ = __add__

    def __sub__(self, other: LogBall | Exact) -> LogBall:
        return self.m.sum([self, -self.m.num(other)])

    def __rsub__(self, other: LogBall | Exact) -> LogBall:
        return self.m.sum([other, -self])

    def __mul__(self, other: LogBall | Exact) -> LogBall:
        return self.m.mul(self, self.m.num(other))

    __rmul__ = __mul__

    def __truediv__(self, other: LogBall | Exact) -> LogBall:
        return self.m.div(self, self.m.num(other))

    def __rtruediv__(self, other: LogBall | Exact) -> LogBall:
        return self.m.div(self.m.num(other), self)


# -- choosing between enclosures ----------------------------------------------------------------------------------------------


def tighter(a: Ball, b: Ball) -> Ball:
    """Per row the enclosure of smaller radius."""
    first = a.radius()
    return a.m.pick(~(first <= b.radius()) & (b.radius() < np.inf), b, a)


def pair_of(x: LogBall) -> tuple[Column, Column, Column]:
    """(hi, lo, rad) of the Ball's value."""
    return x.pair if x.pair is not None else (x.value.mid, np.zeros_like(x.value.mid), x.value.radius())


def pick_pair(rows: Column, a: LogBall, b: LogBall) -> tuple[Column, Column, Column] | None:
    if a.pair is None and b.pair is None:
        return None
    p, q = pair_of(a), pair_of(b)
    return np.where(rows, p[0], q[0]), np.where(rows, p[1], q[1]), np.where(rows, p[2], q[2])


def also(bad: Column | None, rows: Column | None) -> Column | None:
    if rows is None or not np.any(rows):
        return bad
    return rows if bad is None else bad | rows
