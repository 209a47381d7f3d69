"""Worker process: runs tasks, forked off a server that has imported the frameworks; and the near side, which watches it and tells how it died."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import tempfile
import threading
import time
import warnings
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import psutil

from ulpfuzz.fuzzer.engine.task import OUT_OF_TIME, Death, Result, Task, failure_of
from ulpfuzz.fuzzer.evaluation import watchdog
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import STARTUP, ForkServer, descendants, end_all, ending_of
from ulpfuzz.fuzzer.frameworks.targets.config import Config, declare
from ulpfuzz.fuzzer.frameworks.targets.environment import prepare_environment

#: Seconds between two looks at a worker process that has not answered.
TICK = 0.5
#: Seconds after which a worker process that somebody stopped (SIGSTOP) is replaced.
STOPPED = 10.0
_GIB = 2**30
#: The share of a machine's memory that all workers together may have.
MEMORY = 0.9
#: What a worker process imports before it is forked, beside the frameworks of its run.
ROOMS = ("ulpfuzz.fuzzer.engine.preload",)


def memory_share(workers: int, memory: int | None = None) -> int:
    """Bytes for each worker process: of `memory`, or else of the machine's memory or its control group's limit, in equal shares."""
    from distributed.system import memory_limit

    return int((memory or memory_limit()) * MEMORY / max(1, workers))


def own_share(limit: int | None, workers: int, scheduler: str | None) -> int | None:
    """Bytes that a process of a run may have: `limit` where it has one, or else its share of this machine; None where others do the work, each of
    which knows its own."""
    return limit or (None if scheduler is not None else memory_share(workers))


class Late(Exception):
    """A task still ran when it was to be ended; its process was."""


class Died(Exception):
    """A worker process ended in the middle of a task."""

    def __init__(self, death: Death) -> None:
        super().__init__(death.how)
        self.death = death


class WorkerProcess:
    """One forked process. config: the targets of ulpfuzz.toml. memory: bytes that it may have; None for any."""

    def __init__(self, server: ForkServer, config: Config, memory: int | None) -> None:
        self.server, self.memory = server, memory
        self._stopped_since: float | None = None
        self.ended = False
        self.connection, self.pid = server.fork("ulpfuzz.fuzzer.engine.worker_process:serve")
        with tempfile.NamedTemporaryFile(prefix="ulpfuzz-note-") as file:
            file.truncate(watchdog.NOTE)
            self._note = mmap.mmap(file.fileno(), watchdog.NOTE)
            self.connection.send((config, file.name))
            if not self.connection.poll(STARTUP):  # it has opened the file
                self.end()
                raise RuntimeError(f"a worker process has not started within {STARTUP:g} s")
            self.connection.recv()

    def run(self, task: Task) -> Any:
        """The task's result. Raises Died where the process ends before it has one, Late where its time is over."""
        self._stopped_since = None
        ends = getattr(task, "ends", None)
        if ends is not None and time.monotonic() >= ends:
            raise Late
        try:
            self.connection.send(task)
            while not self.connection.poll(TICK):
                self._look()
                if ends is not None and time.monotonic() >= ends:
                    self.end()
                    raise Late
            return self.connection.recv()
        except (EOFError, OSError):
            raise Died(self._death()) from None

    def end(self) -> None:
        """Ends it at once, with the hosts that it started."""
        self.ended = True
        rest = descendants(self.pid)
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
        end_all(rest)
        with contextlib.suppress(OSError):
            self.connection.close()

    def _look(self) -> None:
        """Raises Died where the process has too much memory, or was stopped: its own timer, which ends a call that hangs, does not ring then."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if process.status() != psutil.STATUS_STOPPED:
                self._stopped_since = None
            elif self._stopped_since is None:
                self._stopped_since = time.monotonic()
            elif time.monotonic() - self._stopped_since > STOPPED:
                self.end()
                raise Died(Death("crash", f"stopped by a signal for {STOPPED:g} s"))  # which no call did
            resident = process.memory_info().rss
            if self.memory is not None and resident > self.memory:
                self.end()
                how = f"killed at {resident / _GIB:.1f} GiB of resident memory, the limit is {self.memory / _GIB:.1f} GiB"
                raise Died(Death("crash", how, *self._calling()))

    def _death(self) -> Death:
        code = ending_of(self.server.address, self.pid)
        self.end()
        if code == -signal.SIGALRM:
            return Death("hang", "no answer in time", *self._calling())
        how = "ended" if code is None else f"ended by signal {-code}" if code < 0 else f"ended with exit status {code}"
        return Death("crash", f"the process {how}", *self._calling())

    def _calling(self) -> tuple[str, str]:
        """The target and the call that it was making; empty outside of calls."""
        target, _, call = watchdog.read_note(self._note).partition("\n")
        return target, call


class WorkerProcesses:
    """The worker processes of this process: taken for a task, given back, and ended together."""

    def __init__(self, server: ForkServer, config: Config, memory: int | None) -> None:
        self.server, self.config, self.memory = server, config, memory
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._of_device: dict[str, WorkerProcess] = {}
        self._at: set[str] = set()  # the devices that are in use
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)
        self._closed = False

    def take(self, device: str = "") -> WorkerProcess:
        """An idle one, the one used last, or a new one; of a device its own, once nobody else has it: the hosts of one worker are all that take its
        memory. Raises RuntimeError once they were ended."""
        with self._free:
            while device in self._at and not self._closed:
                self._free.wait()
            if self._closed:
                raise RuntimeError("the run has ended")
            if device:
                self._at.add(device)
                worker = self._of_device.pop(device, None)
            else:
                worker = self._idle.pop() if self._idle else None
        try:
            worker = worker or WorkerProcess(self.server, self.config, self.memory)
        except BaseException:
            self.release(device)
            raise
        with self._lock:
            self._busy.add(worker)
        return worker

    def give_back(self, worker: WorkerProcess, device: str = "") -> None:
        """It is idle again, and the device free."""
        with self._free:
            self._busy.discard(worker)
            if device:
                self._of_device[device] = worker
                self._at.discard(device)
                self._free.notify_all()
            else:
                self._idle.append(worker)

    def release(self, device: str) -> None:
        """The device is free, and has no worker any more: who waits for it gets a new one."""
        with self._free:
            self._at.discard(device)
            self._free.notify_all()

    def forget(self, worker: WorkerProcess) -> None:
        """It has died."""
        with self._lock:
            self._busy.discard(worker)

    def end(self) -> None:
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._of_device.values(), *self._busy]
            self._free.notify_all()
        for worker in workers:
            worker.end()


def run_group(processes: WorkerProcesses, group: tuple[Task, ...]) -> list[Any]:
    """The results of tasks that are run one after another in one worker process, whose caches stay warm.

    A task whose process dies is run again without the call that ended it, as long as its `after` gives something to run: the process that
    runs it, and the tasks that follow, is a new one. These are run without that call. Nothing that was done is lost. Tasks that need a device
    (`device`, where a task has that) are run by its process, when it is free.
    """
    device = next(filter(None, (getattr(task, "device", "") for task in group)), "")
    worker = processes.take(device)
    try:
        results, worker = _run_by(worker, processes, group)
    except BaseException:  # a worker died, and no other starts
        processes.release(device)
        raise
    processes.give_back(worker, device)
    return results


def _run_by(worker: WorkerProcess, processes: WorkerProcesses, group: tuple[Task, ...]) -> tuple[list[Any], WorkerProcess]:
    """The results of a group, and the worker process that is there at its end."""
    results: list[Any] = []
    before: list[Death] = []
    for original in group:
        task, deaths = original.leaving_out(before), []
        while True:
            try:
                result = worker.run(task)
                break
            except Late:
                if worker.ended:
                    processes.forget(worker)
                    worker = processes.take()
                result = original.broken(OUT_OF_TIME, died=True)
                break
            except Died as died:
                processes.forget(worker)
                worker = processes.take()
                deaths.append(died.death)
                following = task.after(died.death, len(deaths))
                if following is None:
                    where = "" if died.death.target else ", outside of the frameworks"
                    result = original.broken(f"{died.death.symptom}: {died.death.how}{where}", died=True)
                    break
                task = following
        before += deaths
        results.append(result.with_deaths(deaths) if deaths and isinstance(result, Result) else result)
    return results, worker


# The far side


def serve(connection: Connection) -> None:
    """Runs the tasks that come by the connection until it closes."""
    config, note = connection.recv()
    prepare_environment()
    declare(config)
    watchdog.take_notes(note)
    connection.send("ready")
    while True:
        connection.send(watched(connection.recv()))


def watched(task: Task) -> Any:
    """`guarded` in a worker process, which ends if a framework call, or the task outside of them, takes too long."""
    with watchdog.on_guard(task.call_timeout):
        return guarded(task)


def guarded(task: Task) -> Any:
    """The task's result, with the seconds that it took; whatever breaks becomes the result's `failure`, so that one bad cell does not end
    a night."""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        # Hypothesis suspects Dask's threads of drawing from `random`; floating-point exceptions are what is being provoked.
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = task.run()
    except AssertionError as broken:  # the oracle audit: loud, but the other cells go on
        result = task.broken(f"AUDIT: {failure_of(broken)}")
    except Exception as broken:
        result = task.broken(failure_of(broken))
    return result.with_times(time.perf_counter() - wall, time.process_time() - cpu) if isinstance(result, Result) else result
