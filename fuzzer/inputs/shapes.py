"""How many outputs an op has: its definition evaluated over numbers that do nothing; and how long its cotangents and tangents are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fuzzer.case import COTANGENT, TANGENT
from fuzzer.catalog.op import Op
from oracles.definitions import definition
from oracles.function import flat


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


def output_count(op: Op, params: Mapping[str, Any], length: int) -> int:
    """The number of outputs of one row: 1 where the op reduces, `length` where it maps a vector to a vector, and so on.

    Raises oracles.definitions.UnknownDefinition where the op's definition is missing.
    """
    return _count(op.definition or op.name, tuple(i.shape for i in op.inputs), tuple(params.items()), length)


def direction_counts(op: Op, params: Mapping[str, Any], order: str, length: int) -> dict[str, int]:
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


def variables(op: Op, length: int) -> list[tuple[str, int]]:
    """The numbers that an op is differentiated by, (input, index), in the order of TANGENT and of the outputs of grad and grad2."""
    sizes = {"scalar": 1, "vector": length, "matrix": length * length}
    return [(i.name, index) for i in op.inputs if i.differentiable for index in range(sizes[i.shape])]


@lru_cache(maxsize=4096)
def _count(name: str, shapes: tuple[str, ...], params: tuple[tuple[str, Any], ...], length: int) -> int:
    number = _Anything()
    filled = {"scalar": number, "vector": [number] * length, "matrix": [[number] * length for _ in range(length)]}
    return len(flat(definition(name)(Shapes(), *(filled[shape] for shape in shapes), **dict(params))))
