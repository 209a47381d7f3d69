"""Result: what a trace found, as plain data and as a person reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: nan, infinity: a chain of calls to one. composition: right calls, unstably composed. call: one call that is wrong by itself.
Kind = Literal["nan", "infinity", "composition", "call"]


@dataclass(frozen=True)
class Link:
    """One call of a chain, and what happens there. count: elements."""

    kernel: str
    where: str
    text: str
    count: int

    def __str__(self) -> str:
        return f"{self.kernel} {self.text} ({self.where})"


@dataclass(frozen=True)
class Tried:
    """A way out that was tried on the traced tensors.

    way: rewrite or raise_precision. call: what to write instead. rule, source: whose it is. elements_before, elements_after: elements whose
    error matters (compositions.MATTERS), of the call as it was and of this one. ulps_before, ulps_after: the largest error of those that were
    judged, in ulps of the dtype; inf for a NaN or an infinity, nan where none was judged.
    """

    way: Literal["rewrite", "raise_precision"]
    call: str
    text: str
    rule: str
    source: str
    elements_before: int
    elements_after: int
    ulps_before: float = math.nan
    ulps_after: float = math.nan


@dataclass(frozen=True)
class Proved:
    """One element of the step that is proved wrong: the exact inputs of its row (C99 hex), the answer, the truth to 40 digits, what the judge calls
    it, and over which expression."""

    expression: str
    inputs: Mapping[str, Any]
    answer: float
    truth: str
    class_: str
    symptom: str


@dataclass(frozen=True)
class TraceFinding:
    """What a trace accuses. step: counted from 1. kernel, where: the culprit, and the user's line. dtype: of the culprit's result."""

    kind: Kind
    step: int
    framework: str
    kernel: str
    where: str
    dtype: str
    headline: str
    links: tuple[Link, ...] = ()
    #: What the NaN or the infinity reaches.
    reaches: str = ""
    proved: Proved | None = None
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True)
class TraceResult:
    """All of a trace. steps: that were begun; traced: of these in full; calls: primitive calls that were traced; kernels: of them, different ones."""

    findings: tuple[TraceFinding, ...]
    steps: int
    traced: int
    calls: int
    kernels: int
    #: What was left out, and why.
    notes: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return text(self)


def text(result: TraceResult) -> str:
    """The result in words, at most some lines a finding."""
    lines = [
        f"ulpfuzz trace: {_count(result.steps, 'step')}, {_count(result.traced, 'traced')}, {result.calls:,} calls of {result.kernels} kernels"
    ]
    if not result.calls:
        return "ulpfuzz trace: no framework computed anything"
    if not result.findings:
        lines.append("No call lost digits that matter.")
    for number, finding in enumerate(result.findings, 1):
        lines += ["", f"{number}. {finding.headline}", *(f"   {line}" for line in _body(finding))]
    lines += [f"note: {note}" for note in result.notes]
    return "\n".join(lines)


def shortened(truth: str, length: int) -> str:
    """The first digits of a number that is written out, its exponent kept: where digits before the point would go, in scientific notation."""
    mantissa, _, exponent = truth.partition("e")
    if len(mantissa) <= length:
        return truth
    if len(mantissa.partition(".")[0]) > length:
        return f"{float(truth):.{max(1, length - 7)}g}"
    return mantissa[:length].rstrip(".") + (f"e{exponent}" if exponent else "")


def _count(number: int, word: str) -> str:
    plural = "" if word == "traced" or number == 1 else "s"
    return f"{number:,} {word}{plural}" if word != "traced" else f"{number:,} of them traced in full"


def _body(finding: TraceFinding) -> list[str]:
    lines = []
    for number, link in enumerate(finding.links):
        lines.append(f"{'first: ' if number == 0 else 'then:  '}{link}")
    if finding.reaches:
        lines.append(f"end:   {finding.reaches}, in step {finding.step}")
    if (proved := finding.proved) is not None:
        lines.append(
            f"proof: {proved.expression} = {proved.answer:.9g}, exactly {shortened(proved.truth, 24)} ({proved.class_}, {finding.dtype})"
        )
        lines.append(f"       at {_shown(proved.inputs)}")
    for tried in finding.tried:
        lines.append(f"write: {tried.call}")
        lines.append(f"       tried on these tensors: {_elements(tried)}{_ulps(tried)}")
        if tried.source:
            lines.append(f"       {tried.rule}: {tried.source}")
    return lines


def _elements(tried: Tried) -> str:
    return f"{tried.elements_before:,} elements wrong before, {tried.elements_after:,} after"


def _ulps(tried: Tried) -> str:
    if math.isnan(tried.ulps_before):
        return ""
    return f"; worst error {_size(tried.ulps_before)} before, {_size(tried.ulps_after)} after"


def _size(ulps: float) -> str:
    return "a NaN or an infinity" if math.isinf(ulps) else f"{ulps:.3g} ulps"


def _shown(inputs: Mapping[str, Any]) -> str:
    said = []
    for name, value in inputs.items():
        numbers = [float.fromhex(v) for v in value] if isinstance(value, list) else [float.fromhex(value)]
        few = ", ".join(f"{v:.6g}" for v in numbers[:6]) + (f", ... ({len(numbers)} numbers)" if len(numbers) > 6 else "")
        said.append(f"{name} = [{few}]" if isinstance(value, list) else f"{name} = {few}")
    return ", ".join(said)
