"""Sampling: the fast tests take a part of the catalogue, the slow ones all of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import pytest

from fuzzer.catalog.op import Op
from fuzzer.catalog.registry import ops


def sampled(share: int, *keys: str, of: Iterable[Op] | None = None) -> list[Any]:
    """Parameters of a test over the catalogue's ops (or these), as (op, key) for each of the keys: one in `share` of them, the same on every machine,
    belongs to the fast tests; the others are marked slow. Without keys, ops alone."""
    chosen = []
    for op in ops().values() if of is None else of:
        for key in keys or ("",):
            values = (op, key) if keys else (op,)
            fast = zlib.crc32(f"{op.name} {key}".encode()) % share == 0
            marks = [] if fast else [pytest.mark.slow]
            chosen.append(pytest.param(*values, marks=marks, id=f"{op.name}-{key}" if key else op.name))
    return chosen
