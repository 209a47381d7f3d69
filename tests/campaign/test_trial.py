"""Trial: every subject sees the same bits; what one answers is judged, what one raises is told; the truth is asked for once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fuzzer.campaign.trial import Trial
from fuzzer.case import Batch, Placement
from fuzzer.judge.verdict import Class, Symptom
from tests.planted_framework import SUBJECT, batch_of, judge_answers, trial_of


def test_a_right_subject_is_right_and_counted() -> None:
    trial = trial_of("exp", "float32")
    x = np.linspace(-5, 5, 40).astype(np.float32)
    judgement = trial.run(Batch("float32", {"x": x}))
    (outcome,) = judgement.outcomes
    assert outcome.screened is not None
    assert outcome.screened.verdicts.count()["ok"] == 40
    assert judgement.truth.shape == (40, 1)
    assert trial.clock.verdicts == 40
    assert trial.clock.seconds["oracle"] > 0


def test_two_subjects_share_a_truth_and_keep_their_own_verdicts() -> None:
    trial = Trial(trial_of("exp", "float32").cell, [SUBJECT, SUBJECT])
    batch = batch_of("float32", x=1.0)
    right, wrong = np.asarray([[math.e]], np.float32), np.asarray([[math.nan]], np.float32)
    one, two = trial.judge(batch, [(SUBJECT, right, ""), (SUBJECT, wrong, "")]).outcomes
    assert one.screened is not None
    assert two.screened is not None
    assert one.screened.verdicts.classes[0, 0] == Class.ok
    assert two.screened.verdicts.symptoms[0, 0] == Symptom.nan


def test_a_placed_row_is_judged_at_every_position() -> None:
    trial = trial_of("softmax", "float32")
    judgement = trial.run_placed(batch_of("float32", x=[1.0, 2.0, 3.0]), SUBJECT, Placement(17, 3))
    (outcome,) = judgement.outcomes
    assert outcome.screened is not None
    assert outcome.screened.verdicts.classes.shape == (17, 3)
    assert (outcome.screened.verdicts.classes == Class.ok).all()


@pytest.mark.parametrize("length", [2, 64, 1000])
def test_the_limit_of_a_sum_grows_with_its_length(length: int) -> None:
    """gamma_n: n roundings are the textbook's bound, so n/2 ulps of a sum of equal terms are no finding."""
    trial = trial_of("sum", "float32")
    batch = Batch("float32", {"x": np.ones((1, length), np.float32)})
    off = np.float32(length) * (1 + 0.4 * length * 2.0**-24)
    (outcome,) = judge_answers(trial, batch, [[off]]).outcomes
    assert outcome.screened is not None
    assert outcome.screened.verdicts.classes[0, 0] < Class.inaccurate


def test_the_order_of_rows_changes_no_verdict() -> None:
    trial = trial_of("gelu", "float32")
    rng = np.random.default_rng(7)
    x = (rng.normal(size=64) * 4).astype(np.float32)
    answers = (x * rng.choice([0.5, 1.0], 64)).astype(np.float32)[:, np.newaxis]
    back = np.arange(64)[::-1]
    (one,) = judge_answers(trial, Batch("float32", {"x": x}), answers).outcomes
    (two,) = judge_answers(trial, Batch("float32", {"x": x[back]}), answers[back]).outcomes
    assert one.screened is not None
    assert two.screened is not None
    np.testing.assert_array_equal(one.screened.verdicts.classes[back], two.screened.verdicts.classes)
    np.testing.assert_array_equal(one.screened.verdicts.ulps[back], two.screened.verdicts.ulps)
