"""Infinite inputs: what the definition's own arithmetic has there is enclosed, by Arb; what it has not is left to limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles.confirmation import confirm
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.oracle import reference
from ulpfuzz.oracles.reference import FINITE, TIERS

INF = math.inf


def function(name: str, order: str = "value") -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), order)


MASKED = [
    ("softmax", [-INF, 1.0, 1.0], [0.0, 0.5, 0.5]),
    ("log_softmax", [-INF, 1.0, 1.0], None),  # log(0) is no number: left to limits
    ("logsumexp", [-INF, 1.0, 1.0], [1 + math.log(2)]),
]


@pytest.mark.parametrize(("name", "x", "values"), MASKED)
def test_a_masked_row_is_enclosed(name: str, x: list[float], values: list[float] | None) -> None:
    truth = reference(function(name), {"x": np.asarray([x])}, precision=53)
    tiers = {TIERS[tier] for tier in truth.tier[0]}
    if values is None:
        assert tiers == {"limit"}
        return
    assert tiers == {"arb"}
    assert (truth.accepts == FINITE).all()
    np.testing.assert_allclose(truth.value[0], values, rtol=1e-15)
    assert (truth.radius[0] <= 2.0**-60).all()


@pytest.mark.parametrize(("name", "value"), [("tanh", 1.0), ("sigmoid", 1.0), ("atan", math.pi / 2)])
def test_a_saturated_value_is_enclosed(name: str, value: float) -> None:
    truth = reference(function(name), {"x": np.asarray([INF])}, precision=53)
    assert TIERS[truth.tier[0, 0]] in ("arb", "limit")  # by Arb's own value, or by continuity, which proves it as well
    assert truth.value[0, 0] == value
    assert truth.radius[0, 0] <= abs(value) * 2.0**-52
    assert confirm(function(name), {"x": np.asarray(INF)}, 0).agrees


@pytest.mark.parametrize(("name", "x"), [("sin", INF), ("sinc", INF), ("ceil", INF), ("gamma", INF), ("tanhshrink", INF)])
def test_what_oscillates_jumps_or_cancels_is_not_a_value(name: str, x: float) -> None:
    truth = reference(function(name), {"x": np.asarray([x])}, precision=53)
    assert TIERS[truth.tier[0, 0]] != "arb" or (truth.radius[0, 0] == 0 and truth.value[0, 0] == 0)


def test_what_ieee_arithmetic_answers_by_nan_is_left_to_limits() -> None:
    truth = reference(function("softmax"), {"x": np.asarray([[INF, 1.0]])}, precision=53)
    assert {TIERS[tier] for tier in truth.tier[0]} == {"limit"}
