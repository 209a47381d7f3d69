"""Account: what was judged of one call's answers to many rows, row by row, and which rows are worst."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

#: The class of a row that was not judged.
NOT_JUDGED = 255
#: Keys of a histogram's bins that are no powers of two: errors of 0, wrong kinds, and errors that nobody knows.
EXACT, KIND, UNKNOWN = -10_000, 10_000, 10_001
#: The least bin: errors above 0 up to half an ulp.
HALF = -1


@dataclass(frozen=True)
class Raised:
    """A row at which a call raised: the message, the class (`unstable` where there is an ordinary answer), and why it is a check of an argument."""

    row: int
    message: str
    class_: Class
    refused: str = ""


class Account:
    """Of one subject. The arrays have an entry for each row: its worst class, and of the worst element symptom, error in ulps and place."""

    def __init__(self, subject: Subject, rows: int, keep: int) -> None:
        """keep: how many of the worst rows are remembered."""
        self.subject, self.rows, self.keep = subject, rows, keep
        self.classes: NDArray[np.uint8] = np.full(rows, NOT_JUDGED, np.uint8)
        self.symptoms: NDArray[np.uint8] = np.zeros(rows, np.uint8)
        self.ulps: NDArray[np.float64] = np.full(rows, np.nan)
        self.outputs: NDArray[np.int32] = np.zeros(rows, np.int32)
        #: Elements by class, and by error: key k for errors in (2^(k-1), 2^k] ulps.
        self.elements: Counter[Class] = Counter()
        self.histogram: Counter[int] = Counter()
        #: Rows at which the call raised.
        self.raised: list[Raised] = []
        #: The framework's message where it answers no more, or was not asked for some rows.
        self.error = ""
        #: By symptom the worst rows that have it, the worst first.
        self._worst_of: dict[int, NDArray[np.int64]] = {}

    @property
    def judged(self) -> NDArray[np.bool_]:
        """The rows that were judged, or raised."""
        judged: NDArray[np.bool_] = self.classes != NOT_JUDGED
        return judged

    def add(self, rows: NDArray[np.int64], judged: Judged, places: Any) -> None:
        """The verdicts on the answers to these rows, which stand at these places among those that were judged."""
        verdicts, flushed = judged.verdicts.take(places), judged.flushed[places]
        self.elements.update({c: n for c in Class if (n := int((verdicts.classes == c).sum()))})
        self.histogram.update(histogram_of(verdicts.ulps))
        top = verdicts.classes.max(axis=1)
        size = np.where(flushed | np.isnan(verdicts.ulps), -1.0, verdicts.ulps)
        at = np.where(verdicts.classes == top[:, np.newaxis], size, -2.0).argmax(axis=1)
        each = np.arange(len(rows))
        self.classes[rows], self.outputs[rows] = top, at
        self.symptoms[rows], self.ulps[rows] = verdicts.symptoms[each, at], verdicts.ulps[each, at]
        self._remember(rows)

    def add_raised(self, raised: Raised) -> None:
        self.raised.append(raised)
        self.classes[raised.row] = raised.class_
        if raised.class_.is_finding:
            self.symptoms[raised.row], self.ulps[raised.row] = Symptom.exception, math.inf

    def _remember(self, rows: NDArray[np.int64]) -> None:
        for symptom in np.unique(self.symptoms[rows]).tolist():
            own = rows[self.symptoms[rows] == symptom]
            before = self._worst_of.get(symptom, rows[:0])
            if len(before) >= self.keep and len(before):  # most chunks have none that is worse
                last, size, classes = before[-1], self._size(own), self.classes[own]
                own = own[
                    (classes > self.classes[last]) | ((classes == self.classes[last]) & (size > self._size(before[-1:])[0]))
                ]
            self._worst_of[symptom] = self.ranked(np.concatenate([before, own]))[: self.keep]

    @property
    def worst(self) -> NDArray[np.int64]:
        """The worst rows, `keep` at most: the worst of each symptom, then the second of each, and so on; rows without a symptom last."""
        lists = [
            (symptom == Symptom.none, place, rows[place])
            for symptom, rows in self._worst_of.items()
            for place in range(len(rows))
        ]
        rows = np.asarray([row for *_, row in lists], np.int64)
        none, places = np.asarray([one[0] for one in lists], np.bool_), np.asarray([one[1] for one in lists], np.int64)
        order = np.lexsort((rows, -self._size(rows), -self.classes[rows].astype(np.int64), places, none))
        worst: NDArray[np.int64] = rows[order][: self.keep]
        return worst

    def _size(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """What rows of one class are ordered by."""
        return np.where(np.isnan(self.ulps[rows]), -1.0, self.ulps[rows])

    def ranked(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """These rows, the worst first: by class, then by ulps, then as they come."""
        order = np.lexsort((rows, -self._size(rows), -self.classes[rows].astype(np.int64)))
        ranked: NDArray[np.int64] = rows[order]
        return ranked


def histogram_of(ulps: NDArray[np.float64]) -> Counter[int]:
    """Errors counted by powers of two: key k for those in (2^(k-1), 2^k], HALF for those in (0, 1/2]; EXACT, KIND, UNKNOWN."""
    flat = ulps.ravel()
    known = np.isfinite(flat) & (flat > 0)
    mantissas, exponents = np.frexp(flat[known])
    keys, counts = np.unique(np.maximum(exponents - (mantissas == 0.5), HALF), return_counts=True)
    found: Counter[int] = Counter(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
    special = {EXACT: int((flat == 0).sum()), KIND: int(np.isinf(flat).sum()), UNKNOWN: int(np.isnan(flat).sum())}
    return found + Counter(special)
