"""Tasks for the tests of the engine."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ulpfuzz.fuzzer.engine.task import Death, Result, united
from ulpfuzz.fuzzer.evaluation.watchdog import calling

#: The variable that says which worker this is.
WHERE = "ULPFUZZ_TEST_WORKER"


@dataclass(frozen=True)
class Told(Result):
    """pid: of the process that ran it. modules: of those that were looked for, the ones that it has imported. where: by what it needs, what
    the environment says of the worker."""

    pid: int = 0
    modules: tuple[str, ...] = ()
    without: str = ""
    where: tuple[tuple[tuple[str, ...], str], ...] = ()


@dataclass(frozen=True)
class Deed:
    """Does something, which ends its process or not. without: the call that is not made again. needs: targets."""

    number: int
    deed: str = ""
    waits: bool = False
    without: str = ""
    call_timeout: float = 1.0
    device: str = ""
    needs: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.deed} {self.number}"

    def run(self) -> Told:
        if self.without != "guilty" and self.deed:
            self._do()
        modules = tuple(name for name in ("colorsys", "chunk") if name in sys.modules)
        where = ((self.needs, os.environ.get(WHERE, "")),)
        return Told(self.id, "cell", pid=os.getpid(), modules=modules, without=self.without, where=where)

    def only(self, targets: Collection[str]) -> Deed:
        return replace(self, needs=tuple(name for name in self.needs if name in targets))

    def joined(self, results: Sequence[Told]) -> Told:
        return united(results)

    def _do(self) -> None:
        if self.deed == "hangs":
            with calling("torch:cpu:eager\nguilty"):
                time.sleep(60)
        elif self.deed == "dies":
            with calling("torch:cpu:eager\nguilty"):
                os.kill(os.getpid(), signal.SIGSEGV)
        elif self.deed == "dies outside":
            os._exit(3)
        elif self.deed == "raises":
            raise ValueError("no")
        elif self.deed == "sleeps":
            time.sleep(0.3)
        elif self.deed == "eats":
            held = []
            while True:
                held.append(bytearray(os.urandom(1 << 20)) * 8)

    def after(self, death: Death, deaths: int) -> Deed | None:
        return replace(self, without=death.call) if death.call else None

    def leaving_out(self, deaths: Sequence[Death]) -> Deed:
        return replace(self, without=deaths[-1].call) if deaths and deaths[-1].call else self

    def broken(self, failure: str, *, died: bool = False) -> Any:
        return Told(self.id, "cell", failure, died)


@dataclass(frozen=True)
class Timed(Deed):
    """One that is ended at a time (time.monotonic)."""

    ends: float = 0.0


@dataclass(frozen=True)
class Counted(Deed):
    """One that leaves a letter in a file each time that it is run."""

    file: str = ""

    def run(self) -> Told:
        with open(self.file, "a") as marks:
            marks.write("x")
        return super().run()
