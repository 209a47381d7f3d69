"""Totals: what a run has done so far, over all its shards."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.campaign.lesson import Lesson
from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.engine.task import Result, not_judged


@dataclass
class Totals:
    """Counts that grow shard by shard; the order of the shards makes no difference to the sums."""

    #: That ended.
    shards: int = 0
    #: Elements judged.
    verdicts: int = 0
    #: Keys of the cells in which something ran.
    reached: set[str] = field(default_factory=set)
    #: Ids.
    findings: set[str] = field(default_factory=set)
    #: A line for each shard that broke.
    failures: list[str] = field(default_factory=list)
    #: (cell, target, call, message), in the order in which they came.
    unsupported: dict[tuple[str, ...], None] = field(default_factory=dict)
    #: (cell, target, call) -> what it said, and why.
    rejected: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    #: Elements by the tier that knew their truth.
    tiers: Counter[str] = field(default_factory=Counter)
    #: Seconds by phase.
    phases: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    #: Keys of cells by the part of round 0 that reached them first, in its words.
    parts: dict[str, str] = field(default_factory=dict)
    #: Seconds of workers inside tasks, and of a processor that they had in them; of tasks that need a core.
    wall: float = 0.0
    cpu: float = 0.0
    #: By cell the seconds of its last shard.
    took: dict[str, float] = field(default_factory=dict)
    #: Ids of shards that were handed out and told nothing: they broke, or did not come back in time.
    in_vain: set[str] = field(default_factory=set)
    #: Targets of which a part was not judged, for no worker had them, and why.
    missing: dict[str, str] = field(default_factory=dict)

    def miss(self, missing: Iterable[Sequence[str]]) -> None:
        """Notes targets that no worker has; each is a failure of the run, once."""
        for target, why in missing:
            if target not in self.missing:
                self.missing[target] = why
                self.failures.append(not_judged(target, why))

    def time(self, shard: Shard, result: ShardResult) -> None:
        """Adds the seconds of a shard that needed a core."""
        if not shard.waits and not shard.isolated:
            self.wall += result.wall
            self.cpu += result.cpu
            self.phases["other"] += max(0.0, result.wall - sum(result.by_phase.values()))
        part = shard.part.partition("@")[0][:1]  # what follows is its device
        if result.ran and part:
            self.parts.setdefault(shard.cell.key, part)

    def idle(self, result: Result) -> None:
        """Adds the seconds of what a worker did that would have been idle."""
        self.wall += result.wall
        self.cpu += result.cpu
        self.phases["casework"] += result.wall

    def shares(self, workers: int, seconds: float) -> dict[str, Any]:
        """What the run got, as its environment tells it: seconds are those until the search was over."""
        worked = max(1, workers) * seconds
        return {
            "cpu_share": self.cpu_share, "unaccounted_share": max(0.0, 1.0 - self.wall / worked) if worked else 0.0,
            "cells_by_part": dict(sorted(Counter(self.parts.values()).items())),
        }  # fmt: skip

    @property
    def cpu_share(self) -> float:
        """The share of a processor that workers had inside tasks."""
        return min(1.0, self.cpu / self.wall) if self.wall else 1.0

    def count(self, cell: Cell, lesson: Lesson) -> None:
        """Adds what a shard of this cell did."""
        self.shards += 1
        if lesson.ran:
            self.reached.add(cell.key)
        self.failures += lesson.incidents
        self.miss(lesson.missing)
        self.unsupported.update({tuple(line): None for line in lesson.unsupported})
        for cell_key, target, call, *said in lesson.rejected:
            self.rejected.setdefault((cell_key, target, call), tuple(said))
        self.verdicts += lesson.verdicts
        self.tiers.update(lesson.by_tier)
        self.took[cell.key] = sum(lesson.by_phase.values())
        for phase, spent in lesson.by_phase.items():
            self.phases[phase] += spent
        self.findings.update(lesson.found)
