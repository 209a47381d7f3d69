"""Engine: runs groups of tasks, in this process or by Dask's threads, each of which has a worker process. No pool of our own."""

from __future__ import annotations

import itertools
import pickle
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import is_dataclass, replace
from typing import Any

from ulpfuzz.fuzzer.engine.cluster import Cluster, SchedulerError, check_secure
from ulpfuzz.fuzzer.engine.task import Task, failure_of
from ulpfuzz.fuzzer.engine.worker_process import WorkerProcesses, guarded, run_group
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import ForkServer
from ulpfuzz.fuzzer.frameworks.targets.config import Config, config, declare
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment
from ulpfuzz.fuzzer.own_folders import new_folder, sweep

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
        yield lambda groups, stop: _on_dask(client, groups, stop, scheduler=scheduler, memory=memory, modules=tuple(modules))


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
    sweep()  # what runs that were killed left behind
    try:
        _node.server.start()
        yield
    finally:
        _node.end()
        _node.server.end()
        _node = before
        sweep()  # what its workers left, which were ended


def _processes(memory: int | None, modules: Sequence[str]) -> WorkerProcesses:
    return WorkerProcesses(ForkServer([*modules, *ROOMS]), config(), memory)


def on_node(
    group: Group, memory: int | None, modules: tuple[str, ...], sent: float | None = None, targets: Config | None = None
) -> list[Any] | bytes:
    """The results of a group, by a worker process of the Dask worker that this is called in: of a cluster's node, which has a server of its
    own from its first task on. sent: when the group was sent, by the sender's monotonic clock; None: from this machine. targets: those of the
    sender's ulpfuzz.toml, if it is another process. To a sender elsewhere the results go packed, a tenth of the bytes, for all of them pass the
    scheduler."""
    global _node  # noqa: PLW0603 # a process has one
    with _node_lock:
        if _node is None:
            if targets is not None:
                prepare_environment()
                declare(targets)
            sweep()
            _node = _processes(memory, modules)
    if sent is None:
        return run_group(_node, tuple(group))
    return packed(run_group(_node, tuple(by_clock_of_node(task, sent) for task in group)))


def packed(results: list[Any]) -> bytes:
    """What `unpacked` reads back."""
    return zlib.compress(pickle.dumps(results, protocol=pickle.HIGHEST_PROTOCOL), 1)


def unpacked(results: Any) -> Any:
    """The results of a group; anything else as it is. Dask's own messages are pickles too: who can send these is trusted, or TLS says who it is."""
    return pickle.loads(zlib.decompress(results)) if isinstance(results, bytes) else results


def by_clock_of_node(task: Task, sent: float) -> Task:
    """The task with its deadlines (`until`, `ends`) by this machine's monotonic clock, whose zero is another on every machine. What a group waits in
    the node's queue is not counted: one group at most waits there for each worker."""
    if not is_dataclass(task) or isinstance(task, type):
        return task
    deadlines = {name: getattr(task, name, None) for name in ("until", "ends")}
    return replace(task, **{name: at - sent + time.monotonic() for name, at in deadlines.items() if at is not None})


# Dask


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Of a cluster that is there, or of threads of this process: they speak within it."""
    import dask
    from distributed import Client, LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": f"{ANSWERS}s",
                     "distributed.admin.tick.limit": "1h", "distributed.scheduler.worker-ttl": None, "distributed.diagnostics.nvml": False,
                     "distributed.worker.profile.enabled": False, "distributed.scheduler.http.routes": [],
                     "distributed.worker.http.routes": []})  # fmt: skip
    if scheduler is not None:
        check_secure(scheduler)
        try:
            client = Client(scheduler, timeout=ANSWERS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerError(f"no Dask scheduler answers at {scheduler}: {failure_of(error)}") from None
        with client:
            yield client
        return
    with (
        _folder_of_dask(),
        LocalCluster(
            n_workers=1, threads_per_worker=workers + WAITING, processes=False, dashboard_address=f"{LOOPBACK}:0",
            worker_dashboard_address=f"{LOOPBACK}:0", silence_logs=50, memory_limit=0,
            resources={"core": workers, "waiting": WAITING},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def _folder_of_dask() -> Iterator[None]:
    """Inside, Dask's scheduler and worker have their files in a folder of this process."""
    import dask

    folder = new_folder("dask")
    try:
        with dask.config.set({"temporary-directory": folder}):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _on_dask(
    client: Any,
    groups: Iterable[Group],
    stop: Callable[[], bool],
    *,
    scheduler: str | None,
    memory: int | None,
    modules: tuple[str, ...],
) -> Iterator[Any]:
    """A group is out for each worker, and one more, so that no worker waits while results are stored; what was not begun when the run stops
    is taken back. A group whose node is lost is run again once; then its tasks are broken. Raises SchedulerError where a cluster has, or has
    left, no worker."""
    from distributed import as_completed

    far = None if scheduler is None else Cluster(client, scheduler)
    if far is not None:
        far.wait()
    own = 0 if far is not None else _own_slots(client)
    waiting = iter(groups)
    out: dict[str, tuple[Group, bool, Any]] = {}
    sent_groups = itertools.count()
    flow = as_completed([], loop=client.loop, with_results=True, raise_errors=False)

    def send(group: Group, *, again: bool = False) -> None:
        key = f"{group[0].id} #{next(sent_groups)} {id(waiting)} {again}"
        if far is None:
            where: dict[str, Any] = {"resources": {"waiting" if _waits(group) else "core": 1}}
            future = client.submit(on_node, group, memory, modules, key=key, pure=False, retries=0, **where)
        else:
            # Where these workers are gone another may take it, rather than that it waits for ever.
            where = {"workers": far.workers, "allow_other_workers": True} if far.workers else {}
            future = client.submit(
                on_node, group, memory, modules, time.monotonic(), config(), key=key, pure=False, retries=0, **where
            )
        out[key] = (group, again, future)
        flow.add(future)

    def fill() -> None:
        slots = 1 + (own if far is None else far.slots)
        while sum(not _waits(group) for group, _, _ in out.values()) < slots and not stop():
            group = next(waiting, None)
            if group is None:
                return
            send(group)

    with nullcontext() if far is None else far.watched(lambda: [future for _, _, future in list(out.values())]):
        fill()
        for future, results in flow:
            group, again, _ = out.pop(future.key)
            results = unpacked(results)
            if far is not None and far.lost:
                raise SchedulerError(far.lost)
            if not isinstance(results, list) and not again:
                send(group, again=True)
            fill()
            if isinstance(results, list):
                yield from results
            elif again:
                yield from (
                    task.broken(f"crash: the node that ran it was lost ({failure_of(_error(results))})", died=True)
                    for task in group
                )


def _waits(group: Group) -> bool:
    return all(task.waits for task in group)


def _error(results: Any) -> BaseException:
    """What as_completed gives in place of a result: an exception, or a triple that holds one."""
    error = results[1] if isinstance(results, tuple) else results
    return error if isinstance(error, BaseException) else RuntimeError(str(error))


def _own_slots(client: Any) -> int:
    """Groups that the threads of this process run at once."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return max(1, sum(int(w["resources"]["core"]) for w in workers))
