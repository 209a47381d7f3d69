"""Hulls over intervals hold the function's values at points inside, and slopes are told of smooth functions only."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.oracles import oracle
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.over_interval import hull, slope
from ulpfuzz.oracles.reference import FINITE

OPS = sorted(
    op.name
    for op in ops().values()
    if op.elementwise and len(op.inputs) == 1 and "float32" in op.dtypes and not op.inputs[0].complex
)
#: Known almost everywhere: of these an interval must be told.
PLAIN = [
    "exp",
    "expm1",
    "tanh",
    "sinh",
    "cosh",
    "asinh",
    "atan",
    "erf",
    "sigmoid",
    "silu",
    "softplus",
    "gelu",
    "mish",
    "abs",
    "square",
]


def function(name: str) -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), "value")


@pytest.mark.parametrize("name", OPS)
def test_a_hull_holds_the_values_inside(name: str) -> None:
    of, rng = function(name), np.random.default_rng(1)
    told = 0
    for _ in range(60):
        low = float(np.float32(math.ldexp(rng.uniform(-1, 1), int(rng.integers(-20, 10)))))
        high = float(np.float32(low + math.ldexp(rng.uniform(0, 1), int(rng.integers(-30, 4)))))
        found = hull(of, low, high)
        if found is None:
            continue
        told += 1
        inside = np.clip(np.float32(low + (high - low) * rng.uniform(0, 1, 20)).astype(np.float64), low, high)
        truth = oracle.reference(of, {of.inputs[0]: np.append(inside, [low, high])}, precision=24)
        numbers = (truth.accepts[:, 0] & FINITE) != 0
        if found.undefined:
            assert not numbers.any()
            continue
        assert numbers.all(), (name, low, high)
        assert (truth.value[:, 0] + truth.radius[:, 0] >= found.low).all()
        assert (truth.value[:, 0] - truth.radius[:, 0] <= found.high).all()
    assert told > 10 or name not in PLAIN


@pytest.mark.parametrize(
    ("name", "low", "high"), [("exp", 800.0, 900.0), ("exp", 1e30, 1.5e30), ("exp", -1e38, -6e37), ("cosh", 1e35, 2e35), ("square", 1e200, 1.5e200),
                              ("erfc", 60.0, 100.0)]
)  # fmt: skip
def test_beyond_the_range_of_binary64(name: str, low: float, high: float) -> None:
    found = hull(function(name), low, high)
    assert found is not None
    assert (found.low, found.high) == (math.inf, math.inf) or (found.high < 1e-300 and found.low > -1e-300)


def test_where_there_is_no_value() -> None:
    for name, low, high in (("log", -2.0, -1.0), ("sqrt", -2e30, -1e30), ("acosh", -5.0, 0.5), ("atanh", 1.5, 2.0)):
        found = hull(function(name), low, high)
        assert found is not None
        assert found.undefined, name
    across = hull(function("log"), -1.0, 1.0)
    assert across is None or not across.undefined


@pytest.mark.parametrize("name", ["tanh", "sin", "asin", "atan", "sinh", "expm1", "log1p", "erf", "silu", "gelu", "sigmoid"])
@pytest.mark.parametrize("reach", [1e-30, -1e-6, 1e-3, 0.25])
def test_a_slope_holds_the_difference_quotients(name: str, reach: float) -> None:
    of = function(name)
    found = slope(of, min(0.0, reach), max(0.0, reach))
    assert found is not None
    (argument,) = of.inputs
    x = reach * np.array([0.01, 0.3, 0.7, 1.0])
    truth = oracle.reference(of, {argument: np.append(x, 0.0)}, precision=40)
    values = [Fraction(v) + Fraction(w) for v, w in zip(truth.value[:, 0], truth.value_lo[:, 0], strict=True)]
    for k, at in enumerate(x):
        quotient = (values[k] - values[-1]) / Fraction(at)
        error = (truth.radius[k, 0] + truth.radius[-1, 0]) / abs(at) * 1.01
        assert found.low - error <= quotient <= found.high + error, (name, at)


@pytest.mark.parametrize(
    ("name", "reach"),
    [("floor", 1.5), ("floor", -0.5), ("round", 0.75), ("frac", 2.5), ("sign", 1.0), ("abs", 1.0), ("relu", 0.5),
     ("hard_shrink", 0.75), ("sqrt", 1.0), ("log", 1.0), ("tan", 2.0), ("reciprocal", 1.0)],
)  # fmt: skip
def test_no_slope_is_told_across_jumps_and_poles(name: str, reach: float) -> None:
    found = slope(function(name), min(0.0, reach), max(0.0, reach))
    assert found is None or not np.isfinite([found.low, found.high]).all()
