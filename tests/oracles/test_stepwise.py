"""Stepwise: binary32's own arithmetic step by step, and a definition whose subnormal steps are zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.formats import FLOAT32
from ulpfuzz.oracles.arithmetic.stepwise import flushed_kinds, flushed_steps, rounded_steps
from ulpfuzz.oracles.definitions import _registry, define
from ulpfuzz.oracles.function import Function

LEAST = 2.0**-126
numbers = st.floats(width=32, allow_nan=False)


def function_of(name: str, formula: Any, *inputs: str) -> Function:
    if name not in _registry:
        define(name)(formula)
    return Function(name, inputs, differentiable=inputs)


MIXED = function_of("stepwise_mixed", lambda m, x, y: m.sqrt(m.square(x) + m.square(y)) / (x - y) + 1, "x", "y")
SHARE = function_of("stepwise_share", lambda m, x, y: x / (x + y * y), "x", "y")


@given(numbers, numbers)
def test_rounded_steps_are_those_of_numpy(x: float, y: float) -> None:
    a, b = np.float32(x), np.float32(y)
    with np.errstate(all="ignore"):
        expected = np.sqrt(a * a + b * b) / (a - b) + np.float32(1)
    (found,) = rounded_steps(MIXED, {"x": np.asarray(x), "y": np.asarray(y)}, FLOAT32.round)
    np.testing.assert_equal(np.float32(found), expected)


@given(st.floats(2.0**-30, 2.0**30, width=32), st.floats(2.0**-30, 2.0**30, width=32))
def test_where_nothing_is_subnormal_nothing_is_flushed(x: float, y: float) -> None:
    single = {"x": np.asarray(x), "y": np.asarray(y)}
    (found,) = flushed_steps(SHARE, single, LEAST, 24)
    assert found == flushed_steps(SHARE, single, LEAST, 24, gradual=True)[0]
    assert abs(found - x / (x + y * y)) <= 4e-16 * found
    assert flushed_kinds(SHARE, single, LEAST, 24) == [0.0]


def test_a_subnormal_step_is_zero_and_gradual_underflow_keeps_it() -> None:
    single = {"x": np.asarray(LEAST), "y": np.asarray(2.0**-64)}  # y^2 is subnormal
    assert flushed_steps(SHARE, single, LEAST, 24) == [1.0]
    assert flushed_steps(SHARE, single, LEAST, 24, gradual=True) == [0.8]
    beyond = {"x": np.asarray(LEAST), "y": np.asarray(2.0**-80)}  # y^2 is less than half the least subnormal number
    assert flushed_steps(SHARE, beyond, LEAST, 24) == flushed_steps(SHARE, beyond, LEAST, 24, gradual=True) == [1.0]


def test_a_flush_that_divides_by_zero() -> None:
    inverse = function_of("stepwise_inverse", lambda m, x, y: x / (y * y), "x", "y")
    assert flushed_kinds(inverse, {"x": np.asarray(1.0), "y": np.asarray(2.0**-64)}, LEAST, 24) == [np.inf]
    assert flushed_kinds(inverse, {"x": np.asarray(1.0), "y": np.asarray(2.0**-90)}, LEAST, 24) == [0.0]  # infinite in any case


def test_a_number_that_rounds_up_to_the_least_is_none_below_it() -> None:
    slope = function_of("stepwise_expm1", lambda m, x: m.expm1(x), "x")
    assert flushed_steps(slope, {"x": np.asarray(-(2.0**-126))}, LEAST, 24) == [-(2.0**-126)]
