"""History: what became of each finding between two runs, or between two targets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.identity import UnresolvedName, cell_key, framework_of
from ulpfuzz.fuzzer.findings.label import is_listed_separately
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.findings.upkeep import PRUNED
from ulpfuzz.fuzzer.formats import UnknownName

#: The statuses, in the order in which a reader wants them.
STATUSES = ("new", "worse", "known", "better", "fixed", "not-run")

#: A change of the error on the same bits by less than this may be another order of summation; a kernel that got worse loses whole digits.
CHANGED_BITS = 2.0


@dataclass(frozen=True)
class Comparison:
    """A run against a baseline. Every finding carries its status; each list is sorted as its run's findings are."""

    #: Its id.
    run: str
    #: None: everything is new.
    baseline: str | None
    #: Where one target of the baseline is compared with another of the run, the two, in this order.
    targets: tuple[str, str] | None = None
    #: Findings of the run by status.
    new: list[Finding] = field(default_factory=list)
    #: In the baseline, about as bad.
    known: list[Finding] = field(default_factory=list)
    #: On the same bits more is lost, by CHANGED_BITS or more.
    worse: list[Finding] = field(default_factory=list)
    #: On the same bits less is lost, by CHANGED_BITS or more.
    better: list[Finding] = field(default_factory=list)
    #: Its case was run again, and passed (of two targets: the other's answer to the same bits was right).
    fixed: list[Finding] = field(default_factory=list)
    #: Its case was not run again, so nothing is known.
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

    targets: only the findings on the first of them in the baseline, which may be the run itself, against those on the second in the run,
    matched by op, params, order, dtype, call and symptom; in full, or as much of the name as tells it from the others there. worse, better:
    on the same bits CHANGED_BITS more are lost, or fewer. What is set aside by its label (findings.label) has no status: neither has what
    it was before, a finding that an earlier run had set aside is new. Raises UnknownName for a run that the store does not hold or a target
    that a run did not have, UserError for targets of two frameworks, whose calls are never the same, and for a baseline that was pruned.
    """
    current = store.run(run).id
    found = store.findings(current)
    if baseline is None:
        return Comparison(current, None, new=[replace(f, status="new") for f in found])
    reference = whole(store.run(baseline)).id
    earlier = store.findings(reference)
    pair: tuple[str, str] | None = None
    if targets is not None:
        pair = (_target_of(store, reference, targets[0]), _target_of(store, current, targets[1]))
        if framework_of(pair[0]) != framework_of(pair[1]):
            raise UserError(f"{pair[0]} and {pair[1]} are of two frameworks: no call is the same")
        earlier, found = [f for f in earlier if f.target == pair[0]], [f for f in found if f.target == pair[1]]
    key = _key if pair is None else _key_anywhere
    before = {key(f): f for f in earlier}
    told = _replayed(store.run(current), reference) if pair is None else {}
    heirs = {now["id"]: before[name] for name, now in told.items() if name in before and now["id"] not in ("", name)}
    gone = _gone(store.run(reference))
    result = Comparison(current, reference, pair)
    for finding in found:
        if is_listed_separately(finding):
            continue
        ancestor = before.get(key(finding)) or heirs.get(finding.id)
        if ancestor is not None:
            status = "new" if is_listed_separately(ancestor) else _change(ancestor, finding, told.get(ancestor.id), pair)
        else:  # what a night before the baseline has found already is not new, unless the baseline's own night showed that it had gone
            status = "known" if told and finding.status == "known" and finding.id not in gone else "new"
        result.of(status).append(replace(finding, status=status))
    reached = {cell_key(c.op, c.params, c.order, c.dtype, c.target, c.implementation) for c in store.cells(current) if c.verdicts}
    still = {key(f) for f in found}
    for name, finding in before.items():
        if name not in still and finding.id not in {heir.id for heir in heirs.values()} and not is_listed_separately(finding):
            if pair is None:
                passes = finding.id in told and told[finding.id]["id"] == ""
            else:
                passes = _cell_of(replace(finding, target=pair[1])) in reached and _passes(finding, pair[1])
            status = "fixed" if passes else "not-run"
            result.of(status).append(replace(finding, status=status))
    return result


def whole(run: Run) -> Run:
    """The run, which may be a baseline. Raises UserError for one of which only the last records are left: what it lacks would look new."""
    if run.state == PRUNED:
        raise UserError(f"run {run.id} was pruned, so it is no baseline; `--baseline latest` takes the last that is whole")
    return run


def _replayed(run: Run, baseline: str) -> dict[str, dict[str, Any]]:
    """What became of the findings of this baseline whose cases the run has run again, by their ids; empty where it has none."""
    told = run.environment.get("replayed", {})
    return dict(told.get("findings", {})) if told.get("baseline") == baseline else {}


def _gone(run: Run) -> set[str]:
    """The findings whose cases passed when the run had them again."""
    return {name for name, now in run.environment.get("replayed", {}).get("findings", {}).items() if now["id"] == ""}


def _passes(finding: Finding, target: str) -> bool:
    """Whether the same call on that target got the same bits right when the finding was made."""
    mine = [a for a in finding.answers if (a.target, a.implementation) == (target, finding.implementation)]
    return bool(mine) and all(a.class_ == "ok" for a in mine)


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


def _change(before: Finding, now: Finding, replayed: dict[str, Any] | None, pair: tuple[str, str] | None) -> str:
    """By the bits lost on the same bits: of the case run again, or where both have one case; else nothing is known but that it is there."""
    was, is_ = before.bits_lost, now.bits_lost
    if replayed is not None:
        is_ = float(replayed["bits_lost"]) if replayed["id"] else math.nan
    elif (before.case, before.worst) != (now.case, now.worst):
        mine = (
            [] if pair is None else [a for a in before.answers if (a.target, a.implementation) == (pair[1], now.implementation)]
        )
        is_ = replace(before, ulps=mine[0].ulps, excess=math.nan).bits_lost if mine else math.nan
    if was == is_ or math.isnan(was) or math.isnan(is_):
        return "known"
    if is_ - was >= CHANGED_BITS:
        return "worse"
    return "better" if was - is_ >= CHANGED_BITS else "known"


def _cell_of(finding: Finding) -> str:
    return cell_key(finding.op, finding.params, finding.order, finding.dtype, finding.target, finding.implementation)
