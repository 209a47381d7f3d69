"""Failure: what a test says of a function that is unstable, as a person reads it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ulpfuzz.fuzzer.defects.case_file import Advice
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.case_arrays import arrays_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.headline import SILENT, headline
from ulpfuzz.fuzzer.testing.assertion import Assertion
from ulpfuzz.fuzzer.testing.explained import Explained
from ulpfuzz.fuzzer.testing.kernel import Kernel
from ulpfuzz.fuzzer.testing.limit import BEYOND

#: Advice that is shown.
SHOWN = 2


class UnstableError(AssertionError):
    """A function is proved to be unstable as an op, or to be off by more ulps than its test allows.

    finding: at the case shown. explained: with its diagnosis and the rewrites that were tried. others: further findings, unshrunk. script: the path
    of the script that shows it; None where there is none.
    """

    __module__ = "ulpfuzz.testing"  # where its users know it from, as pytest shows it

    def __init__(self, message: str, explained: Explained, others: Sequence[Finding] = (), script: Path | None = None) -> None:
        super().__init__(message)
        self.explained, self.finding = explained, explained.finding
        self.others, self.script = tuple(others), script


def message_of(kernel: Kernel, assertion: Assertion, explained: Explained, others: Sequence[Finding], script: str) -> str:
    """The text of a failure: what was called, the case, truth and answer, the error, its cause, a way out, and the script."""
    finding = explained.finding
    verdict = SILENT.get(finding.symptom, "is unstable")
    if finding.reason == BEYOND:
        verdict = f"is off by more than {assertion.limit:g} ulps"
    rows = [("case", line) for line in _case(finding)]
    rows.append(("error", _error(finding)))
    if explained.diagnosis is not None:
        sure = "" if explained.diagnosis.confirmed else " (not confirmed)"
        rows.append(("cause", f"{explained.diagnosis.cause.replace('_', ' ')}{sure}: {explained.diagnosis.text}"))
    rows += [("helps", _advice(advice, kernel)) for advice in explained.advice[:SHOWN]]
    rows += [("also", called(other, kernel)) for other in others]
    later = assertion.orders[assertion.orders.index(finding.order) + 1 :]
    rows += [("later", f"{', '.join(later)}: not tried, for {finding.order} fails")] if later else []
    rows.append(("script", script))
    lines = [f"{kernel.name} {verdict} as {finding.op}{_params(finding)}", f"    {called(finding, kernel)}"]
    return "\n".join([*lines, *_aligned(rows)])


def called(finding: Finding, kernel: Kernel) -> str:
    """The finding in one line, by the function's own name."""
    return headline(finding).replace(f"{finding.op}(", f"{kernel.name}(", 1)


def _aligned(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Each row's word once, its lines beside it."""
    said: set[str] = set()
    lines = []
    for word, text in rows:
        lines.append(f"    {'' if word in said else word:8}{text}")
        said.add(word)
    return lines


def _params(finding: Finding) -> str:
    return f" ({', '.join(f'{name}={value!r}' for name, value in finding.params.items())})" if finding.params else ""


def _case(finding: Finding) -> list[str]:
    lines = [f"{array.name} = {array.decimal_text} = {array.hex_text}" for array in arrays_of(finding)]
    placement = finding.case.get("placement") or {}
    if placement.get("length", 1) > 1:
        lines.append(f"in a call of {placement['length']} such rows, row {placement.get('position', 0)}")
    return lines


def _error(finding: Finding) -> str:
    if finding.symptom in SILENT:
        return finding.note or SILENT[finding.symptom]
    size = (
        f"{numbers.measure(finding.ulps)} ulps" if math.isfinite(finding.ulps) else f"a wrong kind of number ({finding.symptom})"
    )
    condition = f"; condition number {numbers.measure(finding.condition)}" if math.isfinite(finding.condition) else ""
    return f"{size}; truth {numbers.truth(finding.reference, 20)}, certified by {finding.certified_by}{condition}"


def _advice(advice: Advice, kernel: Kernel) -> str:
    after, before = numbers.measure(advice.worst_ulps_after), numbers.measure(advice.worst_ulps_before)
    if advice.way == "limit_range":
        return f"{advice.text} It was right on {advice.verified_on} points there"
    call = kernel.shown(advice.call)
    call = call if len(call) <= 140 else f"{call[:139]}…"
    return f"{call}: {before} -> {after} ulps at worst on {advice.verified_on} points around the case"
