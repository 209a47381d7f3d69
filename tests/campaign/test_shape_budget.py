"""The budget of shapes: compiled modes are left out of further shapes, the same in every run; what compiling took stands apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ulpfuzz.fuzzer.evaluation.calls as evaluators
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.shape_budget import LIMITS, ShapeBudget
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.search.search import Search

CELL = Cell("sum", (), "float32", "value")
COMPILED = Subject("torch:cpu:compile", Implementation("torch", "torch.sum(x, dim=-1)"))
EAGER = replace(COMPILED, target="torch:cpu:eager")


class Compiling(InProcess):
    """Sums, and says that each call compiled for five seconds."""

    name = "torch"
    version = "0"
    lengths: tuple[int, ...] | None = (1, 2, 3)
    compile_seconds = 0.0

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        self.compile_seconds += 5.0
        with np.errstate(over="ignore"):
            return batch.inputs["x"].astype(np.float64).sum(axis=1, keepdims=True).astype(np.float32)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(call, batch.repeat(placement.length))


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    framework = Compiling()
    monkeypatch.setattr(evaluators, "framework_for", lambda target, isolated=False: framework)
    monkeypatch.setattr(evaluators, "flush_policy", lambda target, dtype, isolated=False: FlushPolicy(False, False))


def rows(length: int, count: int = 8) -> Batch:
    return Batch("float32", {"x": np.ones((count, length), np.float32)})


def test_a_compiled_mode_sees_so_many_shapes_and_no_more() -> None:
    evaluator = Evaluator(CELL, [COMPILED, EAGER])
    answered = []
    for length in range(1, LIMITS["search"] + 4):
        compiled, eager = evaluator.run(rows(length)).outcomes
        answered.append(compiled.answers is not None)
        assert (compiled.answers is None) == (compiled.judged is None)
        assert compiled.error == ""
        assert eager.answers is not None
    assert answered == [True] * LIMITS["search"] + [False] * 3
    (again, _) = evaluator.run(rows(1, 4000)).outcomes  # padded to the shape that it has
    assert again.answers is not None


def test_the_search_leaves_the_proof_its_shapes() -> None:
    evaluator = Evaluator(CELL, [COMPILED])
    for length in range(1, 40):
        evaluator.run(rows(length))
    (outcome,) = evaluator.run_placed(rows(30, 1), COMPILED, Placement(64)).outcomes
    assert outcome.answers is not None
    for length in range(40, 80):
        (outcome,) = evaluator.run_placed(rows(length, 1), COMPILED, Placement(64)).outcomes
    assert outcome.answers is None


def test_the_same_batches_are_admitted_alike() -> None:
    def admitted() -> list[bool]:
        budget = ShapeBudget()
        return [budget.admits(COMPILED, rows(n % 11 + 1), "search") for n in range(40)]

    assert admitted() == admitted()


def test_a_search_of_a_compiled_mode_alone_ends() -> None:
    search = Search(Evaluator(CELL, [COMPILED]), 60_000, seed=1, round_=2)
    search.run([])
    assert search.ledgers[0].verdicts > 0
    assert search.errors == {}


def test_compiling_is_a_phase_of_its_own() -> None:
    evaluator = Evaluator(CELL, [COMPILED])
    with evaluator.clock.phase("search"):
        evaluator.run(rows(3))
    assert evaluator.clock.seconds["compile"] == 5.0
    assert evaluator.clock.seconds["framework"] == pytest.approx(-5.0, abs=4.0)
