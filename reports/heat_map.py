"""Heat map: ops by frameworks, coloured by how much ordinary users meet the gravest defect there, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from ulpfuzz.fuzzer.defects.history import ABSENT
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import CellSummary
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.reports.defect_entry import DefectEntry

#: Ops that are drawn; the others have milder defects, and stand in the index.
ROWS = 60
#: The size of a cell and of the column of names.
CELL, HEIGHT, NAMES, HEAD = 118, 20, 236, 30
#: Scores from which a cell has the next colour; the last: half of the everyday scale and more.
STEPS = (0.0, 0.05, 0.15, 0.3, 0.5)


@dataclass(frozen=True)
class Heat:
    """The gravest defect of an op in a framework."""

    op: str
    framework: str
    entry: DefectEntry

    @property
    def value(self) -> float:
        """The share of everyday inputs that are wrong, where it was measured, else the score of the rank."""
        share = self.entry.share
        return max(share, self.entry.defect.score) if share == share else self.entry.defect.score

    @property
    def step(self) -> int:
        return sum(self.value >= bound for bound in STEPS) - 1

    @property
    def text(self) -> str:
        share = self.entry.share
        return numbers.share(share) if share == share else self.entry.defect.kind


def worst_of(entries: Iterable[DefectEntry]) -> dict[tuple[str, str], Heat]:
    """By op and framework, the defect with the greatest value."""
    worst: dict[tuple[str, str], Heat] = {}
    for entry in entries:
        if entry.defect.status in ABSENT:
            continue
        for op in entry.defect.ops:
            heat = Heat(op, entry.defect.framework, entry)
            key = (op, heat.framework)
            if key not in worst or heat.value > worst[key].value:
                worst[key] = heat
    return worst


def heat_map(entries: Sequence[DefectEntry], cells: Iterable[CellSummary], rows: int = ROWS) -> str:
    """SVG: a row for each of the ops whose defects ordinary users meet most, a column per framework. A cell names the share of everyday inputs
    that are wrong, or the kind of the defect; it is a link to it. A dot: judged, no defect; nothing: not judged. "" without defects."""
    worst = worst_of(entries)
    if not worst:
        return ""
    judged = {(cell.op, framework_of(cell.target)) for cell in cells}
    frameworks = sorted({framework for _, framework in (*worst, *judged)})
    best: dict[str, tuple[float, float]] = {}
    for (op, _), heat in worst.items():
        top, total = best.get(op, (0.0, 0.0))
        best[op] = (max(top, heat.value), total + heat.value)
    ops = sorted(best, key=lambda op: (-best[op][0], -best[op][1], op))[:rows]
    width, height = NAMES + CELL * len(frameworks), HEAD + HEIGHT * len(ops) + 6
    parts = [
        f'<svg class="heat" viewBox="0 0 {width} {height}" width="{width}" role="group" aria-label="Gravest defect by op and framework">'
    ]
    for column, framework in enumerate(frameworks):
        x = NAMES + CELL * column + CELL / 2
        parts.append(f'<text class="head" x="{x}" y="18" text-anchor="middle">{escape(framework)}</text>')
    for row, op in enumerate(ops):
        y = HEAD + HEIGHT * row
        parts.append(f'<text class="name" x="{NAMES - 10}" y="{y + 14}" text-anchor="end">{escape(op)}</text>')
        for column, framework in enumerate(frameworks):
            parts.append(_cell(worst, judged, (op, framework), NAMES + CELL * column, y))
    return "".join([*parts, "</svg>"])


def _cell(worst: Mapping[tuple[str, str], Heat], judged: set[tuple[str, str]], key: tuple[str, str], x: float, y: float) -> str:
    if key not in worst:
        return f'<circle class="clean" cx="{x + CELL / 2}" cy="{y + HEIGHT / 2}" r="1.6"/>' if key in judged else ""
    heat = worst[key]
    name = quote(heat.entry.defect.id, safe="", errors="backslashreplace")
    said = escape(f"{heat.text}: {key[0]} in {key[1]}, {heat.entry.defect.title}", {'"': "&quot;"})
    return (
        f'<a href="#d={name}" aria-label="{said}"><title>{said}</title>'
        f'<rect class="h{heat.step}" x="{x + 1}" y="{y + 1}" width="{CELL - 2}" height="{HEIGHT - 2}" rx="3"/>'
        f'<text class="t{heat.step}" x="{x + CELL / 2}" y="{y + 14}" text-anchor="middle">{escape(heat.text)}</text></a>'
    )


def legend() -> list[tuple[str, str]]:
    """The classes of the colours and what they mean."""
    ends = [*STEPS[1:], math.inf]
    return [
        (f"h{k}", f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} and more: everyday")
        for k, (low, high) in enumerate(zip(STEPS, ends, strict=True))
    ]
