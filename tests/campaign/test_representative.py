"""The case of a finding: an everyday candidate where one is surely wrong, simplified by one call of a shape that was seen; its answers beside."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from test_shrink import CASES, candidate_of, evaluator_of

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.defects.place import place_among
from ulpfuzz.fuzzer.evaluation.calls import Calls
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.place import place_seen
from ulpfuzz.fuzzer.proof.representative import Simplifier, by_promise
from ulpfuzz.fuzzer.proof.shrink import complexity, least_excess
from ulpfuzz.fuzzer.proof.verdict_to_finding import findings_of
from ulpfuzz.fuzzer.search.ledger import KEPT, Candidate, Ledger

pytestmark = pytest.mark.usefixtures("planted")


def candidate(symptom: Symptom, x: float, *, class_: Class = Class.unstable, ulps: float = math.inf) -> Candidate:
    row = Batch("float32", {"x": np.float32([x])})
    return Candidate(row, 0, class_, symptom, ulps, ulps, 0 if x == 0 or not math.isfinite(x) else math.frexp(x)[1] - 1)


def test_everyday_inputs_stand_for_a_symptom_unless_they_lose_much_less() -> None:
    far, near, infinite = candidate(Symptom.inf, 3e30), candidate(Symptom.inf, 90.0), candidate(Symptom.inf, math.inf)
    assert by_promise([infinite, far, near], {}, 4.0) == [near, far, infinite]
    little, much = candidate(Symptom.precision, 3.0, ulps=9.0), candidate(Symptom.precision, 2.0**20, ulps=2.0**22)
    assert by_promise([little, much], {}, 4.0)[0] is much
    unsure = candidate(Symptom.inf, 1.0, class_=Class.inaccurate)
    assert by_promise([unsure, far], {}, 4.0)[0] is far


@pytest.mark.parametrize("case", CASES)
def test_a_simplified_row_fails_alike_and_is_no_more_complex(case: str) -> None:
    op, kernel, order, symptom, inputs = CASES[case]
    evaluator, subject = evaluator_of(op, kernel, order)
    seen = candidate_of(evaluator, symptom, **inputs)
    calls: Counter[str] = Counter()
    with counted(evaluator.calls, calls):
        chosen = list(Simplifier(evaluator).simpler(subject, seen))
    assert calls["call"] <= 1
    assert chosen[-1] is seen
    assert len(chosen) > 1
    simple = next(c for c in chosen if place_seen(evaluator, subject, c) is not None)
    (outcome,) = evaluator.run(simple.row).outcomes
    assert outcome.judged is not None
    assert outcome.judged.verdicts.classes[0, simple.output] == seen.class_
    assert outcome.judged.verdicts.symptoms[0, simple.output] == symptom
    assert not outcome.judged.verdicts.excess[0, simple.output] < least_excess(seen)
    assert numbers_of(simple) < numbers_of(seen)
    assert {n: v.shape for n, v in simple.row.inputs.items()} == {n: v.shape for n, v in seen.row.inputs.items()}


def numbers_of(of: Candidate) -> tuple[int, int]:
    return complexity([float(v) for values in of.row.exact().values() for v in values.ravel()], of.row.format)


class counted:
    """Counts the framework calls inside."""

    def __init__(self, calls: Calls, into: Counter[str]) -> None:
        self.calls, self.into, self.attempt = calls, into, calls.attempt

    def __enter__(self) -> None:
        def attempt(*args: Any, **rest: Any) -> Any:
            self.into["call"] += 1
            return self.attempt(*args, **rest)

        self.calls.attempt = attempt  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self.calls.attempt = self.attempt  # type: ignore[method-assign]


def test_an_idle_extreme_input_becomes_an_everyday_one() -> None:
    """Groups of defects read which inputs are extreme."""
    evaluator, subject = evaluator_of("faulty_xlog1py", "xlog1py_cancelling")
    seen = candidate_of(evaluator, Symptom.zero, x=3.3e17, y=1.1111e-9)
    simple = next(c for c in Simplifier(evaluator).simpler(subject, seen) if place_seen(evaluator, subject, c) is not None)
    place = place_among({n: map(float, v.ravel()) for n, v in simple.row.exact().items()}, {}, simple.row.format)
    assert place.outside == {"y small"}


def test_a_dear_function_is_not_simplified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ulpfuzz.fuzzer.proof.representative.evaluation_cost", lambda *_: 1.0)
    evaluator, subject = evaluator_of("faulty_exp", "exp_sign")
    seen = candidate_of(evaluator, Symptom.wrong_sign, x=21.123)
    assert list(Simplifier(evaluator).simpler(subject, seen)) == [seen]


def test_a_proof_compiles_nothing() -> None:
    """Where every shape is compiled, variants, places and answers beside come in shapes that the search has seen."""
    cell = Cell("exp", (), "float32", "value")
    evaluator = Evaluator(cell, subjects_of(cell, ("jax:cpu:eager",))[:1])
    (subject,) = evaluator.subjects
    batch = Batch("float32", {"x": np.linspace(0, 1, 200, dtype=np.float32)})
    evaluator.run(batch)
    assert evaluator.calls.rows_seen(subject, batch) == [4096]
    few = batch.take(slice(0, 7))
    assert evaluator.calls.rows_without_compiling(subject, few) == 4096
    evaluator.run(few)
    assert evaluator.calls.rows_without_compiling(subject, few) == 64
    evaluator.run_placed(batch.take(slice(0, 1)), subject, Placement(1))
    assert evaluator.calls.rows_seen(subject, batch) == [1, 64, 4096]
    assert evaluator.calls.rows_without_compiling(subject, batch.take(slice(0, 1))) == 64  # one row is padded
    other = Batch("float32", {"x": np.ones((3, 2), np.float32)})
    assert evaluator.calls.rows_without_compiling(subject, other) is None


def test_a_framework_that_compiles_nothing_is_called_with_as_many_rows_as_there_are() -> None:
    evaluator, subject = evaluator_of("faulty_exp", "exp_right")
    batch = Batch("float32", {"x": np.linspace(0, 1, 7, dtype=np.float32)})
    evaluator.run(batch)
    assert evaluator.calls.rows_without_compiling(subject, batch) == 7


def test_a_ledger_keeps_the_worst_and_what_is_nearest_to_1() -> None:
    evaluator, subject = evaluator_of("faulty_exp", "exp_right")
    ledger = Ledger(evaluator.cell, subject)
    # What is wrong everywhere, and the worse the farther from 1.
    x = np.float32(2.0) ** -np.arange(0, 40, dtype=np.float32)
    batch = Batch("float32", {"x": x})
    wrong = np.exp(x.astype(np.float64)) * (1 + 1e-4 * np.arange(1, 41))
    judgement = evaluator.judge(batch, [(subject, wrong.astype(np.float32)[:, np.newaxis], "")])
    ledger.add(judgement, judgement.outcomes[0])
    kept = ledger.best(Symptom.precision)
    assert len(kept) == KEPT
    assert kept[0].exponent == -39
    assert {0, -1, -2} <= {c.exponent for c in kept}


# The answers beside


def found(op: str, kernels: list[str], x: list[float]) -> tuple[Evaluator, list[list[Any]], Counter[str]]:
    """The findings of these kernels, each judged on the same numbers, and the framework calls that certifying took."""
    cell = Cell(op, tuple(op_named(op).default_params().items()), "float32", "value")
    known = {s.implementation.call.removeprefix("faulty.").partition("(")[0]: s for s in subjects_of(cell, ("faulty:cpu:eager",))}
    evaluator = Evaluator(cell, [known[kernel] for kernel in kernels])
    judgement = evaluator.run(Batch("float32", {"x": np.float32(x)}))
    ledgers = [Ledger(cell, subject) for subject in evaluator.subjects]
    for ledger, outcome in zip(ledgers, judgement.outcomes, strict=True):
        ledger.add(judgement, outcome)
    calls: Counter[str] = Counter()
    with counted(evaluator.calls, calls):
        findings = findings_of(evaluator, ledgers, {})
    return evaluator, findings, calls


def test_one_finding_takes_few_calls() -> None:
    _, findings, calls = found("faulty_exp", ["exp_sign", "exp_scalar", "exp_right"], [21.123, 1.5, 3.0])
    (wrong_sign,) = [f for of in findings for f in of if f.symptom == "wrong_sign"]
    assert wrong_sign.case["placement"]["length"] == 1
    assert [a.implementation for a in wrong_sign.answers] == ["faulty.exp_sign(x)", "faulty.exp_scalar(x)", "faulty.exp_right(x)"]
    assert wrong_sign.avoidable_by == ["faulty:cpu:eager"]
    count = sum(map(len, findings))
    assert calls["call"] <= 4 * count + 3 * len(findings)  # simplified, placed, and answered beside by all at once


def test_a_known_finding_is_not_certified_again() -> None:
    evaluator, findings, _ = found("faulty_exp", ["exp_sign"], [21.123])
    (finding,) = findings[0]
    ledger = Ledger(evaluator.cell, evaluator.subjects[0])
    judgement = evaluator.run(Batch("float32", {"x": np.float32([21.5])}))
    ledger.add(judgement, judgement.outcomes[0])
    calls: Counter[str] = Counter()
    with counted(evaluator.calls, calls):
        assert findings_of(evaluator, [ledger], {finding.id: finding.excess}) == [[]]
    assert not calls
