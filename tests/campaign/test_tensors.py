"""Tensors: the leading axes are rows, whatever the shapes; what does not fit is told in one line."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.point.array_files import Arrays
from ulpfuzz.fuzzer.point.named_arrays import answers_among, inputs_among
from ulpfuzz.fuzzer.point.point import cell_named
from ulpfuzz.fuzzer.point.tensors import answers_of, dtype_of, tensors_of

SOFTMAX, EXP, NORM_GRAD = (
    cell_named("softmax", "float32"),
    cell_named("exp", "float32"),
    cell_named("norm", "float32", order="grad"),
)


def floats(*shape: int) -> Any:
    return np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)


@given(st.lists(st.integers(1, 4), max_size=3), st.integers(2, 5))
def test_rows_are_the_leading_axes_in_c_order(leading: list[int], length: int) -> None:
    x = floats(*leading, length)
    tensors = tensors_of(SOFTMAX, {"x": x})
    assert (tensors.shape, tensors.rows, tensors.outputs) == (tuple(leading), int(np.prod(leading)), length)
    assert (tensors.batch(slice(0, None)).inputs["x"] == x.reshape(-1, length)).all()
    row = tensors.rows - 1
    assert (tensors.batch(np.asarray([row])).inputs["x"][0] == x[tensors.index(row)]).all()


def test_leading_axes_broadcast() -> None:
    cell = cell_named("add", "float32")
    tensors = tensors_of(cell, {"x": floats(3, 1), "y": floats(2)})
    batch = tensors.batch(slice(0, 6))
    assert tensors.shape == (3, 2)
    assert batch.inputs["x"].tolist() == [0, 0, 1, 1, 2, 2]
    assert batch.inputs["y"].tolist() == [0, 1, 0, 1, 0, 1]


def test_directions_have_the_numbers_of_a_row_or_are_ones() -> None:
    assert tensors_of(NORM_GRAD, {"x": floats(4, 3)}).batch(slice(0, 2)).inputs["cotangent"].tolist() == [[1], [1]]
    given = tensors_of(NORM_GRAD, {"x": floats(4, 3), "cotangent": floats(4)})
    assert given.batch(slice(1, 3)).inputs["cotangent"].tolist() == [[1], [2]]
    with pytest.raises(UserError, match="the cotangent of norm has 1 numbers for each row, the rows are 4; given: shape 3"):
        tensors_of(NORM_GRAD, {"x": floats(4, 3), "cotangent": floats(3)})


def test_numbers_are_rounded_once_and_it_is_said_or_refused() -> None:
    x = np.asarray([0.1, 0.5, np.nan])
    rounded = tensors_of(EXP, {"x": x})
    assert rounded.rounded == ("1 of 3 numbers of x, float64, are none of float32, and were rounded",)
    assert rounded.batch(slice(0, 1)).inputs["x"][0] == np.float32(0.1)
    with pytest.raises(UserError, match="rounding them would judge another problem: give --dtypes float64"):
        tensors_of(EXP, {"x": x}, stored=True)
    assert tensors_of(EXP, {"x": x[1:]}, stored=True).rounded == ()
    assert tensors_of(EXP, {"x": np.asarray([1, 2**24])}, stored=True).batch(slice(0, 2)).inputs["x"].tolist() == [1, 2**24]
    with pytest.raises(UserError, match="1 of 1 numbers of x, int64"):
        tensors_of(EXP, {"x": np.asarray([2**24 + 1])}, stored=True)
    assert tensors_of(EXP, {"x": [["0.1"]]}, stored=True).shape == (1, 1)


def test_float8_and_bfloat16_are_numbers_of_wider_formats() -> None:
    x = np.asarray([0.25, -448.0]).astype(ml_dtypes.float8_e4m3fn)
    assert tensors_of(EXP, {"x": x}, stored=True).batch(slice(0, 2)).inputs["x"].tolist() == [0.25, -448.0]
    with pytest.raises(UserError, match="x is float8_e4m3fn, in which no call is judged; --dtypes bfloat16"):
        dtype_of({"x": x}, op_named("exp").dtypes)
    assert dtype_of({"x": x.astype(ml_dtypes.bfloat16)}, op_named("exp").dtypes) == "bfloat16"
    assert dtype_of({"x": [1], "y": np.asarray([1])}, op_named("exp").dtypes) is None
    with pytest.raises(UserError, match="x is float32, y is float16; --dtypes says"):
        dtype_of({"x": floats(1), "y": floats(1).astype(np.float16)}, op_named("exp").dtypes)


def test_complex_numbers_are_pairs() -> None:
    cell = cell_named("exp_complex", "complex64")
    z = np.asarray([1 + 2j, 3 - 4j], np.complex64)
    assert tensors_of(cell, {"z": z}).batch(slice(0, 2)).inputs["z"].tolist() == [[1, 2], [3, -4]]
    assert dtype_of({"z": z}, cell.record.dtypes) == dtype_of({"z": floats(2, 2)}, cell.record.dtypes) == "complex64"


@pytest.mark.parametrize(
    ("op", "inputs", "words"),
    [
        ("softmax", {"x": floats()}, "input x of softmax ends with the axes n (a list of numbers), rows before them; given: a single number"),
        ("det", {"a": floats(5, 2, 3)}, "ends with the axes n by n"),
        ("add", {"x": floats(3), "y": floats(4)}, "the rows of add's inputs do not fit together; their leading axes: x 3, y 4"),
        ("dot", {"x": floats(5, 3), "y": floats(5, 4)}, "the vectors of dot have different lengths: x has 3, y has 4"),
        ("softmax", {"y": floats(3)}, "softmax takes the inputs x"),
        ("softmax", {"x": floats(0, 3)}, "hold no row"),
        ("softmax", {"x": np.asarray(["a"])}, "no numbers of a dtype that is judged"),
        ("softmax", {"x": [["1", "2"], ["3"]]}, "x: rows of different lengths"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_one_line(op: str, inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as raised:
        tensors_of(cell_named(op, "float32"), inputs)
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


# Answers


def test_answers_have_a_row_for_each_row() -> None:
    tensors = tensors_of(SOFTMAX, {"x": floats(2, 4, 3)})
    _, array = answers_of(tensors, floats(2, 4, 3))
    assert array.shape == (8, 3)
    for wrong in (floats(8, 3), floats(2, 4), floats(2, 4, 2)):
        with pytest.raises(UserError, match="the answers of softmax have 8 rows, 2 by 4, of 3 numbers each; given: shape"):
            answers_of(tensors, wrong)
    with pytest.raises(UserError, match="rounding them would judge another problem"):
        answers_of(tensors, floats(2, 4, 3) + np.float64(0.1))
    norms = tensors_of(cell_named("norm", "float32"), {"x": floats(4, 3)})
    assert answers_of(norms, floats(4, 1))[1].shape == answers_of(norms, floats(4))[1].shape == (4, 1)


def test_gradients_are_answered_by_the_names_of_inputs_and_some_will_do() -> None:
    tensors = tensors_of(cell_named("dot", "float32", order="grad"), {"x": floats(5, 3), "y": floats(5, 3)})
    first, second = tensors.answer_shapes()
    whole, array = answers_of(tensors, {second: floats(5, 3), first: floats(5, 3) + 100})
    assert (array.shape, whole.variables) == ((5, 6), (first, second))
    assert array[0].tolist() == [100, 101, 102, 0, 1, 2]
    part, array = answers_of(tensors, {second: floats(5, 3)})
    assert (array.shape, part.variables, part.outputs) == ((5, 3), (second,), 3)
    with pytest.raises(UserError, match=f"unknown input that dot is differentiated by 'z'; .*{first}"):
        answers_of(tensors, {"z": floats(5, 3)})
    with pytest.raises(UserError, match=f"of 6 numbers each, or arrays by name: {first}, {second}"):
        answers_of(tensors, floats(5, 3))


# Names


def test_inputs_are_found_by_name_by_order_or_alone() -> None:
    x, y = floats(3), floats(3)
    dot, softmax = op_named("dot"), op_named("softmax")
    first, second = (i.name for i in dot.inputs)
    assert inputs_among(dot, "value", Arrays("F", {first: x, second: y, "out": x})) == ({first: x, second: y}, ["out"])
    assert inputs_among(dot, "value", Arrays("F", {"0": x, "1": y}, named=False)) == ({first: x, second: y}, [])
    assert inputs_among(softmax, "value", Arrays("F", {"logits": x})) == ({"x": x}, [])
    assert inputs_among(softmax, "value", Arrays("F", {"x": x, "cotangent": x})) == ({"x": x}, ["cotangent"])
    assert inputs_among(softmax, "grad", Arrays("F", {"x": x, "cotangent": x})) == ({"x": x, "cotangent": x}, [])
    with pytest.raises(UserError, match="F holds a, b; softmax takes x: --inputs x=@FILE:KEY says which is which"):
        inputs_among(softmax, "value", Arrays("F", {"a": x, "b": y}))
    with pytest.raises(UserError, match=f"one array without a name; dot takes {first}, {second}: --inputs {first}=@FILE,"):
        inputs_among(dot, "value", Arrays("F", {"0": x}, named=False))


def test_answers_are_the_one_array_or_arrays_by_name() -> None:
    x, y = floats(3), floats(3)
    assert answers_among((), Arrays("F", {"out": x})) is x
    assert answers_among(("x", "y"), Arrays("F", {"x": x, "out": y})) == {"x": x}
    assert answers_among(("x", "y"), Arrays("F", {"0": x, "1": y}, named=False)) == {"x": x, "y": y}
    with pytest.raises(UserError, match="F holds a, b; the answers are one array: --answers FILE:KEY says which"):
        answers_among((), Arrays("F", {"a": x, "b": y}))
