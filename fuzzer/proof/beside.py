"""Beside: what every subject of a cell, and every peer, answers to the bits of a finding. One call each for many findings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement, concatenate
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.calls import Answered
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Outcome
from ulpfuzz.fuzzer.evaluation.references import row_key
from ulpfuzz.fuzzer.evaluation.shape_budget import Purpose
from ulpfuzz.fuzzer.findings.finding import Answer
from ulpfuzz.fuzzer.frameworks.targets.target import framework_of
from ulpfuzz.fuzzer.judge.joint_proof import JointProof
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.joint import as_together

#: Rows of a call, the least shape of frameworks that compile for every shape.
ROWS = 64


@dataclass(frozen=True)
class Shown:
    """One element of a finding, and its subject's own answer there."""

    subject: Subject
    row: Batch
    output: int
    placement: Placement
    own: Answer
    call_index: int = 1
    #: Of symptom joint: then an answer is the functional of a row's outputs.
    joint: JointProof | None = None


def answers_beside(evaluator: Evaluator, elements: Sequence[Shown]) -> list[list[Answer]]:
    """By element, the answers of all subjects and peers that are not out, in that order; its own as it was certified.

    All rows of one shape share a call of each subject. Where a subject's own answer in it is another than at its placement, other calls of
    its framework are made at that placement too, since what they share may be a path of the kernel.
    """
    answers: list[list[Answer]] = [[] for _ in elements]
    numbered = sorted(enumerate(elements), key=lambda item: (_shape(item[1].row), item[0]))
    for _, same_shape in groupby(numbered, key=lambda item: _shape(item[1].row)):
        members = list(same_shape)
        rows = list({row_key(element.row): element.row for _, element in members}.values())
        for start in range(0, len(rows), ROWS):
            among = _Among(evaluator, rows[start : start + ROWS])
            for number, element in members:
                if row_key(element.row) in among.index:
                    answers[number] = among.beside(element)
    return answers


class _Among:
    """Calls of all subjects with a few rows of one shape."""

    def __init__(self, evaluator: Evaluator, rows: Sequence[Batch]) -> None:
        self.evaluator = evaluator
        self.index = {row_key(row): i for i, row in enumerate(rows)}
        batch = concatenate(list(rows))
        others = [*evaluator.subjects, *evaluator.peers.answering(evaluator)]
        answered = [self._answered(other, batch) for other in others if not evaluator.calls.is_disabled(other)]
        different = [answers for _, answers, _ in answered if answers is not None]
        evidence = evaluator.references.evidence(batch, different, settle=False)
        self.outcomes = evaluator.judge(batch, answered, evidence).outcomes

    def _answered(self, other: Subject, batch: Batch) -> Answered:
        """In a shape that it has seen, where it compiles for every shape."""
        evaluator = self.evaluator
        rows = evaluator.calls.rows_without_compiling(other, batch) or evaluator.shapes.only_length(other, batch) or ROWS
        if not evaluator.shapes.admits(other, batch, "place" if other in evaluator.subjects else "peer", rows):
            return other, None, ""
        filled = batch.take(np.arange(rows) % batch.rows)
        with evaluator.peers.charging(other):
            _, answers, message = evaluator.calls.answered(other, partial(evaluator.calls.call, other, filled))
        return other, None if answers is None else answers[: batch.rows], message

    def beside(self, element: Shown) -> list[Answer]:
        """All answers to one element, in the order of the subjects and peers."""
        at = self.index[row_key(element.row)]
        told = {o.subject: self._answer(o, element, at) for o in self.outcomes}
        own = told.get(element.subject)
        if own is None or own.output_hex != element.own.output_hex or element.call_index > 1:
            framework = framework_of(element.subject.target)
            for other in [s for s in told if framework_of(s.target) == framework]:
                told[other] = placed_answer(self.evaluator, other, element)
        told[element.subject] = element.own
        order = [*self.evaluator.subjects, *self.evaluator.peers.subjects]
        return [answer for subject in order if (answer := told.get(subject)) is not None]

    def _answer(self, outcome: Outcome, element: Shown, at: int) -> Answer | None:
        if outcome.answers is not None:
            return answer_of(self.evaluator, outcome, at, element)
        if len(self.index) == 1:
            return answer_of(self.evaluator, outcome, 0, element)
        # Of several rows together nobody knows which one raised or crashed. What hangs is not waited for once more for each of them.
        if not outcome.error or outcome.died == Symptom.hang.name or outcome.error.startswith(RECORD_ERRORS):
            return None
        return placed_answer(self.evaluator, outcome.subject, element)


def placed_answer(evaluator: Evaluator, other: Subject, element: Shown, purpose: Purpose = "place") -> Answer | None:
    """The subject's answer at an element, in the same one of equal calls of the same kind; None where it has none."""
    if evaluator.calls.is_disabled(other):
        return None
    lengths, placement = evaluator.calls.lengths(other), element.placement
    at = placement if lengths is None or other == element.subject or placement.length in (1, ROWS) else Placement(ROWS, 0)
    with evaluator.peers.charging(other):
        outcomes = [evaluator.run_placed(element.row, other, at, purpose).outcomes[0] for _ in range(element.call_index)]
    return answer_of(evaluator, outcomes[-1], at.position, element)


def answer_of(evaluator: Evaluator, outcome: Outcome, at: int, element: Shown) -> Answer | None:
    """One element of an outcome; what the subject raised instead; None where that only says that it does not support the cell."""
    other, output = outcome.subject, element.output
    if outcome.answers is None or outcome.judged is None:
        unsupported = outcome.error.startswith(RECORD_ERRORS) or (evaluator.peers.refuses(evaluator, other) and not outcome.died)
        if not outcome.error or unsupported:
            return None
        raised = (math.nan, "nan", math.inf, Class.unstable.name, outcome.died or Symptom.exception.name)
        return Answer(other.target, other.implementation.call, *raised)
    verdicts, value = outcome.judged.verdicts, float(outcome.answers[at, output])
    class_, symptom = Class(int(verdicts.classes[at, output])), Symptom(int(verdicts.symptoms[at, output]))
    answer = Answer(
        other.target, other.implementation.call, value, value.hex(), float(verdicts.ulps[at, output]), class_.name, symptom.name
    )
    return answer if element.joint is None else as_together(answer, outcome.answers[at].astype(np.float64), element.joint)


def avoidable_by(answers: Sequence[Answer], subject: Subject) -> list[str]:
    """The targets where another call, or the same call, got these bits right; not those that a flush to zero excuses and that are farther
    off."""
    own = (subject.target, subject.implementation.call)
    error = next((a.ulps for a in answers if (a.target, a.implementation) == own), math.inf)
    others = [a for a in answers if a.class_ == Class.ok.name and (a.target, a.implementation) != own]
    return sorted({a.target for a in others if not a.ulps >= error or a.ulps == 0})


def _shape(row: Batch) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, values.shape[1:]) for name, values in row.inputs.items())
