"""Verdict: what the judge says of one element."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Class(IntEnum):
    """The class of a verdict; `unstable` and `inaccurate` are findings."""

    # In the order of accusation: comparisons like `>= inaccurate` rely on it.
    ok = 0
    ill_conditioned = 1
    undecided = 2
    inaccurate = 3
    unstable = 4

    @property
    def is_finding(self) -> bool:
        return self >= Class.inaccurate


class Symptom(IntEnum):
    """How a wrong answer looks; the order is that of gravity, mildest first."""

    none = 0
    signed_zero = 1
    flush = 2
    precision = 3
    joint = 4
    internal_flush = 5
    inconsistent = 6
    zero = 7
    missed_inf = 8
    missed_nan = 9
    wrong_sign = 10
    out_of_range = 11
    inf = 12
    nan = 13
    exception = 14
    nondeterministic = 15
    hang = 16
    crash = 17


@dataclass(frozen=True)
class Verdicts:
    """Per element, arrays of shape (rows, outputs).

    ulps: error in ulps of the output format (inf for a wrong special value, nan where undecided); excess: E of the error
    model (nan where not computed);
    classes, symptoms: codes of Class and Symptom.
    """

    ulps: NDArray[np.float64]
    excess: NDArray[np.float64]
    classes: NDArray[np.uint8]
    symptoms: NDArray[np.uint8]

    @classmethod
    def none(cls, ulps: NDArray[np.float64]) -> Verdicts:
        """`ok` everywhere, with these errors."""
        return cls(ulps, np.full(ulps.shape, np.nan), np.zeros(ulps.shape, np.uint8), np.zeros(ulps.shape, np.uint8))

    def put(self, rows: NDArray[np.int64], others: Verdicts) -> None:
        """Overwrites these rows."""
        for name in ("ulps", "excess", "classes", "symptoms"):
            getattr(self, name)[rows] = getattr(others, name)

    def take(self, index: Any) -> Verdicts:
        return Verdicts(self.ulps[index], self.excess[index], self.classes[index], self.symptoms[index])

    def count(self) -> dict[str, int]:
        """Elements per class, by name."""
        counts = np.bincount(self.classes.ravel(), minlength=len(Class))
        return {c.name: int(counts[c]) for c in Class}
