"""Question: a request to the oracle, and how much effort the answer is worth."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.effort import evaluation_cost
from ulpfuzz.oracles.function import Function

#: Input name to exact binary64 numbers: (rows,) of a scalar, (rows, n) of a vector.
Inputs = Mapping[str, NDArray[np.float64]]
#: Indices of rows, and masks over rows or elements.
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass
class Tally:
    """Seconds and elements by tier; what `make bench` and the run summary print."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    elements: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Caps:
    """Limits of effort, of one question. They count and read no clock, so that the same question has the same answer on every machine; but
    for `until`, where the caller's own budget is in time, and the backstop."""

    #: Rows that Arb evaluates.
    arb_rows: int = 4096
    #: Nominal seconds of Arb (ulpfuzz.oracles.effort).
    arb_effort: float = 0.5
    #: Rows whose limits are read.
    limit_rows: int = 128
    #: Nominal seconds of limits.
    limit_effort: float = 2.0
    #: The highest precision of Arb.
    arb_bits: int = 4096
    #: The share of the rows which Arb checks a vectorised tier at.
    audit_share: float = 2.0**-12
    #: Seconds of the clock for Arb, so far off that only a broken machine meets it.
    backstop: float = 120.0
    #: The time (time.monotonic) after which no further row is begun beyond the vectorised tiers.
    until: float = math.inf


@dataclass(frozen=True)
class Question:
    """The truth of a function for a batch of rows."""

    function: Function
    inputs: Inputs
    #: Bits of the format whose ulps matter.
    precision: int = 24
    caps: Caps = field(default_factory=Caps)
    tally: Tally = field(default_factory=Tally)

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))

    def of(self, rows: Rows) -> dict[str, NDArray[np.float64]]:
        """The inputs of these rows."""
        return {name: values[rows] for name, values in self.inputs.items()}

    def row(self, row: int) -> dict[str, NDArray[np.float64]]:
        """The inputs of one row, without their leading axis."""
        return {name: values[row] for name, values in self.inputs.items()}

    def cost(self, bits: int, special: float = 1.0) -> float:
        """Nominal seconds of one evaluation of a row at a precision (ulpfuzz.oracles.effort)."""
        return evaluation_cost(self.function, {name: values.shape[1:] for name, values in self.inputs.items()}, bits, special)


def finite_rows(inputs: Inputs) -> Mask:
    """Rows of finite numbers only."""
    masks = [np.isfinite(v).reshape(len(v), -1).all(axis=1) for v in inputs.values()]
    finite: Mask = np.logical_and.reduce(masks)
    return finite


def alike(inputs: Inputs) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(the first of all rows that are alike to the bit, for each row its place among these)."""
    numbers = np.concatenate([v.reshape(len(v), -1) for v in inputs.values()], axis=1).view(np.int64)
    axis = None if numbers.shape[1] == 1 else 0
    _, first, back = np.unique(numbers, axis=axis, return_index=True, return_inverse=True)
    return first, back.reshape(-1)


def key_of(single: Inputs) -> bytes:
    """A row's bits."""
    return b"".join(np.asarray(values).tobytes() for values in single.values())
