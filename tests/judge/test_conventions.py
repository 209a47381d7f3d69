"""Gradients that a framework documents where there is none: it is held to them, nobody else is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.judge.known import evidence_of, rule_of
from tests.planted_framework import batch_of, evaluator_of
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.judge.contract import documented, source_of
from ulpfuzz.fuzzer.judge.judge import judge
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.oracle import reference

NAN, INF = math.nan, math.inf


def judged(
    framework: str, op: str, order: str, answers: list[float], params: dict[str, Any], **inputs: Any
) -> tuple[Class, Symptom]:
    """The verdict on the first of the answers of one row."""
    evaluator = evaluator_of(op, "float32", order, **params)
    batch = batch_of("float32", **inputs)
    truth = reference(evaluator.function, batch.exact())
    given = np.asarray([answers], np.float32)
    rule = rule_of(op, order, length=2)
    verdicts = judge(given, rule, evidence_of(truth, rule, batch), Policy(framework=framework)).verdicts
    return Class(verdicts.classes[0, 0]), Symptom(verdicts.symptoms[0, 0])


WRONG = [
    ("norm", {"ord": 2}, {"x": [0.0, 0.0], "cotangent": [2.0]}, NAN, Symptom.nan),
    ("norm", {"ord": 1}, {"x": [0.0, 0.0], "cotangent": [2.0]}, NAN, Symptom.nan),
    ("norm", {"ord": 3}, {"x": [0.0, 0.0], "cotangent": [-2.0]}, INF, Symptom.inf),
    ("norm", {"ord": INF}, {"x": [0.0, 0.0], "cotangent": [1.0]}, 1.5, Symptom.precision),
    ("std", {}, {"x": [2.0, 2.0], "cotangent": [1.0]}, NAN, Symptom.nan),
    ("hypot", {}, {"x": 0.0, "y": 0.0}, NAN, Symptom.nan),
    ("relu6", {}, {"x": 6.0}, 1.0, Symptom.precision),
]  # fmt: skip


@pytest.mark.parametrize(("op", "params", "inputs", "answer", "symptom"), WRONG)
def test_a_documented_gradient_is_held_to_its_page(
    op: str, params: dict[str, Any], inputs: dict[str, Any], answer: float, symptom: Symptom
) -> None:
    count = sum(np.size(v) for name, v in inputs.items() if name != "cotangent")
    others = [0.0] * (count - 1)
    assert judged("torch", op, "grad", [answer, *others], params, **inputs) == (Class.unstable, symptom)
    assert judged("torch", op, "grad", [0.0, *others], params, **inputs)[0] is Class.ok
    if params.get("ord") not in (1, INF) and op != "relu6":  # kinks of |x| and clipping, where NaN is wrong for everybody
        assert judged("tensorflow", op, "grad", [answer, *others], params, **inputs)[0] is Class.ok  # documents nothing
    row = batch_of("float32", **inputs)
    assert source_of(op_named(op), row, "grad", "torch").startswith("https://docs.pytorch.org")
    assert not source_of(op_named(op), row, "grad", "tensorflow")


def test_any_subgradient_of_a_norm_is_right() -> None:
    for answer in (0.0, 2.0, -2.0, 0.5):
        assert judged("torch", "norm", "grad", [answer, 0.0], {}, x=[0.0, 0.0], cotangent=[2.0])[0] is Class.ok
    assert judged("torch", "norm", "grad", [2.5, 0.0], {}, x=[0.0, 0.0], cotangent=[2.0])[0] is Class.unstable


def test_conventions_speak_of_their_points_only() -> None:
    norm = op_named("norm")
    x = np.asarray([[0.0, 0.0], [0.0, 1.0], [3.0, 4.0]], np.float32)
    held = documented(norm, Batch("float32", {"x": x, "cotangent": np.ones((3, 1), np.float32)}), 2, "grad", "torch")
    assert held is not None
    assert held.held.tolist() == [[True, True], [False, False], [False, False]]
    assert documented(norm, Batch("float32", {"x": x}), 2, "value", "torch") is None
    infinite = np.full((3, 1), np.inf, np.float32)
    assert documented(norm, Batch("float32", {"x": x, "cotangent": infinite}), 2, "grad", "torch") is None


def test_every_convention_names_its_page() -> None:
    for op in ops().values():
        for convention in op.conventions:
            assert convention.source.startswith("https://")
            assert convention.low <= convention.high
            assert set(convention.frameworks) <= {i.framework for i in op.implementations}
