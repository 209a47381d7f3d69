"""What a process costs: the start of the command line, the memory of a worker, and how much of it is its own."""

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
#: MiB of one more worker.
PRIVATE_GOAL = 80.0
#: Cells of which each of two workers gets several, and a verdict budget for their first visits.
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

    private, together = _memory()
    yield Measure("private memory of a worker", private, "MiB", PRIVATE_GOAL, "<", {"all_processes": together})


def _memory() -> tuple[float, float]:
    """MiB of a run of two workers, the most that was seen: of the largest process that has started no other, the pages that are its alone (USS),
    which are what one more of it costs; and of all processes that the run has started, each page shared out among those that hold it (PSS)."""
    private, together = [0.0], [0.0]

    def watch(_: Progress) -> None:
        memory = [_of(process) for process in psutil.Process().children(recursive=True)]
        private.extend(uss for uss, _, leaf in memory if leaf)
        together.append(sum(pss for _, pss, _ in memory))

    with temporary_store() as store:
        run_campaign(Settings(Budget(verdicts=VERDICTS), ops=OPS, dtypes=("float32",), seed=1, workers=2), store, watch)
    return max(private), max(together)


def _of(process: psutil.Process) -> tuple[float, float, bool]:
    """USS and PSS in MiB, and whether it has no children; zeros where it has ended."""
    try:
        memory = process.memory_full_info()
        return memory.uss / 2**20, memory.pss / 2**20, not process.children()
    except psutil.Error:
        return 0.0, 0.0, False


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
