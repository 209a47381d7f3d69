"""log64: sign and logarithm of the magnitude beside a Ball, for rows whose intermediates leave binary64's range.

A LogBall holds two enclosures of the same real number, made on demand: a Ball (ball64), and sign * exp(hi + lo) with an
absolute bound on the logarithm, which is a relative bound on the number. Each operation works on whichever is known, so
exp(1e308) has the logarithm 1e308 exactly, and 1 + exp(-1e4) is still 1. hi + lo is an unevaluated pair: the logarithm of
exp(1e38) + exp(1e38) is 1e38 + ln 2. The logarithm of a sum comes from log1p of the ratios to its largest term; where the terms
cancel, the Ball decides.
Elementary functions charge the bounds of ball64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial, reduce

import numpy as np
from numpy.typing import NDArray

from oracles.arithmetic import logarithms
from oracles.arithmetic.ball64 import CONSTANTS, Ball64, Masks
from oracles.arithmetic.composites import Composites
from oracles.arithmetic.logarithms import ETA, GROW, LIBM, LOG_MAX, LOG_MIN, Log, U
from oracles.arithmetic.protocol import Constant, Exact
from oracles.arithmetic.special import functions
from oracles.enclosure import Ball, Column

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
        m: Log64,
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
        self.bad: Column | None = reduce(_also, (p.bad for p in parents), bad)
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
            self._value = _tighter(ball, logarithms.ball_of_log(self.m.plain, self.direct_log())) if loose else ball
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


class Log64(Composites[LogBall]):
    """The arithmetic of LogBalls."""

    name = "log64"

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

    def tie(self, x: LogBall | Exact, y: LogBall | Exact) -> Column:
        """Rows where x and y are certainly equal."""
        return self.eq0(self.num(x) - self.num(y))[0]

    def where(self, cond: Masks, yes: Callable[[], LogBall | Exact], no: Callable[[], LogBall | Exact]) -> LogBall:
        sure, never = cond
        if sure.all():
            return self.num(yes())
        if never.all():
            return self.num(no())
        a, b = self.num(yes()), self.num(no())
        chosen = self._choose(sure, a, b)
        unsure = ~(sure | never)
        if not unsure.any():
            return chosen
        both = self.hull(a, b)
        result = self._choose(unsure, both, chosen)
        result.bad = self.plain.bad_of_branches(cond, a.bad, b.bad)
        return result

    def hull(self, a: LogBall, b: LogBall) -> LogBall:
        def log() -> Log:
            p, q = a.log, b.log
            low = np.minimum(p.hi - logarithms.reach(p), q.hi - logarithms.reach(q))
            high = np.maximum(p.hi + logarithms.reach(p), q.hi + logarithms.reach(q))
            mid = low / 2 + high / 2
            rad = (high / 2 - low / 2) * GROW + np.abs(mid) * (4 * U) + ETA
            return Log(p.sign, mid, np.zeros_like(mid), np.where((p.sign == q.sign) & (p.sign != 0), rad, np.inf))

        return LogBall(self, lambda: self.plain.hull(a.value, b.value), log, [a, b])

    def _choose(self, rows: Column, a: LogBall, b: LogBall) -> LogBall:
        """a on the given rows, b on the others."""
        chosen = LogBall(
            self, lambda: _pick_ball(rows, a.value, b.value), lambda: logarithms.pick(rows, a.log, b.log), [a, b],
            pair=_pick_pair(rows, a, b),
        )  # fmt: skip
        chosen.bad = self.plain.bad_of_branches((rows, ~rows), a.bad, b.bad)
        return chosen

    # -- what the tape asks for ------------------------------------------------------------------------------------------

    def annihilate(self, adjoint: LogBall, factor: LogBall) -> LogBall:
        """adjoint * factor, but exactly 0 where the adjoint is exactly 0, whatever the factor is."""
        product = self.mul(adjoint, factor)
        dead = self.eq0(adjoint)[0]
        return self._choose(dead, self.num(0), product) if dead.any() else product

    def mask(self, cond: Masks, adjoint: LogBall) -> LogBall:
        """The adjoint where cond surely holds, exactly 0 where it surely does not, the hull of both elsewhere."""
        return self.where(cond, lambda: adjoint, lambda: 0)

    def sign(self, x: LogBall) -> LogBall:
        """-1, 1, or the interval [-1, 1] where x may be zero."""
        down, up = self.lt(x, 0)[0], self.lt(0, x)[0]
        self.note_kink(self.eq0(x)[0])
        unsure = ~(up | down)
        rad = unsure.astype(np.float64) if unsure.any() else None
        return LogBall(self, Ball(self.plain, up.astype(np.float64) - down, rad, None, 1), None, [x])

    def note_kink(self, rows: Column) -> None:
        self.plain.note_kink(rows)

    def note_removable(self, rows: Column) -> None:
        self.plain.note_removable(rows)

    # -- functions -----------------------------------------------------------------------------------------------------------

    def exp(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)

        def log() -> Log:
            hi, lo, rad = self._pair(number)
            return Log(np.ones_like(hi), hi, lo, rad)

        return LogBall(self, lambda: self.plain.exp(number.value), log, [number])

    def _pair(self, x: LogBall) -> tuple[Column, Column, Column]:
        return x.pair if x.pair is not None else (x.value.mid, np.zeros_like(x.value.mid), x.value.radius())

    def exp2(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        log = partial(self._raised, number.value, self.plain.const("ln2"))
        return LogBall(self, lambda: self.plain.exp2(number.value), log, [number])

    def _raised(self, exponent: Ball, log_of_base: Ball) -> Log:
        power = self.plain.mul(exponent, log_of_base)
        return Log(np.ones_like(power.mid), power.mid, np.zeros_like(power.mid), power.radius())

    def log(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        log = number.log
        known = log.known()
        negative = known & (log.sign < 0)
        rad = np.where(log.sign > 0, log.rad, np.inf)
        ball = Ball(self.plain, log.hi, (rad + np.abs(log.lo)) * GROW)
        return LogBall(self, ball, bad=_also(number.bad, negative), pair=(log.hi, log.lo, rad))

    def log2(self, x: LogBall | Exact) -> LogBall:
        return self.div(self.log(x), self.const("ln2"))

    def log10(self, x: LogBall | Exact) -> LogBall:
        return self.div(self.log(x), self.const("ln10"))

    def log1p(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        result = self._near_identity("log1p", number, 1, -37.0)
        ball = result.direct_value()
        if not (ball.radius() < np.inf).all():
            result._direct_value = _tighter(ball, self.log(1 + number).value)
        return result

    def expm1(self, x: LogBall | Exact) -> LogBall:
        return self._growing("expm1", self._near_identity("expm1", self.num(x), 1, -37.0), self.num(x), 1.0, 0.0)

    def sinh(self, x: LogBall | Exact) -> LogBall:
        return self._growing("sinh", self._near_identity("sinh", self.num(x), 2, -20.0), self.num(x), 2.0, 1.0)

    def cosh(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        return self._growing("cosh", self._through("cosh", number), number, -2.0, 1.0)

    def _growing(self, name: str, near: LogBall, x: LogBall, rate: float, halves: float) -> LogBall:
        """exp(|x|) (1 -+ exp(-|rate x|)) / 2^halves where |x| > 1 (expm1: x > 1). |(log f)'| <= coth 1, 1/(1 - 1/e) < 1.6."""

        def log() -> Log:
            hi, lo, rad = self._pair(x)
            size, sign = np.abs(hi), np.sign(hi)
            tail = np.log1p(np.copysign(np.exp(-abs(rate) * size), -rate))
            shift = logarithms.plus_pair(
                size, lo * sign, np.asarray(0.0), -halves * LN2[0] + tail, -halves * LN2[1] + 0 * tail, 1e-30
            )
            charge = rad * 1.6 + np.abs(tail) * (3 * LIBM) + (np.abs(lo) * 1.6 + 2 * U) * (tail != 0) + ETA
            charge = (charge + (halves + 1) * 2 * U) * GROW
            far = (size - rad * GROW > 1) & ((hi > 0) | (name != "expm1"))
            grown = Log(np.ones_like(hi) if name != "sinh" else sign, shift[0], shift[1], charge + shift[2])
            return logarithms.pick(far, grown, near.direct_log())

        return LogBall(self, near._direct_value, log, [near])

    def sqrt(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)

        def log() -> Log:
            sign, hi, lo, rad = number.log
            return Log(sign, hi / 2, lo / 2, np.where(sign < 0, np.inf, rad))

        ball = self.plain.sqrt(number.value)
        negative = None
        if not (number.value.lower() >= 0).all():
            negative = number.log.known() & (number.log.sign < 0)
        return LogBall(self, ball, log, bad=_also(ball.bad, negative))

    def square(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        return LogBall(
            self, lambda: self.plain.square(number.value), lambda: logarithms.product(number.log, number.log), [number]
        )

    def abs(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        return LogBall(
            self, lambda: self.plain.abs(number.value),
            lambda: number.log._replace(sign=np.abs(number.log.sign)), [number],
        )  # fmt: skip

    def pow(self, x: LogBall | Exact, y: LogBall | Exact) -> LogBall:
        base, exponent = self.num(x), self.num(y).value
        ball = self.plain.pow(base.value, exponent)

        def log() -> Log:
            sign, hi, lo, rad = base.log
            scaled = Ball(self.plain, np.where(sign == 0, 0.0, hi), np.where(sign == 0, np.inf, (rad + np.abs(lo)) * GROW))
            _, hi, lo, rad = self._raised(exponent, scaled)
            exact = exponent.radius() == 0
            odd, whole = np.fmod(exponent.mid, 2) != 0, np.floor(exponent.mid) == exponent.mid
            rad = np.where((sign < 0) & ~(exact & whole), np.inf, rad)
            power = Log(np.where((sign < 0) & odd, -1.0, 1.0), hi, lo, rad)
            power = logarithms.pick(base.log.known() & (sign == 0) & (exponent.lower() > 0), logarithms.zero(), power)
            return logarithms.pick(exact & (exponent.mid == 0), logarithms.one(), power)

        return self._of(ball, log)

    def _through(self, name: str, x: LogBall) -> LogBall:
        return self._of(getattr(self.plain, name)(x.value))

    def _near_identity(self, name: str, x: LogBall, order: int, below: float, factor: float = 0.0) -> LogBall:
        """f(x) = exp(factor) x (1 + theta x^order), |theta| <= 1 for small x: keeps the logarithm of arguments that underflow."""
        ball = getattr(self.plain, name)(x.value)

        def log() -> Log:
            given, computed = x.log, logarithms.log_of_ball(ball)
            hi, lo, rad = logarithms.plus_pair(given.hi, given.lo, given.rad, factor, 0.0, 0.0 if factor == 0 else 4 * U)
            largest = given.hi + logarithms.reach(given)
            small = Log(given.sign, hi, lo, rad + np.exp(np.minimum(largest, 0) * order) * 1.01)
            return logarithms.pick((largest < below) & (given.sign != 0), small, computed)

        return self._of(ball, log)

    def _saturating(self, name: str, x: LogBall, limit: Fraction, factor: float = 0.0) -> LogBall:
        """An odd function with |f(x)| = limit within 1/|x|: known for every |x| > 2^53 even where x has no binary64 value."""
        near = self._near_identity(name, x, 2, -20.0, factor)
        if (x.value.radius() < np.inf).all():
            return near
        log = x.log
        huge = log.known() & (log.hi - logarithms.reach(log) > 37) & (log.sign != 0)
        end = self.plain.num(limit)
        flat = Ball(self.plain, end.mid * log.sign, end.radius() + 2.0**-53 * np.ones_like(log.hi))
        return self._choose(huge, self._of(flat), near)

    def tanh(self, x: LogBall | Exact) -> LogBall:
        return self._saturating("tanh", self.num(x), Fraction(1))

    def erf(self, x: LogBall | Exact) -> LogBall:
        return self._saturating("erf", self.num(x), Fraction(1), math.log(2 / math.sqrt(math.pi)))

    def atan(self, x: LogBall | Exact) -> LogBall:
        return self._saturating("atan", self.num(x), CONSTANTS["pi"] / 2)

    def erfc(self, x: LogBall | Exact) -> LogBall:
        """Beyond 26, exp(-x^2) / (x sqrt(pi)) sum_k (-1)^k (2k-1)!! / (2 x^2)^k (DLMF 7.12.1), off by less than the first
        term left out.
        """
        number = self.num(x)
        ball = self.plain.erfc(number.value)

        def log() -> Log:
            x = number.value
            square, exact = logarithms.squared(x.mid)
            series, term = np.ones_like(square), np.ones_like(square)
            for k in range(1, 8):
                term = term * (1 - 2 * k) / (2 * square)
                series = series + term
            power = logarithms.plus_pair(-square, -exact, 0.0, np.log(series) - np.log(x.mid), 0.0, 0.0)
            power = logarithms.plus_pair(*power, *LOG_SQRT_PI, 4 * U)
            # the eighth term at 26 is 2e-19; seven roundings of the series; |(log erfc)'| < 2x + 1
            rounding = 32 * U + LIBM * (2 + np.abs(np.log(x.mid)))
            rad = power[2] + rounding + x.radius() * (2 * np.abs(x.mid) + 1 + 2 * x.radius()) * GROW
            far = (x.lower() > 26) & (x.upper() < 1e150)
            return logarithms.pick(far, Log(np.ones_like(square), power[0], power[1], rad * GROW), logarithms.log_of_ball(ball))

        return self._of(ball, log)

    def atan2(self, y: LogBall | Exact, x: LogBall | Exact) -> LogBall:
        return self._of(self.plain.atan2(self.num(y).value, self.num(x).value))

    def fmod(self, x: LogBall | Exact, y: LogBall | Exact) -> LogBall:
        return self._of(self.plain.fmod(self.num(x).value, self.num(y).value))

    def polygamma(self, n: int, x: LogBall | Exact) -> LogBall:
        return self._of(self.plain.polygamma(n, self.num(x).value))

    def partial(self, name: str, numbers: Sequence[LogBall | Exact], orders: tuple[int, ...]) -> LogBall:
        """See Arb.partial: not known here."""
        return self._of(self.plain.partial(name, [self.num(v).value for v in numbers], orders))

    def __getattr__(self, name: str) -> Callable[..., LogBall]:
        if name in _NEAR_IDENTITY:
            return lambda x: self._near_identity(name, self.num(x), 2, -20.0)
        if name in _THROUGH:
            return lambda x: self._through(name, self.num(x))
        if name in functions():
            return lambda *numbers: self._of(getattr(self.plain, name)(*(self.num(v).value for v in numbers)))
        raise AttributeError(name)


_NEAR_IDENTITY = ("sin", "tan", "asin", "asinh", "atanh")
_THROUGH = ("cos", "acos", "acosh", "erfinv", "lgamma", "digamma", "sinpi", "cospi", "floor")
LN2 = (float(CONSTANTS["ln2"]), float(CONSTANTS["ln2"] - Fraction(float(CONSTANTS["ln2"]))))
LOG_SQRT_PI = (-math.log(math.pi) / 2, 0.0)


# -- choosing between enclosures ----------------------------------------------------------------------------------------------


def _tighter(a: Ball, b: Ball) -> Ball:
    """Per row the enclosure of smaller radius."""
    first = a.radius()
    return _pick_ball(~(first <= b.radius()) & (b.radius() < np.inf), b, a)


def _pick_ball(rows: Column, a: Ball, b: Ball) -> Ball:
    mid = np.where(rows, a.mid, b.mid)
    if a.rad is None and b.rad is None:
        return Ball(a.m, mid, None, None, max(a.bits, b.bits))
    return Ball(a.m, mid, np.where(rows, a.radius(), b.radius()))


def _pick_pair(rows: Column, a: LogBall, b: LogBall) -> tuple[Column, Column, Column] | None:
    if a.pair is None and b.pair is None:
        return None
    p, q = a.m._pair(a), b.m._pair(b)
    return np.where(rows, p[0], q[0]), np.where(rows, p[1], q[1]), np.where(rows, p[2], q[2])


def _also(bad: Column | None, rows: Column | None) -> Column | None:
    if rows is None or not np.any(rows):
        return bad
    return rows if bad is None else bad | rows
