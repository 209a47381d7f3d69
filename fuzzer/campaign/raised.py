"""Raised: a framework that raised on inputs of the op's domain, as a finding: the guilty row, found by bisection."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fuzzer.campaign.binades import input_exponents
from fuzzer.campaign.trial import RECORD_ERRORS, Trial
from fuzzer.campaign.verdict_to_finding import answers_at, avoidable_by, identity
from fuzzer.case import Batch, Placement
from fuzzer.findings.finding import Finding
from fuzzer.frameworks.framework import FrameworkError
from fuzzer.judge.severity import severity
from fuzzer.judge.verdict import Class, Symptom
from oracles.confirmation import confirm


def exceptions_of(trial: Trial, errors: Mapping[int, tuple[str, Batch]]) -> list[Finding]:
    """A finding per subject (by its number) that raised; errors: its first message and the batch. What a record promises wrongly
    (RECORD_ERRORS) is none, nor is an exception that no row alone provokes."""
    found = []
    for number, (message, batch) in errors.items():
        row = None if message.startswith(RECORD_ERRORS) else _guilty(trial, number, batch)
        if row is not None:
            found.append(_finding(trial, number, row))
    return found


def _finding(trial: Trial, number: int, row: Batch) -> Finding:
    subject, cell = trial.subjects[number], trial.cell
    placement, case, single = Placement(), row.case(0), {name: values[0] for name, values in row.exact().items()}
    answers, _ = answers_at(trial, subject, row, 0, placement)
    avoidable = avoidable_by(answers, subject)
    with trial.clock.phase("oracle"):
        confirmation = confirm(trial.function, single, 0)
    rank = severity(
        Class.unstable, Symptom.exception, math.inf, trial.standard(row).ulps, trial.format, float(input_exponents(row)[0]),
        avoidable=bool(avoidable), special_input=not all(np.isfinite(v).all() for v in single.values()),
    )  # fmt: skip
    return Finding(
        id=identity(trial, subject, Symptom.exception), op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype,
        target=subject.target, implementation=subject.implementation.call, symptom=Symptom.exception.name,
        class_=Class.unstable.name, ulps=math.inf, excess=math.inf, condition=math.nan, limit=None, severity=rank,
        case={"dtype": case.dtype, "inputs": case.inputs, "placement": vars(placement)}, worst=0, reference=confirmation.value,
        output=math.nan, output_hex="nan", avoidable_by=avoidable, certified_by=confirmation.certified_by, answers=answers,
        note=_message(trial, number, row),
    )  # fmt: skip


def _message(trial: Trial, number: int, row: Batch) -> str:
    """What the framework says of the row alone; empty where it does not raise."""
    subject = trial.subjects[number]
    with trial.clock.phase("framework"):
        try:
            trial.framework(subject).evaluate_placed(trial.job(subject), row, Placement())
        except FrameworkError as error:
            return str(error)
    return ""


def _guilty(trial: Trial, number: int, batch: Batch) -> Batch | None:
    """One row that raises alone; None where only several together do."""
    subject = trial.subjects[number]

    def raises(part: Batch) -> bool:
        with trial.clock.phase("framework"):
            try:
                trial.framework(subject).evaluate(trial.job(subject), part)
            except FrameworkError:
                return True
        return False

    batch = batch.take(np.argsort(np.abs(input_exponents(batch)), kind="stable"))  # everyday numbers first
    while batch.rows > 1:
        half = batch.rows // 2
        left, right = batch.take(np.arange(half)), batch.take(np.arange(half, batch.rows))
        if raises(left):
            batch = left
        elif raises(right):
            batch = right
        else:
            return None
    return batch if _message(trial, number, batch) else None
