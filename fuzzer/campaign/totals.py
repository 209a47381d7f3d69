"""Totals: what a run has done so far, over all its shards."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ulpfuzz.fuzzer.campaign.lesson import Lesson
from ulpfuzz.fuzzer.cell import Cell


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
    #: By cell the seconds of its last shard.
    took: dict[str, float] = field(default_factory=dict)

    def count(self, cell: Cell, lesson: Lesson) -> None:
        """Adds what a shard of this cell did."""
        self.shards += 1
        if lesson.ran:
            self.reached.add(cell.key)
        self.failures += lesson.incidents
        self.unsupported.update({tuple(line): None for line in lesson.unsupported})
        for cell_key, target, call, *said in lesson.rejected:
            self.rejected.setdefault((cell_key, target, call), tuple(said))
        self.verdicts += lesson.verdicts
        self.tiers.update(lesson.by_tier)
        self.took[cell.key] = sum(lesson.by_phase.values())
        for phase, spent in lesson.by_phase.items():
            self.phases[phase] += spent
        self.findings.update(lesson.found)
