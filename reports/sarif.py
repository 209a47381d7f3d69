"""The defects as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format), which code scanning of GitHub and others read.

One result per defect that the run shows or could not run again; a fixed one is left out, by which a reader closes its alert. The rule is the
defect's kind. Defects that people have called known or wontfix are there, suppressed.

The records below name what we use of the format, by its own words; msgspec writes them, without what was left at its default.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal
from urllib.parse import quote

import msgspec

import ulpfuzz
from ulpfuzz.fuzzer.defects.defect import FIRST_PAGE, KINDS, SETTLED, Kind
from ulpfuzz.fuzzer.defects.history import ANNOUNCED, FIXED
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.fuzzer.findings.strict_json import jsonable
from ulpfuzz.reports.code_text import quoted
from ulpfuzz.reports.defect_entry import KIND_WORDS, DefectEntry
from ulpfuzz.reports.model import Report, versions_of

#: The schema that OASIS publishes; tests validate against a copy.
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: GitHub refuses a run with more results (its documentation, "SARIF support for code scanning").
MOST = 25_000

Level = Literal["error", "warning", "note"]


class _Record(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    """A part of the format, its fields in camel case."""


class Message(_Record, frozen=True):
    text: str


class Configuration(_Record, frozen=True):
    level: Level


class Rule(_Record, frozen=True):
    id: str
    name: str
    short_description: Message
    full_description: Message
    # Not left out: a rule without a level is a warning to every reader, and that is one of ours too.
    default_configuration: Configuration
    help: Message
    properties: dict[str, Any]


class Driver(_Record, frozen=True):
    name: str
    version: str
    rules: list[Rule]


class Tool(_Record, frozen=True):
    driver: Driver


class Artifact(_Record, frozen=True):
    uri: str
    description: Message


class Region(_Record, frozen=True):
    start_line: int


class Physical(_Record, frozen=True):
    artifact_location: Artifact
    region: Region


class Logical(_Record, frozen=True):
    name: str
    fully_qualified_name: str
    kind: str


class Location(_Record, frozen=True):
    physical_location: Physical
    logical_locations: list[Logical]


class Suppression(_Record, frozen=True):
    kind: Literal["external"]
    status: Literal["accepted"]
    justification: str


class Result(_Record, frozen=True):
    rule_id: str
    rule_index: int
    level: Level
    message: Message
    locations: list[Location]
    partial_fingerprints: dict[str, str]
    properties: dict[str, Any]
    baseline_state: str | None = None
    suppressions: list[Suppression] | None = None


class Invocation(_Record, frozen=True):
    execution_successful: bool
    start_time_utc: str
    properties: dict[str, Any]


class Automation(_Record, frozen=True):
    id: str


class SarifRun(_Record, frozen=True):
    tool: Tool
    automation_details: Automation
    invocations: list[Invocation]
    results: list[Result]
    column_kind: str


class Log(_Record, frozen=True):
    schema: str = msgspec.field(name="$schema")
    version: str = msgspec.field()
    runs: list[SarifRun] = msgspec.field()


def level_of(kind: Kind) -> Level:
    """error: what ordinary users meet, and what ends or shakes a process. note: infinities, poles, refusals and subnormal numbers."""
    if kind in FIRST_PAGE:
        return "error"
    return "note" if kind in ("special", "exception", "flush") else "warning"


def log_of(report: Report, folder: str = "") -> Log:
    """The log of a report. folder: where the report lies, as the SARIF file's readers see it ("" beside the file)."""
    run = report.run
    shown = [entry for entry in report.defects if entry.defect.status != FIXED][:MOST]
    scripts = {e.finding.id: e.script_name for e in (*report.entries, *report.composed, *report.unconfirmed) if e.script}
    versions = versions_of(run.environment)
    results = [_result(entry, scripts.get(entry.face.id, ""), folder, versions) for entry in shown]
    invocation = Invocation(
        execution_successful=run.verdicts > 0, start_time_utc=one_line(run.started),
        properties={"state": one_line(run.state), "seed": run.seed, "verdicts": run.verdicts, "cells": run.cells, "cellsPlanned": run.cells_planned,
                    "baseline": one_line(report.baseline)},
    )  # fmt: skip
    driver = Driver(name="ulpfuzz", version=ulpfuzz.__version__, rules=[_rule(kind) for kind in KINDS])
    return Log(
        schema=SCHEMA, version="2.1.0",
        runs=[SarifRun(Tool(driver), Automation(f"ulpfuzz/{one_line(run.id)}"), [invocation], results, "unicodeCodePoints")],
    )  # fmt: skip


def render(report: Report, folder: str = "") -> str:
    """The log as strict JSON; see log_of."""
    text = msgspec.json.format(msgspec.json.encode(log_of(report, folder)), indent=1)
    return text.decode() + "\n"


def _rule(kind: Kind) -> Rule:
    words = KIND_WORDS[kind]
    said = f"{words[0].upper()}{words[1:]}."
    helped = f"{said} `ulpfuzz show ID` shows a defect with its case, `ulpfuzz repro ID` runs it again."
    return Rule(
        id=kind, name=f"{kind.capitalize()}Defect", short_description=Message(said), full_description=Message(said),
        default_configuration=Configuration(level_of(kind)), help=Message(helped), properties={"tags": ["numerics", kind]},
    )  # fmt: skip


def _result(entry: DefectEntry, script: str, folder: str, versions: dict[str, str]) -> Result:
    d, f = entry.defect, entry.face
    # Readers of GitHub's kind want a file for every result. The script shows the defect where there is one, else the report tells of it.
    place = f"repro/{script}" if script else "report.html"
    about = "runs this defect alone" if script else "the report of the run, as `ulpfuzz report` writes it"
    artifact = Artifact(quote(f"{folder}/{place}" if folder else place, errors="backslashreplace"), Message(about))
    call = one_line(f.implementation)
    name = f"{d.framework}: {call}"
    properties = {
        "id": d.id, "framework": d.framework, "kind": d.kind, "status": d.status, "state": d.state, "rank": d.rank, "score": d.score, "op": f.op,
        "ops": d.ops, "calls": d.calls, "dtype": f.dtype, "dtypes": d.dtypes, "order": f.order, "orders": d.orders, "target": f.target,
        "symptom": f.symptom, "ulps": f.ulps, "limit": f.limit, "truth": f.reference, "answer": f.output, "answerHex": f.output_hex,
        "inputs": f.case.get("inputs", {}), "finding": f.id, "findings": len(d.members), "certifiedBy": f.certified_by,
        "rightOnTheSameBits": d.avoidable_by, "versions": versions, "firstSeen": d.first_seen, "lastSeen": d.last_seen,
    }  # fmt: skip
    suppressed = d.state in SETTLED
    return Result(
        rule_id=d.kind, rule_index=KINDS.index(d.kind), level=level_of(d.kind),
        message=Message(f"{one_line(d.title)}. Run it again: ulpfuzz repro {quoted(f.id)}"),
        locations=[Location(Physical(artifact, Region(1)), [Logical(call, one_line(name), "function")])],
        partial_fingerprints={
            "ulpfuzzDefect/v1": one_line(d.id),
            # The one fingerprint that GitHub compares; otherwise it hashes lines of the file, which scripts have in common.
            "primaryLocationLineHash": f"{hashlib.sha256(d.id.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}:1",
        },
        properties=_clean(jsonable(properties)),
        baseline_state="new" if d.status in ANNOUNCED else "unchanged",
        suppressions=[Suppression("external", "accepted", f"called {d.state} by people")] if suppressed else None,
    )  # fmt: skip


def _clean(value: Any) -> Any:
    """JSON-ready data with every text in one line."""
    if isinstance(value, str):
        return one_line(value, 4000)
    if isinstance(value, dict):
        return {one_line(name): _clean(item) for name, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, (list, tuple)) else value
