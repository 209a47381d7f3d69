"""What the study says of a finding: its root cause by its looks, and rows that are like it."""

from __future__ import annotations

from typing import Any

import pytest
from planted_findings import planted

from ulpfuzz.corpus.historic.rows import PATCH_CLASSES, REASONS, ROOT_CAUSES, rows
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.defects.case_file import Diagnosis
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.reports.model import entry_of
from ulpfuzz.reports.study import cause_of, similar_rows


def case(**inputs: Any) -> dict[str, Any]:
    def told(x: Any) -> Any:
        return [told(v) for v in x] if isinstance(x, list) else float(x).hex()

    return {"dtype": "float32", "inputs": {name: told(x) for name, x in inputs.items()}, "placement": {}}


@pytest.mark.parametrize(
    ("op", "symptom", "inputs", "reference", "cause"),
    [
        ("softplus", "inf", {"x": 100.0}, "100", "overflow"),
        ("softmax", "nan", {"x": [10.0, 100.0, 1000.0]}, "1", "overflow"),
        ("norm", "inf", {"x": [1e30, 1e30]}, "1.4e30", "overflow"),
        ("norm", "zero", {"x": [1e-30, 1e-30]}, "1.4e-30", "underflow"),
        ("cosine_similarity", "nan", {"x": [1e-30], "y": [1e-30]}, "1", "underflow"),
        ("log1p", "zero", {"x": 1e-10}, "1e-10", "precision"),
        ("var", "precision", {"x": [10000.0, 10000.1]}, "0.005", "precision"),
        ("var", "wrong_sign", {"x": [10000.0, 10000.1]}, "0.005", "precision"),
        ("exp", "precision", {"x": -100.0}, "3.7e-44", "underflow"),
        ("log", "missed_inf", {"x": 0.0}, "-inf", "invalid"),
        ("sigmoid", "nan", {"x": float("-inf")}, "0", "invalid"),
        ("exp", "crash", {"x": 1.0}, "2.7", "other"),
    ],
)
def test_the_root_cause_is_read_off(op: str, symptom: str, inputs: dict[str, Any], reference: str, cause: str) -> None:
    assert cause_of(planted(op=op, symptom=symptom, case=case(**inputs), reference=reference)) == cause


@pytest.mark.parametrize("symptom", [s.name for s in Symptom])
def test_every_symptom_has_a_cause_of_the_vocabulary(symptom: str) -> None:
    for x in (0.0, 1.0, 1e-40, 1e30, float("inf"), float("nan")):
        for reference in ("0", "1", "1e-42", "inf", "nan", "[-inf, inf]"):
            assert cause_of(planted(symptom=symptom, case=case(x=x), reference=reference)) in ROOT_CAUSES


def test_rows_are_of_the_same_op_and_root_cause() -> None:
    similar = similar_rows(planted(op="softmax", symptom="nan", case=case(x=[10.0, 100.0, 1000.0]), reference="1"))
    assert similar is not None
    assert {row.root_cause for row in similar.rows} == {"overflow"}
    assert all("softmax" in row.catalogue for row in similar.rows)
    assert similar.rows[0].commit[:10] in similar.lines[0]
    assert "ulpfuzz deepstability --rows " in similar.command
    assert similar.as_dict()["rows"][0]["like"] == "op"


def test_a_diagnosis_decides_which_rows_are_alike() -> None:
    finding = planted(op="softmax", symptom="nan", case=case(x=[10.0, 100.0, 1000.0]), reference="1")
    assert similar_rows(finding, Diagnosis("compiler", "", True, "")) is None
    cancels = similar_rows(finding, Diagnosis("cancellation", "", True, ""))
    assert cancels is None or {row.root_cause for row in cancels.rows} == {"precision"}


def test_an_op_that_the_study_has_not_is_like_no_row() -> None:
    assert similar_rows(planted(op="gelu", symptom="inf", case=case(x=100.0), reference="100")) is None


def test_nothing_is_said_of_an_unknown_op_or_a_crash() -> None:
    assert similar_rows(planted(op="nobody_knows_it")) is None
    assert similar_rows(planted(symptom="crash")) is None
    assert entry_of(planted(op="nobody_knows_it")).similar_rows is None


def test_the_rows_name_ops_of_the_catalogue_and_reasons_in_words() -> None:
    known = ops()
    for row in rows().values():
        assert set(row.catalogue) <= set(known), row.index
        assert not row.reason or row.reason in REASONS
        assert row.patch_class in PATCH_CLASSES
    assert {row.reason for row in rows().values() if row.reason} == set(REASONS)
