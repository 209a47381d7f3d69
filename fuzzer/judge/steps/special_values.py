"""Step 1, kinds first: what is right or wrong whatever the ulps, by the truth's kind, an overflow, the record and the framework's page."""

from __future__ import annotations

import numpy as np

from ulpfuzz.fuzzer.judge.elements import Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask
from ulpfuzz.fuzzer.judge.overflow import beyond, infinite_limit
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.ulps import kind_errors
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.reference import FINITE, NINF, PINF


def special_values(elements: Elements, rule: Rule, evidence: Evidence) -> None:
    """Decides which elements are right, wrong, or have an unknown truth."""
    truth, claims = elements.reference, elements.claims
    right, wrong = kind_errors(elements.answers, truth.accepts)
    unknown = _in_overflowing_wholes(elements, rule)
    spared, perhaps = _excused(elements, rule, evidence, right)
    unknown |= perhaps
    right, wrong = right | spared, wrong & ~spared
    if claims.accepted is not None:
        right, wrong = right | claims.accepted, wrong & ~claims.accepted
    if rule.limit.error_norm == "parts":
        spare = _beside_infinity(elements, rule)
        finite_part = (truth.accepts == FINITE) & (np.abs(truth.value) < rule.format.max)
        elements.half_infinite = spare & ~right & np.isinf(elements.answers) & finite_part
        right, wrong = right | spare, wrong & ~spare
    # The page has the last word on kinds: it promises one of many subgradients, and the others break the promise.
    if claims.conventions is not None:
        kept, broken = claims.conventions.split(elements.answers)
        right, wrong = (right & ~broken) | kept, (wrong & ~kept) | broken
    unknown = (truth.accepts == 0) | (unknown & ~right)
    wrong = wrong & ~unknown
    if claims.accepted is not None:
        unknown = unknown & ~claims.accepted
    if claims.conventions is not None:
        unknown = unknown & ~claims.conventions.held
    if truth.excused.any():
        excused = unknown & (truth.accepts == 0) & kind_errors(elements.answers, truth.excused)[0]
        right, unknown = right | excused, unknown & ~excused
    elements.right, elements.wrong, elements.unknown = right, wrong, unknown


def zero_signs(elements: Elements) -> None:
    """The last word: parts of an infinity that have a finite value, and zeros of the wrong sign with which nothing else is wrong."""
    verdicts, half = elements.verdicts, elements.half_infinite
    # As a number it is the infinity that is right; the part, which has a finite value, is not.
    verdicts.classes[half], verdicts.symptoms[half] = Class.inaccurate, Symptom.inf
    verdicts.excess[half], verdicts.ulps[half] = np.inf, np.inf
    if elements.claims.zero_signs is not None:
        # Beside any other fault the sign of a zero is not worth a symptom.
        only = elements.claims.zero_signs & (verdicts.classes == Class.ok)
        verdicts.classes[only], verdicts.symptoms[only], verdicts.excess[only] = Class.inaccurate, Symptom.signed_zero, 0.0
    verdicts.ulps[verdicts.classes == Class.undecided] = np.nan


def _in_overflowing_wholes(elements: Elements, rule: Rule) -> Mask:
    """NaNs, and infinities where the exact result is a number, in a vector whose errors are measured normwise and that has an element which
    overflows: its norm is beyond the format, and no bound covers what a substitution or a product makes of it."""
    odd = ~np.isfinite(elements.answers)
    if rule.limit.error_norm != "all" or not odd.any():
        return np.zeros(odd.shape, np.bool_)
    over = beyond(elements.reference, rule.format)
    return np.asarray((np.isnan(elements.answers) | (odd & ~over)) & over.any(axis=1, keepdims=True))


def _excused(elements: Elements, rule: Rule, evidence: Evidence, right: Mask) -> tuple[Mask, Mask]:
    """NaNs, and infinities that are derivatives: those that are right because something overflows, and those of which that is not known."""
    truth, nan = elements.reference, np.isnan(elements.answers)
    spared, perhaps = np.zeros(nan.shape, np.bool_), np.zeros(nan.shape, np.bool_)
    odd = nan if rule.order == "value" else ~np.isfinite(elements.answers)
    if not odd.any():
        return spared, perhaps
    over = beyond(truth, rule.format) | (infinite_limit(truth) & evidence.infinite_rows[elements.rows, np.newaxis])
    # A derivative may be excused by an overflow of the function itself (Overflow.excused), so its own size does not matter here.
    odd = odd & ~right & (truth.accepts != 0) & (over if rule.order == "value" else True)
    at = np.nonzero(odd)
    if len(at[0]):
        spared[at], perhaps[at] = evidence.further.excused(*elements.in_batch(at), nan[at], over[at])
    if rule.order != "value" and not rule.limit.error_norm:
        # 2^x overflows at 1024, where its slope ln 2 2^x is a number: an infinity made of the overflow is too large, like any other. Of a NaN nothing
        # can be said. A derivative of matrices has no size of its own there, a complex one neither (special_values).
        inside = (truth.accepts == FINITE) & (np.abs(truth.value) + truth.radius < rule.format.max)
        # Where it is not known whether the function overflows, it is wrong all the same, by the milder class.
        elements.of_overflow = (spared | perhaps) & ~nan & inside
        spared, perhaps = spared & ~elements.of_overflow, perhaps & ~elements.of_overflow
    return spared, perhaps


def _beside_infinity(elements: Elements, rule: Rule) -> Mask:
    """NaNs and infinities of numbers with an infinite part, where the modulus overflows: such a number is an infinity (C23 G.3)."""
    answers, truth = elements.answers, elements.reference
    # Both the answer and the truth must have an infinite part: else an infinity would stand for an ordinary number.
    huge = (np.abs(truth.value) >= rule.format.max) | (truth.accepts & (PINF | NINF) != 0)
    pairs = np.isinf(answers).reshape(len(answers), -1, 2).any(axis=2) & huge.reshape(len(answers), -1, 2).any(axis=2)
    spare: Mask = ~np.isfinite(answers) & np.repeat(pairs, 2, axis=1)
    return spare
