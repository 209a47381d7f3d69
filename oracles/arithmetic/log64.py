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
from functools import partial

import numpy as np

from ulpfuzz.oracles.arithmetic import logarithms
from ulpfuzz.oracles.arithmetic.constants import CONSTANTS
from ulpfuzz.oracles.arithmetic.log_ball import LogBall, also, pair_of, tighter
from ulpfuzz.oracles.arithmetic.log_operations import LogOperations
from ulpfuzz.oracles.arithmetic.logarithms import ETA, GROW, LIBM, Log, U
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.enclosure import Ball

_NEAR_IDENTITY = ("sin", "tan", "asin", "asinh", "atanh")
_THROUGH = ("cos", "acos", "acosh", "erfinv", "lgamma", "digamma", "sinpi", "cospi", "floor")
LN2 = (float(CONSTANTS["ln2"]), float(CONSTANTS["ln2"] - Fraction(float(CONSTANTS["ln2"]))))
LOG_SQRT_PI = (-math.log(math.pi) / 2, 0.0)


class Log64(LogOperations):
    """The arithmetic of LogBalls: the functions, by what is known of them where their values leave binary64's range."""

    name = "log64"

    def exp(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)

        def log() -> Log:
            hi, lo, rad = pair_of(number)
            return Log(np.ones_like(hi), hi, lo, rad)

        return LogBall(self, lambda: self.plain.exp(number.value), log, [number])

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
        return LogBall(self, ball, bad=also(number.bad, negative), pair=(log.hi, log.lo, rad))

    def log2(self, x: LogBall | Exact) -> LogBall:
        return self.div(self.log(x), self.const("ln2"))

    def log10(self, x: LogBall | Exact) -> LogBall:
        return self.div(self.log(x), self.const("ln10"))

    def log1p(self, x: LogBall | Exact) -> LogBall:
        number = self.num(x)
        result = self._near_identity("log1p", number, 1, -37.0)
        ball = result.direct_value()
        if not (ball.radius() < np.inf).all():
            result._direct_value = tighter(ball, self.log(1 + number).value)
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
            hi, lo, rad = pair_of(x)
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
        return LogBall(self, ball, log, bad=also(ball.bad, negative))

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
            logarithm, computed = x.log, logarithms.log_of_ball(ball)
            hi, lo, rad = logarithms.plus_pair(
                logarithm.hi, logarithm.lo, logarithm.rad, factor, 0.0, 0.0 if factor == 0 else 4 * U
            )
            largest = logarithm.hi + logarithms.reach(logarithm)
            small = Log(logarithm.sign, hi, lo, rad + np.exp(np.minimum(largest, 0) * order) * 1.01)
            return logarithms.pick((largest < below) & (logarithm.sign != 0), small, computed)

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
        return self.pick(huge, self._of(flat), near)

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
