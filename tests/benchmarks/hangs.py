"""Hangs: what calls that do not return cost a run. Ten are planted (tests/hanging.py), beside calls that return.

The cost is the time that processes spend inside the hanging calls, whoever waits for them, until they are ended: the run's own timeouts, its
second meetings and its proofs are all in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import hanging
from tests.benchmarks.cpu_share import CpuShare
from tests.benchmarks.measure import Measure, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings

#: Ten worker-seconds a hang.
GOAL = 100.0
BUDGET = Budget(seconds=600.0)
#: Of the formats that a first visit takes first.
DTYPES = ("float32", "float64")
WORKERS = 2


def measures() -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as folder, hanging.installed(Path(folder)), temporary_store() as store:
        settings = Settings(
            BUDGET, ops="hanging_*", targets=hanging.NAME, dtypes=DTYPES, orders=("value",), seed=1, workers=WORKERS
        )
        with CpuShare() as cpu:
            run = run_campaign(settings, store)
        met = hanging.hangs(Path(folder))
        found = {finding.op for finding in store.findings(run.id) if finding.symptom == "hang"}
        told = {
            "calls_that_hung": float(len(met)), "longest_seconds": max((hang.seconds for hang in met), default=0.0),
            "run_seconds": run.seconds, "cells": float(run.cells), "cells_planned": float(run.cells_planned),
            "cpu_share": run.environment.get("cpu_share", cpu.share),
        }  # fmt: skip
    planted = len(hanging.WHERE)
    yield Measure(f"{planted} planted hangs in a run of ten minutes", sum(h.seconds for h in met), "worker-s", GOAL, "<", told)
    yield Measure("planted hangs found", len(found) / planted, "share", 1.0, detail={"cpu_share": told["cpu_share"]})
