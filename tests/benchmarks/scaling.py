"""Verdicts per second of two workers over those of one, in two campaigns of the same cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.benchmarks.cpu_share import CpuShare
from tests.benchmarks.measure import Measure, nothing_compiled, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.plan import FIRST, GROWTH, SECOND
from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.findings.finding import Run

#: Enough cells, of each op one per format, that the last one of a round does not matter: a round ends when its last shard does.
OPS = "exp,log1p,tanh,sigmoid,sin,softmax,logsumexp,expm1"
GOAL = 1.85
DTYPES = ("float32", "float16", "bfloat16")
#: The workers start, import and compile in round 0; rounds 1 and 2 follow, as in every run of some minutes. In a shorter one it is the start that
#: does not scale.
#: Verdicts of each call.
VERDICTS = FIRST + SECOND + GROWTH * SECOND


def measures() -> Iterator[Measure]:
    runs = {workers: _run(workers) for workers in (1, 2)}
    rates = {workers: run.verdicts / run.seconds for workers, run in runs.items()}
    told = {f"workers_{workers}": rate for workers, rate in rates.items()}
    told |= {f"seconds_{workers}": run.seconds for workers, run in runs.items()}
    told |= {f"cpu_share_{workers}": run.environment["cpu_share"] for workers, run in runs.items()}
    yield Measure("two workers against one", rates[2] / rates[1], "ratio", GOAL, detail=told)


def _run(workers: int) -> Run:
    settings = Settings(Budget(verdicts=VERDICTS), ops=OPS, dtypes=DTYPES, orders=("value",), seed=3, workers=workers)
    calls = first_visit(settings)[1] // FIRST
    with nothing_compiled(), temporary_store() as store, CpuShare() as cpu:
        run = run_campaign(replace(settings, budget=Budget(verdicts=calls * VERDICTS)), store)
        return replace(run, environment={"cpu_share": cpu.share, **run.environment})
