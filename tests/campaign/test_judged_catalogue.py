"""judge_answers over a sample of the catalogue: everyday rows of every shape, answered right, are silent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.planted_framework import IMPLEMENTATION, CorrectlyRounded
from ulpfuzz.fuzzer.catalog.everyday import everyday_lengths
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.inputs.everyday import sample, with_directions
from ulpfuzz.fuzzer.inputs.shapes import numbers_in_row
from ulpfuzz.fuzzer.point.judge_answers import judge_answers
from ulpfuzz.fuzzer.point.point import cell_named
from ulpfuzz.fuzzer.point.row_source import Wanted
from ulpfuzz.fuzzer.point.tensors import tensors_of

ROWS = 3
#: Every so many ops.
STEP = 30


@pytest.mark.parametrize("order", ["value", "grad"])
@pytest.mark.parametrize("name", sorted(ops())[::STEP])
def test_right_answers_to_everyday_rows_are_silent(name: str, order: str) -> None:
    op = ops()[name]
    if order not in op.orders or not op.inputs:
        pytest.skip("the op has no such order, or no input")
    cell = cell_named(name, "float32" if "float32" in op.dtypes else op.dtypes[0], order=order)
    rng, length = np.random.default_rng(1), min(everyday_lengths(op), key=lambda sizes: numbers_in_row(op, sizes))
    drawn = sample(op, cell.dtype, rng, ROWS, length)
    assert drawn is not None
    batch, framework = with_directions(op, dict(cell.params), order, rng, drawn), CorrectlyRounded()
    right = framework.evaluate(Call(op, IMPLEMENTATION, dict(cell.params), order), batch)
    if framework.unknown.any():
        pytest.skip("nobody knows the right answers")
    shapes, answers, start = tensors_of(cell, batch.inputs).answer_shapes(), {}, 0
    for variable, shape in shapes.items():
        stop = start + math.prod(shape)
        answers[variable], start = right[:, start:stop].reshape(ROWS, *shape), stop
    found = judge_answers(cell, batch.inputs, answers, wanted=Wanted(shown=1))
    (call,) = found.rows.calls
    assert (call.judged, call.defects, call.uncertified) == (ROWS, [], 0)
