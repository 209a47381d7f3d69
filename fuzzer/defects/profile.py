"""Profile: what the errors by binade of two findings say of each other (`Finding.profile`).

All calls of a cell are judged on the same rows, so that the worst error in each binade is a fingerprint of the kernel: two calls with equal
fingerprints run the same code, two with different ones do not.
"""

from __future__ import annotations

import math

from ulpfuzz.fuzzer.defects.place import numbers_of
from ulpfuzz.fuzzer.findings.finding import EXCESS_THRESHOLD, Finding

#: Binades with the same finite error that speak for one kernel (two kernels that are within half an ulp agree in one of three by chance,
#: measured on calls that are known to differ), and the share of differing ones that speaks for two.
ALIKE, DIFFERENT = 5, 1 / 4

Rows = list[list[float]]


def errors_alike(one: Rows, other: Rows) -> bool | None:
    """Whether two profiles of one cell are those of one kernel; None where too few binades speak.

    Only binades in which as many elements were judged of both count: others saw other rows.
    """
    errors = {row[0]: row for row in other if not math.isnan(row[0])}
    same = different = 0
    for lane, ulps, _, count in one:
        row = errors.get(lane)
        if row is None or row[3] != count:
            continue
        if ulps == row[1] or (math.isnan(ulps) and math.isnan(row[1])):
            same += 0 < ulps < math.inf
        else:
            different += 1
    if different > DIFFERENT * (same + different):
        return False
    return True if same >= ALIKE and not different else None


def wrong_between(one: Finding, other: Finding) -> bool:
    """Whether in every binade from one finding's case to the other's some element of the call was wrong; both of one cell and call."""
    ends = sorted((_lane(one), _lane(other)))
    lanes = [row for row in one.profile if ends[0] <= row[0] <= ends[1]]
    return bool(lanes) and all(_is_wrong(one, row) for row in lanes)


def _is_wrong(finding: Finding, row: list[float]) -> bool:
    _, ulps, excess, _ = row
    return ulps > finding.limit if finding.limit else excess > EXCESS_THRESHOLD


def _lane(finding: Finding) -> float:
    """The lane of the finding's case: the exponent of its number farthest from 1, -inf where all are zeros."""
    numbers = numbers_of(finding.case.get("inputs", {}))
    exponents = [math.frexp(v)[1] - 1 for v in numbers if v and math.isfinite(v)]
    return float(max(exponents, key=abs, default=-math.inf))
