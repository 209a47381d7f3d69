"""Every cell of the default targets once: minutes. ULPFUZZ_STORED, the URL of a store, has its latest run read in place of a run of 25 minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.benchmarks.measure import Measure
from tests.benchmarks.runs import stored, watched
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.settings import Settings

MINUTES = 25.0
#: Of the workers' time in phases of tasks.
INSIDE = 0.97
WORKERS = 2


def measures() -> Iterator[Measure]:
    url = os.environ.get("ULPFUZZ_STORED", "")
    run = stored(url) if url else watched(Settings(Budget(seconds=60 * MINUTES), workers=WORKERS))
    planned = run.run.cells_planned - len(run.run.environment.get("cells_unsupported", ()))
    share = run.run.cells / max(1, planned)
    # A run that did not reach all of them would have taken longer, by as much as it reached fewer at least: the cheap ones come first.
    minutes = run.last_cell / 60 / min(1.0, share) if share else float("nan")
    told = {**run.told, "cells_planned": float(planned), "findings": float(run.findings)}
    yield Measure("every cell once: reached", share, "share", 1.0, detail=told)
    yield Measure("every cell once", minutes, "minutes", MINUTES, "<", {"cpu_share": run.cpu_share})
    yield Measure("every cell once: worker time inside tasks", run.inside, "share", INSIDE, detail=run.by_phase)
