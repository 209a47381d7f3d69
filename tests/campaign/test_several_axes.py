"""Ops with several axes: their shapes are drawn, probed, cut and limited axis by axis."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from planted_frameworks import planted

from ulpfuzz.fuzzer.campaign.shard import Shard, run_shard
from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Case, Params
from ulpfuzz.fuzzer.casework.simplest import simplest
from ulpfuzz.fuzzer.catalog.axes import WORK, Axis, Sizes, axis_size, size_of, work_of
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op, op, tensor, vector
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.shapes import chain_of, direction_counts, length_in, output_count
from ulpfuzz.fuzzer.inputs.strategies import draw_recipes, usual_lengths
from ulpfuzz.fuzzer.point.point import point_of
from ulpfuzz.fuzzer.proof.axes import axis_cuts, cut_along, moved_along
from ulpfuzz.fuzzer.search.search import DERIVED, lengths_of
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.definitions import definition

SEVERAL = [name for name, record in ops().items() if record.axes]
WITH_RESULT = [name for name in SEVERAL if op_named(name).result is not None]
#: Ops whose outputs beside a border are others than those of the same numbers elsewhere, or lie anywhere.
WITH_BORDERS = {"convolve2d", "correlate2d", "image_gradients", "sobel_edges", "gaussian_blur", "upsample_bilinear", "upsample_bicubic",
                "map_coordinates", "grid_sample"}  # fmt: skip


def shape(axes: tuple[Axis, ...], sizes: Sizes) -> tuple[int, ...]:
    return tuple(axis_size(axis, sizes) for axis in axes)


def row_of(record: Op, sizes: Sizes, order: str = "value", dtype: str = "float32", params: Params | None = None) -> Batch:
    """One row of small whole numbers, all different."""
    params = record.default_params() if params is None else params
    counter = itertools.count(1)
    inputs: dict[str, Any] = {}
    for spec in record.inputs:
        numbers = np.fromiter(itertools.islice(counter, math.prod(spec.sizes(sizes))), np.float64)
        values = numbers % 2 if spec.integers else numbers / 8
        inputs[spec.name] = values.astype(dtype).reshape(1, *spec.sizes(sizes))
    for name, count in direction_counts(record, params, order, sizes).items():
        inputs[name] = np.arange(1, count + 1, dtype=dtype)[np.newaxis]
    return Batch(dtype, inputs)


def values_of(record: Op, row: Batch, order: str, params: Params) -> list[float]:
    m = Mp(96)
    function = function_of(record, params, order)
    lifted = {name: lift(m, values[0].tolist()) for name, values in row.exact().items()}
    return [m.double(v)[0] for v in function.outputs(m, lifted)]


def lift(m: Mp, value: Any) -> Any:
    return [lift(m, v) for v in value] if isinstance(value, list) else m.lift(value)


@pytest.mark.parametrize("name", SEVERAL)
def test_the_shapes_of_an_op_begin_with_the_usual_one_and_reach_every_size_that_can_be_afforded(name: str) -> None:
    record = op_named(name)
    assert set(record.axes) == set(record.axis_names)
    assert record.shapes[0] == tuple((axis, record.axes[axis][0]) for axis in record.axis_names)
    assert all(math.prod(size for _, size in drawn) <= WORK for drawn in record.shapes if isinstance(drawn, tuple))
    for axis, sizes in record.axes.items():
        assert {size_of(drawn, axis) for drawn in record.shapes} == set(sizes), axis


@pytest.mark.parametrize("name", SEVERAL)
def test_every_shape_is_drawn_and_read_back(name: str) -> None:
    record = op_named(name)
    for sizes in usual_lengths(record):
        (recipe,) = draw_recipes(record, "float32", seed=3, count=1, rows=64, lengths=[sizes])
        batch = recipe.expand(record)
        found = length_in(record, batch.inputs)
        assert found is not None
        assert {axis: size_of(found, axis) for axis in record.axis_names} == dict(sizes)  # type: ignore[arg-type]


def test_the_special_grid_has_the_usual_shape_so_that_a_first_visit_has_one() -> None:
    for name in SEVERAL:
        record = op_named(name)
        grid = special_batch(record, record.default_params())
        assert lengths_of(record, "value", 0) == [length_in(record, grid.inputs)] == [record.shapes[0]]


def test_a_search_begins_with_one_small_shape_and_sees_the_others_in_later_rounds() -> None:
    record = op_named("matmul")
    assert lengths_of(record, "value", 0) == [record.shapes[0]]
    later = {sizes for round_ in range(1, 20) for sizes in lengths_of(record, "value", round_)}
    assert later == set(record.shapes)
    derived = {sizes for round_ in range(20) for sizes in lengths_of(record, "grad", round_)}
    assert derived == {sizes for sizes in record.shapes if work_of(sizes) <= DERIVED}


@pytest.mark.parametrize("name", WITH_RESULT)
def test_the_result_has_the_shape_that_the_record_says(name: str) -> None:
    record = op_named(name)
    for sizes, params in itertools.product(record.shapes[:4], record.param_sets()):
        whole = shape(record.result or (), sizes)
        if record.strided:  # the first window and every so many of the others
            whole = tuple(len(range(0, size, params[record.strided])) for size in whole)
        assert output_count(record, params, sizes) == math.prod(whole)


@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
@pytest.mark.parametrize("name", WITH_RESULT)
def test_a_cut_leaves_outputs_where_they_are_said_to_be(name: str, order: str) -> None:
    """Along an axis that the definition maps over the values of the value are the same; of every other cut the shapes fit."""
    record = op_named(name)
    for params in record.param_sets() if record.strided else [record.default_params()]:
        for size in (3, 4) if record.strided else (3,):
            cuts_agree(record, order, params, tuple((axis, size) for axis in record.axis_names))


def cuts_agree(record: Op, order: str, params: Params, sizes: Sizes) -> None:
    row = row_of(record, sizes, order, params=params)
    before = values_of(record, row, order, params)
    for axis in record.axis_names:
        for left in axis_cuts(record, params, order, sizes, axis, 0, 2):
            cut = cut_along(record, params, row, axis, left)
            after = values_of(record, cut, order, params)
            moved = [moved_along(record, params, order, sizes, axis, left, output) for output in range(len(before))]
            assert sorted(m for m in moved if m is not None) == list(range(len(after)))
            if order == "value" and axis in record.parallel and record.name not in WITH_BORDERS:
                assert [after[m] for m in moved if m is not None] == [before[o] for o, m in enumerate(moved) if m is not None]


def test_a_cut_takes_the_directions_along() -> None:
    record = op_named("matmul")
    row = row_of(record, (("r", 2), ("n", 3), ("c", 2)), "grad2")
    cut = cut_along(record, {}, row, "r", [1])
    assert cut.inputs["a"].tolist() == row.inputs["a"][:, 1:].tolist()
    assert cut.inputs["b"].tolist() == row.inputs["b"].tolist()
    assert cut.inputs[COTANGENT].tolist() == [[3.0, 4.0]]  # the second row of two
    assert cut.inputs[TANGENT].tolist() == [[4.0, 5.0, 6.0, *range(7, 13)]]


def test_the_first_window_holds_the_failing_output() -> None:
    record = op_named("matmul")
    sizes = (("r", 64), ("n", 3), ("c", 2))
    assert next(axis_cuts(record, {}, "value", sizes, "r", 2 * 40 + 1, 2)) == [40, 41]
    assert next(axis_cuts(record, {}, "value", sizes, "r", 2 * 63, 2)) == [62, 63]
    assert next(axis_cuts(record, {}, "value", sizes, "n", 2 * 63, 1)) == [0]


def test_axes_that_a_definition_maps_over_do_not_lengthen_its_chains() -> None:
    def chain(name: str, **sizes: int) -> int:
        record = op_named(name)
        return chain_of(record, row_of(record, tuple(sizes.items())).inputs)

    assert chain("matmul", r=64, n=3, c=16) == 3
    assert chain("cdist", l=32, n=5, m=32) == 5
    assert chain("attention", l=64, d=3, n=8, e=16) == 24
    assert chain("conv1d_channels", c=4, n=64, o=8) == 12


def test_a_probe_takes_every_shape_and_says_which_inputs_disagree() -> None:
    record = op_named("matmul")
    batch = point_of(record, {}, "float32", "value", {"a": [[1, 2]], "b": [[3], [4]]}).batch
    assert (batch.inputs["a"].shape, batch.inputs["b"].shape) == ((1, 1, 2), (1, 2, 1))
    with pytest.raises(UserError, match="the inputs of matmul have different sizes of the axis n: a has 2, b has 3"):
        point_of(record, {}, "float32", "value", {"a": [[1, 2]], "b": [[3], [4], [5]]})
    with pytest.raises(UserError, match="numbers in lists of l by d"):
        point_of(op_named("attention"), {}, "float32", "value", {"q": [1, 2], "k": [[1, 2]], "v": [[1]]})


def test_a_distance_has_vectors_of_one_number_too() -> None:
    assert point_of(op_named("cdist"), {"p": 2.0}, "float32", "value", {"x": [[1]], "y": [[2]]}).batch.rows == 1
    assert op_named("cdist").least_length("grad2") == 2  # a homogeneous function of one number has no second derivative


@pytest.mark.parametrize("name", [name for name, record in ops().items() if record.least_defined])
def test_short_vectors_that_are_not_searched_are_probed_where_the_definition_has_a_value(name: str) -> None:
    record = op_named(name)
    assert 1 <= record.least_defined < record.min_length
    row = row_of(record, record.least_defined)
    if any(spec.structure == "simplex" for spec in record.inputs):
        row = Batch(row.dtype, {key: np.ones_like(values) for key, values in row.inputs.items()})
    values = values_of(record, row, "value", record.default_params())
    assert values
    assert all(map(math.isfinite, values))
    inputs = {key: numbers[0].tolist() for key, numbers in row.inputs.items()}
    assert (
        length_in(record, point_of(record, record.default_params(), "float32", "value", inputs).batch.inputs)
        == record.least_defined
    )


def test_a_shape_of_which_nothing_comes_out_is_refused() -> None:
    with pytest.raises(UserError, match="pdist has no output at inputs of this shape"):
        point_of(op_named("pdist"), {"p": 2.0}, "float32", "value", {"x": [[1, 2]]})


def test_a_vector_that_is_too_short_is_refused() -> None:
    with pytest.raises(UserError, match="batch_norm needs vectors of at least 2 numbers, not 1"):
        point_of(op_named("batch_norm"), {"eps": 1e-5}, "float32", "value", {"x": [1]})


PLANES = [name for name in SEVERAL if {"h", "l"} <= set(op_named(name).axis_names)]


@pytest.mark.parametrize("name", PLANES)
def test_planes_of_one_line_are_probed(name: str) -> None:
    record = op_named(name)
    for sizes in [(1, 1), (1, 5), (5, 1)]:
        wanted = tuple((axis, dict(zip("hl", sizes, strict=True)).get(axis, 2)) for axis in record.axis_names)
        row = row_of(record, wanted)
        inputs = {key: numbers[0].tolist() for key, numbers in row.inputs.items()}
        for order in record.orders:
            batch = point_of(record, record.default_params(), row.dtype, order, inputs).batch
            assert length_in(record, batch.inputs) == wanted


def test_a_shape_is_read_whatever_letters_and_offsets_it_has() -> None:
    spec = tensor("x", ("b", "2n+1", 3, "b"))
    assert spec.axes_of((2, 7, 3, 2)) == {"b": 2, "n": 3}
    assert spec.axes_of((2, 7, 3, 4)) is None
    assert spec.axes_of((2, 6, 3, 2)) is None
    assert spec.axes_of((2, 1, 3, 2)) is None  # n = 0
    assert spec.sizes((("b", 2), ("n", 3))) == (2, 7, 3, 2)
    assert spec.sizes(3) == (3, 7, 3, 3)
    with pytest.raises(UserError, match="an axis is a number"):
        op("bad", [vector("x", size="N")], definition="sum").axis_names  # noqa: B018


def test_a_kernel_that_is_wrong_from_a_block_on_is_found_and_cut_to_one_output() -> None:
    """Products of sixteen numbers or more are wrong: only shapes of later rounds show it, and one row and one column are enough."""

    def fault(right: Any, batch: Batch) -> Any:
        return (right * 1.25).astype(right.dtype) if batch.inputs["a"].shape[2] >= 16 else right

    sizes = (("r", 2), ("n", 64), ("c", 2))
    round_ = next(number for number in range(20) if lengths_of(op_named("matmul"), "value", number) == [sizes])
    cell = Cell("matmul", (), "float32", "value")
    with planted(np.matmul, fault):
        found = run_shard(Shard(cell, ("torch:cpu:eager",), 1, round_, 20_000)).findings
        assert run_shard(Shard(cell, ("torch:cpu:eager",), 1, 0, 20_000)).findings == []  # the small shape is right
        simple = [finding for finding in map(simplest, found) if finding is not None]
    assert {f.implementation for f in simple} == {i.call for i in op_named("matmul").of("torch")}
    for finding in simple:
        inputs = Case(finding.dtype, finding.case["inputs"]).batch().inputs
        n = inputs["a"].shape[2]
        assert {name: values.shape for name, values in inputs.items()} == {"a": (1, 1, n), "b": (1, n, 1)}
        assert 16 <= n <= 64


def pooled(x: Any) -> Any:
    """Means over 2 x 2 windows, every second of them."""
    return np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(1, 2))[:, ::2, ::2].mean(axis=(-2, -1))


def test_a_pooling_that_is_wrong_in_wide_planes_alone_is_found_and_cut() -> None:
    """The last window of each line is wrong from sixteen places on, as the tail after whole vectors is."""

    def fault(right: Any, batch: Batch) -> Any:
        _, high, wide = batch.inputs["x"].shape
        lines = right.reshape(batch.rows, high // 2, wide // 2).copy()
        lines[:, :, -1] *= np.where(wide > 16, 1.25, 1).astype(right.dtype)
        return lines.reshape(right.shape)

    record = op_named("avg_pool2d")
    round_ = next(number for number in range(20) if lengths_of(record, "value", number) == [(("h", 3), ("l", 64))])
    cell = Cell("avg_pool2d", (("stride", 2),), "float32", "value")
    with planted(pooled, fault):
        assert run_shard(Shard(cell, ("torch:cpu:eager",), 1, 0, 2_000)).findings == []  # the small shape is right
        found = run_shard(Shard(cell, ("torch:cpu:eager",), 1, round_, 2_000)).findings
        simple = [finding for finding in map(simplest, found) if finding is not None]
    assert {f.implementation for f in simple} == {i.call for i in record.of("torch")}
    for finding in simple:
        inputs = Case(finding.dtype, finding.case["inputs"]).batch().inputs
        _, high, wide = inputs["x"].shape
        assert high in (2, 3)  # one line of the result
        assert 17 <= wide <= 35


def test_windows_with_a_stride_are_cut_where_the_result_has_one() -> None:
    record, params = op_named("avg_pool2d"), {"stride": 2}
    sizes = (("h", 3), ("l", 9))
    cuts = list(axis_cuts(record, params, "value", sizes, "l", 3, 2))  # the fourth window of the first line begins at 6
    assert cuts[0] == [6, 7]
    assert all(left[0] % 2 == 0 for left in cuts)
    row = row_of(record, sizes, "grad", params=params)
    cut = cut_along(record, params, row, "l", [6, 7])
    assert cut.inputs["x"].tolist() == row.inputs["x"][:, :, 6:9].tolist()
    assert cut.inputs[COTANGENT].tolist() == [[4.0, 9.0]]  # of two lines of five
    assert moved_along(record, params, "value", sizes, "l", [6, 7], 8) == 1


def test_an_axis_of_the_result_may_be_longer_by_a_factor() -> None:
    record = op_named("upsample_bilinear")
    sizes = (("h", 2), ("l", 5))
    assert next(axis_cuts(record, {}, "value", sizes, "l", 6, 2)) == [3, 4]
    assert moved_along(record, {}, "value", sizes, "l", [3, 4], 6) == 0


def test_definitions_have_the_axes_of_their_records() -> None:
    """A definition that took an axis for another would fail on a shape whose sizes are all different."""
    m = Mp(64)
    for name in SEVERAL:
        record = op_named(name)
        sizes: Sizes = tuple((axis, 2 + k) for k, axis in enumerate(record.axis_names))
        row = row_of(record, sizes)
        numbers = [lift(m, row.exact()[spec.name][0].tolist()) for spec in record.inputs]
        definition(record.definition)(m, *numbers, **record.default_params())
