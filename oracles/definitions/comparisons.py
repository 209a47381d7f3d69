"""Comparisons: 1 where they hold, 0 where they do not; IEEE 754-2019, 5.11."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Truth
from ulpfuzz.oracles.definitions import define


def _truth(m: Arithmetic[N], condition: Truth) -> N:
    return m.where(condition, lambda: m.num(1), lambda: m.num(0))


@define("less")
def less(m: Arithmetic[N], x: N, y: N) -> N:
    return _truth(m, m.lt(x, y))


@define("greater")
def greater(m: Arithmetic[N], x: N, y: N) -> N:
    return _truth(m, m.lt(y, x))


@define("less_equal")
def less_equal(m: Arithmetic[N], x: N, y: N) -> N:
    """Less or equal, not "not greater": every comparison with a NaN is false."""
    return m.where(m.lt(x, y), lambda: m.num(1), lambda: equal(m, x, y))


@define("greater_equal")
def greater_equal(m: Arithmetic[N], x: N, y: N) -> N:
    return less_equal(m, y, x)


@define("equal")
def equal(m: Arithmetic[N], x: N, y: N) -> N:
    return _truth(m, m.eq0(x - y))


@define("not_equal")
def not_equal(m: Arithmetic[N], x: N, y: N) -> N:
    return 1 - equal(m, x, y)
