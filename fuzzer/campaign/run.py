"""Run: one campaign from settings to a finished Run in the store. Everything found is committed shard by shard."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import math
import re
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from ulpfuzz.fuzzer.campaign.earlier import Earlier, payload_of
from ulpfuzz.fuzzer.campaign.lesson import Lesson
from ulpfuzz.fuzzer.campaign.plan import FAILURES, FIRST, CellMemory
from ulpfuzz.fuzzer.campaign.reached import last_reached
from ulpfuzz.fuzzer.campaign.rerun import RerunResult
from ulpfuzz.fuzzer.campaign.rescue import Unsaved
from ulpfuzz.fuzzer.campaign.schedule import Planned, Schedule
from ulpfuzz.fuzzer.campaign.settings import Progress, Settings
from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult, subjects_run
from ulpfuzz.fuzzer.campaign.totals import Totals
from ulpfuzz.fuzzer.case import Case, Placement
from ulpfuzz.fuzzer.catalog.op import ORDERS
from ulpfuzz.fuzzer.catalog.registry import select
from ulpfuzz.fuzzer.cell import cell_of, cells_of, subjects_of
from ulpfuzz.fuzzer.engine.engine import Run as Execute
from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.engine.environment import fingerprint
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED, OUT_OF_TIME, Task, not_judged
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.case_record import case_from
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.findings.upkeep import PRUNED
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.frameworks.targets.preload import preloaded
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.search.search import ROWS
from ulpfuzz.fuzzer.signals import keeping

#: What a worker process imports for the tasks of a run.
TASKS = ("ulpfuzz.fuzzer.campaign.shard", "ulpfuzz.fuzzer.campaign.rerun", "ulpfuzz.fuzzer.casework.case_task")
#: The share of the remaining verdicts that is planned at once: a shard may judge somewhat more than its budget.
PLANNED_SHARE = 0.9
#: How the id of a shard begins, with its round (Shard.id); those of baselines begin otherwise.
_SHARD = re.compile(r"r(\d+)")

Watch = Callable[[Progress], None]
#: What is done with a run that finished, by the workers that it had.
Afterwards = Callable[[Execute, Run], None]


class Beside(Protocol):
    """What workers do that would wait for proofs of hangs, which need no core."""

    def groups(self, run: Run, ends: float | None) -> Iterator[Sequence[Task]]:
        """The tasks, of what the run has found so far; read as workers are idle. None of them may run longer than until `ends` (time.monotonic):
        the run waits for what was begun."""

    def keep(self, result: Any) -> None:
        """Takes the result of one of them."""


def run_campaign(
    settings: Settings, store: Store, watch: Watch | None = None, afterwards: Afterwards | None = None, beside: Beside | None = None
) -> Run:  # fmt: skip
    """Runs a campaign to the end of its budget, then `afterwards` with its engine; returns the finished Run (state finished, or interrupted
    after Ctrl-C). beside: what workers do that would be idle.

    Determinism: with a budget in verdicts the same settings give the same shards and findings; a budget in time cuts the same list of
    shards earlier or later. Raises UserError (UnknownName, SchedulerError, StoreError) before anything is run.
    """
    campaign = _Campaign(settings, store, watch, beside)
    targets = tuple(map(str, campaign.targets))
    modules = (*preloaded({*targets, *campaign.schedule.peers}), *TASKS)
    asked = (*targets, *campaign.schedule.modes)
    with engine(settings.workers, settings.scheduler, campaign.schedule.memory_limit, modules=modules, targets=asked) as execute:
        run = campaign.run(execute)
        if afterwards is not None and run.state == "finished":
            afterwards(execute, run)
        return run


def first_visit(settings: Settings) -> tuple[int, int]:
    """How many cells a run with these settings has, and the verdicts that one visit of each of them takes. Raises ValueError."""
    targets = targets_named(settings.targets)
    cells = cells_of(select(settings.ops), settings.dtypes, settings.orders, targets)
    return len(cells), FIRST * sum(len(subjects_of(cell, targets)) for cell in cells)


def _listed(names: Any) -> str:
    return "all" if not names else names if isinstance(names, str) else ",".join(names)


class _Campaign:
    def __init__(self, settings: Settings, store: Store, watch: Watch | None, beside: Beside | None = None) -> None:
        for dtype in settings.dtypes:
            format_named(dtype)
        for order in settings.orders:
            if order not in ORDERS:
                raise UnknownName("order", order, ORDERS)
        self.settings, self.store, self.watch, self.beside = settings, store, watch, beside
        self.targets = targets_named(settings.targets)
        self.cells = cells_of(select(settings.ops), settings.dtypes, settings.orders, self.targets)
        if not self.cells:
            raise UserError("no target computes any of these ops at these dtypes and orders; see `ulpfuzz ops`")
        self.memory = {cell.key: CellMemory() for cell in self.cells}
        self.totals = Totals()
        self.spent = 0  # of a budget in verdicts
        self.workers = settings.workers
        self.start = time.monotonic()
        self._discovered = 0.0  # seconds until the search was over
        self.schedule = Schedule(settings, self.cells, self.memory, self.targets, self.totals.took, store)
        self.run_record = self._record()
        baseline = settings.baseline or self.run_record.environment.get("replayed", {}).get("baseline")
        self.earlier = Earlier(settings, store, baseline, tuple(map(str, self.targets)))
        self.unsaved = Unsaved(store, self.run_record)

    def _record(self) -> Run:
        if self.settings.resume:
            past = self.store.run(self.settings.resume)
            if past.seed != self.settings.seed:
                raise UserError(
                    f"run {past.id} has seed {past.seed}, not {self.settings.seed}; resume it with --seed {past.seed}"
                )
            self._check_selection(past)
            with self.store.lease(past.id):  # said before the workers start; held while the run runs
                pass
            return replace(past, state="running")
        now = datetime.datetime.now(datetime.UTC)
        return Run(  # ids sort by time; what follows it keeps runs of one second apart
            id=now.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3), seed=self.settings.seed,
            started=now.isoformat(timespec="seconds"), budget=self.settings.budget.text, cells_planned=len(self.cells),
        )  # fmt: skip

    def _check_selection(self, past: Run) -> None:
        """A run that has finished is what it was of: more of the same may be added to it, nothing else. Raises UserError."""
        if past.state == PRUNED:
            raise UserError(f"run {past.id} was pruned: there is nothing left to continue")
        now = fingerprint(self.targets, self.settings)
        before = {**past.environment.get("selection", {}), "targets": past.environment.get("targets")}
        for name, chosen in {**now["selection"], "targets": now["targets"]}.items():
            there = before.get(name)
            if past.state == "finished" and there is not None and there != chosen:
                raise UserError(
                    f"run {past.id} has finished with other {name} ({_listed(there)}): start a new run for {_listed(chosen)}"
                )

    def run(self, execute: Execute) -> Run:
        """By this engine, to the end of the budget."""
        if self.settings.scheduler is not None:
            self.workers = self.schedule.workers = execute.workers
        with self.unsaved.guarded(), ExitStack() as held, keeping():
            return self._run(execute, held)

    def _run(self, execute: Execute, held: ExitStack) -> Run:
        modes = {"modes": list(self.schedule.modes)}
        environment = {**fingerprint(self.targets, self.settings), "workers": self.workers, **modes, **self.earlier.told}
        self.run_record = replace(self.run_record, environment=environment)
        if self.earlier.baseline:
            self.schedule.reached = partial(last_reached, self.store, self.run_record)
        self.store.start_run(self.run_record, resumed=bool(self.settings.resume))
        held.enter_context(self.store.lease(self.run_record.id))
        done = self.store.shard_payloads(self.run_record.id) if self.settings.resume else {}
        self._replay_facts()
        self._count_time_before(done)
        try:
            self._run_earlier(execute, done)
            self._rounds(execute, done)
            self._prove(execute)
        except KeyboardInterrupt:
            return self._finish("interrupted")
        except BaseException:  # the cluster was lost, or the database: what is kept can be resumed
            with contextlib.suppress(Exception):
                self._finish("interrupted")
            raise
        told = self._told()
        return self._finish("finished" if self.totals.verdicts or not told["cells_not_reached"] else "failed")

    def _count_time_before(self, done: dict[str, str]) -> None:
        """A resumed run has used some of its time before: what it ended with, or, where it was killed, until its last shard."""
        known = [Lesson.load(payload).at for shard, payload in done.items() if _SHARD.match(shard)]
        self.start -= max([self.run_record.seconds, *known])
        self.schedule.begin(self.start)

    def _finish(self, state: str) -> Run:
        finished = replace(
            self.run_record, state=state, seconds=time.monotonic() - self.start, verdicts=self.totals.verdicts,
            cells=len(self.totals.reached), by_tier=dict(self.totals.tiers), by_phase=dict(self.totals.phases),
            environment={**self.run_record.environment, **self._told(), **self.totals.shares(self.workers, self._discovered)},
        )  # fmt: skip
        self.store.finish_run(finished)
        return finished

    def _told(self) -> dict[str, Any]:
        """What of the plan was not done, and why. A cell that no target supports is not one that was not reached."""
        refused = {cell for cell, *_ in self.totals.unsupported}
        missing = [c.key for c in self.cells if c.key not in self.totals.reached]
        nobody = [key for key in missing if key in refused and not self.memory[key].failures]
        names = ("cell", "target", "call", "message")
        lines = {not_judged(*item) for item in self.totals.missing.items()}
        return {
            # A failed audit must not be cut off: nothing that was judged then can be trusted; nor what was not judged at all.
            "failures": sorted(self.totals.failures, key=lambda line: (": AUDIT: " not in line, line not in lines))[:100],
            "not_judged": dict(sorted(self.totals.missing.items())),
            "in_vain": sorted(self.totals.in_vain),
            "cells_not_reached": [key for key in missing if key not in nobody],
            "cells_unsupported": nobody,
            "unsupported": [dict(zip(names, line, strict=True)) for line in sorted(self.totals.unsupported)],
            "rejected": [
                dict(zip((*names, "reason"), (*at, *said), strict=True)) for at, said in sorted(self.totals.rejected.items())
            ],
            **self.earlier.told,
        }

    def _rounds(self, execute: Execute, done: dict[str, str]) -> None:
        last = max((int(shard[1]) for shard in map(_SHARD.match, done) if shard), default=-1)
        for number in itertools.count():
            # Of a resumed run that has no time left, what it did is counted all the same.
            if (self._out_of_time() and number > last) or self._verdicts_left() <= 0:
                return
            if self.settings.scheduler is not None:  # workers have come and gone
                self.schedule.workers = execute.workers
            planned = self.schedule.round(number)
            shards = [shard for _, some in planned for shard in some]
            if not shards:
                return
            lessons: dict[str, Lesson] = {}
            if self.settings.budget.verdicts is None:
                lessons = self._execute(execute, planned, done)
            else:
                for some in self._portions(shards):
                    lessons |= self._execute(execute, [(planned[0][0], some)], done)
            for shard in shards:  # in shard order: the next round must not depend on who finished first
                if shard.id in lessons:
                    self._learn(shard, lessons[shard.id])
            self._prove(execute)

    def _prove(self, execute: Execute) -> None:
        """What was set aside and waits: somewhat beyond the time of the search."""
        end = self.schedule.proved_until
        groups = self.schedule.set_aside()
        with closing(self._results(execute, groups, lambda: end is not None and time.monotonic() >= end)) as flow:
            for result in flow:
                self._save(result)
                self._tell(result.cell)
        self._discovered = time.monotonic() - self.start

    def _results(
        self, execute: Execute, groups: Iterator[Sequence[Shard]], over: Callable[[], bool]
    ) -> Generator[ShardResult, None, None]:  # fmt: skip
        """What these shards find; none is handed out once it is over. As long as some that wait are out, workers that would be idle do what is
        beside."""
        waiting: set[str] = set()

        def handed() -> Iterator[Sequence[Task]]:
            for group in groups:
                waiting.update(shard.id for shard in group if shard.waits)
                yield group
                if over():
                    break
            if self.beside is not None and waiting:
                for beside in self.beside.groups(self.run_record, self.schedule.ends):
                    yield beside
                    if not waiting:
                        break

        def stop() -> bool:
            return over() and not (self.beside is not None and waiting)

        with closing(execute(handed(), stop)) as flow:
            for result in flow:
                waiting.discard(result.task)
                if isinstance(result, ShardResult):
                    yield result
                elif self.beside is not None:
                    self.totals.idle(result)
                    self.beside.keep(result)

    def _verdicts_left(self) -> float:
        """Of a budget in verdicts, of which a shard takes what it was given, or what it judged where that is more."""
        budget = self.settings.budget.verdicts
        return math.inf if budget is None else budget - self.spent

    def _portions(self, shards: list[Shard]) -> Iterator[list[Shard]]:
        """The shards, as many at a time as a budget in verdicts has room for by what they may judge; what they did judge is known before
        the next are chosen, so that the budget is kept to within one shard. After the first round a shard is no larger than what is
        left."""
        waiting = shards[::-1]
        while waiting and (left := self._verdicts_left()) > 0:
            portion: list[Shard] = []
            planned = 0
            while waiting and planned < PLANNED_SHARE * left:
                shard = waiting.pop()
                subjects = max(1, len(subjects_run(shard)))
                portion.append(
                    shard if not shard.round else replace(shard, verdicts=min(shard.verdicts, -int(-left // subjects)))
                )
                planned += portion[-1].verdicts * subjects
            judged = self.totals.verdicts
            yield portion
            self.spent += max(planned, self.totals.verdicts - judged)

    def _execute(self, execute: Execute, planned: Sequence[Planned], done: dict[str, str]) -> dict[str, Lesson]:
        lessons: dict[str, Lesson] = {}
        fresh: list[Planned] = []
        for visit, shards in planned:
            for shard in shards:
                if shard.id in done:
                    lessons[shard.id] = Lesson.load(done[shard.id])
                    self.totals.count(shard.cell, lessons[shard.id])
            fresh.append(self.schedule.prepared((visit, [shard for shard in shards if shard.id not in done])))
        with closing(self._results(execute, self.schedule.groups(fresh), self._out_of_time)) as flow:
            for result in flow:
                lesson = self._save(result)
                if lesson is not None:
                    lessons[result.task] = lesson
                self._tell(result.cell)
        return lessons

    def _save(self, result: ShardResult) -> Lesson | None:
        shard = self.schedule.shards[result.task]
        self.schedule.returned(shard)
        self.schedule.died(shard, result.deaths)
        self.schedule.judged(shard, result)
        self.totals.miss(result.missing)
        if result.failure and result.failure != NOT_JUDGED:
            self.totals.in_vain.add(shard.id)
        if result.failure in (OUT_OF_TIME, NOT_JUDGED):
            return None
        if result.failure:
            self.totals.failures.append(f"{result.cell}: {result.failure}")
            self.memory[result.cell].failures += FAILURES if result.died else 1
            return None
        lesson = replace(Lesson.of(result), at=round(time.monotonic() - self.start, 3))
        self.totals.count(shard.cell, lesson)
        self.totals.time(shard, result)
        for finding in result.findings:
            self.schedule.found(finding)
        began = time.monotonic()
        self.unsaved.save(result.task, lesson.dump(), result.cells, result.findings)
        self.totals.phases["store"] += time.monotonic() - began
        return lesson

    def _learn(self, shard: Shard, lesson: Lesson) -> None:
        memory = self.memory[shard.cell.key]
        productive, corpus = bool(lesson.found) or lesson.cut, tuple(case_from(c) for c in lesson.corpus)
        if shard.device:  # beside what the CPU has just taught of the same cell
            productive, corpus = productive or memory.productive, tuple(dict.fromkeys((*memory.corpus, *corpus)))
        memory.productive, memory.corpus = productive, corpus
        memory.known.update(lesson.found)
        memory.visits += 1
        memory.excluded.update((target, call) for target, call in lesson.excluded)
        self.schedule.dead_peers[shard.cell.op].update((target, call) for target, call in lesson.dead_peers)

    def _run_earlier(self, execute: Execute, done: dict[str, str]) -> None:
        """What earlier runs found, again, before anything is searched."""
        for item in self.earlier.prepare(self.run_record, self.cells):
            if item.finding.symptom in ("crash", "hang"):
                self.memory[item.cell.key].has_crashing_cases = True
        with closing(self.earlier.results(execute, self.schedule, done, self.workers)) as flow:
            for result in flow:
                self._keep(result)
                self._tell(result.cell)

    def _keep(self, result: RerunResult) -> None:
        self.totals.miss(result.missing)
        if result.failure in (OUT_OF_TIME, NOT_JUDGED):
            return
        if result.failure:
            self.totals.failures.append(f"{result.cell}: {result.failure}")
            return
        for finding in result.findings:
            self.totals.findings.add(finding.id)
            self.schedule.found(finding)
        self.unsaved.save(result.task, payload_of(result), [], result.findings)
        for phase, spent in result.by_phase.items():
            self.totals.phases[phase] += spent

    def _replay_facts(self) -> None:
        """What failed in a sweep is a case of its cell: searched around, certified, and shrunk like any other."""
        for fact in self.settings.facts:
            cell = cell_of(fact)
            if fact.failing and fact.at and cell.key in self.memory:
                case = Case(fact.dtype, dict(fact.at), Placement(ROWS))
                memory = self.memory[cell.key]
                if case not in memory.corpus:
                    memory.corpus = (*memory.corpus, case)

    def _out_of_time(self) -> bool:
        seconds = self.settings.discovery_seconds
        return seconds is not None and time.monotonic() - self.start >= seconds

    def _tell(self, current: str) -> None:
        if self.watch is None:
            return
        seconds = time.monotonic() - self.start
        limit = self.settings.discovery_seconds
        self.watch(
            Progress(
                len(self.totals.reached), len(self.cells), self.totals.shards, self.totals.verdicts, len(self.totals.findings), seconds,
                None if limit is None else max(0.0, limit - seconds), current, self.totals.verdicts / max(seconds, 1e-9),
                tuple(self.totals.failures[-3:]),
            )
        )  # fmt: skip
