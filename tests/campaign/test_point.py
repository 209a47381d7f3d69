"""Points: numbers rounded once, shapes checked, every mistake told in one line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import FLOAT16, FLOAT32, FLOAT64, FORMATS, Format
from ulpfuzz.fuzzer.point.point import params_of, point_of, rounded


def test_decimals_are_rounded_once() -> None:
    # Halfway between two float32, plus less than binary64 sees: by way of binary64 it would round down to even.
    text = "1.000000059604644775390625" + "0" * 30 + "1"
    assert float(np.float32(float(text))) == 1.0
    assert rounded(text, FLOAT32) == 1 + 2**-23
    assert rounded("-" + text, FLOAT32) == -(1 + 2**-23)


@given(st.sampled_from(list(FORMATS.values())), st.floats(allow_nan=False, width=64))
def test_floats_decimals_and_hex_agree(fmt: Format, x: float) -> None:
    once = rounded(x, fmt)
    assert [rounded(text, fmt) for text in (repr(x), float.hex(x))] == [once, once]
    assert math.copysign(1, rounded(float.hex(x), fmt)) == math.copysign(1, x) == math.copysign(1, once)
    if fmt.name != "bfloat16":  # which ml_dtypes rounds by way of binary32
        with np.errstate(over="ignore"):
            assert once == float(fmt.round(np.array([x]))[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [("inf", math.inf), ("-Infinity", -math.inf), ("1e400000000", math.inf), ("-1e-400000000", 0.0), ("0x1p99999", math.inf),
     ("0x1.8p-3", 0.1875), ("0X.8P1", 1.0), (".5", 0.5), ("5.", 5.0), ("65519.99", 65504.0), ("65520", math.inf), (7, 7.0)],
)  # fmt: skip
def test_ways_to_write(text: Any, value: float) -> None:
    assert rounded(text, FLOAT16) == value


def test_nan_and_zeros() -> None:
    assert math.isnan(rounded("nan", FLOAT64))
    assert math.copysign(1, rounded("-0.0", FLOAT64)) == -1


@pytest.mark.parametrize("value", [True, None, "abc", "0x", "", "1_0", "--1", {}])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(ValueError, match="not a number"):
        rounded(value, FLOAT32)


def shapes(op: str, given: dict[str, Any], order: str = "value") -> tuple[dict[str, tuple[int, ...]], bool]:
    record = op_named(op)
    point = point_of(record, params_of(record, None), "float32", order, given)
    return {name: values.shape for name, values in point.batch.inputs.items()}, point.listed


def test_shapes() -> None:
    assert shapes("exp", {"x": 1}) == ({"x": (1,)}, False)
    assert shapes("exp", {"x": [1, 2, 3]}) == ({"x": (3,)}, True)
    assert shapes("huber", {"x": [1, 2], "y": 3}) == ({"x": (2,), "y": (2,)}, True)
    assert shapes("norm", {"x": [1, 2]}) == ({"x": (1, 2)}, False)
    assert shapes("dot", {"x": [[1, 2], [3, 4]], "y": [5, 6]}) == ({"x": (2, 2), "y": (2, 2)}, True)
    assert shapes("softmax", {"x": [1, 2]}, "grad")[0] == {"x": (1, 2), "cotangent": (1, 2)}
    assert shapes("norm", {"x": [[1, 2]] * 3, "cotangent": [1, 2, 3]}, "grad")[0]["cotangent"] == (3, 1)


@pytest.mark.parametrize(
    ("op", "given", "order", "words"),
    [
        ("exp", {"y": 1}, "value", "exp takes the inputs x .*; given: y"),
        ("exp", {}, "value", "given: none"),
        ("huber", {"x": 1}, "value", "takes the inputs x .*, y"),
        ("exp", {"x": [[1]]}, "value", "input x of exp is a number or a list of numbers"),
        ("norm", {"x": 1}, "value", "input x of norm is a list of numbers"),
        ("norm", {"x": [[1, 2], [3]]}, "value", "different lengths"),
        ("norm", {"x": []}, "value", "empty"),
        ("huber", {"x": [1, 2], "y": [1, 2, 3]}, "value", "x has 2, y has 3"),
        ("dot", {"x": [1, 2], "y": [1]}, "value", "x has 2, y has 1"),
        ("var", {"x": [1]}, "value", "at least 2"),
        ("softmax", {"x": [1, 2], "cotangent": [1, 2, 3]}, "grad", "cotangent of softmax has 2 numbers"),
        ("softmax", {"x": [1, 2], "cotangent": [1, 2]}, "value", "given: x, cotangent"),
    ],
)
def test_mistakes_are_told_in_one_line(op: str, given: dict[str, Any], order: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        shapes(op, given, order)
    assert "\n" not in str(caught.value)


def test_params() -> None:
    assert params_of(op_named("norm"), None) == {"ord": 2}
    assert params_of(op_named("norm"), {"ord": "inf"}) == {"ord": math.inf}
    assert params_of(op_named("huber"), {"delta": 0.25}) == {"delta": 0.25}
    for op, chosen, words in (
        ("norm", {"odr": 1}, "did you mean 'ord'"), ("gelu", {"approximate": "tahn"}, "did you mean 'tanh'"),
        ("exp", {"base": 2}, "exp has no params"), ("norm", {"ord": "fro"}, "is a number"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            params_of(op_named(op), chosen)


def test_a_tangent_is_taken_where_the_order_has_one() -> None:
    assert shapes("softmax", {"x": [1, 2]}, "jvp")[0] == {"x": (1, 2), "tangent": (1, 2)}
    both = shapes("dot", {"x": [1, 2], "y": [3, 4], "tangent": [1, 2, 3, 4]}, "grad2")[0]
    assert both == {"x": (1, 2), "y": (1, 2), "cotangent": (1, 1), "tangent": (1, 4)}
    with pytest.raises(ValueError, match="the tangent of dot has 4 numbers"):
        shapes("dot", {"x": [1, 2], "y": [3, 4], "tangent": [1, 2]}, "jvp")
    with pytest.raises(ValueError, match=r"optional tangent; given: x, cotangent"):
        shapes("softmax", {"x": [1, 2], "cotangent": [1, 2]}, "jvp")
    with pytest.raises(ValueError, match="given: x, tangent"):
        shapes("exp", {"x": 1, "tangent": 1}, "grad2")
