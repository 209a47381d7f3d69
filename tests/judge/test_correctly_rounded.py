"""A correctly rounded framework gives no finding, on any op, dtype and order: a false alarm costs more than a missed defect."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from tests.planted_framework import SUBJECT, CorrectlyRounded, evaluator_of
from tests.sampling import is_quick, sampled
from tests.special_answers import SPECIAL
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes, work_of
from ulpfuzz.fuzzer.catalog.op import ORDERS, Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.strategies import draw_recipes
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

#: Rows per batch. Derivatives cost the framework, not the judge, ten times a value.
ROWS = {"value": 64, "grad": 12, "jvp": 6, "grad2": 6}
#: Of an op with several axes, the product of the largest that are drawn besides the least: vectors and their tails. Derivatives are differences of
#: all outputs by each number.
LARGE = {"value": 300, "grad": 20, "jvp": 20, "grad2": 6}
SHORT = {"value": (2, 3, 8), "grad": (2, 3, 8), "jvp": (2, 3), "grad2": (2, 3)}


def batches(op: Op, params: dict[str, Any], dtype: str, order: str, rows: int, recipes: int) -> Iterator[Batch]:
    """A part of the special grid that differs by op and dtype, with all its special values; then recipes; of several axes a few rows of a larger
    shape."""
    specials = op.name in SPECIAL
    grid = special_batch(op, params, dtype, order, limit=1024, specials=specials)
    step = max(1, grid.rows // rows)
    chosen = set(range(zlib.crc32(f"{op.name} {dtype}".encode()) % step, grid.rows, step))
    if op.elementwise and len(op.inputs) == 1 and specials:
        chosen |= set(range(grid.rows - 6, grid.rows))
    yield grid.take(np.asarray(sorted(chosen)))
    lengths: Sequence[Sizes] | None = None if op.lengths or not op.varies else SHORT[order]
    lengths = sorted(op.shapes, key=work_of)[:3] if op.axes else lengths
    for recipe in draw_recipes(
        op, dtype, seed=1, count=recipes, order=order, params=params, rows=rows, lengths=lengths, specials=specials
    ):
        yield recipe.expand(op, params, dtype, order).take(slice(0, rows))
    if op.axes:
        large = max((sizes for sizes in op.shapes if work_of(sizes) <= LARGE[order]), key=work_of)
        for recipe in draw_recipes(
            op, dtype, seed=2, count=1, order=order, params=params, rows=rows, lengths=[large], specials=specials
        ):
            yield recipe.expand(op, params, dtype, order).take(slice(0, max(1, rows // 8)))


def false_alarms(op: Op, dtype: str, order: str, rows: int, recipes: int) -> list[str]:
    found, known = [], 0
    for params in op.param_sets():
        evaluator = evaluator_of(op.name, dtype, order, **params)
        framework = evaluator.calls.framework(SUBJECT)
        assert isinstance(framework, CorrectlyRounded)
        for batch in batches(op, params, dtype, order, rows, recipes):
            judgement = evaluator.run(batch)
            (outcome,) = judgement.outcomes
            assert outcome.answers is not None, outcome.error
            assert outcome.judged is not None
            verdicts = outcome.judged.verdicts
            assert len(framework.unknown) == batch.rows
            known += int((~framework.unknown).sum())
            verdicts.classes[framework.unknown] = Class.ok
            for row, output in np.argwhere(verdicts.classes >= Class.inaccurate)[:4]:
                found.append(
                    f"{Class(verdicts.classes[row, output]).name} {Symptom(verdicts.symptoms[row, output]).name}: {op.name}{params} "
                    f"{dtype} {order} output {output} = {outcome.answers[row, output]}, the judge's truth "
                    f"{judgement.truth.value[row, output]!r} (accepts {judgement.truth.accepts[row, output]}, "
                    f"tier {judgement.truth.tier[row, output]}) at {batch.case(int(row)).inputs}"
                )
    assert known, "nobody knows a right answer"
    return found


#: The fast share; the slow test has all of it, and more.
FAST = [each for each in sampled(8, *ORDERS, quick=is_quick) if not each.marks]


@pytest.mark.parametrize(("op", "order"), FAST)
def test_no_finding(op: Op, order: str) -> None:
    if order not in op.orders:
        pytest.skip(f"{op.name} has no {order}")
    dtype = op.dtypes[
        zlib.crc32(f"{op.name} {order}".encode() if order in ("jvp", "grad2") else op.name.encode()) % len(op.dtypes)
    ]
    for chosen in {dtype, "float32"} & {*op.dtypes} if order in ("value", "grad") else {dtype}:
        assert not false_alarms(op, chosen, order, ROWS[order], 1)


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("op", ops().values(), ids=lambda op: op.name)
def test_no_finding_anywhere(op: Op, order: str, depth: int) -> None:
    if order in op.orders:
        assert not [alarm for dtype in op.dtypes for alarm in false_alarms(op, dtype, order, depth * ROWS[order], 1 + depth // 2)]
