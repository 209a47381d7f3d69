"""The report as a Markdown digest, short enough for an issue or a mail."""

from __future__ import annotations

from collections.abc import Sequence

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.reports.code_text import code_cell, code_span, plain_text
from ulpfuzz.reports.defect_entry import DefectEntry
from ulpfuzz.reports.entry import Entry, entry_of
from ulpfuzz.reports.model import Report, versions_of

#: Findings shown in full; the others are in the HTML and JSON reports.
TOP = 20
#: Defects after these, as a line each.
TABLE = 80
#: Digits of the truth that a reader needs; the whole is in the script.
DIGITS = 25


def render(report: Report, top: int = TOP) -> str:
    """The digest: a sentence, a table of the run, and the worst findings with their case and command."""
    run = report.run
    tiers = ", ".join(f"{name} {numbers.count(n)}" for name, n in run.by_tier.items()) or "not recorded"
    classes = ", ".join(f"{name} {numbers.count(n)}" for name, n in report.classes.items())
    versions = ", ".join(f"{k} {v}" for k, v in versions_of(run.environment).items()) or "not recorded"
    lines = [
        f"# ulpfuzz: run {plain_text(run.id)}",
        "",
        plain_text(f"{report.defects_text} {report.sentence}".strip()),
        *(["", plain_text(report.partial)] if report.partial else []),
        "",
        "| | |",
        "|---|---|",
        _row(
            "verdicts",
            f"{numbers.count(run.verdicts)} in {numbers.duration(run.seconds)} ({numbers.count(round(report.throughput))}/s)",
        ),
        _row("by class", classes),
        _row("by oracle tier", tiers),
        _row("cells", f"{numbers.count(run.cells)} of {numbers.count(run.cells_planned)} planned"),
        _row("seed, budget", f"{run.seed}, {run.budget}"),
        _row("started", run.started),
        _row("versions", versions),
        *([_row("placements", report.consistency)] if report.consistency else []),
        *([_row("all inputs", report.facts_text)] if report.facts else []),
        *([_row("scripts", report.scripts_text)] if report.scripts_text else []),
        *([_row("compiling", numbers.duration(report.compile_seconds))] if report.compile_seconds else []),
        *([_row("apart", report.labels_text)] if report.labels_text else []),
        *([_row("unsupported", report.unsupported_text)] if report.unsupported else []),
        *([_row("targets", "; ".join(_target(t) for t in report.targets))] if report.targets else []),
        *([_row("status", ", ".join(f"{n} {s}" for s, n in report.statuses.items()))] if report.statuses else []),
    ]
    if report.entries:
        lines += _defects(report, top)
        lines += ["", "## Findings by framework and symptom", "", *_symptoms(report)]
    else:
        lines += ["", report.silence]
    lines += _beside(report, top)
    return "\n".join(lines).rstrip() + "\n"


def _beside(report: Report, top: int) -> list[str]:
    """What is counted apart from the defects."""
    lines: list[str] = []
    if report.composed:
        lines += [
            "",
            "## Composed: formulas of ours over several calls",
            "",
            *(_brief(e.finding, e.headline) for e in report.composed[:top]),
        ]
    if report.documented:
        lines += [
            "",
            "## Documented: what the framework's own page says",
            "",
            *(_brief(f, f.id) for f in report.documented[:top]),
        ]
    if report.flushes:
        lines += ["", "## Flushes of subnormal numbers", ""]
        lines += [
            f"- {plain_text(r.shown.reason)}: {len(r.members)}, first {code_span(r.shown.id, None)}" for r in report.flushes[:top]
        ]
    if report.unconfirmed:
        lines += [
            "",
            "## Unconfirmed",
            "",
            "Their scripts were run and did not show the defect: a fault of ulpfuzz, no findings.",
            "",
        ]
        lines += [f"- {code_span(e.finding.id, None)}: {plain_text(e.finding.script_says)}" for e in report.unconfirmed]
    if report.fixed:
        lines += [
            "",
            f"## Fixed since {plain_text(report.baseline) or 'the baseline'}",
            "",
            *(f"- {code_span(f.id, None)}" for f in report.fixed),
        ]
    return lines


def _defects(report: Report, top: int) -> list[str]:
    """The first defects in full, the next in a table, a line each."""
    entries = {e.finding.id: e for e in (*report.entries, *report.composed)}
    shown, rest = report.defects[:top], report.defects[top : top + TABLE]
    title = "Defects" if len(shown) == len(report.defects) else f"The {len(shown)} first of {len(report.defects)} defects"
    lines = ["", f"## {title}", "", "What ordinary users meet comes first.", ""]
    for number, told in enumerate(shown, 1):
        entry = entries.get(told.face.id) or entry_of(told.face)
        lines += [*_finding(number, entry, _about(told)), ""]
    if rest:
        lines += ["### The next", "", "| defect | framework | kind | findings |", "|---|---|---|---|"]
        lines += [
            f"| {code_cell(e.defect.title, None)} | {plain_text(e.defect.framework)} | {e.defect.kind} | {len(e.defect.members)} |"
            for e in rest
        ]
    return lines


def _about(told: DefectEntry) -> list[str]:
    """What is known of a defect beside its face."""
    d, file = told.defect, told.case_file
    lines = [
        f"- defect {code_span(d.id, None)}: {d.kind}, rank {d.rank} of {plain_text(d.framework)}, {len(d.members)} findings"
        + (f", {plain_text(d.status)}" if d.status else "")
    ]
    if file and file.ordinary_share:
        lines.append(
            f"- {numbers.share(file.ordinary_share.share)} of {numbers.count(file.ordinary_share.samples)} everyday inputs are wrong"
        )
    if file and file.diagnosis:
        lines.append(f"- cause: {plain_text(file.diagnosis.cause.replace('_', ' '))}: {plain_text(file.diagnosis.text)}")
    for advice in file.advice if file else ():
        after, before = numbers.measure(advice.worst_ulps_after), numbers.measure(advice.worst_ulps_before)
        lines.append(
            f"- helps: {code_span(advice.call, None)}: worst {after} ulps instead of {before} on {numbers.count(advice.verified_on)} points"
        )
    return lines


def _finding(rank: int, entry: Entry, about: Sequence[str] = ()) -> list[str]:
    f = entry.finding
    truth = numbers.truth(f.reference, DIGITS)
    facts = [f.class_, f.symptom, f.status]
    if not entry.silent:
        facts += [f"error {numbers.measure(f.ulps)} ulps", f"excess {numbers.measure(f.excess)}"]
        facts.append(f"condition {numbers.measure(f.condition)}")
    answer = (
        f"no answer: the call {entry.silent}"
        if entry.silent
        else f"answer {code_span(entry.output, None)} ({numbers.hexadecimal(f.output)})"
    )
    right = (
        [f"- the same bits, right: {code_span(entry.right[0], None)} ({plain_text(entry.right[1])}), {entry.right[2]}"]
        if entry.right
        else []
    )
    return [
        f"### {rank}. {code_span(entry.headline, None)}",
        "",
        plain_text(f"{f.target}; " + ", ".join(facts) + "."),
        "",
        *about,
        f"- call {code_span(f.implementation, None)}",
        *(f"- {plain_text(a.name)} = {code_span(a.hex_text, None)} ({plain_text(a.decimal_text)})" for a in entry.arrays),
        f"- truth {code_span(truth, None)} ({plain_text(entry.vouched)}); {answer}" if f.reference else f"- {answer}",
        *right,
        f"- {entry.placement_text}" if entry.silent else f"- limit: {plain_text(entry.limit_text)}; {entry.placement_text}",
        f"- right on the same bits: {plain_text(', '.join(f.avoidable_by)) or 'no other target'}",
        *([f"- {plain_text(f.reason)}"] if f.reason and f.class_ == "inaccurate" else []),
        *([f"- {plain_text(f.note)}"] if f.note else []),
        *([f"- script {plain_text(entry.executed)}"] if f.script else []),
        *(
            [f"- seen before: {entry.similar_rows.text}", *(f"  - {line}" for line in entry.similar_rows.lines)]
            if entry.similar_rows
            else []
        ),
        "",
        "```",
        entry.command,
        "```",
    ]


def _brief(finding: Finding, text: str) -> str:
    return f"- {code_span(text, None)} ({plain_text(finding.target)}): {plain_text(finding.reason)}"


def _symptoms(report: Report) -> list[str]:
    columns, table = report.symptoms
    head = ["| framework | " + " | ".join(map(plain_text, columns)) + " | all |", "|---" * (len(columns) + 2) + "|"]
    return head + [
        "| " + " | ".join([plain_text(name), *(str(row.get(c, "")) for c in columns), str(sum(row.values()))]) + " |"
        for name, row in table.items()
    ]


def _target(told: dict[str, str]) -> str:
    """A target in a line: only what its name does not say."""
    more = [told["version"], told["interpreter"]]
    return " ".join([told["target"], *(f"({part})" for part in more if part)])


def _row(name: str, value: str) -> str:
    return f"| {name} | {plain_text(value)} |"
