"""JudgedRows: what was judged of whole batches of rows, as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.findings.strict_json import jsonable
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.account import EXACT, HALF, KIND, UNKNOWN
from ulpfuzz.fuzzer.point.answered import REASONS
from ulpfuzz.fuzzer.proof.label import Label

Index = tuple[int, ...]
#: Rows that JSON lists of those that the judge calls wrong and that were not certified, and of those at which a call raised.
LISTED = 1000


@dataclass(frozen=True)
class RowVerdict:
    """What one call answered in one row: its worst element."""

    target: str
    implementation: str
    #: The element, in C order of the row's answers, and as it is written: "[3]", "x[0, 1]", "".
    output: int
    element: str
    answer: float
    #: The exact result in decimals, and how it was certified; "judge": as sharply as the verdict needed, for nothing had to be proved.
    reference: str
    certified_by: str
    #: Error in ulps, inf for a wrong kind; E of the error model; the condition number; nan where they are not known.
    ulps: float
    excess: float
    condition: float
    class_: Class
    symptom: Symptom = Symptom.none
    label: Label = field(default_factory=Label)
    #: Which end of the op's range it lies beyond, or what was proved of the outputs together.
    note: str = ""
    #: A flush-to-zero policy explains it.
    flushed: bool = False
    #: The message, where the call raised; there is no answer then.
    error: str = ""

    @property
    def shown(self) -> str:
        """The label where there is one, else the class."""
        return self.label.name or self.class_.name

    @property
    def reason(self) -> str:
        """Why, in one line."""
        if self.error:
            return self.label.reason or (
                "it raises where the exact result is an ordinary number" if self.class_.is_finding else self.error
            )
        if self.flushed and self.class_ is Class.ok:
            return "the flush-to-zero policy explains it"
        return self.label.reason or self.note or REASONS[self.class_]


@dataclass(frozen=True)
class RowTold:
    """One of the worst rows."""

    index: Index
    #: Name -> C99 hex floats, nested.
    inputs: dict[str, Any]
    #: Of the calls that are wrong or undecided there, the worst first; where there is none, of the one with the largest error.
    verdicts: list[RowVerdict]
    #: The other targets that answered, none of whose calls is wrong there.
    right: list[str]


@dataclass(frozen=True)
class CallRows:
    """One call's answers to all rows."""

    target: str
    implementation: str
    #: Rows that were judged.
    judged: int
    #: Rows by what is said of them: a class, or a label (documented, flush, composed, rejected) where the worst element has one. Rows that the judge
    #: calls wrong count here once they are certified.
    rows: Mapping[str, int]
    #: Rows that the judge calls wrong, beyond those that were certified; the first LISTED of them.
    uncertified: int
    suspects: list[Index]
    #: Elements by class, as judged, and by error (account.histogram_of).
    elements: Mapping[str, int]
    histogram: Counter[int]
    #: The worst row, by class and then by ulps, and the error of its worst element.
    worst_ulps: float
    worst_row: Index
    #: Rows that are certified to be wrong, and no page or flush explains; the worst first.
    defects: list[Index]
    #: (row, message) of calls that raised, at most LISTED.
    raised: list[tuple[Index, str]] = field(default_factory=list)
    #: Why rows were not judged.
    error: str = ""


@dataclass(frozen=True)
class JudgedRows:
    """All rows, by every call."""

    op: str
    params: dict[str, Any]
    dtype: str
    order: str
    #: The leading axes.
    shape: Index
    #: Rows in all, and numbers of a row's answer.
    rows: int
    outputs: int
    #: T in ulps, None where nobody publishes one.
    limit: float | None
    #: Ctrl-C ended it early.
    interrupted: bool
    calls: list[CallRows]
    worst: list[RowTold]
    #: Inputs whose numbers were rounded to the dtype, in words.
    rounded: tuple[str, ...] = ()

    @property
    def has_defects(self) -> bool:
        return any(call.defects for call in self.calls)

    def to_json(self) -> dict[str, Any]:
        """The documented JSON contract. Numbers that are not finite are strings; unknown ones null."""
        members: dict[str, Any] = {
            "op": self.op, "params": self.params, "dtype": self.dtype, "order": self.order, "shape": list(self.shape), "rows": self.rows,
            "limit": self.limit, "interrupted": self.interrupted, "rounded": list(self.rounded),
            "targets": [_call_json(call) for call in self.calls], "worst": [_row_json(row) for row in self.worst],
        }  # fmt: skip
        return {name: jsonable(value) for name, value in members.items()}


def bin_text(key: int) -> str:
    """The upper end of a bin of the histogram in ulps, as JSON and tables name it: "0", "0.5", "4", "inf", "unknown"."""
    if key in (EXACT, KIND, UNKNOWN):
        return {EXACT: "0", KIND: "inf", UNKNOWN: "unknown"}[key]
    if key == HALF:
        return "0.5"
    return str(1 << key) if key < 64 else f"2^{key}"


def _call_json(call: CallRows) -> dict[str, Any]:
    return {
        "target": call.target, "implementation": call.implementation, "judged": call.judged, "rows": dict(call.rows),
        "not_certified": call.uncertified, "elements": dict(call.elements),
        "histogram": [{"up_to": bin_text(key), "elements": call.histogram[key]} for key in sorted(call.histogram)],
        "worst_ulps": _known(call.worst_ulps), "worst_row": list(call.worst_row), "defects": [list(index) for index in call.defects],
        "suspects": [list(index) for index in call.suspects],
        "raised": [{"row": list(index), "error": message} for index, message in call.raised], "error": call.error,
    }  # fmt: skip


def _row_json(row: RowTold) -> dict[str, Any]:
    return {"row": list(row.index), "inputs": row.inputs, "right": row.right, "targets": [_verdict_json(v) for v in row.verdicts]}


def _verdict_json(verdict: RowVerdict) -> dict[str, Any]:
    said: dict[str, Any] = {"target": verdict.target, "implementation": verdict.implementation}
    if verdict.error:
        return {**said, "class": verdict.shown, "symptom": verdict.symptom.name, "reason": verdict.reason, "error": verdict.error}
    return {
        **said, "output": verdict.output, "element": verdict.element, "answer": verdict.answer, "answer_hex": verdict.answer.hex(),
        "reference": verdict.reference, "certified_by": verdict.certified_by, "ulps": _known(verdict.ulps),
        "condition": _known(verdict.condition), "class": verdict.shown, "measured_class": verdict.class_.name,
        "symptom": verdict.symptom.name, "reason": verdict.reason,
    }  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
