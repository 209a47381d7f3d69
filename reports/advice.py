"""Advice: what a finding looks like in the study DeepStability (ICSE 2022): its root cause, how such defects were mended, the historical rows.

The root cause is read off the answer, the truth and the inputs; it says where to look first and proves nothing. Vocabulary:
ulpfuzz.corpus.historic.rows.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from ulpfuzz.corpus.historic.rows import Row, rows
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.headline import arrays_of
from ulpfuzz.fuzzer.formats import Format, format_named

#: Rows that a finding shows at most.
MOST = 5

_CAUSES = {
    "overflow": "an intermediate result overflows",
    "underflow": "an intermediate result underflows",
    "precision": "an intermediate result loses digits by cancellation or absorption",
    "invalid": "an invalid operation, or a special input is not told apart",
}
_PATCHES = {
    "rewrite": "rewriting the formula",
    "algorithm": "another algorithm",
    "precision": "raising the precision of intermediates",
    "limit_range": "limiting the range",
    "check": "a check of the inputs",
    "other": "something else",
    "test_only": "a change of the test alone",
}
#: Topics of the study, and what the catalogue calls them.
_TOPICS = {
    "activation_functions": ("activation functions",),
    "loss_functions": ("loss functions",),
    "loss_functions_activation_functions": ("loss functions", "activation functions"),
    "statistical_distributions": ("probability distributions",),
    "probability": ("probability distributions",),
    "linear_algebra": ("linear algebra",),
    "determinant": ("linear algebra",),
    "norm": ("linear algebra", "distances"),
    "distance": ("distances",),
    "quantization": ("quantization", "casts"),
    "optimizers": ("optimizers",),
    "cnn_operations": ("convolution", "pooling"),
    "cnn": ("convolution", "pooling"),
    "convolution": ("convolution",),
    "pooling_layer": ("pooling",),
    "batch_normalization": ("normalisation",),
    "statistics": ("statistics", "reductions"),
    "image_processing": ("images", "interpolation"),
    "linear_interpolation": ("interpolation", "ranges"),
    "integration": ("quadrature",),
    "tensor_math": ("tensor math", "reductions", "special functions"),
}


@dataclass(frozen=True)
class Advice:
    """cause: of ROOT_CAUSES; text: a sentence; rows: of the study, those of the same op first; same_op: how many of them are."""

    cause: str
    text: str
    rows: tuple[Row, ...]
    same_op: int

    @property
    def lines(self) -> list[str]:
        """A row each: library, commit, op, root cause, what mended it, and how it is replayed."""
        return [self._line(row, number < self.same_op) for number, row in enumerate(self.rows)]

    def _line(self, row: Row, same: bool) -> str:
        told = f"{row.library} {row.commit[:10]}: {row.op.replace('_', ' ')}{' (the same op)' if same else ''}; {row.root_cause}, mended by "
        return told + _PATCHES[row.patch_class] + f"; row {row.index}"

    @property
    def command(self) -> str:
        """What replays the rows that can be; "" where none can."""
        indices = ",".join(str(row.index) for row in self.rows if row.replayable == "yes")
        return f"ulpfuzz deepstability --rows {indices}" if indices else ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON: root_cause, text, command, and per row index, library, commit, op, root_cause, patch_class, like ("op" or "pattern")."""
        told = [
            {**{name: getattr(row, name) for name in ("index", "library", "commit", "op", "root_cause", "patch_class")},
             "like": "op" if number < self.same_op else "pattern"}
            for number, row in enumerate(self.rows)
        ]  # fmt: skip
        return {"root_cause": self.cause, "text": self.text, "command": self.command, "rows": told}


def advice_of(finding: Finding) -> Advice | None:
    """What the study knows of such a finding; None where its cause is not numerical or no row is like it."""
    cause = cause_of(finding)
    if cause not in _CAUSES:
        return None
    op = ops().get(finding.op)
    topics = set(op.topics) if op else set()
    derivative = finding.order != "value"
    told = [row for row in rows().values() if row.op and row.replayable != "no"]
    same = [row for row in told if finding.op in row.catalogue]
    alike = [row for row in told if row.catalogue and row.root_cause == cause and row not in same and topics & _topics(row)]
    same.sort(key=lambda row: (row.root_cause != cause, (row.order == "grad") != derivative, row.index))
    alike.sort(key=lambda row: ((row.order == "grad") != derivative, row.replayable != "yes", row.index))
    shown = (*same, *alike)[:MOST]
    if not shown:
        return None
    return Advice(cause, f"It looks as if {_CAUSES[cause]}. {_mended(cause)}", shown, min(len(same), MOST))


def _topics(row: Row) -> set[str]:
    return {name for topic in (row.topic1, row.topic2) for name in _TOPICS.get(topic, ())}


@cache
def _mended(cause: str) -> str:
    """How the study's rows of this root cause that can be replayed, and whose ops are ours, were mended, the most frequent first."""
    kept = [row for row in rows().values() if row.root_cause == cause and row.replayable == "yes" and row.catalogue]
    counts = Counter(row.patch_class for row in kept).most_common(3)
    return (
        f"Of the {len(kept)} such defects of the study, "
        + ", ".join(f"{n} were mended by {_PATCHES[p]}" for p, n in counts)
        + "."
    )


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
        case "precision" | "wrong_sign" | "signed_zero":
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
