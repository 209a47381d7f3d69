"""Bench: one finding's call, ready to be made again: on other inputs, in another dtype or order, elsewhere in a call, or on another target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.cell import Cell, Subject, cell_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Outcome
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.stored import checked
from ulpfuzz.oracles.confirmation import Confirmation, confirm
from ulpfuzz.oracles.function import Function


@dataclass(frozen=True)
class Answers:
    """What one call answered to a batch, and the verdicts; all arrays have shape (rows, outputs). Where the framework raised there are
    no rows, and `error` is its message."""

    values: NDArray[np.float64]
    #: In ulps of the batch's format.
    ulps: NDArray[np.float64]
    #: Codes of Class and Symptom.
    classes: NDArray[np.uint8]
    symptoms: NDArray[np.uint8]
    error: str = ""

    def are_wrong(self, output: int) -> NDArray[np.bool_]:
        """Per row, whether the judge calls that output wrong. It is not certified: single rows may be right by the ball test."""
        found: NDArray[np.bool_] = self.classes[:, output] >= Class.inaccurate
        return found

    def are_right(self, output: int) -> NDArray[np.bool_]:
        """Per row, whether that output is surely within its limit."""
        found: NDArray[np.bool_] = self.classes[:, output] == Class.ok
        return found

    def symptom(self, row: int, output: int) -> str:
        return Symptom(int(self.symptoms[row, output])).name


_NONE = np.zeros((0, 0))


@dataclass(frozen=True)
class Bench:
    """One call of one target at one case. Frozen: each `with_...` is another bench."""

    cell: Cell
    subject: Subject
    #: The case, one row, in the dtype of the cell.
    batch: Batch
    #: The index of the output that matters.
    output: int
    placement: Placement = field(default_factory=Placement)

    @staticmethod
    def of(finding: Finding) -> Bench:
        """The bench of a stored finding. Raises UserError where it holds no inputs, UnknownName where the catalogue has the op no more."""
        case, subject = case_of(finding), Subject(finding.target, checked(finding))
        return Bench(cell_of(finding), subject, case.batch(), finding.worst, case.placement)

    @property
    def op(self) -> Op:
        return self.cell.record

    @property
    def format(self) -> Format:
        return self.batch.format

    @property
    def function(self) -> Function:
        return self.evaluator.function

    @cached_property
    def evaluator(self) -> Evaluator:
        """Of the cell and this subject, in this process."""
        return Evaluator(self.cell, [self.subject])

    @property
    def single(self) -> dict[str, NDArray[np.float64]]:
        """The case's numbers without the leading axis, exact in binary64."""
        return {name: values[0] for name, values in self.batch.exact().items()}

    @cached_property
    def truth(self) -> Confirmation:
        """Of the output at the case."""
        return confirm(self.function, self.single, self.output)

    # Other calls

    def with_target(self, target: str, implementation: Implementation | None = None) -> Bench:
        """The same expression, or another, on another target."""
        return replace(self, subject=Subject(target, implementation or self.subject.implementation))

    def with_order(self, order: str) -> Bench:
        """The same call differentiated otherwise, without directions; output 0."""
        kept = {i.name: self.batch.inputs[i.name] for i in self.op.inputs}
        return replace(self, cell=replace(self.cell, order=order), batch=Batch(self.batch.dtype, kept), output=0)

    def with_dtype(self, dtype: str) -> Bench:
        """The same numbers in another dtype, rounded once where it is narrower."""
        return replace(self, cell=replace(self.cell, dtype=dtype), batch=in_dtype(self.batch, dtype))

    def with_batch(self, batch: Batch) -> Bench:
        """The same call with its case elsewhere; only the first row is the case."""
        return replace(self, batch=batch.take(slice(0, 1)))

    # Answers

    def answers(self, batch: Batch | None = None) -> Answers:
        """The call's answers to all rows of a batch of this dtype in one call (None: to the case), judged."""
        evaluator = self.evaluator
        batch = evaluator.ordered(self.batch if batch is None else batch)
        answered = evaluator.calls.answered(self.subject, partial(evaluator.calls.answers, self.subject, batch, None, 0))
        return _answers(evaluator.judge(batch, [answered]).outcomes[0])

    def judged(self, batch: Batch, values: NDArray[np.float64]) -> Answers:
        """The verdicts on numbers that somebody else computed, shape (rows, outputs): rounded once to the format."""
        rounded = self.format.round(values)
        return _answers(self.evaluator.judge(batch, [(self.subject, rounded, "")]).outcomes[0])

    def placed(self, placement: Placement | None = None) -> Answers:
        """The answers to the case at every position of a call of this kind (None: of the case's own): a row per position."""
        evaluator = self.evaluator
        return _answers(evaluator.run_placed(self.batch, self.subject, placement or self.placement).outcomes[0])

    def raw(self, batch: Batch) -> NDArray[np.float64]:
        """The answers alone, unjudged. Raises FrameworkError."""
        found: NDArray[np.float64] = self.evaluator.calls.call(self.subject, self.evaluator.ordered(batch)).astype(np.float64)
        return found

    def neighbours(self, steps: tuple[int, ...], inputs: tuple[str, ...] | None = None) -> Batch:
        """The case moved by these numbers of ulps: a row per step, in which every finite number of these inputs (None: of all but counts and
        directions) is that many ordinals away. Zeros and infinities stay."""
        fmt, moved = self.format, dict(self.batch.inputs)
        names = inputs or tuple(i.name for i in self.op.inputs if not i.integers)
        for name, values in self.batch.inputs.items():
            rows = np.repeat(values, len(steps), axis=0)
            if name in names:
                shape = (len(steps), *([1] * (values.ndim - 1)))
                other = fmt.from_ordinals(fmt.ordinals(rows) + np.reshape(steps, shape)).reshape(rows.shape)
                exact = rows.astype(np.float64)
                rows = np.where(np.isfinite(exact) & (exact != 0), other, rows)
            moved[name] = rows
        return Batch(self.batch.dtype, moved)


def in_dtype(batch: Batch, dtype: str) -> Batch:
    """The batch's numbers in another dtype, rounded once."""
    other = Batch(dtype, {})
    return Batch(dtype, {name: other.format.round(values) for name, values in batch.exact().items()})


def wider(dtype: str) -> str:
    """The dtype that a user would raise to; "" where there is none."""
    ladder: Mapping[str, str] = {"float16": "float32", "bfloat16": "float32", "float32": "float64", "complex64": "complex128"}
    return ladder.get(dtype, "")


def _answers(outcome: Outcome) -> Answers:
    """Of a judgement's outcome."""
    if outcome.answers is None or outcome.judged is None:
        return Answers(_NONE, _NONE, _NONE.astype(np.uint8), _NONE.astype(np.uint8), outcome.error or "not run")
    verdicts = outcome.judged.verdicts
    return Answers(outcome.answers.astype(np.float64), verdicts.ulps, verdicts.classes, verdicts.symptoms)
