"""Extent: over which interval of each input, the others as in the case, the answer is wrong in the same way; by bisection of many points a call."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ulpfuzz.fuzzer.case import DIRECTIONS, Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Input
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.defects.case_file import Interval
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

#: Points spread over the whole domain before bisection: a quarter of a binade of float16, two binades of float32, 16 of float64.
GRID = 128
#: Points beside the case, a power of two of neighbours away: what is wrong in a few ulps only would slip through the grid.
BESIDE = 8
#: Points of one step of bisection on each side: each step divides a gap by 17, so that float64's 2^64 take 14 steps after the grid.
PARTS = 16
#: Numbers of a case whose extent is measured: a matrix has too many to show.
NUMBERS = 4


@dataclass(frozen=True)
class Axis:
    """The numbers that one number of a case may take, by consecutive indices: ordinals of the format, or the integers themselves."""

    input: str
    #: The index of the number in the row's flat array.
    element: int
    #: As a reader meets it: "x", or "x[3]".
    name: str
    low: int
    high: int
    integers: bool
    format: Format

    def value(self, index: int) -> float:
        return float(index) if self.integers else float(self.format.from_ordinals(np.array([index]))[0])

    def index(self, value: float) -> int:
        return int(value) if self.integers else int(self.format.ordinals(self.format.round(np.array([value])))[0])


def extent_of(finding: Finding, evaluator: Evaluator, subject: Subject) -> tuple[Interval, ...]:
    """The interval of each of at most NUMBERS numbers of the finding's case; none of a number that is infinite or NaN, of an input whose
    numbers satisfy something together, and where the case does not fail as the finding says.

    An end is the last number that fails before one that does not, exact to the format, among the points judged: right answers narrower than
    the grid may lie inside, which `judged` and `failing` show. Deterministic: points are counted, no clock is read.
    """
    case = case_of(finding)
    row = evaluator.ordered(case.batch())
    probe = _Probe(evaluator.of_one(subject, evaluator.caps), row, finding, case.placement)
    return tuple(interval for axis in _axes(row, evaluator) if (interval := _interval(probe, axis)) is not None)


def _axes(row: Batch, evaluator: Evaluator) -> Iterator[Axis]:
    """Of each input its number of the greatest magnitude, the first such: of a vector it is what overflows or dominates."""
    specs = {i.name: i for i in evaluator.op.inputs}
    chosen = 0
    for name, values in row.inputs.items():
        if name in DIRECTIONS or specs[name].structure or chosen == NUMBERS:
            continue
        flat = values[0].reshape(-1).astype(np.float64)
        if not flat.size or not np.isfinite(flat).all():
            continue
        element = int(np.argmax(np.abs(flat)))
        place = np.unravel_index(element, values.shape[1:])
        chosen += 1
        yield _axis(specs[name], element, name + (f"[{', '.join(str(int(i)) for i in place)}]" if place else ""), row.format)


def _axis(spec: Input, element: int, name: str, fmt: Format) -> Axis:
    """The finite numbers of the input's domain."""
    low, high = max(spec.low, -fmt.max), min(spec.high, fmt.max)
    if spec.integers:  # those that the format tells apart
        whole = 2.0**fmt.precision
        return Axis(spec.name, element, name, math.ceil(max(low, -whole)), math.floor(min(high, whole)), True, fmt)
    ends = fmt.ordinals(fmt.round(np.array([low, high])))
    return Axis(spec.name, element, name, int(ends[0]), int(ends[1]), False, fmt)


@dataclass(frozen=True)
class _Probe:
    """Whether points fail as the finding does."""

    #: Of the finding's subject alone.
    evaluator: Evaluator
    row: Batch
    finding: Finding
    placement: Placement

    def failing(self, axis: Axis, indices: Sequence[int]) -> list[bool]:
        batch = self.row.repeat(len(indices))
        flat = batch.inputs[axis.input].reshape(len(indices), -1)
        flat[:, axis.element] = np.array([axis.value(i) for i in indices]).astype(flat.dtype)
        outcome = self.evaluator.run(batch, within=self.placement).outcomes[0]
        if outcome.judged is None:
            return [False] * len(indices)
        verdicts = outcome.judged.verdicts
        worst = self.finding.worst
        return [
            Class(int(c)).is_finding and Symptom(int(s)).name == self.finding.symptom
            for c, s in zip(verdicts.classes[:, worst], verdicts.symptoms[:, worst], strict=True)
        ]


def _interval(probe: _Probe, axis: Axis) -> Interval | None:
    start = axis.index(float(probe.row.inputs[axis.input].reshape(-1)[axis.element]))
    if not axis.low <= start <= axis.high:
        return None
    known = dict.fromkeys(_grid(axis, start), False)
    known |= dict(zip(known, probe.failing(axis, list(known)), strict=True))
    if not known[start]:
        return None
    while True:
        gaps = [gap for gap in (_gap(known, start, axis.low, -1), _gap(known, start, axis.high, 1)) if gap is not None]
        fresh = sorted({index for gap in gaps for index in _between(*gap)} - known.keys())
        if not fresh:
            break
        known |= dict(zip(fresh, probe.failing(axis, fresh), strict=True))
    low, high = (_end(known, start, axis, step) for step in (-1, 1))
    inside = [fails for index, fails in known.items() if low <= index <= high]
    return Interval(
        axis.name, axis.value(low).hex(), axis.value(high).hex(), low == axis.low, high == axis.high, len(inside), sum(inside)
    )


def _grid(axis: Axis, start: int) -> list[int]:
    """GRID indices from end to end, and BESIDE on each side of the start, sorted."""
    span = axis.high - axis.low
    spread = {axis.low + span * i // (GRID - 1) for i in range(GRID)}
    beside = {start + sign * (1 << (4 * k)) for sign in (-1, 1) for k in range(BESIDE)}
    return sorted(i for i in spread | beside | {start} if axis.low <= i <= axis.high)


def _gap(known: dict[int, bool], start: int, edge: int, step: int) -> tuple[int, int] | None:
    """(the last failing index, the first right one) from the start in one direction; None where all fail as far as the edge."""
    last = start
    for index in sorted((i for i in known if step * (i - start) > 0), key=lambda i: step * i):
        if not known[index]:
            return last, index
        last = index
    return None if last == edge else (last, edge)


def _between(failing: int, right: int) -> list[int]:
    """At most PARTS indices that divide what lies between."""
    low, high = sorted((failing, right))
    return sorted({low + (high - low) * i // (PARTS + 1) for i in range(1, PARTS + 1)} - {low, high})


def _end(known: dict[int, bool], start: int, axis: Axis, step: int) -> int:
    gap = _gap(known, start, axis.high if step > 0 else axis.low, step)
    return (axis.high if step > 0 else axis.low) if gap is None else gap[0]
