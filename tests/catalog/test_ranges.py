"""Ranges: no exact result of a definition lies outside what the catalogue claims of it, over the domain and all params."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes, work_of
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.ranges import SLOPES, VALUES
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.strategies import draw_recipes
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.judge.ranges import claims, extremes, inside_domain
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.oracles import oracle
from ulpfuzz.oracles.question import Caps
from ulpfuzz.oracles.reference import FINITE

CLAIMED = [op for op in catalogue().values() if op.ranges]
ROWS = 48


def batches(op: Op, params: dict[str, Any], order: str, dtype: str) -> Iterator[Batch]:
    """A part of the special grid, and two recipes, everyday numbers among them."""
    grid = special_batch(op, params, dtype, order, limit=1024)
    yield grid.take(np.arange(0, grid.rows, max(1, grid.rows // ROWS)))
    lengths: Sequence[Sizes] | None = None if op.lengths or not op.varies else (2, 3, 5)
    lengths = sorted(op.shapes, key=work_of)[:8] if op.axes else lengths
    for recipe in draw_recipes(op, dtype, seed=7, count=2, order=order, params=params, rows=ROWS, lengths=lengths):
        yield recipe.expand(op, params, dtype, order).take(slice(0, ROWS))


def strays(op: Op, params: dict[str, Any], order: str) -> tuple[list[str], int]:
    """The exact results that lie outside, in words, and how many were compared."""
    dtype = "complex128" if "complex128" in op.dtypes else "float64"
    fmt, function, found, compared = format_named(dtype), function_of(op, params, order), [], 0
    rule = Rule(op, order, fmt, replace(accuracy_limit(op, order, fmt), ulps=0.0, excess=0.0))
    for batch in batches(op, params, order, dtype):
        exact = batch.exact()
        rows = np.flatnonzero(inside_domain(op, exact))
        if not len(rows):
            continue
        inputs = {name: values[rows] for name, values in exact.items()}
        truth = oracle.reference(function, inputs, precision=53, caps=Caps(arb_rows=24, limit_rows=0))
        for output in range(truth.shape[1]):
            if not claims(op, order, output, inputs):
                continue
            known = np.flatnonzero((truth.accepts[:, output] == FINITE) & np.isfinite(truth.radius[:, output]))
            there = {name: values[known] for name, values in inputs.items()}
            value, radius = truth.value[known, output], truth.radius[known, output] + np.abs(truth.value_lo[known, output])
            if not len(known):
                continue
            compared += len(known)
            least, most = extremes(rule, dict(params), there, output)
            with np.errstate(over="ignore"):
                outside = np.flatnonzero((value + radius < least) | (value - radius > most))
            for at in outside[:2].tolist():
                row = {name: values[at].tolist() for name, values in there.items()}
                found.append(
                    f"{op.name}{params} {order} output {output} = {value[at]!r}, not in [{least[at]}, {most[at]}], at {row}"
                )
    return found, compared


@pytest.mark.parametrize("op", CLAIMED, ids=lambda op: op.name)
def test_no_exact_result_lies_outside(op: Op) -> None:
    total = 0
    for params in op.param_sets():
        for order in ("value", "grad"):
            if order in op.orders and any(r.speaks_of(order) for r in op.ranges):
                found, compared = strays(op, params, order)
                assert not found
                total += compared
    assert total, "nothing was compared"


def test_every_row_of_the_tables_is_of_an_op() -> None:
    assert set(VALUES) | set(SLOPES) <= set(catalogue())


def test_slopes_are_claimed_of_elementwise_ops_only() -> None:
    assert all(op.elementwise and "grad" in op.orders for op in CLAIMED if any(r.of == "slope" for r in op.ranges))


def test_every_claim_has_its_reason() -> None:
    assert all(r.source and (r.low or r.high) for op in CLAIMED for r in op.ranges)


def test_ranges_are_known_of_a_third_of_the_catalogue() -> None:
    assert len(CLAIMED) >= len(catalogue()) / 3
