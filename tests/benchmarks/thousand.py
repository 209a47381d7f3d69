"""A night of a thousand workers, simulated: what scheduler, coordinator and database see, and what saturates first.

Measured are times and sizes: what a visit takes on a worker and how large its result is; what the coordinator needs to read a result and to commit
it; what Dask's scheduler and the coordinator need for a group (with workers that do nothing, so that nothing else counts), for heartbeats, and for a
look at the workers. Simulated is the queue: workers of one thread with one group in advance (engine.handout), a scheduler that passes each group and
each result, and a coordinator that takes the results one by one. Whatever is not quick enough makes workers wait.
"""

from __future__ import annotations

import heapq
import itertools
import os
import pickle
import random
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar
from unittest import mock

import msgpack
import psutil

from tests.benchmarks.measure import Measure, cpu_seconds
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.lesson import Lesson
from ulpfuzz.fuzzer.campaign.plan import FIRST, GROWTH, MOST, SECOND, longest_visit
from ulpfuzz.fuzzer.campaign.run import TASKS
from ulpfuzz.fuzzer.campaign.schedule import SURE
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult
from ulpfuzz.fuzzer.catalog.op import ORDERS
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.cell import Cell, cells_of
from ulpfuzz.fuzzer.engine import handout
from ulpfuzz.fuzzer.engine.cluster import Worker
from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.engine.handout import Handout
from ulpfuzz.fuzzer.engine.node import Campaign, packed, unpacked
from ulpfuzz.fuzzer.evaluation.peers import peer_targets
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.findings.tables import LEVEL
from ulpfuzz.fuzzer.frameworks.targets.preload import preloaded
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

T = TypeVar("T")

WORKERS = (16, 64, 256, 1000)
NIGHT = 8 * 3600.0
#: Cells that are measured, of all of them in equal steps; ULPFUZZ_SAMPLES says another number.
SAMPLES = int(os.environ.get("ULPFUZZ_SAMPLES", "60"))
#: Seconds after which the search of a visit that is measured ends: a night of a thousand workers would give it more, few cells want it.
LONGEST = 60.0
#: The share of the night below which the workers may not fall.
GOAL = 0.95
#: Groups, and workers that do nothing, by which a group's part of Dask is measured; workers and seconds by which the part of their heartbeats is.
GROUPS, FEW, MANY, IDLE = 2000, 50, 200, 20.0
#: Verdicts of a later round cost a quarter of those of the first (plan.SECOND).
LATER = 4


@dataclass(frozen=True)
class Visit:
    """A first visit of one cell: seconds of a processor on a worker; bytes of the task and of the result, as they are sent, and of the result
    unpacked; the coordinator's seconds of a processor to read the result and to commit it, and of its clock to commit it; bytes in the database,
    and those that a further visit adds, whose findings and counts are merged with what is there."""

    seconds: float
    task: int
    result: int
    raw: int
    read: float
    commit: float
    clock: float
    stored: float
    lesson: int
    findings: int


@dataclass(frozen=True)
class Dask:
    """Seconds of processor time: of the scheduler and of the coordinator for a group; of the scheduler for a heartbeat; of the coordinator for one
    worker in the list of threads and in that of heartbeats, and the bytes of the latter."""

    scheduler: float
    coordinator: float
    heartbeat: float
    listed: float
    heard: float
    heard_bytes: float


@dataclass(frozen=True)
class Night:
    """What a simulated night came to. Shares of time, in the first round and after it: workers at work, coordinator and scheduler busy."""

    shards: int
    rounds: int
    first_round: float
    busy: tuple[float, float]
    coordinator: tuple[float, float]
    scheduler: tuple[float, float]
    rate: tuple[float, float]
    sent: float
    stored: float


def measures() -> Iterator[Measure]:
    visits = _visits()
    size = fmean(v.result for v in visits)
    dask = _dask(int(size), int(fmean(v.task for v in visits)))
    commit = fmean(v.clock for v in visits)
    yield Measure("a first visit on a worker", fmean(v.seconds for v in visits), "s", detail={
        "samples": len(visits), "least": min(v.seconds for v in visits), "most": max(v.seconds for v in visits),
        "findings": fmean(v.findings for v in visits), "cells_of_a_night": len(_cells()),
    })  # fmt: skip
    yield Measure("its result", size, "bytes as sent", detail={
        "unpacked": fmean(v.raw for v in visits), "largest": max(v.result for v in visits), "task": fmean(v.task for v in visits),
        "stored": fmean(v.stored for v in visits), "stored_of_a_further_visit": fmean(v.lesson for v in visits),
    })  # fmt: skip
    yield Measure("results that the coordinator takes in a second", 1 / (dask.coordinator + fmean(v.read + v.commit for v in visits)), "/s", detail={
        "ms_read": 1e3 * fmean(v.read for v in visits), "ms_commit": 1e3 * fmean(v.commit for v in visits), "ms_commit_by_clock": 1e3 * commit,
        "ms_handed_out": 1e3 * dask.coordinator,
    })  # fmt: skip
    yield Measure("groups that Dask's scheduler passes in a second", 1 / dask.scheduler, "/s", detail={
        "ms_a_group": 1e3 * dask.scheduler, "ms_a_heartbeat": 1e3 * dask.heartbeat, "ms_a_worker_listed": 1e3 * dask.listed,
        "ms_a_worker_heard": 1e3 * dask.heard, "bytes_a_worker_heard": dask.heard_bytes,
    })  # fmt: skip
    for workers in WORKERS:
        night = _Night(visits, dask, workers, NIGHT).run()
        yield Measure(f"a night of {workers} workers: workers busy", _whole(night.busy, night.first_round), "share", GOAL, detail={
            "first_round_minutes": night.first_round / 60, "shards": night.shards, "rounds": night.rounds,
            **{f"{name}_{part}": value for name in ("busy", "coordinator", "scheduler", "rate")
               for part, value in zip(("first_round", "later"), getattr(night, name), strict=True)},
            "MB_a_second": night.sent / 1e6, "GB_stored": night.stored / 1e9,
        })  # fmt: skip


def _whole(shares: tuple[float, float], first_round: float) -> float:
    part = min(1.0, first_round / NIGHT)
    return part * shares[0] + (1 - part) * shares[1]


# The queue


class _Night:
    """One night by these times: rounds one after another, as the plan has them (campaign.plan): each cell once in each, with more and more verdicts;
    a round begins when all of the one before it is stored."""

    def __init__(self, visits: Sequence[Visit], dask: Dask, workers: int, seconds: float) -> None:
        self.visits, self.dask, self.workers, self.seconds = visits, dask, workers, seconds
        self.draw = random.Random(1)
        looks = workers * (dask.listed / (1 + 4 * workers / 1000) + dask.heard / 5.0)
        #: What is left of a core for groups.
        self.speed = {"scheduler": 1 - dask.heartbeat * workers / _interval(workers), "coordinator": 1 - looks}
        self.free = dict.fromkeys(self.speed, 0.0)  # from when on
        self.used = {name: [0.0, 0.0] for name in (*self.speed, "workers", "results")}  # in the first round and after it
        self.shards, self.sent, self.stored = 0, 0.0, 0.0

    def run(self) -> Night:
        now, first_round = 0.0, self.seconds
        for round_ in itertools.count():
            now = self._round(now, self._shards(round_, now), int(round_ > 0))
            if now >= self.seconds:
                break
            first_round = min(first_round, now)
        spans = (first_round, max(1e-9, self.seconds - first_round))
        shares = {name: (both[0] / spans[0], both[1] / spans[1]) for name, both in self.used.items()}
        busy = (shares["workers"][0] / self.workers, shares["workers"][1] / self.workers)
        return Night(
            self.shards, round_ + 1, first_round, busy, shares["coordinator"], shares["scheduler"], shares["results"],
            self.sent / self.seconds, self.stored,
        )  # fmt: skip

    def _shards(self, round_: int, now: float) -> Iterator[tuple[Visit, float]]:
        """Those of a round, and their seconds. In later rounds that surely end in time what takes longest comes first (Schedule.prepared)."""
        verdicts = FIRST if not round_ else min(MOST, SECOND * GROWTH ** (round_ - 1))
        longest = longest_visit(self.seconds - now, self.workers, len(_cells()))
        times = 1.0 if not round_ else max(1.0, verdicts / FIRST / LATER)
        drawn = [self.draw.choice(self.visits) for _ in _cells()]
        if round_ and times * sum(visit.seconds for visit in drawn) / self.workers < SURE * (self.seconds - now):
            drawn.sort(key=lambda visit: visit.seconds, reverse=True)
        return iter([(visit, min(longest, visit.seconds * times)) for visit in drawn])

    def _round(self, began: float, shards: Iterator[tuple[Visit, float]], late: int) -> float:
        """When the last result of these is stored; the night's end where that comes first. A shard ends at a worker, which goes on with the one that
        waits there; its result passes the scheduler and the coordinator, who then sends the next one."""
        queues: list[deque[tuple[float, Visit, float]]] = [deque() for _ in range(self.workers)]
        ends: list[tuple[float, int, Visit, float]] = []
        last = began

        def begin(worker: int, at: float) -> None:
            if not queues[worker]:
                return
            there, visit, took = queues[worker].popleft()
            begins = max(at, there)
            self.used["workers"][late] += max(0.0, min(took, self.seconds - begins))
            heapq.heappush(ends, (begins + took, worker, visit, begins))

        for _ in range(handout.AHEAD):
            for queue in queues:
                queue.extend((began, visit, took) for visit, took in itertools.islice(shards, 1))
        for worker in range(self.workers):
            begin(worker, began)
        while ends:
            now, worker, visit, _ = heapq.heappop(ends)
            if now >= self.seconds:
                return self.seconds
            idle = not queues[worker]
            begin(worker, now)
            last = self._passed(now, visit, late)
            for following, took in itertools.islice(shards, 1):
                queues[worker].append((last, following, took))
                if idle:
                    begin(worker, last)
        return last

    def _passed(self, now: float, visit: Visit, late: int) -> float:
        """When the result of a shard that ended then is stored."""
        costs = {
            "scheduler": self.dask.scheduler,
            "coordinator": self.dask.coordinator + visit.read + visit.commit,
        }
        at = now
        for name, cost in costs.items():  # first the one, then the other
            cost /= max(1e-3, self.speed[name])
            self.free[name] = at = max(self.free[name], at) + cost
            self.used[name][late] += cost
        self.used["results"][late] += 1
        self.shards += 1
        self.sent += visit.task + visit.result
        self.stored += visit.lesson if late else visit.stored
        return at


# Visits


def _cells() -> list[Cell]:
    if not _known_cells:
        settings = Settings(Budget(verdicts=1))
        _known_cells.extend(cells_of(ops().values(), settings.dtypes, ORDERS, targets_named(settings.targets)))
    return _known_cells


_known_cells: list[Cell] = []


def _visits() -> list[Visit]:
    """By a worker process, one cell after another, as the first round of a night with time enough visits them."""
    targets = tuple(map(str, targets_named(None)))
    cells = _cells()[:: max(1, len(_cells()) // SAMPLES)]
    shards = [Shard(cell, targets, 1, 0, FIRST, peers=peer_targets(targets), patience=5.0, seconds=LONGEST) for cell in cells]
    sizes = {shard.id: len(packed([shard])) for shard in shards}
    found: list[Visit] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with Store(f"sqlite:///{path / 'bench.db'}") as store, engine(2, None, modules=(*preloaded(targets), *TASKS)) as execute:
            run = Run("measured", 1, "2026-01-01T00:00:00+00:00", "1")
            store.start_run(run)
            empty = _bytes(path)  # with its log, which is gone when it is closed
            for result in execute(([shard] for shard in shards), lambda: False):
                if result.failure:
                    print(f"left out: {result.cell}: {result.failure}", file=sys.stderr)
                else:
                    found.append(_visit(store, run, result, sizes[result.task]))
        grown = (_bytes(path) - empty) / max(1, len(found))
    return [replace(visit, stored=grown) for visit in found]


def _visit(store: Store, run: Run, result: ShardResult, task: int) -> Visit:
    sent = packed([result])
    began = cpu_seconds()
    (received,) = unpacked(sent)
    read = cpu_seconds() - began
    began, clock = cpu_seconds(), time.perf_counter()
    store.save_shard(run.id, received.task, Lesson.of(received).dump(), received.cells, received.findings)
    commit, clock = cpu_seconds() - began, time.perf_counter() - clock
    lesson = len(zlib.compress(Lesson.of(received).dump().encode(), LEVEL))
    return Visit(result.cpu, task, len(sent), len(pickle.dumps(result)), read, commit, clock, 0.0, lesson, len(result.findings))


def _bytes(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.iterdir())


# Dask

#: Workers of one thread, all in one process.
_CROWD = """
import asyncio, sys
from distributed import Worker

async def crowd(address, count):
    workers = [Worker(address, nthreads=1, dashboard_address="127.0.0.1:0", memory_limit=0) for _ in range(count)]
    await asyncio.gather(*workers)
    await asyncio.gather(*(worker.finished() for worker in workers))

asyncio.run(crowd(sys.argv[1], int(sys.argv[2])))
"""


def answered(campaign: Campaign, group: bytes, sent: float) -> bytes:
    """In the place of node.run_packed: does nothing, and answers what the campaign's token says, a result of so many bytes."""
    return packed([random.Random(1).randbytes(int(campaign.token))])


class _Crowd:
    """In the place of a Cluster: all workers of a client, which have everything."""

    def __init__(self, client: Any, size: int) -> None:
        self.client, self.campaign = client, Campaign(str(size))
        self.workers = [Worker(address, threads, frozenset()) for address, threads in client.nthreads().items()]
        self.threads = sum(worker.threads for worker in self.workers)

    def check(self) -> None:
        """It stays."""

    def fault(self, address: str, error: BaseException | None) -> None:
        if error is not None:
            raise error


@dataclass(frozen=True)
class _Group:
    """A task of the size of a shard."""

    id: str
    content: bytes
    needs: tuple[str, ...] = ()


def _dask(size: int, task: int) -> Dask:
    def idle(client: Any, scheduler: psutil.Process) -> tuple[float, tuple[float, float, float]]:
        return _while_idle(scheduler), _looks(client)

    nothing, (listed, heard, heard_bytes) = _crowded(MANY, idle)
    scheduler, coordinator = _crowded(FEW, lambda client, process: _handed_out(client, process, size, task))
    return Dask(scheduler, coordinator, nothing / (MANY / _interval(MANY)), listed / MANY, heard / MANY, heard_bytes / MANY)


def _interval(workers: int) -> float:
    """Seconds between two heartbeats of a worker (distributed.scheduler.heartbeat_interval)."""
    return 0.5 if workers <= 10 else 1.0 if workers < 50 else 2.0 if workers < 200 else workers / 200 + 1


def _crowded(workers: int, measure: Callable[[Any, psutil.Process], T]) -> T:
    """What `measure` gives for a client and the scheduler's process, while so many workers are there."""
    from distributed import Client

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    commands = [
        [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        [sys.executable, "-c", _CROWD, address, str(workers)],
    ]
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands
    ]
    try:
        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)
            time.sleep(IDLE / 2)
            return measure(client, psutil.Process(started[0].pid))
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _while_idle(scheduler: psutil.Process) -> float:
    """Seconds of processor time in a second in which nothing happens."""
    before = _cpu(scheduler)
    time.sleep(IDLE)
    return (_cpu(scheduler) - before) / IDLE


def _looks(client: Any) -> tuple[float, float, float]:
    """The coordinator's seconds of processor time for the two lists that a look at the workers asks for, and the bytes of the second."""
    times = []
    for ask in (client.nthreads, lambda: client.scheduler_info(n_workers=-1)):
        began = cpu_seconds()
        for _ in range(10):
            told = ask()
        times.append((cpu_seconds() - began) / 10)
    return times[0], times[1], float(len(msgpack.packb(told["workers"], default=str)))


def _handed_out(client: Any, scheduler: psutil.Process, size: int, task: int) -> tuple[float, float]:
    """Seconds of processor time for a group, of the scheduler and of this process."""
    content = random.Random(2).randbytes(task)
    groups = ([_Group(str(number), content)] for number in range(GROUPS))
    with mock.patch.object(handout, "run_packed", answered):
        before, own = _cpu(scheduler), cpu_seconds()
        assert sum(1 for _ in Handout(_Crowd(client, size), groups, lambda: False).results()) == GROUPS  # type: ignore[arg-type]
        return (_cpu(scheduler) - before) / GROUPS, (cpu_seconds() - own) / GROUPS


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
