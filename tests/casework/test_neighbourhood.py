"""Neighbourhood: different rows in the binades of the case."""

from __future__ import annotations

import numpy as np
import pytest

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.casework.advice.neighbourhood import around
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import format_named

VALUES = [0.1, -3.0, 1.5e-42, 3.4e38, 0.0, -0.0, float("inf"), float("nan"), 1.0]


@pytest.mark.parametrize("value", VALUES)
def test_every_number_stays_in_its_binade(value: float) -> None:
    rows = around(op_named("exp"), Batch("float32", {"x": np.asarray([value], np.float32)}), 1000, np.random.default_rng(1))
    x = rows.inputs["x"]
    assert len(np.unique(x.view(np.uint32))) == len(x)
    if not np.isfinite(value) or value == 0:
        assert len(x) == 1
        assert x.view(np.uint32)[0] == np.asarray(value, np.float32).view(np.uint32)
        return
    assert (np.signbit(x) == np.signbit(value)).all()
    if abs(value) > 1e-38:
        assert len(x) == 1000
        assert (np.frexp(x)[1] == np.frexp(np.float32(value))[1]).all()


def test_few_numbers_of_a_binade_are_joined_by_its_neighbours() -> None:
    rows = around(
        op_named("exp"),
        Batch("bfloat16", {"x": np.asarray([1.5]).astype(format_named("bfloat16").dtype)}),
        1000,
        np.random.default_rng(1),
    )
    assert 128 < rows.rows <= 1000


def test_rows_keep_domain_structure_and_whole_numbers() -> None:
    op = op_named("binomial_logpmf")
    case = Batch(
        "float32",
        {"k": np.asarray([3.0], np.float32), "rest": np.asarray([5.0], np.float32), "p": np.asarray([0.99], np.float32)},
    )
    rows = around(op, case.ordered([i.name for i in op.inputs]), 500, np.random.default_rng(2)).exact()
    assert (rows["k"] == np.round(rows["k"])).all()
    assert ((rows["p"] >= 0.5) & (rows["p"] <= 1)).all()
    simplex = Batch("float32", {"p": np.asarray([[0.25, 0.75]], np.float32), "q": np.asarray([[0.5, 0.5]], np.float32)})
    rows = around(op_named("kl_categorical"), simplex, 500, np.random.default_rng(2)).exact()
    assert np.allclose(rows["p"].sum(axis=1), 1)


def test_the_same_seed_gives_the_same_rows() -> None:
    case = Batch("float64", {"x": np.asarray([0.1])})
    one, two = (around(op_named("exp"), case, 100, np.random.default_rng(3)).inputs["x"] for _ in range(2))
    assert np.array_equal(one, two)
