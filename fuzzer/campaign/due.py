"""Due: what a night runs again, and in which order. Every defect that the store knows is open until its own bits pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ulpfuzz.fuzzer.cell import Cell, cell_of
from ulpfuzz.fuzzer.defects.history import FIXED, UNREPRODUCIBLE
from ulpfuzz.fuzzer.defects.memory import known_defects
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.store import Store

#: States of defects whose bits passed when they were last run again: they come after all others.
RESTING = (FIXED, UNREPRODUCIBLE)


@dataclass(frozen=True)
class Due:
    """A finding whose case is to be run again."""

    finding: Finding
    #: The start of the last run that has it, or that ran it again.
    seen: str
    #: Whether its defect is in a state of RESTING.
    rests: bool = False
    #: Whether nothing came of it when it was run again last: then it is a task of its own, for it may keep others from being run.
    in_vain: bool = False

    @property
    def cell(self) -> Cell:
        return cell_of(self.finding)


def due_again(store: Store, baseline: str, current: Run) -> list[Due]:
    """The findings of the baseline, and of all runs before `current` those that belong to a defect that the store keeps, in the order in
    which they are run again: longest not seen first, of these the gravest, of these the cheapest. Raises StoreError."""
    states = {name: defect.state for defect in known_defects(store).values() for name in defect.members}
    earlier = [run for run in store.runs() if run.id == baseline or (run.started, run.id) < (current.started, current.id)]
    # A run that was cut short records no verdicts, yet what it committed holds: cases are taken from it too.
    wanted = {*states, *store.finding_ids([baseline])}
    tried = _tried(earlier)
    chosen: list[Due] = []
    for run in earlier:
        if not wanted:
            break
        for finding in store.findings(run.id, ids=wanted):
            wanted.discard(finding.id)
            seen, in_vain = max((run.started, False), tried.get(finding.id, ("", False)))
            chosen.append(Due(finding, seen, states.get(finding.id) in RESTING, in_vain))
    return in_order(chosen)


def _tried(runs: Iterable[Run]) -> dict[str, tuple[str, bool]]:
    """By id of a finding the start of the last run that ran it again, and whether in vain. runs: the latest first."""
    tried: dict[str, tuple[str, bool]] = {}
    for run in runs:
        told = run.environment.get("replayed", {})
        for names, in_vain in ((told.get("in_vain", []), True), (told.get("findings", {}), False)):
            for name in names:
                tried.setdefault(name, (run.started, in_vain))
    return tried


def in_order(due: Iterable[Due]) -> list[Due]:
    """Longest not seen first, so that what one night does not reach comes first the next; of these what was run in vain last; then gravest first,
    then cheapest first."""

    def key(item: Due) -> tuple[bool, str, bool, float, float, str]:
        finding = item.finding
        return (
            item.rests,
            item.seen,
            item.in_vain,
            -finding.severity if finding.severity == finding.severity else 0.0,
            cost(finding),
            finding.id,
        )

    return sorted(due, key=key)


def cost(finding: Finding) -> float:
    """A nominal cost of running a case again: the numbers of the call; a hang costs its patience."""
    if finding.symptom == "hang":
        return math.inf
    length = float((finding.case.get("placement") or {}).get("length", 1))
    return length * sum(_size(values) for values in finding.case.get("inputs", {}).values())


def _size(values: object) -> int:
    return int(np.size(np.asarray(values, dtype=object)))


def in_cells(due: Sequence[Due], cells: Iterable[Cell]) -> list[Due]:
    """Those of these cells, in their order."""
    keys = {cell.key for cell in cells}
    return [item for item in due if item.cell.key in keys]
