"""Yields: how much a second of each op found in earlier runs, so that a run whose time is short begins where most is to be found."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable

from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.findings.store import Store

#: Earlier runs that are read, the latest ones.
RUNS = 3
#: Findings and seconds that an op is taken to have had beside its own, so that one lucky second decides nothing.
PRIOR_FINDINGS, PRIOR_SECONDS = 0.5, 2.0


def yields_of(store: Store) -> Callable[[Cell], float]:
    """Findings per worker-second of the first visits of an op at an order, in the latest runs of the store; that of an op that was never
    visited is the mean."""
    found: defaultdict[tuple[str, str], float] = defaultdict(float)
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    for run in [run for run in store.runs() if run.verdicts][:RUNS]:
        for shard, payload in store.shard_payloads(run.id).items():
            at = _of_shard(shard)
            if at is not None:
                lesson = json.loads(payload)
                found[at] += len(lesson["found"])
                seconds[at] += sum(lesson["by_phase"].values())
    mean = sum(found.values()) / max(1.0, sum(seconds.values()))

    def of(cell: Cell) -> float:
        at = (cell.op, cell.order)
        if at not in seconds:
            return mean
        return (found[at] + PRIOR_FINDINGS) / (seconds[at] + PRIOR_SECONDS)

    return of


def _of_shard(shard: str) -> tuple[str, str] | None:
    """Op and order of a shard of round 0, by its id (Shard.id)."""
    words = shard.split(" ")
    if not words[0].startswith("r00") or len(words) < 4:
        return None
    return words[1].partition("[")[0], words[-2]
