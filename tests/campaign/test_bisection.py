"""Bisection finds the least part that fails, asks seldom, and says where its effort ended."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.proof.bisection import Effort, everyday_first, least, tiled


def numbered(rows: int) -> Batch:
    return Batch("float32", {"x": np.arange(rows, dtype=np.float32)})


def rows_of(batch: Batch) -> set[int]:
    return {int(v) for v in batch.inputs["x"]}


@given(st.integers(1, 5000), st.data())
def test_one_guilty_row_is_found(rows: int, data: st.DataObject) -> None:
    guilty = data.draw(st.integers(0, rows - 1))
    deaths = asked = 0

    def fails(part: Batch) -> bool:
        nonlocal deaths, asked
        asked += 1
        deaths += guilty in rows_of(part)
        return guilty in rows_of(part)

    part = least(numbered(rows), fails, Effort(64, 60))
    assert part is not None
    assert rows_of(part.rows) == {guilty}
    assert not part.cut
    assert asked <= math.ceil(math.log2(rows)) + 1
    assert deaths <= asked


@given(st.integers(2, 300), st.data())
def test_rows_that_fail_together_are_kept_together(rows: int, data: st.DataObject) -> None:
    guilty = data.draw(st.sets(st.integers(0, rows - 1), min_size=2, max_size=2))
    part = least(numbered(rows), lambda p: guilty <= rows_of(p), Effort(10_000, 60))
    assert part is not None
    assert guilty <= rows_of(part.rows)
    first, second = (rows_of(part.rows.take(s)) for s in (slice(0, part.rows.rows // 2), slice(part.rows.rows // 2, None)))
    assert not guilty <= first
    assert not guilty <= second


@given(st.integers(1, 300), st.sets(st.integers(0, 299), min_size=1))
def test_of_several_guilty_rows_one_is_found(rows: int, guilty: set[int]) -> None:
    part = least(numbered(rows), lambda p: bool(guilty & rows_of(p)), Effort(10_000, 60))
    if guilty & set(range(rows)):
        assert part is not None
        assert part.rows.rows == 1
        assert rows_of(part.rows) <= guilty
    else:
        assert part is None


def test_what_does_not_fail_again_is_nobodys() -> None:
    assert least(numbered(100), lambda part: False, Effort(64, 60)) is None


@given(st.integers(0, 20))
def test_a_cut_search_gives_the_least_part_seen_to_fail(steps: int) -> None:
    def fails(part: Batch) -> bool:
        return 700 in rows_of(part)

    part = least(numbered(1024), fails, Effort(steps, 60))
    assert part is not None
    assert fails(part.rows)
    assert part.cut == (steps < 10)  # the last half that is asked is row 700 itself
    assert least(numbered(1024), fails, Effort(1000, 0)).cut  # type: ignore[union-attr]


def test_everyday_numbers_come_first() -> None:
    batch = Batch("float32", {"x": np.asarray([1e30, 0, 1.5, np.inf, -3, 1e-30], np.float32)})
    assert everyday_first(batch).inputs["x"].tolist()[:3] == [0.0, 1.5, -3.0]  # a zero is ordinary


def test_a_part_is_tiled_to_the_shape_of_the_whole() -> None:
    assert tiled(numbered(3), 7).inputs["x"].tolist() == [0, 1, 2, 0, 1, 2, 0]
