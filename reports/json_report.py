"""The report as strict JSON, for scripts. Keys may be added, never renamed; a renamed key would raise SCHEMA_VERSION.

Non-finite numbers are the strings "inf", "-inf" and "nan". Top level:

"schema", "schema_version"
"run": the fields of a Run: id, seed, started, budget, state, seconds, verdicts, cells, cells_planned, by_tier, by_phase,
    environment
"baseline": a run's id, or null
"targets": what is recorded of each: target, version, interpreter, switches
"unsupported": calls that a target does not support: cell, target, call, message
"summary": sentence, judged, undecided, verdicts_per_second, classes, statuses, symptoms (framework -> symptom -> findings), labels (counts),
    compile_seconds, and the elements compared by placement with those whose bits differ within the limits (compared, differing)
"defects": those that changed since the baseline first, then by kind, `ordinary` first, and score: the keys of `ulpfuzz defects --json`
    (fuzzer.defects.defect_json) with "case_file": all that casework found, or null
"findings": the worst first, those of composed calls after all others, each the fields of a Finding ("class" without underscore) with "headline",
    "command", "script", a file beside the report, or null where the target has none, "script_run": "confirmed" where it was run and showed the
    defect, null where it was not run yet, "script_says": the line that it ended with, and "advice": what the study DeepStability knows of such
    findings, or null: root_cause, text, command, rows; "class" holds the label of one that has one, "reason" why,
    "measured_class" what the judge measured
"documented", "flush": what is no finding: the fields of a Finding each; of flushes one record for each target, family and threshold, with "count"
    and "members"
"rejected": calls that check an argument at the edge of its domain or beyond: cell, target, call, message, reason
"unconfirmed": findings whose script was run and did not show the defect: a fault of ulpfuzz; as "findings", and not among them
"fixed", "not_run": findings of the baseline
"cells": the fields of a CellSummary each

Records are short: "profile", "answers" and "advice" are those of the faces of defects, a profile in four digits; of other findings, and of cells,
they are empty or null, and `ulpfuzz show F --json` has them.

"facts": of sweeps over all inputs: the fields of a Fact each
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from ulpfuzz.fuzzer.defects.defect_json import as_json as defect_json
from ulpfuzz.fuzzer.findings.label import as_json
from ulpfuzz.fuzzer.findings.strict_json import jsonable
from ulpfuzz.reports.defect_entry import DefectEntry
from ulpfuzz.reports.entry import Entry
from ulpfuzz.reports.model import Report

SCHEMA = "ulpfuzz-report"
SCHEMA_VERSION = 1


def as_dict(report: Report) -> dict[str, Any]:
    """The report as JSON-ready dicts and lists."""
    faces = {e.defect.face for e in report.defects}
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "run": jsonable(report.run),
        "baseline": report.baseline or None,
        "targets": report.targets,
        "unsupported": report.unsupported,
        "rejected": report.rejected,
        "summary": {
            "sentence": report.sentence,
            "judged": report.judged,
            "undecided": report.undecided,
            "verdicts_per_second": report.throughput,
            "classes": report.classes,
            "statuses": report.statuses,
            "symptoms": report.symptoms[1],
            "labels": report.labels,
            "compile_seconds": report.compile_seconds,
            "compared": sum(cell.compared for cell in report.cells),
            "differing": sum(cell.differing for cell in report.cells),
        },
        "defects": [_defect(e) for e in report.defects],
        "findings": [_entry(e, e.finding.id in faces) for e in (*report.entries, *report.composed)],
        "unconfirmed": [_entry(e, True) for e in report.unconfirmed],
        "documented": [as_json(f) for f in report.documented],
        "flush": [record.as_json() for record in report.flushes],
        "fixed": jsonable(report.fixed),
        "not_run": jsonable(report.not_run),
        "cells": jsonable([replace(cell, profile=[]) for cell in report.cells]),
        "facts": jsonable(report.facts),
    }


def _defect(entry: DefectEntry) -> dict[str, Any]:
    return {**defect_json(entry.defect, entry.case_file), "case_file": jsonable(entry.case_file) if entry.case_file else None}


def _entry(entry: Entry, whole: bool) -> dict[str, Any]:
    """A finding; whole: with its profile and the answers of all targets."""
    f = entry.finding
    shown = replace(f, profile=[[_short(v) for v in row] for row in f.profile]) if whole else replace(f, profile=[], answers=[])
    return {
        **as_json(shown),
        "headline": entry.headline,
        "script": f"repro/{entry.script_name}" if entry.script else None,
        "script_run": f.script or None,
        "command": entry.command,
        "advice": entry.similar_rows.as_dict() if whole and entry.similar_rows else None,
    }


def _short(value: float) -> float:
    """Four digits of a size; whole numbers without their point."""
    if not math.isfinite(value):
        return value
    return int(value) if value == int(value) and abs(value) < 1e6 else float(f"{value:.4g}")


def render(report: Report) -> str:
    return json.dumps(as_dict(report), allow_nan=False, ensure_ascii=False, separators=(",", ":")) + "\n"
