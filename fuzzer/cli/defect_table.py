"""How a terminal shows defects: a line each at 80 columns, counts by kind, a defect whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.cli.screen import facts_table, grid, styled
from ulpfuzz.fuzzer.defects.defect import KINDS, Defect
from ulpfuzz.fuzzer.defects.history import ABSENT, REOPENED
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.headline import SILENT, arrays_of

#: From this width on the inputs are shown, from the next also the call.
_INPUTS_FROM, _CALL_FROM = 100, 150
_ALWAYS = ("rank", "defect", "kind", "framework", "op", "answer", "truth")
_OP = _ALWAYS.index("op")
#: Blanks between columns, and the least that is shown of an op's name.
_GAP, _LEAST_OP = 3, 8
#: Lines of reasons and names that a defect shows before it is cut.
_SHOWN = 8


def defects_table(defects: Sequence[Defect], faces: Mapping[str, Finding], width: int) -> Table:
    """A line each, in their order: the rank within the framework, what names the defect, op, answer and truth in decimals."""
    headings = [*_ALWAYS]
    headings += ["inputs"] if width >= _INPUTS_FROM else []
    headings += ["call"] if width >= _CALL_FROM else []
    table = grid(*headings)
    for defect in defects:
        face = faces[defect.face]
        answer, truth = _answer_and_truth(face)
        more = [Text(_inputs(face)), Text(face.implementation)][: len(headings) - len(_ALWAYS)]
        kind = Text(defect.kind, style="bold" if defect.kind == "ordinary" else "")
        mark = styled(defect.status) if defect.status in (REOPENED, *ABSENT) else None
        name = defect.id if width >= _CALL_FROM else _short(defect.id)
        table.add_row(str(defect.rank), Text(name), mark or kind, defect.framework, Text(_op(face)), answer, truth, *more)
    table.columns[0].justify = "right"
    widths = [max(len(str(cell)) for cell in (column.header, *column.cells)) for column in table.columns]
    for column, least in zip(table.columns[: len(_ALWAYS)], widths, strict=False):
        column.min_width = least
    # On a narrow screen names of ops are cut, numbers are not.
    room = width - sum(least for name, least in zip(_ALWAYS, widths, strict=False) if name != "op") - _GAP * (len(_ALWAYS) - 1)
    table.columns[_OP].min_width = table.columns[_OP].max_width = max(_LEAST_OP, min(widths[_OP], room))
    return table


def kinds_table(defects: Sequence[Defect]) -> Table:
    """Defects by framework and kind, those kinds first that weigh most."""
    kinds = [kind for kind in KINDS if any(d.kind == kind for d in defects)]
    table = grid("", *kinds, "all")
    for framework in sorted({d.framework for d in defects}):
        counts = Counter(d.kind for d in defects if d.framework == framework)
        table.add_row(framework, *(str(counts[kind] or "·") for kind in kinds), str(counts.total()))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def defect_whole(defect: Defect) -> Group:
    """What is said of a defect beside its face."""
    rows = [
        ("defect", defect.id),
        ("kind", defect.kind),
        ("rank", f"{defect.rank} of {defect.framework}, score {defect.score:.2f}"),
        ("state", f"{defect.state}{f', {defect.status}' if defect.status else ''}"),
        *([("said", words)] if (words := said_of(defect)) else []),
        *_lines("observed", [_where(name, dates) for name, dates in defect.observed.items()]),
        ("ops", ", ".join(defect.ops)),
        ("dtypes", ", ".join(defect.dtypes)),
        *([("orders", ", ".join(defect.orders))] if defect.orders != ("value",) else []),
        *_lines("calls", defect.calls),
        *_lines(f"findings ({len(defect.members)})", defect.members),
        *_lines("one because", defect.because),
        *_lines("merged", defect.merged),
        *_lines("similar", defect.similar),
        ("seen", f"{defect.first_seen} to {defect.last_seen}"),
    ]
    return Group(Text(defect.title, style="bold"), Text(""), facts_table(rows))


def said_of(defect: Defect) -> str:
    """What people and re-runs say of a defect, in one line; "" where nobody says anything."""
    said, rerun = defect.triage, defect.rerun
    parts = [
        defect.state if defect.state != "open" else "",
        f"until {said['until']}" if said.get("until") else "",
        f"{said.get('was', 'known')} until {said['expired']}, which is past" if said.get("expired") else "",
        said.get("url", ""),
        said.get("note", ""),
        f"known upstream: {defect.known_issue}" if defect.known_issue else "",
        f"failed in {rerun['failed']} of {rerun['failed'] + rerun['passed']} fresh processes" if rerun.get("passed") else "",
    ]
    return "; ".join(filter(None, parts))


def _where(target: str, dates: Mapping[str, str]) -> str:
    return target + "".join(f", {what} {dates[what]}" for what in ("failed", "passed") if what in dates)


def _lines(name: str, values: Sequence[str]) -> list[tuple[str, str]]:
    """One line each, the first with the name; cut after some."""
    shown = [*values[:_SHOWN], *([f"... and {len(values) - _SHOWN} more"] if len(values) > _SHOWN else [])]
    return [(name if number == 0 else "", value) for number, value in enumerate(shown)]


def _short(name: str) -> str:
    """The last part of an id, which names it where nothing else begins so."""
    return name.rpartition("-")[2]


def _op(face: Finding) -> str:
    """The op, with what distinguishes it from the usual: params that are not its default, the order, a dtype that is not float32."""
    record = ops().get(face.op)
    usual = {name: values[0] for name, values in record.params.items() if values} if record else {}
    params = ",".join(f"{name}={value}" for name, value in face.params.items() if name not in usual or usual[name] != value)
    order = "" if face.order == "value" else f" {face.order}"
    dtype = "" if face.dtype == "float32" else f" {face.dtype}"
    return f"{face.op}{order}{dtype}{f' {params}' if params else ''}"


def _answer_and_truth(face: Finding) -> tuple[str, str]:
    if face.symptom in SILENT:
        return SILENT[face.symptom], numbers.truth(face.reference, 4)
    return numbers.contrast(face.output, face.reference)


def _inputs(face: Finding) -> str:
    def decimal(text: str) -> str:
        return numbers.decimal(float.fromhex(text), face.dtype)

    return ", ".join(f"{array.name} = {array.text(3, decimal)}" for array in arrays_of(face))
