"""numpy and scipy: values only, on the CPU. A peer for the three frameworks, never the oracle."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.case import Batch, Placement
from fuzzer.frameworks.expression import by_row, evaluated, framework_errors, placed, strided
from fuzzer.frameworks.framework import FrameworkError, Job


class Numpy:
    """Implements Framework. Order grad does not exist here."""

    name = "numpy"
    lengths: tuple[int, ...] | None = None
    compile_seconds = 0.0

    def __init__(self) -> None:
        scipy: Any = importlib.import_module("scipy")
        importlib.import_module("scipy.special")
        self.version = np.__version__
        self.switches: dict[str, Any] = {"scipy": scipy.__version__}
        self._modules = {"np": np, "scipy": scipy}

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        return self._evaluate(job, batch, 1)

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self._evaluate(job, placed(batch, placement), placement.stride)

    def _evaluate(self, job: Job, batch: Batch, stride: int) -> NDArray[Any]:
        if job.order != "value":
            raise FrameworkError("NotImplementedError: numpy has no derivatives")
        # A copy: an expression that works in place must not change the caller's bits.
        inputs = {i.name: strided(np.array(batch.inputs[i.name]), stride) for i in job.op.inputs}
        with framework_errors(), np.errstate(all="ignore"):
            result = np.asarray(evaluated(job, self._modules, inputs))
        return by_row(result, batch)
