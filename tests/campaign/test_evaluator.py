"""Evaluator: every subject sees the same bits; what one answers is judged, what one raises is told; the truth is asked for once."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest

from tests.planted_framework import SUBJECT, batch_of, evaluator_of, judge_answers
from ulpfuzz.fuzzer.campaign.shard import Shard, run_shard
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.evaluation.deadlines import PROOF_SECONDS, Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.frameworks.targets.target import framework_for, target_named
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.search.search import Search
from ulpfuzz.oracles import oracle
from ulpfuzz.oracles.oracle import Climb, Question


def test_a_right_subject_is_right_and_counted() -> None:
    evaluator = evaluator_of("exp", "float32")
    x = np.linspace(-5, 5, 40).astype(np.float32)
    judgement = evaluator.run(Batch("float32", {"x": x}))
    (outcome,) = judgement.outcomes
    assert outcome.judged is not None
    assert outcome.judged.verdicts.count()["ok"] == 40
    assert judgement.truth.shape == (40, 1)
    assert evaluator.clock.verdicts == 40
    assert evaluator.clock.seconds["oracle"] > 0


def test_two_subjects_share_a_truth_and_keep_their_own_verdicts() -> None:
    evaluator = Evaluator(evaluator_of("exp", "float32").cell, [SUBJECT, SUBJECT])
    batch = batch_of("float32", x=1.0)
    right, wrong = np.asarray([[math.e]], np.float32), np.asarray([[math.nan]], np.float32)
    one, two = evaluator.judge(batch, [(SUBJECT, right, ""), (SUBJECT, wrong, "")]).outcomes
    assert one.judged is not None
    assert two.judged is not None
    assert one.judged.verdicts.classes[0, 0] == Class.ok
    assert two.judged.verdicts.symptoms[0, 0] == Symptom.nan


@pytest.mark.parametrize("shared", [True, False])
def test_answers_with_the_same_bits_are_judged_once(shared: bool) -> None:
    """-0 is not 0, however many rows are the same."""
    evaluator = Evaluator(evaluator_of("sin", "float32").cell, [SUBJECT, SUBJECT])
    x = np.zeros(200, np.float32)
    other = x.copy()
    other[77] = 0.0 if shared else -0.0
    one, two = evaluator.judge(Batch("float32", {"x": x}), [(SUBJECT, a[:, np.newaxis], "") for a in (x, other)]).outcomes
    assert one.judged is not None
    assert two.judged is not None
    assert (one.judged is two.judged) == shared
    assert evaluator.clock.verdicts == 400
    assert two.judged.verdicts.symptoms[77, 0] == (Symptom.none if shared else Symptom.signed_zero)


def test_a_placed_row_is_judged_at_every_position() -> None:
    evaluator = evaluator_of("softmax", "float32")
    judgement = evaluator.run_placed(batch_of("float32", x=[1.0, 2.0, 3.0]), SUBJECT, Placement(17, 3))
    (outcome,) = judgement.outcomes
    assert outcome.judged is not None
    assert outcome.judged.verdicts.classes.shape == (17, 3)
    assert (outcome.judged.verdicts.classes == Class.ok).all()


@pytest.mark.parametrize("length", [2, 64, 1000])
def test_the_limit_of_a_sum_grows_with_its_length(length: int) -> None:
    """gamma_n: n roundings are the textbook's bound, so n/2 ulps of a sum of equal terms are no finding."""
    evaluator = evaluator_of("sum", "float32")
    batch = Batch("float32", {"x": np.ones((1, length), np.float32)})
    off = np.float32(length) * (1 + 0.4 * length * 2.0**-24)
    (outcome,) = judge_answers(evaluator, batch, [[off]]).outcomes
    assert outcome.judged is not None
    assert outcome.judged.verdicts.classes[0, 0] < Class.inaccurate


def test_the_order_of_rows_changes_no_verdict() -> None:
    evaluator = evaluator_of("gelu", "float32")
    rng = np.random.default_rng(7)
    x = (rng.normal(size=64) * 4).astype(np.float32)
    answers = (x * rng.choice([0.5, 1.0], 64)).astype(np.float32)[:, np.newaxis]
    back = np.arange(64)[::-1]
    (one,) = judge_answers(evaluator, Batch("float32", {"x": x}), answers).outcomes
    (two,) = judge_answers(evaluator, Batch("float32", {"x": x[back]}), answers[back]).outcomes
    assert one.judged is not None
    assert two.judged is not None
    np.testing.assert_array_equal(one.judged.verdicts.classes[back], two.judged.verdicts.classes)
    np.testing.assert_array_equal(one.judged.verdicts.ulps[back], two.judged.verdicts.ulps)


def test_the_truth_of_a_row_is_asked_for_once_wherever_it_is_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    whole = oracle.ask

    def watched(question: Question) -> Climb:
        asked.append(1)
        return whole(question)

    monkeypatch.setattr(oracle, "ask", watched)
    evaluator = evaluator_of("softmax", "float32")
    for length in (1, 2, 17, 64):
        (outcome,) = evaluator.run_placed(batch_of("float32", x=[1.0, 2.0, 3.0]), SUBJECT, Placement(length)).outcomes
        assert outcome.judged is not None
        assert outcome.judged.verdicts.classes.shape == (length, 3)
    assert len(asked) == 1


def test_the_oracle_ends_with_a_search_that_has_its_own_seconds() -> None:
    evaluator = Evaluator(evaluator_of("exp", "float32").cell, [SUBJECT], deadlines=Deadlines(seconds=1.0))
    evaluator.deadlines.begin()
    assert evaluator.deadlines.time_limited
    assert evaluator.deadlines.oracle_until == math.inf
    evaluator.deadlines.searching = True
    assert evaluator.deadlines.oracle_until <= time.monotonic() + 1
    evaluator.deadlines.searching = False
    with evaluator.proving():
        assert time.monotonic() < evaluator.deadlines.oracle_until <= time.monotonic() + PROOF_SECONDS
    assert Evaluator(evaluator_of("exp", "float32").cell, [SUBJECT]).deadlines.oracle_until == math.inf


@pytest.mark.parametrize("name", ["exp", "softmax"])
def test_a_zoom_of_round_0_is_as_small_as_its_recipes(name: str) -> None:
    """Another size would be another shape to compile for every length."""
    first, later = (Search(evaluator_of(name, "float32"), 1000, 0, round_) for round_ in (0, 1))
    assert first.around == first.rows * first.variants < later.around


def test_a_search_in_a_hurry_has_one_shape_where_every_shape_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    cell, name = Cell("tanh", (), "float32", "grad2"), "jax:cpu:eager"
    shapes: set[int] = set()
    run_shard(Shard(cell, (name,), 2, 0, 40_000, seconds=0.05))  # flushing of subnormals is measured once, in shapes of its own
    framework: Any = framework_for(target_named(name))
    evaluate = framework._evaluate

    def watched(call: Any, batch: Batch) -> Any:
        shapes.add(batch.rows)
        return evaluate(call, batch)

    monkeypatch.setattr(framework, "_evaluate", watched)
    result = run_shard(Shard(cell, (name,), 1, 0, 40_000, seconds=0.05))
    assert result.verdicts > 500
    assert shapes == {1000}
