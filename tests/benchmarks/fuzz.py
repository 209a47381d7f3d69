"""`make fuzz`: what five minutes over the whole catalogue reach, and where the workers' time goes. The first run finds nothing in the caches (a fresh
clone), the second what the first left."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.measure import Measure, nothing_compiled
from tests.benchmarks.runs import WatchedRun, watched
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.settings import Settings

BUDGET = Budget(seconds=300.0)
WORKERS = 2
CELLS, SILENCE, INSIDE, UNDECIDED = 6000.0, 10.0, 0.97, 0.003


def measures() -> Iterator[Measure]:
    settings = Settings(BUDGET, workers=WORKERS)
    with nothing_compiled():
        yield from _lines("make fuzz", watched(settings))
        yield from _lines("make fuzz again, warm", watched(settings))


def _lines(title: str, run: WatchedRun) -> Iterator[Measure]:
    told = {**run.told, "findings": float(run.findings), "verdicts": float(run.run.verdicts)}
    yield Measure(f"{title}: cells", float(run.run.cells), "cells", CELLS, detail=told)
    yield Measure(f"{title}: longest silence", run.silence, "s", SILENCE, "<", run.told)
    yield Measure(
        f"{title}: worker time inside tasks", run.inside, "share", INSIDE, detail={"cpu_share": run.cpu_share, **run.by_phase}
    )
    yield Measure(f"{title}: undecided", run.undecided, "share", UNDECIDED, "<", {"cpu_share": run.cpu_share})
