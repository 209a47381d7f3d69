"""numpy and scipy: values only, on the CPU. A peer for the three frameworks, never the oracle."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.backends.expression import by_row, framework_errors, function_of, placed, strided
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import InProcess


class Numpy(InProcess):
    """Implements Framework. It knows order value, mode eager and device cpu only."""

    name = "numpy"

    def __init__(self, mode: str = "eager", device: str = "cpu") -> None:
        if (mode, device) != ("eager", "cpu"):
            raise FrameworkError(f"numpy runs eagerly on the CPU, not in mode {mode} on {device}")
        scipy: ModuleType = importlib.import_module("scipy")
        importlib.import_module("scipy.special")
        self.version = np.__version__
        self.switches: dict[str, object] = {"scipy": scipy.__version__}
        self._modules = {"np": np, "scipy": scipy}

    def joined(self, pairs: Floats) -> Floats:
        """See Parts."""
        whole = np.ascontiguousarray(pairs)
        return whole.view(np.result_type(whole.dtype, np.complex64))[..., 0]

    def split(self, result: Floats) -> Floats:
        """See Parts."""
        return np.stack([result.real, result.imag], axis=-1) if np.iscomplexobj(result) else result

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        return self._evaluate(call, batch, 1)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        return self._evaluate(call, placed(batch, placement), placement.stride)

    def _evaluate(self, call: Call, batch: Batch, stride: int) -> Floats:
        if call.order != "value":
            raise FrameworkError("Unsupported: numpy has no derivatives")
        # A copy: an expression that works in place must not change the caller's bits.
        inputs = [strided(np.array(batch.inputs[i.name]), stride) for i in call.op.inputs]
        with framework_errors(), np.errstate(all="ignore"):
            result = np.asarray(function_of(call, self._modules, self)(*inputs))
        return by_row(result, batch)
