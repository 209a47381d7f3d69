"""Evaluator: runs a batch through every subject of a cell and judges every element. The innermost loop of ulpfuzz."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.calls import Answered, Calls
from ulpfuzz.fuzzer.evaluation.clock import Clock
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.judgement import Judgement, Outcome
from ulpfuzz.fuzzer.evaluation.peers import Peers
from ulpfuzz.fuzzer.evaluation.references import References
from ulpfuzz.fuzzer.evaluation.shape_budget import Purpose, ShapeBudget
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.frameworks.targets.target import framework_of
from ulpfuzz.fuzzer.judge.evidence import Evidence
from ulpfuzz.fuzzer.judge.judge import Judged, judge
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.oracles.arithmetic.time_limit import ending
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Caps

#: FrameworkErrors that speak of the record or the framework's reach, not of the op (frameworks.backends.expression): never a finding.
RECORD_ERRORS = ("DtypeMismatch", "ShapeMismatch", "Unsupported")
#: A batch of a campaign may cost the oracle so much beyond its vectorised tiers; what is left is counted as undecided.
CAPS = Caps(arb_effort=0.15, limit_rows=64, limit_effort=0.15)


class Evaluator:
    """One cell with its subjects, ready to run. Keeps no results.

    calls: of its frameworks. references: what the oracle says. deadlines: until when. clock: counts time and verdicts. shapes: which are
    worth compiling for. peers: targets that answer the bits of findings only.
    """

    def __init__(
        self, cell: Cell, subjects: Sequence[Subject], caps: Caps | None = None, *, isolated: bool = False, deadlines: Deadlines | None = None,
        peers: Peers | None = None,
    ) -> None:  # fmt: skip
        self.cell, self.op, self.subjects = cell, cell.record, list(subjects)
        self.caps = caps or CAPS
        self.clock = Clock()
        self.deadlines = deadlines or Deadlines()
        self.shapes = ShapeBudget(cell.order)
        self.calls = Calls(cell, self.clock, self.deadlines, isolated=isolated)
        self.params = dict(cell.params)  # of the definition
        self.references = self._references(function_of(self.op, self.params, cell.order))
        self.peers = peers or Peers(cell)

    @property
    def function(self) -> Function:
        return self.references.function

    @property
    def format(self) -> Format:
        return self.references.format

    def _references(self, function: Function) -> References:
        return References(
            self.op, function, self.cell.dtype, self.clock, lambda: replace(self.caps, until=self.deadlines.oracle_until)
        )

    def by_definition(self, definition: str, constants: Mapping[str, Any], *, differentiate: bool = True) -> Evaluator:
        """An evaluator whose truth is another definition, of the same inputs and params and these constants; its verdicts are not counted.
        Without differentiate its outputs are the derivative themselves."""
        other = copy.copy(self)
        other.op, other.clock = replace(self.op, definition=definition), Clock()
        other.params = {**self.params, **constants}
        function = function_of(other.op, other.params, self.cell.order)
        other.references = other._references(function if differentiate else replace(function, order="value"))
        return other

    def by_inputs(self, names: Sequence[str]) -> Evaluator:
        """The same evaluator, whose derivatives are those by these inputs alone."""
        other = copy.copy(self)
        inputs = tuple(replace(i, differentiable=i.differentiable and i.name in names) for i in self.op.inputs)
        other.op = replace(self.op, inputs=inputs)
        other.references = other._references(function_of(other.op, other.params, self.cell.order))
        return other

    def with_caps(self, caps: Caps) -> Evaluator:
        """The same evaluator, its calls and its clock, whose oracle has these caps."""
        other = copy.copy(self)
        other.caps = caps
        other.references = other._references(self.function)
        return other

    def of_one(self, subject: Subject, caps: Caps) -> Evaluator:
        """An evaluator of one subject, in this process, by these caps; its time and verdicts count here."""
        other = Evaluator(self.cell, [subject], caps)
        other.clock = other.calls.clock = self.clock
        other.references = other._references(self.function)
        if self.shapes.one:
            other.shapes = self.shapes
        return other

    def ordered(self, batch: Batch) -> Batch:
        """The batch with its inputs in the op's order, which calls and definitions take by position. Raises ValueError for other inputs."""
        return batch.ordered(self.function.inputs)

    def run(
        self, batch: Batch, *, within: Placement | None = None, per_call: int = 0, purpose: Purpose | None = None
    ) -> Judgement:
        """Evaluates every subject on the batch and judges every element.

        within: each row in a framework call of its own, placed so. per_call: the number of rows in a call (frameworks that compile per shape get
        all of them in one, unless it is the least of their shapes). Neither: one call. Subjects that compile are left out where the
        shape is one too many for the purpose: by default search, or place within a call.
        """
        batch = self.ordered(batch)
        purpose = purpose or ("search" if within is None else "place")
        answers: list[Answered] = []
        for subject in self.subjects:
            only = self.shapes.only_length(subject, batch)
            if answers and self.deadlines.capped:  # the first is called in any case: a visit must get somewhere
                answers.append((subject, None, ""))
            elif self.shapes.admits(subject, batch, purpose, (only or 0) if within is None else within.length):
                answers.append(self.calls.answered(subject, partial(self.calls.answers, subject, batch, within, per_call, only)))
            else:
                answers.append((subject, None, ""))
        return self.judge(batch, answers)

    def run_placed(self, batch: Batch, subject: Subject, placement: Placement, purpose: Purpose = "proof") -> Judgement:
        """One row, placed, through one subject: the judgement has a row per position."""
        batch = self.ordered(batch)
        answered: Answered = (subject, None, "")
        if self.shapes.admits(subject, batch, purpose, placement.length):
            answered = self.calls.answered(subject, partial(self.calls.call, subject, batch, placement))
        answers = answered[1]
        row = self.references.of_row(batch, [] if answers is None else _distinct(answers))
        first = np.zeros(placement.length, np.int64)
        repeated = self.references.known(
            batch.repeat(placement.length), row.reference.take(first), row.amplifications.of_rows(first)
        )
        return self.judge(repeated.batch, [answered], repeated)

    def judge(self, batch: Batch, answers: Sequence[Answered], evidence: Evidence | None = None) -> Judgement:
        """The judgement of these answers (None where the framework raised or was not called)."""
        batch = self.ordered(batch)
        if evidence is None:
            with self.clock.phase("judge"):
                distinct = different([subject_answers for _, subject_answers, _ in answers if subject_answers is not None])
            evidence = self.references.evidence(batch, distinct)
        with self.clock.phase("judge"):
            evidence.amplifications.added_to(evidence.scale.ulp / (2 * self.format.unit_roundoff))
        outcomes: list[Outcome] = []
        seen: list[tuple[NDArray[Any], Policy, Judged]] = []
        for subject, subject_answers, message in answers:
            if subject_answers is None:
                outcomes.append(Outcome(subject, error=message, died=self.calls.last_crash(subject) if message else ""))
                continue
            policy = Policy(self.calls.flush_policy(subject), framework_of(subject.target) if self.cell.order != "value" else "")
            self.clock.verdicts += subject_answers.size
            with self.clock.phase("judge"):
                # Many calls of a framework end in one kernel: what has the same bits, by the same policy, has the same verdicts.
                judged = next((known for other, by, known in seen if by == policy and _same_bits(other, subject_answers)), None)
                if judged is None:
                    judged = judge(subject_answers, evidence.rule, evidence, policy)
                    seen.append((subject_answers, policy, judged))
            outcomes.append(Outcome(subject, subject_answers, judged))
        return Judgement(batch, evidence.reference, outcomes)

    @contextmanager
    def searching(self) -> Iterator[None]:
        """The search is on inside."""
        with self.deadlines.search(), self.clock.phase("search"):
            yield

    @contextmanager
    def proving(self) -> Iterator[None]:
        """Candidates are certified inside."""
        until = self.deadlines.prove()
        self.references.forget_rows()
        with self.clock.phase("certify"), ending(until):
            yield


def different(answers: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """The answers without repetitions: no two are the same to the bit."""
    found: list[NDArray[Any]] = []
    for subject_answers in answers:
        if not any(_same_bits(subject_answers, other) for other in found):
            found.append(subject_answers)
    return found


#: Of long answers every n-th number is compared first, n being this: others differ there already.
STEP = 61


def _same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two answers are the same to the bit; -0 is not 0, nor a NaN another."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    kind = np.dtype(f"u{a.dtype.itemsize}")
    one, two = (np.ascontiguousarray(v).view(kind).reshape(-1) for v in (a, b))
    return bool((one[::STEP] == two[::STEP]).all() and (one == two).all())


def _distinct(answers: NDArray[Any]) -> list[NDArray[Any]]:
    """The different rows among the answers at all positions, each as a batch of one."""
    raw = np.ascontiguousarray(answers).view(np.uint8).reshape(len(answers), -1)
    return [answers[i : i + 1] for i in np.sort(np.unique(raw, axis=0, return_index=True)[1])[:8]]
