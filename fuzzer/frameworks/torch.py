"""PyTorch on the CPU, eager."""

from __future__ import annotations

import importlib
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from fuzzer.case import COTANGENT, Batch, Placement
from fuzzer.frameworks.expression import by_row, check_dtype, evaluated, framework_errors, placed
from fuzzer.frameworks.framework import Job


class Torch:
    """Implements Framework. torch is imported when this is constructed, and set to one thread."""

    name = "torch"
    lengths: tuple[int, ...] | None = None
    compile_seconds = 0.0

    def __init__(self) -> None:
        self._torch: Any = importlib.import_module("torch")
        # With two OpenMP threads a call on 4,096 floats takes anything from 7 us to 8 ms, and its chunks depend on the cores.
        self._torch.set_num_threads(1)
        self.version = str(self._torch.__version__)
        self.switches: dict[str, Any] = {
            "threads": self._torch.get_num_threads(),
            "cpu_capability": self._torch.backends.cpu.get_cpu_capability(),
            "mkldnn": bool(self._torch.backends.mkldnn.is_available()),
        }
        self._modules = {"torch": self._torch}

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        return self._evaluate(job, batch, 1)

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self._evaluate(job, placed(batch, placement), placement.stride)

    def _evaluate(self, job: Job, batch: Batch, stride: int) -> NDArray[Any]:
        with framework_errors():
            tensors = {i.name: self._tensor(batch.inputs[i.name], stride) for i in job.op.inputs}
            if job.order == "value":
                with self._torch.no_grad():
                    return by_row(self._array(evaluated(job, self._modules, tensors)), batch)
            leaves = [tensors[name].requires_grad_() for name in job.op.differentiable_inputs]
            y = evaluated(job, self._modules, tensors)
            check_dtype(str(y.dtype).removeprefix("torch."), batch)
            given = batch.inputs.get(COTANGENT)
            cotangent = self._torch.ones_like(y) if given is None else self._tensor(given, 1).reshape(y.shape)
            pulled = self._torch.autograd.grad(y, leaves, grad_outputs=cotangent, allow_unused=True)
            # An input that the result does not depend on has no gradient in torch: its true one is zero.
            gradients = [self._torch.zeros_like(x) if g is None else g for x, g in zip(leaves, pulled, strict=True)]
            return np.concatenate([by_row(self._array(g), batch) for g in gradients], axis=1)

    def _tensor(self, values: NDArray[Any], stride: int) -> Any:
        """A tensor with the same bits. torch has no numpy bridge for bfloat16: its bits travel as int16."""
        spread = np.repeat(values, stride, axis=-1) if stride > 1 else values
        if values.dtype == ml_dtypes.bfloat16:
            tensor = self._torch.tensor(np.ascontiguousarray(spread).view(np.int16)).view(self._torch.bfloat16)
        else:
            tensor = self._torch.tensor(spread)
        return tensor[..., ::stride]

    def _array(self, tensor: Any) -> NDArray[Any]:
        tensor = tensor.detach().resolve_conj().resolve_neg().contiguous()
        if tensor.dtype == self._torch.bfloat16:
            bits: NDArray[Any] = tensor.view(self._torch.int16).numpy()
            return bits.view(ml_dtypes.bfloat16)
        array: NDArray[Any] = tensor.numpy()
        return array
