"""Sweep: every input of ops of one number (or of two, in 8 bits) through every target, from settings to stored facts."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import starmap
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import select
from ulpfuzz.fuzzer.cell import Cell, cells_of, subjects_of
from ulpfuzz.fuzzer.engine.engine import Run as Execute
from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.engine.environment import fingerprint
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED, not_judged
from ulpfuzz.fuzzer.engine.worker_process import own_share
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.fact import Fact, PartialResult, Sweep, joined
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.targets.preload import preloaded
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.inputs.exhaustive import NotSwept, Space, ends, is_swept, space_of
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.signals import keeping
from ulpfuzz.fuzzer.sweep.chunk import Chunk, ChunkResult
from ulpfuzz.oracles.confirmation import confirm

#: Inputs of a chunk: seconds of work, so that a sweep can be stopped anywhere and its workers end together.
STRETCH = {16: 1 << 14, 32: 1 << 22}


@dataclass(frozen=True)
class SweepSettings:
    """What a sweep runs through; None means everything there is. What is not said here is as in Settings."""

    #: Names or patterns; of patterns those that can be swept.
    ops: str
    #: The one dtype.
    dtype: str
    #: Of catalog.op.ORDERS.
    orders: tuple[str, ...] = ("value",)
    #: Full names or patterns, separated by commas; None: all installed.
    targets: str | None = None
    #: Of the one op, None: each of its usual sets.
    params: dict[str, Any] | None = None
    #: Of each target the first call only.
    first_calls: bool = False
    #: Targets in mode eager only.
    eager: bool = False
    #: 0: in this process.
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    #: URL of a Dask scheduler; None: workers of its own.
    scheduler: str | None = None
    #: Id of a sweep to continue.
    resume: str | None = None
    #: Seconds that a framework call may take.
    case_timeout: float | None = None
    #: Bytes that a process may have.
    memory_limit: int | None = None

    @property
    def dtypes(self) -> tuple[str, ...]:
        return (self.dtype,)


@dataclass(frozen=True)
class SweepProgress:
    """What a watcher is shown after every chunk."""

    inputs: int
    planned: int
    seconds: float
    current: str
    cells_done: int
    cells: int
    failures: tuple[str, ...] = ()

    @property
    def seconds_left(self) -> float:
        return self.seconds * (self.planned - self.inputs) / self.inputs if self.inputs else math.nan


@dataclass(frozen=True)
class Swept:
    """A finished (or interrupted) sweep and the facts of its cells that were run through whole."""

    sweep: Sweep
    facts: list[Fact]
    by_phase: dict[str, float]
    by_tier: dict[str, int]


Watch = Callable[[SweepProgress], None]


def run_sweep(settings: SweepSettings, store: Store, watch: Watch | None = None) -> Swept:
    """Runs a sweep to its end, or to Ctrl-C; stores every chunk as it comes and a fact per call as soon as its cell is whole.

    The same settings on the same machine give the same facts, however often the sweep was interrupted and resumed. Raises UserError
    (UnknownName, NotSwept, SchedulerError, StoreError) before anything is run.
    """
    campaign = _Sweeping(settings, store, watch)
    modules = (*preloaded(map(str, campaign.targets)), "ulpfuzz.fuzzer.sweep.chunk")
    targets = tuple(map(str, campaign.targets))
    with engine(settings.workers, settings.scheduler, campaign.memory_limit, modules=modules, targets=targets) as execute:
        return campaign.run(execute)


class _Sweeping:
    def __init__(self, settings: SweepSettings, store: Store, watch: Watch | None) -> None:
        self.settings, self.store, self.watch = settings, store, watch
        format_named(settings.dtype)
        self.targets = [t for t in targets_named(settings.targets) if t.mode == "eager" or not settings.eager]
        self.cells = self._chosen()
        self.memory_limit = own_share(settings.memory_limit, settings.workers, settings.scheduler)
        self.start = time.monotonic()
        self.phases: defaultdict[str, float] = defaultdict(float)
        self.tiers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.facts: list[Fact] = []
        self.done = 0
        self.whole = 0
        self.spaces = {cell: space_of(cell.record, cell.dtype) for cell in self.cells}
        self.planned = sum(space.size for space in self.spaces.values())
        self.record = self._record()

    def _chosen(self) -> list[Cell]:
        ops = select(self.settings.ops)
        if len(ops) == 1:
            space_of(ops[0], self.settings.dtype)
        fit = [op for op in ops if is_swept(op)]
        if fit:
            space_of(fit[0], self.settings.dtype)
        cells = cells_of(fit, self.settings.dtypes, self.settings.orders, self.targets)
        if self.settings.params is not None:
            cells = self._with_params(ops)
        if not cells:
            raise NotSwept("no target computes any of these ops at this dtype and order, or none can be swept; see `ulpfuzz ops`")
        return cells

    def _with_params(self, ops: list[Op]) -> list[Cell]:
        if len(ops) != 1:
            raise UserError("--params are those of one op")
        (op,) = ops
        unknown = set(self.settings.params or {}) - set(op.params)
        if unknown:
            raise UserError(f"{op.name} has no param {min(unknown)!r}; its params: {', '.join(op.params) or 'none'}")
        params = {**op.default_params(), **(self.settings.params or {})}
        cells = [Cell(op.name, tuple(params.items()), self.settings.dtype, order) for order in self.settings.orders]
        return [cell for cell in cells if subjects_of(cell, self.targets)]

    def _record(self) -> Sweep:
        selection = self._selection()
        if self.settings.resume:
            past = self.store.sweep(self.settings.resume)
            if past.selection != selection:
                raise UserError(f"sweep {past.id} had other ops, dtype, orders, params or targets: {json.dumps(past.selection)}")
            return replace(past, state="running")
        now = datetime.datetime.now(datetime.UTC)
        return Sweep(
            id=now.strftime("s%Y%m%d-%H%M%S-%f")[:-2], started=now.isoformat(timespec="seconds"), selection=selection,
            environment=fingerprint(self.targets, self.settings),
        )  # fmt: skip

    def _selection(self) -> dict[str, Any]:
        settings = self.settings
        first = {"calls": "first"} if settings.first_calls else {}
        return {
            "ops": settings.ops, "dtype": settings.dtype, "orders": list(settings.orders), "params": settings.params,
            "targets": [str(t) for t in self.targets], **first,
        }  # fmt: skip

    def run(self, execute: Execute) -> Swept:
        """The sweep, to its end or its interruption."""
        with keeping():
            return self._kept(execute)

    def _kept(self, execute: Execute) -> Swept:
        self.store.start_sweep(self.record)
        state = "finished"
        known = self.store.chunks(self.record.id) if self.settings.resume else {}
        try:
            self._run(execute, known)
        except KeyboardInterrupt:
            state = "interrupted"
        ended = replace(
            self.record, state=state, seconds=self.record.seconds + time.monotonic() - self.start, failures=self.failures[:100]
        )
        self.store.finish_sweep(ended)
        return Swept(ended, self.facts, dict(self.phases), dict(self.tiers))

    def _run(self, execute: Execute, known: dict[str, str]) -> None:
        """All chunks in order; a cell's fact is complete when its last one is in."""
        partial_results: dict[str, list[dict[tuple[str, str], PartialResult]]] = defaultdict(list)
        chunks = {chunk.id: chunk for cell in self.cells for chunk in self._chunks(cell)}
        left = Counter(chunk.cell for chunk in chunks.values())
        began: dict[Cell, float] = {}

        def take(chunk: Chunk, parts: dict[tuple[str, str], PartialResult]) -> None:
            cell = chunk.cell
            partial_results[cell.key].append(parts)
            left[cell] -= 1
            self.done += chunk.count
            if not left[cell]:
                self.whole += 1
                self.facts += self._facts(cell, partial_results.pop(cell.key), began.get(cell, 0.0))

        def fresh() -> Iterator[Chunk]:
            for chunk in chunks.values():
                if chunk.id in known:
                    take(chunk, _loaded(known[chunk.id]))
                else:
                    began.setdefault(chunk.cell, time.monotonic())
                    yield chunk

        with closing(execute(([chunk] for chunk in fresh()), lambda: False)) as flow:
            for result in flow:
                self.failures += [line for line in starmap(not_judged, result.missing) if line not in self.failures]
                if not result.failure:
                    if not result.missing:  # else it is due again when the sweep is resumed
                        self._save(result)
                    take(chunks[result.task], result.partial_results)
                elif result.failure != NOT_JUDGED:
                    self.failures.append(f"{result.task}: {result.failure}")
                self._show_progress(result.cell)

    def _chunks(self, cell: Cell) -> Iterator[Chunk]:
        space = self.spaces[cell]
        step = min(space.size, STRETCH[32 if space.size > 1 << 16 else 16])
        names = tuple(str(t) for t in self.targets)
        for first in range(0, space.size, step):
            yield Chunk(
                cell,
                names,
                first,
                min(step, space.size - first),
                call_timeout=self.settings.case_timeout or CALL_TIMEOUT,
                memory=self.memory_limit,
                first_calls=self.settings.first_calls,
            )

    def _save(self, result: ChunkResult) -> None:
        for phase, spent in result.by_phase.items():
            self.phases[phase] += spent
        self.tiers.update(result.by_tier)
        partial_results = [[*call, dataclasses.asdict(partial_result)] for call, partial_result in result.partial_results.items()]
        self.store.save_chunk(self.record.id, result.task, json.dumps(partial_results))

    def _facts(self, cell: Cell, parts: list[dict[tuple[str, str], PartialResult]], began: float) -> list[Fact]:
        whole = [call for call in parts[0] if all(call in part for part in parts)]  # not those of targets that no worker had
        counted = [_fact(cell, self.spaces[cell], call, joined(p[call] for p in parts)) for call in whole]
        versions, now = self.record.environment.get("versions", {}), datetime.datetime.now(datetime.UTC)
        facts = [
            replace(
                fact, version=str(versions.get(fact.target.partition(":")[0], "")), sweep=self.record.id,
                date=now.isoformat(timespec="seconds"), seconds=time.monotonic() - began if began else 0.0,
            )
            for fact in counted
        ]  # fmt: skip
        self.store.save_facts(facts)
        return facts

    def _show_progress(self, current: str) -> None:
        if self.watch is not None:
            seconds = time.monotonic() - self.start
            self.watch(
                SweepProgress(self.done, self.planned, seconds, current, self.whole, len(self.cells), tuple(self.failures[-3:]))
            )


def _loaded(text: str) -> dict[tuple[str, str], PartialResult]:
    return {(target, call): PartialResult(**partial_result) for target, call, partial_result in json.loads(text)}


def _fact(cell: Cell, space: Space, call: tuple[str, str], partial_result: PartialResult) -> Fact:
    """The result of the whole space as a fact; its largest error is exact, from the confirmed truth at its input."""
    target, implementation = call
    op, fmt = cell.record, format_named(cell.dtype)
    standard = accuracy_limit(op, cell.order, fmt)
    at: dict[str, str] = {}
    reference, worst = "", partial_result.worst if partial_result.worst >= 0 else math.nan
    if partial_result.at >= 0:
        at, reference, exact = _witness(cell, space, partial_result)
        worst = exact if math.isfinite(partial_result.worst) and not math.isnan(exact) else worst
    undecided = partial_result.classes.get("undecided", 0)
    intervals = [] if space.paired else [_interval(space, i) for i in partial_result.intervals]
    return Fact(
        op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype, target=target, implementation=implementation,
        space=space.title, proved=not (undecided or partial_result.error or not partial_result.elements),
        inputs=partial_result.inputs, max_ulps=worst,
        bound=max(partial_result.most, worst) if math.isfinite(worst) else worst, at=at, output=partial_result.answer, reference=reference,
        limit=standard.ulps if op.accuracy not in ("accumulating", "backward") else None,
        not_correctly_rounded=partial_result.rounded_wrong, beyond_limit=partial_result.beyond, failing=partial_result.failing,
        flushed=partial_result.flushed,
        undecided=undecided, classes=partial_result.classes, intervals=intervals, error=partial_result.error,
    )  # fmt: skip


def _witness(cell: Cell, space: Space, partial_result: PartialResult) -> tuple[dict[str, str], str, float]:
    """(inputs in hex, the truth, the exact error in ulps or nan) of the worst answer."""
    single = {name: values[0] for name, values in space.inputs(np.asarray([partial_result.at])).exact().items()}
    at = {name: float(value).hex() for name, value in single.items()}
    truth = confirm(function_of(cell.record, dict(cell.params), cell.order), single, partial_result.output)
    error = math.nan
    if truth.exact is not None and math.isfinite(partial_result.answer):
        error = format_named(cell.dtype).error_exact(partial_result.answer, truth.exact)
    return at, truth.value, error


def _interval(space: Space, interval: Any) -> list[float]:
    low, high = ends(space, interval[0], interval[1])
    return [*low.values(), *high.values()]
