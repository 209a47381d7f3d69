"""Hangs: what calls that do not return cost a run. Ten are planted (tests/hanging.py) beside the peer's calls of some ops, which return.

The cost is the time for which worker processes were inside the hanging calls until they were ended. What was met again in a process of its target's
own waits there for its timeout, beside the search: those seconds are told apart. A run that lets its workers wait for such processes pays for both.
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
from ulpfuzz.fuzzer.catalog.registry import ops

#: Ten worker-seconds a hang.
GOAL = 100.0
BUDGET = Budget(seconds=600.0)
#: The peer has calls for most ops, compiles nothing, and is there where no framework is.
TARGETS = f"{hanging.NAME},numpy"
#: Of the catalogue's ops one in so many: more cells than a run of ten minutes visits at leisure (plan.AMPLE), fewer than it can reach.
STEP = 8
DTYPES = ("float32", "float64")
WORKERS = 2


def measures() -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as folder, hanging.installed(Path(folder)), temporary_store() as store, CpuShare() as cpu:
        names = ",".join(name for k, name in enumerate(ops()) if k % STEP == 0 or name.startswith(hanging.NAME))
        settings = Settings(BUDGET, names, targets=TARGETS, dtypes=DTYPES, orders=("value",), seed=1, workers=WORKERS)
        run = run_campaign(settings, store)
        met = hanging.hangs(Path(folder))
        found = {finding.op for finding in store.findings(run.id) if finding.symptom == "hang"}
        share = run.environment.get("cpu_share", cpu.share)
    in_workers, apart = ([hang.seconds for hang in met if hang.hosted is hosted] for hosted in (False, True))
    told = {
        "in_workers": float(len(in_workers)), "apart": float(len(apart)), "apart_seconds": sum(apart), "longest": max(in_workers, default=0.0),
        "run_seconds": run.seconds, "cells": float(run.cells), "cells_planned": float(run.cells_planned), "cpu_share": share,
    }  # fmt: skip
    planted = len(hanging.WHERE)
    yield Measure(f"{planted} planted hangs in a run of ten minutes", sum(in_workers), "worker-s", GOAL, "<", told)
    yield Measure("planted hangs found", len(found) / planted, "share", 1.0, detail={"cpu_share": share})
