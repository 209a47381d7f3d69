"""Expressed: a recorded case as a probe of the catalogue's call of the same API, on the recorded bits.

A record is a call of its own with inputs of its own names; which input of an op, which param and which constant of the call is which is not
guessed. The ways to say it (ways.py) are tried, the likeliest first, and a way holds where the op's definition gives the recorded truth at the
recorded bits to AGREE digits: the definition decides, not the framework. Where it gives the truth in no way, because its formula has none at that
point, the least strange way with the recorded shapes is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx

from tests.benchmarks.known_defects import KnownDefect, ops_of
from tests.benchmarks.ways import Way, ways_of
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.point.point import Point, point_of
from ulpfuzz.oracles import rigorous

#: Significant digits to which a definition must give the recorded truth (records hold 20).
AGREE = 15
#: Bits of the enclosures; four times as many are tried once.
BITS = 512
#: Ways that are tried at most.
TRIED = 2000
#: Where a record has more rows, the truth is looked for in the row of its index alone.
ROWS = 64


@dataclass(frozen=True)
class Expressed:
    """A probe. inputs: by the op's names, as `probe` takes them, directions among them. calls: those of the API. place: the index in the flat
    result of what the record speaks of, None where the definition has no truth there."""

    op: str
    params: dict[str, Any]
    dtype: str
    order: str
    inputs: dict[str, Any]
    calls: tuple[str, ...]
    target: str
    place: int | None


class NotExpressibleError(Exception):
    """No way to say a record by the catalogue; str: why, in one line."""


def expressed(defect: KnownDefect) -> Expressed:
    """The probe that is the record. Raises NotExpressibleError."""
    ops, reasons = [op for op in ops_of([defect]) if any(map(defect.calls, op.implementations))], []
    if not ops:
        raise NotExpressibleError(f"no op has a call of {defect.record['op']}")
    second: list[Expressed] = []
    for way in itertools.islice(ways_of(ops, defect), TRIED):
        op, (dtype, order) = way.op, (defect.dtype, defect.order)
        calls = tuple(i.call for i in op.implementations if defect.calls(i) and i.supports(dtype, order, way.params))
        if order not in op.orders or dtype not in op.dtypes or not calls:
            reasons.append(f"{op.name} has no {order} in {dtype}")
            continue
        try:
            point = point_of(op, way.params, dtype, order, way.inputs)
        except UserError as error:
            reasons.append(str(error))
            continue
        place, strict = _place(way, defect, point)
        said = Expressed(op.name, way.params, dtype, order, way.inputs, calls, defect.target, place)
        if strict:
            return said
        if place is not None or (way.as_recorded and not _has_truth(way, defect, point)):
            second.append(said)
    if second:
        return max(second, key=lambda said: said.place is not None)
    reasons.append(f"no input, param or shape of {', '.join(op.name for op in ops)} gives the recorded truth")
    raise NotExpressibleError("; ".join(dict.fromkeys(reasons)))


def _place(way: Way, defect: KnownDefect, point: Point) -> tuple[int | None, bool]:
    """The place in the flat result where the truth is the recorded one, and whether it is the record's own; a zero that stands elsewhere may be
    any zero, and does not count."""
    found = list(_places(way.op, way.params, defect, point))
    own = [place for place, strict in found if strict]
    if own:
        return own[0], True
    return (found[0][0] if found and arb(defect.record["reference"]) != 0 else None), False


def _has_truth(way: Way, defect: KnownDefect, point: Point) -> bool:
    """Whether the definition's formula gives any number at all at the first row."""
    balls = _balls(
        function_of(way.op, way.params, defect.order), {name: values[0] for name, values in point.batch.exact().items()}
    )
    return any(ball.is_finite() for ball in balls)


def _places(op: Op, params: Mapping[str, Any], defect: KnownDefect, point: Point) -> Iterator[tuple[int, bool]]:
    function, exact, rows = function_of(op, params, defect.order), point.batch.exact(), point.batch.rows
    index, imaginary = int(defect.record["out_index"]), defect.record.get("part") == "im"
    for row in range(rows) if rows <= ROWS else [index]:
        balls = _balls(function, {name: values[row] for name, values in exact.items()})
        for output, ball in enumerate(balls):
            if is_truth(ball, defect.record["reference"]):
                elementwise = op.elementwise and defect.order != "value"
                place = output * rows + row if elementwise else row * len(balls) + output
                yield place, _is_own(op, point, defect.order, (row, output), (index, imaginary))


def _is_own(op: Op, point: Point, order: str, at: tuple[int, int], recorded: tuple[int, bool]) -> bool:
    """Whether an output is at the record's index: of values in the flat result, of derivatives in that by one of the inputs."""
    (row, output), (index, imaginary) = at, recorded
    if op.elementwise and order != "value":
        return row == index or point.batch.rows == 1
    width = 2 if any(i.complex for i in op.inputs) or op.complex_result else 1
    if order == "value":
        outputs = output + row * (1 if op.elementwise else 0)
        return outputs in (index, width * index + imaginary)
    start = 0
    for name in op.differentiable_inputs:
        if output - start in (index, width * index + imaginary):
            return True
        start += point.batch.inputs[name][0].size
    return False


def _balls(function: Any, single: Any) -> list[Any]:
    balls: list[Any] = []
    for bits in (BITS, 4 * BITS):
        balls = rigorous.enclose(function, single, bits).balls
        if all(ball.is_finite() and ball.rel_accuracy_bits() > 4 * AGREE for ball in balls):
            break
    return balls


def is_truth(value: Any, reference: str) -> bool:
    """Whether a ball, or decimals, is the recorded truth to AGREE digits; a zero is a zero exactly."""
    if isinstance(value, str) and value.lower().lstrip("+-") in ("nan", "inf"):
        return math.isnan(float(value)) == math.isnan(float(reference)) and (
            math.isnan(float(value)) or float(value) == float(reference)
        )
    if isinstance(value, str) and value.startswith("["):
        return False
    before, ctx.prec = ctx.prec, 4 * BITS
    try:
        near, truth = arb(value), arb(reference)
        if not (near.is_finite() and truth.is_finite()):
            return False
        if truth == 0:
            return bool(near.contains(0) and near.rad() < arb("1e-300"))
        return bool(abs(near - truth) < abs(truth) * arb(f"1e-{AGREE}"))
    finally:
        ctx.prec = before
