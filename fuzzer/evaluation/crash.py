"""Crash: a call whose process ended, or was ended because it did not answer (a hang)."""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.fuzzer.case import Batch, Placement


@dataclass(frozen=True)
class Crash:
    """A call after which a new process had to be started."""

    #: crash or hang.
    symptom: str
    #: How the process ended, in one line.
    message: str
    batch: Batch
    #: The placement of the one row; None for a call of the whole batch.
    placement: Placement | None = None
