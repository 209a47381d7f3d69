"""WatchedRun: one run as a user starts it, and what its figures are read from; several lines of the bench read one run."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.cpu_share import CpuShare
from tests.benchmarks.measure import temporary_store
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Progress, Settings
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store


@dataclass(frozen=True)
class WatchedRun:
    """A finished run."""

    run: Run
    #: How many it stored.
    findings: int
    #: Elements by class, over all cells.
    classes: Mapping[str, int]
    #: The processors' share that the workers got; as the run says, else as the bench measured.
    cpu_share: float
    #: Seconds after its start at which the last cell was reached that it did reach.
    last_cell: float
    #: The longest time between two lines of progress, the start and the first among them; nan where nobody watched.
    silence: float

    @property
    def worker_seconds(self) -> float:
        return self.run.seconds * max(1, int(self.run.environment.get("workers", 1)))

    @property
    def inside(self) -> float:
        """The share of the workers' time that was spent in the phases of tasks."""
        if "unaccounted_share" in self.run.environment:
            return 1.0 - float(self.run.environment["unaccounted_share"])
        return sum(spent for phase, spent in self.run.by_phase.items() if phase != "store") / self.worker_seconds

    @property
    def undecided(self) -> float:
        """Of all elements that were judged."""
        return self.classes.get("undecided", 0) / max(1, sum(self.classes.values()))

    @property
    def told(self) -> dict[str, float]:
        """What every line tells beside its figure."""
        told = {"cpu_share": self.cpu_share, "seconds": self.run.seconds, "cells": float(self.run.cells)}
        parts: Mapping[str, Any] = self.run.environment.get("cells_by_part", {})
        return told | {f"cells in {part}": float(_count(cells)) for part, cells in parts.items()}

    @property
    def by_phase(self) -> dict[str, float]:
        """Shares of the workers' time."""
        return {phase: spent / self.worker_seconds for phase, spent in sorted(self.run.by_phase.items())}


def _count(cells: Any) -> float:
    """A number of cells, as a count or as (reached, planned)."""
    return float(cells[0] if isinstance(cells, (list, tuple)) else cells)


def watched(settings: Settings) -> WatchedRun:
    """Runs a campaign into a store of its own."""
    began = time.monotonic()
    lines, reached = [began], [(0.0, 0)]

    def watch(progress: Progress) -> None:
        lines.append(time.monotonic())
        if progress.cells_done > reached[-1][1]:
            reached.append((progress.seconds, progress.cells_done))

    with temporary_store() as store, CpuShare() as cpu:
        run = run_campaign(settings, store, watch)
        lines.append(time.monotonic())
        silence = max(after - before for before, after in itertools.pairwise(lines))
        return _of(run, store, cpu.share, reached[-1][0], silence)


def stored(url: str) -> WatchedRun:
    """The latest run of a store; its progress is past, so `silence` and `last_cell` are not known but for its end."""
    with Store(url) as store:
        (run, *_) = store.runs()
        return _of(run, store, float("nan"), run.seconds, float("nan"))


def _of(run: Run, store: Store, cpu_share: float, last_cell: float, silence: float) -> WatchedRun:
    classes: Counter[str] = Counter()
    for cell in store.cells(run.id):
        classes.update(cell.classes)
    share = float(run.environment.get("cpu_share", cpu_share))
    return WatchedRun(run, len(store.findings(run.id)), classes, share, last_cell, silence)
