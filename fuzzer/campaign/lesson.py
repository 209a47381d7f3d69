"""Lesson: what the plan learns from a shard, and what a resumed run reads back instead of running it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ulpfuzz.fuzzer.campaign.shard import ShardResult
from ulpfuzz.fuzzer.findings.case_record import record_of
from ulpfuzz.fuzzer.findings.label import is_listed_separately


@dataclass(frozen=True)
class Lesson:
    """A shard's counts, the ids of its findings with their excesses, and what it could not do. Stored as JSON: the names of the fields stay."""

    #: Elements judged.
    verdicts: int
    #: Elements by the tier that knew their truth.
    by_tier: dict[str, int]
    #: Seconds by phase.
    by_phase: dict[str, float]
    #: Finding id -> excess, of findings that count.
    found: dict[str, float]
    #: The worst points, as `record_of` writes them.
    corpus: list[dict[str, Any]]
    #: Subjects that were run.
    ran: int = 1
    #: (target, call) that the rest of the run leaves out in this cell.
    excluded: Sequence[Sequence[str]] = ()
    #: (cell, target, call, message) of calls that do not support the cell.
    unsupported: Sequence[Sequence[str]] = ()
    #: A line for each crash that did not happen again.
    incidents: Sequence[str] = ()
    #: (cell, target, call, message, reason) of checks of arguments.
    rejected: Sequence[Sequence[str]] = ()
    #: (target, call) of peers that died.
    dead_peers: Sequence[Sequence[str]] = ()
    #: Whether a first visit was ended by its cap, so that the cell is due again.
    cut: bool = False
    #: Seconds of the run until it was stored; of a run that was killed nothing else says how long it went on.
    at: float = 0.0
    #: (target, why) of targets that no worker had.
    missing: Sequence[Sequence[str]] = ()

    @classmethod
    def of(cls, result: ShardResult) -> Lesson:
        return cls(
            result.verdicts, result.by_tier, result.by_phase, {f.id: f.excess for f in result.findings if not is_listed_separately(f)},
            [record_of(case) for case in result.corpus], result.ran,
            sorted({*map(tuple, result.excluded), *((d.target, d.call) for d in result.deaths if d.target)}),
            [(u.cell, u.target, u.call, u.message) for u in result.unsupported], [f"{result.cell}: {i}" for i in result.incidents],
            [(r.cell, r.target, r.call, r.message, r.reason) for r in result.rejected],
            result.dead_peers, result.cut, missing=result.missing,
        )  # fmt: skip

    def dump(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def load(cls, text: str) -> Lesson:
        return cls(**json.loads(text))
