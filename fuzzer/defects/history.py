"""History: what became of a defect between a baseline and a run, from what became of its members (findings.history)."""

from __future__ import annotations

from collections.abc import Iterable

from ulpfuzz.fuzzer.defects.defect import State
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.history import Comparison

#: The statuses of a defect, in the order in which a reader wants them.
STATUSES = ("new", "reopened", "known", "fixed", "not-run")
#: A member of one of these is in the run.
_SEEN = frozenset(("new", "known", "worse", "better"))


def status_of(members: Iterable[Finding], state: State) -> str:
    """What the members' statuses say together, one of STATUSES.

    new: no member was there before. known: some were. reopened: some member is in the run, though the defect was called fixed. fixed: every
    member that was run again passes, and one was. not-run: no member was run again.
    """
    statuses = {f.status for f in members}
    if statuses & _SEEN:
        if state == "fixed":
            return "reopened"
        return "new" if statuses & _SEEN == {"new"} and not statuses - _SEEN else "known"
    return "fixed" if "fixed" in statuses else "not-run"


def all_of(comparison: Comparison) -> list[Finding]:
    """The findings of the run and those of the baseline that it does not show, each with its status; by id, those that are listed apart left out."""
    lists = (comparison.new, comparison.known, comparison.worse, comparison.better, comparison.fixed, comparison.not_run)
    return sorted((f for findings in lists for f in findings), key=lambda f: f.id)
