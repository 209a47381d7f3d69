"""Calls: one cell's calls of its frameworks, their crashes, and what they cost."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.clock import Clock
from ulpfuzz.fuzzer.evaluation.crash import Crash
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.watchdog import calling
from ulpfuzz.fuzzer.frameworks import compilation
from ulpfuzz.fuzzer.frameworks.backends.modes import compiles_shapes
from ulpfuzz.fuzzer.frameworks.backends.padding import EAGER_ROWS, in_few_shapes, one_shape, padded_rows, rows_in
from ulpfuzz.fuzzer.frameworks.framework import Call, Framework, FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import Target, flush_policy, framework_for, target_named
from ulpfuzz.fuzzer.judge.flush import FlushPolicy

#: A call is taken to hang after this many times the longest call of its subject that returned, compiling excluded.
SLOWER = 20.0
#: The patience of a call that may be traced, in those of one that was, where the time is short.
TRACING = 2.0
#: The numbers of rows of a call, and of the elements of a vector, worth tracing for: those of JAX (backends.jax).
TRACED_LENGTHS = (1, 3, 8, 16, 17, 64, 69, 1000)
#: Targets that have answered in this process: their runtimes have started, which takes seconds that are no call's.
_started: set[str] = set()
#: A subject, its answers, and the message where it raised.
Answered = tuple[Subject, NDArray[Any] | None, str]


class Calls:
    """The calls of one cell.

    isolated: whether every target runs in a process of its own. A subject that has crashed as often as it may is disabled: every further call
    raises FrameworkDied at once. crashes: the first crash of each subject. longest: seconds of a subject's longest call that returned.
    """

    def __init__(self, cell: Cell, clock: Clock, deadlines: Deadlines, *, isolated: bool = False) -> None:
        self.cell, self.op, self.clock, self.deadlines, self.isolated = cell, cell.record, clock, deadlines, isolated
        self.crashes: dict[Subject, Crash] = {}
        self.longest: defaultdict[Subject, float] = defaultdict(float)
        self._compiled: defaultdict[Subject, dict[tuple[object, ...], float]] = defaultdict(
            dict
        )  # by what was compiled for; see _seconds
        self._died: Counter[Subject] = Counter()
        self._last: dict[Subject, str] = {}  # see last_crash
        self._max_crashes = 1
        self._targets: dict[str, Target] = {}
        self._rows: defaultdict[tuple[Subject, tuple[tuple[int, ...], ...]], set[int]] = defaultdict(set)  # see rows_seen

    def framework(self, subject: Subject) -> Framework:
        return framework_for(self.target(subject), isolated=self.isolated)

    def target(self, subject: Subject) -> Target:
        """The subject's, read once."""
        if subject.target not in self._targets:
            self._targets[subject.target] = target_named(subject.target)
        return self._targets[subject.target]

    def described(self, subject: Subject) -> Call:
        return Call(self.op, subject.implementation, dict(self.cell.params), self.cell.order)

    def lengths(self, subject: Subject) -> tuple[int, ...] | None:
        """None: any number of rows in a call of this cell is cheap. Otherwise the closed list of those worth compiling or tracing for."""
        closed = self.framework(subject).lengths
        target = self.target(subject)
        return TRACED_LENGTHS if closed is None and compiles_shapes(target.framework, target.mode, self.cell.order) else closed

    # Answers

    def answered(self, subject: Subject, answers: Callable[[], NDArray[Any]]) -> Answered:
        """What its calls answer, or the message of a FrameworkError."""
        with self.clock.phase("framework"):
            try:
                return subject, answers(), ""
            except FrameworkError as error:
                return subject, None, str(error)

    def answers(
        self, subject: Subject, batch: Batch, within: Placement | None, per_call: int, only: int | None = None
    ) -> NDArray[Any]:
        """The answers to every row. within: each in a call of its own, placed so. per_call: rows in a call, where that is no further
        shape to compile; 0: all in one. only: rows of every call, the last one filled up. Raises FrameworkError."""
        if within is not None:
            rows = [self.call(subject, batch.take(slice(i, i + 1)), within) for i in range(batch.rows)]
            return np.stack([row[within.position] for row in rows])
        if only is not None:
            return in_few_shapes(partial(self.call, subject), batch, (only,))
        if not per_call or not (self.lengths(subject) is None or self._has_shape(subject, per_call)):
            return self.call(subject, batch)
        starts = range(0, batch.rows, per_call)
        return np.concatenate([self.call(subject, batch.take(slice(start, start + per_call))) for start in starts])

    def _has_shape(self, subject: Subject, rows: int) -> bool:
        """Whether calls of this many rows have a shape that is compiled in any case."""
        return self.target(subject).mode == "eager" and rows == EAGER_ROWS[0]

    def call(self, subject: Subject, batch: Batch, placement: Placement | None = None) -> NDArray[Any]:
        """One call of the subject's framework, inside the clock's phase `framework`: the batch, in the op's order, or its one row placed;
        the time that it compiled is counted apart. Raises FrameworkError; FrameworkDied where it dies, or is out."""
        if self.is_disabled(subject):
            crash = self.crashes[subject]
            self._last[subject] = crash.symptom
            raise FrameworkDied(crash.message, crash.symptom)
        self._last[subject] = ""
        framework = self.framework(subject)
        framework.start()  # whatever it takes, it is not the call's time
        began = time.perf_counter()
        try:
            with self._counting_compilation(framework):
                answers = self.attempt(subject, batch, placement)
        except FrameworkDied as died:
            self.crashes.setdefault(subject, Crash(died.symptom, str(died), batch, placement))
            self._died[subject] += 1
            self._last[subject] = died.symptom
            raise
        self.longest[subject] = max(self.longest[subject], time.perf_counter() - began)
        self._rows[subject, _shape(batch)].add(self._padded(subject, batch) if placement is None else placement.length)
        return answers

    def attempt(self, subject: Subject, batch: Batch, placement: Placement | None = None) -> NDArray[Any]:
        """Like `call`, but also of a disabled subject, and without counting a crash."""
        framework, call = self.framework(subject), self.described(subject)
        who, seconds = f"{subject.target}\n{subject.implementation.call}", self._seconds(subject, batch, placement)
        compiled = self.deadlines.patience if self.deadlines.time_limited else None
        with (
            self._watched(subject, batch, placement),
            calling(who, hosted=framework.in_own_process, seconds=seconds, compiled=compiled),
        ):
            if placement is None:
                return framework.evaluate(call, batch)
            return framework.evaluate_placed(call, batch, placement)

    def rows_seen(self, subject: Subject, batch: Batch) -> list[int]:
        """The numbers of rows, rising, of the calls of this subject that returned, at the shape of this batch's rows: what a framework that
        compiles for every shape has compiled."""
        return sorted(self._rows[subject, _shape(batch)])

    def rows_without_compiling(self, subject: Subject, batch: Batch) -> int | None:
        """The fewest rows, as many as the batch has or more, with which a call of its rows compiles nothing; None where any would."""
        if self.lengths(subject) is None:
            return batch.rows
        exact = {one_shape(batch), *self._sizes(subject, batch)}  # calls of so many rows are not filled up
        return next((rows for rows in self.rows_seen(subject, batch) if rows >= batch.rows and rows in exact), None)

    def _padded(self, subject: Subject, batch: Batch) -> int:
        """The rows of the last call that a batch is padded to."""
        if self.lengths(subject) is None or batch.rows == one_shape(batch):
            return batch.rows
        return padded_rows(batch.rows, self._sizes(subject, batch))

    def _sizes(self, subject: Subject, batch: Batch) -> tuple[int, ...]:
        return rows_in(self.target(subject).mode, batch)

    # Patience

    def _seconds(self, subject: Subject, batch: Batch, placement: Placement | None) -> float | None:
        """Seconds that this call may take; None: all that the worker allows. A first call of a shape may compile, which counts for itself where the
        framework announces it, and is traced; a target's first of a process starts its runtime; the others take the patience, or, where there is
        time, many times what calls of this subject took."""
        if self.deadlines.patience is None:
            return None
        returned, shape = self._compiled[subject], self._compiled_for(subject, batch, placement)
        if subject.target not in _started:
            return None
        if shape and shape not in returned:
            announced = subject.implementation.framework in compilation.announcing
            return TRACING * self.deadlines.patience if announced and self.deadlines.time_limited else None
        slower = 0.0 if self.deadlines.time_limited else SLOWER * max(returned.values(), default=0.0)
        return max(self.deadlines.patience, slower)

    @contextmanager
    def _watched(self, subject: Subject, batch: Batch, placement: Placement | None) -> Iterator[None]:
        """Remembers how long a call of this shape took that was not the first."""
        if self.deadlines.patience is None:
            yield
            return
        began = time.perf_counter()
        yield
        _started.add(subject.target)
        returned, shape = self._compiled[subject], self._compiled_for(subject, batch, placement)
        returned[shape] = max(returned[shape], time.perf_counter() - began) if shape in returned else 0.0

    def flush_policy(self, subject: Subject) -> FlushPolicy:
        """What the subject's target does with subnormal numbers; measured once in a process, by calls of the framework."""
        framework = self.framework(subject)
        with self.clock.phase("framework"), self._counting_compilation(framework), calling(hosted=framework.in_own_process):
            return flush_policy(self.target(subject), self.cell.dtype, self.isolated)

    @contextmanager
    def _counting_compilation(self, framework: Framework) -> Iterator[None]:
        """The seconds that the framework compiles inside belong to the phase compile."""
        before = framework.compile_seconds
        try:
            yield
        finally:
            took = framework.compile_seconds - before
            self.clock.move(took, "framework", "compile")
            self.deadlines.put_off(took)

    def _compiled_for(self, subject: Subject, batch: Batch, placement: Placement | None) -> tuple[object, ...]:
        """What a call of the batch compiles for; nothing where it does not compile."""
        if self.lengths(subject) is None:
            return ()
        return self._padded(subject, batch) if placement is None else placement.length, _shape(batch)

    # Crashes

    def is_disabled(self, subject: Subject) -> bool:
        """Whether the subject has crashed as often as it may; it is called no more."""
        return self._died[subject] >= self._max_crashes

    def last_crash(self, subject: Subject) -> str:
        """The symptom of its last call if that was a crash, else ""."""
        return self._last.get(subject, "")

    def reset_crashes(self, max_crashes: int) -> None:
        """Allows every subject `max_crashes` further crashes before it is disabled; certifying its findings starts its process anew."""
        self._max_crashes = max(self._died.values(), default=0) + max_crashes

    def end_hosts(self, subjects: Iterable[Subject]) -> None:
        """Ends the processes that the targets of these subjects run in; their memory is wanted for the next shard."""
        for target in {subject.target for subject in subjects}:
            framework_for(target_named(target), isolated=self.isolated).end()


def _shape(batch: Batch) -> tuple[tuple[int, ...], ...]:
    """Of a row."""
    return tuple(values.shape[1:] for values in batch.inputs.values())
