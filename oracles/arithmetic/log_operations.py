"""LogOperations: the operations on LogBalls, their order and branches; each works on whichever enclosure is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic import logarithms
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.branches import Branches, Masks, bad_of
from ulpfuzz.oracles.arithmetic.log_ball import TIGHT, LogBall, pick_pair
from ulpfuzz.oracles.arithmetic.logarithms import ETA, GROW, LOG_MAX, LOG_MIN, Log, U
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact
from ulpfuzz.oracles.enclosure import Ball, Column


class LogOperations(Branches[LogBall]):
    """Numbers, + - * /, sums and order of LogBalls over a ball64 of their own (`plain`)."""

    def __init__(self, rows: int = 1, plain: Ball64 | None = None) -> None:
        self.rows = rows
        self.plain = plain or Ball64(rows)

    @property
    def kinks(self) -> Column | None:
        return self.plain.kinks

    @property
    def touched_removable(self) -> Column | None:
        return self.plain.touched_removable

    # -- numbers ------------------------------------------------------------------------------------------------------

    def lift(self, values: Column, bits: int = 53) -> LogBall:
        """An exact column; `bits` bounds its significant bits (24 for data of float32)."""
        return LogBall(self, self.plain.lift(values, bits))

    def num(self, value: LogBall | Ball | Exact | float) -> LogBall:
        return value if isinstance(value, LogBall) else self._of(self.plain.num(value))

    def const(self, name: Constant) -> LogBall:
        return self._of(self.plain.const(name))

    def _of(self, ball: Ball, log: Callable[[], Log] | None = None) -> LogBall:
        return LogBall(self, ball, log, bad=ball.bad)

    def enclose(self, number: LogBall | Exact) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(value, low, radius): |y - (value + low)| <= radius. value +-inf with radius 0: |y| surely exceeds the largest
        binary64; +-0 with the least subnormal: it is surely below that; radius inf: unknown.
        """
        x = self.num(number)
        ball = x.value
        zero = np.zeros(np.broadcast(ball.mid, ball.radius()).shape)
        value, low, radius = ball.mid + zero, zero, ball.radius() + zero
        if x.pair is not None:
            finer = x.pair[2] < radius
            value, low, radius = (np.where(finer, p, q) for p, q in zip(x.pair, (value, low, radius), strict=True))
        if not ((radius <= np.abs(value) * TIGHT) & (radius < np.inf)).all():
            log = x.log
            reach = (log.rad + np.abs(log.lo)) * GROW + np.abs(log.hi) * (2 * U)
            over, under = log.hi - reach > LOG_MAX, (log.hi + reach < LOG_MIN) & (log.sign != 0)
            value = np.where(over, np.copysign(np.inf, log.sign), np.where(under, np.copysign(0.0, log.sign), value))
            radius = np.where(over, 0.0, np.where(under, 5e-324, radius))
            low = np.where(over | under, 0.0, low)
        lost = ~((radius < np.inf) & (np.isfinite(value) | (radius == 0))) | np.isnan(value) | np.isnan(low)
        return np.where(lost, np.nan, value), np.where(lost, 0.0, low), np.where(lost, np.inf, radius)

    # -- the four operations ----------------------------------------------------------------------------------------------

    def mul(self, a: LogBall, b: LogBall) -> LogBall:
        return LogBall(self, lambda: self.plain.mul(a.value, b.value), lambda: logarithms.product(a.log, b.log), [a, b])

    def div(self, a: LogBall, b: LogBall) -> LogBall:
        def quotient() -> Log:
            bottom = b.log
            inverse = Log(bottom.sign, -bottom.hi, -bottom.lo, np.where(bottom.sign == 0, np.inf, bottom.rad))
            return logarithms.product(a.log, inverse)

        return LogBall(self, lambda: self.plain.div(a.value, b.value), quotient, [a, b])

    def sum(self, items: Sequence[LogBall | Exact]) -> LogBall:
        numbers = [self.num(item) for item in items]
        if len(numbers) == 1:
            return numbers[0]
        return LogBall(
            self,
            lambda: self.plain.sum([term for n in numbers for term in self._terms(n)]),
            lambda: logarithms.log_of_sum([n.log for n in numbers]),
            numbers,
        )

    def _terms(self, x: LogBall) -> list[Ball]:
        if x.pair is None:
            return [x.value]
        hi, lo, rad = x.pair
        return [Ball(self.plain, hi), Ball(self.plain, lo, rad)]

    # -- order ---------------------------------------------------------------------------------------------------------------

    def max(self, items: Sequence[LogBall | Exact]) -> LogBall:
        return reduce(lambda a, b: self.where(self.lt(a, b), lambda: b, lambda: a), [self.num(i) for i in items])

    def hint_max(self, items: Sequence[LogBall | Exact]) -> LogBall:
        return self._of(self.plain.hint_max([self.num(i).value for i in items]))

    def min(self, items: Sequence[LogBall | Exact]) -> LogBall:
        return reduce(lambda a, b: self.where(self.lt(a, b), lambda: a, lambda: b), [self.num(i) for i in items])

    def lt(self, x: LogBall | Exact, y: LogBall | Exact) -> Masks:
        a, b = self.num(x), self.num(y)
        sure, never = self.plain.lt(a.value, b.value)
        if (sure | never).all():
            return sure, never
        p, q = a.log, b.log
        known = p.known() & q.known()
        _, hi, lo, rad = logarithms.product(p, q._replace(hi=-q.hi, lo=-q.lo))
        reach = (rad + np.abs(lo)) * GROW
        same = (p.sign == q.sign) & (p.sign != 0)
        below, above = same & (hi * p.sign < -reach), same & (hi * p.sign > reach)
        equal = (p.sign == 0) & (q.sign == 0)
        return sure | known & ((p.sign < q.sign) | below), never | known & ((p.sign > q.sign) | above | equal)

    def eq0(self, x: LogBall | Exact) -> Masks:
        number = self.num(x)
        yes, no = self.plain.eq0(number.value)
        if (yes | no).all():
            return yes, no
        log = number.log
        return yes | log.known() & (log.sign == 0), no | log.known() & (log.sign != 0)

    def hull(self, a: LogBall, b: LogBall) -> LogBall:
        def log() -> Log:
            p, q = a.log, b.log
            low = np.minimum(p.hi - logarithms.reach(p), q.hi - logarithms.reach(q))
            high = np.maximum(p.hi + logarithms.reach(p), q.hi + logarithms.reach(q))
            mid = low / 2 + high / 2
            rad = (high / 2 - low / 2) * GROW + np.abs(mid) * (4 * U) + ETA
            return Log(p.sign, mid, np.zeros_like(mid), np.where((p.sign == q.sign) & (p.sign != 0), rad, np.inf))

        return LogBall(self, lambda: self.plain.hull(a.value, b.value), log, [a, b])

    def pick(self, rows: Column, a: LogBall, b: LogBall) -> LogBall:
        """a on these rows, b on the others."""
        chosen = LogBall(
            self, lambda: self.plain.pick(rows, a.value, b.value), lambda: logarithms.pick(rows, a.log, b.log), [a, b],
            pair=pick_pair(rows, a, b),
        )  # fmt: skip
        chosen.bad = bad_of((rows, ~rows), a.bad, b.bad)
        return chosen

    def zeroed(self, number: LogBall, dead: Column) -> LogBall:
        """The number, exactly 0 on the rows `dead`."""
        return self.pick(dead, self.num(0), number)

    def signs(self, down: Column, up: Column) -> LogBall:
        """See Branches."""
        return LogBall(self, self.plain.signs(down, up))

    # -- what the tape needs ---------------------------------------------------------------------------------------------

    def mask(self, cond: Masks, adjoint: LogBall) -> LogBall:
        """The adjoint where cond surely holds, exactly 0 where it surely does not, the hull of both elsewhere."""
        return self.where(cond, lambda: adjoint, lambda: 0)

    def note_kink(self, rows: Column) -> None:
        self.plain.note_kink(rows)

    def note_removable(self, rows: Column) -> None:
        self.plain.note_removable(rows)
