"""What a search that has little time feeds first: rows of the grid that the oracle can afford."""

from __future__ import annotations

import numpy as np

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.evaluation.evaluator import CAPS
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.search.search import FEW, _affordable
from ulpfuzz.oracles import oracle


def test_few_rows_have_no_numbers_and_all_others_stay() -> None:
    op = op_named("kl_cauchy")
    grid = special_batch(op, op.default_params(), "float64", "value")
    values = np.stack([grid.inputs[name] for name in grid.inputs], axis=1)
    nan, kept = np.isnan(values).any(axis=1), _affordable(grid)
    infinite = np.isinf(values).any(axis=1) & ~nan
    assert nan.sum() > 8 * FEW < infinite.sum()
    assert kept[~nan & ~infinite].all()
    for some in (nan, infinite):
        assert np.array_equal(np.flatnonzero(kept & some), np.flatnonzero(some)[:FEW])


def test_what_it_feeds_is_decided() -> None:
    """Of a thousand rows, attention's had 370 with a NaN and 286 with an infinity beyond the oracle's caps."""
    for name in ("attention_causal", "kl_cauchy"):
        op = op_named(name)
        params = op.default_params()
        grid = special_batch(op, params, "float64", "value")
        grid = grid.take(np.random.Generator(np.random.PCG64(1)).permutation(grid.rows)[:1000])
        grid = grid.take(np.flatnonzero(_affordable(grid)))
        function = function_of(op, params, "value")
        truth = oracle.reference(
            function, grid.ordered(function.inputs).exact(), precision=format_named("float64").precision, caps=CAPS
        )
        assert (truth.accepts == 0).mean() < 0.08
