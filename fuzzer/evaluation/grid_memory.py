"""The oracle's memory of the grid, in the user's cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ulpfuzz.fuzzer.user_cache import ORACLE, machine, made, tidy, user_cache
from ulpfuzz.oracles import memory

#: Bytes of the folder: first visits of all 13,000 cells take a fifth of them (measured: 2 to 14 kB a function).
BYTES = 1 << 29


@contextmanager
def remembering() -> Iterator[None]:
    """What the oracle knows of the grid is read inside where an earlier run found it, and what it finds is written at the end."""
    cache = user_cache()
    memory.keep_in(None if cache is None else _ready(cache / ORACLE))
    try:
        yield
    finally:
        memory.save()


@cache
def _ready(folder: Path) -> Path | None:
    """The part of the folder that belongs to this machine (numpy's functions differ between CPUs by an ulp), within its bounds; None where
    it cannot be made."""
    if not made(folder):
        return None
    tidy(folder, BYTES)
    return folder / machine()
