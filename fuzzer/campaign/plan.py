"""Plan: which shards a run consists of, in rounds. A round depends only on the results of earlier rounds, in shard order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fuzzer.campaign.cell import Cell
from fuzzer.campaign.shard import Shard
from fuzzer.case import Case

#: Verdicts per subject of a shard in round 0, and how they grow: enough for the grid, eight recipes and one zoom.
FIRST, GROWTH, MOST = 40_000, 4, 2_560_000


@dataclass
class Progress:
    """What the plan remembers of a cell: worst points, findings with their excess, whether the last visit found something new."""

    corpus: tuple[Case, ...] = ()
    known: dict[str, float] = field(default_factory=dict)
    productive: bool = True
    visits: int = 0


def round_of(
    number: int, cells: Sequence[Cell], memory: Mapping[str, Progress], targets: tuple[str, ...], seed: int
) -> list[Shard]:
    """The shards of one round. Round 0 visits every cell once, those with cases to replay first; later rounds the productive cells
    first, with budgets that grow; cells that found nothing new keep their last budget and come after."""
    order = sorted(cells, key=lambda cell: not (memory[cell.key].productive if number else memory[cell.key].corpus))
    shards = []
    for cell in order:
        past = memory[cell.key]
        growth = GROWTH ** (number if past.productive else max(0, number - 1))
        shards.append(
            Shard(cell, targets, seed, number, min(MOST, FIRST * growth), past.corpus, tuple(sorted(past.known.items())))
        )
    return shards
