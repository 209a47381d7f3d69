"""ball80: ball64 over x87 extended precision (64-bit significand, 15-bit exponent), for float64 targets.

Present only where numpy's longdouble has a 64-bit significand (x86-64). Elementary functions are glibc's long double ones, whose
known maximum errors are at most 5 ulps (glibc manual, "Known Maximum Errors in Math Functions", x86_64 ldbl); 8 ulps are charged.
scipy has no long double special functions: those claim nothing here and climb to Arb.
"""

from __future__ import annotations

import numpy as np

from oracles.arithmetic.ball64 import Ball64
from oracles.enclosure import Column

#: Whether this machine has the format.
AVAILABLE = np.finfo(np.longdouble).nmant == 63


class Ball80(Ball64):
    """The arithmetic of Balls over x87 extended precision."""

    name = "ball80"
    dtype = np.longdouble
    u = 2.0**-64
    libm = 16.0
    significand = 64

    def _scipy(self, name: str, x: Column) -> Column:
        return np.full_like(x, np.nan)

    def _zeta(self, s: int, values: Column) -> Column:
        return np.full_like(values, np.nan)
