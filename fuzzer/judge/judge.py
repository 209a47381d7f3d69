"""The judge: verdicts on the answers of one target to one batch, vectorised, step by step (docs/reference/error-model.md, "The order of judging").

What it calls a finding is certified (`proof`) before it is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.contract import on_one_side
from ulpfuzz.fuzzer.judge.elements import Claims, Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.steps.excess import excess
from ulpfuzz.fuzzer.judge.steps.flush import flush
from ulpfuzz.fuzzer.judge.steps.joint import joint
from ulpfuzz.fuzzer.judge.steps.out_of_range import out_of_range
from ulpfuzz.fuzzer.judge.steps.special_values import special_values, zero_signs
from ulpfuzz.fuzzer.judge.steps.within_limit import within_limit
from ulpfuzz.fuzzer.judge.ulps import doubles, of_rows
from ulpfuzz.fuzzer.judge.verdict import Verdicts


@dataclass(frozen=True)
class Judged:
    """The verdicts on a target's answers to a batch."""

    verdicts: Verdicts
    #: Elements whose answer a flush-to-zero policy explains.
    flushed: Mask
    #: All other rows are surely within the limit, and nothing else is said of them.
    rows: Rows


def judge(answers: NDArray[Any], rule: Rule, evidence: Evidence, policy: Policy) -> Judged:
    """Verdicts of shape (rows, outputs) on answers of the format.

    Rows that are surely within the limit are `ok` at once; of the others every element goes through the steps.
    """
    claims = Claims.of(answers, rule, evidence, policy)
    one_sided = on_one_side(rule.op, evidence.batch, answers, evidence.reference.value, rule.order)
    far = evidence.error(one_sided)
    # No NaN is surely within: comparisons with it are false. An infinity counts as W, so it may be.
    doubtful = ~evidence.scale.surely_within(far)
    # A part alone does not say which kind is right: beside an infinite part a NaN is, and an infinity need not be (C23 G.3).
    if rule.limit.error_norm == "parts":
        doubtful |= ~np.isfinite(doubles(one_sided))
    for mask in claims.masks():
        doubtful |= mask
    rows = np.flatnonzero(of_rows(doubtful))
    with np.errstate(all="ignore"):
        verdicts = Verdicts.none(far / evidence.scale.ulp)
    flushed = np.zeros(far.shape, np.bool_)
    if len(rows):
        elements = Elements.of(one_sided, claims, evidence, rows)
        _by_steps(elements, rule, evidence, policy)
        flushed[rows] = elements.flushed
        verdicts.put(rows, elements.verdicts)
    return Judged(verdicts, flushed, rows)


def _by_steps(elements: Elements, rule: Rule, evidence: Evidence, policy: Policy) -> None:
    # The order is part of the model: a kind outranks any error in ulps, and what a flush explains needs no other explanation, whereas the
    # excess explains by conditioning whatever is left, and so comes after both.
    special_values(elements, rule, evidence)
    within_limit(elements, rule, evidence)
    flush(elements, rule, evidence, policy)
    excess(elements, rule, evidence, policy)
    out_of_range(elements, rule, evidence, policy)
    joint(elements, rule, evidence)
    zero_signs(elements)
