"""Judgement: a batch, its truth, and what every subject answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.binades import Binades, Extremes
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.oracles.reference import Reference


@dataclass(frozen=True)
class Outcome:
    """What one subject answered to a batch, and its verdicts. error: the framework's message where it raised or died
    (died: crash or hang), now or in an earlier call of the shard.

    Neither answers nor error: the batch was not run, for its shape is one too many for a mode that compiles (ShapeBudget).
    """

    subject: Subject
    answers: NDArray[Any] | None = None
    judged: Judged | None = None
    error: str = ""
    died: str = ""


@dataclass(frozen=True)
class Judgement:
    """A batch, its truth, and every subject's outcome."""

    batch: Batch
    truth: Reference
    outcomes: list[Outcome]

    @cached_property
    def binades(self) -> Binades:
        """The rows sorted by the binary exponent of their input, once for all subjects."""
        return Binades.of(self.batch)

    def extremes(self, judged: Judged) -> Extremes:
        """The worst errors of one of the outcomes, once for all subjects with the same answers."""
        if id(judged) not in self._extremes:
            self._extremes[id(judged)] = Extremes.of(judged, self.binades)
        return self._extremes[id(judged)]

    @cached_property
    def _extremes(self) -> dict[int, Extremes]:
        return {}
