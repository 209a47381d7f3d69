"""Peers: the installed targets that a shard does not visit; they answer the bits of its findings and nothing else.

A run that is short visits the frameworks one after another, and a run may visit some only; what the others answer to the same
bits still says who is right, and who can be used instead.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ulpfuzz.fuzzer.cell import Cell, Subject, subjects_of
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.identity import device_of
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import Target, framework_names, installed, target_named

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator

#: Seconds that peers may take from a shard until no further one is called for the first time, when its call is compiled (measured: 60 to
#: 300 ms where every shape is compiled, and tens of seconds for few); of a shard that has its own share of a run's time. A first visit that
#: has little time calls none that compiles.
SECONDS, HURRIED = 20.0, 0.5


def peer_targets(targets: Iterable[str]) -> tuple[str, ...]:
    """The targets whose answers belong beside every finding of a run on these: all that are installed, its own, and of one on another device the
    same framework, eager, there and on the CPU, which say whether the device is to blame. Those that compile whole programs answer only where they
    are visited, for each shape costs them seconds."""
    named = [str(Target(name)) for name in framework_names() if installed(name) is not None]
    own = [target for target in dict.fromkeys(targets) if target_named(target).mode == "eager"]
    apart = [target_named(target) for target in targets if target_named(target).device != "cpu"]
    beside = [
        str(replace(target, device=device, mode="eager", switches=())) for target in apart for device in (target.device, "cpu")
    ]
    return tuple(dict.fromkeys((*own, *beside, *named)))


def of_cpu(peers: Iterable[str]) -> tuple[str, ...]:
    """Those on the CPU: a device answers beside its own findings alone, for it has one worker."""
    return tuple(peer for peer in peers if not device_of([peer]))


class Peers:
    """The peers of one shard. dead: those whose process ended, or was ended because they did not answer."""

    def __init__(
        self, cell: Cell, targets: Sequence[str] = (), visited: Sequence[str] = (), excluded: Iterable[tuple[str, str]] = ()
    ) -> None:
        out = set(excluded)
        others = [target for target in targets if target not in visited and _is_known(target)]
        others.sort(key=lambda target: target_named(target).compiles_shapes)  # what costs little is always called
        self.subjects = [s for s in subjects_of(cell, others) if (s.target, s.implementation.call) not in out]
        self._spent = 0.0
        self._called: dict[Subject, bool] = {}

    def answering(self, evaluator: Evaluator) -> list[Subject]:
        """The peers that may be called now: imported and started here, which is not the shard's own time."""
        return [
            subject for subject in self.subjects if not evaluator.calls.is_disabled(subject) and self._ready(evaluator, subject)
        ]

    def dead(self, evaluator: Evaluator) -> list[tuple[str, str]]:
        """(target, call) of the peers that died."""
        return sorted((s.target, s.implementation.call) for s in self.subjects if s in evaluator.calls.crashes)

    @contextmanager
    def charging(self, subject: Subject) -> Iterator[None]:
        """Charges the seconds inside to the peers, where the subject is one of them."""
        began = time.perf_counter()
        try:
            yield
        finally:
            if subject in self._called:
                self._spent += time.perf_counter() - began

    def refuses(self, evaluator: Evaluator, subject: Subject) -> bool:
        """Whether an exception of this subject may only mean that it does not support this cell, which no record promised
        (support.unsupported_of)."""
        return subject in self._called and evaluator.cell.order not in ("value", "grad")

    def _ready(self, evaluator: Evaluator, subject: Subject) -> bool:
        """Whether it starts, and either was called before or may be called for the first time."""
        if subject not in self._called:
            if self._spent >= (SECONDS if evaluator.deadlines.seconds is None else HURRIED):
                return False
            # A first visit does not compile for others' findings: casework, which works on the gravest, asks everybody.
            if evaluator.deadlines.time_limited and target_named(subject.target).compiles_shapes:
                return False
            with evaluator.clock.phase("framework"):
                self._called[subject] = _starts(evaluator, subject)
        return self._called[subject]


def _is_known(target: str) -> bool:
    """Whether this process knows the target: a framework that one process registered is none of a worker's."""
    try:
        target_named(target)
    except UserError:
        return False
    return True


def _starts(evaluator: Evaluator, subject: Subject) -> bool:
    try:
        evaluator.calls.framework(subject).start()
    except (FrameworkError, ValueError):
        return False
    return True
