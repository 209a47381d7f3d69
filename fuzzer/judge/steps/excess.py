"""Step 4, the excess: errors beyond the limit, measured against what rounding the inputs alone would do."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.elements import Elements, Numbers
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows, Sizes
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.steps.normwise import beside_whole, moduli, normwise
from ulpfuzz.fuzzer.judge.symptoms import symptoms
from ulpfuzz.fuzzer.judge.ulps import TIE, Array
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.conditioning import WIDE
from ulpfuzz.oracles.reference import FINITE, LIMIT

#: How many suspects of a call, the worst, get their exact amplification whatever a bound says.
EXACT_SUSPECTS = 256


def excess(elements: Elements, rule: Rule, evidence: Evidence, policy: Policy) -> None:
    """The verdict on every suspect."""
    at = np.nonzero(elements.suspects)
    if not len(at[0]):
        return
    verdicts, answers, wrong = elements.verdicts, elements.answers[at], elements.wrong[at]
    verdicts.ulps[at] = np.where(np.isinf(answers) & ~wrong, np.inf, verdicts.ulps[at])
    measured = np.full(len(answers), np.inf)
    classes = np.full(len(answers), int(Class.unstable), np.uint8)
    places = np.flatnonzero(~wrong)
    if len(places):
        numbers = _numbers(elements, (at[0][places], at[1][places]), rule, evidence)
        classes[places], measured[places] = _classes(numbers, elements, rule, evidence)
        classes[places] = beside_whole(classes[places], numbers, elements, rule)
        classes[places] = _beside_the_modulus(classes[places], numbers, elements, rule)
        if rule.order != "value":
            zero = numbers.top <= elements.reference.radius[numbers.places]
            classes[places] = normwise(classes[places], zero, numbers, elements, rule, evidence)
            classes[places] = _roundings_of_zero(classes[places], zero, numbers, elements, rule, evidence)
            # Rebuilt from a saved output that overflowed: no more is lost than the function itself has lost.
            rebuilt = elements.of_overflow[at][places] & (classes[places] == Class.unstable)
            classes[places[rebuilt]] = Class.inaccurate
    verdicts.excess[at] = measured
    verdicts.classes[at] = classes
    verdicts.symptoms[at] = np.where(classes >= Class.inaccurate, symptoms(elements, at, rule, policy), Symptom.none)


def _numbers(elements: Elements, places: tuple[Rows, Rows], rule: Rule, evidence: Evidence) -> Numbers:
    fmt, value, ulp = rule.format, elements.reference.value[places], elements.ulp[places]
    top, far = np.abs(value), elements.far[places]
    amplification = _amplifications(elements, places, rule, evidence)
    with np.errstate(all="ignore"):
        beyond = np.isinf(top) | (top > 2 * fmt.max)
        # Beyond the format the error counts from W, so the amplification is scaled to that.
        amplification = np.where(beyond & np.isfinite(top), amplification * (fmt.max / top), amplification)
        # A truth beyond binary64 has no size to scale by.
        amplification[np.isinf(top) & (amplification > fmt.max)] = np.nan
    return Numbers(places, elements.answers[places], value, far, ulp, ulp.astype(WIDE) / 2, amplification, beyond)


def _classes(numbers: Numbers, elements: Elements, rule: Rule, evidence: Evidence) -> tuple[NDArray[np.uint8], Array]:
    """(the classes, the excesses) by the excess alone, and by the ball test where the condition number is unknown."""
    fmt, limit, measured = rule.format, rule.limit, np.full(len(numbers.answers), np.inf)
    with np.errstate(all="ignore"):
        measured[:] = numbers.far / (numbers.half + fmt.unit_roundoff * numbers.amplification)
        room = limit.ulps * numbers.ulp + 2 * limit.neighbourhood * fmt.unit_roundoff * numbers.amplification
        explained = numbers.far <= room
    if limit.strict and limit.absolute_near_zeros:
        rows, _ = elements.in_batch(numbers.places)
        explained &= ~evidence.beside_exact_roots(rows, numbers.top, numbers.amplification, explained)
    # The sign or the magnitude is lost, and no input nearby has that answer. With 8 bits of precision the excess alone never exceeds c.
    gone = np.sign(numbers.answers) != np.sign(numbers.value)
    gone |= numbers.beyond & (np.abs(numbers.answers) < fmt.max / 4)
    gone &= ~explained & (numbers.top > 4 * fmt.min_normal)
    unknown = np.isnan(numbers.amplification)
    lost = unknown & (np.isinf(numbers.answers) | numbers.beyond)  # one of answer and truth overflows, the other does not
    measured[lost] = np.inf
    mild = ~(measured > limit.excess) & ~(gone & (not limit.absolute_near_zeros)) & ~unknown
    classes = np.where(unknown & ~lost, Class.undecided, np.where(mild, _mild(rule, explained), Class.unstable)).astype(np.uint8)
    open_ = np.flatnonzero(unknown & ~lost)
    if len(open_):
        rows, outputs = elements.in_batch(numbers.places)
        proved = evidence.further.ball_test(rows[open_], outputs[open_], numbers.answers[open_])
        classes[open_] = proved
        measured[open_[proved >= Class.inaccurate]] = np.inf
    return classes, measured


def _roundings_of_zero(
    classes: NDArray[np.uint8], zero: Mask, numbers: Numbers, elements: Elements, rule: Rule, evidence: Evidence
) -> NDArray[np.uint8]:  # fmt: skip
    """A derivative that is zero whatever the inputs has no scale but the magnitudes of cotangent and tangent. An answer below sqrt(u) times
    their product may be the rounding of terms that cancel: it is `undecided`."""
    u = rule.format.unit_roundoff
    structural = zero & (u * numbers.amplification <= numbers.half)
    small = np.abs(numbers.answers) <= u**0.5 * evidence.directions[elements.rows[numbers.places[0]]]
    return np.where(structural & small & (classes >= Class.inaccurate), np.uint8(Class.undecided), classes)


def _beside_the_modulus(
    classes: NDArray[np.uint8], numbers: Numbers, elements: Elements, rule: Rule
) -> NDArray[np.uint8]:  # fmt: skip
    """A published limit of a complex function bounds an error of a part beside the modulus, ill-conditioned or not."""
    if math.isinf(rule.limit.modulus_ulps):
        return classes
    truth = elements.reference
    modulus = moduli(truth.value, rule.limit.error_norm, rule.format)[numbers.places]
    # At a pole, of atan(i), there is no modulus, and a part that is read as a limit is no enclosure.
    number = ((truth.accepts == FINITE) & (truth.tier != LIMIT)).reshape(len(truth.value), -1, 2).all(axis=2)
    with np.errstate(all="ignore"):
        least = numbers.far - elements.unsure[numbers.places]
        beyond = least > rule.limit.modulus_ulps * TIE * rule.format.ulp(modulus)
    beyond &= np.repeat(number, 2, axis=1)[numbers.places]
    return np.where(beyond & (classes < Class.inaccurate), np.uint8(Class.inaccurate), classes)


def _mild(rule: Rule, explained: Mask) -> NDArray[np.uint8]:
    """The class of an error beyond T whose excess is within c."""
    limit = rule.limit
    # An error beyond a published limit is one at any condition number; near roots such a limit is absolute, and conditioning may explain
    # it.
    if limit.strict and not limit.absolute_near_zeros:
        return np.full(explained.shape, Class.inaccurate, np.uint8)
    otherwise = Class.inaccurate if limit.strict else Class.ok
    return np.where(explained, Class.ill_conditioned, otherwise).astype(np.uint8)


def _amplifications(elements: Elements, places: tuple[Rows, Rows], rule: Rule, evidence: Evidence) -> Sizes:
    """sum_j |x_j d_j f| of these elements, or a bound of it where the bound decides the class.

    If a lower bound explains an error, the lower bound is returned. If more than EXACT_SUSPECTS elements are left, one whose error exceeds
    even the probable upper bound gets that bound. Findings do not rest on it: certification computes the exact amplification.
    """
    limit, known, at = rule.limit, evidence.amplifications, elements.in_batch(places)
    if limit.strict:
        return known.amplification(*at)
    far, ulp, top = elements.far[places], elements.ulp[places], np.abs(elements.reference.value[places])
    sizes = known.lower_bound(*at)
    u = rule.format.unit_roundoff

    def explained(amplification: Sizes) -> Mask:  # by rounding the inputs, in the ball test's neighbourhood
        return np.asarray(far <= limit.ulps * ulp + 2 * limit.neighbourhood * u * amplification)

    def within(amplification: Sizes) -> Mask:  # the excess is at most c
        return np.asarray(far <= limit.excess * (ulp.astype(WIDE) / 2 + u * amplification))

    with np.errstate(all="ignore"):
        rest = np.flatnonzero(~(explained(sizes) & within(sizes) & (top < rule.format.max)))
        if len(rest) > EXACT_SUSPECTS:
            upper = known.probable_upper_bound(*at)
            beyond_upper = ~explained(upper) & ~within(upper)
            # By the excess with the lower bound in the denominator, which is the most that the excess can be.
            by_excess = np.argpartition(-(far / (ulp.astype(WIDE) / 2 + u * sizes))[rest], EXACT_SUSPECTS)
            mild = rest[by_excess[EXACT_SUSPECTS:]]
            bulk = mild[beyond_upper[mild]]
            sizes[bulk] = upper[bulk]
            rest = np.concatenate([rest[by_excess[:EXACT_SUSPECTS]], mild[~beyond_upper[mild]]])
            rest.sort()
    if len(rest):
        sizes[rest] = known.amplification(at[0][rest], at[1][rest])
    return sizes
