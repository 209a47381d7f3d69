"""Study: which defects of the study DeepStability (ICSE 2022) are like a finding: of the same op, with the same root cause.

Where casework diagnosed the defect its cause decides; else the root cause is read off the answer, the truth and the inputs, which proves nothing.
Vocabulary: ulpfuzz.corpus.historic.rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ulpfuzz.corpus.historic.rows import Row, rows
from ulpfuzz.fuzzer.defects.case_file import Diagnosis
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.headline import arrays_of
from ulpfuzz.fuzzer.formats import Format, format_named

#: Rows that a finding shows at most.
MOST = 5

#: Causes of a diagnosis, and what the study calls them; causes that it has no word for are like no row.
_ROOT_CAUSES = {
    "overflow": "overflow", "underflow": "underflow", "flush": "underflow", "cancellation": "precision", "lost_addend": "precision",
    "constant": "precision", "accumulation": "precision", "range_reduction": "precision", "derivative": "invalid", "branch": "invalid",
}  # fmt: skip
_PATCHES = {
    "rewrite": "rewriting the formula",
    "algorithm": "another algorithm",
    "precision": "raising the precision of intermediates",
    "limit_range": "limiting the range",
    "check": "a check of the inputs",
    "other": "something else",
    "test_only": "a change of the test alone",
}


@dataclass(frozen=True)
class Similar:
    """Rows of the study. cause: their root cause, of ROOT_CAUSES; rows: those of the same order of derivative first."""

    cause: str
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        """A sentence."""
        many = len(self.rows) > 1
        return f"The study DeepStability has {'defects' if many else 'a defect'} of this op with this root cause, {self.cause}."

    @property
    def lines(self) -> list[str]:
        """A row each: library, commit, op, what mended it, and how it is replayed."""
        return [
            f"{row.library} {row.commit[:10]}: {row.op.replace('_', ' ')}; {row.root_cause}, mended by {_PATCHES[row.patch_class]}; row {row.index}"
            for row in self.rows
        ]

    @property
    def command(self) -> str:
        """What replays the rows that can be; "" where none can."""
        indices = ",".join(str(row.index) for row in self.rows if row.replayable == "yes")
        return f"ulpfuzz deepstability --rows {indices}" if indices else ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON: root_cause, text, command, and per row index, library, commit, op, root_cause, patch_class, like (always "op")."""
        names = ("index", "library", "commit", "op", "root_cause", "patch_class")
        listed = [{**{name: getattr(row, name) for name in names}, "like": "op"} for row in self.rows]
        return {"root_cause": self.cause, "text": self.text, "command": self.command, "rows": listed}


def similar_rows(finding: Finding, diagnosis: Diagnosis | None = None) -> Similar | None:
    """The study's rows of the finding's op and root cause; None where there is none."""
    if diagnosis is not None and diagnosis.cause != "unknown":
        cause = _ROOT_CAUSES.get(diagnosis.cause, "")
    else:
        cause = cause_of(finding)
    derivative = finding.order != "value"
    same = [
        row for row in rows().values()
        if row.op and row.replayable != "no" and finding.op in row.catalogue and row.root_cause == cause
    ]  # fmt: skip
    same.sort(key=lambda row: ((row.order == "grad") != derivative, row.index))
    return Similar(cause, tuple(same[:MOST])) if same else None


def cause_of(finding: Finding) -> str:
    """A guess at the root cause of a wrong answer: overflow, underflow, precision, invalid or other."""
    fmt = format_named(finding.dtype)
    sizes = [abs(float.fromhex(x)) for array in arrays_of(finding) for x in array.hexes]
    finite = [x for x in sizes if math.isfinite(x) and x]
    special = len(finite) < len(sizes)
    truth = _truth(finding.reference)
    match finding.symptom:
        case "missed_inf" | "missed_nan":
            return "invalid"
        case "inf":
            return "overflow" if math.isfinite(truth) else "invalid"
        case "nan":
            return _of_nan(fmt, finite, special, truth)
        case "zero" | "flush" | "internal_flush":
            if finite and max(finite) > _root(fmt):
                return "overflow"  # the reciprocal of what overflowed
            return "underflow" if abs(truth) < _small(fmt) or (finite and min(finite) < _small(fmt)) else "precision"
        case "precision" | "joint" | "wrong_sign" | "out_of_range" | "signed_zero":
            return "underflow" if 0 < abs(truth) < fmt.min_normal else "precision"
    return "other"


def _of_nan(fmt: Format, finite: list[float], special: bool, truth: float) -> str:
    if finite and max(finite) > math.log(fmt.max) and not (special and max(finite) <= _root(fmt)):
        return "overflow"
    if finite and min(finite) < _small(fmt) and not special:
        return "underflow"
    return "invalid" if special or not math.isfinite(truth) else "overflow" if finite and max(finite) > 1 else "invalid"


def _root(fmt: Format) -> float:
    """Above it a sum of some squares overflows."""
    return math.sqrt(fmt.max) / 8


def _small(fmt: Format) -> float:
    """Below it a square loses digits to underflow."""
    return 8 * math.sqrt(fmt.min_normal)


def _truth(reference: str) -> float:
    try:
        return float(reference)
    except ValueError:  # an interval
        return math.nan
