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
"facts": of sweeps over all inputs: the fields of a Fact each
"""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.findings.label import as_json
from ulpfuzz.fuzzer.findings.strict_json import jsonable, to_json
from ulpfuzz.reports.entry import Entry
from ulpfuzz.reports.model import Report

SCHEMA = "ulpfuzz-report"
SCHEMA_VERSION = 1


def as_dict(report: Report) -> dict[str, Any]:
    """The report as JSON-ready dicts and lists."""
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
        "findings": [_entry(e) for e in (*report.entries, *report.composed)],
        "unconfirmed": [_entry(e) for e in report.unconfirmed],
        "documented": [as_json(f) for f in report.documented],
        "flush": [record.as_json() for record in report.flushes],
        "fixed": jsonable(report.fixed),
        "not_run": jsonable(report.not_run),
        "cells": jsonable(report.cells),
        "facts": jsonable(report.facts),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        **as_json(entry.finding),
        "headline": entry.headline,
        "script": f"repro/{entry.script_name}" if entry.script else None,
        "script_run": entry.finding.script or None,
        "command": entry.command,
        "advice": entry.advice.as_dict() if entry.advice else None,
    }


def render(report: Report) -> str:
    return to_json(as_dict(report)) + "\n"
