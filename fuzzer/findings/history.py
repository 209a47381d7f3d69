"""History: what became of each finding between two runs, or between two targets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain

from fuzzer.errors import UserError
from fuzzer.findings.finding import Finding
from fuzzer.findings.identity import UnresolvedName, cell_key, framework_of
from fuzzer.findings.label import is_apart
from fuzzer.findings.store import Store
from fuzzer.formats import UnknownName

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
    None where there is none: then everything is new. targets: where one target of the baseline is compared with another of the run,
    the two, in this order.
    """

    run: str
    baseline: str | None
    targets: tuple[str, str] | None = None
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


def compare(store: Store, run: str, baseline: str | None = None, targets: tuple[str, str] | None = None) -> Comparison:
    """The run's findings against those of a baseline run; both by id, a beginning of it, or `latest`.

    targets: only the findings on the first of them in the baseline, which may be the run itself, against those on the second in the
    run, matched by op, params, order, dtype, call and symptom; in full, or as much of the name as tells it from the others there.
    worse, better: the bits lost grew or shrank by CHANGED_BITS or more. What is set aside by its label (findings.label) has no status: neither
    has what it was before, a finding that an earlier run had set aside is new. Raises UnknownName for a run that the store does not hold or
    a target that a run did not have, UserError for targets of two frameworks, whose calls are never the same.
    """
    current = store.run(run).id
    found = store.findings(current)
    if baseline is None:
        return Comparison(current, None, new=[replace(f, status="new") for f in found])
    reference = store.run(baseline).id
    earlier = store.findings(reference)
    pair: tuple[str, str] | None = None
    if targets is not None:
        pair = (_target_of(store, reference, targets[0]), _target_of(store, current, targets[1]))
        if framework_of(pair[0]) != framework_of(pair[1]):
            raise UserError(f"{pair[0]} and {pair[1]} are of two frameworks: no call is the same")
        earlier, found = [f for f in earlier if f.target == pair[0]], [f for f in found if f.target == pair[1]]
    key = _key if pair is None else _key_anywhere
    before = {key(f): f for f in earlier}
    result = Comparison(current, reference, pair)
    for finding in found:
        if not is_apart(finding):
            earlier_one = before.get(key(finding))
            status = "new" if earlier_one is None or is_apart(earlier_one) else _change(earlier_one, finding)
            result.of(status).append(replace(finding, status=status))
    reached = {cell_key(c.op, c.params, c.order, c.dtype, c.target, c.implementation) for c in store.cells(current) if c.verdicts}
    still = {key(f) for f in found}
    for name, finding in before.items():
        if name not in still and not is_apart(finding):
            cell = _cell_of(finding if pair is None else replace(finding, target=pair[1]))
            status = "fixed" if cell in reached else "not-run"
            result.of(status).append(replace(finding, status=status))
    return result


def _key(finding: Finding) -> str:
    return finding.id


def _key_anywhere(finding: Finding) -> str:
    """What a finding is, whichever target it is on."""
    return f"{_cell_of(replace(finding, target=''))} {finding.symptom}"


def _target_of(store: Store, run: str, name: str) -> str:
    """The run's target of that name: the whole of it, or a beginning up to a colon or semicolon that only one has."""
    known = sorted({c.target for c in store.cells(run)} | {f.target for f in store.findings(run)})
    fits = [target for target in known if target == name] or [
        target for target in known if target.startswith((f"{name}:", f"{name};"))
    ]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise UnresolvedName(f"target {name!r} is ambiguous in run {run}: {', '.join(fits)}")
    raise UnknownName(f"target of run {run}", name, known)


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
