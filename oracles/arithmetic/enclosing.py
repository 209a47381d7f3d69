"""What entries of the table of special functions have in common: enclosures over wide balls in Arb, scipy's values with bounds in ball64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from flint import arb

from oracles.arithmetic.arb import Undefined
from oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from oracles.arithmetic.ball64 import Ball64

#: Of balls of Arb.
Function: TypeAlias = Callable[..., arb]
#: Of an argument, and of an order and an argument, in ball64.
OnBall: TypeAlias = "Callable[[Ball64, Ball], Ball]"
OnBalls: TypeAlias = "Callable[[Ball64, Ball, Ball], Ball]"


def monotone(function: Function) -> Function:
    """A function that is monotone in its last argument wherever that ball lies: the hull of its values at both ends.

    FLINT's own enclosure over a wide ball counts its terms' dependence on the argument several times over."""

    @wraps(function)
    def enclosed(*numbers: arb) -> arb:
        *orders, x = numbers
        if x.is_exact() or not x.is_finite():
            return function(*orders, x)
        return function(*orders, x.lower()).union(function(*orders, x.upper()))

    return enclosed


def within(function: Function, slope: Function) -> Function:
    """By the mean value theorem where it is tighter than FLINT's own: slope(*orders, x) bounds |f'| on the ball x."""

    @wraps(function)
    def enclosed(*numbers: arb) -> arb:
        *orders, x = numbers
        own = function(*orders, x)
        if x.is_exact() or not x.is_finite():
            return own
        near = function(*orders, x.mid()) + slope(*orders, x) * (x - x.mid())
        return near if not own.is_finite() or near.rad() < own.rad() else own

    return enclosed


def positive(function: Function) -> Function:
    """A function of x > 0 (its last argument), undefined below 0."""

    @wraps(function)
    def enclosed(*numbers: arb) -> arb:
        if numbers[-1] < 0:
            raise Undefined("below 0")
        return function(*numbers)

    return enclosed


def native(name: str) -> Callable[..., Column]:
    """scipy's function of that name, of binary64 numbers."""

    def function(*numbers: Column | float) -> Column:
        import scipy.special

        return getattr(scipy.special, name)(*numbers)  # type: ignore[no-any-return]

    return function


def bounded(
    function: Callable[[Column], Column], low: float, high: float, slack: float, scale: Callable[[Column], Column] | None = None
) -> OnBall:
    """(m, x) -> values at exact points of [low, high], in absolute value if low > 0, with |error| <= slack u (|value| + scale(x)).

    Nothing is claimed elsewhere: not over wide balls, nor beyond binary64, nor where the value is zero or subnormal.
    """

    def ball(m: Ball64, x: Ball) -> Ball:
        if m.significand != 53 or x.rad is not None:
            return m.unknown(x)
        size = np.abs(x.mid) if low > 0 else x.mid
        known = (size >= low) & (size <= high)
        with np.errstate(all="ignore"):
            mid = np.asarray(function(np.where(known, x.mid, max(low, min(high, 1.0)))), dtype=np.float64)
            room = np.abs(mid) if scale is None else np.abs(mid) + scale(x.mid)
        known &= np.isfinite(mid) & ((np.abs(mid) >= 2.0**-1000) | (x.mid == 0))
        return type(x)(m, np.where(known, mid, 0.0), np.where(known, room * (slack * m.u), np.inf), x.bad)

    return ball


def right_of_zero(ball: OnBall) -> OnBall:
    """Of a function that is defined for x > 0."""

    def function(m: Ball64, x: Ball) -> Ball:
        result, below = ball(m, x), x.upper() < 0
        return type(x)(m, result.mid, np.where(x.lower() > 0, result.radius(), np.inf), below if below.any() else x.bad)

    return function


def by_order(balls: Sequence[OnBall]) -> OnBalls:
    """(m, n, x) -> the n-th of them; nothing is known of other orders."""

    def ball(m: Ball64, n: Ball, x: Ball) -> Ball:
        order = float(n.mid) if np.ndim(n.mid) == 0 and n.rad is None else -1.0
        if order not in range(len(balls)):
            return m.unknown(n, x)
        return balls[int(order)](m, x)

    return ball
