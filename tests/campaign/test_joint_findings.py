"""A planted gradient that is right element by element and nowhere together: from the search to a finding, the store, and the same again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_calls import plant_call

from ulpfuzz.fuzzer.case import COTANGENT, Batch, Placement
from ulpfuzz.fuzzer.casework.simplest import simplest
from ulpfuzz.fuzzer.catalog.op import Implementation
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.defects.behaviour import behaviour_of
from ulpfuzz.fuzzer.defects.kind import kind_of, lost
from ulpfuzz.fuzzer.defects.memory import defects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.functional import answer_of, together
from ulpfuzz.fuzzer.findings.headline import headline
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.backends.expression import placed
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.frameworks.targets.target import register
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.probe import probe
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.fuzzer.proof.place import Placed
from ulpfuzz.fuzzer.proof.verdict_to_finding import findings_of, known_candidate, recertified
from ulpfuzz.fuzzer.search.ledger import Ledger
from ulpfuzz.reports.issue import issue_text

NAME = "planted_joint"
F = np.float32


class Planted(InProcess):
    """The gradient of log-sum-exp as exp(x - lse), the log-sum-exp rounded to the format ("saved"), or as softmax ("shifted")."""

    name = NAME
    version = "1"
    orders = ("value", "grad")
    mended = False

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        if call.implementation.call == "x * y":  # the probe of flush_policy
            return np.asarray(batch.inputs["x"] * batch.inputs["y"])[:, np.newaxis]
        x, weights = batch.inputs["x"].astype(np.float64), batch.inputs[COTANGENT].astype(np.float64)
        top = x.max(axis=-1, keepdims=True)
        total = top + np.log(np.exp(x - top).sum(axis=-1, keepdims=True))
        saved = call.implementation.call == "saved" and not self.mended
        return np.asarray(np.exp(x - (total.astype(F).astype(np.float64) if saved else total)) * weights).astype(F)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(call, placed(batch, placement))


register(NAME, Planted)
SUBJECTS = [Subject(f"{NAME}:cpu:eager", Implementation(NAME, call)) for call in ("saved", "shifted")]


def searched() -> tuple[Evaluator, dict[str, list[Finding]]]:
    """The evaluator, and the findings of each call."""
    evaluator = Evaluator(Cell("logsumexp", (), "float32", "grad"), SUBJECTS)
    rows = [[3e7, 3e7, 3e7, 3e7], [1.0, 2.0, 3.0, 4.0], [12345678.0, 12345678.0, 5.0, 12345677.0]]
    batch = evaluator.ordered(Batch("float32", {"x": F(rows), COTANGENT: np.ones((3, 1), F)}))
    judgement = evaluator.run(batch)
    found = {}
    for subject, outcome in zip(SUBJECTS, judgement.outcomes, strict=True):
        ledger = Ledger(evaluator.cell, subject)
        ledger.add(judgement, outcome)
        found[subject.implementation.call] = findings_of(evaluator, [ledger], {})[0]
    return evaluator, found


@pytest.fixture(autouse=True)
def _calls_of_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    for subject in SUBJECTS:
        plant_call(monkeypatch, "logsumexp", NAME, subject.implementation.call)


@pytest.fixture(name="finding", scope="module")
def _finding() -> Finding:
    (finding,) = searched()[1]["saved"]
    return finding


def test_the_one_call_has_a_finding_and_the_other_none() -> None:
    _, found = searched()
    assert [f.symptom for f in found["saved"]] == ["joint"]
    assert found["shifted"] == []


def test_the_finding_says_what_is_wrong_of_the_outputs_together(finding: Finding) -> None:
    joint = together(finding)
    assert joint is not None
    assert (finding.class_, finding.certified_by, finding.limit) == ("unstable", "arb+mpmath", None)
    assert joint.name == "sum"
    assert joint.outputs.start == 0
    assert float(finding.reference) == 1
    assert finding.output == float.fromhex(finding.output_hex) != 1
    assert finding.ulps == pytest.approx(abs(finding.output - 1) / joint.ulp)
    assert "each output is right for inputs nearby" in finding.note
    other = next(a for a in finding.answers if a.implementation == "shifted")
    assert other.output == pytest.approx(1)
    assert other.ulps < 4
    assert headline(finding).startswith("sum of d/dx logsumexp(x=[")
    assert headline(finding).endswith("true value 1.0 (float32, planted_joint)")
    assert "-grad-float32-joint-" in finding.id


def test_it_is_shrunk_to_few_numbers_most_of_them_equal(finding: Finding) -> None:
    simple = simplest(finding)
    assert simple is not None
    x = case_of(simple).batch().inputs["x"][0]
    assert len(x) <= 3
    assert len(np.unique(x)) <= 2  # equal, or one beside them that is far below


def test_it_is_a_defect_like_others(finding: Finding) -> None:
    assert kind_of(finding) in ("ordinary", "range")
    assert behaviour_of(finding).look == "joint"
    assert lost(finding) > 0.25


def test_it_comes_back_from_the_store(finding: Finding, tmp_path: Path) -> None:
    run = Run("r1", 1, "2026-01-01T00:00:00Z", "1m")
    with Store(f"sqlite:///{tmp_path}/t.db") as store:
        store.start_run(run)
        store.save_shard(run.id, "s1", "{}", [], [finding])
        (stored,) = store.findings(run.id)
        (defect,) = defects_of(store, run.id)
    assert together(stored) == together(finding)
    assert stored.note == finding.note
    text = issue_text(defect, stored, script="")
    assert "The sum of the gradient of `saved`" in text
    assert "but no inputs give all of them" in text
    assert answer_of(stored, np.full(4, 0.25)) == 0.25 * len(together(finding).outputs)  # type: ignore[union-attr]


def test_it_is_reproduced_and_gone_where_it_is_mended(finding: Finding, monkeypatch: pytest.MonkeyPatch) -> None:
    again = reproduce(finding)
    assert again.still_fails
    assert (again.now.symptom, again.now.output, again.now.ulps) == ("joint", finding.output, finding.ulps)
    monkeypatch.setattr(Planted, "mended", True)
    gone = reproduce(finding)
    assert not gone.still_fails
    assert gone.now.class_ == Class.ok.name
    assert gone.now.output == pytest.approx(1)
    assert "gone" in gone.message


def test_the_same_bits_are_certified_again(finding: Finding) -> None:
    evaluator, _ = searched()
    case = case_of(finding)
    candidate = known_candidate(case.batch(), finding.worst, Symptom.joint)
    again = recertified(evaluator, SUBJECTS[0], candidate, Placed.known(case.placement, Symptom.joint))
    assert again is not None
    assert (again.case["functional"], again.output, again.reference) == (
        finding.case["functional"],
        finding.output,
        finding.reference,
    )


def test_a_probe_says_it_of_all_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    record = op_named("logsumexp")
    planted = replace(record, implementations=tuple(subject.implementation for subject in SUBJECTS))
    monkeypatch.setitem(ops(), "logsumexp", planted)
    found = probe("logsumexp", "float32", {"x": [3e7, 3e7]}, order="grad", targets=f"{NAME}:cpu:eager")
    saved, shifted = found.targets
    assert [c.name for c in saved.classes] == ["unstable", "unstable"]
    assert {s.name for s in saved.symptoms} == {"joint"}
    assert saved.together is not None
    assert saved.reason == saved.together.sentence
    told, right = found.to_json()["targets"]
    assert told["functional"]["name"] == "sum"
    assert float(told["functional"]["reference"]) == 1
    assert "functional" not in right
    assert [c.name for c in shifted.classes] == ["ok", "ok"]
