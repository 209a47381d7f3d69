"""Failures: findings from calls that raised, crashed or hung on inputs of the op's domain; bisection finds the row that makes them fail."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.binades import input_exponents, reach
from ulpfuzz.fuzzer.evaluation.crash import Crash
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.label import labelled
from ulpfuzz.fuzzer.frameworks.framework import FrameworkDied, FrameworkError, out_of_memory
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.judge.severity import Graveness, severity
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.beside import Shown, avoidable_by, placed_answer
from ulpfuzz.fuzzer.proof.bisection import Effort, Part, everyday_first, least, tiled
from ulpfuzz.fuzzer.proof.label import Label, composed_label
from ulpfuzz.fuzzer.proof.rejected import Rejected, ordinary_rows, rejection
from ulpfuzz.fuzzer.proof.verdict_to_finding import identity
from ulpfuzz.oracles.confirmation import confirm

#: Limits of the search for the failing rows of one shard: calls per subject, and seconds for all subjects. To halve 4,096 rows down to one takes
#: 13 calls, and as many again where the cause is several rows together: what is left then is the least part so far.
STEPS, SECONDS = 28, 300.0
#: The seconds where the shard has its own share of a run's time.
TIME_LIMITED_SECONDS = 20.0
#: Lengths of the call at which a failing row is tried without others, shortest first; where each length is compiled, fewer.
LENGTHS, CLOSED_LENGTHS = (1, 2, 3, 8, 16, 17, 64, 69, 256, 1024), (1, 64)
#: A call is taken to hang after this many times the longest call that returned, and after at least this many seconds.
HANG_FACTOR, SHORTEST = 8.0, 2.0


@dataclass
class Failures:
    """What came of the calls of a shard that failed."""

    findings: list[Finding] = field(default_factory=list)
    #: Checks of arguments, which are no findings (proof.rejected).
    rejected: list[Rejected] = field(default_factory=list)
    #: A line for each crash that did not happen again, which is no finding.
    incidents: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _FailingRow:
    """A row that makes a call fail."""

    row: Batch
    placement: Placement
    #: The note of its finding.
    note: str
    #: Seconds within which the call did not return; None where it is no hang.
    call_timeout: float | None = None


def failures_of(
    evaluator: Evaluator, errors: Mapping[int, tuple[str, Batch]], call_timeout: float, memory: int | None
) -> Failures:
    """A finding per subject that raised and per subject that died. errors: by a subject's number its first message and the batch.

    What a record promises wrongly (RECORD_ERRORS) is none, nor is an exception that no row alone provokes, nor a check of an argument at
    the edge of its domain, nor a crash that the same batch does not bring about again.
    """
    failures = Failures()
    for number, (message, batch) in errors.items():
        if not message.startswith(RECORD_ERRORS):
            _add_exception(evaluator, evaluator.subjects[number], batch, failures)
    _add_crashes(evaluator, failures, call_timeout, memory)
    return failures


# Exceptions


def _add_exception(evaluator: Evaluator, subject: Subject, batch: Batch, failures: Failures) -> None:
    """What one subject raised at a batch: a finding at a row that raises alone; where that is a check of its argument, the rows that no
    check can object to are tried without it."""
    row = _raising(evaluator, subject, batch)
    if row is None:
        return
    said = _message(evaluator, subject, row)
    if out_of_memory(said):
        minimal_failing_row = _FailingRow(row, Placement(), f"out of memory: {said}")
        failures.findings.append(_finding(evaluator, subject, minimal_failing_row, Symptom.crash))
    elif reason := rejection(evaluator, subject, row, said):
        failures.rejected.append(Rejected(evaluator.cell.key, subject.target, subject.implementation.call, said, reason))
        ordinary = ordinary_rows(evaluator, batch)
        if ordinary.any() and not ordinary.all():
            _add_exception(evaluator, subject, tiled(batch.take(ordinary), batch.rows), failures)  # of the same shape
    else:
        failures.findings.append(_finding(evaluator, subject, _FailingRow(row, Placement(), said), Symptom.exception))


def _message(evaluator: Evaluator, subject: Subject, row: Batch) -> str:
    """What the framework says of the row alone; empty where it does not raise."""
    with evaluator.clock.phase("framework"):
        try:
            evaluator.calls.attempt(subject, row, Placement())
        except FrameworkDied:
            return ""
        except FrameworkError as error:
            return str(error)
    return ""


def _raising(evaluator: Evaluator, subject: Subject, batch: Batch) -> Batch | None:
    """One row that raises alone; None where only several together do."""
    same_shape = evaluator.calls.lengths(subject) is not None

    def raises(part: Batch) -> bool:
        with evaluator.clock.phase("framework"):
            try:
                evaluator.calls.attempt(subject, tiled(part, batch.rows) if same_shape else part)
            except FrameworkDied:
                return False
            except FrameworkError:
                return True
        return False

    part = least(everyday_first(batch), raises, Effort(STEPS, SECONDS))
    return part.rows if part is not None and part.rows.rows == 1 and _message(evaluator, subject, part.rows) else None


# Crashes and hangs


def _add_crashes(evaluator: Evaluator, failures: Failures, call_timeout: float, memory: int | None) -> None:
    done: set[Subject] = set()
    while left := [
        s for s in evaluator.subjects if s in evaluator.calls.crashes and s not in done
    ]:  # others may die at a row that is tried
        subject = left[0]
        done.add(subject)
        crash = evaluator.calls.crashes[subject]
        seconds = (SECONDS if evaluator.deadlines.seconds is None else TIME_LIMITED_SECONDS) / len(left)
        search = _Search(evaluator, subject, crash, call_timeout, memory, seconds)
        minimal_failing_row = search.minimal_failing_row()
        if minimal_failing_row is None:
            failures.incidents.append(
                f"{subject.implementation.call} on {subject.target}: {crash.symptom}, {crash.message}; {search.reason}"
            )
        else:
            failures.findings.append(_finding(evaluator, subject, minimal_failing_row, Symptom[crash.symptom]))


class _Search:
    """The search for the least case of one crash, each step in a process of its own that may end.

    A hang is searched for with a short timeout, derived from the calls that did return. Such a row is a finding only if it does
    not return within the full timeout either, because it may be slow where another hangs; and where it returns in a call of fewer rows,
    only if that call took so little that the timeout is HANG_FACTOR times what as many rows would take.
    """

    def __init__(
        self, evaluator: Evaluator, subject: Subject, crash: Crash, call_timeout: float, memory: int | None, seconds: float
    ) -> None:
        self.evaluator, self.subject, self.crash = evaluator, subject, crash
        self.call_timeout, self.memory = call_timeout, memory
        self.effort = Effort(STEPS, seconds)
        self.message = crash.message
        self.reason = "not again with the same batch"
        self.slowest = 0.0  # seconds of the slowest case that returned within the full timeout
        self.slow = False  # whether a call was slow enough that no timeout of the run proves that it hangs

    def minimal_failing_row(self) -> _FailingRow | None:
        """The least failing row; None where the crash does not happen again, or no single row hangs for the full timeout; `reason` says which."""
        if self.crash.symptom == "hang" and self.evaluator.deadlines.seconds_left < self.call_timeout:
            self.reason = "the run had no time left to try its least case with the full timeout"
            return None
        if self.crash.symptom == "hang" and self.crash.placement is None and (row := self._hanging_alone()) is not None:
            return _FailingRow(row, Placement(), self.message, self.call_timeout)
        call_timeout = self._first_call_timeout()
        while True:
            host.limit(call_timeout, self.memory)
            try:
                failing = self._least()
            finally:
                host.limit(self.call_timeout, self.memory)
            if failing is None:
                return None
            part, row, single = failing
            if self.crash.symptom == "crash":
                return self._crashing_row(part, row, single)
            placement = self._hanging_placement(row, single)
            if placement is not None:
                where = f"in calls of {placement.length} rows with this row over and over"
                notes = [self.message, *([where] if placement.length > 1 else [])]
                return _FailingRow(row, placement, "; ".join(notes), self.call_timeout)
            if self.slow:
                return None
            if call_timeout >= self.call_timeout:
                self.reason = f"no row of it alone takes longer than {self.slowest:.0f} s"
                return None
            call_timeout = min(self.call_timeout, 2 * max(call_timeout, self.slowest))

    def _hanging_alone(self) -> Batch | None:
        """The first row, the most everyday ones first, that does not return alone within the full timeout: those that return cost nothing, so
        that a hang is found and proved by one wait. None where those that return are slow themselves: then halves are quicker."""
        rows = everyday_first(self.crash.batch)
        began = time.monotonic()
        host.limit(self.call_timeout, self.memory)
        for number in range(rows.rows):
            row = rows.take(slice(number, number + 1))
            if self._fails_again(row, Placement()):
                return row
            if time.monotonic() - began > min(self.call_timeout, self.effort.seconds):
                return None
        return None

    def _first_call_timeout(self) -> float:
        """The whole timeout for a crash, where time does not matter; for a hang what short_call_timeout says, once one call has
        returned."""
        if self.crash.symptom == "crash":
            return self.call_timeout
        if not self.evaluator.calls.longest[self.subject]:
            rows, began = self.crash.batch.rows, time.perf_counter()
            everyday = everyday_first(self.crash.batch).take(slice(0, 1))
            if (
                self._fails_again(everyday, self.crash.placement)
                if self.crash.placement
                else self._fails_again(tiled(everyday, rows))
            ):
                return self.call_timeout
            self.evaluator.calls.longest[self.subject] = time.perf_counter() - began
        return short_call_timeout(self.evaluator, [self.subject], self.call_timeout)

    def _least(self) -> tuple[Part, Batch, Placement | None] | None:
        """The least rows that die together, the first of them, and how it dies alone; None where it does not happen again."""
        if self.crash.placement is not None:  # a call of one row
            part: Part | None = Part(self.crash.batch)
        else:
            rows = self.crash.batch.rows
            part = least(everyday_first(self.crash.batch), lambda p: self._fails_again(tiled(p, rows)), self.effort)
        if part is None:
            return None
        row = part.rows.take(slice(0, 1))
        single = self._placed(row) if part.rows.rows == 1 else None
        return None if self.crash.placement is not None and single is None else (part, row, single)

    def _fails_again(self, batch: Batch, placement: Placement | None = None) -> bool:
        with self.evaluator.clock.phase("framework"):
            try:
                self.evaluator.calls.attempt(self.subject, batch, placement)
            except FrameworkDied as died:
                if died.symptom == self.crash.symptom:
                    self.message = str(died)
                    return True
            except FrameworkError:
                return False
        return False

    def _hanging_placement(self, row: Batch, single: Placement | None) -> Placement | None:
        """The call in which this row does not return within the full timeout: the shortest one, or one as long as the first that hung."""
        longest = self.crash.placement or Placement(self.crash.batch.rows)
        for placement in dict.fromkeys((single or longest, longest)):
            began = time.perf_counter()
            if self._fails_again(row, placement):
                self.slow = self._is_slow(row, placement.length)
                return None if self.slow else placement
            self.slowest = max(self.slowest, time.perf_counter() - began)
        return None

    def _is_slow(self, row: Batch, length: int) -> bool:
        """A call of so many rows that did not return may only be slow: whether the longest call of fewer rows that returns says so."""
        fewer = next((n for n in reversed(self._lengths(length)) if not self._fails_again(row, Placement(n))), None)
        if fewer is None:
            return False
        began = time.perf_counter()
        self._fails_again(row, Placement(fewer))  # once more: the first may have started a process, or compiled
        seconds = (time.perf_counter() - began) * length / fewer
        if HANG_FACTOR * seconds <= self.call_timeout:
            return False
        self.reason = f"{length} rows may take {seconds:.0f} s, by what {fewer} took: slow, which is no hang"
        return True

    def _lengths(self, longest: int) -> list[int]:
        """Lengths below it at which a failing row is tried without others, shortest first."""
        tried = LENGTHS if self.evaluator.calls.lengths(self.subject) is None else CLOSED_LENGTHS
        return [n for n in tried if n < longest]

    def _placed(self, row: Batch) -> Placement | None:
        """The shortest call of this row alone that dies."""
        original = self.crash.placement
        longest = original.length if original is not None else self.crash.batch.rows
        placements = [Placement(n) for n in (*self._lengths(longest), longest)]
        if original is not None and original != placements[-1]:
            placements.append(original)
        return next((placement for placement in placements if self._fails_again(row, placement)), None)

    def _crashing_row(self, part: Part, row: Batch, single: Placement | None) -> _FailingRow:
        count, rows = part.rows.rows, self.crash.batch.rows
        notes = []
        if single is not None and single.length > 1:
            notes.append(f"in calls of {single.length} rows, not of fewer")
        if single is None and count == 1:
            notes.append(f"only in a call of {rows} rows with this row over and over")
        if count > 1:
            notes.append(f"only {count} rows together, of which this is the first")
        if part.cut:
            notes[-1:] = [f"the search for the least case was cut: {count} rows of a call, of which this is the first"]
        return _FailingRow(row, single or self.crash.placement or Placement(rows), "; ".join([self.message, *notes]))


def short_call_timeout(evaluator: Evaluator, subjects: list[Subject], call_timeout: float) -> float:
    """Seconds after which a call of these subjects is taken to hang while cases are searched: by the time of their calls that returned,
    compiling included, and at most the call_timeout of the run."""
    longest = max((evaluator.calls.longest[subject] for subject in subjects), default=0.0)
    return min(call_timeout, max(SHORTEST, HANG_FACTOR * longest))


# The finding


def _finding(evaluator: Evaluator, subject: Subject, minimal_failing_row: _FailingRow, symptom: Symptom) -> Finding:
    cell, row = evaluator.cell, minimal_failing_row.row
    case, single = row.case(0), {name: values[0] for name, values in row.exact().items()}
    waited = {} if minimal_failing_row.call_timeout is None else {"patience": minimal_failing_row.call_timeout}
    answers = _answers(evaluator, subject, minimal_failing_row, symptom)
    avoidable = avoidable_by(answers, subject)
    with evaluator.clock.phase("oracle"):
        confirmation = confirm(evaluator.function, single, 0, kept=evaluator.references.kept(row))
    grave = Graveness(
        Class.unstable, symptom, math.inf, evaluator.references.rule(row).limit.ulps, int(reach(input_exponents(row))[0]),
        special_input=not all(np.isfinite(v).all() for v in single.values()), avoidable=bool(avoidable),
    )  # fmt: skip
    rank = severity(grave, evaluator.format)
    label = composed_label(evaluator, subject, row) if symptom == Symptom.exception else Label()  # no formula ends a process
    finding = Finding(
        id=identity(evaluator, subject, symptom), op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype,
        target=subject.target, implementation=subject.implementation.call, symptom=symptom.name,
        class_=Class.unstable.name, ulps=math.inf, excess=math.inf, condition=math.nan, limit=None, severity=rank,
        case={"dtype": case.dtype, "inputs": case.inputs, "placement": vars(minimal_failing_row.placement), **waited}, worst=0,
        reference=confirmation.value, output=math.nan, output_hex="nan", avoidable_by=avoidable,
        certified_by=confirmation.certified_by, answers=answers, note=minimal_failing_row.note,
    )  # fmt: skip
    return labelled(finding, label.name, label.reason)


def _answers(evaluator: Evaluator, subject: Subject, minimal_failing_row: _FailingRow, symptom: Symptom) -> list[Answer]:
    """The others' answers to the row, and what is known of the guilty one, which is not run again for that."""
    own = Answer(subject.target, subject.implementation.call, math.nan, "nan", math.inf, Class.unstable.name, symptom.name)
    element = Shown(subject, minimal_failing_row.row, 0, minimal_failing_row.placement, own)
    # What ended one process may end another: peers meet it only where each has a process of its own.
    isolated = evaluator.calls.isolated or symptom is Symptom.exception
    others = (*evaluator.subjects, *(evaluator.peers.answering(evaluator) if isolated else ()))
    answers = [own if other == subject else placed_answer(evaluator, other, element) for other in others]
    return [answer for answer in answers if answer is not None]
