"""PyTorch: eager, or compiled by inductor; on the CPU, CUDA, ROCm or Apple's GPU."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.backends.call_signature import CallSignature, signature_of
from ulpfuzz.fuzzer.frameworks.backends.compiled_cache import CompiledCache, Program
from ulpfuzz.fuzzer.frameworks.backends.device_sweep import DeviceSweep
from ulpfuzz.fuzzer.frameworks.backends.expression import check_dtype, framework_errors, function_of, joined, placed
from ulpfuzz.fuzzer.frameworks.backends.modes import DEVICE_SHARE, compiler
from ulpfuzz.fuzzer.frameworks.backends.padding import compiled_rows, in_few_shapes
from ulpfuzz.fuzzer.frameworks.backends.torch_derivatives import Derivatives
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import InProcess

if TYPE_CHECKING:  # known by name only: mypy does not read the frameworks' sources
    from torch import Tensor

#: Compiled callables kept, half a megabyte each: those of about 40 cells on one call.
CAPACITY = 512


def availability(mode: str, device: str) -> str:
    """Why torch does not run here in this mode on this device, in one line; empty where it does. Imports torch unless it is
    clear without."""
    if mode == "compile" and device == "cpu" and not compiler():
        return "torch.compile on the CPU needs a C++ compiler: none of $CXX, g++, clang++ is there"
    if mode == "compile" and device in ("cuda", "rocm") and importlib.util.find_spec("triton") is None:
        return "torch.compile on a GPU needs triton, which is not installed"
    if device == "cpu":
        return ""
    torch: ModuleType = importlib.import_module("torch")
    if device == "mps":
        return "" if torch.backends.mps.is_available() else "torch reports no mps device"
    built = "rocm" if torch.version.hip else "cuda" if torch.version.cuda else "the CPU"
    if built != device:
        return f"this torch {torch.__version__} is built for {built}, not for {device}"
    return "" if torch.cuda.is_available() else f"torch reports no {device} device"


class Torch(InProcess):
    """Implements Framework. torch is imported when this is constructed, and set to one thread.

    Mode compile is torch.compile with inductor, static shapes and the whole graph, so that nothing falls back to eager. Order
    grad is then what users run, torch.autograd.grad through the compiled call; for jvp and grad2 the function that computes
    them by torch.func is compiled, for AOTAutograd has no double backward.
    """

    name = "torch"

    def __init__(self, mode: str = "eager", device: str = "cpu") -> None:
        reason = availability(mode, device)
        if reason:
            raise FrameworkError(reason)
        torch: ModuleType = importlib.import_module("torch")
        # With two OpenMP threads a call on 4,096 floats takes anything from 7 us to 8 ms, and its chunks depend on the cores.
        torch.set_num_threads(1)
        self._torch = torch
        self._device = torch.device("cuda" if device == "rocm" else device)
        self._compiles = mode == "compile"
        self.lengths = (1, 2, 3, 8, 17, 64) if self._compiles else None
        self._programs: CompiledCache[Tensor] = CompiledCache(CAPACITY, lazy=True)
        self._derivatives = Derivatives(torch)
        self.version = str(torch.__version__)
        self.switches: dict[str, object] = {
            "threads": torch.get_num_threads(),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "mkldnn": bool(torch.backends.mkldnn.is_available()),
        }
        if self._device.type in ("cuda", "mps"):
            getattr(torch, self._device.type).set_per_process_memory_fraction(DEVICE_SHARE)
        if self._device.type == "cuda":
            self.switches["device"] = torch.cuda.get_device_name(self._device)
        if self._compiles and self._device.type == "cpu":
            self.switches["compiler"] = compiler()
        self._modules = {"torch": torch}

    @property
    def compile_seconds(self) -> float:
        return self._programs.seconds

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        """See Framework. In mode compile, rows are evaluated in calls of few sizes (padding)."""
        if self._compiles:
            return in_few_shapes(lambda part: self._evaluate(call, part, 1), batch, compiled_rows(batch))
        return self._evaluate(call, batch, 1)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        return self._evaluate(call, placed(batch, placement), placement.stride)

    def device_sweep(self, call: Call) -> DeviceSweep | None:
        """See Framework. It does not pay on the CPU, nor compiled."""
        if self._device.type == "cpu" or self._compiles or call.order != "value":
            return None
        return DeviceSweep(self._torch, self._device, function_of(call, self._modules, self))

    def _evaluate(self, call: Call, batch: Batch, stride: int) -> Floats:
        signature = signature_of(call, batch, stride)
        with framework_errors():
            tensors = [self._tensor(batch.inputs[name], stride) for name in signature.names]
            function = function_of(call, self._modules, self)
            if self._compiles:
                outputs = self._programs.run(signature, lambda: self._compiled(function, signature), tensors)
            else:
                outputs = self._derivatives.eager(function, signature)(*tensors)
            # The result of a function that loses the dtype has a gradient in that of the inputs.
            *numbers, dtype = outputs
            check_dtype(str(dtype).removeprefix("torch."), batch.dtype)
            return joined([self._array(number) for number in numbers], batch)

    def _compiled(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        if signature.order in ("value", "grad"):
            program = self._derivatives.eager(self._whole(function), signature)
        else:
            program = self._whole(self._derivatives.functional(function, signature))
        count = self._graphs()
        first = True

        def checked(*tensors: Tensor) -> Sequence[Tensor]:
            nonlocal first
            outputs = program(*tensors)
            if first and self._graphs() == count:
                raise FrameworkError("Unsupported: torch.compile compiled nothing and ran the call eagerly")
            first = False
            return outputs

        return checked

    def _whole(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        # dynamo keeps what it compiled with the code object, and gives up after a few shapes of one code: each has its own. Until torch 2.12
        # it wrapped a function without a source file in one code for all.
        code = function.__code__.replace(co_filename=__file__)
        own = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
        compiled: Callable[..., Tensor] = self._torch.compile(own, backend="inductor", dynamic=False, fullgraph=True)
        return compiled

    def joined(self, pairs: Tensor) -> Tensor:
        """See Parts."""
        return self._torch.view_as_complex(pairs.contiguous())

    def split(self, result: Tensor) -> Tensor:
        """See Parts."""
        return self._torch.view_as_real(result.resolve_conj()) if result.is_complex() else result

    def _graphs(self) -> int:
        dynamo: ModuleType = importlib.import_module("torch._dynamo.utils")
        return int(dynamo.counters["stats"]["unique_graphs"])

    def _tensor(self, values: Floats, stride: int) -> Tensor:
        """A tensor with the same bits. torch has no numpy bridge for bfloat16: its bits travel as int16."""
        spread = np.repeat(values, stride, axis=-1) if stride > 1 else values
        if values.dtype == ml_dtypes.bfloat16:
            bits = self._torch.tensor(np.ascontiguousarray(spread).view(np.int16), device=self._device)
            tensor = bits.view(self._torch.bfloat16)
        else:
            tensor = self._torch.tensor(spread, device=self._device)
        return tensor[..., ::stride]

    def _array(self, tensor: Tensor) -> Floats:
        # Autograd hands out zeros without memory; numpy takes none of these three.
        tensor = (tensor.clone() if tensor._is_zerotensor() else tensor).detach().resolve_conj().resolve_neg().contiguous()
        if tensor.dtype == self._torch.bfloat16:
            bits: Floats = tensor.view(self._torch.int16).cpu().numpy()
            return bits.view(ml_dtypes.bfloat16)
        array: Floats = tensor.cpu().numpy()
        return array
