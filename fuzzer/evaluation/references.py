"""References: what the oracle says of one cell's batches, as sharp as the answers to them need."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.evaluation.clock import Clock
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.inputs.shapes import chain_of
from ulpfuzz.fuzzer.judge.condition_numbers import ConditionNumbers
from ulpfuzz.fuzzer.judge.evidence import Amplifications, Effort, Evidence
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.judge.row_by_row import RowByRow
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.steps.normwise import moduli
from ulpfuzz.fuzzer.judge.steps.within_limit import needs_sharper_reference
from ulpfuzz.oracles import oracle
from ulpfuzz.oracles.arithmetic.time_limit import ending
from ulpfuzz.oracles.conditioning import condition_number
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.question import Caps, Question
from ulpfuzz.oracles.reference import Reference

#: Rows whose evidence is remembered, and rows whose proofs' evaluations are.
REMEMBERED, KEPT_ROWS = 16, 32
#: Seconds for the condition number that a finding shows, where the time is short: no verdict rests on it.
CONDITION_SECONDS = 0.5


class References:
    """The references of one function of an op, in one format. caps: what a question may cost now."""

    def __init__(self, op: Op, function: Function, dtype: str, clock: Clock, caps: Callable[[], Caps]) -> None:
        self.op, self.function, self.clock, self.caps = op, function, clock, caps
        self.format: Format = format_named(dtype)
        self.effort = Effort(caps, partial(clock.phase, "oracle"))
        self._conditions: tuple[Batch, ConditionNumbers] | None = None
        self._rows: dict[tuple[Any, ...], Evidence] = {}
        self._kept: dict[tuple[Any, ...], Kept] = {}

    def rule(self, batch: Batch) -> Rule:
        """The rule for the length of this batch's vectors."""
        order = self.order
        return Rule(self.op, order, self.format, accuracy_limit(self.op, order, self.format, chain_of(self.op, batch.inputs)))

    @property
    def order(self) -> str:
        return self.function.order

    # The loop

    def evidence(self, batch: Batch, answers: Sequence[NDArray[Any]], *, settle: bool = True) -> Evidence:
        """Asks the oracle, and sharpens its answer until the answers can be judged by it.

        answers: different to the bit. settle: it need only be known that none is a finding, not whether it is right.
        """
        rule, inputs = self.rule(batch), batch.exact()
        with self.clock.phase("oracle"):
            climb = oracle.ask(Question(self.function, inputs, self.format.precision, self.caps(), self.clock.tally))
            evidence = self._evidence(batch, rule, inputs, climb.reference)
            while climb.goes_on:
                with self.clock.phase("judge"):
                    needed = needs_sharper_reference(answers, rule, evidence, climb.rows, settle=settle)
                climb.sharpen(needed)
                if climb.changed:
                    evidence.sharpened()
        return evidence

    def known(self, batch: Batch, reference: Reference, amplifications: Amplifications | None = None) -> Evidence:
        """The evidence where the reference, and perhaps the amplifications, are known already."""
        return self._evidence(batch, self.rule(batch), batch.exact(), reference, amplifications)

    def _evidence(
        self, batch: Batch, rule: Rule, inputs: dict[str, NDArray[np.float64]], reference: Reference,
        amplifications: Amplifications | None = None,
    ) -> Evidence:  # fmt: skip
        if amplifications is None:
            amplifications = self._conditions_of(batch, rule, inputs, reference.shape[1])
        further = RowByRow(self.function, rule, inputs, reference, self.effort)
        return Evidence(batch, reference, rule, amplifications, further, inputs)

    def of_row(self, row: Batch, answers: Sequence[NDArray[Any]]) -> Evidence:
        """The evidence of a batch of one row, as sharp as the answers need. The last few rows are kept: a finding is tried in many places and
        by many targets."""
        key = row_key(row)
        known = self._rows.get(key)
        one = np.zeros(1, np.int64)
        if (
            known is None
            or not known.reference.accepts.all()
            or needs_sharper_reference(answers, known.rule, known, one, settle=False).any()
        ):
            again = self.evidence(row, answers, settle=False)
            known = again if known is None else self.known(row, again.reference, known.amplifications)
        self._remember(key, known)
        return known

    def remember(self, row: Batch, among: Evidence, number: int) -> None:
        """Keeps what is known of a batch of one row, which is the one of that number in the batch of `among`."""
        index = np.array([number])
        self._remember(row_key(row), self.known(row, among.reference.take(index), among.amplifications.of_rows(index)))

    def _remember(self, key: tuple[Any, ...], evidence: Evidence) -> None:
        self._rows.pop(key, None)
        self._rows[key] = evidence
        while len(self._rows) > REMEMBERED:
            self._rows.pop(next(iter(self._rows)))

    def kept(self, row: Batch) -> Kept:
        """What was evaluated of a batch of one row in proofs: calls and targets that fail at the same bits share it. The last rows are kept."""
        key = row_key(row)
        kept = self._kept.pop(key, None) or Kept()
        self._kept[key] = kept
        while len(self._kept) > KEPT_ROWS:
            self._kept.pop(next(iter(self._kept)))
        return kept

    def forget_rows(self) -> None:
        """Forgets what a search that was short of time learned of single rows: a proof starts anew."""
        self._rows.clear()

    def reference(self, batch: Batch, answers: Sequence[NDArray[Any]] = ()) -> Reference:
        """The truth, as sharp as these answers need."""
        return self.evidence(batch, answers, settle=False).reference

    # Single measures

    def condition(self, row: Batch, output: int) -> float:
        """The condition number of an output of a batch of one finite row, as the op's errors are measured; nan where unknown."""
        single = {name: values[0] for name, values in row.exact().items()}
        with ending(math.inf if math.isinf(self.caps().until) else time.monotonic() + CONDITION_SECONDS):
            return condition_number(self.function, single, output, normwise=self.op.error_norm == "all")

    def modulus(self, row: Batch, output: int) -> float:
        """What an output of a batch of one row is measured against beside itself (normwise.moduli); 0 where nothing is."""
        error_norm = self.rule(row).limit.error_norm
        return float(moduli(self.reference(row).value, error_norm, self.format)[0, output]) if error_norm else 0.0

    def conditions(self, batch: Batch, outputs: int) -> ConditionNumbers:
        """The condition numbers of a batch, none of them computed yet."""
        return ConditionNumbers(self.function, self.rule(batch), batch.exact(), outputs, self.effort)

    def _conditions_of(self, batch: Batch, rule: Rule, inputs: dict[str, NDArray[np.float64]], outputs: int) -> ConditionNumbers:
        """The condition numbers of a batch; those of the latest one are kept."""
        if self._conditions is None or self._conditions[0] is not batch:
            self._conditions = (batch, ConditionNumbers(self.function, rule, inputs, outputs, self.effort))
        return self._conditions[1]


def row_key(row: Batch) -> tuple[Any, ...]:
    """A batch of one row, to the bit."""
    return tuple((name, values.shape, values.tobytes()) for name, values in row.inputs.items())
