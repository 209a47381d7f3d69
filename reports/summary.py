"""The report as one screen of Markdown: for the summary of a CI job (GITHUB_STEP_SUMMARY), a chat, or a mail's body.

At most LINES lines and a few kilobytes, whatever the run found. Texts of the store stand in code spans, where nothing is markup.
"""

from __future__ import annotations

from collections.abc import Mapping

from ulpfuzz.fuzzer.defects.defect import SETTLED
from ulpfuzz.fuzzer.defects.history import ABSENT, ANNOUNCED, FIXED, KNOWN, NEW, NOT_RUN, REOPENED
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.reports.code_text import code_block, code_span, quoted
from ulpfuzz.reports.defect_entry import DefectEntry
from ulpfuzz.reports.model import Report, versions_of

#: The most lines of a summary. GitHub takes 1 MiB; a screen is what is read.
LINES = 64
#: Lines of the list of each status, and of failures; the most together are LINES.
MOST_OF, FAILED = {NEW: 12, REOPENED: 6, FIXED: 6}, 4
#: Statuses that the table of the frameworks counts.
_COLUMNS = (NEW, REOPENED, KNOWN, FIXED, NOT_RUN)
#: Characters of a title or a failure.
LONGEST = 160


def counts(report: Report) -> dict[str, int]:
    """What the run found, in numbers: defects (those that it shows), new, reopened, fixed, known, ordinary; findings, verdicts, cells,
    cells_planned."""
    shown = [e.defect for e in report.defects if e.defect.status not in ABSENT]
    told = {status: sum(d.status == status and d.state not in SETTLED for d in shown) for status in ANNOUNCED}
    return {
        "defects": len(shown), **told, "fixed": sum(e.defect.status == FIXED for e in report.defects),
        "known": len(shown) - sum(told.values()), "ordinary": sum(d.kind == "ordinary" for d in shown), "findings": len(report.entries),
        "verdicts": report.run.verdicts, "cells": report.run.cells, "cells_planned": report.run.cells_planned,
    }  # fmt: skip


def render(report: Report, db: str = "") -> str:
    """The summary. db: what the commands need to find the store again, " --db URL" or ""."""
    run, found = report.run, counts(report)
    versions = ", ".join(f"{name} {version}" for name, version in versions_of(run.environment).items())
    against = f", against run {code_span(report.baseline)}" if report.baseline else ""
    lines = [
        f"# ulpfuzz: {_headline(found)}",
        "",
        f"Run {code_span(run.id)}, {code_span(run.state)}{against}: {numbers.count(run.verdicts)} verdicts in "
        f"{one_line(numbers.duration(run.seconds))}, {numbers.count(run.cells)} of {numbers.count(run.cells_planned)} cells.",
        *([f"Versions: {code_span(versions, 400)}"] if versions else []),
        "",
        *_frameworks(report),
    ]
    for status, most in MOST_OF.items():
        # What people have called known is no news, whatever this run says of it.
        told = [e for e in report.defects if e.defect.status == status and e.defect.state not in SETTLED]
        lines += _list(status.capitalize(), told, most)
    failures = [str(line) for line in run.environment.get("failures", [])]
    if not run.verdicts:
        failures.insert(0, "the run judged nothing")
    if failures:
        lines += ["", f"**What failed ({len(failures)})**", "", *(f"- {code_span(line, LONGEST)}" for line in failures[:FAILED])]
    lines += ["", "**Again**", "", *code_block(_commands(report, db))]
    return "\n".join(lines) + "\n"


def _headline(found: Mapping[str, int]) -> str:
    if not found["verdicts"]:
        return "nothing was judged"
    parts = [f"{numbers.count(found[name])} {name}" for name in (NEW, REOPENED, FIXED, KNOWN) if found[name]]
    return ", ".join(parts) if parts else "no defects"


def _frameworks(report: Report) -> list[str]:
    """A table of the defects by framework, its first four; [] where there are none."""
    rows: dict[str, list[str]] = {}
    for entry in report.defects:
        rows.setdefault(entry.defect.framework, []).append(entry.defect.status or KNOWN)
    lines = [f"| framework | {' | '.join(_COLUMNS).replace('-', ' ')} |", "|---" * (len(_COLUMNS) + 1) + "|"]
    for name, statuses in sorted(rows.items())[:4]:
        numbered = [str(statuses.count(s) or "") for s in _COLUMNS]
        lines.append(f"| {' | '.join([_cell(name), *numbered])} |")
    return lines if rows else []


def _cell(name: str) -> str:
    """A framework's name, of letters, digits and what else module names hold: a table knows no code span that holds a pipe."""
    return "".join(c if c.isalnum() or c in "_.- " else "?" for c in one_line(name, 40))


def _list(title: str, told: list[DefectEntry], most: int) -> list[str]:
    if not told:
        return []
    lines = [f"- {code_span(e.defect.title, LONGEST)} {code_span(e.defect.id)} ({e.defect.kind})" for e in told[:most]]
    if len(told) > most:
        lines.append(f"- and {numbers.count(len(told) - most)} more")
    return ["", f"**{title} ({numbers.count(len(told))})**", "", *lines]


def _commands(report: Report, db: str) -> list[str]:
    """What to type next, by the first defect that changed or stands first."""
    first = next((e for e in report.defects if e.defect.status in ANNOUNCED), report.defects[0] if report.defects else None)
    own = f"ulpfuzz report {quoted(report.run.id)}{db}"
    if first is None:
        return [own]
    return [f"ulpfuzz show {quoted(first.defect.id)}{db}", f"ulpfuzz repro {quoted(first.face.id)}{db}", own]
