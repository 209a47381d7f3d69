"""Step 4, the excess: errors beyond the limit, measured against what rounding the inputs alone would do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fuzzer.judge.elements import Elements, Numbers
from fuzzer.judge.evidence import Evidence, Mask, Rows, Sizes
from fuzzer.judge.policy import Policy
from fuzzer.judge.rule import Rule
from fuzzer.judge.steps.normwise import joint, normwise
from fuzzer.judge.symptoms import symptoms
from fuzzer.judge.ulps import Array
from fuzzer.judge.verdict import Class, Symptom
from oracles.conditioning import WIDE

#: Suspects of one call, the worst, whose amplification is computed whatever they are.
MOST = 256


def excess(elements: Elements, rule: Rule, evidence: Evidence, policy: Policy) -> None:
    """The verdict on every suspect."""
    at = np.nonzero(elements.suspects)
    if not len(at[0]):
        return
    verdicts, given, wrong = elements.verdicts, elements.given[at], elements.wrong[at]
    verdicts.ulps[at] = np.where(np.isinf(given) & ~wrong, np.inf, verdicts.ulps[at])
    measured = np.full(len(given), np.inf)
    classes = np.full(len(given), int(Class.unstable), np.uint8)
    numbers = np.flatnonzero(~wrong)
    if len(numbers):
        mine = _numbers(elements, (at[0][numbers], at[1][numbers]), rule, evidence)
        classes[numbers], measured[numbers] = _classes(mine, elements, rule, evidence)
        classes[numbers] = joint(classes[numbers], mine, elements, rule)
        if rule.order != "value":
            zero = mine.top <= elements.reference.radius[mine.places]
            classes[numbers] = normwise(classes[numbers], zero, mine, elements, rule, evidence)
            classes[numbers] = _roundings_of_zero(classes[numbers], zero, mine, elements, rule, evidence)
    verdicts.excess[at] = measured
    verdicts.classes[at] = classes
    verdicts.symptoms[at] = np.where(classes >= Class.inaccurate, symptoms(elements, at, rule, policy), Symptom.none)


def _numbers(elements: Elements, places: tuple[Rows, Rows], rule: Rule, evidence: Evidence) -> Numbers:
    fmt, value, ulp = rule.format, elements.reference.value[places], elements.ulp[places]
    top, far = np.abs(value), elements.far[places]
    amplification = _amplifications(elements, places, rule, evidence)
    with np.errstate(all="ignore"):
        # The error of an overflow is counted from W on, so the amplification of a truth far beyond is counted there too.
        beyond = np.isinf(top) | (top > 2 * fmt.max)
        amplification = np.where(
            beyond & np.isfinite(top), amplification * (fmt.max / top), amplification
        )  # the gap counts from W
        amplification[np.isinf(top) & (amplification > fmt.max)] = np.nan  # of a truth that no binary64 number tells
    return Numbers(places, elements.given[places], value, far, ulp, ulp.astype(WIDE) / 2, amplification, beyond)


def _classes(mine: Numbers, elements: Elements, rule: Rule, evidence: Evidence) -> tuple[NDArray[np.uint8], Array]:
    """(the classes, the excesses) by the excess alone, and by the ball test where nobody knows the conditioning."""
    fmt, limit, measured = rule.format, rule.limit, np.full(len(mine.given), np.inf)
    with np.errstate(all="ignore"):
        measured[:] = mine.far / (mine.half + fmt.unit_roundoff * mine.amplification)
        room = limit.ulps * mine.ulp + 2 * limit.neighbourhood * fmt.unit_roundoff * mine.amplification
        explained = mine.far <= room
    # Nothing is left of the number, and no input nearby has that answer: in 8 bits the excess stays below c whatever happens.
    gone = np.sign(mine.given) != np.sign(mine.value)
    gone |= mine.beyond & (np.abs(mine.given) < fmt.max / 4)
    gone &= ~explained & (mine.top > 4 * fmt.min_normal)
    unknown = np.isnan(mine.amplification)
    lost = unknown & (np.isinf(mine.given) | mine.beyond)  # a number against an overflow
    measured[lost] = np.inf
    mild = ~(measured > limit.excess) & ~(gone & (not limit.roots)) & ~unknown
    classes = np.where(unknown & ~lost, Class.undecided, np.where(mild, _mild(rule, explained), Class.unstable)).astype(np.uint8)
    open_ = np.flatnonzero(unknown & ~lost)
    if len(open_):
        rows, outputs = elements.in_batch(mine.places)
        proved = evidence.further.ball_test(rows[open_], outputs[open_], mine.given[open_])
        classes[open_] = proved
        measured[open_[proved >= Class.inaccurate]] = np.inf
    return classes, measured


def _roundings_of_zero(
    classes: NDArray[np.uint8], zero: Mask, mine: Numbers, elements: Elements, rule: Rule, evidence: Evidence
) -> NDArray[np.uint8]:  # fmt: skip
    """A derivative that is zero whatever the inputs has nothing that its error could be small beside but the magnitudes of cotangent and tangent:
    below sqrt(u) of these it may be the rounding of terms that cancel, and is undecided."""
    u = rule.format.unit_roundoff
    structural = zero & (u * mine.amplification <= mine.half)
    small = np.abs(mine.given) <= u**0.5 * evidence.directions[elements.rows[mine.places[0]]]
    return np.where(structural & small & (classes >= Class.inaccurate), np.uint8(Class.undecided), classes)


def _mild(rule: Rule, explained: Mask) -> NDArray[np.uint8]:
    """The class of an error beyond T whose excess is within c."""
    limit = rule.limit
    # An error beyond a published limit is one at any condition number; near roots such a limit is absolute, and conditioning may explain
    # it.
    if limit.strict and not limit.roots:
        return np.full(explained.shape, Class.inaccurate, np.uint8)
    otherwise = Class.inaccurate if limit.strict else Class.ok
    return np.where(explained, Class.ill_conditioned, otherwise).astype(np.uint8)


def _amplifications(elements: Elements, places: tuple[Rows, Rows], rule: Rule, evidence: Evidence) -> Sizes:
    """sum_j |x_j d_j f| of these elements.

    Where a lower bound explains the error already it is that bound. Of very many suspects, those that not even what it is probably at most would
    explain have that: what becomes a finding is certified with the amplification itself.
    """
    limit, known, at = rule.limit, evidence.amplifications, elements.in_batch(places)
    if limit.strict:
        return known.amplification(*at)
    far, ulp, top = elements.far[places], elements.ulp[places], np.abs(elements.reference.value[places])
    found = known.lower_bound(*at)
    u = rule.format.unit_roundoff

    def room(sizes: Sizes) -> Sizes:
        return limit.ulps * ulp + 2 * limit.neighbourhood * u * sizes

    def within(sizes: Sizes) -> Mask:
        return np.asarray(far <= limit.excess * (ulp.astype(WIDE) / 2 + u * sizes))

    with np.errstate(all="ignore"):
        rest = np.flatnonzero(~((far <= room(found)) & within(found) & (top < rule.format.max)))
        if len(rest) > MOST:
            most = known.probable_upper_bound(*at)
            hopeless = ~(far <= room(most)) & ~within(most)
            # By the excess with the lower bound in the denominator, which is the most that the excess can be.
            worst = np.argpartition(-(far / (ulp.astype(WIDE) / 2 + u * found))[rest], MOST)
            later = rest[worst[MOST:]]
            bulk = later[hopeless[later]]
            found[bulk] = most[bulk]
            rest = np.concatenate([rest[worst[:MOST]], later[~hopeless[later]]])
            rest.sort()
    if len(rest):
        found[rest] = known.amplification(at[0][rest], at[1][rest])
    return found
