"""Binades and spans: every input counts, a zero is ordinary, infinities and NaNs stand apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.case import COTANGENT, Batch
from ulpfuzz.fuzzer.evaluation.binades import INFINITE, NOT_A_NUMBER, ZERO, Binades, input_exponents, lane, reach
from ulpfuzz.fuzzer.findings import finding
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.severity import Graveness, severity
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.search.span import Reaches, extent_of

numbers = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan])
rows = st.integers(1, 6).flatmap(
    lambda count: st.tuples(
        st.lists(numbers, min_size=count, max_size=count),
        st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=count, max_size=count),
    )
)


def exponent(row: list[float]) -> int:
    """By definition, number by number."""
    if any(math.isnan(x) for x in row):
        return NOT_A_NUMBER
    if any(math.isinf(x) for x in row):
        return INFINITE
    found = [math.frexp(x)[1] - 1 for x in row if x]
    return max(found, key=lambda e: (abs(e), e), default=ZERO)


@given(rows)
def test_the_number_farthest_from_1_counts_of_all_inputs(drawn: tuple[list[float], list[list[float]]]) -> None:
    scalars, vectors = drawn
    batch = Batch("float32", {"x": np.asarray(scalars, np.float32), "v": np.asarray(vectors, np.float32)})
    wanted = [exponent([x, *v]) for x, v in zip(scalars, vectors, strict=True)]
    assert input_exponents(batch).tolist() == wanted
    backwards = Batch("float32", dict(reversed(batch.inputs.items())))
    assert input_exponents(backwards).tolist() == wanted
    alone = Batch("float32", {"x": batch.inputs["x"]})
    assert input_exponents(alone).tolist() == [exponent([x]) for x in scalars]
    assert Binades.of(batch).met.tolist() == sorted(set(wanted))


def test_directions_count_too() -> None:
    batch = Batch("float64", {"x": np.ones((1, 2)), COTANGENT: np.full((1, 1), 2.0**-900)})
    assert input_exponents(batch).tolist() == [-900]


def test_zeros_are_ordinary_and_lanes_have_names() -> None:
    codes = np.asarray([ZERO, 0, -3, 5, INFINITE, NOT_A_NUMBER])
    assert reach(codes).tolist()[:4] == [0, 0, 3, 5]
    assert min(reach(codes)[4:]) > 1074
    assert [lane(int(code)) for code in codes[:5]] == [finding.ZERO, 0.0, -3.0, 5.0, finding.INFINITE]
    assert math.isnan(lane(NOT_A_NUMBER))
    assert sorted([lane(ZERO), lane(-1074), lane(1023), lane(INFINITE)]) == [-math.inf, -1074.0, 1023.0, math.inf]


def graveness(**inputs: float) -> float:
    batch = Batch("float32", {name: np.asarray([value], np.float32) for name, value in inputs.items()})
    special = not all(np.isfinite(v).all() for v in batch.inputs.values())
    grave = Graveness(Class.unstable, Symptom.precision, 1e6, 4.0, int(reach(input_exponents(batch))[0]), special_input=special)
    return severity(grave, format_named("float32"))


def test_severity_looks_at_every_input() -> None:
    assert graveness(x=1.0, y=1.0) == graveness(y=0.0, x=3.0) == graveness(x=0.0, y=0.0) == graveness(x=0.0)
    assert graveness(x=1.0, y=1e-38) == graveness(x=1e-38, y=1.0) < graveness(x=1.0, y=1e-20) < graveness(x=1.0, y=1.0)
    assert graveness(x=1.0, y=math.inf) == graveness(x=math.nan, y=1.0) == pytest.approx(graveness(x=1.0) / 3, abs=0.01)


def test_the_extent_names_every_input() -> None:
    inf, nan = math.inf, math.nan
    batch = Batch("float64", {"x": np.asarray([1.0, -2.0, inf, 7.0]), "v": np.asarray([[0, 1], [nan, 3], [5, 6], [9, 9]], float)})
    reaches = Reaches.of(batch, np.arange(3))
    whole = reaches.span(np.asarray([0, 1, 1, 2]))
    extent = extent_of(["x", "v"], whole, 4, 8)
    assert extent == {
        "count": 4, "judged": 8, "share": 0.5, "low": -2.0, "high": 6.0, "inputs": {"x": [-2.0, 1.0], "v": [0.0, 6.0]}, "special": 3,
    }  # fmt: skip
    parts = reaches.span(np.asarray([0, 1])).joined(reaches.span(np.asarray([1, 2])))
    assert extent_of(["x", "v"], parts, 4, 8) == extent
    nowhere = extent_of(["x", "v"], reaches.span(np.asarray([2])), 1, 0)
    assert all(map(math.isnan, nowhere["inputs"]["x"]))
    assert nowhere["inputs"]["v"] == [5.0, 6.0]
    assert (nowhere["low"], nowhere["high"], nowhere["judged"]) == (5.0, 6.0, 1)
    assert "inputs" not in extent_of(["x", "v"], None, 0, 8)
