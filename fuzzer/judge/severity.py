"""Severity: one number that orders the report."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

#: What a symptom adds: a NaN stops a training, a digit does not.
_GRAVITY = {
    Symptom.crash: 40.0, Symptom.hang: 35.0, Symptom.nondeterministic: 30.0, Symptom.exception: 20.0, Symptom.nan: 20.0, Symptom.inf: 16.0,
    Symptom.out_of_range: 14.0, Symptom.wrong_sign: 14.0, Symptom.missed_nan: 10.0, Symptom.missed_inf: 10.0, Symptom.zero: 8.0,
    Symptom.inconsistent: 6.0,
    Symptom.internal_flush: -12.0, Symptom.precision: 0.0, Symptom.joint: 0.0, Symptom.flush: -20.0, Symptom.signed_zero: -20.0,
}  # fmt: skip


@dataclass(frozen=True)
class Graveness:
    """What makes a finding grave, or not."""

    #: unstable or inaccurate.
    class_: Class
    #: How it looks.
    symptom: Symptom
    #: The error.
    ulps: float
    #: T, in ulps.
    limit: float
    #: Binades between 1 and the number of the case that is farthest from it, over all inputs, zeros aside.
    reach: int
    #: Whether a number of the case is infinite or NaN.
    special_input: bool
    #: Whether another target gets these bits right.
    avoidable: bool = False
    #: Whether the literature's normwise bound is met.
    normwise: bool = False
    #: Whether the limit is the framework's own promise, where it is below that alone.
    promised: bool = True


def severity(grave: Graveness, fmt: Format) -> float:
    """The number that orders the report.

    Bits lost beyond the limit (at most the precision), the symptom's gravity, 10 for unstable, 8 where a peer avoids it; half of all that for
    inaccurate, half again where no framework's page promises that limit, and half where the literature's normwise bound is met; weighted by
    how ordinary the input is: full weight within 2^-20..2^20, a third at the ends of the format and at infinities. At least 0, and below 100:
    a label takes it below 0 (findings.label)."""
    lost = float(fmt.precision)
    if math.isfinite(grave.ulps):
        lost = min(lost, max(0.0, math.log2(max(grave.ulps, 1e-300) / max(grave.limit, 0.5))))
    lost *= 24 / fmt.precision  # so that formats compare: all digits lost are all digits lost
    score = lost + _GRAVITY[grave.symptom] + (10.0 if grave.class_ is Class.unstable else 0.0) + (8.0 if grave.avoidable else 0.0)
    score *= 0.5 if grave.class_ is not Class.unstable or grave.normwise else 1.0
    score *= 1.0 if grave.promised else 0.5
    beyond = max(0.0, (grave.reach - 20.0) / max(1.0, fmt.emax - 20.0))
    weight = 1.0 / 3 if grave.special_input else 1.0 - 2.0 / 3 * min(1.0, beyond)
    return round(max(0.0, score * weight), 2)
