"""Handout: which worker of a cluster gets which group; two for each of its threads, so that none waits for the network.

The coordinator chooses the worker, not Dask's scheduler. The workers that have a task's targets would be a list of addresses with every task (30 kB
for a thousand workers, and as many comparisons), fixed when it is sent; Dask's resources are fixed when a worker starts. Here a worker that comes
late has its share with the next look, and what a lost one had goes to others at once.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ulpfuzz.fuzzer.engine.cluster import Cluster, Worker
from ulpfuzz.fuzzer.engine.node import packed, run_packed, unpacked
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED, OUT_OF_TIME, Task, failure_of
from ulpfuzz.fuzzer.signals import raise_lost

#: Groups at a worker for each of its threads: one that runs, one that waits there.
AHEAD = 2
#: Parts that may wait here for workers that are busy, for each group that the cluster has room for: others get what they can do meanwhile.
HELD = 4
#: Nodes that a group may lose before its tasks are broken: it may be what they die of.
NODES = 3
#: Seconds between two looks at what has come where nothing comes, and between two at who has gone.
POLL, CHECK = 0.02, 0.5
#: Seconds after the time at which its tasks are to be ended (`ends`) in which a group's results must have come.
OVERDUE = 10.0
#: Of what is sent: no key is ever used twice, for what Dask still holds under a key is an answer to it.
_numbers = itertools.count()


@dataclass(frozen=True)
class Part:
    """Tasks, or their parts, that one worker runs one after another. needs: the targets that it must have. lost: the workers that were lost
    with it."""

    tasks: tuple[Task, ...]
    needs: frozenset[str]
    lost: tuple[str, ...] = ()

    @property
    def ends(self) -> float | None:
        """When the last of its tasks is to be ended; None: never."""
        ends = [end for task in self.tasks if (end := getattr(task, "ends", None)) is not None]
        return max(ends) if len(ends) == len(self.tasks) else None


@dataclass(frozen=True)
class Sent:
    """A part at a worker."""

    key: str
    part: Part
    address: str
    future: Any


@dataclass
class Divided:
    """A task that no worker could run whole. left: parts of it that have no result yet."""

    task: Task
    left: int = 1
    results: list[Any] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def result(self) -> Any:
        """Of the task, once all of its parts have theirs."""
        whole = self.task.joined(self.results) if self.results else self.task.broken(NOT_JUDGED)
        return replace(whole, missing=tuple(sorted(self.missing.items())))


class Handout:
    """Groups handed out to a cluster's workers until there are no more, or the run stops: `results()`, once."""

    def __init__(self, cluster: Cluster, groups: Iterable[Sequence[Task]], stop: Callable[[], bool]) -> None:
        from distributed import as_completed

        self.cluster, self.client, self.stop = cluster, cluster.client, stop
        self._groups = iter(groups)
        self._exhausted = False
        self._held: dict[frozenset[str], deque[Part]] = {}  # by what they need, to be sent next
        self._out: dict[str, Sent] = {}
        self._load: Counter[str] = Counter()  # by address, of what is out
        self._divided: dict[str, Divided] = {}  # by the task's id
        self._told: deque[Any] = deque()  # results that are to be told
        self._flow = as_completed([], loop=self.client.loop, with_results=True, raise_errors=False)

    def results(self) -> Generator[Any, None, None]:
        """The tasks' results, as they come. Raises SchedulerError where the cluster has, or has left, no worker, or no scheduler."""
        checked = 0.0
        try:
            while True:
                self._fill()
                while self._told:
                    yield self._told.popleft()
                if not self._out:
                    if not self._held:
                        return
                    self.cluster.wait()  # all that could take them have gone
                    continue
                for future, results in self._flow.next_batch(block=False):
                    self._take(future.key, results)
                    self._fill()  # before the result is stored
                    while self._told:
                        yield self._told.popleft()
                if not self._flow.has_ready():
                    time.sleep(POLL)
                if time.monotonic() - checked >= CHECK:
                    checked = time.monotonic()
                    self._check()
        finally:
            self._retract(list(self._out.values()))

    # What comes

    def _take(self, key: str, results: Any) -> None:
        """Tells the results of a part, or sends it again; nothing where it was taken back before."""
        sent = self._out.pop(key, None)
        if sent is None:
            return
        self._load[sent.address] -= 1
        if isinstance(results, bytes):
            self.cluster.fault(sent.address, None)
            self._tell(sent.part, unpacked(results))
            return
        error = error_of(results)
        self.cluster.fault(sent.address, error)
        self._again(sent, failure_of(error))

    def _again(self, sent: Sent, why: str) -> None:
        """Sends a part to another node; its tasks are broken where too many were lost."""
        part = replace(sent.part, lost=(*sent.part.lost, sent.address))
        if len(part.lost) < NODES:
            self._hold(part, first=True)
            return
        failure = f"crash: the nodes that ran it were lost, {NODES} of them ({why})"
        self._tell(part, [task.broken(failure, died=True) for task in part.tasks])

    def _tell(self, part: Part, results: Sequence[Any]) -> None:
        """Of a task that was divided only once all of its parts are there."""
        for task, result in zip(part.tasks, results, strict=True):
            divided = self._divided.get(task.id)
            if divided is None:
                self._told.append(result)
                continue
            divided.results.append(result)
            divided.left -= 1
            self._tell_whole(divided)

    def _tell_whole(self, divided: Divided) -> None:
        if not divided.left:
            del self._divided[divided.task.id]
            self._told.append(divided.result())

    # What goes

    def _fill(self) -> None:
        """Sends what there is to do, as long as workers have room for it and the run goes on."""
        raise_lost()
        if self.stop():  # of what has begun in part the rest is sent all the same: it ends at once
            begun = [
                part for parts in self._held.values() for part in parts if any(task.id in self._divided for task in part.tasks)
            ]
            self._held.clear()
            for part in begun:
                self._hold(part)
            self._exhausted = True
        workers = self.cluster.workers
        room = [worker for worker in workers if self._load[worker.address] < AHEAD * worker.threads]
        most = HELD * AHEAD * sum(worker.threads for worker in workers)
        while room:
            if self._send_held(room, workers):
                continue
            if self._exhausted or sum(map(len, self._held.values())) >= most or self.stop():
                return
            group = next(self._groups, None)
            if group is None:
                self._exhausted = True
                return
            self._hold(Part(tuple(group), frozenset(name for task in group for name in task.needs)))

    def _hold(self, part: Part, *, first: bool = False) -> None:
        """Puts a part to those that wait, in as few parts as there are kinds of workers that have something of it."""
        kinds = list(dict.fromkeys(worker.targets for worker in self.cluster.workers))
        for each in self._fitting(part, kinds) if kinds else [part]:
            waiting = self._held.setdefault(each.needs, deque())
            waiting.appendleft(each) if first else waiting.append(each)

    def _send_held(self, room: list[Worker], workers: Sequence[Worker]) -> bool:
        """Sends one of the parts that wait to the least loaded worker that has room for it and its targets, not to one that it was lost with if there
        is another."""
        for needs, waiting in list(self._held.items()):
            able = [worker for worker in workers if needs <= worker.targets]
            if not able:  # those that had its targets have gone
                del self._held[needs]
                for part in waiting:
                    self._hold(part)
                return True
            fit = [worker for worker in room if needs <= worker.targets]
            for part in waiting if fit else ():
                others = fit if not part.lost else [worker for worker in fit if worker.address not in part.lost]
                if not others and all(worker.address in part.lost for worker in able):
                    others = fit
                if others:
                    waiting.remove(part)
                    if not waiting:
                        del self._held[needs]
                    worker = min(others, key=lambda worker: self._load[worker.address] / worker.threads)
                    self._send(part, worker)
                    if self._load[worker.address] >= AHEAD * worker.threads:
                        room.remove(worker)
                    return True
        return False

    def _send(self, part: Part, worker: Worker) -> None:
        key = f"{part.tasks[0].id} #{next(_numbers)} {self.cluster.campaign.token}"
        future = self.client.submit(
            run_packed, self.cluster.campaign, packed(part.tasks), time.monotonic(), key=key, workers=[worker.address],
            allow_other_workers=False, pure=False, retries=0,
        )  # fmt: skip
        self._out[key] = Sent(key, part, worker.address, future)
        self._load[worker.address] += 1
        self._flow.add(future)

    def _retract(self, some: Sequence[Sent]) -> None:
        """Takes parts back; what comes of them is not counted."""
        for sent in some:
            del self._out[sent.key]
            self._load[sent.address] -= 1
        if some and self.client.status == "running":
            self.client.cancel([sent.future for sent in some], force=True)

    # Who has what

    def _fitting(self, part: Part, kinds: Sequence[frozenset[str]]) -> list[Part]:
        """The part whole where one kind of worker has all that it needs. Else each of its tasks is divided; what nobody has is left out, and told
        with the task's result."""
        if any(part.needs <= kind for kind in kinds):
            return [part]
        by_needs: dict[frozenset[str], list[Task]] = {}
        for task in part.tasks:
            needs = frozenset(task.needs)
            covers, missing = cover(needs, kinds)
            for each in covers:
                by_needs.setdefault(each, []).append(task if each == needs else task.only(each))
            if covers != [needs]:
                divided = self._divided.setdefault(task.id, Divided(task))
                divided.left += len(covers) - 1
                divided.missing |= {name: self.cluster.why_not(name) for name in missing}
                self._tell_whole(divided)
        return [Part(tuple(tasks), needs, part.lost) for needs, tasks in by_needs.items()]

    # Who has gone

    def _check(self) -> None:
        """Takes back what is with workers that have gone or fallen silent, and what is overdue."""
        self.cluster.check()
        there = {worker.address for worker in self.cluster.workers}
        lost = [sent for sent in self._out.values() if sent.address not in there]
        self._retract(lost)
        for sent in lost:
            self._again(sent, "they are not there any more")
        now = time.monotonic()
        late = [sent for sent in self._out.values() if sent.part.ends is not None and now > sent.part.ends + OVERDUE]
        self._retract(late)
        for sent in late:
            self._tell(sent.part, [task.broken(OUT_OF_TIME, died=True) for task in sent.part.tasks])
        if self._exhausted and not self._held:
            self._level()

    def _level(self) -> None:
        """At the end of a round, where nothing is left to be handed out: what waits behind a long group goes to a worker that is free."""
        workers = {worker.address: worker for worker in self.cluster.workers}
        at: dict[str, list[Sent]] = {}
        for sent in self._out.values():  # in the order in which they were sent: of those at a worker the first ones run
            at.setdefault(sent.address, []).append(sent)
        waiting = [sent for address, there in at.items() if address in workers for sent in there[workers[address].threads :]]
        for worker in workers.values():
            if waiting and self._load[worker.address] < worker.threads:
                last = next((sent for sent in reversed(waiting) if sent.part.needs <= worker.targets), None)
                if last is not None:
                    waiting.remove(last)
                    self._retract([last])
                    self._send(last.part, worker)


def cover(needs: frozenset[str], kinds: Sequence[frozenset[str]]) -> tuple[list[frozenset[str]], frozenset[str]]:
    """Disjoint parts of `needs` that each fit a kind of worker, the largest first; and what none of them has."""
    if not needs:
        return [needs], needs
    covers = []
    while best := max((needs & kind for kind in kinds), key=lambda part: (len(part), sorted(part)), default=frozenset[str]()):
        covers.append(best)
        needs -= best
    return covers, needs


def error_of(results: Any) -> BaseException:
    """What as_completed gives in place of a result: an exception, or a triple that holds one."""
    error = results[1] if isinstance(results, tuple) else results
    return error if isinstance(error, BaseException) else RuntimeError(str(error))
