"""What people see: findings as lines of code, tables, a finding whole."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import IO, Any, cast

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ulpfuzz.fuzzer.defects.case_file import Diagnosis
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.file_name import file_name
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.headline import SILENT, arrays_of, headline, vouched
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.one_line import command_of, visible

#: Widest screen on which a finding is named by the last part of its id alone.
_NARROW = 140
_ENDLESS = 1000
_STYLES = {
    "new": "bold red", "worse": "red", "fixed": "green", "better": "green", "ok": "green", "unstable": "bold red", "inaccurate": "yellow",
    "ill_conditioned": "cyan", "undecided": "magenta", "composed": "yellow", "documented": "cyan", "flush": "cyan", "rejected": "cyan",
}  # fmt: skip


def console() -> Console:
    """Standard output; into a pipe or file lines are as long as they are, without trailing blanks. Text is shown as it is: no markup, no
    character that moves the cursor or turns the direction of writing."""
    if sys.stdout.isatty():
        return _Plain(highlight=False, markup=False)
    return _Plain(highlight=False, markup=False, width=_ENDLESS, file=cast(IO[str], _Trimmed()))


class _Plain(Console):
    """A console that writes of all text, whoever wrote it, what can be seen; colours are its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text, keep="\n"), segment.style)

    def on_broken_pipe(self) -> None:
        """The application says how that ends; rich would end with 1."""
        raise BrokenPipeError


class _Trimmed:
    """Writes to standard output what rich renders, less the blanks that it fills lines with."""

    def write(self, text: str) -> int:
        return sys.stdout.write("\n".join(line.rstrip() for line in text.split("\n")))

    def flush(self) -> None:
        sys.stdout.flush()


def styled(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))


def grid(*headings: str) -> Table:
    """An open table: headings, no lines around, trailing columns as they come."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    return table


def line_of(finding: Finding) -> str:
    """A finding in one line that reads like the code that would show it."""
    return headline(finding)


def findings_table(findings: Iterable[Finding], width: int) -> Table:
    """A line each, in the order given."""
    table = grid("severity", "status", "finding", "what")
    for finding in findings:
        name = finding.id if width > _NARROW else finding.id.rpartition("-")[2]
        table.add_row(f"{finding.severity:.1f}", styled(finding.status), name, Text(line_of(finding)))
    table.columns[0].justify = "right"
    for column in table.columns[:-1]:  # on a narrow screen the line of code is cut, not what names the finding
        column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    return table


def symptoms_table(findings: Sequence[Finding]) -> Table:
    """Findings by framework and symptom, the most frequent symptom first."""
    symptoms = [s for s, _ in Counter(f.symptom for f in findings).most_common()]
    table = grid("", *symptoms, "all")
    for framework in sorted({framework_of(f.target) for f in findings}):
        counts = Counter(f.symptom for f in findings if framework_of(f.target) == framework)
        table.add_row(framework, *(str(counts[s] or "·") for s in symptoms), str(counts.total()))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def facts_table(rows: Iterable[tuple[str, str | Text]]) -> Table:
    """Names, dim, and what they say beside them; long lines are folded."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value if isinstance(value, Text) else Text(value))
    return table


def finding_whole(finding: Finding, diagnosis: Diagnosis | None = None) -> Group:
    """Everything about one finding. diagnosis: of its defect, which decides what it is like."""
    facts = facts_table(_facts(finding, diagnosis))
    answers = grid("target", "call", "answer", "ulps", "class")
    for answer in finding.answers:
        value = numbers.decimal(answer.output, finding.dtype)
        answers.add_row(answer.target, Text(answer.implementation), value, numbers.measure(answer.ulps), styled(answer.class_))
    parts: list[Any] = [Text(line_of(finding), style="bold"), Text(""), facts]
    if finding.answers:
        parts += [Text("\nevery target at these bits"), answers]
    command = command_of(finding.id)
    commands = f"\n{command}\n{command} --script {file_name(finding.id, '.py')}"
    return Group(*parts, Text(commands, style="dim"))


def _facts(finding: Finding, diagnosis: Diagnosis | None) -> list[tuple[str, str | Text]]:
    # The reports import the study's methods, scipy among them: half a second that a probe or a table need not wait for.
    from ulpfuzz.reports.extent import extent_text
    from ulpfuzz.reports.study import similar_rows

    params = ", ".join(f"{k}={v}" for k, v in finding.params.items())
    placement = finding.case.get("placement") or {}
    limit = "no limit in ulps: stability alone" if finding.limit is None else f"limit {numbers.measure(finding.limit)}"
    facts: list[tuple[str, str | Text]] = [
        ("finding", finding.id),
        ("cell", f"{finding.op}{f' ({params})' if params else ''}, {finding.dtype}, {finding.order}, on {finding.target}"),
        *([("label", styled(finding.label))] if finding.label else []),
        *([("reason", finding.reason)] if finding.reason else []),
        ("class", styled(finding.class_)),
        ("symptom", finding.symptom),
        ("status", styled(finding.status)),
        ("severity", f"{finding.severity:g}"),
        ("truth", f"{finding.reference} ({vouched(finding)})"),
    ]  # fmt: skip
    if finding.symptom not in SILENT:
        facts += [
            ("answer", f"{numbers.decimal(finding.output, finding.dtype)} = {numbers.hexadecimal(finding.output)}"),
            ("error", f"{numbers.measure(finding.ulps)} ulps of {finding.dtype}; {limit}"),
            ("excess", f"{numbers.measure(finding.excess)} times what conditioning explains"),
            ("condition", numbers.measure(finding.condition)),
        ]  # fmt: skip
    if joint := together(finding):
        own = f"outputs {joint.outputs.start} to {joint.outputs.stop - 1}"
        facts.append(
            (
                "together",
                f"the {joint.functional.words} of {own}; an ulp of each of them changes it by {numbers.measure(joint.ulp)}",
            )
        )
    for array in arrays_of(finding):
        facts.append((array.name, f"{array.hex_text} = {array.decimal_text}"))
    facts.append(("placement", ", ".join(f"{k} {v}" for k, v in placement.items()) or "alone"))
    if right := finding.case.get("right"):
        at = ", ".join(f"{k} {v}" for k, v in right["placement"].items())
        facts.append(("right at", f"{at}: {numbers.decimal(float(right['output']), finding.dtype)} = {right['output_hex']}"))
    facts.append(("avoided by", ", ".join(finding.avoidable_by) or "no target here"))
    if seen := extent_text(finding):
        facts.append(("seen", seen))
    if finding.script:
        fault = "; a fault of ulpfuzz" if finding.script == "unconfirmed" else ""
        facts.append(("script", f"{finding.script}: {finding.script_says}{fault}"))
    else:
        facts.append(("script", "not run yet: `repro --script FILE` and `report` run it"))
    facts.append(("first seen", finding.first_seen))
    facts.append(("last seen", finding.last_seen))
    if finding.note:
        facts.append(("note", finding.note))
    if similar := similar_rows(finding, diagnosis):
        facts += [("seen before", similar.text), *(("", line) for line in similar.lines)]
    return facts
