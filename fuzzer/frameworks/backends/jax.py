"""JAX: dispatched op by op, or compiled by jit; on the CPU, CUDA, ROCm or Apple's GPU."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Placement
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks import compilation
from ulpfuzz.fuzzer.frameworks.backends.call_signature import CallSignature, signature_of
from ulpfuzz.fuzzer.frameworks.backends.compiled_cache import CompiledCache, Program
from ulpfuzz.fuzzer.frameworks.backends.expression import check_dtype, framework_errors, function_of, joined, placed
from ulpfuzz.fuzzer.frameworks.backends.padding import compiled_rows, eager_rows, in_few_shapes
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import InProcess

if TYPE_CHECKING:  # known by name only: mypy does not read the frameworks' sources
    from jax import Array

# Submodules that `import jax` leaves out: an expression names them as attributes.
SUBMODULES = ("jax.nn", "jax.numpy", "jax.scipy", "jax.scipy.special", "jax.scipy.stats", "jax.scipy.linalg")

#: JAX's name of a device where it is not ours (jax-metal's plugin registers METAL).
_PLATFORMS = {"mps": "METAL"}

#: The events of jax.monitoring after which it compiles, and after which it has.
_LOWERED, _COMPILED = "/jax/core/compile/jaxpr_to_mlir_module_duration", "/jax/core/compile/backend_compile_duration"

#: CompiledCache held in mode jit; problems met in mode eager before JAX's own caches are emptied, where each leaves half a megabyte to 3 MB.
CAPACITY, EAGER_CAPACITY = 512, 512


def availability(mode: str, device: str) -> str:
    """Why jax does not run here on this device, in one line; empty where it does. Imports jax for a device that is not the CPU."""
    if device == "cpu":
        return ""
    jax: ModuleType = importlib.import_module("jax")
    try:
        return "" if jax.devices(_PLATFORMS.get(device, device)) else f"jax reports no {device} device"
    except RuntimeError:
        return f"this jax {jax.__version__} reports no {device} device"


def _heard(event: str, seconds: float, **_: object) -> None:
    if event in (_LOWERED, _COMPILED):
        compilation.announce(begins=event == _LOWERED)


class Jax(InProcess):
    """Implements Framework. jax is imported when this is constructed; binary64 is enabled, unless the switch x64 turns it off again.

    JAX has no strided arrays: a placement's stride is not applied. Mode jit lowers and compiles ahead of time, so that the
    seconds of compiling are exact; eager, each op is compiled for each shape, and counted is the first call of a call at a shape.
    """

    name = "jax"

    def __init__(self, mode: str = "eager", device: str = "cpu") -> None:
        reason = availability(mode, device)
        if reason:
            raise FrameworkError(reason)
        jax: ModuleType = importlib.import_module("jax")
        for submodule in SUBMODULES:
            importlib.import_module(submodule)
        # Also here, beside the environment variable: the program around us may have imported jax before.
        jax.config.update("jax_enable_x64", True)
        logging.getLogger("jax").setLevel(logging.ERROR)
        if self.name not in compilation.announcing:
            jax.monitoring.register_event_duration_secs_listener(_heard)
            compilation.announcing.add(self.name)
        # A file of the cache that another process is still writing, or was killed in, is compiled anew: nothing that a user could act on.
        warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache")
        self._jax = jax
        self._device = jax.devices(_PLATFORMS.get(device, device))[0]
        self._compiles = mode == "jit"
        self.lengths = (1, 2, 3, 8, 17, 64) if self._compiles else (1, 3, 8, 16, 17, 64, 69, 1000)
        if self._compiles:
            self._programs: CompiledCache[Array] = CompiledCache(CAPACITY, lazy=False)
        else:
            self._programs = CompiledCache(EAGER_CAPACITY, lazy=True, forget=jax.clear_caches)
        self.version = str(jax.__version__)
        self.switches: dict[str, object] = {"x64": True, "platform": self._device.platform}
        if device != "cpu":
            self.switches["device"] = str(self._device.device_kind)
        self._modules = {"jax": jax, "jnp": jax.numpy}

    @property
    def compile_seconds(self) -> float:
        return self._programs.seconds

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        """See Framework. Rows are evaluated in calls of few sizes (padding), the last one filled up."""
        sizes = compiled_rows(batch) if self._compiles else eager_rows(batch)
        return in_few_shapes(lambda part: self._evaluate(call, part), batch, sizes)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        return self._evaluate(call, placed(batch, placement))

    def _evaluate(self, call: Call, batch: Batch) -> Floats:
        signature = signature_of(call, batch)
        if batch.format.real == "float64" and not self._jax.config.jax_enable_x64:
            raise FrameworkError(f"Unsupported: no {batch.dtype} where x64=off")
        with framework_errors(), self._jax.default_device(self._device):
            arrays = [self._jax.device_put(batch.inputs[name], self._device) for name in signature.names]
            outputs = self._programs.run(signature, lambda: self._program(call, signature, arrays), arrays)
            return joined([np.asarray(output) for output in outputs], batch)

    def _program(self, call: Call, signature: CallSignature, arrays: Sequence[Array]) -> Program[Array]:
        """A program of the problem's arguments that returns the outputs in the layout of Framework.evaluate."""
        function = function_of(call, self._modules, self)

        def checked(*inputs: Array) -> Array:
            y = function(*inputs)
            check_dtype(np.dtype(y.dtype).name, signature.dtype)
            return y

        orders = {"value": self._value, "grad": self._grad, "jvp": self._jvp, "grad2": self._grad2}
        program = orders[signature.order](checked, signature)
        if not self._compiles:
            return program
        compiled: Program[Array] = self._jax.jit(program).lower(*arrays).compile()
        return compiled

    def joined(self, pairs: Array) -> Array:
        """See Parts."""
        return self._jax.lax.complex(pairs[..., 0], pairs[..., 1])

    def split(self, result: Array) -> Array:
        """See Parts."""
        jnp = self._jax.numpy
        return jnp.stack([result.real, result.imag], axis=-1) if jnp.iscomplexobj(result) else result

    def _value(self, function: Callable[..., Array], signature: CallSignature) -> Program[Array]:
        return lambda *arrays: [function(*signature.inputs(arrays))]

    def _grad(self, function: Callable[..., Array], signature: CallSignature) -> Program[Array]:
        def grad(*arrays: Array) -> Sequence[Array]:
            inputs = signature.inputs(arrays)
            gradient = self._gradient(signature.of_leaves(function, inputs), signature, arrays)
            outputs: Sequence[Array] = gradient(*[inputs[place] for place in signature.leaves])
            return outputs

        return grad

    def _jvp(self, function: Callable[..., Array], signature: CallSignature) -> Program[Array]:
        jax = self._jax

        def jvp(*arrays: Array) -> Sequence[Array]:
            inputs = signature.inputs(arrays)
            if not signature.elementwise:
                leaves = [inputs[place] for place in signature.leaves]
                return [jax.jvp(signature.of_leaves(function, inputs), leaves, self._directions(signature, arrays))[1]]
            tangents = []
            for place in signature.leaves:
                unit = jax.numpy.ones_like(inputs[place])
                tangents.append(jax.jvp(signature.of_leaves(function, inputs, place), [inputs[place]], [unit])[1])
            return tangents

        return jvp

    def _grad2(self, function: Callable[..., Array], signature: CallSignature) -> Program[Array]:
        jax = self._jax

        def grad2(*arrays: Array) -> Sequence[Array]:
            inputs = signature.inputs(arrays)
            leaves = [inputs[place] for place in signature.leaves]
            gradient = self._gradient(signature.of_leaves(function, inputs), signature, arrays)
            if not signature.elementwise:
                _, pull = jax.vjp(gradient, *leaves)
                outputs: Sequence[Array] = pull(tuple(self._directions(signature, arrays)))
                return outputs
            rows: list[Array] = []
            for number in range(len(leaves)):
                # Of one component at a time, as jax.grad(jax.grad(f)) does: the others' zeros would meet infinite partials.
                g, pull = jax.vjp(lambda *at, number=number: gradient(*at)[number], *leaves)
                rows += pull(jax.numpy.ones_like(g))
            return rows

        return grad2

    def _gradient(
        self, function: Callable[..., Array], signature: CallSignature, arrays: Sequence[Array]
    ) -> Callable[..., Array]:
        """The gradient of <cotangent, function> as a function of the same arguments."""

        def gradient(*leaves: Array) -> Array:
            y, pull = self._jax.vjp(function, *leaves)
            cotangent = signature.extra(COTANGENT, arrays)
            return pull(self._jax.numpy.ones_like(y) if cotangent is None else cotangent.reshape(y.shape))

        return gradient

    def _directions(self, signature: CallSignature, arrays: Sequence[Array]) -> list[Array]:
        tangent = signature.extra(TANGENT, arrays)
        if tangent is None:
            return [self._jax.numpy.ones_like(arrays[place]) for place in signature.leaves]
        return signature.directions(tangent, lambda part, shape: part.reshape(shape))
