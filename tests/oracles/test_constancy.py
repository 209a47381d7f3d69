"""Ranges of functions that do not depend on their inputs, and of functions that seem not to."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.ends import Ends
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.arithmetic.residues import Residues, Undecided
from ulpfuzz.oracles.constancy import constant_range
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.neighbourhood import Range


def functional(op: str, order: str = "value", name: str = "sum") -> Function:
    record = op_named(op)
    return replace(function_of(record, record.default_params(), order), functional=name)


def range_of(function: Function, width: float, **inputs: Any) -> Range:
    single = {name: np.asarray(value, np.float64) for name, value in inputs.items()}
    widths = {name: np.full(value.shape, width) for name, value in single.items()}
    return constant_range(function, single, 0, widths, 128)


CONSTANT: list[tuple[str, str, str, dict[str, Any], float]] = [
    ("softmax", "value", "sum", {"x": [3e7] * 4}, 1.0),
    ("softmax", "grad", "sum", {"x": [3e7] * 4, "cotangent": [1.0, 2.0, 3.0, 4.0]}, 0.0),
    ("softmax", "jvp", "sum", {"x": [3e7] * 4, "tangent": [1.0, 2.0, 3.0, 4.0]}, 0.0),
    ("softmax", "grad2", "sum", {"x": [1.0, 2.0], "cotangent": [1.0, 2.0], "tangent": [3.0, 4.0]}, 0.0),
    ("logmeanexp", "grad", "sum", {"x": [3e7] * 4}, 1.0),
    ("log_softmax", "value", "sum_of_exponentials", {"x": [3e7] * 4}, 1.0),
    ("var", "grad", "sum", {"x": [3.0, 90.0, 5.0]}, 0.0),
    ("std", "grad", "sum", {"x": [3.0, 90.0, 5.0]}, 0.0),
    ("layer_norm", "value", "sum", {"x": [3.0, 90.0, 5.0]}, 0.0),
    ("unit_vector", "value", "sum_of_squares", {"x": [3.0, 40.0, 9.0]}, 1.0),
    ("polar", "value", "sum_of_squares", {"r": 1.0, "t": 3.0}, math.nan),  # r^2
]  # fmt: skip


@pytest.mark.parametrize(("op", "order", "name", "inputs", "value"), CONSTANT)
def test_what_does_not_depend_on_the_inputs_has_no_range(
    op: str, order: str, name: str, inputs: dict[str, Any], value: float
) -> None:
    found = range_of(functional(op, order, name), 2.0 if op != "polar" else 0.25, **inputs)
    assert found.bounded
    width = 0.0 if op != "polar" else 1.5
    assert float(found.high - found.low) <= width + 1e-30
    assert op == "polar" or (found.low <= value <= found.high)


@given(st.lists(st.floats(-4, 4), min_size=2, max_size=4), st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.data())
def test_the_range_holds_every_value_in_the_box(middle: list[float], shift: list[float], data: st.DataObject) -> None:
    op, order, name = data.draw(
        st.sampled_from(
            [
                ("logsumexp", "grad", "sum"),
                ("softmax", "value", "sum_of_squares"),
                ("cumsum", "value", "sum"),
                ("softmax", "grad", "sum"),
            ]
        )
    )
    function = functional(op, order, name)
    inputs: dict[str, Any] = {"x": middle}
    if order == "grad":
        inputs["cotangent"] = [0.75] if op == "logsumexp" else shift[: len(middle)]
    found = range_of(function, 0.5, **inputs)
    moved = {key: np.asarray(value) + 0.5 * np.asarray(shift[: len(value)]) for key, value in inputs.items()}
    (ball,) = rigorous.enclose(function, moved, 128).balls[:1]
    assert not found.bounded or (ball.upper() >= found.low and ball.lower() <= found.high)


# What looks constant and is not


@define("test_of_absolute_value")
def of_absolute_value(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """sqrt(x^2) - x for each number: 0 for positive ones."""
    return [m.sqrt(m.square(v)) - v for v in x]


@define("test_of_sign")
def of_sign(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """sqrt(x^2) / x: 1 or -1."""
    return [m.sqrt(m.square(v)) / v for v in x]


@define("test_of_angles")
def of_angles(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The angle of (-1, x), whose cut is at 0, and the angle that makes up for it."""
    return [m.atan2(v, m.num(-1)) + m.atan(v) for v in x]


@define("test_of_small_change")
def of_small_change(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """A softmax with a part in 2^60 of x beside it."""
    return [s + v * m.num(2.0**-60) for s, v in zip(m.softmax(x), x, strict=True)]


def test_a_root_of_a_square_has_the_sign_of_its_side() -> None:
    below = range_of(Function("test_of_absolute_value", ("x",), functional="sum"), 0.5, x=[-3.0, -3.0])
    assert not below.bounded or float(below.high - below.low) >= 4  # it falls from 7 to 5 on each side


def test_a_jump_in_the_box_is_no_constant() -> None:
    assert not range_of(Function("test_of_sign", ("x",), functional="sum"), 1.0, x=[0.5, 0.5]).bounded
    assert not range_of(Function("test_of_angles", ("x",), functional="sum"), 1.0, x=[0.5, 0.5]).bounded


def test_the_least_slope_is_none_that_is_zero() -> None:
    found = range_of(Function("test_of_small_change", ("x",), functional="sum"), 1.0, x=[1.0, 2.0])
    assert found.bounded
    assert float(found.high - found.low) == pytest.approx(4 * 2.0**-60, rel=1.0) or float(found.high - found.low) > 4 * 2.0**-60


# The arithmetic


def interval(low: float, high: float) -> Ends:
    from flint import arb

    return arb(low), arb(high)


@pytest.mark.parametrize("seed", range(12))
def test_identities_hold_at_residues(seed: int) -> None:
    with Arb(128) as base:
        m = Residues(base, seed)
        x, y = m.lift(interval(1, 2)), m.lift(interval(2, 3))
        for one, other in [
            (m.exp(x + y), m.exp(x) * m.exp(y)), (m.exp(-x), 1 / m.exp(x)), (m.exp(x / 2) * m.exp(x / 2), m.exp(x)), (m.log(m.exp(x)), x),
            (m.exp(m.log(x)), x), (m.square(m.sin(x)) + m.square(m.cos(x)), m.num(1)), (m.sin(-x), -m.sin(x)), (m.cos(-x), m.cos(x)),
            (m.square(m.cosh(x)) - m.square(m.sinh(x)), m.num(1)), (m.share(x, y), x / (x + y)), (m.exp(2 * x - x), m.exp(x)),
            (m.sqrt(m.num(9)), m.num(3)), (m.pow(x, m.num(3)), x * x * x), (m.max([x - 5, y]), y),
        ]:  # fmt: skip
            assert one.residue == other.residue
        for one, other in [
            (m.exp(x), m.exp(y)),
            (m.sin(x), m.cos(x)),
            (m.exp(x), x),
            (x, y),
            (m.erf(x), m.erf(y)),
            (m.log(x), x),
        ]:
            assert one.residue != other.residue


def test_what_is_not_certain_over_the_box_is_not_decided() -> None:
    with Arb(128) as base:
        m = Residues(base, 0)
        x, zero = m.lift(interval(1, 2)), m.lift(interval(-1, 1))
        for uncertain in (
            lambda: m.lt(x, m.num(1.5)), lambda: m.abs(zero), lambda: 1 / zero, lambda: m.log(zero), lambda: m.floor(x),
            lambda: m.max([x, m.num(1.5)]),
            lambda: m.atan2(zero, m.num(-1)),
        ):  # fmt: skip
            with pytest.raises(Undecided):
                uncertain()
