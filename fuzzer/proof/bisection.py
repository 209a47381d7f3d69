"""Bisection: the least part of a batch that still makes a call fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.evaluation.binades import input_exponents, reach


class Spent(Exception):
    """The effort is used up."""


@dataclass
class Effort:
    """The calls and seconds that a search may still spend; each call may cost the start of a process."""

    steps: int
    seconds: float
    began: float = field(default_factory=time.monotonic)
    used: int = 0

    def spend(self) -> None:
        """Raises Spent where nothing is left."""
        if self.used >= self.steps or time.monotonic() - self.began >= self.seconds:
            raise Spent
        self.used += 1


@dataclass(frozen=True)
class Part:
    """Rows that fail together, and no half of them alone. cut: the effort ended before that was known."""

    rows: Batch
    cut: bool = False


def everyday_first(batch: Batch) -> Batch:
    """The rows sorted by how near 1 the magnitude of their first input is."""
    return batch.take(np.argsort(reach(input_exponents(batch)), kind="stable"))


def tiled(part: Batch, rows: int) -> Batch:
    """The rows over and over, `rows` in all: a call of the same shape, so the same path and the same compiled code."""
    return part.take(np.resize(np.arange(part.rows), rows))


def least(batch: Batch, fails: Callable[[Batch], bool], effort: Effort) -> Part | None:
    """The least part that fails, by halves, in the order of the rows; None where the whole does not fail again.

    A failing call may cost a process, one that comes back costs nothing: so where the first half comes back the second is taken to fail
    without a call, and only the row at the end is tried again. If it does not fail, the cause is several rows together (or chance): then
    every half is tried.
    """
    proved: Batch | None = None  # the least part that was tried and failed

    def attempt(part: Batch) -> bool:
        nonlocal proved
        effort.spend()
        failed = fails(part)
        if failed and (proved is None or part.rows < proved.rows):
            proved = part
        return failed

    try:
        part = batch
        while part.rows > 1:
            first, second = _halves(part)
            part = first if attempt(first) else second
        if proved is part or attempt(part):
            return Part(part)
        part = batch
        if not attempt(part):
            return None
        while part.rows > 1:
            half = next((half for half in _halves(part) if attempt(half)), None)
            if half is None:
                return Part(part)
            part = half
        return Part(part)
    except Spent:
        return Part(batch if proved is None else proved, cut=True)


def _halves(batch: Batch) -> tuple[Batch, Batch]:
    middle = batch.rows // 2
    return batch.take(slice(0, middle)), batch.take(slice(middle, batch.rows))
