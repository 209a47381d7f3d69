"""Proof: worker time from a verdict to a stored finding, by all frameworks' calls: whatever is done once a search has its candidates."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

from tests.benchmarks.measure import Measure, cpu_seconds, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator

GOAL_MS = 12.0
STEP = 30


def measures() -> Iterator[Measure]:
    """In this process: the cells' own time is left out."""
    names = ",".join(name for k, name in enumerate(ops()) if k % STEP == 0)
    settings = Settings(Budget(verdicts=1), ops=names, dtypes=("float32",), orders=("value",), seed=1, workers=0)
    settings = replace(settings, budget=Budget(verdicts=first_visit(settings)[1]))
    spent: Counter[str] = Counter()
    proving = Evaluator.proving

    @contextmanager
    def timed(evaluator: Evaluator) -> Iterator[None]:
        before, cpu, wall = Counter(evaluator.clock.seconds), cpu_seconds(), time.monotonic()
        try:
            with proving(evaluator):
                yield
        finally:
            spent.update({"cpu": cpu_seconds() - cpu, "wall": time.monotonic() - wall})
            phases = Counter(evaluator.clock.seconds)
            phases.subtract(before)
            spent.update({f"{phase}_ms": seconds for phase, seconds in phases.items()})

    with temporary_store() as store, mock.patch.object(Evaluator, "proving", timed):
        run = run_campaign(settings, store)
        found = max(1, len(store.findings(run.id)))
    cpu, wall = spent.pop("cpu"), spent.pop("wall")
    told = {phase: 1e3 * seconds / found for phase, seconds in sorted(spent.items())}
    told |= {"findings": float(found), "cells": float(run.cells), "cpu_share": cpu / wall if wall else float("nan")}
    yield Measure("proof of a finding", 1e3 * cpu / found, "worker-ms", GOAL_MS, "<", told)
