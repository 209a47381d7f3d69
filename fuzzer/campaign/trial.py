"""Trial: runs a batch through every subject of a cell and judges every element. The innermost loop of ulpfuzz."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.campaign.cell import Cell, Subject
from fuzzer.case import Batch, Placement
from fuzzer.catalog.functions import function_of
from fuzzer.frameworks.framework import Framework, FrameworkError, Job
from fuzzer.frameworks.target import flush_policy, framework_for, target_named
from fuzzer.judge.contract import accepted_by_contract, kinds_by_contract
from fuzzer.judge.limits import Standard, standard_for
from fuzzer.judge.screen import Screened, needs_more, screen
from oracles import oracle
from oracles.conditioning import amplification
from oracles.oracle import Caps, Tally
from oracles.reference import Reference


@dataclass(frozen=True)
class Outcome:
    """What one subject answered to a batch and what the judge screened; error is the framework's message where it raised."""

    subject: Subject
    answers: NDArray[Any] | None = None
    screened: Screened | None = None
    error: str = ""


@dataclass(frozen=True)
class Judgement:
    """A batch, its truth, and every subject's outcome."""

    batch: Batch
    truth: Reference
    outcomes: list[Outcome]


@dataclass
class Clock:
    """Seconds by phase: framework, oracle, judge, generation; and verdicts made."""

    seconds: Counter[str] = field(default_factory=Counter)
    verdicts: int = 0
    tally: Tally = field(default_factory=Tally)


#: FrameworkErrors that speak of the record, not of the op (frameworks.expression): never a finding.
RECORD_ERRORS = ("DtypeMismatch", "ShapeMismatch")


#: A batch of a campaign may cost the oracle so much beyond its vectorised tiers; what is left is counted as undecided.
CAPS = Caps(arb_seconds=0.1, limit_rows=64)


class Trial:
    """One cell with its subjects, ready to run. Keeps no results; `clock` counts time and verdicts."""

    def __init__(self, cell: Cell, subjects: Sequence[Subject], caps: Caps | None = None) -> None:
        self.cell = cell
        self.op = cell.record
        self.subjects = list(subjects)
        self.caps = caps or CAPS
        self.clock = Clock()
        self.function = function_of(self.op, dict(cell.params), cell.order)

    @cached_property
    def format(self) -> Any:
        from fuzzer.formats import format_named  # noqa: PLC0415

        return format_named(self.cell.dtype)

    def framework(self, subject: Subject) -> Framework:
        return framework_for(target_named(subject.target))

    def job(self, subject: Subject) -> Job:
        return Job(self.op, subject.implementation, dict(self.cell.params), self.cell.order)

    def standard(self, batch: Batch) -> Standard:
        """The standard for the length of this batch's vectors."""
        lengths = [v.shape[1] for name, v in batch.inputs.items() if v.ndim > 1]
        return standard_for(self.op, self.cell.order, self.format, max(lengths, default=1))

    def run(self, batch: Batch, *, alone: bool = False) -> Judgement:
        """Evaluates every subject on the batch and judges every element. alone: each row in a framework call of its own."""
        start = time.perf_counter()
        answers: list[tuple[Subject, NDArray[Any] | None, str]] = []
        for subject in self.subjects:
            try:
                answers.append((subject, self._answers(subject, batch, alone), ""))
            except FrameworkError as error:
                answers.append((subject, None, str(error)))
        self.clock.seconds["framework"] += time.perf_counter() - start
        return self.judge(batch, answers)

    def _answers(self, subject: Subject, batch: Batch, alone: bool) -> NDArray[Any]:
        framework, job = self.framework(subject), self.job(subject)
        if not alone:
            return framework.evaluate(job, batch)
        single = Placement(1)
        return np.concatenate([framework.evaluate_placed(job, batch.take(slice(i, i + 1)), single) for i in range(batch.rows)])

    def run_placed(self, batch: Batch, subject: Subject, placement: Placement) -> Judgement:
        """One row, placed, through one subject: the judgement has a row per position."""
        start = time.perf_counter()
        try:
            given: NDArray[Any] | None = self.framework(subject).evaluate_placed(self.job(subject), batch, placement)
            message = ""
        except FrameworkError as error:
            given, message = None, str(error)
        self.clock.seconds["framework"] += time.perf_counter() - start
        truth = self.truth(batch, [] if given is None else [given[:1], given[-1:]])
        repeated = truth.take(np.zeros(placement.length, np.int64))
        return self.judge(batch.repeat(placement.length), [(subject, given, message)], repeated)

    def truth(self, batch: Batch, answers: list[NDArray[Any]]) -> Reference:
        """The oracle's answer, as sharp as the answers need."""
        standard, fmt = self.standard(batch), self.format
        inputs = batch.exact()
        start = time.perf_counter()

        def undecided(truth: Reference, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
            return needs_more([given[rows] for given in answers], truth, fmt, standard)

        truth = oracle.reference(
            self.function, inputs, precision=fmt.precision, undecided=undecided, caps=self.caps, tally=self.clock.tally
        )
        self.clock.seconds["oracle"] += time.perf_counter() - start
        return truth

    def judge(
        self, batch: Batch, answers: list[tuple[Subject, NDArray[Any] | None, str]], truth: Reference | None = None
    ) -> Judgement:
        """The judgement of given answers (None where the framework raised)."""
        standard, fmt = self.standard(batch), self.format
        if truth is None:
            truth = self.truth(batch, [given for _, given, _ in answers if given is not None])
        inputs = batch.exact()
        start, oracle_before = time.perf_counter(), self.clock.seconds["oracle"]
        subnormal = self._subnormal_rows(batch)

        def conditions(rows: NDArray[np.int64], outs: NDArray[np.int64]) -> NDArray[np.float64]:
            began = time.perf_counter()
            size = max(1, sum(v[0].size for v in inputs.values()))
            step = max(1, 262144 // size)
            parts = [
                amplification(
                    self.function, {n: v[rows[i : i + step]] for n, v in inputs.items()}, outs[i : i + step], fmt.precision
                )
                for i in range(0, len(rows), step)
            ]
            self.clock.seconds["oracle"] += time.perf_counter() - began
            return np.concatenate(parts)

        def flushed(rows: NDArray[np.int64]) -> Reference:
            began = time.perf_counter()
            zeroed = {n: np.where(np.abs(v[rows]) < fmt.min_normal, np.copysign(0.0, v[rows]), v[rows]) for n, v in inputs.items()}
            found = oracle.reference(self.function, zeroed, precision=fmt.precision, caps=self.caps)
            found.accepts[...] |= kinds_by_contract(self.op, zeroed, self.cell.order)[:, np.newaxis]
            self.clock.seconds["oracle"] += time.perf_counter() - began
            return found

        outcomes = []
        for subject, given, message in answers:
            if given is None:
                outcomes.append(Outcome(subject, error=message))
                continue
            policy = flush_policy(target_named(subject.target), self.cell.dtype)
            contract = accepted_by_contract(self.op, batch, given, self.cell.order)
            found = screen(given, truth, fmt, standard, conditions, policy, subnormal, flushed, contract)
            outcomes.append(Outcome(subject, given, found))
            self.clock.verdicts += given.size
        oracle_inside = self.clock.seconds["oracle"] - oracle_before
        self.clock.seconds["judge"] += time.perf_counter() - start - oracle_inside
        return Judgement(batch, truth, outcomes)

    def _subnormal_rows(self, batch: Batch) -> NDArray[np.bool_]:
        rows = np.zeros(batch.rows, np.bool_)
        for values in batch.exact().values():
            small = (np.abs(values) < self.format.min_normal) & (values != 0)
            rows |= small.reshape(batch.rows, -1).any(axis=1)
        return rows
