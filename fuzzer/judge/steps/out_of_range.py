"""Step 7, out of range: answers that no input at all gives, whatever conditioning says of them."""

from __future__ import annotations

import numpy as np

from ulpfuzz.fuzzer.judge.elements import Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.reference import ARB, FINITE


def out_of_range(elements: Elements, rule: Rule, evidence: Evidence, policy: Policy) -> None:
    """Numbers and infinities outside the range that the record gives are unstable, also where the truth is not known to T ulps: that it is a
    number is enough. What the record or the page accepts, or a flush explains, stays what it is."""
    if not any(r.speaks_of(rule.order) for r in rule.op.ranges):
        return
    truth, verdicts, answers = elements.reference, elements.verdicts, elements.answers
    with np.errstate(all="ignore"):
        within = elements.far + elements.unsure <= rule.limit.ulps * elements.ulp
    # Limits and readings by mpmath are no proof that the point has a value.
    judged = (truth.accepts == FINITE) & (truth.tier <= ARB) & ~np.isnan(answers)
    # A flush was looked for where the error is surely beyond T only.
    flushes = policy.flush.inputs & evidence.subnormal_rows[elements.rows][:, np.newaxis]
    flushes = flushes | (policy.flush.outputs & (np.abs(answers) < rule.format.min_normal))
    judged &= elements.suspects | ~flushes
    at = np.nonzero(judged & ~within & ~elements.right & ~elements.unknown & ~elements.flushed)
    if not len(at[0]):
        return
    found = np.flatnonzero(evidence.further.out_of_range(*elements.in_batch(at), answers[at]))
    places = at[0][found], at[1][found]
    # Of what is unstable already an underflow or a lost sign says more, and an infinity is graver.
    said = (verdicts.classes[places] == Class.unstable) & (verdicts.symptoms[places] != Symptom.precision)
    named = np.where(np.isinf(answers[places]), Symptom.inf, Symptom.out_of_range)
    verdicts.symptoms[places] = np.where(said, verdicts.symptoms[places], named)
    verdicts.classes[places] = Class.unstable
    verdicts.excess[places] = np.where(np.isnan(verdicts.excess[places]), np.inf, verdicts.excess[places])
