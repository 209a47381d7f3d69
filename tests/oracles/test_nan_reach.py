"""What a NaN reaches: an output that no number in its place changes is that number, and NaN is right beside it; what depends on it is NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.oracles.limits.accepted import ANYTHING
from ulpfuzz.oracles.limits_at_infinity import accepted
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

INF, NAN_ = math.inf, math.nan


def at(name: str, params: dict[str, Any] | None = None, **inputs: Any) -> list[Any]:
    op = op_named(name)
    function = function_of(op, {**op.default_params(), **(params or {})}, "value")
    return accepted(function, {key: np.asarray(value, np.float64) for key, value in inputs.items()})


#: op, params, inputs, output -> the number that no number in the NaN's place changes.
ELSEWHERE: list[tuple[str, dict[str, Any], dict[str, Any], int, float]] = [
    ("linspace", {"num": 5}, {"x": [NAN_, 1.0]}, 4, 1.0),
    ("linspace", {"num": 5}, {"x": [1.0, NAN_]}, 0, 1.0),
    ("logspace", {"num": 5}, {"x": [NAN_, 1.0]}, 4, 10.0),
    ("ihfft", {"norm": "backward"}, {"x": [NAN_, 1.0, 0.0]}, 3, math.sqrt(3) / 6),
    ("rfft", {"norm": "backward"}, {"x": [NAN_, 0.0, 0.0]}, 3, 0.0),
    ("householder_product", {}, {"a": np.eye(3), "b": [NAN_] * 3}, 3, 0.0),
    ("pow", {}, {"x": NAN_, "y": 0.0}, 0, 1.0),
    ("pow", {}, {"x": 1.0, "y": NAN_}, 0, 1.0),
    ("hypot", {}, {"x": INF, "y": NAN_}, 0, INF),
    ("normal_ppf", {}, {"q": 1.0, "loc": NAN_, "scale": 1.0}, 0, INF),
    ("betainc", {}, {"a": 2.0, "b": NAN_, "x": 0.0}, 0, 0.0),
    ("pochhammer", {}, {"z": 0.0, "k": NAN_}, 0, 0.0),
    ("cumsum", {}, {"x": [2.0, NAN_, 1.0]}, 0, 2.0),
    ("matmul", {}, {"a": [[0.0, 2.0], [1.0, 1.0]], "b": [[NAN_, 1.0], [1.0, 3.0]]}, 0, 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "inputs", "output", "value"), ELSEWHERE)
def test_an_output_that_no_number_changes_is_that_number(
    name: str, params: dict[str, Any], inputs: dict[str, Any], output: int, value: float
) -> None:
    found = at(name, params, **inputs)[output]
    assert found.kinds & NAN, "IEEE 754 arithmetic hands a NaN on through 0 * NaN"
    if math.isinf(value):
        assert found.kinds & ~NAN == PINF
    else:
        assert found.kinds & ~NAN == FINITE
        assert found.low <= found.high
        assert math.isclose(found.low, value, rel_tol=1e-14, abs_tol=1e-300)
        assert math.isclose(found.high, value, rel_tol=1e-14, abs_tol=1e-300)


#: op, params, inputs, outputs that depend on the NaN.
REACHED: list[tuple[str, dict[str, Any], dict[str, Any], list[int]]] = [
    ("linspace", {"num": 5}, {"x": [NAN_, 1.0]}, [0, 1, 2, 3]),
    ("ihfft", {"norm": "backward"}, {"x": [NAN_, 1.0, 0.0]}, [0, 2]),
    ("softmax", {}, {"x": [NAN_, 1.0]}, [0, 1]),
    ("max_pool1d", {"stride": 3}, {"x": [NAN_, 0.0, 0.0, 0.0, 0.0]}, [0]),
    ("sum", {}, {"x": [1e308, NAN_]}, [0]),  # beside 1e308 a small number in its place shows, too
    ("amax", {}, {"x": [1e308, NAN_]}, [0]),  # a larger one does
    ("logsumexp", {}, {"x": [1000.0, NAN_]}, [0]),  # the formula overflows in binary64
    ("maximum", {}, {"x": -1e308, "y": NAN_}, [0]),
    ("gelu", {}, {"x": NAN_}, [0]),
    ("dot", {}, {"x": [INF, INF], "y": [NAN_, NAN_]}, [0]),
    ("div", {}, {"x": NAN_, "y": 0.0}, [0]),  # an infinity, of the sign of what is missing
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "inputs", "outputs"), REACHED)
def test_what_depends_on_the_nan_is_nan(name: str, params: dict[str, Any], inputs: dict[str, Any], outputs: list[int]) -> None:
    found = at(name, params, **inputs)
    assert [found[k].kinds for k in outputs] == [NAN] * len(outputs)


def test_a_comparison_with_nan_is_false() -> None:
    """The mask of a fake quantisation's gradient, (x >= low and x <= high), is 0 at a NaN."""
    for name, params in (("fake_quantize_gradient", {"scale": 0.75, "zero_point": 0}), ("fake_quantize_between_gradient", {})):
        (found,) = at(name, params, g=3.0, x=NAN_)
        assert found.kinds == NAN | FINITE
        assert found.low == found.high == 0.0
    (found,) = at("soft_shrink", {"threshold": 0.5}, x=NAN_)  # a formula that gives NaN is no number
    assert found.kinds == NAN


SMOOTH = [
    op.name for op in ops().values()
    if op.elementwise and len(op.inputs) == 1 and op.accuracy in ("elementary", "special", "composite") and "value" in op.orders and not op.accepts
]  # fmt: skip


def test_every_smooth_function_of_one_number_hands_the_nan_on() -> None:
    """A missed NaN stays a finding over the whole class; those whose formula gives a number at NaN (a step's own branch) may."""
    silent = []
    for name in SMOOTH:
        op = op_named(name)
        if op.inputs[0].complex or op.inputs[0].integers:
            continue
        for one in at(name, **{op.inputs[0].name: NAN_}):
            if one == ANYTHING or not one.kinds & NAN or one.kinds & (FINITE | PINF | NINF):
                silent.append((name, one))
    assert len(silent) <= len(SMOOTH) // 20, silent


def test_a_dependence_below_every_rounding_demands_no_nan() -> None:
    """1 + 5e-324 times what the NaN stands for: no format shows it."""
    name, inputs = "addcmul", {"x": np.asarray(1.0), "y": np.asarray(5e-324), "z": np.asarray(np.nan)}
    (right,) = accepted(function_of(op_named(name), op_named(name).default_params(), "value"), inputs)
    assert right.kinds == 0 or right.kinds & FINITE
    (right,) = accepted(function_of(op_named(name), op_named(name).default_params(), "value"), {**inputs, "y": np.asarray(0.5)})
    assert right.kinds == NAN
