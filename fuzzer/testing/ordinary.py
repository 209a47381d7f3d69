"""Ordinary rows: batches brought to the numbers that users meet, within 2^-12..2^12 and zero, so that a search spends its verdicts there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import DIRECTIONS, Batch
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.defects.place import EVERYDAY

Wide = NDArray[np.float64]


def only_ordinary(op: Op) -> Callable[[Batch], Batch]:
    """What makes batches of the op ordinary: finite numbers beyond 2^-12..2^12 keep sign and significand, and get an exponent of the range (theirs,
    modulo its 24 binades, so that numbers that stood near each other still do); rows that hold an infinity or a NaN are left out, and rows that
    would leave their domain or lose their structure."""
    specs = {spec.name: spec for spec in op.inputs}

    def ordinary(batch: Batch) -> Batch:
        kept = np.ones(batch.rows, np.bool_)
        inputs = {}
        for (name, values), exact in zip(batch.inputs.items(), batch.exact().values(), strict=True):
            kept &= _rows(np.isfinite(exact))
            folded = _folded(exact)
            if name not in DIRECTIONS:
                kept &= _fits(specs[name], exact, folded)
            inputs[name] = folded.astype(
                values.dtype
            )  # exact: the significand is the format's, the exponent one that every format has
        moved = Batch(batch.dtype, inputs)
        return moved if kept.all() else moved.take(np.flatnonzero(kept))

    return ordinary


def is_ordinary(batch: Batch) -> NDArray[np.bool_]:
    """Per row whether it is as `only_ordinary` leaves it."""
    kept = np.ones(batch.rows, np.bool_)
    for values in batch.exact().values():
        kept &= _rows(np.isfinite(values)) & _rows(_folded(values) == values)
    return kept


def _folded(exact: Wide) -> Wide:
    significand, exponent = np.frexp(np.where(np.isfinite(exact), exact, 0.0))
    span = 2 * EVERYDAY
    folded: Wide = np.ldexp(significand, (exponent - 1 + EVERYDAY) % span - EVERYDAY + 1)
    return folded


def _fits(spec: Input, exact: Wide, folded: Wide) -> NDArray[np.bool_]:
    inside = (folded >= spec.low) & (folded <= spec.high)
    if spec.integers:
        inside &= folded == np.rint(folded)
    if spec.structure:
        inside &= folded == exact
    return _rows(inside)


def _rows(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Per row whether it holds everywhere."""
    return np.asarray(mask.all(axis=tuple(range(1, mask.ndim))))
