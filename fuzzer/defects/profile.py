"""Profile: what the errors by binade of two findings say of each other (`Finding.profile`).

All calls of a cell are judged on the same rows, so that the worst error in each binade is a fingerprint of the kernel: two calls with equal
fingerprints run the same code, two with different ones do not.
"""

from __future__ import annotations

import math

from ulpfuzz.fuzzer.defects.place import numbers_of
from ulpfuzz.fuzzer.findings.finding import EXCESS_THRESHOLD, Finding
from ulpfuzz.fuzzer.formats import format_named

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
    return float(farthest(finding)[1]) if farthest(finding)[0] else -math.inf


def farthest(finding: Finding) -> tuple[str, int]:
    """The input that holds the case's finite number farthest from 1, and that number's exponent; ("", 0) where all are zeros."""
    exponents = (
        (name, math.frexp(value)[1] - 1)
        for name, values in finding.case.get("inputs", {}).items()
        for value in numbers_of(values)
        if value and math.isfinite(value)
    )
    return max(exponents, key=lambda at: abs(at[1]), default=("", 0))


def corresponding(one: Finding, other: Finding) -> bool:
    """Whether two cases lie in corresponding places of their formats for a loss of digits: the same input is farthest from 1, on the same side,
    and by as many binades for each digit of the precision, within a factor of two.

    What cancels or drops an addend loses the digits of a format at 2^(p/2), 2^p or the like, wherever the format's ends are.
    """
    (name, first), (same, second) = farthest(one), farthest(other)
    if name != same or first * second <= 0:
        return False
    ratio = (first / format_named(one.dtype).precision) / (second / format_named(other.dtype).precision)
    return 1 / 2 <= ratio <= 2
