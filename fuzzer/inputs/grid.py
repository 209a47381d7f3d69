"""The deterministic batch that every exploration starts from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT, Batch, Params
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.formats import Floats, Format, format_named
from ulpfuzz.fuzzer.inputs import regions
from ulpfuzz.fuzzer.inputs.recipe import Landmarks, settle
from ulpfuzz.fuzzer.inputs.shapes import direction_counts

#: Ways in which a vector holds a point of the grid.
KINDS = 3


def special_batch(
    op: Op,
    params: Params | None = None,
    dtype: str = "float32",
    order: str = "value",
    landmarks: Landmarks | None = None,
    *,
    specials: bool = True,
    limit: int = 4096,
) -> Batch:
    """The special grid as a batch of at most about `limit` rows.

    One scalar input: regions.special_grid. Several inputs: all combinations of the most telling points of each. Vectors (of length 3, or the
    op's least; of several axes at their usual sizes) and matrices hold the point once, everywhere, or beside its negative: all three where
    there is one input, else by row. The cotangent is ones, the tangent 1, -1/2, 2 in turn.
    """
    fmt, marks = format_named(dtype), landmarks or {}
    specials = specials and not op.raises_outside_domain
    if len(op.inputs) == 1 and op.elementwise:
        spec = op.inputs[0]
        allowed = specials and spec.draws_special_values
        grid = regions.special_grid(fmt, (spec.low, spec.high), marks.get(spec.name, ()), allowed)
        return Batch(dtype, {spec.name: grid if allowed else settle(fmt, spec, grid)})
    each = max(2, math.floor(limit ** (1 / len(op.inputs)) + 1e-9))
    each = limit // KINDS if len(op.inputs) == 1 else each
    points = [_telling(fmt, spec, marks.get(spec.name, ()), specials, each) for spec in op.inputs]
    rows = np.asarray(list(itertools.product(*(range(len(p)) for p in points))), dtype=np.int64)
    if len(op.inputs) == 1:
        rows = np.repeat(rows, KINDS, axis=0)
    length = grid_length(op)
    inputs = {}
    for number, spec in enumerate(op.inputs):
        inputs[spec.name] = _spread_out(fmt, spec, points[number][rows[:, number]], length)
    for name, count in direction_counts(op, op.default_params() if params is None else params, order, length).items():
        # not all ones: equal tangents are annihilated by whatever a shift does not change (softmax, var)
        pattern = np.ones(count) if name == COTANGENT else np.resize([1.0, -0.5, 2.0], count)
        inputs[name] = np.broadcast_to(pattern, (len(rows), count)).astype(fmt.dtype)
    return Batch(dtype, inputs)


def grid_length(op: Op) -> Sizes:
    """The length n of the grid's vectors, or the usual sizes of several axes; 1 where nothing varies."""
    if op.axes:
        return op.shapes[0]
    return min((n for n in op.lengths if n >= max(3, op.min_length)), default=max(3, op.min_length)) if op.varies else 1


def _usual(fmt: Format) -> list[float]:
    """The points of an input without landmarks, the most telling first: the ends of the format, the neighbours of 1, everyday numbers."""
    u = fmt.unit_roundoff
    return [
        1.0, 0.0, -1.0, fmt.max, -fmt.max, 0.5, 2.0, fmt.min_normal, math.sqrt(fmt.max), 1 + 2 * u, 1 - u, u, 10.0, -0.5, -2.0, 100.0,
        math.sqrt(fmt.min_normal), fmt.min_subnormal, 3.0, 0.1, 1.5, -10.0, -100.0, 1 / u, -u, -fmt.min_normal, -math.sqrt(fmt.max),
        20.0, 0.75 * fmt.max, -fmt.min_subnormal, 0.01, 1e-3, 1e4, 40.0, 0.9, 7.0, -1.5, -3.0, -1e4, math.sqrt(u), 64.0, -40.0, 1 / 3,
        5.0,
    ]  # fmt: skip


def _telling(fmt: Format, spec: Input, marks: Sequence[float], specials: bool, limit: int) -> Floats:
    """At most `limit` points of an input, the most telling first; a third of them landmarks where there are many."""
    chosen = fmt.round(np.asarray(_usual(fmt)))
    low, high = regions.bounds(fmt, (spec.low, spec.high))
    ordinals = fmt.ordinals(chosen)
    edges = fmt.from_ordinals(np.asarray([o for o in (low, high) if abs(o) < fmt.max_ordinal], dtype=np.int64))
    special = np.asarray([math.inf, math.nan, -math.inf, -0.0] if specials and spec.draws_special_values else []).astype(
        fmt.dtype
    )
    critical = fmt.round(np.asarray(marks, dtype=np.float64))[:: 1 + 3 * len(marks) // max(limit, 1)]
    head, inside = special[: limit // 4], chosen[(ordinals >= low) & (ordinals <= high)]
    room = np.concatenate([head, *(settle(fmt, spec, part) for part in (edges, critical, inside))])
    return room[np.sort(np.unique(fmt.bits(room), return_index=True)[1])][:limit]


def _spread_out(fmt: Format, spec: Input, values: Floats, length: Sizes) -> Floats:
    """The points as scalars, or as vectors, matrices and tensors that hold the point once, everywhere, or beside its negative."""
    if spec.scalar:
        return values
    sizes = spec.sizes(length)
    rows = np.arange(len(values))[:, np.newaxis]
    place, kind = np.arange(sizes[0] if spec.square else math.prod(sizes)), rows % KINDS
    others = np.where(place == 1, 1.0, 0.0)
    mixed = np.where(
        kind == 0,
        others,
        np.where(kind == 1, values[:, np.newaxis].astype(np.float64), -values[:, np.newaxis].astype(np.float64)),
    )
    line = np.where(place == 0, values[:, np.newaxis].astype(np.float64), mixed).astype(fmt.dtype)
    if not spec.square:
        shaped = line.reshape(len(values), *sizes)
        return settle(fmt, spec, shaped, keep=~np.isfinite(shaped.astype(np.float64)))
    square = np.broadcast_to(np.eye(sizes[0]), (len(values), *sizes)).astype(fmt.dtype)
    square[:, 0, :] = line
    return settle(fmt, spec, square, keep=~np.isfinite(square.astype(np.float64)))
