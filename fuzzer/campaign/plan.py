"""Plan: which shards a run consists of, in rounds. A round depends only on the results of earlier rounds, in shard order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fuzzer.campaign.cell import Cell, subjects_of
from fuzzer.campaign.shard import PATIENCE, Shard
from fuzzer.case import Case
from fuzzer.frameworks.modes import COMPILE_EACH_OP
from fuzzer.frameworks.target import target_named

#: Verdicts per subject of a shard in round 0: enough for the grid, eight recipes and one zoom; in round 1, where a verdict costs a quarter,
#: and how they grow from there.
FIRST, SECOND, GROWTH, MOST = 40_000, 640_000, 4, 10_240_000


#: Shards of a cell that may break before the rest of the run leaves it out.
FAILURES = 2


@dataclass
class Progress:
    """What the plan remembers of a cell: worst points, findings with their excess, whether the last visit found something new.

    excluded: (target, call) that died or do not support the cell: they are not tried again in this run. deadly: cases of the baseline
    that ended a process. failures: shards of the cell that broke.
    """

    corpus: tuple[Case, ...] = ()
    known: dict[str, float] = field(default_factory=dict)
    productive: bool = True
    visits: int = 0
    excluded: set[tuple[str, str]] = field(default_factory=set)
    deadly: tuple[Case, ...] = ()
    failures: int = 0


def round_of(
    number: int, cells: Sequence[Cell], memory: Mapping[str, Progress], targets: tuple[str, ...], seed: int, patience: float = PATIENCE,
    memory_limit: int | None = None, *, visit: Visit | None = None,
) -> list[Shard]:  # fmt: skip
    """The shards of one round. Round 0 visits every cell once, those with cases to replay first; later rounds the productive cells
    first, with budgets that grow; cells that found nothing new keep their last budget and come after. Cells that broke FAILURES times
    or have nobody left to run are not visited. Cases that ended a process before are replayed in round 0, with every target alone."""
    order = sorted(cells, key=lambda cell: not _first(memory[cell.key], number))
    shards = []
    for cell in order:
        past = memory[cell.key]
        asked = targets if visit is None else _asked(cell, visit)
        if not asked:
            continue
        if past.failures >= FAILURES or (past.excluded and not _left(cell, asked, past)):
            continue
        growths = number if past.productive else max(0, number - 1)
        deadly = past.deadly if number == 0 else ()
        shards.append(
            Shard(
                cell, asked, seed, number, _verdicts(growths), past.corpus, tuple(sorted(past.known.items())),
                tuple(sorted(past.excluded)), deadly, alone=bool(deadly), patience=patience, memory=memory_limit,
                seconds=visit.seconds if visit else None, part=visit.part if visit else "",
            )
        )  # fmt: skip
    return shards


def _verdicts(growths: int) -> int:
    """Of a shard, per subject, that has grown so often."""
    return min(MOST, SECOND * GROWTH ** (growths - 1)) if growths else FIRST


#: Seconds of a worker that a visit of a cell by all targets takes, compiling included: measured, 2 to 10. Where a budget in time has less
#: for each, frameworks that compile come after all cells were visited by those that do not, for compiling costs most of it.
AMPLE = 20.0
#: Times its equal share of the time left that a shard of a later round may take: cells differ a thousandfold in seconds per verdict, and one of
#: them must not keep a worker to the end of the run.
UNEQUAL = 4.0


@dataclass(frozen=True)
class Visit:
    """A part of round 0: which targets, or for cells that none of them computes which others, and the seconds that each cell has (None: as
    many as it takes). part: its letter; empty where it is all of the round. after: targets of another part; cells that none of those computes
    were visited in their place by these."""

    targets: tuple[str, ...]
    part: str = ""
    seconds: float | None = None
    instead: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def first_visits(cells: int, targets: tuple[str, ...], worker_seconds: float | None) -> list[Visit]:
    """How round 0 visits every cell: at once; or, where the time is short, each within its share of the time, first by the targets that
    compile nothing, then by those that compile op by op, then by compiled modes. The first part reaches every cell.

    worker_seconds: of the budget, times the workers; None for a budget in verdicts.
    """
    if worker_seconds is None or worker_seconds >= AMPLE * cells:
        return [Visit(targets)]
    share = worker_seconds / max(1, cells) / 2  # shards overshoot, and every cell comes before any second visit
    groups: list[list[str]] = [[], [], []]
    for target in targets:
        named = target_named(target)
        groups[2 if named.mode != "eager" else 1 if named.framework in COMPILE_EACH_OP else 0].append(target)
    first, *others = (tuple(group) for group in groups if group)
    visits = [Visit(first, "a", share, others[0] if others else ())]
    for group, letter in zip(others, "bc", strict=False):
        visits.append(Visit(group, letter, share, after=first if letter == "b" else ()))
    return visits


def longest_visit(seconds_left: float, workers: int, shards: int) -> float:
    """Seconds that one of so many shards of a round may take where the run's budget is in time."""
    return max(AMPLE, UNEQUAL * seconds_left * max(1, workers) / max(1, shards))


def _asked(cell: Cell, visit: Visit) -> tuple[str, ...]:
    """The targets that visit a cell; none where another part of the round does."""
    if not subjects_of(cell, visit.targets):
        return visit.instead if subjects_of(cell, visit.instead) else ()
    return () if visit.after and not subjects_of(cell, visit.after) else visit.targets


def _first(past: Progress, number: int) -> bool:
    return past.productive if number else bool(past.corpus or past.deadly)


def _left(cell: Cell, targets: tuple[str, ...], past: Progress) -> bool:
    return any((s.target, s.implementation.call) not in past.excluded for s in subjects_of(cell, targets))
