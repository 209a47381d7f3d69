"""Kind: what sort of defect a finding shows, from its record alone; casework may know better (CaseFile.ordinary_share)."""

from __future__ import annotations

import math
from typing import Literal

from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.defect import Kind
from ulpfuzz.fuzzer.defects.place import place_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import device_and_mode, framework_of
from ulpfuzz.fuzzer.findings.numbers import FAR, parse
from ulpfuzz.fuzzer.formats import format_named

#: Symptoms that are kinds of their own, wherever the inputs lie.
_OWN: dict[str, Kind] = {
    "crash": "crash",
    "hang": "hang",
    "nondeterministic": "nondeterministic",
    "inconsistent": "inconsistent",
    "exception": "exception",
    "flush": "flush",
    "signed_zero": "flush",
}
#: Symptoms by which an answer is of another kind than the truth: no digit of it is right.
WRONG_KIND = (
    "nan", "inf", "missed_nan", "missed_inf", "wrong_sign", "out_of_range", "zero", "exception", "crash", "hang", "nondeterministic",
)  # fmt: skip
#: A result that has lost less than this share of its digits is `accuracy`: one digit in eight is what a chain of ten or so correctly
#: rounded operations may lose (Higham 2002, section 3.1: n u), so more is a formula's doing. Twice that where conditioning explains it.
SLIGHT = 1 / 8

#: What the truth is in the format of the answer.
Truth = Literal["normal", "zero", "subnormal", "overflow", "infinite", "nan"]


def kind_of(finding: Finding, case_file: CaseFile | None = None) -> Kind:
    """The kind of what a finding shows. case_file: what was measured of its defect; an ordinary share above 0 makes it ordinary."""
    if finding.symptom in _OWN:
        return _OWN[finding.symptom]
    if finding.label == "flush":
        return "flush"
    if eager_is_right(finding):
        return "compiled"
    if cpu_is_right(finding):
        return "device"
    slight = finding.symptom == "precision" and lost(finding) < (2 * SLIGHT if finding.class_ == "inaccurate" else SLIGHT)
    if slight:
        return "accuracy"
    if case_file is not None and case_file.ordinary_share is not None and case_file.ordinary_share.low > 0:
        return "ordinary"
    place, truth = place_of(finding), truth_of(finding)
    if place.finite and place.side == "everyday" and truth in ("normal", "zero"):
        return "ordinary"
    if not place.finite or truth in ("infinite", "nan"):
        return "special"
    return "flush" if finding.symptom == "internal_flush" else "range"


def lost(finding: Finding) -> float:
    """The share of its digits that the answer lost beyond its limit, from 0 to 1: log2(ulps / limit) / p; 1 for an answer of the wrong kind."""
    if finding.symptom in WRONG_KIND:
        return 1.0
    bits = finding.bits_lost
    if math.isnan(bits):
        return 0.0
    return min(1.0, max(0.0, bits / format_named(finding.dtype).precision))


def truth_of(finding: Finding) -> Truth:
    """What the truth is in the finding's format. Of an enclosure "[low, high]" its end farther from zero."""
    text = finding.reference.strip()
    if text.startswith("["):
        text = max(text.strip("[]").split(","), key=lambda end: abs(_magnitude(end)))
    value = parse(text.strip())
    if value.is_nan():
        mantissa, _, exponent = text.strip().partition("e")
        if exponent and not parse(mantissa).is_nan():  # beyond what Decimal holds
            return "subnormal" if exponent.startswith("-") else "overflow"
        return "nan"
    if value.is_infinite():
        return "infinite"
    if value == 0:
        return "zero"
    fmt = format_named(finding.dtype)
    if abs(value.adjusted()) > FAR:
        return "overflow" if value.adjusted() > 0 else "subnormal"
    if abs(value) >= parse(str(int(fmt.overflow_threshold))):
        return "overflow"
    return "subnormal" if abs(float(value)) < fmt.min_normal else "normal"


def _magnitude(text: str) -> float:
    value = parse(text.strip())
    return 0.0 if value.is_nan() else float(value)


def eager_is_right(finding: Finding) -> bool:
    """Whether the same call on the same bits is right in an eager mode of the framework on the same device, where the finding's target compiles."""
    device, mode = device_and_mode(finding.target)
    return mode != "eager" and _eager_is_right(finding, device)


def cpu_is_right(finding: Finding) -> bool:
    """Whether the same call on the same bits is right on the CPU, in an eager mode of the framework, where the finding's target is another device."""
    return device_and_mode(finding.target)[0] != "cpu" and _eager_is_right(finding, "cpu")


def _eager_is_right(finding: Finding, device: str) -> bool:
    same = [
        a
        for a in finding.answers
        if framework_of(a.target) == framework_of(finding.target)
        and a.implementation == finding.implementation
        and device_and_mode(a.target) == (device, "eager")
    ]
    return bool(same) and all(a.class_ == "ok" for a in same)
