"""Definitions by cases at a NaN: every comparison with it is false (IEEE 754-2019, 5.11), which leaves the branch that a page names, or a NaN."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.native import Native
from ulpfuzz.oracles.definitions import definition

NAN = math.nan
#: Definition, inputs, params, what IEEE 754's comparisons leave.
CASES: list[tuple[str, tuple[float, ...], dict[str, Any], float]] = [
    *((name, (NAN, 1.0), {}, 0.0) for name in ("less", "less_equal", "greater", "greater_equal", "equal", "isclose")),
    *((name, (1.0, NAN), {}, 0.0) for name in ("less", "less_equal", "greater", "greater_equal", "equal", "isclose")),
    ("not_equal", (NAN, NAN), {}, 1.0),
    ("fake_quantize_gradient", (NAN, 3.0), {}, 0.0),
    ("fake_quantize_between_gradient", (NAN, 3.0), {}, 0.0),
    ("threshold", (NAN,), {"threshold": 0.5, "value": -1.0}, -1.0),
    ("hard_shrink", (NAN,), {"threshold": 0.5}, 0.0),
    *((name, (NAN,), {}, NAN) for name in ("sign", "relu", "relu6", "hard_sigmoid", "trunc", "round")),
    ("nextafter", (NAN, 1.0), {}, NAN),
    ("nextafter", (1.0, NAN), {}, NAN),
    ("spacing", (NAN,), {}, NAN),
]


@pytest.mark.parametrize(("name", "inputs", "params", "right"), CASES)
def test_a_nan_takes_the_branch_that_comparisons_leave(
    name: str, inputs: tuple[float, ...], params: dict[str, Any], right: float
) -> None:
    m = Native()
    with np.errstate(all="ignore"):
        value = float(definition(name)(m, *(m.lift(x) for x in inputs), **params))
    assert value == right or (math.isnan(value) and math.isnan(right))


@given(x=st.floats(-20, 20), g=st.floats(-4, 4))
def test_masks_let_numbers_within_the_range_through(x: float, g: float) -> None:
    m = Mp(120)
    steps = round(x / 0.125)  # halves to even, as the definition's; exact, for the scale is a power of two
    for name, params, inside in (
        ("fake_quantize_gradient", {"scale": 0.125, "zero_point": 0}, -128 <= steps <= 127),
        ("fake_quantize_between_gradient", {"low": -8.0, "high": 7.9375}, -8 <= x <= 7.9375),
    ):
        assert m.double(definition(name)(m, m.lift(x), m.lift(g), **params))[0] == (g if inside else 0)


@given(x=st.floats(-100, 100), y=st.floats(-100, 100))
def test_orders_of_two_numbers(x: float, y: float) -> None:
    m = Mp(120)
    a, b = m.lift(x), m.lift(y)
    assert m.double(definition("less_equal")(m, a, b))[0] == (x <= y)
    assert m.double(definition("greater_equal")(m, a, b))[0] == (x >= y)
    one, other = Fraction(x), Fraction(y)
    assert m.double(definition("isclose")(m, a, b))[0] == (abs(one - other) <= Fraction(1, 4) + abs(other) / 8)
