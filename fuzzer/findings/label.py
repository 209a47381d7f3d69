"""Label: what a finding is beside a defect of one framework call, and what follows from it: where it is listed, whether it counts.

documented: an answer that the framework's own page says. flush: one that flushing subnormal intermediate numbers to zero explains, the
target's measured policy. Both are no findings: listed apart, never counted. composed: a formula of ours stands around the framework's
calls; its findings are counted apart and rank below every plain call's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.strict_json import jsonable

COMPOSED, DOCUMENTED, FLUSH = "composed", "documented", "flush"
#: Every label, the one that counts first.
LABELS = (COMPOSED, DOCUMENTED, FLUSH)
#: Labels of what is listed apart and counted nowhere.
LISTED_SEPARATELY = (DOCUMENTED, FLUSH)
#: What a label takes off the severity: more than any finding has (judge.severity), so that one number orders them all.
_BELOW = {COMPOSED: 100.0, DOCUMENTED: 200.0, FLUSH: 300.0}


def labelled(finding: Finding, label: str, reason: str) -> Finding:
    """The finding with a label, and a severity below all without one; as it is where the label is empty."""
    if not label:
        return finding
    return replace(finding, label=label, reason=reason, severity=round(finding.severity - _BELOW[label], 2))


def is_listed_separately(finding: Finding) -> bool:
    """Whether it is listed separately and counted nowhere."""
    return finding.label in LISTED_SEPARATELY


def plain(findings: Iterable[Finding]) -> list[Finding]:
    """Those without a label: what a count of findings counts."""
    return [f for f in findings if not f.label]


def counted(findings: Iterable[Finding]) -> list[Finding]:
    """Those that are listed as findings: the plain ones, and the composed, which rank below them."""
    return [f for f in findings if not is_listed_separately(f)]


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Findings by label; of flushes the records (flush_records)."""
    found = list(findings)
    numbers = {label: sum(f.label == label for f in found) for label in LABELS}
    return {**numbers, FLUSH: len(flush_records(found))}


@dataclass(frozen=True)
class FlushRecord:
    """What one target's flushing does to one family of ops, below one threshold: the gravest finding, and the ids of all."""

    shown: Finding
    members: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The shown finding's keys, with "count" and "members"."""
        return {**as_json(self.shown), "count": len(self.members), "members": list(self.members)}


def flush_records(findings: Iterable[Finding]) -> list[FlushRecord]:
    """The findings of label flush, one record for each target, family and threshold (their reason says these), gravest first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.label == FLUSH:
            groups.setdefault((finding.target, finding.reason), []).append(finding)
    records = [FlushRecord(_gravest(members), tuple(sorted(f.id for f in members))) for members in groups.values()]
    return sorted(records, key=lambda r: (-r.shown.severity, r.shown.id))


def _gravest(findings: Sequence[Finding]) -> Finding:
    return min(findings, key=lambda f: (-f.severity, f.id))


def as_json(finding: Finding) -> dict[str, Any]:
    """The strict JSON of a finding: "class" is the label where there is one, "measured_class" what the judge measured."""
    told: dict[str, Any] = jsonable(finding)
    return {**told, "class": finding.label or finding.class_, "measured_class": finding.class_}
