"""Defect page: what the page of one defect shows, gathered for its template."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding
from ulpfuzz.fuzzer.findings.headline import SILENT, arrays_of, headline
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.reports.defect_entry import KIND_WORDS, DefectEntry
from ulpfuzz.reports.entry import Entry, entry_of
from ulpfuzz.reports.extent import interval_text
from ulpfuzz.reports.issue import issue_text
from ulpfuzz.reports.minimal_script import minimal_script
from ulpfuzz.reports.model import Report
from ulpfuzz.reports.number_line import Span, number_line
from ulpfuzz.reports.plots import Peer, profile_svg

#: Rows of the lists of findings and of similar defects.
MOST = 20
#: Inputs whose number line is drawn.
LINES = 4


@dataclass(frozen=True)
class PageContext:
    """What all pages of a report share."""

    #: By finding: as every format tells it.
    entries: Mapping[str, Entry]
    #: By op, params, order and dtype: the cells of all targets.
    cells: Mapping[tuple[str, str, str, str], Sequence[CellSummary]]
    environment: Mapping[str, Any]
    #: Ids of the findings whose stand-alone script stands in the folder.
    scripts: frozenset[str]


def context_of(report: Report) -> PageContext:
    entries = {e.finding.id: e for e in (*report.entries, *report.composed)}
    cells: dict[tuple[str, str, str, str], list[CellSummary]] = defaultdict(list)
    for cell in report.cells:
        cells[_key(cell)].append(cell)
    return PageContext(entries, cells, report.run.environment, frozenset(n for n, e in entries.items() if e.script))


def page_values(entry: DefectEntry, context: PageContext) -> dict[str, Any]:
    """What the template of a page is given."""
    face, file = entry.face, entry.case_file
    told = context.entries.get(face.id) or entry_of(face)
    peers, script = _peers(face, context), minimal_script(face)
    return {
        "d": entry.defect, "f": face, "e": told, "file": file, "numbers": numbers, "silent": SILENT,
        "arrays": told.arrays, "right": numbers.beyond_format(face.reference, face.dtype), "exact": numbers.truth(face.reference, 40),
        "plot": Markup(profile_svg(face, peers)), "peers": peers, "lines": _lines(face, file),
        "whom": _whom(entry), "seen": bool(face.extent.get("inputs")),
        "intervals": [interval_text(i, face.dtype) for i in file.extent] if file else [],
        "ordinary": _ordinary(face, file), "advice": _advice(file), "script": script,
        "issue": issue_text(entry.defect, face, file, context.environment, entry.members, script),
        "file_name": told.script_name if face.id in context.scripts else "",
        "members": [(f, _line(f, context)) for f in entry.members[:MOST] if f.id != face.id], "more": max(len(entry.members) - MOST, 0),
        "similar": entry.similar[:MOST],
    }  # fmt: skip


def _whom(entry: DefectEntry) -> str:
    """Who meets it, in a few words: the measured share of everyday inputs, else what its kind says."""
    share = entry.share
    if share == share and entry.case_file and entry.case_file.ordinary_share:
        return f"{numbers.share(share)} of everyday inputs"
    return KIND_WORDS[entry.defect.kind]


def _line(finding: Finding, context: PageContext) -> str:
    known = context.entries.get(finding.id)
    return known.headline if known else headline(finding)


def _key(cell: CellSummary | Finding) -> tuple[str, str, str, str]:
    return cell.op, str(sorted(cell.params.items())), cell.order, cell.dtype


def _peers(face: Finding, context: PageContext) -> list[Peer]:
    """The other calls of the same cell, one of each other framework first."""
    beside = [c for c in context.cells.get(_key(face), ()) if (c.target, c.implementation) != (face.target, face.implementation)]
    beside.sort(key=lambda c: (framework_of(c.target) == framework_of(face.target), c.target, c.implementation))
    seen: dict[str, Peer] = {}
    for cell in beside:
        seen.setdefault(framework_of(cell.target), Peer(f"{cell.target} {cell.implementation}", cell.profile))
    return [p for p in seen.values() if p.profile][:3]


def _lines(face: Finding, file: CaseFile | None) -> list[tuple[str, Markup]]:
    """A number line for each of the first inputs: the intervals that casework bisected, else the range where the run saw it."""
    lines = []
    seen = face.extent.get("inputs") or {}
    for array in arrays_of(face)[:LINES]:
        intervals = [i for i in (file.extent if file else ()) if i.input.partition("[")[0] == array.name]
        spans = [Span(float.fromhex(i.low), float.fromhex(i.high)) for i in intervals]
        if not spans and array.name in seen:
            low, high = (float(v) for v in seen[array.name])
            spans = [Span(low, high, "seen")] if not math.isnan(low) else []
        drawn = number_line(array.name, face.dtype, spans, [float.fromhex(h) for h in array.hexes])
        if drawn:
            lines.append((array.name, Markup(drawn)))
    return lines


def _ordinary(face: Finding, file: CaseFile | None) -> list[tuple[str, str]]:
    """The most ordinary case, where it is another than the face: its inputs, answer and truth."""
    if file is None or not file.ordinary:
        return []
    inputs = file.ordinary.get("inputs", {})
    rows = [(name, _decimals(value, face.dtype)) for name, value in inputs.items()]
    return [
        *rows,
        ("answer", numbers.decimal(float.fromhex(file.ordinary_output), face.dtype)),
        ("truth", numbers.truth(file.ordinary_reference, 20)),
    ]


def _decimals(value: Any, dtype: str) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_decimals(v, dtype) for v in value) + "]"
    return numbers.decimal(float.fromhex(value), dtype)


def _advice(file: CaseFile | None) -> list[dict[str, str]]:
    return [
        {
            "way": a.way.replace("_", " "), "text": a.text, "call": a.call, "on": numbers.count(a.verified_on),
            "before": numbers.measure(a.worst_ulps_before), "after": numbers.measure(a.worst_ulps_after),
            "everyday_on": numbers.count(a.everyday_on), "everyday_before": numbers.measure(a.everyday_ulps_before),
            "everyday_after": numbers.measure(a.everyday_ulps_after), "answer": a.answer,
            "range": ", ".join(f"{name} in [{', '.join(ends)}]" for name, ends in a.range.items()),
        }
        for a in (file.advice if file else ())
    ]  # fmt: skip
