"""What a process costs: the start of the command line, and the memory of a worker."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.measure import Measure

START_GOAL = 1.0

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


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
