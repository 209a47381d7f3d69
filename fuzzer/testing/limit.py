"""Limit: answers that are off by more ulps than their author allows, each proved against the certified truth."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement, concatenate
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.inputs.structures import holds
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.representative import numbers_of
from ulpfuzz.fuzzer.proof.shrink import complexity, simple_values
from ulpfuzz.fuzzer.proof.verdict_to_finding import identity
from ulpfuzz.fuzzer.search.ledger import Ledger
from ulpfuzz.fuzzer.testing.ordinary import is_ordinary
from ulpfuzz.oracles.confirmation import confirm

#: The reason that such a finding gives.
BEYOND = "beyond the limit that its test sets"
#: Rows that are tried, the worst of each binade first.
TRIED = 8
#: How often a row is made simpler, by one call of so many variants each, and numbers of an input that are replaced.
PASSES, CALL, NUMBERS = 6, 63, 8


def beyond_limit(evaluator: Evaluator, ledger: Ledger, limit: float) -> list[Finding]:
    """A finding, of class inaccurate, of the worst answer that is proved to be off by more than `limit` ulps; none where none is.

    The truth is certified by Arb and confirmed by mpmath; the error is exact. Conditioning excuses nothing here: the limit is its author's.
    """
    rows = sorted(ledger.worst_rows.values(), key=lambda pair: -pair[0])[:TRIED]
    for ulps, row in rows:
        if ulps <= limit:
            break
        for case in (_plainer(evaluator, row, limit), row):
            for length in (1, 64):
                found = _proved(evaluator, ledger, case, limit, Placement(length))
                if found is not None:
                    return [found]
    return []


def _plainer(evaluator: Evaluator, row: Batch, limit: float) -> Batch:
    """The row with its numbers replaced by simpler ones as long as some output stays beyond the limit."""
    for _ in range(PASSES):
        variants = concatenate([row, *list(_variants(evaluator, row))[:CALL]])
        (outcome, *_) = evaluator.run(variants).outcomes
        if outcome.judged is None:
            return row
        ulps = outcome.judged.verdicts.ulps
        beyond = np.where(np.isfinite(ulps), ulps, -1.0).max(axis=1) > limit
        kept = [variants.take(slice(i, i + 1)) for i in np.flatnonzero(beyond).tolist()]
        best = min(kept, key=lambda one: complexity(numbers_of(one), row.format), default=row)
        if complexity(numbers_of(best), row.format) >= complexity(numbers_of(row), row.format):
            return row
        row = best
    return row


def _variants(evaluator: Evaluator, row: Batch) -> Iterator[Batch]:
    """One number changed in each, of an ordinary row to an ordinary one."""
    fmt, specs, ordinary = row.format, {spec.name: spec for spec in evaluator.op.inputs}, bool(is_ordinary(row).all())
    for name, values in row.inputs.items():
        for index, x in enumerate(values.reshape(-1)[:NUMBERS].astype(np.float64).tolist()):
            for simple in simple_values(x, fmt, specs.get(name)):
                changed = values.copy()
                changed.reshape(-1)[index] = simple
                moved = Batch(row.dtype, {**row.inputs, name: changed})
                if (name not in specs or holds(fmt, specs[name], changed)) and (not ordinary or is_ordinary(moved).all()):
                    yield moved


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
