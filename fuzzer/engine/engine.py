"""Engine: runs tasks, in this process or on Dask workers. No pool of our own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.engine.task import Result, Task, failure_of
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.evaluation.watchdog import on_guard
from ulpfuzz.fuzzer.frameworks.targets.config import config
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment

#: Runs tasks; results come as they finish. `stop()` is called before each new task is handed out.
Run = Callable[[Iterable[Task], Callable[[], bool]], Iterator[Any]]

#: Seconds in which a scheduler answers.
ANSWERS = 8
#: Seconds in which a worker that died is replaced.
RESTART = 30
#: The share of the machine's memory that all workers together may have.
MEMORY = 0.9


class SchedulerError(UserError):
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
        yield lambda tasks, stop: _on_dask(client, count, tasks, stop)


def _in_process(tasks: Iterable[Task], stop: Callable[[], bool]) -> Iterator[Any]:
    for task in tasks:
        if stop():
            return
        yield guarded(task)


def guarded(task: Task) -> Any:
    """The task's result; whatever breaks becomes the result's `failure`, so that one bad cell does not end a night."""
    try:
        # Hypothesis suspects Dask's threads of drawing from `random`; floating-point exceptions are what is being provoked.
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return task.run()
    except AssertionError as broken:  # the oracle audit: loud, but the other cells go on
        return task.broken(f"AUDIT: {failure_of(broken)}")
    except Exception as broken:
        return task.broken(failure_of(broken))


def memory_share(workers: int) -> int:
    """Bytes for each worker process: the machine's memory, or its control group's limit, in equal shares."""
    from distributed.system import memory_limit

    return int(memory_limit() * MEMORY / max(1, workers))


#: An address of this machine alone, at any free port: what listens for HTTP cannot be left out, so it serves nothing (no routes).
LOOPBACK = "127.0.0.1"
#: Dask's own list without MALLOC_TRIM_THRESHOLD_, with which a worker spends 40 % of its time in page faults (measured, sweeps). Nor do
#: workers read a GPU's metrics: with pynvml installed they would fail where the GPUs are hidden, as they are from what runs on the CPU.
SPAWNED = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}


@contextmanager
def _client(workers: int, scheduler: str | None, memory: int | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster
    from distributed.security import Security

    from ulpfuzz.fuzzer.engine.worker import Prepared

    dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": f"{ANSWERS}s",
                     "distributed.worker.daemon": True, "distributed.admin.tick.limit": "1h", "distributed.scheduler.worker-ttl": None,
                     "distributed.worker.memory.target": False, "distributed.worker.memory.spill": False,
                     "distributed.worker.memory.pause": False, "distributed.worker.memory.terminate": 1.0,
                     "distributed.nanny.pre-spawn-environ": SPAWNED, "distributed.diagnostics.nvml": False,
                     "distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})  # fmt: skip
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=ANSWERS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerError(f"no Dask scheduler answers at {scheduler}: {failure_of(error)}") from None
        client.register_plugin(Prepared(config()))
        with client:
            yield client
        return
    # Whoever reaches a port of the cluster can run code in it: the machine's other users too, but for these certificates.
    security = Security.temporary()
    environment = {
        k: v
        for k, v in os.environ.items()
        if k.startswith(("JAX_", "XLA_", "TF_", "CUDA_", "OMP_", "MKL_", "OPENBLAS_", "PJRT_"))
    }
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host=LOOPBACK, dashboard_address=f"{LOOPBACK}:0", env=environment,
            silence_logs=50, memory_limit=memory or 0, preload=["ulpfuzz.fuzzer.engine.worker"], security=security,
        ) as cluster,
        Client(cluster, set_as_default=False, security=security) as client,
    ):  # fmt: skip
        client.register_plugin(Prepared(config()))
        yield client


def _on_dask(client: Any, workers: int, tasks: Iterable[Task], stop: Callable[[], bool]) -> Iterator[Any]:
    """One task per worker is out at a time, so that stopping is quick and a worker that dies takes few with it.

    Dask names the tasks that a dead worker held, guilty or not: each of these suspects is run again next, with every target in a
    process of its own. One that is lost once more (for a neighbour's sake, or because it dies outside the frameworks) is run at the end
    with nothing beside it; then it is the guilty one. Suspects are run beyond the end of a budget of time: what was begun is not lost.
    """
    from distributed import as_completed

    _await_workers(client, workers)
    waiting = iter(tasks)
    out: dict[str, Task] = {}
    places: dict[str, str] = {}
    free = _idle(client, places)
    suspects: list[Task] = []
    last: list[Task] = []

    def submit() -> Any:
        task = suspects.pop(0) if suspects else None if stop() else next(waiting, None)
        return None if task is None else send(task)

    def send(task: Task) -> Any:
        """Sends it to an idle worker: where the scheduler chooses, it may wait behind another task for minutes."""
        key = f"{task.id} #{len(out)} {id(waiting)}"
        pinned = {"workers": [free[-1]], "allow_other_workers": True} if free else {}
        future = client.submit(watched, task, key=key, pure=False, retries=0, **pinned)
        out[future.key] = task
        if free:
            places[future.key] = free.pop()
        return future

    first = [future for future in (submit() for _ in range(workers)) if future is not None]
    flow = as_completed(
        first, loop=client.loop, with_results=True, raise_errors=False
    )  # fetched before a worker can take them along
    for future, result in flow:
        task = out[future.key]
        place = places.pop(future.key, None)
        if isinstance(result, Result):
            free += [place] if place else []
            yield result
        else:
            (last if task.isolated else suspects).append(task.in_isolation())
            _await_workers(client, workers)  # else the next task would stand behind another worker's, and fall with it
            free = _idle(client, places)
        following = submit()
        if following is not None:
            flow.add(following)
    for task in last:
        try:
            yield send(task).result()
        except Exception as lost:
            failure = f"crash: the worker process ended, outside of the frameworks ({type(lost).__name__})"
            yield task.broken(failure, died=True)


def _idle(client: Any, places: dict[str, str]) -> list[str]:
    """The addresses of the workers that have no task."""
    busy = set(places.values())
    return [address for address in client.scheduler_info(n_workers=-1)["workers"] if address not in busy]


def _worker_count(client: Any) -> int:
    return max(1, len(client.scheduler_info(n_workers=-1)["workers"]))


def _await_workers(client: Any, count: int) -> None:
    """Waits until workers that died are replaced; a cluster that does not replace them goes on with fewer."""
    with suppress(TimeoutError):
        client.wait_for_workers(count, timeout=RESTART)


def watched(task: Task) -> Any:
    """`guarded` in a worker process, which ends if a framework call, or the task outside of them, takes too long."""
    with on_guard(task.call_timeout):
        return guarded(task)
