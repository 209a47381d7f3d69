"""A framework that is right: every answer computed to high precision and rounded once (tests.right_answers); and single answers planted
beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.right_answers import UnknownError, right_answer
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import ORDERS, Implementation
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Judgement
from ulpfuzz.fuzzer.frameworks.backends.expression import placed
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.frameworks.targets.target import register
from ulpfuzz.fuzzer.judge.proof import Suspect, ball_test
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.confirmation import confirm
from ulpfuzz.oracles.limits.native import native

NAME = "correctly_rounded"
IMPLEMENTATION = Implementation(NAME, "correctly_rounded")
SUBJECT = Subject(NAME, IMPLEMENTATION)


class CorrectlyRounded(InProcess):
    """Implements Framework."""

    name = NAME
    version = "1"
    orders = ORDERS
    #: Of the last batch, the rows whose right answers nobody knows: its answers there are no answers.
    unknown: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        if call.implementation.call == "x * y":  # the probe of flush_policy
            return np.asarray(batch.inputs["x"] * batch.inputs["y"])[:, np.newaxis]
        function = function_of(call.op, call.params, call.order)
        exact = batch.exact()
        rows: list[list[float] | None] = []
        for row in range(batch.rows):
            try:
                rows.append(right_answer(call.op, function, {n: v[row].tolist() for n, v in exact.items()}, batch.format))
            except UnknownError:
                rows.append(None)
        self.unknown = np.asarray([row is None for row in rows])
        outputs = next((len(row) for row in rows if row is not None), 0)
        if not outputs:  # nobody knows any
            outputs = len(native(function, {n: v[0] for n, v in exact.items()})[0])
        answers = [[math.nan] * outputs if row is None else row for row in rows]
        return np.asarray(answers, dtype=np.float64).astype(batch.format.dtype)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        one = self.evaluate(call, batch)
        return np.repeat(one, len(next(iter(placed(batch, placement).inputs.values()))), axis=0)


register(NAME, CorrectlyRounded)


# One planted answer


@dataclass(frozen=True)
class Judged:
    """What the judge says of one planted answer; certified: after the ball test, as a finding would be."""

    class_: Class
    symptom: Symptom
    ulps: float
    excess: float
    certified: Class
    flushed: bool


def evaluator_of(op: str, dtype: str, order: str = "value", **params: Any) -> Evaluator:
    record = op_named(op)
    return Evaluator(Cell(op, tuple({**record.default_params(), **params}.items()), dtype, order), [SUBJECT])


def judge_answers(evaluator: Evaluator, batch: Batch, answers: Any) -> Judgement:
    """The judgement of these answers, given as numbers of the format, shape (rows, outputs)."""
    given = np.asarray(answers, np.float64).astype(batch.format.dtype)
    return evaluator.judge(batch, [(SUBJECT, given, "")])


def batch_of(dtype: str, **inputs: Any) -> Batch:
    """One row, rounded to the dtype."""
    from ulpfuzz.fuzzer.formats import format_named

    return Batch(dtype, {name: format_named(dtype).round(np.asarray([value], np.float64)) for name, value in inputs.items()})


def judge_planted(evaluator: Evaluator, batch: Batch, answers: Any, output: int = 0) -> Judged:
    """The verdict on the one row's answers, of one output."""
    (outcome,) = judge_answers(evaluator, batch, [answers]).outcomes
    assert outcome.judged is not None
    verdicts, at = outcome.judged.verdicts, (0, output)
    class_, excess = Class(int(verdicts.classes[at])), float(verdicts.excess[at])
    single = {name: values[0] for name, values in batch.exact().items()}
    certified = class_
    if class_.is_finding and all(np.isfinite(v).all() for v in single.values()):
        confirmation = confirm(evaluator.function, single, output)
        assert confirmation.agrees
        if confirmation.exact is not None or verdicts.symptoms[at] == Symptom.missed_nan:
            exact = confirmation.exact
            truth = math.nan if exact is None else float(exact) if abs(exact) < 2**1023 else math.inf
            answer = float(np.asarray(outcome.answers, np.float64)[at])
            symptom = Symptom(int(verdicts.symptoms[at]))
            suspect = Suspect(
                evaluator.function, evaluator.references.rule(batch), single, output, answer, class_, symptom, excess,
                evaluator.references.modulus(batch, output),
            )  # fmt: skip
            certified = ball_test(suspect, truth)
    return Judged(
        class_,
        Symptom(int(verdicts.symptoms[at])),
        float(verdicts.ulps[at]),
        excess,
        certified,
        bool(outcome.judged.flushed[at]),
    )
