"""Severity: one number that orders the report."""

from __future__ import annotations

import math

from fuzzer.formats import Format
from fuzzer.judge.verdict import Class, Symptom

#: What a symptom adds: a NaN stops a training, a digit does not.
_GRAVITY = {
    Symptom.crash: 40.0, Symptom.hang: 35.0, Symptom.exception: 20.0, Symptom.nan: 20.0, Symptom.inf: 16.0,
    Symptom.wrong_sign: 14.0, Symptom.missed_nan: 10.0, Symptom.missed_inf: 10.0, Symptom.zero: 8.0, Symptom.inconsistent: 6.0,
    Symptom.internal_flush: -12.0, Symptom.precision: 0.0, Symptom.flush: -20.0, Symptom.signed_zero: -20.0,
}  # fmt: skip


def severity(
    class_: Class, symptom: Symptom, ulps: float, limit: float, fmt: Format, reach: int, *, avoidable: bool, special_input: bool,
    normwise: bool = False, promised: bool = True,
) -> float:  # fmt: skip
    """reach: binades between 1 and the number of the case that is farthest from it, over all inputs, zeros aside. special_input: whether a number
    of it is infinite or NaN. promised: whether the limit is the framework's own promise, where it is below that alone.

    Bits lost beyond the limit (at most the precision), the symptom's gravity, 10 for unstable, 8 where a peer avoids it; half of all that for
    inaccurate, half again where nobody promised that limit, and half where the literature's normwise bound is met; weighted by how ordinary the
    input is: full weight within 2^-20..2^20, a third at the ends of the format and at infinities. At least 0, and below 100: a label takes it
    below 0 (findings.label)."""
    lost = (
        fmt.precision if not math.isfinite(ulps) else min(fmt.precision, max(0.0, math.log2(max(ulps, 1e-300) / max(limit, 0.5))))
    )
    lost *= 24 / fmt.precision  # so that formats compare: all digits lost are all digits lost
    score = lost + _GRAVITY[symptom] + (10.0 if class_ is Class.unstable else 0.0) + (8.0 if avoidable else 0.0)
    score *= 0.5 if class_ is not Class.unstable or normwise else 1.0
    score *= 1.0 if promised else 0.5
    beyond = max(0.0, (reach - 20.0) / max(1.0, fmt.emax - 20.0))
    weight = 1.0 / 3 if special_input else 1.0 - 2.0 / 3 * min(1.0, beyond)
    return round(max(0.0, score * weight), 2)
