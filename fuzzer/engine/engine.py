"""Engine: runs groups of tasks, in this process or by Dask's threads, each of which has a worker process. No pool of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from ulpfuzz.fuzzer.engine.task import Task, failure_of
from ulpfuzz.fuzzer.engine.worker_process import WorkerProcesses, guarded, run_group
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import ForkServer
from ulpfuzz.fuzzer.frameworks.targets.config import config
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment

#: Tasks that one worker runs one after another, while its caches are warm.
Group = Sequence[Task]
#: Runs groups of tasks; their results come, one by one, as groups finish. `stop()` is called before each new group is handed out.
Run = Callable[[Iterable[Group], Callable[[], bool]], Iterator[Any]]

#: Seconds in which a scheduler answers.
ANSWERS = 8
#: An address of this machine alone, at any free port: what listens for HTTP cannot be left out, so it serves nothing (no routes).
LOOPBACK = "127.0.0.1"
#: The share of the machine's memory that all workers together may have.
MEMORY = 0.9
#: Worker processes beside the workers, for tasks that wait (Task.waits).
WAITING = 8
#: What a worker process imports before it is forked, beside the frameworks of its run.
ROOMS = ("ulpfuzz.fuzzer.engine.preload",)


class SchedulerError(UserError):
    """The Dask scheduler cannot be reached; one line."""


@contextmanager
def engine(workers: int, scheduler: str | None, memory: int | None = None, *, modules: Sequence[str] = ()) -> Iterator[Run]:
    """An engine for the time of a run. workers 0: in this process; scheduler: a running Dask cluster instead of an embedded one.
    memory: bytes that a worker process may have; it is ended beyond. modules: what worker processes share, imported once.

    Nothing protects this process from what runs in it: with workers 0 a framework that crashes ends the run, but where it runs in a
    process of its own.
    """
    prepare_environment()
    if workers == 0 and scheduler is None:
        yield _in_process
        return
    with nullcontext() if scheduler is not None else _own_node(memory, modules), _client(workers, scheduler) as client:
        yield lambda groups, stop: _on_dask(
            client, groups, stop, far=scheduler is not None, memory=memory, modules=tuple(modules)
        )


def _in_process(groups: Iterable[Group], stop: Callable[[], bool]) -> Iterator[Any]:
    for group in groups:
        if stop():
            return
        for task in group:
            yield guarded(task)


def memory_share(workers: int) -> int:
    """Bytes for each worker process: the machine's memory, or its control group's limit, in equal shares."""
    from distributed.system import memory_limit

    return int(memory_limit() * MEMORY / max(1, workers))


# The worker processes of a node

_node: WorkerProcesses | None = None
_node_lock = threading.Lock()


@contextmanager
def _own_node(memory: int | None, modules: Sequence[str]) -> Iterator[None]:
    """Inside, this process has a fork server, which imports while the run is planned."""
    global _node  # noqa: PLW0603 # a process has one
    before, _node = _node, _processes(memory, modules)
    _node.server.start()
    try:
        yield
    finally:
        _node.end()
        _node.server.end()
        _node = before


def _processes(memory: int | None, modules: Sequence[str]) -> WorkerProcesses:
    return WorkerProcesses(ForkServer([*modules, *ROOMS]), config(), memory)


def on_node(group: Group, memory: int | None, modules: tuple[str, ...]) -> list[Any]:
    """The results of a group, by a worker process of the Dask worker that this is called in: of a cluster's node, which has a server of its
    own from its first task on."""
    global _node  # noqa: PLW0603 # a process has one
    with _node_lock:
        if _node is None:
            _node = _processes(memory, modules)
    return run_group(_node, tuple(group))


# Dask


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Of a cluster that is there, or of threads of this process: they speak within it."""
    import dask
    from distributed import Client, LocalCluster

    from ulpfuzz.fuzzer.engine.dask_worker import Prepared

    dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": f"{ANSWERS}s",
                     "distributed.admin.tick.limit": "1h", "distributed.scheduler.worker-ttl": None, "distributed.diagnostics.nvml": False,
                     "distributed.worker.profile.enabled": False, "distributed.scheduler.http.routes": [],
                     "distributed.worker.http.routes": []})  # fmt: skip
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=ANSWERS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerError(f"no Dask scheduler answers at {scheduler}: {failure_of(error)}") from None
        client.register_plugin(Prepared(config()))
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=workers + WAITING, processes=False, dashboard_address=f"{LOOPBACK}:0",
            worker_dashboard_address=f"{LOOPBACK}:0", silence_logs=50, memory_limit=0,
            resources={"core": workers, "waiting": WAITING},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


def _on_dask(
    client: Any, groups: Iterable[Group], stop: Callable[[], bool], *, far: bool, memory: int | None, modules: tuple[str, ...]
) -> Iterator[Any]:
    """A group is out for each worker, and one more, so that no worker waits while results are stored; what was not begun when the run stops
    is taken back. A group whose node is lost is run again once; then its tasks are broken."""
    from distributed import as_completed

    waiting = iter(groups)
    out: dict[str, tuple[Group, bool]] = {}
    slots = 1 + _slots(client, far=far)
    flow = as_completed([], loop=client.loop, with_results=True, raise_errors=False)

    def send(group: Group, *, again: bool = False) -> None:
        resources = {} if far else {"waiting" if _waits(group) else "core": 1}
        key = f"{group[0].id} #{len(out)} {id(waiting)} {again}"
        out[key] = (group, again)
        flow.add(client.submit(on_node, group, memory, modules, key=key, pure=False, retries=0, resources=resources))

    def fill() -> None:
        while sum(not _waits(group) for group, _ in out.values()) < slots and not stop():
            group = next(waiting, None)
            if group is None:
                return
            send(group)

    fill()
    for future, results in flow:
        group, again = out.pop(future.key)
        if not isinstance(results, list) and not again:
            send(group, again=True)
        fill()
        if isinstance(results, list):
            yield from results
        elif again:
            yield from (
                task.broken(f"crash: the node that ran it was lost ({failure_of(_error(results))})", died=True) for task in group
            )


def _waits(group: Group) -> bool:
    return all(task.waits for task in group)


def _error(results: Any) -> BaseException:
    """What as_completed gives in place of a result: an exception, or a triple that holds one."""
    error = results[1] if isinstance(results, tuple) else results
    return error if isinstance(error, BaseException) else RuntimeError(str(error))


def _slots(client: Any, *, far: bool) -> int:
    """Groups that are run at once."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return max(1, sum(int(w["nthreads"]) if far else int(w["resources"]["core"]) for w in workers))
