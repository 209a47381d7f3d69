"""Harness overhead: the share of a whole campaign's time that is neither framework nor oracle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.benchmarks.measure import Measure, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.plan import FIRST, SECOND
from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store

OPS = "exp,log1p,tanh,sigmoid,lgamma,softplus,softmax,logsumexp"
GOAL = 0.20
DTYPES, ORDERS = ("float32",), ("value", "grad")
#: Verdicts of each call of the ops: every cell at both orders once, and a quarter of the second round.
VERDICTS = FIRST + SECOND // 4


def measures() -> Iterator[Measure]:
    """A first run warms the frameworks up, so that neither their imports nor their compilations count as time well spent."""
    with temporary_store() as store:
        _campaign(store, seed=1, verdicts=VERDICTS)
        run = _campaign(store, seed=2, verdicts=VERDICTS)
    phases = dict(run.by_phase)
    phases["other"] = run.seconds - sum(phases.values())
    useful = phases["framework"] + phases["oracle"]
    detail = {name: seconds / run.seconds for name, seconds in sorted(phases.items())}
    yield Measure("harness overhead of a whole run", 1 - useful / run.seconds, "share", GOAL, "<", detail)
    told = {"seconds": run.seconds, "cells": float(run.cells), "verdicts": float(run.verdicts)}
    yield Measure("verdicts of a whole run", run.verdicts / run.seconds, "per second", detail=told)


def _campaign(store: Store, seed: int, verdicts: int) -> Run:
    settings = Settings(Budget(verdicts=verdicts), ops=OPS, dtypes=DTYPES, orders=ORDERS, seed=seed, workers=0)
    calls = first_visit(settings)[1] // FIRST
    return run_campaign(replace(settings, budget=Budget(verdicts=calls * verdicts)), store)
