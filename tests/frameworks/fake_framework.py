"""A framework for hosts: numpy, and ways to end or hang its process. It imports nothing but numpy and this project's pure modules."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.frameworks.backends.expression import by_row, framework_errors, placed
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import InProcess


def abort(x: Any) -> Any:
    print("fake: about to abort", file=sys.stderr, flush=True)
    os.abort()


def leave(x: Any) -> Any:
    os._exit(7)


def leave_politely(x: Any) -> Any:
    sys.exit(3)


def kill(x: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def sleep(x: Any) -> Any:
    time.sleep(3600)


def spin(x: Any) -> Any:
    while True:
        pass


def allocate(x: Any) -> Any:
    kept = []
    while True:
        kept.append(np.ones(1_000_000))
        time.sleep(0.005)


def child_allocates(x: Any) -> Any:
    subprocess.run([sys.executable, "-c", "import numpy, time\nx = numpy.ones(80_000_000)\ntime.sleep(3600)"], check=False)


def refuse(x: Any) -> Any:
    raise RuntimeError("no kernel for this\nsecond line")


class Fake(InProcess):
    """Implements Framework."""

    name = "fake"
    lengths: tuple[int, ...] | None = (1, 4)
    compile_seconds = 0.0

    def __init__(self) -> None:
        print("fake: greetings", file=sys.stderr, flush=True)
        self.version = f"numpy {np.__version__}"
        self.switches = {"pid": os.getpid(), "fakes": os.environ.get("FAKES", "none")}

    def evaluate(self, call: Any, batch: Any) -> Any:
        self.compile_seconds += 0.25
        modules = {"np": np, "fake": sys.modules[__name__], "os": os, "sys": sys}
        if call.implementation.call == "unreturnable":
            return np.array([[object()]])
        with framework_errors(), np.errstate(all="ignore"):
            inputs = {i.name: batch.inputs[i.name] for i in call.op.inputs}
            result = eval(call.implementation.call, {**modules, **call.params, **inputs})
            if not isinstance(result, np.ndarray):
                raise FrameworkError(f"TypeError: {result!r} is no array")
        return by_row(result, batch)

    def evaluate_placed(self, call: Any, batch: Any, placement: Any) -> Any:
        return self.evaluate(call, placed(batch, placement))
