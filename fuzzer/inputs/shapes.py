"""How many outputs an op has: its definition evaluated over numbers that do nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

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

    def where(self, cond: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        return yes()

    def __getattr__(self, name: str) -> Callable[..., _Anything]:
        return lambda *args, **keywords: _Anything()


def output_count(op: Op, params: Mapping[str, Any], length: int) -> int:
    """The number of outputs of one row: 1 where the op reduces, `length` where it maps a vector to a vector, and so on.

    Raises oracles.definitions.UnknownDefinition where the op's definition is missing.
    """
    return _count(op.definition or op.name, tuple(i.shape for i in op.inputs), tuple(params.items()), length)


@lru_cache(maxsize=4096)
def _count(name: str, shapes: tuple[str, ...], params: tuple[tuple[str, Any], ...], length: int) -> int:
    number = _Anything()
    filled = {"scalar": number, "vector": [number] * length, "matrix": [[number] * length for _ in range(length)]}
    return len(flat(definition(name)(Shapes(), *(filled[shape] for shape in shapes), **dict(params))))
