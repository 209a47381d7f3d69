"""Structures: what is brought to one has it, wherever it comes from."""

from __future__ import annotations

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.op import Input, Structure, matrix
from ulpfuzz.fuzzer.formats import FLOAT32
from ulpfuzz.fuzzer.inputs.structures import holds, satisfy


def test_a_tall_matrix_is_made_of_full_rank() -> None:
    spec = matrix("a", rows="n+1", structure="nonsingular")
    flat = np.ones((1, 4, 3), np.float32)
    assert (satisfy(FLOAT32, spec, flat)[0] == np.eye(4, 3)).all()
    regular = np.asarray([[[1, 2, 3], [0, 1, 4], [5, 6, 0], [1, 1, 1]]], np.float32)
    assert holds(FLOAT32, spec, regular)


@pytest.mark.parametrize("structure", ["nonsingular", "spd", "lower", "upper"])
def test_no_pivot_is_subnormal(structure: Structure) -> None:
    """A target that reads subnormals as zero would find the matrix singular."""
    spec = matrix("a", structure=structure)
    tiny = np.diag(np.asarray([1.0, FLOAT32.min_normal / 2, 1.0], np.float32))[np.newaxis]
    assert (np.abs(np.diagonal(satisfy(FLOAT32, spec, tiny)[0])) >= FLOAT32.min_normal).all()
    least = np.diag(np.asarray([1.0, 4 * FLOAT32.min_normal, 1.0], np.float32))[np.newaxis]
    assert holds(FLOAT32, spec, least)


@pytest.mark.parametrize("structure", ["ascending", "simplex"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0, 3e38, -1e-45])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_special_value_leaves_the_structure_whole(structure: Structure, value: float, place: int) -> None:
    spec = Input("x", ("n",), structure=structure)
    row = satisfy(FLOAT32, spec, np.asarray([[0.25, 0.25, 0.5]], np.float32))
    row[0, place] = value
    brought = satisfy(FLOAT32, spec, row)
    assert holds(FLOAT32, spec, brought)
    if structure == "ascending":
        assert (brought[0, :-1] <= brought[0, 1:]).all()
    else:
        assert (brought >= 0).all()
        assert abs(brought.astype(np.float64).sum() - 1) <= 3 * FLOAT32.unit_roundoff


@pytest.mark.parametrize("structure", ["symmetric", "spd", "nonsingular", "lower", "upper", "unit_lower"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (1, 0), (0, 1)])
def test_a_special_value_leaves_a_matrix_its_structure(structure: Structure, value: float, place: tuple[int, int]) -> None:
    spec = matrix("a", structure=structure)
    a = satisfy(FLOAT32, spec, np.asarray([[[2.0, 0.5], [0.5, 2.0]]], np.float32))
    a[0][place] = value
    brought = satisfy(FLOAT32, spec, a)
    assert holds(FLOAT32, spec, brought)
    if structure in ("spd", "nonsingular"):
        assert np.isfinite(brought).all()


@pytest.mark.parametrize(
    "spec", [matrix("a", structure="spd"), Input("x", ("n",), structure="simplex")], ids=lambda s: s.structure
)
def test_loose_points_and_no_rows_stay(spec: Input) -> None:
    for values in (np.ones(5, np.float32), np.ones((0, *spec.sizes(3)), np.float32)):
        assert satisfy(FLOAT32, spec, values) is values


def test_a_share_that_is_not_zero_does_not_become_zero() -> None:
    """Zero may be outside the domain: the least number, halved, is."""
    fmt, spec = FLOAT32, Input("p", ("n",), low=5e-324, structure="simplex")
    row = np.asarray([[1.0, 1.0, fmt.min_subnormal]], np.float32)
    assert (satisfy(fmt, spec, row) == np.asarray([[0.5, 0.5, fmt.min_subnormal]], np.float32)).all()
