"""Verdicts per second of two workers over those of one, in two campaigns of the same cells."""

from __future__ import annotations

from collections.abc import Iterator

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.run import Settings, run_campaign
from tests.benchmarks.measure import Measure, temporary_store

#: Enough cells that the last one does not matter.
OPS = "exp,log1p,tanh,sigmoid,lgamma,digamma,erf,gelu,softplus,softmax,logsumexp,layer_norm,sin,asinh,expm1,log"
GOAL = 1.85
#: The workers start, import and compile in the first round; two rounds follow.
VERDICTS = 20_000_000


def measures() -> Iterator[Measure]:
    rates = {workers: _rate(workers) for workers in (1, 2)}
    told = {f"workers_{workers}": rate for workers, rate in rates.items()}
    yield Measure("two workers against one", rates[2] / rates[1], "ratio", GOAL, detail=told)


def _rate(workers: int) -> float:
    with temporary_store() as store:
        run = run_campaign(
            Settings(Budget(verdicts=VERDICTS), ops=OPS, dtypes=("float32",), orders=("value",), seed=3, workers=workers), store
        )
        return run.verdicts / run.seconds
