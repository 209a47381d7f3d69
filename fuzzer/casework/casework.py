"""Casework: works the queue of a run's defects, by itself or in the last part of a run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import starmap

from ulpfuzz.fuzzer.casework.case_task import CALL_TIMEOUT, CaseResult, CaseTask
from ulpfuzz.fuzzer.casework.queue import queue_of
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.defects.history import ABSENT
from ulpfuzz.fuzzer.defects.memory import case_files, defects_of, save_case_file
from ulpfuzz.fuzzer.engine.engine import Run as Execute
from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED, OUT_OF_TIME, not_judged
from ulpfuzz.fuzzer.engine.worker_process import own_share
from ulpfuzz.fuzzer.evaluation.peers import peer_targets
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.identity import resolve
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.preload import preloaded
from ulpfuzz.fuzzer.signals import keeping

#: Seconds after the end of the time in which what was begun may end by itself; then its process is ended.
LATE = 10.0
#: Seconds of a defect that is worked on beside a search: a proof that is waited for takes as long.
BESIDE = 20.0


@dataclass(frozen=True)
class CaseworkSettings:
    """How much is worked on, and where."""

    #: Of work, from the start; what was begun has LATE more. None: until nothing is due.
    seconds: float | None = None
    #: Ids of defects, or beginnings of them; empty: all. Those that are named are worked on again, due or not.
    defects: tuple[str, ...] = ()
    workers: int = 0
    #: URL of a Dask scheduler; None: workers of its own.
    scheduler: str | None = None
    #: Seconds that a framework call may take; None: CALL_TIMEOUT.
    case_timeout: float | None = None
    #: Bytes that a process may have; None: its share of the machine's memory.
    memory_limit: int | None = None


@dataclass
class Worked:
    """What was done so far."""

    #: Defects whose turn it was or is to come.
    due: int = 0
    #: Case files written.
    done: int = 0
    #: Ids of defects whose face does not fail any more.
    gone: list[str] = field(default_factory=list)
    #: Parts of the work that broke, a line each with the id of the defect: faults of ulpfuzz.
    faults: list[str] = field(default_factory=list)
    #: The defect worked on last.
    current: str = ""
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def left(self) -> int:
        """Defects that are still due."""
        return self.due - self.done - len(self.gone)

    @property
    def failures(self) -> tuple[str, ...]:
        """The last faults."""
        return tuple(self.faults[-3:])


Watch = Callable[[Worked], None]


def run_casework(store: Store, run: Run, settings: CaseworkSettings, watch: Watch | None = None) -> Worked:
    """Works on the defects of a run, the gravest first; every case file is stored as it comes, so that Ctrl-C loses nothing.

    Raises UserError (UnknownName, SchedulerError, StoreError) before anything is worked on.
    """
    tasks = due(store, run, settings)
    targets = tuple(dict.fromkeys(name for task in tasks for name in task.needs))
    memory, modules = own_share(settings.memory_limit, settings.workers, settings.scheduler), preloaded(peer_targets(()))
    modules = (*modules, "ulpfuzz.fuzzer.casework.case_task")
    with engine(settings.workers, settings.scheduler, memory, modules=modules, targets=targets) as execute:
        return work(execute, tasks, store, settings.seconds, watch)


def due(store: Store, run: Run, settings: CaseworkSettings) -> list[CaseTask]:
    """The tasks of a run's due defects, or of the defects that the settings name. Raises UnknownName, which names the nearest."""
    defects = [d for d in defects_of(store, run.id) if d.status not in ABSENT]
    known = case_files(store, [d.id for d in defects])
    if settings.defects:
        wanted = {resolve(name, _names(defects), "defect") for name in settings.defects}
        defects = [d for d in defects if wanted & {d.id, *d.members, *d.merged}]
        known = {}
    findings = {f.id: f for f in store.findings(run.id)}
    memory = own_share(settings.memory_limit, settings.workers, settings.scheduler)
    call_timeout = settings.case_timeout or CALL_TIMEOUT
    until = None if settings.seconds is None else time.monotonic() + settings.seconds
    return [
        replace(task, memory=memory, call_timeout=call_timeout, until=until, ends=None if until is None else until + LATE)
        for task in queue_of(defects, findings, known, run)
    ]


def _names(defects: list[Defect]) -> list[str]:
    """What a user may name a defect by: its id, a merged one's, a member's."""
    return [name for d in defects for name in (d.id, *d.members, *d.merged)]


def work(execute: Execute, tasks: list[CaseTask], store: Store, seconds: float | None, watch: Watch | None = None) -> Worked:
    """Works through the tasks by a started engine; begins none after `seconds`."""
    began, worked = time.monotonic(), Worked(due=len(tasks))

    def over() -> bool:
        return seconds is not None and time.monotonic() - began >= seconds

    try:
        with keeping(), closing(execute([[task] for task in tasks], over)) as flow:
            for result in flow:
                _take(result, store, worked, began, watch)
    except KeyboardInterrupt:
        worked.interrupted = True
    worked.seconds = time.monotonic() - began
    return worked


class Beside:
    """Casework beside a run's search, by workers that would be idle. What it works on is what the run has found when the first of them is; a case
    file that a later finding outdates is due again."""

    def __init__(self, store: Store, settings: CaseworkSettings, watch: Watch | None = None) -> None:
        self.store, self.settings, self.watch = store, settings, watch
        self._began, self._worked = 0.0, Worked()

    def groups(self, run: Run, ends: float | None) -> Iterator[list[CaseTask]]:
        """The tasks of what is due, one at a time; each has BESIDE seconds, for the search wants its worker again, and is ended at `ends`."""
        tasks = due(self.store, run, self.settings)
        self._began, self._worked = time.monotonic(), Worked(due=len(tasks))
        last = math.inf if ends is None else ends
        for task in tasks:
            until = min(math.inf if task.until is None else task.until, time.monotonic() + BESIDE, last)
            yield [replace(task, until=until, ends=min(until + LATE, last))]

    def keep(self, result: CaseResult) -> None:
        """Stores a case file."""
        _take(result, self.store, self._worked, self._began, self.watch)


def _take(result: CaseResult, store: Store, worked: Worked, began: float, watch: Watch | None) -> None:
    """Keeps a result, and tells the watch what was done since `began`."""
    _keep(result, store, worked)
    worked.seconds = time.monotonic() - began
    if watch is not None:
        watch(worked)


def _keep(result: CaseResult, store: Store, worked: Worked) -> None:
    worked.current = result.cell
    if result.failure == OUT_OF_TIME:  # it is due again
        return
    if result.failure == NOT_JUDGED:
        worked.faults += [line for line in starmap(not_judged, result.missing) if line not in worked.faults]
        return
    if result.case_file is None:
        worked.faults.append(f"{result.cell}: {result.failure}")
        return
    worked.faults += [f"{result.cell}: {fault}" for fault in result.case_file.faults]
    save_case_file(store, result.case_file)
    if result.case_file.fails:
        worked.done += 1
    else:
        worked.gone.append(result.cell)
