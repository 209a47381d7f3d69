"""Step 2, within T ulps: what is surely within the limit, surely beyond it, or not known so well; and where a sharper reference would
help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.elements import Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows
from ulpfuzz.fuzzer.judge.overflow import beyond
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.ulps import Array, compare, doubles, error_scale, gap, of_rows
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles.reference import ARB, FINITE, MPMATH, Reference

#: The least radius of a Reference that is not exact: four times the least binary64.
FINEST = 2.0**-1072


def within_limit(elements: Elements, rule: Rule, evidence: Evidence) -> None:
    """`ok`, `undecided` and `ill_conditioned` where the error is not surely beyond the limit; the others are suspects."""
    truth, verdicts = elements.reference, elements.verdicts
    right, wrong, unknown = elements.right, elements.wrong, elements.unknown
    with np.errstate(all="ignore"):
        within, sure = compare(elements.far, elements.unsure, elements.ulp, rule.limit.ulps)
        maybe = ~sure & ~within & ~np.isnan(elements.far)
        most = elements.far + elements.unsure
        # From 2^p on neighbours are two apart or more, and a quotient of rounded numbers may miss the nearest.
        up_to_roundoff = (elements.ulp >= 2) & (most <= rule.limit.roundoff * elements.ulp) & ~wrong & ~unknown
    verdicts.ulps[right] = 0.0
    right = right | up_to_roundoff
    verdicts.ulps[wrong] = np.inf
    verdicts.classes[unknown | (maybe & ~right & ~wrong)] = Class.undecided
    verdicts.classes[np.isnan(verdicts.ulps) & ~right & ~wrong] = Class.undecided
    maybe &= ~right & ~wrong & ~unknown
    verdicts.classes[explained_by_conditioning(maybe, most, elements.ulp, rule, evidence, elements.rows)] = Class.ill_conditioned
    suspects = (sure & ~right & ~unknown) | wrong
    by_mpmath = suspects & (truth.tier == MPMATH)  # a value of mpmath alone is no proof
    verdicts.classes[by_mpmath] = Class.undecided
    elements.suspects = suspects & ~by_mpmath


def explained_by_conditioning(
    maybe: Mask, most: Array, ulp: Array, rule: Rule, evidence: Evidence, rows: Rows
) -> Mask:  # fmt: skip
    """The elements of `maybe` whose error is surely explained by conditioning, although their truth is not known to T ulps.

    most: the largest error that the enclosure leaves room for. rows: those of the elements in the batch. A lower bound of the amplification
    is used, so the answer is rigorous. It decides exact zeros made of terms that cancel (derivatives of log_softmax along equal
    directions): no ball around zero is small enough for T ulps, but it is small enough for this.
    """
    limit, explained = rule.limit, np.zeros(maybe.shape, np.bool_)
    if limit.strict and not limit.absolute_near_zeros:
        return explained
    # The second bound takes a backward pass for each output, so it sees only what the first one leaves.
    for bound in evidence.lower_bounds:
        at = np.nonzero(maybe & ~explained & np.isfinite(most))
        if len(at[0]):
            room = 2 * limit.neighbourhood * rule.format.unit_roundoff * bound(rows[at[0]], at[1])
            with np.errstate(invalid="ignore"):
                explained[at] = most[at] <= limit.ulps * ulp[at] + room
    if limit.strict and explained.any():
        at = np.nonzero(explained)
        top, known = (
            np.abs(evidence.reference.value[rows[at[0]], at[1]]),
            evidence.amplifications.amplification(rows[at[0]], at[1]),
        )
        explained[at] &= ~evidence.beside_exact_roots(rows[at[0]], top, known, explained[at])
    return explained


def needs_sharper_reference(
    answers: Sequence[NDArray[Any]], rule: Rule, evidence: Evidence, rows: Rows, *, settle: bool = True
) -> Mask:
    """The rows whose reference is not sharp enough to judge every answer: to say that it is within T, or else how large its error is.

    answers: of the whole batch. settle: also accept a reference by which conditioning explains the error surely. Without it, the reference
    must say whether the answer is right.
    """
    everything = len(rows) == evidence.batch.rows
    reference = evidence.reference if everything else evidence.reference.take(rows)
    scale = evidence.scale if everything else error_scale(reference, rule.format, rule.limit.ulps)
    need = np.zeros(len(rows), np.bool_)
    number = reference.accepts == FINITE
    for target_answers in answers:
        far = evidence.error(target_answers) if everything else gap(doubles(target_answers[rows]), scale)
        places = np.flatnonzero(of_rows(number & ~scale.surely_within(far)))
        if len(places):
            values = doubles(target_answers if everything else target_answers[rows])[places]
            unsure, ulp = scale.radius[places], scale.ulp[places]
            open_ = _open(values, (far[places], unsure, ulp), reference.take(places), rule)
            if settle:
                with np.errstate(all="ignore"):
                    most = far[places] + unsure
                open_ &= ~explained_by_conditioning(open_, most, ulp, rule, evidence, rows[places])
            need[places[of_rows(open_)]] = True
    return need


def _open(answers: Array, error: tuple[Array, Array, Array], reference: Reference, rule: Rule) -> Mask:
    """Elements whose answer cannot be judged by this reference. error: its size, its uncertainty and the ulp (Elements)."""
    far, unsure, ulp = error
    number = reference.accepts == FINITE
    with np.errstate(all="ignore"):
        within, sure = compare(far, unsure, ulp, rule.limit.ulps)
        # That it is surely beyond T is not enough: the excess is compared with c next, and may be off by 2 %.
        sure &= unsure <= 0.02 * far
    # A subnormal result of binary64: no Reference can be sharper.
    sharpest = (unsure <= FINEST) & (reference.tier >= ARB)
    open_ = number & ~within & ~sure & ~sharpest & ~np.isnan(answers)
    return np.asarray(open_ | (number & np.isnan(answers) & _astride(reference, rule)))


def _astride(reference: Reference, rule: Rule) -> Mask:
    """Elements whose enclosure contains numbers within the format and numbers beyond it."""
    with np.errstate(invalid="ignore", over="ignore"):
        maybe = np.abs(reference.value) + reference.radius >= rule.format.max
    return np.asarray(maybe & ~beyond(reference, rule.format) & ~reference.interval & (reference.radius > 0))
