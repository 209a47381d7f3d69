"""CaseTask: the work on one defect, by one face of it, as a task of the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from ulpfuzz.fuzzer.case import Case, Placement
from ulpfuzz.fuzzer.casework.advice.advise import advise
from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.casework.diagnosis.diagnose import diagnose
from ulpfuzz.fuzzer.casework.extent import extent_of
from ulpfuzz.fuzzer.casework.ordinary import Ordinary, ordinary_share
from ulpfuzz.fuzzer.casework.simplest import WHOLE_CALL, simplest
from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.engine.task import Death, Result, Single, failure_of
from ulpfuzz.fuzzer.findings.case_record import case_of, record_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import device_of
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.judge.verdict import Class

T = TypeVar("T")

#: Where an everyday case is tried, beside the face's own place: alone, and in a call as long as a vector kernel takes.
PLACES = (Placement(), Placement(64))
#: Seconds that a framework call may take: a compilation takes up to a minute on a busy machine.
CALL_TIMEOUT = 120.0


@dataclass(frozen=True)
class CaseTask(Single):
    """A pure function of its fields: the case file of one defect."""

    #: The id of the defect, and what its case file will rest on (queue.key_of).
    defect: str
    key: str
    face: Finding
    call_timeout: float = CALL_TIMEOUT
    #: Bytes that a process may have; None for any.
    memory: int | None = None
    #: The time (time.monotonic) after which no part of the work is begun; None: all are done.
    until: float | None = None
    #: The time at which its process is ended, whatever it does; None: never.
    ends: float | None = None

    @property
    def id(self) -> str:
        return f"case {self.defect}"

    @property
    def device(self) -> str:
        """The device of its face's target, where it is not the CPU."""
        return device_of([self.face.target])

    @property
    def needs(self) -> tuple[str, ...]:
        """The target of its face."""
        return (self.face.target,)

    def run(self) -> CaseResult:
        """Works on the face. Raises what the first part raises; a later part that breaks leaves a line in `CaseFile.faults`."""
        host.limit(self.call_timeout, self.memory)
        return CaseResult(self.id, self.defect, case_file=work_on(self.face, self.defect, self.key, self.until))

    def after(self, death: Death, deaths: int) -> None:
        """Nothing: the work on a defect that ends its process would end another."""

    def broken(self, failure: str, *, died: bool = False) -> CaseResult:
        return CaseResult(self.id, self.defect, failure, died)


@dataclass(frozen=True)
class CaseResult(Result):
    """What the work on a defect gave; None where it broke before anything was known."""

    case_file: CaseFile | None = None


@dataclass
class _Parts:
    """Runs the parts of the work one after the other: one that breaks costs itself only, and none is begun after `until`."""

    until: float | None = None
    faults: list[str] = field(default_factory=list)
    #: Whether a part was left out for want of time.
    cut: bool = False

    def run(self, part: str, work: Callable[[], T], otherwise: T) -> T:
        if self.until is not None and time.monotonic() >= self.until:
            self.cut = True
            return otherwise
        try:
            return work()
        except Exception as error:
            self.faults.append(f"{part}: {failure_of(error)}")
            return otherwise


def work_on(face: Finding, defect: str, key: str, until: float | None = None) -> CaseFile:
    """The case file of a defect by this face: certified, shrunk, its extent measured, diagnosed, what helps. Counts limit the work, so that it
    is the same each time; what `until` cuts off has no key, so that it is due again."""
    began, parts = time.perf_counter(), _Parts(until)
    simple = simplest(face)
    if simple is None:
        return CaseFile(defect, face.id, key, face.case, "", "", fails=False, seconds=time.perf_counter() - began)
    certified = replace(simple, profile=[], extent={})
    case_file = CaseFile(
        defect, face.id, key, simple.case, simple.output_hex, simple.reference, certified=certified, worked_on=face.case
    )
    if face.symptom not in WHOLE_CALL:
        case_file = _explained(case_file, simple, parts)
    key = "" if parts.cut else key
    return replace(case_file, key=key, faults=tuple(parts.faults), seconds=time.perf_counter() - began)


def _explained(case_file: CaseFile, simple: Finding, parts: _Parts) -> CaseFile:
    """With what needs the call's answers at other inputs."""
    bench = Bench.of(simple)
    unsampled: Ordinary | None = None
    with np.errstate(all="ignore"):
        case_file = replace(
            case_file,
            diagnosis=parts.run("diagnosis", lambda: diagnose(simple, bench), case_file.diagnosis),
            extent=parts.run("extent", lambda: extent_of(simple, bench.evaluator, bench.subject), case_file.extent),
        )
        ordinary = parts.run("everyday inputs", lambda: ordinary_share(simple), unsampled)
        case_file = replace(case_file, advice=parts.run("advice", lambda: advise(simple), case_file.advice))
        if ordinary is None:
            return case_file
        case_file = replace(case_file, ordinary_share=ordinary.share)
        return parts.run("everyday case", lambda: _with_everyday_case(case_file, simple, ordinary.case), case_file)


def _with_everyday_case(case_file: CaseFile, simple: Finding, case: Case | None) -> CaseFile:
    """With the plainest everyday case that is wrong, shrunk as far as it stays wrong in the same way; without one where none is certified in a
    call of its own, or in a short one."""
    if case is None:
        return case_file
    placements = dict.fromkeys((case_of(simple).placement, *PLACES))
    for placement in placements:
        seen = _wrong_at(simple, replace(case, placement=placement))
        everyday = None if seen is None else simplest(seen)
        if everyday is not None:
            return replace(
                case_file, ordinary=everyday.case, ordinary_output=everyday.output_hex, ordinary_reference=everyday.reference
            )
    return case_file


def _wrong_at(finding: Finding, case: Case) -> Finding | None:
    """The finding as it looks at another case: its worst element there; None where none is wrong."""
    moved = replace(finding, case=record_of(case), worst=0)
    answers = Bench.of(moved).placed()
    if not len(answers.classes):
        return None
    at = case.placement.position
    wrong = np.flatnonzero([Class(int(c)).is_finding for c in answers.classes[at]])
    if not len(wrong):
        return None
    worst = int(
        max(
            wrong, key=lambda output: answers.ulps[at, output] if answers.ulps[at, output] == answers.ulps[at, output] else np.inf
        )
    )
    return replace(
        moved, worst=worst, symptom=answers.symptom(at, worst), class_=Class(int(answers.classes[at, worst])).name,
        ulps=float(answers.ulps[at, worst]),
    )  # fmt: skip
