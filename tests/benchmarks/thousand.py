"""A night of a thousand workers, simulated: what the coordinator and the database see, and what saturates first.

The times are measured: what a shard takes, and how long the coordinator needs for a result (reading it, learning from it, its commit) are those of a
small run of this bench. What is simulated is the queue: workers that run groups, with one group in advance at each, and one coordinator that takes
their results one by one and hands out the next group for each.
"""

from __future__ import annotations

import heapq
import itertools
import pickle
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.measure import Measure, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.lesson import Lesson
from ulpfuzz.fuzzer.campaign.plan import FIRST, GROUP, GROWTH, MOST, SECOND
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult, run_shard
from ulpfuzz.fuzzer.catalog.op import ORDERS
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.cell import Cell, cells_of
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

WORKERS = (2, 16, 64, 256, 1000)
NIGHT = 8 * 3600.0
#: Every so many-th cell is measured.
STEP = 211
#: Seconds that Dask's scheduler and client need for a group (measured: submit, assign, gather; Dask's documents say a millisecond a task).
SCHEDULED = 0.002
#: The share of the night below which the coordinator may hold up the workers.
GOAL = 0.95


@dataclass(frozen=True)
class Measured:
    """Of one shard: seconds on a worker, its result's bytes and the coordinator's seconds for it; verdicts per second."""

    seconds: float
    size: int
    saved: float
    verdicts: int


@dataclass(frozen=True)
class Night:
    """What a simulated night came to."""

    workers: int
    #: Shares of the time.
    busy: float
    coordinator: float
    #: Of all shards, and until each cell was visited once.
    shards: int
    first_round: float
    #: Of results, in the first round and after it.
    rate: tuple[float, float]
    bytes_a_second: float


def measures() -> Iterator[Measure]:
    samples = list(_measured())
    for workers in WORKERS:
        night = simulated(samples, workers, NIGHT)
        told = {
            "coordinator_busy": night.coordinator, "shards": float(night.shards), "first_round_seconds": night.first_round,
            "results_a_second_first_round": night.rate[0], "results_a_second_later": night.rate[1], "bytes_a_second": night.bytes_a_second,
            "result_bytes": sum(s.size for s in samples) / len(samples), "result_seconds": sum(s.saved for s in samples) / len(samples),
        }  # fmt: skip
        yield Measure(f"a night of {workers} workers: workers busy", night.busy, "share", GOAL, detail=told)


def simulated(samples: Sequence[Measured], workers: int, seconds: float, seed: int = 1) -> Night:
    """A night by these samples, whose shards grow from round to round as the plan's do (plan._verdicts)."""
    draw = random.Random(seed)
    ready = [0.0] * workers  # when the group that lies at a worker in advance was there
    free, busy, coordinated, size = 0.0, 0.0, 0.0, 0
    shards, first_round, done_in_first = 0, seconds, 0
    events: list[tuple[float, int, list[tuple[float, Measured]]]] = []  # (when its group ends, worker, the group)
    waiting = _groups(samples, draw)
    for worker in range(workers):
        group = next(waiting)
        heapq.heappush(events, (sum(took for took, _ in group), worker, group))
    cells = _cells()
    while events and events[0][0] < seconds:
        now, worker, group = heapq.heappop(events)
        busy += sum(took for took, _ in group)
        cost = SCHEDULED + sum(sample.saved for _, sample in group)
        free = max(free, now) + cost
        coordinated += cost
        size += sum(sample.size for _, sample in group)
        shards += len(group)
        if first_round == seconds:
            done_in_first += len(group)
            if done_in_first >= cells:
                first_round = free
        following = next(waiting)
        begin = max(now, ready[worker])
        ready[worker] = free
        heapq.heappush(events, (begin + sum(took for took, _ in following), worker, following))
    later = max(1e-9, seconds - first_round)
    return Night(
        workers, min(1.0, busy / (workers * seconds)), min(1.0, coordinated / seconds), shards, first_round,
        (done_in_first / first_round, (shards - done_in_first) / later), size / seconds,
    )  # fmt: skip


def _cells() -> int:
    settings = Settings(Budget(verdicts=1))
    return len(cells_of(ops().values(), settings.dtypes, ORDERS, targets_named(settings.targets)))


def _groups(samples: Sequence[Measured], draw: random.Random) -> Iterator[list[tuple[float, Measured]]]:
    """Groups of shards without end: in round 0 up to GROUP of an op, then one shard at a time, whose seconds grow with its verdicts."""
    left = _cells()
    while left > 0:
        group = [draw.choice(samples) for _ in range(min(GROUP // 2, left))]
        left -= len(group)
        yield [(sample.seconds, sample) for sample in group]
    for round_ in itertools.count(1):
        verdicts = min(MOST, SECOND * GROWTH ** (round_ - 1))
        for _ in range(_cells()):
            sample = draw.choice(samples)
            # A verdict of a later round costs a quarter.
            yield [(sample.seconds * max(1.0, verdicts / FIRST / 4), sample)]


def _measured() -> Iterator[Measured]:
    settings = Settings(Budget(verdicts=1))
    targets = targets_named(settings.targets)
    cells = cells_of(ops().values(), settings.dtypes, ORDERS, targets)[::STEP]
    with temporary_store() as store:
        run = Run("measured", 1, "2026-01-01T00:00:00+00:00", "1")
        store.start_run(run)
        for cell in cells:
            yield from _one(store, run, cell, tuple(map(str, targets)))


def _one(store: Store, run: Run, cell: Cell, targets: tuple[str, ...]) -> Iterator[Measured]:
    shard = Shard(cell, targets, 1, 0, FIRST, seconds=0.2, cap=1.0, part="a", until=None)
    began = time.perf_counter()
    result: ShardResult = run_shard(shard)
    seconds = time.perf_counter() - began
    sent = pickle.dumps(result)
    began = time.perf_counter()
    received: ShardResult = pickle.loads(sent)
    store.save_shard(run.id, received.task, Lesson.of(received).dump(), received.cells, received.findings)
    yield Measured(seconds, len(sent), time.perf_counter() - began, received.verdicts)
