"""Limits: the largest range around everyday inputs in which a call keeps its limit, by bisection over many points at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.casework.comparison import Comparison
from ulpfuzz.fuzzer.catalog.op import Input
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.everyday import is_everyday
from ulpfuzz.fuzzer.inputs.regions import bounds

#: Points of a round of bisection, and rounds: two of them place an end within 2^-22 of the way from the middle to the first wrong point.
POINTS, ROUNDS = 2048, 2


@dataclass(frozen=True)
class Range:
    """Per input the ends between which it may lie."""

    ends: Mapping[str, tuple[float, float]]
    #: Ends of the domain, or of the format.
    edges: Mapping[str, tuple[float, float]]

    def holds(self, batch: Batch) -> NDArray[np.bool_]:
        """Per row whether every number lies inside."""
        masks = []
        for name, (low, high) in self.ends.items():
            values = batch.inputs[name].astype(np.float64).reshape(batch.rows, -1)
            masks.append(((values >= low) & (values <= high)).all(axis=1))
        return np.asarray(np.logical_and.reduce(masks))

    def hexes(self) -> dict[str, list[str]]:
        return {name: [float.hex(low), float.hex(high)] for name, (low, high) in self.ends.items()}


def range_of(comparison: Comparison, subject: Subject, usual: Batch, rng: np.random.Generator) -> Range | None:
    """The largest box around the middle of everyday rows, of an op of single numbers, such that no point tried in it is wrong.

    Each input is moved alone, the others at everyday numbers; a wrong point may be left inside, so the caller judges fresh points in it.
    """
    op = comparison.cell.record
    if not op.elementwise or any(i.integers for i in op.inputs):
        return None
    fmt = usual.format
    usual = usual.take(np.flatnonzero(is_everyday(op, usual.inputs)))
    if not usual.rows:
        return None
    ends = {}
    for spec in op.inputs:
        found = _ends(comparison, subject, usual, spec, fmt, rng)
        if found is None:
            return None
        ends[spec.name] = found
    edges = {i.name: tuple(float(e) for e in fmt.from_ordinals(np.asarray(bounds(fmt, (i.low, i.high))))) for i in op.inputs}
    return Range(ends, {name: (low, high) for name, (low, high) in edges.items()})


def _ends(
    comparison: Comparison, subject: Subject, usual: Batch, spec: Input, fmt: Format, rng: np.random.Generator
) -> tuple[float, float] | None:  # fmt: skip
    middle = int(np.median(fmt.ordinals(usual.inputs[spec.name])))
    ends = []
    for end in bounds(fmt, (spec.low, spec.high)):
        right, wrong = middle, end
        for _ in range(ROUNDS):
            points = np.unique(np.linspace(right, wrong, POINTS).astype(np.int64))
            points = points if wrong >= right else points[::-1]
            mask = _wrong_at(comparison, subject, usual, spec, fmt.from_ordinals(points), rng)
            if mask[0]:
                return None
            first = int(np.argmax(mask)) if mask.any() else len(points)
            if first == len(points):
                right = wrong = int(points[-1])
                break
            right, wrong = int(points[first - 1]), int(points[first])
        ends.append(float(fmt.from_ordinals(np.asarray([right]))[0]))
    return ends[0], ends[1]


def _wrong_at(
    comparison: Comparison, subject: Subject, usual: Batch, spec: Input, numbers: NDArray[np.generic], rng: np.random.Generator
) -> NDArray[np.bool_]:  # fmt: skip
    """Whether the call is wrong, or undecided, with these numbers of the input, the others everyday ones."""
    rows = usual.take(rng.integers(0, usual.rows, len(numbers)))
    (measured,) = comparison.measure([subject], Batch(rows.dtype, {**rows.inputs, spec.name: numbers}))
    return np.asarray(measured.wrong)


def inside(comparison: Comparison, box: Range, usual: Batch, count: int, rng: np.random.Generator) -> Batch:
    """`count` fresh rows of the box: each input in turn uniform over the ordinals inside, the others everyday ones that lie inside; none where no
    everyday row does."""
    fmt = usual.format
    kept = np.flatnonzero(box.holds(usual))
    if not len(kept):
        return usual.take(kept)
    rows = usual.take(kept[rng.integers(0, len(kept), count)])
    inputs = dict(rows.inputs)
    names = [*box.ends]
    for position, name in enumerate(names):
        low, high = (int(o) for o in fmt.ordinals(np.asarray(box.ends[name]).astype(fmt.dtype)))
        turn = np.arange(count) % len(names) == position
        fresh = fmt.from_ordinals(rng.integers(low, high + 1, count))
        inputs[name] = np.where(turn, fresh, inputs[name])
    return Batch(rows.dtype, inputs)


def written(box: Range) -> str:
    """In words, without what the domain says: "-87.3 <= x <= 88.7"."""
    parts = []
    for name, (low, high) in box.ends.items():
        below = f"{low:.6g} <= " if low != box.edges[name][0] else ""
        above = f" <= {high:.6g}" if high != box.edges[name][1] else ""
        parts += [f"{below}{name}{above}"] if below or above else []
    return ", ".join(parts)
