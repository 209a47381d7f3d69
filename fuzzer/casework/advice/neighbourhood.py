"""Neighbourhood: fresh points around a case, in the same binades of every input."""

from __future__ import annotations

import numpy as np

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.formats import Floats, Format
from ulpfuzz.fuzzer.inputs.regions import bounds
from ulpfuzz.fuzzer.inputs.structures import satisfy

#: How many binades further on either side points are taken from, until there are enough different ones: 16-bit formats have few numbers in one.
WIDENING = (0, 1, 2, 4, 8)
#: The share of the points that stay within some ulps of the case, for what depends on a relation of the inputs, as a cancellation does.
NEAR = 0.5
#: Rows that are drawn for each that is wanted: points within few ulps of the case come up more than once.
DRAWN = 3


def around(op: Op, row: Batch, count: int, rng: np.random.Generator) -> Batch:
    """`count` rows at most, all different, around a batch of one row; fewer where its binades hold fewer.

    Half of them take each number from the whole of its binade, half within a log-uniform number of ulps. Signs stay, and zeros, infinities and
    NaNs stay as they are; whole numbers stay whole. Every row lies in the domain and has the structures of its inputs, where the case does.
    """
    found = _drawn(op, row, count, rng, 0)
    for binades in WIDENING[1:]:
        if found.rows >= count:
            break
        more = _drawn(op, row, count, rng, binades)
        if more.rows > found.rows:
            found = more
    return found


def _drawn(op: Op, row: Batch, count: int, rng: np.random.Generator, binades: int) -> Batch:
    fmt, wanted, count = row.format, count, DRAWN * count
    near = rng.random(count) < NEAR
    inputs = {}
    for spec in op.inputs:
        value = row.inputs[spec.name]
        domain = bounds(fmt, (spec.low, spec.high))
        moved = _moved(fmt, value, near, binades, rng)
        exact = value.astype(np.float64)
        if ((exact >= spec.low) & (exact <= spec.high)).all():
            ordinals = fmt.ordinals(moved)
            beyond = np.isfinite(moved.astype(np.float64)) & ((ordinals < domain[0]) | (ordinals > domain[1]))
            moved = np.where(beyond, fmt.from_ordinals(np.clip(ordinals, *domain)), moved)
        if spec.integers:
            moved = fmt.round(np.clip(np.round(moved.astype(np.float64)), spec.low, spec.high))
        inputs[spec.name] = satisfy(fmt, spec, moved)
    for name, value in row.inputs.items():
        if name not in inputs:
            inputs[name] = _moved(fmt, value, near, binades, rng)
    raw = np.concatenate([fmt.bits(v).reshape(count, -1).astype(np.uint64) for v in inputs.values()], axis=1)
    _, first = np.unique(raw, axis=0, return_index=True)
    return Batch(row.dtype, inputs).take(np.sort(first)[:wanted])


def _moved(fmt: Format, value: Floats, near: np.ndarray, binades: int, rng: np.random.Generator) -> Floats:
    """(count, *shape) numbers from the binades of the one row's."""
    shape = (len(near), *value.shape[1:])
    # Magnitudes as ordinals: a binade is a run of 2^(p - 1) of them, and so are the subnormal numbers.
    ordinals = np.broadcast_to(np.abs(fmt.ordinals(value)), shape)
    size = np.int64(1) << np.int64(fmt.precision - 1)
    first = ordinals // size * size - binades * size
    last = ordinals // size * size + (binades + 1) * size - 1
    # Subnormal numbers differ by their leading bit: theirs is the binade.
    leading = np.int64(1) << np.floor(np.log2(np.maximum(ordinals, 1))).astype(np.int64)
    subnormal = ordinals < size
    first = np.where(subnormal, leading >> np.int64(binades), np.maximum(first, 1))
    last = np.where(subnormal, (leading << np.int64(binades + 1)) - 1, last)
    anywhere = rng.integers(first, last + 1)
    reach = np.exp2(rng.uniform(0, fmt.precision - 1, shape)).astype(np.int64)
    beside = np.clip(ordinals + rng.integers(-reach, reach + 1), first, last)
    drawn = np.where(near.reshape(-1, *[1] * (len(shape) - 1)), beside, anywhere)
    drawn = np.minimum(drawn, fmt.max_ordinal)
    sign = np.where(np.signbit(value.astype(np.float64)), -1, 1)
    moved = fmt.from_ordinals(drawn * sign)
    exact = np.broadcast_to(value, shape)
    stays = ~np.isfinite(exact.astype(np.float64)) | (exact.astype(np.float64) == 0)
    return np.where(stays, exact, moved)
