"""How many outputs an op has: its definition evaluated over numbers that do nothing; and how long its cotangents and tangents are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Params
from ulpfuzz.fuzzer.catalog.axes import Sizes, axis_name, size_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.oracles.definitions import definition
from ulpfuzz.oracles.function import flat


class _Anything:
    """A number of the arithmetic of shapes: every operation gives another."""

    def _same(self, *others: Any) -> _Anything:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _same
    __neg__ = __pos__ = __abs__ = _same


class Shapes:
    """The arithmetic that computes nothing: only the structure of a definition's result is meaningful. Branches take `yes`."""

    name = "shapes"

    def hint_argmax(self, items: Sequence[Any]) -> int:
        return 0

    def swap(self, items: Sequence[Any], *_: Any) -> list[Any]:
        return list(items)

    def softmax(self, items: Sequence[Any]) -> list[Any]:
        return list(items)

    direction = softmax

    def where(self, cond: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        return yes()

    def __getattr__(self, name: str) -> Callable[..., _Anything]:
        return lambda *args, **keywords: _Anything()


def output_count(op: Op, params: Params, length: Sizes) -> int:
    """The number of outputs of one row: 1 where the op reduces, `length` where it maps a vector to a vector, and so on.

    Raises ulpfuzz.oracles.definitions.UnknownDefinition where the op's definition is missing.
    """
    return _count(op.definition or op.name, tuple(i.sizes(length) for i in op.inputs), tuple(params.items()))


def length_in(op: Op, arrays: Mapping[str, NDArray[Any]]) -> Sizes | None:
    """The length n at which a row of these arrays (rows, ...) has the op's shapes, or the sizes of its several axes; None where it never has. 1
    where no shape varies."""
    sizes: dict[str, int] = {}
    for spec in op.inputs:
        axes = spec.axes_of(arrays[spec.name].shape[1:])
        if axes is None or any(sizes.setdefault(name, size) != size for name, size in axes.items()):
            return None
    if op.axis_names in ((), ("n",)):
        return sizes.get("n", 1)
    return tuple((name, sizes[name]) for name in op.axis_names)


def reaches(sizes: Sizes, least: int) -> bool:
    """Whether the axis n, of an op that has one, is at least so long."""
    named = isinstance(sizes, int) or "n" in dict(sizes)
    return not named or size_of(sizes, "n") >= least


def chain_of(op: Op, arrays: Mapping[str, NDArray[Any]]) -> int:
    """The longest chain of roundings that the op's textbook algorithm makes of a row: the numbers of a vector or tensor, the order of a
    square matrix (a row of it meets a column). Axes that the definition maps over make it no longer."""
    lengths = [1]
    for spec in op.inputs:
        shape = arrays[spec.name].shape[1:]
        chained = [size for axis, size in zip(spec.axes, shape, strict=False) if axis_name(axis) not in op.parallel]
        lengths.append(shape[0] if spec.square else math.prod(chained))
    return max(lengths)


def numbers_in_row(op: Op, length: Sizes) -> int:
    """How many numbers the largest input of one row holds."""
    return max(math.prod(i.sizes(length)) for i in op.inputs)


def direction_counts(op: Op, params: Params, order: str, length: Sizes) -> dict[str, int]:
    """The numbers per row of the directions that an order takes beside the op's inputs: COTANGENT for grad and grad2, TANGENT for jvp and
    grad2; none for elementwise ops."""
    if order == "value" or op.elementwise:
        return {}
    counts = {}
    if order in ("grad", "grad2"):
        counts[COTANGENT] = output_count(op, params, length)
    if order in ("jvp", "grad2"):
        counts[TANGENT] = len(variables(op, length))
    return counts


def variables(op: Op, length: Sizes) -> list[tuple[str, int]]:
    """The numbers that an op is differentiated by, (input, index), in the order of TANGENT and of the outputs of grad and grad2."""
    return [(i.name, index) for i in op.inputs if i.differentiable for index in range(math.prod(i.sizes(length)))]


@lru_cache(maxsize=4096)
def _count(name: str, shapes: tuple[tuple[int, ...], ...], params: tuple[tuple[str, Any], ...]) -> int:
    return len(flat(definition(name)(Shapes(), *(filled(_Anything(), shape) for shape in shapes), **dict(params))))


def filled(number: Any, shape: tuple[int, ...]) -> Any:
    """Nested lists of a shape, with the number at every place."""
    return number if not shape else [filled(number, shape[1:]) for _ in range(shape[0])]
