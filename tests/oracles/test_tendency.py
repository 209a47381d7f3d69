"""Sequences along a path are read for what they are, and for nothing where they show no pattern."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from ulpfuzz.oracles.limits.paths import EXPONENTS
from ulpfuzz.oracles.limits.tendency import Kind, Tendency, tendency

INF = math.inf
#: (context, x) -> a value at its precision.
Function = Callable[[Any, Any], Any]
BITS = 600


def read(function: Function) -> Tendency:
    """Along (4/3) 2^e, evaluated at 600 bits."""
    context = mpmath.MPContext()
    context.prec = BITS
    values = [function(context, context.mpf(4) / 3 * context.mpf(2) ** e) for e in EXPONENTS]

    def size(v: Any) -> float:
        return float(context.log(abs(v), 2)) if v else -INF

    steps = [size(b - a) for a, b in itertools.pairwise(values)]
    return tendency([(float(v), size(v)) for v in values], steps, BITS)


LIMITS: list[tuple[str, Function, float]] = [
    ("1 + 1/x", lambda c, x: 1 + 1 / x, 1.0),
    ("x", lambda c, x: x, INF),
    ("-x^3", lambda c, x: -(x**3), -INF),
    ("log x", lambda c, x: c.log(x), INF),
    ("-log x", lambda c, x: -c.log(x), -INF),
    ("x^(1/100)", lambda c, x: x ** (c.mpf(1) / 100), INF),
    ("1/x", lambda c, x: 1 / x, 0.0),
    ("a constant", lambda c, x: x * 0 + 3, 3.0),
    ("what rounding leaves of a constant", lambda c, x: (x / 3) * 3 / x, 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function", "limit"), LIMITS, ids=[name for name, _, _ in LIMITS])
def test_a_limit_is_read(name: str, function: Function, limit: float) -> None:
    found = read(function)
    assert found.kind is Kind.LIMIT
    assert found.limit == pytest.approx(limit, abs=1e-12)


def test_a_slow_growth_beside_a_large_number_is_no_limit() -> None:
    """1e100 + log x tends to infinity, and looks like 1e100 at every distance that can be tried."""
    assert read(lambda c, x: c.mpf(10) ** 100 + c.log(x)).kind is Kind.UNCLEAR


def test_a_slow_convergence_is_unclear() -> None:
    assert read(lambda c, x: 2 + 1 / c.log(x)).kind is Kind.UNCLEAR


def test_an_oscillation_has_no_limit() -> None:
    assert read(lambda c, x: c.sin(x)).kind is Kind.NONE


def test_values_that_are_missing_say_nothing() -> None:
    nan = (math.nan, math.nan)
    assert tendency([nan] * 5, [math.nan] * 4, BITS).kind is Kind.UNDEFINED
    assert tendency([*[(1.0, 0.0)] * 4, nan], [-INF] * 4, BITS).kind is Kind.UNCLEAR
