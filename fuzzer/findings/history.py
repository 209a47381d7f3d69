"""History: what became of each finding between two runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain

from fuzzer.findings.finding import Finding
from fuzzer.findings.identity import cell_key
from fuzzer.findings.store import Store

#: The statuses, in the order in which a reader wants them.
STATUSES = ("new", "worse", "known", "better", "fixed", "not-run")

#: A change of the worst error by less than this may be the luck of the search, which does not always reach the maximum; a kernel
#: that got worse loses whole digits.
CHANGED_BITS = 2.0


@dataclass(frozen=True)
class Comparison:
    """A run against a baseline. Every finding carries its status; each list is sorted as its run's findings are.

    new, known, worse and better hold the run's findings; fixed and not_run hold the baseline's. fixed: its cell was run again on
    that target and implementation, and the finding is gone. not_run: its cell was not reached, so nothing is known. baseline is
    None where there is none: then everything is new.
    """

    run: str
    baseline: str | None
    new: list[Finding] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)
    worse: list[Finding] = field(default_factory=list)
    better: list[Finding] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)
    not_run: list[Finding] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Findings per status, all statuses present, in the order of STATUSES."""
        return {status: len(self.of(status)) for status in STATUSES}

    def of(self, status: str) -> list[Finding]:
        """The findings of one status of STATUSES."""
        found: list[Finding] = getattr(self, status.replace("-", "_"))
        return found


def compare(store: Store, run: str, baseline: str | None = None) -> Comparison:
    """The run's findings against those of a baseline run; both by id, a beginning of it, or `latest`.

    worse, better: the bits lost grew or shrank by CHANGED_BITS or more. Raises UnknownName for a run that the store does not
    hold.
    """
    current = store.run(run).id
    found = store.findings(current)
    if baseline is None:
        return Comparison(current, None, new=[replace(f, status="new") for f in found])
    reference = store.run(baseline).id
    before = {f.id: f for f in store.findings(reference)}
    result = Comparison(current, reference)
    for finding in found:
        status = _change(before[finding.id], finding) if finding.id in before else "new"
        result.of(status).append(replace(finding, status=status))
    reached = {cell_key(c.op, c.params, c.order, c.dtype, c.target, c.implementation) for c in store.cells(current) if c.verdicts}
    still = {f.id for f in found}
    for finding in before.values():
        if finding.id not in still:
            status = "fixed" if _cell_of(finding) in reached else "not-run"
            result.of(status).append(replace(finding, status=status))
    return result


def with_status(findings: Iterable[Finding], comparison: Comparison) -> list[Finding]:
    """The findings with the statuses of a comparison; those that it does not speak of stay as they are."""
    known = {f.id: f.status for f in chain.from_iterable(comparison.of(status) for status in STATUSES)}
    return [replace(f, status=known.get(f.id, f.status)) for f in findings]


def _change(before: Finding, now: Finding) -> str:
    was, is_ = before.bits_lost, now.bits_lost
    if was == is_ or math.isnan(was) or math.isnan(is_):
        return "known"
    if is_ - was >= CHANGED_BITS:
        return "worse"
    return "better" if was - is_ >= CHANGED_BITS else "known"


def _cell_of(finding: Finding) -> str:
    return cell_key(finding.op, finding.params, finding.order, finding.dtype, finding.target, finding.implementation)
