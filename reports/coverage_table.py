"""Coverage table: what a run judged and what it did not reach, by family of ops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.finding import CellSummary


@dataclass
class FamilyCoverage:
    """One family's counts; a cell is an op at given params, dtype and order."""

    family: str
    ops: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    verdicts: int = 0
    undecided: int = 0
    beyond: int = 0
    #: Planned cells that the run did not reach, by order of differentiation.
    missed: Counter[str] = field(default_factory=Counter)

    @property
    def planned(self) -> int:
        return len(self.reached) + self.missed.total()


def coverage_of(cells: Iterable[CellSummary], not_reached: Sequence[str]) -> list[FamilyCoverage]:
    """A line per family, by name. not_reached: cells as "op[param=value] dtype order", as a run's environment records them."""
    families = {name: op.family for name, op in ops().items()}
    table: dict[str, FamilyCoverage] = {}

    def line(op: str) -> FamilyCoverage:
        family = families.get(op, "") or "other"
        return table.setdefault(family, FamilyCoverage(family))

    for cell in cells:
        row = line(cell.op)
        row.ops.add(cell.op)
        row.reached.add(f"{cell.op} {sorted(map(str, cell.params.items()))} {cell.dtype} {cell.order}")
        row.verdicts += cell.verdicts
        row.undecided += cell.classes.get("undecided", 0)
        row.beyond += cell.classes.get("unstable", 0) + cell.classes.get("inaccurate", 0)
    for name in not_reached:
        op = name.partition(" ")[0].partition("[")[0]
        line(op).missed[name.rpartition(" ")[2]] += 1
    return [table[name] for name in sorted(table)]
