"""Night: what a night says beside its summary: what broke, what is new by all history, what was not reached, what expired."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.campaign.settings import Settings
    from ulpfuzz.fuzzer.defects.defect import Defect
    from ulpfuzz.fuzzer.defects.identity import Known
    from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
    from ulpfuzz.fuzzer.findings.known_issues import KnownIssues
    from ulpfuzz.fuzzer.findings.store import Store

#: Ids that a line names before it is cut, and defects of each status that are listed of an upgraded framework.
_SHOWN, _LISTED = 6, 12
#: The share of a budget in time that goes into running new defects again before they are announced; of a budget in verdicts, of the seconds that
#: it took, and seconds that there are in any case.
CONFIRMED, CONFIRMED_LEAST = 0.1, 120.0

# What broke


def broken(record: Run, cells: Iterable[CellSummary], before: Run | None = None) -> list[str]:
    """Why a run cannot be trusted, a line each: a framework that does not start any more, one that the run before had and that is not
    installed any more (before: the run to compare with, where the targets are the default ones), a failed audit of the oracle."""
    return [*_audits(record), *_frameworks(record, cells), *_uninstalled(record, before)]


def _audits(record: Run) -> list[str]:
    failures = record.environment.get("failures", [])
    return [f"the audit of the oracle failed: {line}" for line in failures if is_audit(line)]


def is_audit(failure: str) -> bool:
    """Whether a line of a run's failures, "cell: failure", is of the audit (engine.worker_process.guarded)."""
    return ": AUDIT: " in failure or failure.startswith("AUDIT")


def _frameworks(record: Run, cells: Iterable[CellSummary]) -> list[str]:
    """Only a target of which nothing was judged, though it was tried, is started once more, to hear why; of one that no worker of a cluster had these
    said why."""
    environment = record.environment
    judged = {cell.target for cell in cells if cell.verdicts}
    refused = {line["target"] for line in environment.get("unsupported", [])}
    suspects = [
        name for name in environment.get("targets", []) if name not in judged and (name in refused or environment.get("failures"))
    ]
    nobody = environment.get("not_judged", {})
    absent = [f"{name} was not judged: no worker of the cluster has it ({nobody[name]})" for name in suspects if name in nobody]
    tried = [(name, why) for name in suspects if name not in nobody and (why := _why_not(name))]
    return absent + [why if why.startswith(name) else f"{name} does not start: {why}" for name, why in tried]


def _why_not(name: str) -> str:
    """Why a target does not start, in a fresh process where it can have one; "" where it does."""
    from ulpfuzz.fuzzer.errors import UserError
    from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
    from ulpfuzz.fuzzer.frameworks.targets.target import can_be_isolated, framework_for, target_named

    try:
        target = target_named(name)
        framework = framework_for(target, isolated=can_be_isolated([target]))
        framework.start()
    except (FrameworkError, UserError) as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0].removeprefix("Unsupported: ")
    framework.end()
    return ""


def _uninstalled(record: Run, before: Run | None) -> list[str]:
    if before is None:
        return []
    from ulpfuzz.fuzzer.findings.identity import framework_of
    from ulpfuzz.fuzzer.frameworks.targets.target import framework_names, installed

    def here(run: Run) -> set[str]:
        return {framework_of(name) for name in run.environment.get("targets", []) if "@" not in name}

    gone = sorted(name for name in here(before) - here(record) if name not in framework_names() or installed(name) is None)
    return [f"{name} is not installed any more; run {before.id} had it" for name in gone]


# Known upstream


def with_known_issues(defects: Sequence[Defect], found: Iterable[Finding], issues: KnownIssues) -> list[Defect]:
    """The defects, each whose findings in the run all fit records of known issues with the link of the first."""
    by_id = {f.id: f for f in found}
    told = []
    for defect in defects:
        matches = [issues.match(by_id[name]) for name in defect.members if name in by_id]
        urls = [match.url for match in matches if match is not None]
        told.append(replace(defect, known_issue=urls[0]) if urls and len(urls) == len(matches) else defect)
    return told


# What is new


def announced(defects: Iterable[Defect], found: Iterable[Finding]) -> list[Defect]:
    """The defects that fail a night: new, or again, not known upstream, and not of findings that have a label."""
    from ulpfuzz.fuzzer.defects.history import ANNOUNCED
    from ulpfuzz.fuzzer.findings.label import plain

    own = {f.id for f in plain(found)}
    return [d for d in defects if d.status in ANNOUNCED and not d.known_issue and own & {*d.members}]


def lines(defects: Sequence[Defect], record: Run, expired: Iterable[Known]) -> list[str]:
    """What a night says after its summary, a line each."""
    from ulpfuzz.fuzzer.defects.history import FIXED, NEW, REOPENED, UNSTEADY

    of = {name: [d for d in defects if d.status == name] for name in (NEW, REOPENED, *UNSTEADY, FIXED)}
    told = []
    if of[NEW]:
        whole = sum(bool(d.rerun) for d in of[NEW])
        left = f", {len(of[NEW]) - whole} not re-run" if whole < len(of[NEW]) else ""
        told.append(f"new, never seen before: {len(of[NEW])} ({whole} failed in every fresh process{left})")
    told += [f"REOPENED: {d.id} was fixed and fails again" for d in of[REOPENED]]
    told += [f"{name}, no alarm: {_named(of[name])}" for name in UNSTEADY if of[name]]
    if of[FIXED]:
        told.append(f"FIXED, the same bits are right now: {_named(of['fixed'])}")
    told += [f"expired: {d.id} was {d.triage.get('was', '')} until {d.triage['expired']}, and is open again" for d in expired]
    return told + _replay(record)


@dataclass(frozen=True)
class Upgrade:
    """A framework that the baseline had in another version, and what the night has changed of its defects, by status (history.CHANGED)."""

    name: str
    before: str
    now: str
    changed: dict[str, list[Defect]]

    @property
    def lines(self) -> list[str]:
        """A line, and one for each of the first defects."""
        counts = (
            ", ".join(f"{len(some)} {status}" for status, some in self.changed.items() if some) or "nothing new, nothing fixed"
        )
        told = [f"{self.name} {self.before} -> {self.now}: {counts}"]
        for status, some in self.changed.items():
            told += [f"  {status:<9} {d.id}  {d.title}" for d in some[:_LISTED]]
            told += [f"  {status:<9} and {len(some) - _LISTED} more"] if len(some) > _LISTED else []
        return told


def upgrades(record: Run, before: Run | None, defects: Iterable[Defect]) -> list[Upgrade]:
    """The targets' frameworks whose version is another than in the baseline."""
    from ulpfuzz.fuzzer.defects.history import CHANGED
    from ulpfuzz.fuzzer.findings.identity import framework_of

    was, now = (run.environment.get("versions", {}) if run else {} for run in (before, record))
    places = dict.fromkeys(target.partition(":")[0] for target in record.environment.get("targets", []))
    every = list(defects)
    return [
        Upgrade(
            place, str(was[place]), str(now[place]),
            {status: [d for d in every if d.framework == framework_of(place) and d.status == status] for status in CHANGED},
        )
        for place in places
        if was.get(place) and now.get(place) and was[place] != now[place]
    ]  # fmt: skip


def _named(defects: Sequence[Defect]) -> str:
    shown = ", ".join(d.id for d in defects[:_SHOWN])
    return f"{len(defects)}: {shown}{', ...' if len(defects) > _SHOWN else ''}"


def _replay(record: Run) -> list[str]:
    replayed: dict[str, Any] = record.environment.get("replayed", {})
    due, reached = replayed.get("due", 0), replayed.get("reached", 0)
    if due <= reached:
        return []
    return [
        f"run again: {reached} of {due} earlier findings, as many as its share of the budget allowed; the others come first next time"
    ]


# Run again before it is announced


def confirmed_new(settings: Settings, execute: Any, store: Store, record: Run) -> dict[str, dict[str, int]]:
    """What would be announced, run again in fresh processes, the gravest first, in a share of the budget; by defect what that gave."""
    from ulpfuzz.fuzzer.campaign.confirm import confirmed
    from ulpfuzz.fuzzer.defects.history import ANNOUNCED, UNREPRODUCIBLE
    from ulpfuzz.fuzzer.defects.memory import defects_of

    faces = {f.id: f for f in store.findings(record.id)}
    fresh = [d for d in defects_of(store, record.id, settings.baseline) if d.status in (*ANNOUNCED, UNREPRODUCIBLE)]
    chosen = [(d.id, faces[d.face]) for d in sorted(fresh, key=lambda d: -d.score) if d.face in faces]
    seconds = CONFIRMED * (settings.budget.seconds or max(record.seconds, CONFIRMED_LEAST / CONFIRMED))
    return confirmed(execute, chosen, seconds, settings.case_timeout, settings.memory_limit)
