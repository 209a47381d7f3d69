"""Axes: one row of an op with several axes made shorter along one of them, and where its outputs are then.

An axis of size s + c, as of the numbers under a window of c + 1, is cut to a window of the numbers under the windows that stay; of an op with a
stride the first of these is one that the result has.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch
from ulpfuzz.fuzzer.catalog.axes import Axis, Sizes, axis_factor, axis_name, axis_size, size_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.inputs.shapes import length_in

#: Windows of one size that are tried along an axis.
WINDOWS = 12


def axis_cuts(
    op: Op, params: Mapping[str, Any], order: str, sizes: Sizes, name: str, output: int, fewer: int
) -> Iterator[list[int]]:
    """Windows of `fewer` consecutive indices along an axis, or one at its end that is shorter by less than the stride: those that begin or end at
    the failing output first, then others evenly spread."""
    size, step = size_of(sizes, name), _step(op, params)
    place = _index_along(op, params, order, sizes, name, output)
    near = [] if place is None else [place, place - fewer + 1]
    spread = range(0, size - fewer + 1, max(1, (size - fewer) // WINDOWS))
    starts = (-(-min(max(start, 0), size - fewer) // step) * step for start in (*near, *spread))
    return (list(range(start, min(start + fewer, size))) for start in dict.fromkeys(starts) if start < size)


def cut_along(op: Op, params: Mapping[str, Any], row: Batch, name: str, left: Sequence[int]) -> Batch:
    """The row with these consecutive indices of an axis left, as `axis_cuts` gives them; its directions too. The op has a `result`."""
    sizes = length_in(op, row.inputs)
    assert sizes is not None
    step = _step(op, params)
    inputs = dict(row.inputs)
    for spec in op.inputs:
        inputs[spec.name] = _cut(row.inputs[spec.name][0], spec.axes, sizes, name, left)[np.newaxis]
    if COTANGENT in inputs:
        assert op.result is not None
        shape = _shape(op.result, sizes, step)
        inputs[COTANGENT] = _cut(row.inputs[COTANGENT].reshape(shape), op.result, sizes, name, left, step).reshape(1, -1)
    if TANGENT in inputs:
        parts, start = [], 0
        for spec in op.inputs:
            if spec.differentiable:
                shape = spec.sizes(sizes)
                part = row.inputs[TANGENT][0, start : start + math.prod(shape)].reshape(shape)
                parts.append(_cut(part, spec.axes, sizes, name, left).reshape(-1))
                start += math.prod(shape)
        inputs[TANGENT] = np.concatenate(parts)[np.newaxis]
    return Batch(row.dtype, inputs)


def moved_along(
    op: Op, params: Mapping[str, Any], order: str, sizes: Sizes, name: str, left: Sequence[int], output: int
) -> int | None:
    """The index of an output after the cut of `cut_along`; None where it is gone."""
    before = after = 0  # outputs of the parts so far, and those of them that are left
    for axes, step in _results(op, params, order):
        shape = _shape(axes, sizes, step)
        numbers = np.arange(before, before + math.prod(shape)).reshape(shape)
        kept = _cut(numbers, axes, sizes, name, left, step).reshape(-1)
        if output < before + numbers.size:
            found = np.flatnonzero(kept == output)
            return after + int(found[0]) if len(found) else None
        before, after = before + numbers.size, after + kept.size
    return None


def _step(op: Op, params: Mapping[str, Any]) -> int:
    """The stride of the op's result."""
    return int(params[op.strided]) if op.strided else 1


def _results(op: Op, params: Mapping[str, Any], order: str) -> list[tuple[tuple[Axis, ...], int]]:
    """The axes of the parts of a result, with their stride: one of the value, one for each differentiable input of a derivative by all."""
    if order in ("value", "jvp"):
        assert op.result is not None
        return [(op.result, _step(op, params))]
    return [(tuple(spec.stored), 1) for spec in op.inputs if spec.differentiable]


def _index_along(op: Op, params: Mapping[str, Any], order: str, sizes: Sizes, name: str, output: int) -> int | None:
    """The index of an output along an axis; None where its part of the result has no such axis."""
    for axes, step in _results(op, params, order):
        shape = _shape(axes, sizes, step)
        if output < math.prod(shape):
            places = [int(i) for i in np.unravel_index(output, shape)] if shape else []
            along = ((axis, i) for axis, i in zip(axes, places, strict=True) if axis_name(axis) == name)
            return next((i * step // axis_factor(axis) for axis, i in along), None)
        output -= math.prod(shape)
    return None


def _shape(axes: tuple[Axis, ...], sizes: Sizes, step: int) -> tuple[int, ...]:
    """The shape of a part with a stride, which axes of a fixed size do not have."""
    return tuple(-(-axis_size(axis, sizes) // (step if axis_name(axis) else 1)) for axis in axes)


def _cut(
    values: NDArray[Any], axes: tuple[Axis, ...], sizes: Sizes, name: str, left: Sequence[int], step: int = 1
) -> NDArray[Any]:
    """What is left of an array, with a stride, along each of its axes of that letter."""
    for place, axis in enumerate(axes):
        if axis_name(axis) == name:
            start, length = axis_factor(axis) * left[0], axis_size(axis, len(left))
            values = np.take(values, range(start // step, start // step - (-length // step)), axis=place)
    return values
