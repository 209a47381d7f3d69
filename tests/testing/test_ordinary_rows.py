"""Ordinary rows: every number within 2^-12..2^12 or zero, sign and significand kept, domains and structures respected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import FORMATS, format_named
from ulpfuzz.fuzzer.testing.ordinary import is_ordinary, only_ordinary


@given(st.sampled_from(sorted(FORMATS)), st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50))
def test_any_bits_become_ordinary_or_are_left_out(dtype: str, bits: list[int]) -> None:
    fmt = format_named(dtype)
    values = fmt.from_bits(np.asarray(bits, np.uint64))
    batch = Batch(dtype, {"x": values})
    ordinary = only_ordinary(op_named("tanh"))(batch)
    exact = batch.exact()["x"]
    finite = exact[np.isfinite(exact)]
    found = ordinary.inputs["x"].astype(np.float64)
    assert ordinary.inputs["x"].dtype == values.dtype
    assert is_ordinary(ordinary).all()
    assert len(found) == len(finite)
    size = np.abs(found[found != 0])
    assert ((size >= 2.0**-12) & (size < 2.0**12)).all()
    np.testing.assert_array_equal(np.frexp(found)[0], np.frexp(finite)[0])
    already = (np.abs(finite) >= 2.0**-12) & (np.abs(finite) < 2.0**12)
    np.testing.assert_array_equal(found[already], finite[already])


def test_a_row_that_leaves_its_domain_is_left_out() -> None:
    op = op_named("log_sigmoid")
    assert only_ordinary(op)(Batch("float64", {"x": np.asarray([1e300, 2.0])})).rows == 2
    narrow = op_named("erfinv")  # of [-1, 1]
    kept = only_ordinary(narrow)(Batch("float64", {"x": np.asarray([1e-300, 0.5, 2.0**-20])}))
    assert (np.abs(kept.inputs["x"]) <= 1).all()


@pytest.mark.parametrize("name", ["cholesky", "cumsum"])
def test_a_structure_is_kept(name: str) -> None:
    op = op_named(name)
    spec = op.inputs[0]
    row = np.eye(3)[None] if spec.square else np.ones((1, 3))
    assert only_ordinary(op)(Batch("float64", {spec.name: row})).rows == 1
    far = only_ordinary(op)(Batch("float64", {spec.name: row * 2.0**40}))
    assert far.rows == (0 if spec.structure else 1)
