"""Plan: which shards a run consists of, in rounds. A round depends only on the results of earlier rounds, in shard order."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuzzer.campaign.cell import Cell, subjects_of
from fuzzer.campaign.shard import PATIENCE, Shard
from fuzzer.case import Case
from fuzzer.catalog.op import ORDERS
from fuzzer.frameworks.targets.target import target_named

#: Verdicts per subject of a shard in round 0: enough for the grid, eight recipes and one zoom; in round 1, where a verdict costs a quarter,
#: and how they grow from there.
FIRST, SECOND, GROWTH, MOST = 40_000, 640_000, 4, 10_240_000


#: Shards of a cell that may break before the rest of the run leaves it out.
FAILURES = 2


@dataclass
class Progress:
    """What the plan remembers of a cell: worst points, findings with their excess, whether the last visit found something new.

    excluded: (target, call) that died or do not support the cell: they are not tried again in this run. deadly: whether the baseline
    has cases here that ended a process. failures: shards of the cell that broke.
    """

    corpus: tuple[Case, ...] = ()
    known: dict[str, float] = field(default_factory=dict)
    productive: bool = True
    visits: int = 0
    excluded: set[tuple[str, str]] = field(default_factory=set)
    deadly: bool = False
    failures: int = 0


def round_of(
    number: int, cells: Sequence[Cell], memory: Mapping[str, Progress], targets: tuple[str, ...], seed: int, patience: float = PATIENCE,
    memory_limit: int | None = None, *, visit: Visit | None = None,
) -> list[Shard]:  # fmt: skip
    """The shards of one round. Round 0 visits every cell once, those with cases to replay first; later rounds the productive cells
    first, with budgets that grow; cells that found nothing new keep their last budget and come after. Cells that broke FAILURES times
    or have nobody left to run are not visited. Where a process ended before, round 0 runs every target alone: it costs no worker."""
    part = visit.part if visit else ""
    order = sorted(cells, key=lambda cell: (not _first(memory[cell.key], number), _turn(cell) if part else ()))
    shards = []
    for cell in order:
        past = memory[cell.key]
        if visit and part and not (visit.of(cell) and subjects_of(cell, targets)):
            continue
        if past.failures >= FAILURES or (past.excluded and not _left(cell, targets, past)):
            continue
        growths = number if past.productive else max(0, number - 1)
        shards.append(
            Shard(
                cell, targets, seed, number, _verdicts(growths), past.corpus, tuple(sorted(past.known.items())),
                tuple(sorted(past.excluded)), alone=past.deadly and number == 0, patience=patience, memory=memory_limit, part=part,
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


#: What comes first where the time may not suffice for all.
MOST_USED = ("float32", "float64", "float16", "bfloat16")
#: The dtypes and the orders that are visited in every framework before any other.
USUAL, FIRST_ORDERS = MOST_USED[:2], ("value", "grad")
#: Visits without compiling that one with it takes as long as: measured, 2 to 5. Times the seconds of another visit that one of values has: a
#: verdict costs the least there, and known defects are most there.
COMPILING, VALUES = 3.0, 2.0


@dataclass(frozen=True)
class Visit:
    """A part of round 0: by which targets, of the cells of which order and dtypes (empty: of all). part: its letter; empty where it is all of
    the round. weight: how long one takes beside another; times: how long it may search beside another."""

    targets: tuple[str, ...]
    part: str = ""
    order: str = ""
    dtypes: tuple[str, ...] = ()
    weight: float = 1.0
    times: float = 1.0

    def of(self, cell: Cell) -> bool:
        """Whether the cell belongs to this part."""
        return self.order in ("", cell.order) and (not self.dtypes or cell.dtype in self.dtypes)


def first_visits(cells: Sequence[Cell], targets: tuple[str, ...], worker_seconds: float | None) -> list[Visit]:
    """How round 0 visits every cell: at once; or, where the time is short, in parts, the first of which find most in a second. FIRST_ORDERS of
    the USUAL dtypes; then the other orders of those and FIRST_ORDERS of the others; then what is neither. Values come before gradients,
    and targets that compile nothing before those that compile op by op: at first of each order, later of all. Compiled modes end each of the three.

    worker_seconds: of the budget, times the workers; None for a budget in verdicts.
    """
    if worker_seconds is None or worker_seconds >= AMPLE * len(cells):
        return [Visit(targets)]
    groups: list[list[str]] = [[], [], []]
    for target in targets:
        named = target_named(target)
        groups[2 if named.mode != "eager" else 1 if named.compiles_shapes else 0].append(target)
    found, orders = {cell.dtype for cell in cells}, {cell.order for cell in cells}
    dtypes = [some for some in (found & set(USUAL), found - set(USUAL)) if some]
    parts = [(some, order, k) for some in dtypes for order in orders for k, group in enumerate(groups) if group]
    visits: list[Visit] = []
    for some, order, compiling in sorted(parts, key=_part_turn):
        weight, times = COMPILING if compiling else 1.0, VALUES if order == "value" else 1.0
        letter = string.ascii_lowercase[len(visits)]
        visits.append(Visit(tuple(groups[compiling]), letter, order, tuple(sorted(some)), weight, times))
    return visits


def _part_turn(part: tuple[set[str], str, int]) -> tuple[Any, ...]:
    """Where a part of first_visits comes."""
    dtypes, order, compiling = part
    unusual = [not dtypes & set(USUAL), order not in FIRST_ORDERS]
    stage, modes, rank = sum(unusual), compiling == 2, ORDERS.index(order)
    return (stage, modes, rank, compiling) if stage == 0 else (stage, modes, compiling, rank > 0, unusual[0], rank)


def longest_visit(seconds_left: float, workers: int, shards: int) -> float:
    """Seconds that one of so many shards of a round may take where the run's budget is in time."""
    return max(AMPLE, UNEQUAL * seconds_left * max(1, workers) / max(1, shards))


def _turn(cell: Cell) -> tuple[bool, int]:
    """Which of the cells come first where the time may not suffice for all: usual parameters, then usual dtypes."""
    unusual = dict(cell.params) != cell.record.default_params()
    return unusual, MOST_USED.index(cell.dtype) if cell.dtype in MOST_USED else len(MOST_USED)


def _first(past: Progress, number: int) -> bool:
    return past.productive if number else bool(past.corpus)


def _left(cell: Cell, targets: tuple[str, ...], past: Progress) -> bool:
    return any((s.target, s.implementation.call) not in past.excluded for s in subjects_of(cell, targets))
