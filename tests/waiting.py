"""A plugin of ops that wait for an hour, where they are told to: in the framework's call, or in the truth, which no call's timeout ends.

They are told by a file that a variable names, so that a run finds defects in peace first, and processes of it wait later (`told`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import psutil
from numpy.typing import NDArray

from tests.engine.tasks import Deed
from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.engine.engine import Run, engine
from ulpfuzz.oracles.definitions import define

#: Names the file that says where to wait; beside it each process that does so leaves a sign.
VARIABLE = "ULPFUZZ_WAITING"
#: A process that nobody ends must not stay for ever.
LONGEST = 3600.0


def wait_in(place: str) -> None:
    """Does not come back where the file says so, and leaves a sign."""
    said = Path(os.environ.get(VARIABLE, os.devnull))
    if said.exists() and said.read_text() == place:
        said.with_suffix(".sign").touch()
        time.sleep(LONGEST)


def log1p(x: NDArray[Any]) -> NDArray[Any]:
    """Loses the digits of small numbers."""
    wait_in("call")
    return np.asarray(np.log(1 + x))


@define("waiting_log1p")
def truth(m: Any, x: Any) -> Any:
    """log(1 + x)."""
    wait_in("truth")
    return m.log1p(x)


def _op(name: str, definition: str, call: str) -> Op:
    implementation = Implementation("numpy", call, dtypes=("float32",), grad=False)
    return Op(name, (scalar("x", -1),), (implementation,), definition=definition, accuracy="composite")


OPS = [
    _op("waiting_log1p", "waiting_log1p", "__import__('tests.waiting').waiting.log1p(x)"),
    _op("waiting_not", "log1p", "np.log(1 + x)"),
]


@contextmanager
def installed(folder: Path) -> Iterator[Path]:
    """Inside, the ops are a plugin of this process and of those that it starts. Gives the file that says where they wait."""
    said = folder / "waiting"
    caches: list[Any] = [plugins.modules, ops]
    with mock.patch.dict(os.environ, {plugins.VARIABLE: __name__, VARIABLE: str(said)}):
        for cached in caches:
            cached.cache_clear()
        yield said
    for cached in caches:
        cached.cache_clear()


def waited(said: Path) -> bool:
    """Whether a process has."""
    return said.with_suffix(".sign").exists()


@contextmanager
def warm(workers: int) -> Iterator[Run]:
    """An engine whose workers have started, so that what follows is not the time of starting them; asserts that none of its processes is left."""
    before = _children()
    with engine(workers, None, modules=("ulpfuzz.fuzzer.campaign.shard", "ulpfuzz.fuzzer.casework.case_task")) as execute:
        groups: Sequence[list[Deed]] = [[Deed(number, "sleeps")] for number in range(workers)]
        assert len(list(execute(groups, lambda: False))) == workers
        yield execute
    assert _children() <= before


def _children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}
