"""Death: a subject whose process ended, or was ended because it did not answer."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzer.case import Batch, Placement


@dataclass(frozen=True)
class Death:
    """symptom: crash or hang; message: how the process ended, one line; batch: the call's; placement: where its one row was placed,
    None for a call of the whole batch."""

    symptom: str
    message: str
    batch: Batch
    placement: Placement | None = None
