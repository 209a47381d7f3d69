"""State: what a run, its re-runs and people make of a defect over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ulpfuzz.fuzzer.defects.defect import SETTLED, Defect, State
from ulpfuzz.fuzzer.defects.history import ABSENT, ANNOUNCED, UNSTEADY
from ulpfuzz.fuzzer.defects.identity import Known
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.identity import framework_of


def settled(before: Known, defect: Defect, run: Run, rerun: Mapping[str, int]) -> Known:
    """What is kept of a defect after a run that shows it, or proves it fixed. rerun: how often its face "failed" and "passed" in fresh
    processes; empty where it was not run again.

    What fails each time is open (reopened where it was fixed) and announced; what fails sometimes is flaky, what never fails again is
    unreproducible. A pass proves a defect fixed, but not one that is flaky or unreproducible, which pass anyhow.
    """
    state: State = before.state
    announced = before.announced
    if defect.status in (*ANNOUNCED, *UNSTEADY):
        unsteady = _unsteady(defect, rerun)
        if unsteady is not None:
            state = unsteady
        elif defect.status == "reopened":
            state, announced = "reopened", run.started
        elif defect.status == "new" or rerun:
            state, announced = "open", run.started
    elif defect.status == "fixed" and state not in UNSTEADY:
        state = "fixed"
    since = run.started if state != before.state else before.since
    return replace(before, state=state, since=since, announced=announced, rerun=dict(rerun) or before.rerun)


def _unsteady(defect: Defect, rerun: Mapping[str, int]) -> State | None:
    """What the re-runs say against it. Of what differs from process to process one that fails is enough."""
    failed, passed = rerun.get("failed", 0), rerun.get("passed", 0)
    if not passed or (failed and defect.kind == "nondeterministic"):
        return None
    return "flaky" if failed else "unreproducible"


def expired(known: Known, run: Run) -> Known:
    """The same, open, where people's state holds only until a day before the run; else the very same record."""
    until = known.triage.get("until", "")
    if known.state not in SETTLED or not until or until >= run.started[:10]:
        return known
    kept = {name: value for name, value in known.triage.items() if name != "until"}
    return replace(known, state="open", since=run.started, triage={**kept, "expired": until, "was": known.state})


def observed(
    before: Mapping[str, Mapping[str, str]], members: Iterable[Finding], versions: Mapping[str, str], started: str
) -> dict[str, dict[str, str]]:
    """Known.observed after a run of that start: where its members fail now, and where those that were run again pass. A target at which one
    member fails has not passed."""
    seen = {name: dict(dates) for name, dates in before.items()}
    members = list(members)
    failing = {_where(f, versions) for f in members if f.status not in ABSENT}
    for name in failing:
        seen.setdefault(name, {})["failed"] = started
    for name in {_where(f, versions) for f in members if f.status == "fixed"} - failing:
        seen.setdefault(name, {})["passed"] = started
    return dict(sorted(seen.items()))


def _where(finding: Finding, versions: Mapping[str, str]) -> str:
    version = versions.get(finding.target.partition(":")[0]) or versions.get(framework_of(finding.target), "")
    return f"{finding.target} {version}".rstrip()
