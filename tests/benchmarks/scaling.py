"""Verdicts per second of two workers over those of one, in two campaigns of the same cells."""

from __future__ import annotations

from collections.abc import Iterator

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.plan import FIRST, GROWTH, SECOND
from fuzzer.campaign.run import Settings, run_campaign
from fuzzer.findings.finding import Run
from tests.benchmarks.measure import Measure, nothing_compiled, temporary_store

#: Enough cells, of each op one per format, that the last one of a round does not matter: a round ends when its last shard does.
OPS = "exp,log1p,tanh,sigmoid,sin,softmax,logsumexp,expm1"
GOAL = 1.85
DTYPES = ("float32", "float16", "bfloat16")
CELLS = len(OPS.split(",")) * len(DTYPES)
#: The workers start, import and compile in round 0; round 1 follows. In a short run it is the start that does not scale, so a longer one has
#: round 2 too, as every run of some minutes has.
SHORT, LONG = CELLS * (FIRST + SECOND), CELLS * (FIRST + SECOND + GROWTH * SECOND)


def measures() -> Iterator[Measure]:
    yield _measure("two workers against one, over the start and one round", SHORT, None)
    yield _measure("two workers against one", LONG, GOAL)


def _measure(title: str, verdicts: int, goal: float | None) -> Measure:
    runs = {workers: _run(workers, verdicts) for workers in (1, 2)}
    rates = {workers: run.verdicts / run.seconds for workers, run in runs.items()}
    told = {f"workers_{workers}": rate for workers, rate in rates.items()}
    told |= {f"seconds_{workers}": run.seconds for workers, run in runs.items()}
    return Measure(title, rates[2] / rates[1], "ratio", goal, detail=told)


def _run(workers: int, verdicts: int) -> Run:
    with nothing_compiled(), temporary_store() as store:
        return run_campaign(
            Settings(Budget(verdicts=verdicts), ops=OPS, dtypes=DTYPES, orders=("value",), seed=3, workers=workers), store
        )
