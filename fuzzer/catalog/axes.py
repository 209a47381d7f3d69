"""Axes: what the shapes of an op's inputs are written in, and the sizes at which they are fuzzed. Data only, as Op is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

from ulpfuzz.fuzzer.errors import UserError

#: A fixed size, or a letter with a factor and an offset: "n", "2n", "n+1".
Axis = int | str
#: The sizes of an op's axes: of one that has but the axis n a number, else pairs (name, size), a pair for each. A number is the size of all axes
#: alike.
Sizes = int | tuple[tuple[str, int], ...]

#: The product of all axes of a shape that is fuzzed is at most this: a definition of so many products takes the vectorised tiers a second for a call.
WORK = 8192
_AXIS = re.compile(r"(\d*)([a-z])([+-]\d+)?")


def axis_name(axis: Axis) -> str:
    """The letter of an axis; "" for one of a fixed size. Raises UserError for what is no axis."""
    return "" if isinstance(axis, int) else _parts(axis)[1]


def axis_factor(axis: Axis) -> int:
    """How much longer an axis becomes where its letter grows by one: 2 of "2n+1", 0 of a fixed size."""
    return 0 if isinstance(axis, int) else _parts(axis)[0]


def axis_size(axis: Axis, sizes: Sizes) -> int:
    """An axis at these sizes: a number of its own, or "n", "2n", "n+1", "n-1", where n is the size of the axis of that letter."""
    if isinstance(axis, int):
        return axis
    factor, name, offset = _parts(axis)
    return factor * size_of(sizes, name) + offset


@cache
def _parts(axis: str) -> tuple[int, str, int]:
    """Factor, letter and offset."""
    found = _AXIS.fullmatch(axis)
    if found is None:
        raise UserError(f'an axis is a number or "n", "2n", "n+1", with any letter for n, not {axis!r}')
    return int(found[1] or 1), found[2], int(found[3] or 0)


def sizes_with(axes: Sequence[Axis], shape: Sequence[int]) -> dict[str, int] | None:
    """The sizes, by letter and at least 1, with which axes have a shape: {} where they have it at every size, None where they never have it."""
    if len(shape) != len(axes):
        return None
    found: dict[str, int] = {}
    for axis, size in zip(axes, shape, strict=True):
        if isinstance(axis, str):
            factor, name, offset = _parts(axis)
            whole, rest = divmod(size - offset, factor)
            if rest or whole < 1 or found.setdefault(name, whole) != whole:
                return None
        elif axis != size:
            return None
    return found


def size_of(sizes: Sizes, name: str) -> int:
    """The size of the axis of that letter. Raises KeyError where there is none."""
    return sizes if isinstance(sizes, int) else dict(sizes)[name]


def work_of(sizes: Sizes) -> int:
    """The product of the sizes of several axes; of one axis 1, for its lengths are limited by their own lists."""
    return 1 if isinstance(sizes, int) else math.prod(size for _, size in sizes)


def shapes_of(axes: Mapping[str, tuple[int, ...]]) -> tuple[Sizes, ...]:
    """The sizes that are fuzzed, of lists of sizes by axis: the first ones; every axis at its last, at the one before ... together; then each axis
    alone, likewise; as far as WORK allows. () of no axes."""
    base = {name: sizes[0] for name, sizes in axes.items()}
    depth = max(map(len, axes.values()), default=0)
    together = [{name: sizes[min(k, len(sizes) - 1)] for name, sizes in axes.items()} for k in range(depth - 1, 0, -1)]
    alone = [{**base, name: size} for k in range(depth - 1, 0, -1) for name, sizes in axes.items() for size in sizes[k : k + 1]]
    fit = [drawn for drawn in (base, *together, *alone) if drawn and math.prod(drawn.values()) <= WORK]
    return tuple(dict.fromkeys(tuple(drawn.items()) for drawn in fit))
