"""Sampling: the fast tests take a part of the catalogue, the slow ones all of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.inputs.shapes import Shapes, filled, numbers_in_row
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.definitions import definition


def sampled(share: int, *keys: str, of: Iterable[Op] | None = None, quick: Callable[[Op], bool] = bool) -> list[Any]:
    """Parameters of a test over the catalogue's ops (or these), as (op, key) for each of the keys: of the quick ones one in `share`, the same on
    every machine, belongs to the fast tests; the others are marked slow. Without keys, ops alone."""
    chosen = []
    for op in ops().values() if of is None else of:
        for key in keys or ("",):
            values = (op, key) if keys else (op,)
            fast = zlib.crc32(f"{op.name} {key}".encode()) % share == 0 and quick(op)
            marks = [] if fast else [pytest.mark.slow]
            chosen.append(pytest.param(*values, marks=marks, id=f"{op.name}-{key}" if key else op.name))
    return chosen


class _Asked(Shapes):
    """The arithmetic that computes nothing and notes the special functions that it is asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in functions():
            self.names.add(name)
        return super().__getattr__(name)


def is_quick(op: Op) -> bool:
    """Whether mpmath has the op's values at high precision in microseconds: a definition without functions of the table, of few numbers."""
    m = _Asked()
    length = min((n for n in op.lengths if n >= op.min_length), default=max(2, op.min_length))
    rows = [filled(Shapes().num(), i.sizes(length)) for i in op.inputs]
    definition(op.definition)(m, *rows, **op.default_params())
    return not m.names and numbers_in_row(op, length) <= 16
