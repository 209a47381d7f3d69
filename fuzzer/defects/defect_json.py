"""The documented JSON of a defect, for scripts: keys may be added, none is ever renamed."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.defects.case_file import CaseFile, OrdinaryShare
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.findings.strict_json import jsonable


def as_json(defect: Defect, file: CaseFile | None = None) -> dict[str, Any]:
    """Strict JSON. What casework has not found out is null (ordinary_share, cause) or empty (advice); "worked" says whether it looked.

    ordinary_share: {"share", "low", "high", "wrong", "samples", "distribution"}. cause: {"class", "step", "confirmed", "text", "evidence"}.
    advice: [{"way", "call", "verified_on", "worst_ulps", "worst_ulps_before"}], errors in ulps of the face's dtype. note, url, until: of
    `ulpfuzz triage`. observed: {"target version": {"failed", "passed"}}, starts of runs. rerun: {"failed", "passed"}, counts, or empty.
    """
    told = {
        "id": defect.id, "title": defect.title, "framework": defect.framework, "kind": defect.kind, "rank": defect.rank,
        "score": defect.score, "ordinary_share": None if file is None else _share(file.ordinary_share), "face": defect.face,
        "members": defect.members, "ops": defect.ops, "calls": defect.calls, "dtypes": defect.dtypes, "orders": defect.orders,
        "avoidable_by": defect.avoidable_by, "cause": None if file is None else _cause(file),
        "advice": [] if file is None else _advice(file), "state": defect.state, "status": defect.status,
        "first_seen": defect.first_seen, "last_seen": defect.last_seen, "versions": defect.versions, "because": defect.because,
        "merged": defect.merged, "similar": defect.similar, "worked": file is not None,
        "note": defect.triage.get("note", ""), "url": defect.triage.get("url", ""), "until": defect.triage.get("until", ""),
        "observed": defect.observed, "rerun": defect.rerun, "known_issue": defect.known_issue,
    }  # fmt: skip
    return {name: jsonable(value) for name, value in told.items()}


def _share(share: OrdinaryShare | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {
        "share": share.share, "low": share.low, "high": share.high, "wrong": share.wrong, "samples": share.samples,
        "distribution": share.distribution,
    }  # fmt: skip


def _cause(file: CaseFile) -> dict[str, Any] | None:
    diagnosis = file.diagnosis
    if diagnosis is None:
        return None
    evidence = [
        {"experiment": s.experiment, "outcome": s.outcome, "supports": s.supports, "refutes": s.refutes}
        for s in diagnosis.evidence
    ]
    return {
        "class": diagnosis.cause, "step": diagnosis.step, "confirmed": diagnosis.confirmed, "text": diagnosis.text,
        "evidence": evidence,
    }  # fmt: skip


def _advice(file: CaseFile) -> list[dict[str, Any]]:
    return [
        {
            "way": a.way, "call": a.call, "verified_on": a.verified_on, "worst_ulps": a.worst_ulps_after,
            "worst_ulps_before": a.worst_ulps_before,
        }
        for a in file.advice
    ]  # fmt: skip
