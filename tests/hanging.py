"""A framework of planted hangs: a plugin of ten ops, each with a call that does not return at some inputs and one that always does;
and one op with a call that is slow.

While it hangs, a call leaves a sign of life in a file (`hangs` reads them): what hangs cost is what processes spent inside them, however the run is
built. Installed by `installed`.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.frameworks.backends.expression import by_row, framework_errors, function_of, placed
from ulpfuzz.fuzzer.frameworks.backends.numpy import Numpy
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.frameworks.targets import registry, target

NAME = "hanging"
#: Names the folder of the signs of life.
VARIABLE = "ULPFUZZ_HANGS"
#: Seconds between two signs of life of a call that hangs.
BEAT = 0.05
#: A hang ends by itself after so long: a process that nobody ends must not stay.
LONGEST = 3600.0
#: The file of the far side of a host, at the bottom of its stack.
HOST = "host_main.py"
#: Seconds for each number of a call that is slow.
PER_ROW = 0.05
Array = NDArray[Any]

#: Where each of ten calls does not return: at a number of the grid, in a strip, a tail, at what is no number, in a long call, at a subnormal.
WHERE: dict[str, Callable[[Array], Any]] = {
    "one": lambda x: x == 1,
    "zero": lambda x: x == 0,
    "large": lambda x: x > 80,
    "negative": lambda x: x < -100,
    "strip": lambda x: (x > 20) & (x < 30),
    "nan": np.isnan,
    "infinity": lambda x: x == np.inf,
    "tiny": lambda x: (x != 0) & (np.abs(x) < np.finfo(x.dtype).tiny),
    "small": lambda x: (x > 0) & (x < 2.0**-100),
    "vector": lambda x: (np.abs(x) == 1) & (len(x) >= 8),
}


def exp(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(x.astype(np.float64))).astype(x.dtype)


def hanging(x: Array, where: str) -> Array:
    """exp, which does not return where it is planted."""
    if np.any(WHERE[where](x)):
        hang()
    return exp(x)


def slow(x: Array) -> Array:
    """exp, which takes PER_ROW seconds for each number that is 1."""
    time.sleep(PER_ROW * int((x == 1).sum()))
    return exp(x)


def hang() -> None:
    """Waits, with signs of life."""
    folder = os.environ.get(VARIABLE)
    began = time.time()
    hosted = any(frame.filename.endswith(HOST) for frame in traceback.extract_stack())
    sign = Path(folder) / f"{os.getpid()} {began!r} {'host' if hosted else 'worker'}" if folder else None
    while time.time() < began + LONGEST:
        if sign:
            sign.write_text(repr(time.time()))
        time.sleep(BEAT)


@dataclass(frozen=True)
class Hang:
    """One time that a call did not return: when it began and ended (time.time), and whether in a process of its target's own, which ends without a
    worker."""

    began: float
    ended: float
    hosted: bool

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def hangs(folder: Path) -> list[Hang]:
    """Those that left signs in a folder, in the order of their beginning."""
    found = []
    for sign in folder.iterdir():
        text = sign.read_text()  # empty where the process ended while it wrote
        _, began, where = sign.name.split()
        found.append(Hang(float(began), max(float(began), float(text or began)) + BEAT, where == "host"))
    return sorted(found, key=lambda hang: hang.began)


class Hanging(InProcess):
    """Implements Framework. Values only."""

    name = NAME
    orders = ("value",)
    version = "1"

    def __init__(self) -> None:
        import tests.hanging as kernels

        self._modules, self._parts = {NAME: kernels, "np": np}, Numpy()

    def evaluate(self, call: Call, batch: Batch) -> Array:
        function = function_of(call, self._modules, self._parts)
        with framework_errors(), np.errstate(all="ignore"):
            return by_row(np.asarray(function(*(np.array(batch.inputs[i.name]) for i in call.op.inputs))), batch)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Array:
        return self.evaluate(call, placed(batch, placement))


def _op(name: str, call: str) -> Op:
    calls = (call, "hanging.exp(x)")
    return Op(
        name, (scalar("x"),), tuple(Implementation(NAME, call, grad=False) for call in calls),
        definition="exp", accuracy="elementary",
    )  # fmt: skip


OPS = [*(_op(f"hanging_{where}", f"hanging.hanging(x, '{where}')") for where in WHERE), _op("slow_exp", "hanging.slow(x)")]
FRAMEWORKS = {NAME: "tests.hanging:Hanging"}


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Inside, the framework and its ops are a plugin of this process and of those that it starts; signs of life go to the folder."""
    caches: list[Any] = [plugins.modules, ops, registry.plugins, target.framework_for, target.flush_policy]
    with mock.patch.dict(os.environ, {plugins.VARIABLE: __name__, VARIABLE: str(folder)}):
        for cached in caches:
            cached.cache_clear()
        yield
    for cached in caches:
        cached.cache_clear()
