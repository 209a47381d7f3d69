"""What entries of the table of special functions have in common: enclosures over wide balls in Arb, scipy's values with bounds in ball64."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce, wraps
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from flint import arb

from ulpfuzz.oracles.arithmetic.arb import Undefined
from ulpfuzz.oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64

#: Of balls of Arb.
Function: TypeAlias = Callable[..., arb]
#: Of an argument, and of an order and an argument, in ball64.
OnBall: TypeAlias = "Callable[[Ball64, Ball], Ball]"
OnBalls: TypeAlias = "Callable[[Ball64, Ball, Ball], Ball]"

#: The most terms of a series.
TERMS = 3000
#: Arguments in place of those where scipy is not called, because there several of its functions end the process.
SAFE = (2.0, 2.0, 0.5)
#: A domain of everyday size, for arguments that may be any positive number (Special.domain).
EVERYDAY = (1e-3, 60.0)


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


def better(x: arb, y: arb) -> arb:
    """Two enclosures of a number: what they have in common, or the narrower one."""
    if not (x.is_finite() and y.is_finite()):
        return y if not x.is_finite() else x
    return x.intersection(y) if x.overlaps(y) else arb.nan()


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


def by_ends(
    m: Ball64,
    name: str,
    balls: Sequence[Ball],
    directions: Sequence[int],
    slack: Callable[..., Column | float],
    valid: Callable[..., Column],
) -> Ball:
    """A function that is monotone in each argument (1 grows, -1 falls) by scipy at the ends of the balls; |error| <= slack u |value| where
    `valid` holds (of the columns at both ends) and the value is well within the range, unknown elsewhere."""
    if m.dtype is not np.float64:  # scipy has no long double
        return m.unknown(*balls)
    bad = None
    for ball in balls:
        bad = ball.bad if bad is None else bad if ball.bad is None else bad | ball.bad
    lows = list(np.broadcast_arrays(*(b.lower() if d > 0 else b.upper() for b, d in zip(balls, directions, strict=True))))
    highs = list(np.broadcast_arrays(*(b.upper() if d > 0 else b.lower() for b, d in zip(balls, directions, strict=True))))
    known = valid(*lows) & valid(*highs)
    lows, highs = ([np.where(known, column, safe) for column, safe in zip(ends, SAFE, strict=False)] for ends in (lows, highs))
    function = native(name)
    left = function(*lows)
    exact = all(b.rad is None for b in balls)
    right = left if exact else function(*highs)
    ball = m.interval(np.minimum(left, right), np.maximum(left, right), bad)
    error = np.maximum(slack(*lows), slack(*highs)) * m.u * 2
    size = np.maximum(np.abs(left), np.abs(right))
    sure = known & (np.minimum(np.abs(left), np.abs(right)) > 1e-280) & (size < 1e280)
    ball.rad = np.where(sure, ball.radius() + size * error, np.inf)
    return ball


def within_range(*ranges: tuple[float, float]) -> Callable[..., Column]:
    """(columns) -> rows in which each argument lies in its closed range."""

    def valid(*columns: Column) -> Column:
        return reduce(
            operator.and_, ((column >= low) & (column <= high) for column, (low, high) in zip(columns, ranges, strict=True))
        )

    return valid
