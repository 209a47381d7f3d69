"""The budget of shapes: compiled modes are left out of further shapes, the same in every run; what compiling took stands apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ulpfuzz.fuzzer.evaluation.calls as evaluators
from ulpfuzz.fuzzer.case import Batch, Case, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.shape_budget import LIMITS, ShapeBudget
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.proof.verdict_to_finding import findings_of
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
        with np.errstate(over="ignore", invalid="ignore"):
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


# One shape

JAX = replace(COMPILED, target="jax:cpu:eager")


class Watched(Compiling):
    """Sums with a planted factor of 2 beyond 2^100, and remembers the shapes that it was called with."""

    def __init__(self) -> None:
        self.shapes: set[tuple[int, ...]] = set()

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        self.shapes.add(batch.inputs["x"].shape)
        total = super().evaluate(call, batch)
        with np.errstate(over="ignore"):
            return np.where(np.abs(total) > 2.0**100, 2 * total, total).astype(np.float32)


def visited(monkeypatch: pytest.MonkeyPatch, *subjects: Subject) -> tuple[dict[str, set[tuple[int, ...]]], list[Finding]]:
    """The shapes that each framework saw in a visit of half a second, and the findings of the first."""
    frameworks = {subject.target: Watched() for subject in subjects}
    frameworks["torch:cpu:eager"] = Watched()
    frameworks["torch:cpu:eager"].lengths = None
    monkeypatch.setattr(evaluators, "framework_for", lambda target, isolated=False: frameworks[str(target)])
    evaluator = Evaluator(CELL, subjects, deadlines=Deadlines(seconds=0.5))
    evaluator.shapes.one = True
    evaluator.deadlines.begin()
    search = Search(evaluator, 40_000, seed=1, round_=0)
    search.run([])
    with evaluator.proving():
        findings = findings_of(evaluator, search.ledgers[:1], {})[0]
    return {name: framework.shapes for name, framework in frameworks.items()}, findings


@pytest.mark.parametrize("subject", [JAX, COMPILED], ids=["eager", "compiled"])
def test_a_first_visit_and_its_proofs_have_one_shape_where_each_is_compiled(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes, findings = visited(monkeypatch, subject)
    assert findings
    assert shapes[subject.target] == {(1000, 3)}


def test_a_framework_that_compiles_leaves_the_others_their_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes, findings = visited(monkeypatch, JAX, EAGER)
    assert findings
    assert findings[0].target == JAX.target
    assert {answer.target for answer in findings[0].answers} == {JAX.target, EAGER.target}
    assert shapes[JAX.target] == {(1000, 3)}
    assert {1, 64} <= {shape[0] for shape in shapes[EAGER.target]}


def test_another_subject_answers_a_finding_in_the_shape_that_it_has() -> None:
    evaluator = Evaluator(CELL, [EAGER, JAX])
    evaluator.shapes.one = True
    assert evaluator.shapes.only_length(EAGER, rows(3, 1)) is None
    assert evaluator.shapes.only_length(JAX, rows(3, 1)) == 1000
    assert evaluator.shapes.only_length(COMPILED, rows(3, 1)) == 1000
    assert evaluator.shapes.only_length(COMPILED, rows(64, 1)) == 64
    evaluator.run(rows(3))
    assert evaluator.run_placed(rows(3, 1), JAX, Placement(1000)).outcomes[0].answers is not None
    assert evaluator.run_placed(rows(3, 1), JAX, Placement(1)).outcomes[0].answers is None
    assert evaluator.run_placed(rows(2, 1), JAX, Placement(1000)).outcomes[0].answers is None
    assert evaluator.run_placed(rows(2, 1), EAGER, Placement(1)).outcomes[0].answers is not None


def test_what_is_replayed_leaves_the_search_its_shape_and_is_answered() -> None:
    evaluator = Evaluator(CELL, [JAX], deadlines=Deadlines(seconds=0.5))
    evaluator.shapes.one = True
    search = Search(evaluator, 40_000, seed=1, round_=0)
    search._replay([Case("float32", {"x": ["0x1p110"] * n}, Placement(length)) for n, length in ((2, 4096), (5, 1))])
    assert search.ledgers[0].verdicts == 2
    assert evaluator.run(rows(3)).outcomes[0].answers is not None
    assert evaluator.run(rows(4)).outcomes[0].answers is None


def test_forward_mode_of_tensorflow_has_few_shapes_and_its_values_any() -> None:
    subject = replace(EAGER, target="tensorflow:cpu:eager")
    for order in ("value", "jvp"):
        evaluator = Evaluator(replace(CELL, order=order), [subject, EAGER])
        evaluator.shapes.one = True
        assert evaluator.shapes.only_length(subject, rows(3, 1)) == (1000 if order == "jvp" else None)
        assert evaluator.shapes.only_length(EAGER, rows(3, 1)) is None
