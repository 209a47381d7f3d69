"""Comparison: several calls of one cell judged on the same rows by the oracle, summed up by row."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Cell, Subject, cell_of
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Outcome
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.targets.target import framework_of
from ulpfuzz.fuzzer.judge.proof import Suspect, certify, convention_of
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom, Verdicts
from ulpfuzz.fuzzer.point.stored import checked
from ulpfuzz.fuzzer.proof.label import Element, set_aside
from ulpfuzz.oracles.arithmetic.time_limit import look_at_clock
from ulpfuzz.oracles.question import Caps

Mask = NDArray[np.bool_]
#: What a chunk of rows may cost the oracle beyond its vectorised tiers: ten times a campaign's batch, for few batches decide here.
CAPS = Caps(arb_effort=1.0, limit_rows=256, limit_effort=0.5)
#: Rows that are judged at once: the oracle's columns stay in the caches, and Arb's cap is as many.
CHUNK = 4096
#: Seconds after which no further chunk of rows is judged: some functions cost a hundred times what their operations say.
SECONDS = 2.0
#: Rows that a call is tried at one by one where it raised: it may be that one row is refused and the others are not.
ONE_BY_ONE = 64


#: Symptoms that are one kind of defect: wrong kinds each by itself, and all that is a number in place of another.
KINDS = {s: s for s in (Symptom.nan, Symptom.inf, Symptom.missed_nan, Symptom.missed_inf)}


def kind_of(symptom: Symptom) -> Symptom:
    """Itself, or `precision` of all symptoms where a number stands for a number."""
    return KINDS.get(symptom, Symptom.precision)


@dataclass(frozen=True)
class Measurement:
    """Of one call on some rows."""

    #: Per row: some element is wrong; none is, but some could not be decided.
    wrong: Mask
    undecided: Mask
    #: Per row the largest error in ulps of the elements that are judged by it; inf for a wrong kind, nan where there is none.
    ulps: NDArray[np.float64]
    #: Per row the kinds of its wrong elements (kind_of), a bit 1 << code each.
    kinds: NDArray[np.int64]
    #: The framework's message where it raised.
    error: str = ""

    @property
    def judged(self) -> int:
        """Rows that were decided."""
        return int((~self.undecided).sum())

    @property
    def worst(self) -> float:
        """The largest error in ulps; nan where nothing was decided."""
        decided = self.ulps[~self.undecided]
        decided = decided[~np.isnan(decided)]
        return float(decided.max()) if len(decided) else math.nan

    def shows(self, kind: Symptom) -> Mask:
        """Per row whether some element is wrong in this way."""
        return np.asarray((self.kinds >> int(kind)) & 1 == 1)

    @classmethod
    def nothing(cls) -> Measurement:
        """Of no row."""
        return cls(np.zeros(0, np.bool_), np.zeros(0, np.bool_), np.zeros(0), np.zeros(0, np.int64))

    def joined(self, other: Measurement) -> Measurement:
        return Measurement(
            np.concatenate([self.wrong, other.wrong]),
            np.concatenate([self.undecided, other.undecided]),
            np.concatenate([self.ulps, other.ulps]),
            np.concatenate([self.kinds, other.kinds]),
            self.error or other.error,
        )


@dataclass
class Comparison:
    """A cell on which calls are measured. Rows are given in any order of inputs."""

    cell: Cell
    caps: Caps = field(default_factory=lambda: CAPS)

    def __post_init__(self) -> None:
        self._evaluator = Evaluator(self.cell, [], self.caps)
        self._evaluator.calls.reset_crashes(1)

    @property
    def evaluator(self) -> Evaluator:
        return self._evaluator

    def measure(self, subjects: Sequence[Subject], batch: Batch) -> list[Measurement]:
        """Of each subject on all rows, by chunks, none of which is begun after SECONDS. A call that raises is made again for single rows,
        ONE_BY_ONE of them; nothing is known of the others."""
        until = time.monotonic() + SECONDS
        found = self._chunk(subjects, batch.take(slice(0, CHUNK)))
        for first in range(CHUNK, batch.rows, CHUNK):
            if time.monotonic() > until:
                break
            part = self._chunk(subjects, batch.take(slice(first, first + CHUNK)))
            found = [one.joined(other) for one, other in zip(found, part, strict=True)]
        return found

    def measure_placed(self, subject: Subject, batch: Batch, placement: Placement) -> Measurement:
        """Of one row at its place in a call: the one row that is judged."""
        judgement = self._evaluator.run_placed(batch, subject, placement)
        measured = _of(judgement.outcomes[0], placement.length, self.limit(batch))
        at = slice(placement.position, placement.position + 1)
        return Measurement(measured.wrong[at], measured.undecided[at], measured.ulps[at], measured.kinds[at], measured.error)

    def limit(self, batch: Batch) -> float:
        """T of the cell at this length, in ulps."""
        return self._evaluator.references.rule(batch).limit.ulps

    def _chunk(self, subjects: Sequence[Subject], batch: Batch) -> list[Measurement]:
        look_at_clock("a batch")
        evaluator, ordered = self._evaluator, self._evaluator.ordered(batch)
        answers = [evaluator.calls.answered(s, partial(evaluator.calls.call, s, ordered)) for s in subjects]
        judgement = evaluator.judge(ordered, answers)
        found = [_of(outcome, batch.rows, self.limit(ordered)) for outcome in judgement.outcomes]
        return [self._by_row(s, batch) if m.error and batch.rows > 1 else m for s, m in zip(subjects, found, strict=True)]

    def _by_row(self, subject: Subject, batch: Batch) -> Measurement:
        tried = min(batch.rows, ONE_BY_ONE)
        found = Measurement.nothing()
        for row in range(tried):
            found = found.joined(self._chunk([subject], batch.take(slice(row, row + 1)))[0])
        return found.joined(_unknown(batch.rows - tried, found.error))

    def outcome(self, subject: Subject, batch: Batch) -> Outcome:
        """What one subject answers to a batch, judged."""
        ordered = self._evaluator.ordered(batch)
        answered = self._evaluator.calls.answered(subject, partial(self._evaluator.calls.call, subject, ordered))
        return self._evaluator.judge(ordered, [answered]).outcomes[0]

    def is_certified(self, subject: Subject, row: Batch, kind: Symptom) -> bool:
        """Whether the worst wrong element of that kind, of a batch of one row, is proved wrong, and none that the framework's page or a flush
        explains; an exception is."""
        outcome = self.outcome(subject, row)
        if outcome.judged is None or outcome.answers is None:
            return bool(outcome.error)
        verdicts = outcome.judged.verdicts
        of_kind = np.asarray([kind_of(Symptom(int(s))) == kind for s in verdicts.symptoms[0]])
        wrong = np.flatnonzero((verdicts.classes[0] >= Class.inaccurate) & of_kind)
        if not len(wrong):
            return False
        at = int(wrong[np.argmax(verdicts.ulps[0][wrong])])
        evaluator = self._evaluator
        single = {name: values[0] for name, values in row.exact().items()}
        suspect = Suspect(
            evaluator.function, evaluator.references.rule(row), single, at, float(outcome.answers[0, at]),
            Class(int(verdicts.classes[0, at])), Symptom(int(verdicts.symptoms[0, at])), float(verdicts.excess[0, at]),
            evaluator.references.modulus(row, at),
        )  # fmt: skip
        convention = convention_of(evaluator.op, row, at, self.cell.order, framework_of(subject.target))
        proof = certify(suspect, convention)
        element = Element(row, outcome.answers[0], at, suspect.symptom, None, proof.confirmation.near)
        return proof.class_.is_finding and set_aside(evaluator, subject, element) is None


def comparison_of(finding: Finding, caps: Caps = CAPS) -> tuple[Comparison, Subject, Batch]:
    """The comparison of a finding's cell, the finding's call, and its case as a batch of one row in the op's order. Raises UserError for an op or a
    target that there is not."""
    comparison = Comparison(cell_of(finding), caps)
    subject = Subject(finding.target, checked(finding))
    return comparison, subject, comparison.evaluator.ordered(case_of(finding).batch())


def _unknown(rows: int, error: str) -> Measurement:
    nothing = np.zeros(rows, np.bool_)
    return Measurement(nothing, ~nothing, np.full(rows, math.nan), np.zeros(rows, np.int64), error)


def _of(outcome: Outcome, rows: int, limit: float) -> Measurement:
    if outcome.judged is None and outcome.error.startswith(RECORD_ERRORS):
        return _unknown(rows, outcome.error)
    if outcome.judged is None:
        everywhere = np.ones(rows, np.bool_)
        raised = np.full(rows, 1 << int(Symptom.precision), np.int64)
        return Measurement(everywhere, ~everywhere, np.full(rows, math.inf), raised, outcome.error or "not run")
    verdicts = outcome.judged.verdicts
    wrong: Mask = np.asarray((verdicts.classes >= Class.inaccurate).any(axis=1))
    undecided: Mask = np.asarray((verdicts.classes == Class.undecided).any(axis=1)) & ~wrong
    return Measurement(wrong, undecided, _row_ulps(verdicts, limit), _kinds(verdicts))


def _kinds(verdicts: Verdicts) -> NDArray[np.int64]:
    bits = np.asarray([1 << int(kind_of(s)) for s in Symptom], np.int64)
    wrong = verdicts.classes >= Class.inaccurate
    found: NDArray[np.int64] = np.bitwise_or.reduce(np.where(wrong, bits[verdicts.symptoms], 0), axis=1)
    return found


def _row_ulps(verdicts: Verdicts, limit: float) -> NDArray[np.float64]:
    """Per row the largest error of the elements that ulps decide: wrong ones, and those within T. What is right for another reason
    (conditioning, a norm, a flush) has no error to compare."""
    wrong = verdicts.classes >= Class.inaccurate
    by_ulps = wrong | ((verdicts.classes == Class.ok) & (verdicts.ulps <= limit))
    ulps: NDArray[Any] = np.where(by_ulps, np.where(wrong & np.isnan(verdicts.ulps), math.inf, verdicts.ulps), -1.0).max(axis=1)
    return np.where(ulps < 0, math.nan, ulps)
