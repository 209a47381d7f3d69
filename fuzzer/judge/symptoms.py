"""Symptoms: how wrong answers look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.elements import Elements, Places
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.oracles.reference import FINITE, NAN


def symptoms(elements: Elements, at: Places, rule: Rule, policy: Policy) -> NDArray[np.uint8]:
    """The gravest symptom that fits each of these elements."""
    fmt, truth = rule.format, elements.reference
    answers, value, accepts, wrong_kind = elements.answers[at], truth.value[at], truth.accepts[at], elements.wrong[at]
    normal = np.abs(value) >= fmt.min_normal
    symptom = np.full(answers.shape, int(Symptom.precision), np.uint8)
    # Each line from here overwrites those before it: their order is part of the answer.
    lost = (answers == 0) & (value != 0)
    symptom[lost] = Symptom.zero
    flushes = policy.flush.inputs or policy.flush.outputs
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.abs(answers - value) <= 16 * fmt.min_normal  # what flushing an intermediate result or two can change
    symptom[near & (normal | (np.abs(answers) >= fmt.min_normal)) & flushes] = Symptom.internal_flush
    symptom[(np.sign(answers) * np.sign(value) < 0) & (np.abs(value) > truth.radius[at])] = Symptom.wrong_sign
    missed_inf = (np.abs(value) > fmt.max) & np.isfinite(answers) & ~wrong_kind
    symptom[missed_inf] = Symptom.missed_inf
    symptom[np.isinf(answers)] = Symptom.inf
    symptom[wrong_kind & (accepts & FINITE == 0)] = Symptom.missed_inf
    symptom[wrong_kind & (accepts & ~np.uint8(NAN) == 0)] = Symptom.missed_nan
    symptom[np.isnan(answers)] = Symptom.nan
    return symptom
