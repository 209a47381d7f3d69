"""ball80: ball64 over x87 extended precision (64-bit significand, 15-bit exponent), for float64 targets.

Present only where numpy's longdouble has a 64-bit significand (x86-64). Elementary functions are glibc's long double ones, whose
known maximum errors are at most 5 ulps (glibc manual, "Known Maximum Errors in Math Functions", x86_64 ldbl); 8 ulps are charged.
scipy has no long double special functions: erf, erfc, erfinv, lgamma and digamma are taken from Taylor polynomials
(ulpfuzz.oracles.arithmetic.pieces); the others claim nothing here and climb to Arb.
"""

from __future__ import annotations

import numpy as np

from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.pieces import pieces
from ulpfuzz.oracles.enclosure import Ball, Column

#: Whether this machine has the format.
AVAILABLE = np.finfo(np.longdouble).nmant == 63
#: Our names of functions, by scipy's, where they differ.
_NAMES = {"psi": "digamma"}


class Ball80(Ball64):
    """The arithmetic of Balls over x87 extended precision."""

    name = "ball80"
    dtype = np.longdouble
    u = 2.0**-64
    libm = 16.0
    significand = 64
    reduction = 0.0  # glibc reduces exactly

    def _scipy(self, name: str, x: Column) -> Column:
        return np.full_like(x, np.nan)

    def _special(self, name: str, x: Ball, slack: Column | float, floor: float = 0.0, bad: Column | None = None) -> Ball:
        """A monotone function by its pieces."""
        bad, table = self._either(x.bad, bad), pieces(_NAMES.get(name, name))
        if x.rad is None:
            mid, rad = table(x.mid)
            return Ball(self, mid, rad, bad)
        (left, off), (right, too) = table(x.lower()), table(x.upper())
        return self.interval(np.minimum(left - off, right - too), np.maximum(left + off, right + too), bad)

    def erfc(self, x: Ball) -> Ball:
        return self._special("erfc", x, 0.0)

    def _lgamma_at(self, x: Column) -> tuple[Column, Column]:
        return pieces("lgamma")(x)

    def _psi_near(self, x: Column) -> Column:
        return super()._scipy("psi", x.astype(np.float64))

    def _zeta(self, s: int, values: Column) -> Column:
        return np.full_like(values, np.nan)
