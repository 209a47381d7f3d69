"""Rerun: findings of earlier runs in one cell, each run again on the same bits, before the search and apart from it.

What a search finds depends on the points it began with. So nothing of an earlier run reaches the search, which is that of any run with its
seed and budget, and whether a finding is known, worse, better or fixed is decided by its own case alone: it does not compete with the
candidates of the search, of which only a few are certified.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ulpfuzz.fuzzer.campaign.due import Due
from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT
from ulpfuzz.fuzzer.cell import Cell, Subject, subjects_of
from ulpfuzz.fuzzer.engine.task import Isolable, Result
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.peers import Peers, of_cpu
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import device_of
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.reproduce import again, in_a_process_of_its_own, in_other_processes, still_inconsistent
from ulpfuzz.fuzzer.proof.place import Placed
from ulpfuzz.fuzzer.proof.verdict_to_finding import identity, known_candidate, recertified

#: The extent of one element that was judged, and failed.
ONCE = {"count": 1, "judged": 1, "share": 1.0}
#: Seconds beyond their time in which a finding that was begun may end by itself; then its process is ended, and nothing is known of its task's.
LATE = 10.0


@dataclass(frozen=True)
class RerunResult(Result):
    """became: by the id of a finding what its case is now, see `fate`. findings: those that still fail, as they are today. reached: how many
    were run again. in_vain: ids of those of them of which nothing is known now."""

    became: dict[str, dict[str, Any]] = field(default_factory=dict)
    reached: int = 0
    in_vain: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    by_phase: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rerun(Isolable):
    """A task. targets: the run's; findings of other targets, or of calls that the catalogue has no more, are left out. turn: what
    distinguishes tasks of one cell. until: the time (time.monotonic) after which no finding is begun, and no hang that may outlast it; ends: the
    time at which its process is ended, whatever it does. takes: seconds that a finding is expected to take, until one of its own has ended."""

    cell: Cell
    findings: tuple[Finding, ...]
    targets: tuple[str, ...]
    peers: tuple[str, ...] = ()
    call_timeout: float = CALL_TIMEOUT
    memory: int | None = None
    turn: str = ""
    until: float | None = None
    ends: float | None = None
    takes: float = 0.0

    @property
    def id(self) -> str:
        return " ".join(filter(None, ("rerun", self.turn, self.cell.key)))

    @property
    def device(self) -> str:
        """The device of its findings' targets, where it is not the CPU; what is none of its targets is left out."""
        return device_of(finding.target for finding in self.findings if finding.target in self.targets)

    @property
    def needs(self) -> tuple[str, ...]:
        """Its targets that have findings in it."""
        has = {finding.target for finding in self.findings}
        return tuple(name for name in self.targets if name in has)

    def only(self, targets: Collection[str]) -> Rerun:
        """The findings of these targets."""
        return replace(
            self, targets=tuple(name for name in self.targets if name in targets),
            findings=tuple(finding for finding in self.findings if finding.target in targets),
        )  # fmt: skip

    def broken(self, failure: str, *, died: bool = False) -> RerunResult:
        """The result where the task itself broke: nothing is known of its findings."""
        return RerunResult(self.id, self.cell.key, failure, died)

    def run(self) -> RerunResult:
        """Every finding run again in this process; crashes and hangs in others."""
        evaluator = self.evaluator()
        result = self.again(evaluator)
        if self.isolated:
            evaluator.calls.end_hosts([*evaluator.subjects, *evaluator.peers.subjects])
        return result

    def evaluator(self) -> Evaluator:
        """Of the calls that the catalogue has for its targets."""
        subjects = list({(s.target, s.implementation.call): s for s in subjects_of(self.cell, self.targets)}.values())
        return Evaluator(self.cell, subjects, isolated=self.isolated, peers=Peers(self.cell, self.peers, self.targets))

    def again(self, evaluator: Evaluator) -> RerunResult:
        """The same by its evaluator, whose hosts live on."""
        began = time.perf_counter()
        host.limit(self.call_timeout, self.memory)
        subjects = {(s.target, s.implementation.call): s for s in evaluator.subjects}
        result = RerunResult(self.id, self.cell.key)
        for finding in self.findings:
            expected = (time.perf_counter() - began) / result.reached if result.reached else self.takes
            if self.until is not None and time.monotonic() + max(expected, _patience(finding)) > self.until:
                continue
            result = replace(result, reached=result.reached + 1)
            subject = subjects.get((finding.target, finding.implementation))
            with evaluator.proving():
                now = None if subject is None else _again(evaluator, subject, finding)
            if now is None:
                result = replace(result, in_vain=(*result.in_vain, finding.id))
                continue
            result.became[finding.id] = fate(now)
            result.findings.extend([now] if Class[now.class_].is_finding else [])
        result.by_phase["rerun"] = time.perf_counter() - began
        return result


def fate(now: Finding) -> dict[str, Any]:
    """What became of a finding whose case is run again: its id now ("" where it passes), and the bits that it loses."""
    fails = Class[now.class_].is_finding
    return {"id": now.id if fails else "", "bits_lost": now.bits_lost if fails else 0.0, "class": now.class_}


def reruns(
    due: Sequence[Due], targets: tuple[str, ...], peers: tuple[str, ...], call_timeout: float, memory: int | None, until: float | None = None
) -> list[Rerun]:  # fmt: skip
    """The tasks of what is due, in the order of what is due first in each: one for every cell, device and start of the run that saw it last; and
    one for each that was run again in vain."""
    groups: dict[tuple[bool, str, str, str, str], list[Due]] = {}
    for item in due:
        device = device_of([item.finding.target]) if item.finding.target in targets else ""
        alone = item.finding.id if item.in_vain else ""
        groups.setdefault((item.rests, item.seen, item.cell.key, device, alone), []).append(item)
    return [
        Rerun(
            items[0].cell, tuple(replace(item.finding, profile=[]) for item in items), targets, peers if device else of_cpu(peers),
            call_timeout=call_timeout, memory=memory, until=until,
            turn=" ".join(filter(None, (seen, "rests" if rests else "", device, alone))),
        )
        for (rests, seen, _, device, alone), items in groups.items()
    ]  # fmt: skip


def _patience(finding: Finding) -> float:
    """Seconds for which its case is waited for in any case: of a hang its patience."""
    return float(finding.case.get("patience", CALL_TIMEOUT)) if finding.symptom == "hang" else 0.0


def _again(evaluator: Evaluator, subject: Subject, finding: Finding) -> Finding | None:
    """The finding as it is today, under the id of what it shows today; None where that is unknown."""
    if finding.symptom in ("crash", "hang"):
        return _named(
            evaluator, subject, finding, in_a_process_of_its_own(finding, float(finding.case.get("patience", CALL_TIMEOUT)))
        )
    try:
        if finding.symptom == Symptom.nondeterministic.name:
            return _named(evaluator, subject, finding, in_other_processes(finding))
        now, right = again(finding, evaluator, subject)
        symptom = Symptom[now.symptom]
        if right is not None or symptom in (Symptom.exception, Symptom.crash, Symptom.hang):
            kept = right is not None and still_inconsistent(now, right[0])
            return _named(evaluator, subject, finding, replace(now, symptom=finding.symptom) if kept else now)
        case, call_index = case_of(finding), int(finding.case.get("nth", 1))
        candidate = known_candidate(case.batch(), finding.worst, symptom)
        placed = Placed.known(case.placement, symptom)
        proved = recertified(evaluator, subject, candidate, placed, call_index) if symptom else None
    except (FrameworkError, UserError):
        return None
    if proved is not None:
        return replace(proved, extent=dict(ONCE), note=finding.note)
    return now if Class[now.class_] in (Class.ok, Class.ill_conditioned) else None


def _named(evaluator: Evaluator, subject: Subject, finding: Finding, now: Finding) -> Finding:
    """With the id of its symptom, and of the same bits alone."""
    name = finding.id if now.symptom in (finding.symptom, "none") else identity(evaluator, subject, Symptom[now.symptom])
    return replace(now, id=name, extent=dict(ONCE), profile=[], answers=finding.answers)


def replayed(
    baseline: str, became: Mapping[str, dict[str, Any]], in_vain: Iterable[str], due: int, reached: int
) -> dict[str, Any]:
    """As a run's environment holds it. in_vain: ids of findings of which nothing is known, for no answer came, or none that can be judged. due: how
    many findings there were to run again; reached: how many of them were."""
    told = {name: {**what, "bits_lost": _text(what["bits_lost"])} for name, what in sorted(became.items())}
    return {"baseline": baseline, "findings": told, "in_vain": sorted(in_vain), "due": due, "reached": reached}


def _text(bits: float) -> float | str:
    return bits if math.isfinite(bits) else str(bits)
