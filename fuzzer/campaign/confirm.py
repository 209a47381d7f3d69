"""Confirm: what a run would announce as new is run again in fresh processes first, by the path of `ulpfuzz repro`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from ulpfuzz.fuzzer.campaign.rerun import LATE, Rerun
from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT
from ulpfuzz.fuzzer.cell import cell_of
from ulpfuzz.fuzzer.engine.engine import Run as Execute
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.targets.target import can_be_isolated, target_named

#: How often the face of a new defect is run again, each time in a process of its own.
TIMES = 3


def confirmed(
    execute: Execute, faces: Sequence[tuple[str, Finding]], seconds: float, call_timeout: float | None = None, memory: int | None = None
) -> dict[str, dict[str, int]]:  # fmt: skip
    """By defect how often its face "failed" and "passed". A defect is left out where time was too short, or where nothing can be said: its
    target has no process of its own, or the case cannot be judged.

    faces: ids of defects with their faces, what is to be run first in front. seconds: after these nothing is begun.
    """
    until = time.monotonic() + seconds
    groups, defect_of = [], {}
    for name, face in faces:
        if not can_be_isolated([target_named(face.target)]):
            continue
        cell = cell_of(face)
        for number in range(1, TIMES + 1):
            task = Rerun(
                cell, (replace(face, profile=[]),), (face.target,), call_timeout=call_timeout or CALL_TIMEOUT, memory=memory,
                turn=f"confirm {number} {name}", until=until, ends=until + LATE, isolated=True,
            )  # fmt: skip
            defect_of[task.id] = name
            groups.append([task])
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"failed": 0, "passed": 0})
    with closing(execute(groups, lambda: time.monotonic() >= until)) as flow:
        for result in flow:
            for now in result.became.values():
                counts[defect_of[result.task]]["failed" if now["id"] else "passed"] += 1
    # With fewer than all of its runs a defect may still fail sometimes: what is not whole says nothing, unless it says both.
    return {name: told for name, told in counts.items() if sum(told.values()) == TIMES or (told["failed"] and told["passed"])}
