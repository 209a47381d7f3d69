"""What a process costs: the start of the command line, the memory of a worker, and that of a further one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from tests.benchmarks.measure import Measure, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Progress, Settings

START_GOAL = 1.0
#: MiB of a further worker's own.
PRIVATE_GOAL = 80.0
#: Cells that both of two workers get several of, and their verdicts: as many as a first visit takes, several times.
OPS, VERDICTS = "exp,log1p,tanh,sigmoid,softmax,logsumexp", 2_000_000

_WORKER = """
import resource
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.campaign.shard import Shard, run_shard
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment, targets_named
prepare_environment()
targets = tuple(str(target) for target in targets_named(None))
for op, order in (("exp", "value"), ("lgamma", "grad"), ("softmax", "value")):
    run_shard(Shard(Cell(op, (), "float32", order), targets, 0, 0, 40_000))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measures() -> Iterator[Measure]:
    command = [sys.executable, "-m", "ulpfuzz.fuzzer.cli", "ops", "--json"]
    yield Measure("start of `ulpfuzz ops --json`", min(_seconds(command) for _ in range(5)), "s", START_GOAL, "<")
    peak = int(subprocess.run([sys.executable, "-c", _WORKER], check=True, capture_output=True, text=True).stdout.split()[-1])
    yield Measure("peak memory of a worker with every installed framework", peak / 2**20, "GiB")

    alone, both = _proportional(1), _proportional(2)
    yield Measure("private memory of a further worker", both - alone, "MiB", PRIVATE_GOAL, "<", {"one": alone, "two": both})


def _proportional(workers: int) -> float:
    """MiB of all processes that a run has started, each page shared out among those that hold it (PSS), the most that was seen: what two workers need
    more than one is what the second has for itself, however they share the rest."""
    seen = [0.0]

    def watch(_: Progress) -> None:
        seen.append(sum(map(_pss, psutil.Process().children(recursive=True))) / 2**20)

    with temporary_store() as store:
        run_campaign(Settings(Budget(verdicts=VERDICTS), ops=OPS, dtypes=("float32",), seed=1, workers=workers), store, watch)
    return max(seen)


def _pss(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.Error:  # it has ended
        return 0.0


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
