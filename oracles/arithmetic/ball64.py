"""ball64: numpy binary64 columns with a running error bound.

Guarantee: the exact value of every row lies within `rad` of `mid` (Ball). Three layers, each using those below it: basic operations are IEEE 754,
one unit roundoff (BallOperations); elementary functions (BallFunctions); special functions, here.
Elementary functions charge `libm` units: numpy's vectorised (SVML) loops are the library's low accuracy ones, of at most 4 ulps
(numpy pull request 19478), that is 8 units of roundoff; glibc's are smaller (glibc manual, "Known Maximum Errors"). sin and cos
are not within that of arguments that numpy reduces by multiples of pi: see ball_functions.REDUCED. scipy's special functions charge the bounds
below, validated against Arb by the tests, and claim nothing outside the stated ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce

import numpy as np

from ulpfuzz.oracles.arithmetic.ball_functions import BallFunctions
from ulpfuzz.oracles.arithmetic.composites import reflected_polygamma
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.enclosure import Ball, Column


class Ball64(BallFunctions):
    """The arithmetic of Balls over numpy binary64; ball80 is the same over x87 extended precision."""

    name = "ball64"

    def __getattr__(self, name: str) -> Callable[..., Ball]:
        entry = functions().get(name)
        if entry is None:
            raise AttributeError(name)

        def function(*numbers: Ball | Exact) -> Ball:
            balls = [self.num(v) for v in numbers]
            return entry.ball64(self, *balls) if entry.ball64 is not None else self.unknown(*balls)

        return function

    def unknown(self, *balls: Ball) -> Ball:
        """A number that this tier does not enclose, one for each row of the balls."""
        shape = self.xp.broadcast_shapes(*(ball.mid.shape for ball in balls))
        return Ball(self, self.filled(shape, 0.0), self.filled(shape, np.inf), reduce(self._either, (b.bad for b in balls)))

    def partial(self, name: str, numbers: Sequence[Ball | Exact], orders: tuple[int, ...]) -> Ball:
        """See Arb.partial: known here of functions that have `by_first`."""
        entry, balls = functions()[name], [self.num(v) for v in numbers]
        if entry.by_first is not None and orders[0] == 1 and sum(orders) == 1:
            return entry.by_first(self, *balls)
        return self.unknown(*balls)

    # -- special functions: scipy, with bounds validated against Arb (tests/oracles/test_enclosures.py) ------------------

    def _scipy(self, name: str, x: Column) -> Column:
        import scipy.special

        values: Column = getattr(scipy.special, name)(x)
        return values

    def _special(self, name: str, x: Ball, slack: Column | float, floor: float = 0.0, bad: Column | None = None) -> Ball:
        """A monotone function by scipy, |error| <= slack u max(|f|, floor)."""
        bad = self._either(x.bad, bad)
        if x.rad is None:
            mid = self._scipy(name, x.mid)
            return Ball(self, mid, abs(mid).clip(floor, None) * (slack * self._u) + self._eta, bad)
        left, right = self._scipy(name, x.lower()), self._scipy(name, x.upper())
        ball = self.interval(self.xp.minimum(left, right), self.xp.maximum(left, right), bad)
        ball.rad = ball.rad + self.xp.maximum(abs(left), abs(right)).clip(floor, None) * (slack * self._u)
        return ball

    def erf(self, x: Ball) -> Ball:
        return self._special("erf", x, 16)

    def erfc(self, x: Ball) -> Ball:
        # cephes squares x before exp: a relative error of about x^2 u on the right; from x^2 = 709.78 on it answers 0,
        # where erfc is still 2e-310
        reach = self.xp.maximum(abs(x.lower()), abs(x.upper()))
        ball = self._special("erfc", x, 32 + 4 * self.xp.where(x.mid > 0, reach.clip(None, 40) ** 2, 0))
        ball.rad = ball.radius() + self.numbers(x.upper() > self.dtype(26.5)) * self.dtype(2.0**-1020)
        return ball

    def erfinv(self, x: Ball) -> Ball:
        return self._special("erfinv", x, 32, bad=self._outside(x, -1, 1))

    def lgamma(self, x: Ball) -> Ball:
        """log |Gamma(x)|; DLMF 5.5.3 (reflection) below 1/2."""
        return self.where(self.lt(x, Fraction(1, 2)), lambda: self._lgamma_reflected(x), lambda: self._lgamma_right(x))

    def _lgamma_right(self, x: Ball) -> Ball:
        mid, rad = self._lgamma_at(x.mid)
        if x.rad is None:
            return Ball(self, mid, rad, x.bad)
        slope = abs(self._psi_near(x.lower().clip(0.25, None))) + abs(self._psi_near(x.upper())) + 1
        rad = (rad + x.rad * slope) * self._grow
        return Ball(self, mid, self.xp.where(x.lower() >= 0.25, rad, np.inf), x.bad)

    def _lgamma_at(self, x: Column) -> tuple[Column, Column]:
        """(log Gamma, its error) of exact numbers right of zero."""
        mid = self._scipy("gammaln", x)
        return mid, abs(mid).clip(1, None) * (32 * self._u)

    def _psi_near(self, x: Column) -> Column:
        """digamma to a few digits, for bounds of the slope of log Gamma: |psi| rises to both sides of its root."""
        return self._scipy("psi", x)

    def _lgamma_reflected(self, x: Ball) -> Ball:
        return self.log(self.const("pi") / self.abs(self.sinpi(x))) - self._lgamma_right(1 - x)

    def digamma(self, x: Ball) -> Ball:
        """DLMF 5.5.4 (reflection) below 1/2."""
        return self.where(
            self.lt(x, Fraction(1, 2)),
            lambda: self._special("psi", 1 - x, 32, 1.0) - self.const("pi") * self.cospi(x) / self.sinpi(x),
            lambda: self._special("psi", x, 32, 1.0),
        )

    def polygamma(self, n: int, x: Ball) -> Ball:
        """(-1)^(n+1) n! zeta(n+1, x) on the right (DLMF 25.11.12); reflected below 1/2 for n <= 3 (DLMF 5.15.6)."""
        return self.where(self.lt(x, Fraction(1, 2)), lambda: self._polygamma_left(n, x), lambda: self._polygamma_right(n, x))

    def _polygamma_right(self, n: int, x: Ball) -> Ball:
        import math

        def hurwitz(values: Column) -> Column:
            derivative: Column = self._zeta(n + 1, values.clip(0.25, None)) * self.dtype((-1) ** (n + 1) * math.factorial(n))
            return derivative

        ball = self._monotone(hurwitz, x, 256.0)
        # among its terms is x x^-(n+1) / n, whose power may be subnormal although the value is not
        rad = ball.radius() + abs(x.upper()) * self.dtype(math.factorial(n) * 2.0**-1072)
        return Ball(self, ball.mid, self.xp.where(x.lower() >= 0.25, rad, np.inf), ball.bad)

    def _polygamma_left(self, n: int, x: Ball) -> Ball:
        return reflected_polygamma(self, n, x, self._polygamma_right(n, self.num(1) - x))

    def _zeta(self, s: int, values: Column) -> Column:
        import scipy.special

        zeta: Column = scipy.special.zeta(s, values)
        return zeta
