"""Engine: runs shards, in this process or on Dask workers. No pool of our own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np

from fuzzer.campaign.search import LITTLE
from fuzzer.campaign.shard import Shard, ShardResult, run_shard
from fuzzer.campaign.watchdog import on_guard
from fuzzer.frameworks.config import config
from fuzzer.frameworks.target import prepare_environment

#: Runs shards; results come as they finish. `stop()` is asked before each new shard is handed out.
Run = Callable[[Sequence[Shard], Callable[[], bool]], Iterator[ShardResult]]

#: Seconds in which a scheduler answers.
ANSWERS = 8
#: Seconds in which a worker that died is replaced.
RESTART = 30
#: The share of the machine's memory that all workers together may have.
MEMORY = 0.9


class SchedulerError(ValueError):
    """The Dask scheduler cannot be reached; one line."""


@contextmanager
def engine(workers: int, scheduler: str | None, memory: int | None = None) -> Iterator[Run]:
    """An engine for the time of a run. workers 0: in this process; scheduler: a running Dask cluster instead of an embedded one.
    memory: bytes that an embedded worker may have; it is ended beyond.

    Nothing protects this process from what runs in it: with workers 0 a framework that crashes ends the run, but where it runs in a
    process of its own.
    """
    prepare_environment()
    if workers == 0 and scheduler is None:
        yield _in_process
        return
    with _client(workers, scheduler, memory) as client:
        count = _worker_count(client)
        yield lambda shards, stop: _on_dask(client, count, shards, stop)


def _in_process(shards: Sequence[Shard], stop: Callable[[], bool]) -> Iterator[ShardResult]:
    for shard in shards:
        if stop():
            return
        yield guarded(shard)


def guarded(shard: Shard) -> ShardResult:
    """run_shard; whatever breaks becomes the result's `failure`, so that one bad cell does not end a night."""
    try:
        # Hypothesis suspects Dask's threads of drawing from `random`; floating-point exceptions are what is being provoked.
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run_shard(shard)
    except AssertionError as broken:  # the oracle audit: loud, but the other cells go on
        return ShardResult(shard.id, shard.cell.key, failure=f"AUDIT: {_line(broken)}")
    except Exception as broken:
        return ShardResult(shard.id, shard.cell.key, failure=_line(broken))


def _line(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"


def memory_share(workers: int) -> int:
    """Bytes for each of so many worker processes: the machine's memory, or its control group's limit, in equal shares."""
    from distributed.system import memory_limit

    return int(memory_limit() * MEMORY / max(1, workers))


@contextmanager
def _client(workers: int, scheduler: str | None, memory: int | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    from fuzzer.campaign.worker import Prepared

    dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": f"{ANSWERS}s",
                     "distributed.worker.daemon": True, "distributed.admin.tick.limit": "1h", "distributed.scheduler.worker-ttl": None,
                     "distributed.worker.memory.target": False, "distributed.worker.memory.spill": False,
                     "distributed.worker.memory.pause": False, "distributed.worker.memory.terminate": 1.0})  # fmt: skip
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=ANSWERS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerError(f"no Dask scheduler answers at {scheduler}: {_line(error)}") from None
        client.register_plugin(Prepared(config()))
        with client:
            yield client
        return
    environment = {
        k: v
        for k, v in os.environ.items()
        if k.startswith(("JAX_", "XLA_", "TF_", "CUDA_", "OMP_", "MKL_", "OPENBLAS_", "PJRT_"))
    }
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", env=environment, silence_logs=50,
            memory_limit=memory or 0, preload=["fuzzer.campaign.worker"],
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        client.register_plugin(Prepared(config()))
        yield client


def _on_dask(client: Any, workers: int, shards: Sequence[Shard], stop: Callable[[], bool]) -> Iterator[ShardResult]:
    """One shard per worker is out at a time, so that stopping is quick and a worker that dies takes few with it.

    Dask names the tasks that a dead worker held, guilty or not: each of these suspects is run again next, with every target in a
    process of its own. One that is lost once more (for a neighbour's sake, or because it dies outside the frameworks) is run at the end
    with nothing beside it; then it is the guilty one. Suspects are run beyond the end of a budget of time: what was begun is not lost.
    """
    from distributed import as_completed

    _await_workers(client, workers)
    waiting = iter(shards)
    out: dict[str, Shard] = {}
    suspects: list[Shard] = []
    last: list[Shard] = []

    def submit() -> Any:
        shard = suspects.pop(0) if suspects else None if stop() else next(waiting, None)
        return None if shard is None else send(shard)

    def send(shard: Shard) -> Any:
        future = client.submit(watched, shard, key=f"{shard.id} #{len(out)} {id(waiting)}", pure=False, retries=0)
        out[future.key] = shard
        return future

    first = [future for future in (submit() for _ in range(workers)) if future is not None]
    flow = as_completed(
        first, loop=client.loop, with_results=True, raise_errors=False
    )  # fetched before a worker can take them along
    for future, result in flow:
        shard = out[future.key]
        if isinstance(result, ShardResult):
            yield result
        else:
            (last if shard.alone else suspects).append(_apart(shard))
            _await_workers(client, workers)  # else the next shard would stand behind another worker's, and fall with it
        following = submit()
        if following is not None:
            flow.add(following)
    for shard in last:
        try:
            yield send(shard).result()
        except Exception as lost:
            failure = f"crash: the worker process ended, outside of the frameworks ({type(lost).__name__})"
            yield ShardResult(shard.id, shard.cell.key, failure=failure, died=True)


def _apart(shard: Shard) -> Shard:
    """A suspect with every target in a process of its own: its calls take longer there, and what killed it must be met again."""
    return replace(shard, alone=True, seconds=None if shard.seconds is None else max(shard.seconds, LITTLE / 2))


def _worker_count(client: Any) -> int:
    return max(1, len(client.scheduler_info(n_workers=-1)["workers"]))


def _await_workers(client: Any, count: int) -> None:
    """Until those that died are replaced; a cluster that does not replace them goes on with fewer."""
    with suppress(TimeoutError):
        client.wait_for_workers(count, timeout=RESTART)


def watched(shard: Shard) -> ShardResult:
    """`guarded` in a worker process, which ends if a framework call, or the shard outside of them, takes too long."""
    with on_guard(shard.patience):
        return guarded(shard)
