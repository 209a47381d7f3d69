"""ends: intervals by their two ends, each one of Arb's numbers, rounded outwards: as narrow as an interval gets over a wide box.

A ball cannot hold the exponential of a wide ball: its radius is rounded upwards beside a midpoint of its own size, and the ball has room for zero and
less. An interval from e^a to e^b has none, and so may be divided by.
"""

from __future__ import annotations

from typing import TypeAlias

from flint import arb

from ulpfuzz.oracles.arithmetic.operators import Operators

#: (low, high), both exact; not finite where nothing is known.
Ends: TypeAlias = tuple[arb, arb]

_ZERO = arb(0)


def of_ball(ball: arb) -> Ends:
    """The interval of a ball."""
    return ball.lower(), ball.upper()


def to_ball(x: Ends) -> arb:
    """A ball that holds the interval."""
    return x[0] if x[0] == x[1] else x[0].union(x[1])


def of_number(number: Operators[arb]) -> Ends:
    return of_ball(number.v)


def is_finite(x: Ends) -> bool:
    return bool(x[0].is_finite() and x[1].is_finite())


def neg(x: Ends) -> Ends:
    return -x[1], -x[0]


def add(x: Ends, y: Ends) -> Ends:
    return (x[0] + y[0]).lower(), (x[1] + y[1]).upper()


def mul(x: Ends, y: Ends) -> Ends:
    """The product; 0 where one is exactly 0."""
    corners = [a * b for a in x for b in y]
    low, high = corners[0], corners[0]
    for corner in corners[1:]:
        low, high = low.min(corner), high.max(corner)
    return low.lower(), high.upper()


def div(x: Ends, y: Ends) -> Ends:
    """The quotient; not finite where the divisor may be 0."""
    if not (y[0] > 0 or y[1] < 0):
        return arb.nan(), arb.nan()
    return mul(x, ((1 / y[1]).lower(), (1 / y[0]).upper()))


def square(x: Ends) -> Ends:
    if x[0] <= 0 and x[1] >= 0:
        return _ZERO, (x[0] * x[0]).max(x[1] * x[1]).upper()
    return mul(x, x)


def exp(x: Ends) -> Ends:
    return x[0].exp().lower(), x[1].exp().upper()


def log(x: Ends) -> Ends:
    """The logarithm; not finite where the number may be 0 or less."""
    return (x[0].log().lower(), x[1].log().upper()) if x[0] > 0 else (arb.nan(), arb.nan())


def sqrt(x: Ends) -> Ends:
    """The root; not finite where the number may be less than 0."""
    return (x[0].sqrt().lower(), x[1].sqrt().upper()) if x[0] >= 0 else (arb.nan(), arb.nan())
