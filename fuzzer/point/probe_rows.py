"""probe_rows: many rows run through every implementation on the targets, every answer judged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.framework import FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.targets.target import can_be_isolated, target_named
from ulpfuzz.fuzzer.point.at_once import at_once
from ulpfuzz.fuzzer.point.judged_rows import JudgedRows
from ulpfuzz.fuzzer.point.row_judge import CAPS, RowJudge
from ulpfuzz.fuzzer.point.row_source import Given, Wanted
from ulpfuzz.fuzzer.point.tensors import Tensors
from ulpfuzz.fuzzer.proof.label import Element, Label, label_of
from ulpfuzz.fuzzer.proof.rejected import rejection

#: Calls of one subject that may raise before it is asked no more: each halves the rows among which the guilty one is looked for.
RAISING = 64


def probe_rows(tensors: Tensors, subjects: Sequence[Subject], wanted: Wanted, case_timeout: float | None = None) -> JudgedRows:
    """Runs the rows, a chunk in a call, through every subject and judges every element (row_judge).

    Where a call raises, the rows are halved until the guilty one is found, and the others are judged. case_timeout: as in `probe`.
    """
    if case_timeout is None or not can_be_isolated(target_named(subject.target) for subject in subjects):
        return _run(Evaluator(tensors.cell, subjects, CAPS), tensors, wanted)
    with host.limited(case_timeout):
        return _run(Evaluator(tensors.cell, subjects, CAPS, isolated=True), tensors, wanted)


def _run(evaluator: Evaluator, tensors: Tensors, wanted: Wanted) -> JudgedRows:
    return RowJudge(_Called(evaluator), tensors, wanted).run()


class _Called:
    """Implements RowSource: the evaluator's subjects are called."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._errors: dict[Subject, str] = {}
        self._raising: dict[Subject, int] = {}

    @property
    def evaluator(self) -> Evaluator:
        return self._evaluator

    def answers(self, rows: NDArray[np.int64], batch: Batch) -> list[Given]:
        return at_once(self._evaluator.calls, self._evaluator.subjects, partial(self._of, batch=batch))

    def label(self, subject: Subject, element: Element) -> Label:
        return label_of(self._evaluator, subject, element)

    def refused(self, subject: Subject, row: Batch, message: str) -> str:
        return rejection(self._evaluator, subject, row, message)

    def _of(self, subject: Subject, batch: Batch) -> Given:
        if subject in self._errors:
            return Given(None, error=self._errors[subject])
        parts: dict[int, Floats] = {}
        raised: dict[int, str] = {}
        self._call(subject, batch, 0, parts, raised)
        if not parts:
            return Given(None, raised, error=self._errors.get(subject, ""))
        outputs = next(iter(parts.values())).shape[1]
        answers = np.full((batch.rows, outputs), np.nan).astype(batch.format.dtype)
        missing = np.ones(batch.rows, np.bool_)
        for first, values in parts.items():
            answers[first : first + len(values)] = values
            missing[first : first + len(values)] = False
        left = frozenset(int(at) for at in np.flatnonzero(missing) if int(at) not in raised)
        return Given(answers, raised, left, self._errors.get(subject, ""))

    def _call(self, subject: Subject, batch: Batch, first: int, parts: dict[int, Floats], raised: dict[int, str]) -> None:
        """Calls with these rows, which begin at `first`; where that raises with either half."""
        if subject in self._errors:
            return
        try:
            framework = self._evaluator.calls.framework(subject)
            parts[first] = framework.evaluate(self._evaluator.calls.described(subject), batch)
        except FrameworkDied as died:
            self._errors[subject] = f"{died.symptom}: {died}"
        except FrameworkError as error:
            self._raise(subject, batch, first, str(error), parts, raised)

    def _raise(
        self, subject: Subject, batch: Batch, first: int, message: str, parts: dict[int, Floats], raised: dict[int, str]
    ) -> None:
        self._raising[subject] = self._raising.get(subject, 0) + 1
        if message.startswith(RECORD_ERRORS) or self._raising[subject] > RAISING:
            self._errors[subject] = message
        elif batch.rows == 1:
            raised[first] = message
        else:
            half = batch.rows // 2
            self._call(subject, batch.take(slice(0, half)), first, parts, raised)
            self._call(subject, batch.take(slice(half, None)), first + half, parts, raised)
