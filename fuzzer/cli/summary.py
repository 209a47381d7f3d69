"""Summary: what a run found, on one screen, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ulpfuzz.fuzzer.cli.options import with_db

if TYPE_CHECKING:
    from rich.console import Console

    from ulpfuzz.fuzzer.defects.defect import Defect
    from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
    from ulpfuzz.fuzzer.findings.history import Comparison

#: The share of a processor below which the workers of a run are said to be starved.
STARVED = 0.8
#: Lines of the summary given to defects, to new ones below these, and to other lists.
_TOP, _NEW, _SOME = 10, 5, 6
#: The words beside the count of a label.
_LABELS = (
    ("composed", "composed: {} findings of formulas of ours over several calls, ranked below"),
    ("documented", "documented: {} answers that the framework's own page says, no findings"),
    ("flush", "flush: {} records of what a target's flushing of subnormal numbers explains, no findings"),
)


def summary(
    record: Run, found: Sequence[Finding], defects: Sequence[Defect], cells: Sequence[CellSummary], db: str,
    comparison: Comparison | None = None,
) -> None:  # fmt: skip
    """What a run found, on one screen, and what to type next. defects: the run's (defects.memory), found: its findings."""
    from ulpfuzz.fuzzer.cli.screen import console
    from ulpfuzz.fuzzer.findings import numbers
    from ulpfuzz.fuzzer.findings.label import counts as counts_of
    from ulpfuzz.fuzzer.findings.label import plain

    labels, faces = counts_of(found), {f.id: f for f in found}
    unconfirmed = [d for d in defects if d.face in faces and faces[d.face].script == "unconfirmed"]
    defects = [d for d in defects if d.face in faces and d not in unconfirmed]

    screen = console()
    rate = record.verdicts / record.seconds if record.seconds > 0 else 0.0
    screen.print(f"\nrun {record.id}, {record.state}, seed {record.seed}", markup=False)
    lasted = numbers.duration(record.seconds)
    screen.print(f"{record.verdicts:,} verdicts in {lasted} ({rate:,.0f}/s), {record.cells} of {record.cells_planned} cells")
    if comparison is not None and comparison.baseline:
        counts = (
            ", ".join(f"{count} {status}" for status, count in comparison.counts().items() if count) or "no findings in either"
        )
        screen.print(f"against run {comparison.baseline}: {counts}", markup=False)
    _defects(screen, defects, faces, len(plain(found)))
    screen.print()
    for defect in unconfirmed:
        screen.print(f"unconfirmed, a fault of ulpfuzz: the script of {defect.id} does not show it", style="red", markup=False)
    for label, said in _LABELS:
        if labels[label]:
            screen.print(f"{said.format(labels[label])} (`ulpfuzz findings --label {label}`)", markup=False)
    _undecided(screen, cells)
    _got(screen, record)
    _not_done(screen, record)
    compiling = record.by_phase.get("compile", 0.0)
    if compiling >= 1:
        screen.print(f"compiling: {numbers.duration(compiling)} of all workers' time")
    failures = record.environment.get("failures", [])
    for failure in failures[:_SOME]:
        screen.print(f"failed: {failure}", style="red", markup=False)
    for command in _next(record, defects, db):
        screen.print(command, style="dim", markup=False)


def _defects(screen: Console, defects: Sequence[Defect], faces: Mapping[str, Finding], findings: int) -> None:
    """The first defects, and of those below them the first that are new."""
    from ulpfuzz.fuzzer.cli.defect_table import defects_table, kinds_table
    from ulpfuzz.fuzzer.defects.history import ANNOUNCED

    if not defects:
        screen.print("no findings")
        return
    fresh = [d for d in defects if d.status in ANNOUNCED]
    ordinary = sum(d.kind == "ordinary" for d in defects)
    screen.print(f"{_counted(findings, 'finding')}, {_counted(len(defects), 'defect')}: {ordinary} ordinary, {len(fresh)} new\n")
    screen.print(defects_table(defects[:_TOP], faces, screen.width))
    below = [d for d in defects[_TOP:] if d in fresh] if len(fresh) < len(defects) else []
    if below:
        screen.print("\nnew, further down", style="dim")
        screen.print(defects_table(below[:_NEW], faces, screen.width))
    if len(defects) > _TOP:
        screen.print(f"... and {len(defects) - _TOP} more", style="dim")
        screen.print()
        screen.print(kinds_table(defects))


def _undecided(screen: Console, cells: Sequence[CellSummary]) -> None:
    from ulpfuzz.fuzzer.findings import numbers

    undecided = sum(c.classes.get("undecided", 0) for c in cells)
    judged = sum(sum(c.classes.values()) for c in cells)
    if undecided:
        screen.print(
            f"undecided: {undecided:,} elements of {judged:,} ({numbers.share(undecided / judged)}); they are not passes"
        )


def _got(screen: Console, record: Run) -> None:
    """What the run got of the machine, where that is less than it should be."""
    share = record.environment.get("cpu_share", 1.0)
    if share < STARVED:
        screen.print(
            f"the workers had {share:.0%} of the processor time that they could have used: other work beside the run starved it",
            style="yellow",
        )


def _not_done(screen: Console, record: Run) -> None:
    """What of the plan was not judged: cells without a target or without time, calls that no target supports or that reject edges."""
    for what, name in (("not reached", "cells_not_reached"), ("supported by no target", "cells_unsupported")):
        missing = record.environment.get(name, [])
        if missing:
            shown = ", ".join(missing[:_SOME]) + (", ..." if len(missing) > _SOME else "")
            screen.print(f"{what}: {len(missing)} cells: {shown}", markup=False)
    unsupported = record.environment.get("unsupported", [])
    if unsupported:
        kept = {(u["target"], u["call"]) for u in unsupported}
        screen.print(
            f"not supported: {_counted(len(kept), 'call')} in {_counted(len({u['cell'] for u in unsupported}), 'cell')} (`--json` lists them)"
        )
    rejected = record.environment.get("rejected", [])
    if rejected:
        kept = {(r["target"], r["call"]) for r in rejected}
        screen.print(f"rejected: {_counted(len(kept), 'call')} that check an argument at an edge or beyond (`--json` lists them)")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _next(record: Run, defects: Sequence[Defect], db: str) -> list[str]:
    store = with_db(db)
    commands = [f"ulpfuzz run --resume {record.id}{store}"] if record.state == "interrupted" else []
    if defects:
        first = defects[0]
        commands += [
            f"ulpfuzz show {first.id}{store}",
            f"ulpfuzz repro {first.face}{store}",
            f"ulpfuzz defects {record.id} --new{store}",
        ]
    return [*commands, f"ulpfuzz report {record.id} --out ulpfuzz-report{store}"]
