"""Limit: answers that are off by more ulps than their author allows, each proved against the certified truth."""

from __future__ import annotations

import math

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.verdict_to_finding import identity
from ulpfuzz.fuzzer.search.ledger import Ledger
from ulpfuzz.oracles.confirmation import confirm

#: The reason that such a finding gives.
BEYOND = "beyond the limit that its test sets"
#: Rows that are tried, the worst of each binade first.
TRIED = 8


def beyond_limit(evaluator: Evaluator, ledger: Ledger, limit: float) -> list[Finding]:
    """A finding, of class inaccurate, of the worst answer that is proved to be off by more than `limit` ulps; none where none is.

    The truth is certified by Arb and confirmed by mpmath; the error is exact. Conditioning excuses nothing here: the limit is its author's.
    """
    rows = sorted(ledger.worst_rows.values(), key=lambda pair: -pair[0])[:TRIED]
    for ulps, row in rows:
        if ulps <= limit:
            break
        for length in (1, 64):
            found = _proved(evaluator, ledger, row, limit, Placement(length))
            if found is not None:
                return [found]
    return []


def _proved(evaluator: Evaluator, ledger: Ledger, row: Batch, limit: float, placement: Placement) -> Finding | None:
    subject, cell = ledger.subject, evaluator.cell
    (outcome,) = evaluator.run_placed(row, subject, placement).outcomes
    if outcome.answers is None or outcome.judged is None:
        return None
    ulps = np.where(np.isfinite(outcome.judged.verdicts.ulps), outcome.judged.verdicts.ulps, -1.0)
    position, output = (int(i) for i in np.unravel_index(int(np.argmax(ulps)), ulps.shape))
    answer, single = float(outcome.answers[position, output]), {n: v[0] for n, v in row.exact().items()}
    truth = confirm(evaluator.function, single, output, kept=evaluator.references.kept(row))
    if (
        not truth.agrees
        or truth.exact is None
        or not math.isfinite(answer)
        or abs(truth.exact) >= evaluator.format.overflow_threshold
    ):
        return None
    error = evaluator.format.error_exact(answer, truth.exact)
    if error <= limit:
        return None
    case = row.case(0)
    own = Answer(
        subject.target, subject.implementation.call, answer, answer.hex(), error, Class.inaccurate.name, Symptom.precision.name
    )
    return Finding(
        id=identity(evaluator, subject, Symptom.precision), op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype,
        target=subject.target, implementation=subject.implementation.call, symptom=Symptom.precision.name, class_=Class.inaccurate.name,
        ulps=error, excess=math.nan, condition=math.nan, limit=limit, severity=0.0,
        case={"dtype": case.dtype, "inputs": case.inputs, "placement": vars(Placement(placement.length, position))}, worst=output,
        reference=truth.value, output=answer, output_hex=answer.hex(), avoidable_by=[], certified_by=truth.certified_by, answers=[own],
        reason=BEYOND,
    )  # fmt: skip
