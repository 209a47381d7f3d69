"""Spans: where elements that fail alike were seen, over all inputs of the op."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import DIRECTIONS, Batch


@dataclass(frozen=True)
class Span:
    """low, high: per input of the op, the least and the greatest finite number where elements were seen (inf, -inf: none).
    special: the number of them in rows with an infinity or a NaN in any input."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    special: int

    def joined(self, other: Span) -> Span:
        return Span(np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.special + other.special)


@dataclass(frozen=True)
class Reaches:
    """low, high: per input (of the op, in order) and row, the least and the greatest finite number; special: rows with another."""

    names: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    special: NDArray[np.bool_]

    @classmethod
    def of(cls, batch: Batch, rows: NDArray[np.int64]) -> Reaches:
        """The reaches of these rows of the batch."""
        names = tuple(name for name in batch.inputs if name not in DIRECTIONS)
        low, high = np.empty((len(names), len(rows))), np.empty((len(names), len(rows)))
        special = np.zeros(len(rows), np.bool_)
        for number, name in enumerate(names):
            with np.errstate(invalid="ignore"):
                values = batch.inputs[name][rows].astype(np.float64).reshape(len(rows), -1)
            finite = np.isfinite(values)
            if finite.all():
                low[number], high[number] = values.min(axis=1), values.max(axis=1)
            else:
                low[number] = np.where(finite, values, math.inf).min(axis=1)
                high[number] = np.where(finite, values, -math.inf).max(axis=1)
                special |= ~finite.all(axis=1)
        return cls(names, low, high, special)

    def span(self, rows: NDArray[Any]) -> Span:
        """The span of these rows; a row counts as often as it is named."""
        return Span(self.low[:, rows].min(axis=1), self.high[:, rows].max(axis=1), int(self.special[rows].sum()))


def extent_of(names: Sequence[str], span: Span | None, count: int, judged: int) -> dict[str, Any]:
    """Finding.extent, of `count` failing elements among those judged; without a span nothing is said of the inputs."""
    judged = max(1, judged)
    extent: dict[str, Any] = {"count": count, "judged": judged, "share": count / judged, "low": math.nan, "high": math.nan}
    if span is None:
        return extent
    ends = {name: [_known(low), _known(high)] for name, low, high in zip(names, span.low, span.high, strict=True)}
    low, high = _known(float(span.low.min())), _known(float(span.high.max()))
    return {**extent, "low": low, "high": high, "inputs": ends, "special": span.special}


def _known(end: float) -> float:
    return float(end) + 0.0 if math.isfinite(end) else math.nan  # no minus zero: which of two equal ends it is, is chance
