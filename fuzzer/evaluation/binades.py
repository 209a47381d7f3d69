"""Binades: the rows of a batch by the binary exponent of their least ordinary number, and the worst errors among them, shared by the ledgers of
subjects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.findings import finding
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.judge.verdict import Verdicts

#: Shifts binary exponents of binary64, and the lanes, to array indices.
OFFSET = 1100
#: Lanes beside the binades, where no number of binary64 has its exponent: rows of zeros, rows with an infinity, rows with a NaN.
ZERO, INFINITE, NOT_A_NUMBER = -1099, 1098, 1099
_LANES = {ZERO: finding.ZERO, INFINITE: finding.INFINITE, NOT_A_NUMBER: finding.NOT_A_NUMBER}


@dataclass(frozen=True)
class Binades:
    """exponents: per row. order: the rows sorted by exponent; met: the exponents that occur, rising; starts: where each begins in
    `order`; counts: its rows."""

    exponents: NDArray[np.int64]
    order: NDArray[np.int64]
    met: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, batch: Batch) -> Binades:
        exponents = input_exponents(batch)
        order = np.argsort(exponents.astype(np.int16), kind="stable")  # 16-bit integers are sorted by radix
        counts = np.bincount(exponents + OFFSET)
        met = np.flatnonzero(counts)
        counts = counts[met]
        return cls(exponents, order, met - OFFSET, np.cumsum(counts) - counts, counts)

    def worst(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest of the rows' values in each exponent of `met`."""
        largest: NDArray[np.float64] = np.maximum.reduceat(values[self.order], self.starts)
        return largest

    def row_of(self, number: int, values: NDArray[np.float64]) -> int:
        """The first row with the largest of the values in `met[number]`."""
        rows = self.order[self.starts[number] : self.starts[number] + self.counts[number]]
        return int(rows[np.argmax(values[rows])])


@dataclass(frozen=True)
class Extremes:
    """The worst errors of one subject's answers, as a ledger takes them in."""

    #: Of the rows that are not surely within the limit (Judged.rows).
    verdicts: Verdicts
    #: Elements of the same rows that a flush-to-zero policy explains.
    flushed: NDArray[np.bool_]
    #: Per row of the batch, its largest finite error in ulps; 0 where it is unknown or a flush.
    shown: NDArray[np.float64]
    #: Per binade, the largest error in ulps, which may be infinite.
    worst: NDArray[np.float64]
    #: Per binade, the largest finite error in ulps.
    highest: NDArray[np.float64]

    @cached_property
    def classes(self) -> dict[str, int]:
        """Elements per class, by name, among `verdicts`."""
        return self.verdicts.count()

    @classmethod
    def of(cls, judged: Judged, binades: Binades) -> Extremes:
        rows = judged.rows
        verdicts, flushed = judged.verdicts.take(rows), judged.flushed[rows]
        known = np.where(flushed | np.isnan(verdicts.ulps), 0.0, verdicts.ulps)
        shown = _worst_of_rows(judged.verdicts.ulps)
        shown[rows] = _worst_of_rows(known)
        worst = highest = binades.worst(shown)
        if np.isinf(known).any():
            shown[rows] = _worst_of_rows(np.where(np.isinf(known), 0.0, known))
            highest = binades.worst(shown)
        return cls(verdicts, flushed, shown, worst, highest)


def _worst_of_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest of each row, the caller's to write; of one output numpy's own reduction costs twenty times as much."""
    return values[:, 0].copy() if values.shape[1] == 1 else values.max(axis=1)


def input_exponents(batch: Batch) -> NDArray[np.int64]:
    """Per row, the binary exponent of its number that is farthest from 1 on a log scale, over all inputs, cotangent and tangent, zeros aside;
    of a row without such a number its lane: ZERO, or INFINITE or NOT_A_NUMBER where one of its numbers is.

    Of the largest and the least magnitude the one is farthest, the larger where both are as far.
    """
    largest, least = _magnitudes(batch)
    exponents = np.frexp(largest)[1].astype(np.int64) - 1
    if least is not None:
        small = np.frexp(least)[1].astype(np.int64) - 1
        exponents = np.where(-small > np.abs(exponents), small, exponents)
    exponents[largest == 0] = ZERO
    finite = np.isfinite(largest)
    if not finite.all():
        exponents[~finite] = np.where(np.isnan(largest[~finite]), NOT_A_NUMBER, INFINITE)
    return exponents


def _magnitudes(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Per row the largest magnitude, NaN where one is, and the least that is not zero; None for the latter where rows have one number."""
    largest, least = np.zeros(batch.rows), np.full(batch.rows, np.inf)
    alone = len(batch.inputs) == 1 and batch.width == 1
    for values in batch.inputs.values():
        with np.errstate(invalid="ignore"):
            sizes = np.abs(values.astype(np.float64)).reshape(batch.rows, -1)
            largest = np.maximum(largest, _worst_of_rows(sizes))  # NaN wins
            if not alone:
                sizes[sizes == 0] = np.inf
                least = np.minimum(least, -_worst_of_rows(-sizes))
    return largest, None if alone else least


def reach(exponents: NDArray[np.int64]) -> NDArray[np.int64]:
    """How far from ordinary rows of these exponents are, in binades: 0 for zeros."""
    far: NDArray[np.int64] = np.where(exponents == ZERO, 0, np.abs(exponents))
    return far


def lane(exponent: int) -> float:
    """An exponent as a profile shows it: lanes by the names of ulpfuzz.fuzzer.findings."""
    return _LANES.get(exponent, float(exponent))
