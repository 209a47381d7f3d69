"""Step 3, flush to zero: answers that are right for inputs or results whose subnormal numbers are read as zeros, where the target does that."""

from __future__ import annotations

import numpy as np

from ulpfuzz.fuzzer.judge.elements import Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.ulps import Array, error, kind_errors
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles.reference import FINITE, Reference


def flush(elements: Elements, rule: Rule, evidence: Evidence, policy: Policy) -> None:
    """Suspects whose answer is f(inputs) or f(flushed inputs) with a subnormal result read as zero are explained; where f(flushed
    inputs) is unknown, as xlog1py(-inf, 0) is, they are undecided."""
    flushes, suspects = policy.flush, elements.suspects
    if not (flushes.inputs or flushes.outputs) or not suspects.any():
        return
    explained, unknown = np.zeros(suspects.shape, np.bool_), np.zeros(suspects.shape, np.bool_)
    # Flushed results first: they need no second truth.
    if flushes.outputs:
        explained = suspects & _flushed_result(elements.answers, elements.reference, rule, flushes)
    places = np.flatnonzero((suspects & ~explained).any(axis=1) & evidence.subnormal_rows[elements.rows] & flushes.inputs)
    if len(places):
        other, answers = evidence.further.flushed(elements.rows[places]), elements.answers[places]
        right, _ = kind_errors(answers, other.accepts)
        far, unsure, ulp = error(answers, other, rule.format)
        with np.errstate(all="ignore"):
            # far - unsure: what is not surely beyond the limit is explained, since this step only excuses.
            right |= (other.accepts & FINITE != 0) & (far - unsure <= rule.limit.ulps * ulp) & ~np.isnan(answers)
        if flushes.outputs:
            right |= _flushed_result(answers, other, rule, flushes)
        explained[places] |= right & suspects[places]
        unknown[places] = suspects[places] & ~explained[places] & (other.accepts == 0)
    elements.flushed = explained
    elements.unknown = elements.unknown | unknown
    elements.verdicts.classes[unknown] = Class.undecided
    elements.suspects = suspects & ~(explained | unknown)


def _flushed_result(answers: Array, truth: Reference, rule: Rule, flushes: FlushPolicy) -> Mask:
    """A subnormal truth answered by zero; or by another subnormal, where the target reads subnormals as zero as well."""
    least = rule.format.min_normal
    as_zero = np.abs(answers) < least if flushes.inputs else answers == 0
    zero: Mask = as_zero & (np.abs(truth.value) < least) & (truth.accepts & FINITE != 0)
    return zero
