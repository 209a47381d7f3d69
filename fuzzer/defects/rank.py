"""Rank: what ordinary users meet comes first.

Score = lost x inputs x truth x promise x avoidable, each from 0 to 1 but the last, over every number of the case; what casework measured
over everyday inputs stands above it. Of 104 findings of one run that were read one by one, the severity told those that a maintainer would
mend from the rest with an area under the curve of 0.53, this form with 0.9 (`tests/benchmarks/defects.py` measures it).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ulpfuzz.fuzzer.catalog.composed import composed
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.kind import kind_of, lost, truth_of
from ulpfuzz.fuzzer.defects.place import Place, numbers_of, place_of, without_directions
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.label import COMPOSED
from ulpfuzz.fuzzer.formats import format_named

#: The weight of inputs at the ends of the format, of a case with an infinity, and of one with a NaN.
AT_THE_ENDS, INFINITE, NOT_A_NUMBER = 0.03, 0.15, 0.3
#: The weight of truths that no format of the answer holds as a normal number. A zero is a normal number here.
TRUTHS = {"normal": 1.0, "zero": 1.0, "infinite": 0.5, "overflow": 0.15, "subnormal": 0.1}
#: Of a NaN that must be passed on, and of one that finite numbers give, outside the function's domain, where nobody promises it.
PASSED_ON, OUTSIDE = 1.0, 0.3
#: An exception tells its user that there is no result, where any other wrong answer is silent.
LOUD = 0.3
#: Where rounding the inputs to half the digits already changes the result entirely: the divergence of two distributions that are almost equal.
ILL = 0.5
#: The weight where no enclosure proves the truth at finite numbers. The audit called one limit in eight false, and 15 of 16 truths that mpmath
#: alone confirms, which are quotients of zeros.
UNPROVED = {"limit": 0.5, "mpmath": 0.1}
#: Where a formula of the catalogue, no call of the framework's, computes what is wrong.
OURS = 0.3
AVOIDABLE = 1.15
#: What is not measured lies below this, what is measured above: half of the scale each.
_MEASURED = 0.5


def score(finding: Finding, case_file: CaseFile | None = None) -> float:
    """From 0 to 1: how much the finding concerns ordinary users.

    Below 1/2 the form of the record alone; where casework found everyday inputs that are wrong, 1/2 and more, by their share (the lower end
    of its interval) and by the form. An everyday share of 0 leaves the form as it is.
    """
    place = place_of(finding)
    plain = lost(finding) * inputs_weight(place) * _truth(finding, place) * (OURS if is_ours(finding) else 1.0)
    plain *= LOUD if finding.symptom == "exception" else 1.0
    plain *= ILL if finding.condition >= 2.0 ** (format_named(finding.dtype).precision / 2) else 1.0
    plain *= UNPROVED.get(finding.certified_by, 1.0) if place.finite else 1.0
    plain = min(1.0, plain * (AVOIDABLE if finding.avoidable_by else 1.0) / AVOIDABLE)
    share = 0.0 if case_file is None or case_file.ordinary_share is None else case_file.ordinary_share.low
    if share <= 0:
        return _MEASURED * plain
    return _MEASURED + _MEASURED * 0.5 * (math.pow(share, 0.25) + plain)  # shares from 1e-6 to 1 in steps that differ


def inputs_weight(place: Place) -> float:
    """1 for everyday numbers, falling by the same factor from binade to binade to AT_THE_ENDS at the ends of the format."""
    weight = math.pow(AT_THE_ENDS, place.beyond)
    return weight * {"infinite": INFINITE, "nan": NOT_A_NUMBER}.get(place.side, 1.0)


def _truth(finding: Finding, place: Place) -> float:
    truth = truth_of(finding)
    if truth == "nan":
        return PASSED_ON if place.side == "nan" else OUTSIDE
    return TRUTHS[truth]


def is_ours(finding: Finding) -> bool:
    """Whether a formula of the catalogue over several calls is wrong (findings.label), by the label or, in records without one, by syntax."""
    if finding.label == COMPOSED:
        return True
    op = ops().get(finding.op)
    implementation = None
    if op is not None:
        implementation = next((i for i in op.implementations if i.call == finding.implementation), None)
    if op is None or implementation is None or not composed(op, implementation):
        return False
    if any(i.complex for i in op.inputs) or not finding.case.get("inputs"):
        return True
    fmt = format_named(format_named(finding.dtype).real)
    row = {n: v for n, v in case_of(finding).batch().exact().items() if n in without_directions(finding.case["inputs"])}
    normal = fmt.min_normal <= abs(finding.output) <= fmt.max and truth_of(finding) == "normal"
    return bool(composed(op, implementation, finding.params, row, fmt, scaled=finding.order == "value" and normal))


def simplicity(finding: Finding) -> tuple[int, int, str]:
    """How simple a case is to read: significant bits of all its numbers, characters of the call and of the inputs, the id."""
    numbers = list(numbers_of(finding.case.get("inputs", {})))
    return sum(map(_significant_bits, numbers)), len(finding.implementation) + 8 * len(numbers), finding.id


def _significant_bits(value: float) -> int:
    if value != value or value in (0.0, float("inf"), float("-inf")):
        return 1
    numerator, denominator = abs(value).as_integer_ratio()
    odd = numerator >> ((numerator & -numerator).bit_length() - 1)
    return odd.bit_length() + (max(numerator.bit_length(), denominator.bit_length()) // 8)


def face_of(findings: Iterable[Finding]) -> Finding:
    """The finding that shows a defect best: a call of the framework's own, everyday inputs, then the best score, then the simplest case."""
    return min(findings, key=showing)


def showing(finding: Finding) -> tuple[bool, bool, float, tuple[int, int, str]]:
    """The order in which findings show what they have in common, the best first."""
    return is_ours(finding), kind_of(finding) != "ordinary", -round(score(finding), 6), simplicity(finding)
