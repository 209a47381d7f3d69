"""BallFunctions: the elementary functions of balls, by the columns' module, with a bound of its error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ulpfuzz.oracles.arithmetic.ball_operations import BallOperations
from ulpfuzz.oracles.arithmetic.branches import bad_of
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.enclosure import Ball, Column

#: Beyond this magnitude numpy's vectorised sin and cos of binary64 reduce their argument with so few bits of pi that the reduced one is off by
#: an absolute amount: measured, at most 2^-92.2 over 51,507 arguments, those of each binade from 2^-60 to 2^970 that lie nearest to a multiple of
#: pi/2 (the convergents of its continued fraction), for arguments above 2^26 (AVX-512). No promise is published, so 2^-80 is charged, and early.
REDUCED, REDUCTION = 2.0**16, 2.0**-80


class BallFunctions(BallOperations):
    """The elementary functions; each charges `libm` units of roundoff, and what its argument's radius makes of it."""

    libm = 8.0  # in units of roundoff: 4 ulps
    reduction = REDUCTION  # absolute, of sin and cos beyond REDUCED

    def _monotone(self, f: Callable[[Column], Column], x: Ball, slack: float, bad: Column | None = None) -> Ball:
        """f of a ball, f increasing (or decreasing) where it is finite, |computed - exact| <= slack u |computed|."""
        bad = self._either(x.bad, bad)
        if x.rad is None:
            mid = f(x.mid)
            return Ball(self, mid, abs(mid) * (slack * self._u) + self._eta, bad)
        left, right = f(x.lower()), f(x.upper())
        ball = self.interval(self.xp.minimum(left, right), self.xp.maximum(left, right), bad)
        ball.rad = ball.rad + self.xp.maximum(abs(left), abs(right)) * (slack * self._u)
        return ball

    def _lipschitz(self, f: Callable[[Column], Column], x: Ball) -> Ball:
        """sin or cos: f with |f'| <= 1 and |f| <= 1."""
        mid = f(x.mid)
        rad = abs(mid) * (self.libm * self._u) + self._eta
        if self.reduction:
            rad = rad + self.numbers(abs(x.mid) > REDUCED) * self.dtype(self.reduction)
        if x.rad is not None:
            rad = (rad + x.rad.clip(None, 2)) * self._grow
            rad = self.xp.where(self.xp.isfinite(x.mid), rad, np.inf)
        return Ball(self, mid, rad, x.bad)

    def _outside(self, x: Ball, low: float, high: float) -> Column | None:
        """Rows certainly outside the domain [low, high]."""
        out: Column = (x.upper() < low) | (x.lower() > high)
        return out if out.any() else None

    def exp(self, x: Ball) -> Ball:
        return self._monotone(self.xp.exp, x, self.libm)

    def expm1(self, x: Ball) -> Ball:
        return self._monotone(self.xp.expm1, x, self.libm)

    def exp2(self, x: Ball) -> Ball:
        return self._monotone(self.xp.exp2, x, self.libm)

    def log(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log, x, self.libm, self._outside(x, 0, np.inf))

    def log1p(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log1p, x, self.libm, self._outside(x, -1, np.inf))

    def log2(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log2, x, self.libm, self._outside(x, 0, np.inf))

    def log10(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log10, x, self.libm, self._outside(x, 0, np.inf))

    def sqrt(self, x: Ball) -> Ball:
        bad = self._outside(x, 0, np.inf)
        if x.rad is None:
            mid = self.xp.sqrt(x.mid)
            return Ball(self, mid, self.xp.where(x.mid == 0, self.dtype(0), abs(mid) * self._u * 2), self._either(x.bad, bad))
        left, right = self.xp.sqrt(x.lower().clip(0, None)), self.xp.sqrt(x.upper())
        ball = self.interval(left, right, self._either(x.bad, bad))
        ball.rad = ball.rad + right * self._u * 2
        return ball

    def sin(self, x: Ball) -> Ball:
        return self._lipschitz(self.xp.sin, x)

    def cos(self, x: Ball) -> Ball:
        return self._lipschitz(self.xp.cos, x)

    def tan(self, x: Ball) -> Ball:
        # Not the library's own: glibc's (2.36, without AVX-512) is off by 13 ulps at 0x1.065c829d6873p+39, beside a pole, where its sine and
        # cosine are right.
        return self.div(self.sin(x), self.cos(x))

    def asin(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arcsin, x, self.libm, self._outside(x, -1, 1))

    def acos(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arccos, x, self.libm, self._outside(x, -1, 1))

    def atan(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arctan, x, self.libm)

    def sinh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.sinh, x, self.libm)

    def cosh(self, x: Ball) -> Ball:
        if x.rad is None:
            return self._monotone(self.xp.cosh, x, self.libm)
        far = Ball(self, self.xp.maximum(abs(x.lower()), abs(x.upper())))
        near = Ball(self, self.xp.where(x.lower() * x.upper() <= 0, 0, self.xp.minimum(abs(x.lower()), abs(x.upper()))))
        ball = self.hull(self.cosh(near), self.cosh(far))
        ball.bad = x.bad
        return ball

    def tanh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.tanh, x, self.libm)

    def asinh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arcsinh, x, self.libm)

    def acosh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arccosh, x, self.libm, self._outside(x, 1, np.inf))

    def atanh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arctanh, x, self.libm, self._outside(x, -1, 1))

    def _reduced(self, x: Ball) -> Ball:
        """x mod 2 in [-1, 1], exact for the midpoint; |x| up to 2^52 in ulps of 1 or more is handled by fmod, which is exact."""
        turn = self.xp.fmod(x.mid, self.dtype(2))
        near = turn - 2 * self.xp.trunc(turn)
        return Ball(self, near, x.rad, x.bad)

    def sinpi(self, x: Ball) -> Ball:
        r = self._reduced(x)
        folded = self.xp.where(abs(r.mid) > 0.5, self.xp.copysign(1 - abs(r.mid), r.mid), r.mid)  # sin(pi r), Sterbenz exact
        return self._sine_of_pi_times(folded, r)

    def cospi(self, x: Ball) -> Ball:
        r = self._reduced(x)
        return self._sine_of_pi_times(0.5 - abs(r.mid), r)

    def _sine_of_pi_times(self, t: Column, r: Ball) -> Ball:
        pi = self.const("pi").mid
        mid = self.xp.sin(t * pi)
        # t pi is off by a relative 4u (0.5 - |r| may round: another u/2 absolute), its sine by libm; |sin'| <= 1
        rad = abs(mid) * (self.libm + 16) * self._u
        rad = rad + self.numbers((abs(r.mid) < self.dtype(2.0**-2)) & (t != r.mid)) * (self._u * 4)
        if r.rad is not None:
            rad = rad + (r.rad * 4).clip(None, 2)
        return Ball(self, mid, rad * self._grow + self._eta * (t != 0), r.bad)

    def floor(self, x: Ball) -> Ball:
        if x.rad is None:
            return Ball(self, self.xp.floor(x.mid), None, x.bad)
        low, high = self.xp.floor(x.lower()), self.xp.floor(x.upper())
        rad = (high - low) * self._grow
        return Ball(self, self.xp.where(low == high, low, low / 2 + high / 2), rad, x.bad)

    def abs(self, x: Ball) -> Ball:
        return Ball(self, abs(x.mid), x.rad, x.bad, x.bits)

    def square(self, x: Ball) -> Ball:
        return self.mul(x, x)

    def fmod(self, x: Ball, y: Ball) -> Ball:
        x, y = self.num(x), self.num(y)
        if x.rad is None and y.rad is None:
            return Ball(self, self.xp.fmod(x.mid, y.mid), None, self._fresh_nan(x, y))
        quotient = self.div(x, y)
        whole = self.where(self.lt(quotient, 0), lambda: -self.floor(-quotient), lambda: self.floor(quotient))
        return x - whole * y

    def _fresh_nan(self, x: Ball, y: Ball) -> Column | None:
        zero: Column = y.mid == 0
        return self._either(self._either(x.bad, y.bad), zero if zero.any() else None)

    def pow(self, x: Ball | Exact, y: Ball | Exact) -> Ball:
        x, y = self.num(x), self.num(y)
        if x.rad is None and y.rad is None:
            return self._pow_exact(x, y)
        exponent = y.mid
        if y.rad is None and exponent.ndim == 0 and float(exponent).is_integer() and abs(exponent) <= 64:
            power = self.num(1)
            for _ in range(abs(int(exponent))):
                power = power * x
            return power if exponent >= 0 else self.div(self.num(1), power)
        ball = self._pow_by_log(x, y)
        exact = (x.radius() == 0) & (y.radius() == 0)
        if not exact.any():
            return ball
        point = self._pow_exact(Ball(self, x.mid, None, x.bad), Ball(self, y.mid, None, y.bad))
        bad = bad_of((exact, ~exact), point.bad, ball.bad)
        return Ball(self, self.xp.where(exact, point.mid, ball.mid), self.xp.where(exact, point.radius(), ball.radius()), bad)

    def _pow_exact(self, x: Ball, y: Ball) -> Ball:
        mid = x.mid**y.mid
        undefined = (x.mid < 0) & (y.mid != self.xp.floor(y.mid))
        rad = self.xp.where((mid == 0) & (x.mid == 0), self.dtype(0), abs(mid) * (self.libm * self._u) + self._eta)
        bad = self._either(self._either(x.bad, y.bad), undefined if undefined.any() else None)
        return Ball(self, mid, rad, bad)

    def _pow_by_log(self, x: Ball, y: Ball) -> Ball:
        """exp(y log |x|) with the sign of an integer power; unknown where x < 0 and y is not known to be an integer."""
        power = self.exp(self.mul(y, self.log(self.abs(x))))
        bad = self._either(x.bad, y.bad)
        below = x.upper() < 0
        if not below.any():
            return Ball(self, power.mid, power.rad, bad)
        whole = (y.radius() == 0) & (y.mid == self.xp.floor(y.mid))
        odd = whole & (self.xp.fmod(y.mid, self.dtype(2)) != 0)
        rad = self.xp.where(below & ~whole, np.inf, power.radius())
        return Ball(self, self.xp.where(below & odd, -power.mid, power.mid), rad, bad)

    def atan2(self, y: Ball | Exact, x: Ball | Exact) -> Ball:
        y, x = self.num(y), self.num(x)
        mid = self.xp.arctan2(y.mid + self.dtype(0), x.mid + self.dtype(0))  # -0 enters as exact 0
        rad = abs(mid) * (self.libm * self._u) + self._eta
        rad = self.xp.where((y.mid == 0) & (x.mid == 0), np.inf, rad)
        if x.rad is not None or y.rad is not None:
            size = self.xp.maximum(abs(x.mid), abs(y.mid))
            turn = (x.radius() + y.radius()) / size * self._grow
            cut = (x.lower() < 0) & (y.lower() <= 0) & (y.upper() >= 0)
            rad = self.xp.where((turn < 0.5) & ~cut, rad + self._turned(x, y, size) * self._grow, np.inf)
        return Ball(self, mid, rad, self._either(x.bad, y.bad))

    def _turned(self, x: Ball, y: Ball, size: Column) -> Column:
        """A bound of |atan2(y, x) - atan2(y.mid, x.mid)| over boxes away from the origin: its gradient is (-y, x) / (x^2 + y^2), whose parts are
        bounded each for itself, so that beside an axis a small angle is known relatively."""
        along, across = x.radius() / size, y.radius() / size
        width, height = abs(x.mid) / size, abs(y.mid) / size
        nearest = (width - along).clip(0, None) ** 2 + (height - across).clip(0, None) ** 2
        change: Column = ((height + across) * along + (width + along) * across) / nearest * (1 + 16 * self._u)
        return change
