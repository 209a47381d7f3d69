"""The last step but one, joint: rows whose elements are each explained by an input nearby, but not by the same one.

The gradient of log-sum-exp sums to 1 whatever x is: gradients that sum to 0.54 are those of no x, although each of them is the right one of
some x nearby. So well-conditioned functionals of the outputs are judged too, as an element is: error, conditioning, limit, and proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.elements import Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows, Sizes
from ulpfuzz.fuzzer.judge.functional import Judged, bends, functionals_of, most_steps, roundings_of_outputs
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.conditioning import WIDE
from ulpfuzz.oracles.reference import FINITE, MPMATH

#: Rows of one call whose functionals are looked at by the tape, the worst: a few findings are enough, and the others stay explained.
ROWS = 64


def joint(elements: Elements, rule: Rule, evidence: Evidence) -> None:
    """All elements of a group of outputs are unstable, joint, where none is wrong by itself and a functional of theirs is."""
    outputs = elements.answers.shape[1]
    if outputs < 2 or not (elements.verdicts.classes == Class.ill_conditioned).any():
        return
    shapes = {name: values.shape[1:] for name, values in evidence.inputs.items()}
    rows: Rows | None = None
    for judged in functionals_of(rule, evidence.further.function, shapes, outputs):
        # Only now: most ops have no functional that is judged.
        rows = _candidates(elements, rule, evidence) if rows is None else rows
        if not len(rows):
            return
        wrong, measured = _wrong(judged, elements, rule, evidence, rows)
        at = np.ix_(rows[wrong], np.asarray(judged.outputs))
        elements.verdicts.classes[at], elements.verdicts.symptoms[at] = Class.unstable, Symptom.joint
        elements.verdicts.excess[at] = measured[wrong, np.newaxis]
        rows = rows[~wrong]


def _candidates(elements: Elements, rule: Rule, evidence: Evidence) -> Rows:
    """Rows of finite numbers, all of them known, with an element that conditioning explains and none that is wrong, or right by grace."""
    truth, classes = elements.reference, elements.verdicts.classes
    plain = (truth.accepts == FINITE) & ~truth.interval & (truth.tier != MPMATH) & (np.abs(truth.value) < rule.format.max)
    plain &= np.isfinite(elements.answers) & (classes <= Class.ill_conditioned) & ~elements.right & ~elements.flushed
    explained = plain.all(axis=1) & (classes == Class.ill_conditioned).any(axis=1)
    return np.flatnonzero(explained & evidence.finite_rows[elements.rows])


@dataclass(frozen=True)
class _Errors:
    """Of each row: the error of the functional, less what the truth is not known by, and what an ulp of each output does to it."""

    far: Sizes
    spread: Sizes


def _wrong(judged: Judged, elements: Elements, rule: Rule, evidence: Evidence, rows: Rows) -> tuple[Mask, NDArray[np.float64]]:
    """Which of these rows have a functional that is surely beyond its limit, and the excesses."""
    limit, fmt, wrong, measured = rule.limit, rule.format, np.zeros(len(rows), np.bool_), np.full(len(rows), np.nan)
    most = most_steps(limit, fmt)
    errors = _errors(judged, elements, rule, rows)
    with np.errstate(all="ignore"):
        doubtful = np.flatnonzero((errors.spread > 0) & (errors.far > max(limit.ulps, most / 2) * errors.spread))
        if not len(doubtful):
            return wrong, measured
        doubtful = np.sort(doubtful[np.argsort(-(errors.far / errors.spread)[doubtful], kind="stable")[:ROWS]])
        u, far, spread = fmt.unit_roundoff, errors.far[doubtful], errors.spread[doubtful]
        inputs, steps = evidence.further.roundings(judged.name, judged.group, elements.rows[rows[doubtful]])
        beyond = far > limit.ulps * spread + 2 * limit.neighbourhood * u * inputs + most * u * steps
        excesses = far / (spread / 2 + u * (inputs + steps))
        # Where the balls know nothing of the functional the sums are infinite, and nobody is accused.
        wrong[doubtful] = beyond & (excesses > most)
        measured[doubtful] = excesses
        if judged.functional.term and wrong.any():
            bent = bends(
                judged, elements.reference.value[rows[wrong]], evidence.further.roundings, elements.rows[rows[wrong]], rule
            )
            wrong[wrong] = errors.far[wrong] > bent
    return wrong, measured


def _errors(judged: Judged, elements: Elements, rule: Rule, rows: Rows) -> _Errors:
    functional, at = judged.functional, np.ix_(rows, np.asarray(judged.outputs))
    answers, value = elements.answers[at].astype(WIDE), elements.reference.value[at].astype(WIDE)
    low, radius = elements.reference.value_lo[at], elements.reference.radius[at]
    with np.errstate(all="ignore"):
        if functional.term:
            truths = functional.terms(value + low)
            differences = functional.terms(answers) - truths
            unsure = functional.slopes(value + low) * radius * 2 + np.abs(truths) * 2.0**-60
        else:  # differences of numbers that are near each other are exact
            differences, unsure = (answers - value) - low, radius
        unsure = unsure.sum(axis=1) + answers.shape[1] * 2.0**-60 * np.abs(differences).sum(axis=1)
        far = np.abs(differences.sum(axis=1)) - unsure
    return _Errors(far, roundings_of_outputs(elements.reference.value[rows], functional, rule.limit, rule.format, judged.outputs))
