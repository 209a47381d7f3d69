"""Raised: calls that raised, or ended or stopped their process, on inputs of the op's domain, as findings: the guilty row, by bisection."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fuzzer.campaign.binades import input_exponents, reach
from fuzzer.campaign.bisection import Effort, Part, everyday_first, least, tiled
from fuzzer.campaign.cell import Subject
from fuzzer.campaign.death import Death
from fuzzer.campaign.evaluator import RECORD_ERRORS, Evaluator
from fuzzer.campaign.label import Label, composed_label
from fuzzer.campaign.rejected import Rejected, ordinary_rows, rejection
from fuzzer.campaign.verdict_to_finding import answers_at, avoidable_by, identity
from fuzzer.case import Batch, Placement
from fuzzer.findings.finding import Answer, Finding
from fuzzer.findings.label import labelled
from fuzzer.frameworks.framework import FrameworkDied, FrameworkError, out_of_memory
from fuzzer.frameworks.hosts import host
from fuzzer.judge.severity import severity
from fuzzer.judge.verdict import Class, Symptom
from oracles.confirmation import confirm

#: What the search for the guilty rows of one shard may cost: calls for each subject, and seconds for all.
STEPS, SECONDS = 64, 300.0
#: Seconds of that where the shard has its own share of a run's time.
HURRIED = 20.0
#: Lengths of the call at which a guilty row is tried alone, shortest first; where each length is compiled, only some.
LENGTHS, CLOSED_LENGTHS = (1, 2, 3, 8, 16, 17, 64, 69, 256, 1024), (1, 64)
#: A call that takes so many times the longest that came back hangs, and at least so many seconds.
SLOWER, SHORTEST = 8.0, 2.0


@dataclass
class Raised:
    """findings; the checks of arguments that are none (campaign.rejected); and in incidents a line for each death that did not happen again and so
    accuses nobody."""

    findings: list[Finding] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Guilty:
    """The row, its placement, and what is to be said of them. patience: seconds within which it did not return, of a hang."""

    row: Batch
    placement: Placement
    note: str
    patience: float | None = None


def raised_of(trial: Evaluator, errors: Mapping[int, tuple[str, Batch]], patience: float, memory: int | None) -> Raised:
    """A finding per subject that raised and per subject that died. errors: by a subject's number its first message and the batch.

    What a record promises wrongly (RECORD_ERRORS) is none, nor is an exception that no row alone provokes, nor a check of an argument at the edge
    of its domain, nor a death that the same batch does not bring about again.
    """
    raised = Raised()
    for number, (message, batch) in errors.items():
        if not message.startswith(RECORD_ERRORS):
            _exception(trial, trial.subjects[number], batch, raised)
    _deaths(trial, raised, patience, memory)
    return raised


# Exceptions


def _exception(trial: Evaluator, subject: Subject, batch: Batch, raised: Raised) -> None:
    """What one subject raised at a batch: a finding at a row that raises alone; where that is a check of its argument, the rows that no check
    can object to are tried without it."""
    row = _raising(trial, subject, batch)
    if row is None:
        return
    said = _message(trial, subject, row)
    if out_of_memory(said):
        guilty = _Guilty(row, Placement(), f"out of memory: {said}")
        raised.findings.append(_finding(trial, subject, guilty, Symptom.crash))
    elif reason := rejection(trial, subject, row, said):
        raised.rejected.append(Rejected(trial.cell.key, subject.target, subject.implementation.call, said, reason))
        ordinary = ordinary_rows(trial, batch)
        if ordinary.any() and not ordinary.all():
            _exception(trial, subject, tiled(batch.take(ordinary), batch.rows), raised)  # of the same shape
    else:
        raised.findings.append(_finding(trial, subject, _Guilty(row, Placement(), said), Symptom.exception))


def _message(trial: Evaluator, subject: Subject, row: Batch) -> str:
    """What the framework says of the row alone; empty where it does not raise."""
    with trial.clock.phase("framework"):
        try:
            trial.calls.attempt(subject, row, Placement())
        except FrameworkDied:
            return ""
        except FrameworkError as error:
            return str(error)
    return ""


def _raising(trial: Evaluator, subject: Subject, batch: Batch) -> Batch | None:
    """One row that raises alone; None where only several together do."""
    same_shape = trial.calls.framework(subject).lengths is not None

    def raises(part: Batch) -> bool:
        with trial.clock.phase("framework"):
            try:
                trial.calls.attempt(subject, tiled(part, batch.rows) if same_shape else part)
            except FrameworkDied:
                return False
            except FrameworkError:
                return True
        return False

    part = least(everyday_first(batch), raises, Effort(STEPS, SECONDS))
    return part.rows if part is not None and part.rows.rows == 1 and _message(trial, subject, part.rows) else None


# Deaths


def _deaths(trial: Evaluator, raised: Raised, patience: float, memory: int | None) -> None:
    done: set[Subject] = set()
    while left := [
        s for s in trial.subjects if s in trial.calls.deaths and s not in done
    ]:  # others may die at a row that is tried
        subject = left[0]
        done.add(subject)
        death = trial.calls.deaths[subject]
        seconds = (SECONDS if trial.deadlines.seconds is None else HURRIED) / len(left)
        search = _Search(trial, subject, death, patience, memory, seconds)
        guilty = search.guilty()
        if guilty is None:
            raised.incidents.append(
                f"{subject.implementation.call} on {subject.target}: {death.symptom}, {death.message}; {search.why_nobody}"
            )
        else:
            raised.findings.append(_finding(trial, subject, guilty, Symptom[death.symptom]))


class _Search:
    """The search for the least case of one death, each step in a process of its own that may end.

    What does not return is searched for with little patience, by the time that calls take that do; what is found accuses only if it does not
    return within all of the patience either, for a row may be slow where another hangs.
    """

    def __init__(
        self, trial: Evaluator, subject: Subject, death: Death, patience: float, memory: int | None, seconds: float
    ) -> None:
        self.trial, self.subject, self.death = trial, subject, death
        self.patience, self.memory = patience, memory
        self.effort = Effort(STEPS, seconds)
        self.message = death.message
        self.why_nobody = "not again with the same batch"
        self.came_back = 0.0  # seconds of the slowest case that was tried with all of the patience and returned

    def guilty(self) -> _Guilty | None:
        """None where the death does not happen again, or no case of one row hangs within all of the patience; why_nobody says which."""
        if self.death.symptom == "hang" and self.trial.deadlines.seconds_left < self.patience:
            self.why_nobody = "the run had no time left to try its least case with all of the patience"
            return None
        patience = self._first_patience()
        while True:
            host.limit(patience, self.memory)
            try:
                found = self._least()
            finally:
                host.limit(self.patience, self.memory)
            if found is None:
                return None
            part, row, alone = found
            if self.death.symptom == "crash":
                return self._crashes(part, row, alone)
            placement = self._hangs(row, alone)
            if placement is not None:
                where = f"in calls of {placement.length} rows with this row over and over"
                notes = [self.message, *([where] if placement.length > 1 else [])]
                return _Guilty(row, placement, "; ".join(notes), self.patience)
            if patience >= self.patience:
                self.why_nobody = f"no row of it alone takes longer than {self.came_back:.0f} s"
                return None
            patience = min(self.patience, 2 * max(patience, self.came_back))

    def _first_patience(self) -> float:
        """All of it for a crash, which is no matter of time; for a hang what short_patience says, once one call has come back."""
        if self.death.symptom == "crash":
            return self.patience
        if not self.trial.calls.longest[self.subject]:
            rows, began = self.death.batch.rows, time.perf_counter()
            everyday = everyday_first(self.death.batch).take(slice(0, 1))
            if self._dies(everyday, self.death.placement) if self.death.placement else self._dies(tiled(everyday, rows)):
                return self.patience
            self.trial.calls.longest[self.subject] = time.perf_counter() - began
        return short_patience(self.trial, [self.subject], self.patience)

    def _least(self) -> tuple[Part, Batch, Placement | None] | None:
        """The least rows that die together, the first of them, and how it dies alone; None where it does not happen again."""
        if self.death.placement is not None:  # a call of one row
            part: Part | None = Part(self.death.batch)
        else:
            rows = self.death.batch.rows
            part = least(everyday_first(self.death.batch), lambda p: self._dies(tiled(p, rows)), self.effort)
        if part is None:
            return None
        row = part.rows.take(slice(0, 1))
        alone = self._placed(row) if part.rows.rows == 1 else None
        return None if self.death.placement is not None and alone is None else (part, row, alone)

    def _dies(self, batch: Batch, placement: Placement | None = None) -> bool:
        with self.trial.clock.phase("framework"):
            try:
                self.trial.calls.attempt(self.subject, batch, placement)
            except FrameworkDied as died:
                if died.symptom == self.death.symptom:
                    self.message = str(died)
                    return True
            except FrameworkError:
                return False
        return False

    def _hangs(self, row: Batch, alone: Placement | None) -> Placement | None:
        """The call in which this row does not return within all of the patience: the least one, or one as long as the first that hung."""
        longest = self.death.placement or Placement(self.death.batch.rows)
        for placement in dict.fromkeys((alone or longest, longest)):
            began = time.perf_counter()
            if self._dies(row, placement):
                return placement
            self.came_back = max(self.came_back, time.perf_counter() - began)
        return None

    def _placed(self, row: Batch) -> Placement | None:
        """The shortest call of this row alone that dies."""
        given = self.death.placement
        longest = given.length if given is not None else self.death.batch.rows
        tried = LENGTHS if self.trial.calls.framework(self.subject).lengths is None else CLOSED_LENGTHS
        placements = [Placement(n) for n in (*(n for n in tried if n < longest), longest)]
        if given is not None and given != placements[-1]:
            placements.append(given)
        return next((placement for placement in placements if self._dies(row, placement)), None)

    def _crashes(self, part: Part, row: Batch, alone: Placement | None) -> _Guilty:
        count, rows = part.rows.rows, self.death.batch.rows
        notes = []
        if alone is not None and alone.length > 1:
            notes.append(f"in calls of {alone.length} rows, not of fewer")
        if alone is None and count == 1:
            notes.append(f"only in a call of {rows} rows with this row over and over")
        if count > 1:
            notes.append(f"only {count} rows together, of which this is the first")
        if part.cut:
            notes[-1:] = [f"the search for the least case was cut: {count} rows of a call, of which this is the first"]
        return _Guilty(row, alone or self.death.placement or Placement(rows), "; ".join([self.message, *notes]))


def short_patience(trial: Evaluator, subjects: list[Subject], patience: float) -> float:
    """Seconds after which a call of these subjects is taken to hang while cases are searched: by what their calls took that came
    back, compiling included, and at most the patience of the run."""
    longest = max((trial.calls.longest[subject] for subject in subjects), default=0.0)
    return min(patience, max(SHORTEST, SLOWER * longest))


# The finding


def _finding(trial: Evaluator, subject: Subject, guilty: _Guilty, symptom: Symptom) -> Finding:
    cell, row = trial.cell, guilty.row
    case, single = row.case(0), {name: values[0] for name, values in row.exact().items()}
    waited = {} if guilty.patience is None else {"patience": guilty.patience}
    answers = _answers(trial, subject, guilty, symptom)
    avoidable = avoidable_by(answers, subject)
    with trial.clock.phase("oracle"):
        confirmation = confirm(trial.function, single, 0)
    rank = severity(
        Class.unstable, symptom, math.inf, trial.references.rule(row).limit.ulps, trial.format, int(reach(input_exponents(row))[0]),
        avoidable=bool(avoidable), special_input=not all(np.isfinite(v).all() for v in single.values()),
    )  # fmt: skip
    label = composed_label(trial, subject, row) if symptom == Symptom.exception else Label()  # no formula ends a process
    finding = Finding(
        id=identity(trial, subject, symptom), op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype,
        target=subject.target, implementation=subject.implementation.call, symptom=symptom.name,
        class_=Class.unstable.name, ulps=math.inf, excess=math.inf, condition=math.nan, limit=None, severity=rank,
        case={"dtype": case.dtype, "inputs": case.inputs, "placement": vars(guilty.placement), **waited}, worst=0,
        reference=confirmation.value, output=math.nan, output_hex="nan", avoidable_by=avoidable,
        certified_by=confirmation.certified_by, answers=answers, note=guilty.note,
    )  # fmt: skip
    return labelled(finding, label.name, label.reason)


def _answers(trial: Evaluator, subject: Subject, guilty: _Guilty, symptom: Symptom) -> list[Answer]:
    """The others' answers to the row, and what is known of the guilty one, which is not run again for that."""
    # What ended one process may end another: peers meet it only where each has a process of its own.
    apart = trial.calls.alone or symptom is Symptom.exception
    others, _ = answers_at(trial, subject, guilty.row, 0, guilty.placement, without=subject, peers=apart)
    own = Answer(subject.target, subject.implementation.call, math.nan, "nan", math.inf, Class.unstable.name, symptom.name)
    order = {(s.target, s.implementation.call): number for number, s in enumerate([*trial.subjects, *trial.peers.subjects])}
    return sorted([own, *others], key=lambda answer: order[answer.target, answer.implementation])
