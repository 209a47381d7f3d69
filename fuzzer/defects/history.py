"""History: what became of a defect: against all that was ever seen, and between a baseline and a run, from what became of its members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ulpfuzz.fuzzer.defects.defect import State
from ulpfuzz.fuzzer.defects.identity import Known
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.history import Comparison
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName

#: The statuses of a defect, in the order in which a reader wants them.
STATUSES = NEW, REOPENED, KNOWN, FLAKY, UNREPRODUCIBLE, FIXED, NOT_RUN = (
    "new", "reopened", "known", "flaky", "unreproducible", "fixed", "not-run",
)  # fmt: skip
#: Those of defects that a run shows for the first time, or again: what it announces.
ANNOUNCED = (NEW, REOPENED)
#: States and statuses of what is listed apart, and fails no night.
UNSTEADY = (FLAKY, UNREPRODUCIBLE)
#: Those of defects that a run does not show.
ABSENT = (FIXED, NOT_RUN)
#: What a night has changed, in the order in which a reader wants it, and what that means.
CHANGED = {
    NEW: "new: no run in this database has seen it before",
    REOPENED: "reopened: it was fixed, and fails again",
    FIXED: "fixed: the same bits are right now",
}
#: A member of one of these is in the run.
_SEEN = frozenset(("new", "known", "worse", "better"))


def status_of(members: Iterable[Finding], state: State, *, of_this_run: bool = False, announced: bool = False) -> str:
    """What the members' statuses say together, one of STATUSES.

    new: no member was ever there before. known: some were. reopened: some member is in the run, though the defect was called fixed. flaky,
    unreproducible: so are its re-runs. fixed: every member that was run again passes, and one was. not-run: no member was run again.

    of_this_run: whether the state is what this very run gave it. announced: whether this run showed it for the first time.
    """
    statuses = {f.status for f in members}
    if statuses & _SEEN:
        if state == "fixed" or (state == "reopened" and of_this_run):
            return "reopened"
        if state in UNSTEADY:
            return state
        return "new" if announced or (statuses & _SEEN == {"new"} and not statuses - _SEEN) else "known"
    # What fails only sometimes is not fixed when it passes.
    return "fixed" if "fixed" in statuses and state not in UNSTEADY else "not-run"


def all_of(comparison: Comparison) -> list[Finding]:
    """The findings of the run and those of the baseline that it does not show, each with its status; by id, those that are listed apart left out."""
    lists = (comparison.new, comparison.known, comparison.worse, comparison.better, comparison.fixed, comparison.not_run)
    return sorted((f for findings in lists for f in findings), key=lambda f: f.id)


def ever_seen(store: Store, record: Run, findings: Iterable[Finding], known: Mapping[str, Known]) -> list[Finding]:
    """The findings of a run with the status new exactly where nothing has seen them before: no kept defect of an earlier run, and no earlier
    run that judged anything. One that a baseline has not, but history has, is known. Raises StoreError."""
    remembered = {name for d in known.values() if "" < d.first_seen < record.started for name in d.members}
    earlier = [run for run in store.runs() if run.id != record.id and (run.started, run.id) < (record.started, record.id)]
    silent = {run.started for run in earlier if not run.verdicts}
    unclear = silent | {run.started for run in earlier if run.started == record.started}
    found, judged = [], set[str]()
    if unclear:  # runs that count and runs that do not are told apart by what they hold
        judged = store.finding_ids(run.id for run in earlier if run.verdicts)
    for finding in findings:
        if finding.status not in _SEEN:
            found.append(finding)
            continue
        first = finding.first_seen
        seen = finding.id in remembered or (finding.id in judged if first in unclear else "" < first < record.started)
        status = (finding.status if finding.status != "new" else "known") if seen else "new"
        found.append(replace(finding, status=status))
    return found


def proved_fixed(store: Store, record: Run, findings: Iterable[Finding], known: Mapping[str, Known]) -> list[Finding]:
    """Of the kept defects of which the run shows nothing: their members whose cases the run has run again, and that passed; status fixed. Those
    that the findings hold, and defects that an earlier run has called fixed, are left out. Raises StoreError."""
    there = {f.id for f in findings}
    passed = {name for name, now in record.environment.get("replayed", {}).get("findings", {}).items() if now["id"] == ""}
    gone = []
    for defect in known.values():
        if there & {*defect.members} or defect.state in UNSTEADY or (defect.state == "fixed" and defect.since != record.started):
            continue
        for name in defect.members:
            if name in passed - there:
                there.add(name)
                try:
                    gone.append(replace(store.finding(name), status="fixed"))
                except UnknownName:  # its runs were removed from the store
                    continue
    return gone
