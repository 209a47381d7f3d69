"""Engine: runs groups of tasks, in this process or by Dask's threads, each of which has a worker process. No pool of our own."""

from __future__ import annotations

import itertools
import secrets
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from ulpfuzz.fuzzer.engine.cluster import Cluster, SchedulerError, check_secure
from ulpfuzz.fuzzer.engine.handout import Handout, error_of
from ulpfuzz.fuzzer.engine.node import Campaign, leave
from ulpfuzz.fuzzer.engine.task import Task, failure_of
from ulpfuzz.fuzzer.engine.worker_process import ROOMS, WorkerProcesses, guarded, run_group
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import ForkServer
from ulpfuzz.fuzzer.frameworks.targets.config import config
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment
from ulpfuzz.fuzzer.own_folders import new_folder, sweep
from ulpfuzz.fuzzer.signals import raise_lost

#: Tasks that one worker runs one after another, while its caches are warm.
Group = Sequence[Task]


class Run(Protocol):
    """Runs groups of tasks; their results come, one by one, as groups finish. `stop()` is called before each new group is handed out."""

    @property
    def workers(self) -> int:
        """Tasks that run at once; of a cluster now, for its workers come and go."""

    def __call__(self, groups: Iterable[Group], stop: Callable[[], bool]) -> Generator[Any, None, None]: ...


#: Seconds in which a scheduler answers.
ANSWERS = 8
#: Seconds in which a connection that was not made is given up.
CLOSES = 2
#: An address of this machine alone, at any free port: what listens for HTTP cannot be left out, so it serves nothing (no routes).
LOOPBACK = "127.0.0.1"
#: Worker processes beside the workers, for tasks that wait (Task.waits).
WAITING = 8
#: Of what is sent: no key is ever used twice, for what Dask still holds under a key is an answer to it.
_numbers = itertools.count()


@contextmanager
def engine(
    workers: int, scheduler: str | None, memory: int | None = None, *, modules: Sequence[str] = (), targets: Sequence[str] = ()
) -> Iterator[Run]:
    """An engine for the time of a run. workers 0: in this process; scheduler: a running Dask cluster instead of an embedded one.
    memory: bytes that a worker process may have; it is ended beyond. modules: what worker processes share, imported once. targets: full names of
    what the tasks need; of a cluster each worker is asked for them.

    Nothing protects this process from what runs in it: with workers 0 a framework that crashes ends the run, but where it runs in a
    process of its own. Raises SchedulerError.
    """
    prepare_environment()
    if scheduler is not None:
        campaign = Campaign(secrets.token_hex(8), tuple(targets), tuple(modules), memory, config())
        with _client_of(scheduler) as client, _on_cluster(Cluster(client, scheduler, campaign)) as run:
            yield run
    elif workers == 0:
        yield _InProcess()
    else:
        with _own_node(memory, modules), _own_client(workers) as client:
            yield _OnThreads(client, workers)


class _InProcess:
    workers = 1

    def __call__(self, groups: Iterable[Group], stop: Callable[[], bool]) -> Generator[Any, None, None]:
        for group in groups:
            raise_lost()
            if stop():
                return
            for task in group:
                yield guarded(task)


# A cluster


class _OnCluster:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @property
    def workers(self) -> int:
        return max(1, self.cluster.threads)

    def __call__(self, groups: Iterable[Group], stop: Callable[[], bool]) -> Generator[Any, None, None]:
        return Handout(self.cluster, groups, stop).results()


@contextmanager
def _on_cluster(cluster: Cluster) -> Iterator[Run]:
    cluster.check_scheduler()
    with cluster.watched():
        try:
            yield _OnCluster(cluster)
        finally:
            cluster.leave(leave)


def _configure() -> None:
    import dask

    dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": f"{ANSWERS}s",
                     "distributed.admin.tick.limit": "1h", "distributed.scheduler.worker-ttl": None, "distributed.diagnostics.nvml": False,
                     "distributed.worker.profile.enabled": False, "distributed.scheduler.http.routes": [],
                     "distributed.worker.http.routes": []})  # fmt: skip


@contextmanager
def _client_of(scheduler: str) -> Iterator[Any]:
    """Of a cluster that is there."""
    from distributed import Client

    _configure()
    check_secure(scheduler)
    client: Any = Client.__new__(Client)
    try:
        client.__init__(scheduler, timeout=ANSWERS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:  # the last two: TLS that is not set up
        # Left as it is, it would be closed by the garbage collector: for many seconds, in whatever thread that runs then. In the thread of a loop
        # that another engine starts meanwhile nobody gets further, for closing takes the lock under which it is started.
        with suppress(Exception):
            client.close(timeout=CLOSES)
        raise SchedulerError(f"no Dask scheduler answers at {scheduler}: {failure_of(error)}") from None
    with client:
        yield client


# This machine

_node: WorkerProcesses | None = None


@contextmanager
def _own_node(memory: int | None, modules: Sequence[str]) -> Iterator[None]:
    """Inside, this process has a fork server, which imports while the run is planned."""
    global _node  # noqa: PLW0603 # a process has one
    before, _node = _node, WorkerProcesses(ForkServer([*modules, *ROOMS]), config(), memory)
    sweep()  # what runs that were killed left behind
    try:
        _node.server.start()
        yield
    finally:
        _node.end()
        _node.server.end()
        _node = before
        sweep()  # what its workers left, which were ended


def on_node(group: Group) -> list[Any]:
    """The results of a group, by a worker process of this process."""
    assert _node is not None
    return run_group(_node, tuple(group))


@contextmanager
def _own_client(workers: int) -> Iterator[Any]:
    """Of threads of this process: they speak within it."""
    from distributed import Client, LocalCluster

    _configure()
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


class _OnThreads:
    """Dask's threads in this process."""

    def __init__(self, client: Any, workers: int) -> None:
        self.client, self.workers = client, workers

    def __call__(self, groups: Iterable[Group], stop: Callable[[], bool]) -> Generator[Any, None, None]:
        """A group is out for each worker, and one more, so that no worker waits while results are stored; what was not begun when the run stops
        is taken back. A group that has no worker process is run again once; then its tasks are broken."""
        from distributed import as_completed

        waiting = iter(groups)
        out: dict[str, tuple[Group, bool, Any]] = {}
        flow = as_completed([], loop=self.client.loop, with_results=True, raise_errors=False)

        def send(group: Group, *, again: bool = False) -> None:
            key = f"{group[0].id} #{next(_numbers)}"
            where = {"waiting" if _waits(group) else "core": 1}
            future = self.client.submit(on_node, group, key=key, pure=False, retries=0, resources=where)
            out[key] = (group, again, future)
            flow.add(future)

        def fill() -> None:
            raise_lost()
            while sum(not _waits(group) for group, _, _ in out.values()) <= self.workers and not stop():
                group = next(waiting, None)
                if group is None:
                    return
                send(group)

        fill()
        for future, results in flow:
            group, again, _ = out.pop(future.key)
            if not isinstance(results, list) and not again:
                send(group, again=True)
            fill()
            if isinstance(results, list):
                yield from results
            elif again:
                why = failure_of(error_of(results))
                yield from (task.broken(f"crash: the node that ran it was lost ({why})", died=True) for task in group)


def _waits(group: Group) -> bool:
    return all(task.waits for task in group)
