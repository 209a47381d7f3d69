"""First visits: worker time of the first visit of a cell by all frameworks, values and gradients of binary32 and binary64, with the caches filled.

Every STEP-th op of the catalogue, its default targets, as many verdicts as a first visit takes. Two runs of the same cells: the first fills what is
kept between runs, programs and what the oracle knows; the second is the figure, the first is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.benchmarks.cpu_share import CpuShare
from tests.benchmarks.measure import Measure, nothing_compiled, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.finding import Run

#: Milliseconds of a worker.
GOALS = {"value": 150.0, "grad": 250.0}
STEP = 25
DTYPES = ("float32", "float64")
WORKERS = 2


@dataclass(frozen=True)
class Visited:
    """A run of first visits, how many findings it had, and the processors' share that its workers got."""

    run: Run
    findings: int
    cpu_share: float

    @property
    def milliseconds(self) -> float:
        """Worker time in tasks, a cell; saving to the store is the run's own, not a worker's."""
        return 1e3 * sum(seconds for phase, seconds in self.run.by_phase.items() if phase != "store") / max(1, self.run.cells)


def measures() -> Iterator[Measure]:
    names = ",".join(name for k, name in enumerate(ops()) if k % STEP == 0)
    for order, goal in GOALS.items():
        settings = Settings(Budget(verdicts=1), ops=names, dtypes=DTYPES, orders=(order,), seed=1, workers=WORKERS)
        settings = replace(settings, budget=Budget(verdicts=first_visit(settings)[1]))
        with nothing_compiled():
            cold, warm = _visited(settings), _visited(settings)
        told = {
            "cells": float(warm.run.cells), "findings": float(warm.findings), "cold_ms": cold.milliseconds, "wall_seconds": warm.run.seconds,
            "cold_wall_seconds": cold.run.seconds, "cpu_share": warm.cpu_share, "cold_cpu_share": cold.cpu_share,
            **{f"{phase}_ms": 1e3 * spent / max(1, warm.run.cells) for phase, spent in sorted(warm.run.by_phase.items())},
        }  # fmt: skip
        yield Measure(f"first visit of a cell by all frameworks, {order}", warm.milliseconds, "worker-ms", goal, "<", told)


def _visited(settings: Settings) -> Visited:
    with temporary_store() as store, CpuShare() as cpu:
        run = run_campaign(settings, store)
        return Visited(run, len(store.findings(run.id)), run.environment.get("cpu_share", cpu.share))
