"""Confirm: what a run would announce as new is run again in fresh processes first, by the path of `ulpfuzz repro`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from ulpfuzz.fuzzer.campaign.rerun import LATE, Rerun
from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT
from ulpfuzz.fuzzer.cell import cell_of
from ulpfuzz.fuzzer.engine.engine import Run as Execute
from ulpfuzz.fuzzer.engine.task import Isolable, Result
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import device_of
from ulpfuzz.fuzzer.frameworks.targets.target import can_be_isolated, framework_for, target_named

#: How often the face of a new defect is run again, each time in another process.
TIMES = 3
#: Faces of a task, which runs them one after another in each of its processes: to start a process takes longer than to run a face again.
TOGETHER = 8


@dataclass(frozen=True)
class Confirmed(Result):
    """counts: by defect how often its face "failed" and "passed"."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Confirm(Isolable):
    """A task: faces of one target, all of them run again in TIMES fresh processes. faces: ids of defects with them. until, ends: see Rerun."""

    target: str
    faces: tuple[tuple[str, Finding], ...]
    until: float
    ends: float
    call_timeout: float = CALL_TIMEOUT
    memory: int | None = None

    @property
    def id(self) -> str:
        return f"confirm {self.faces[0][0]}"

    @property
    def device(self) -> str:
        return device_of([self.target])

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.target,)

    def broken(self, failure: str, *, died: bool = False) -> Confirmed:
        """The result where the task itself broke: nothing is known of its defects."""
        return Confirmed(self.id, "", failure, died)

    def run(self) -> Confirmed:
        """Each time in another order, so that no face has the same ones before it."""
        result, began, done = Confirmed(self.id, ""), time.monotonic(), 0
        framework = framework_for(target_named(self.target), isolated=True)
        framework.end()  # what ran in it before is not to be met
        for turn in range(TIMES):
            at = turn * len(self.faces) // TIMES
            for name, face in (*self.faces[at:], *self.faces[:at]):
                takes = (time.monotonic() - began) / done if done else 0.0
                rerun = Rerun(
                    cell_of(face), (replace(face, profile=[]),), (face.target,), call_timeout=self.call_timeout, memory=self.memory,
                    until=self.until, takes=takes, isolated=True,
                )  # fmt: skip
                for now in rerun.again(rerun.evaluator()).became.values():
                    counts = result.counts.setdefault(name, {"failed": 0, "passed": 0})
                    counts["failed" if now["id"] else "passed"] += 1
                done += 1
            framework.end()
        return result


def confirmed(
    execute: Execute, faces: Sequence[tuple[str, Finding]], seconds: float, call_timeout: float | None = None, memory: int | None = None
) -> dict[str, dict[str, int]]:  # fmt: skip
    """By defect how often its face "failed" and "passed". A defect is left out where time was too short, or where nothing can be said: its
    target has no process of its own, or the case cannot be judged.

    faces: ids of defects with their faces, what is to be run first in front. seconds: after these nothing is begun.
    """
    until = time.monotonic() + seconds
    by_target: dict[str, list[list[tuple[str, Finding]]]] = {}
    groups: list[list[tuple[str, Finding]]] = []
    for name, face in faces:
        if not can_be_isolated([target_named(face.target)]):
            continue
        some = by_target.setdefault(face.target, [])
        if not some or len(some[-1]) == TOGETHER:
            some.append([])
            groups.append(some[-1])
        some[-1].append((name, face))
    patience = call_timeout or CALL_TIMEOUT
    tasks = [
        [Confirm(group[0][1].target, tuple(group), until, until + LATE, patience, memory, isolated=True)] for group in groups
    ]
    counts: dict[str, dict[str, int]] = {}
    with closing(execute(tasks, lambda: time.monotonic() >= until)) as flow:
        for result in flow:
            counts |= result.counts
    # With fewer than all of its runs a defect may still fail sometimes: what is not whole says nothing, unless it says both.
    return {name: told for name, told in counts.items() if sum(told.values()) == TIMES or (told["failed"] and told["passed"])}
