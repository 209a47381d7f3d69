"""TensorFlow: eager, as a graph (tf.function), or compiled by XLA (jit_compile); on the CPU or a GPU."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Placement
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.backends.call_signature import CallSignature, signature_of
from ulpfuzz.fuzzer.frameworks.backends.compiled_cache import CompiledCache, Program
from ulpfuzz.fuzzer.frameworks.backends.expression import KEEP, check_dtype, framework_errors, function_of, joined, placed
from ulpfuzz.fuzzer.frameworks.backends.modes import TRACED
from ulpfuzz.fuzzer.frameworks.backends.padding import compiled_rows, eager_rows, in_few_shapes
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import InProcess

if TYPE_CHECKING:  # known by name only: mypy does not read the frameworks' sources
    from tensorflow import Tensor
    from tensorflow.keras.layers import Layer

#: CompiledCache held. XLA never frees one (0.6 MB each, measured with TensorFlow 2.21), so dropping them early would only compile more.
CAPACITY = 1024
#: Layers of Keras held, each built for one shape.
LAYERS = 256


def availability(mode: str, device: str) -> str:
    """Why TensorFlow does not run here on this device, in one line; empty where it does. Imports tensorflow for a device that is
    not the CPU."""
    if device == "cpu":
        return ""
    tf: ModuleType = importlib.import_module("tensorflow")
    if device != "mps":  # Apple's plugin, tensorflow-metal, goes with the usual build
        built = {"cuda": tf.test.is_built_with_cuda, "rocm": tf.test.is_built_with_rocm}[device]()
        if not built:
            return f"this tensorflow {tf.__version__} is not built for {device}"
    elif sys.platform != "darwin":
        return "mps is Apple's GPU: not on this machine"
    return "" if tf.config.list_physical_devices("GPU") else "tensorflow reports no GPU"


class TensorFlow(InProcess):
    """Implements Framework. tensorflow is imported when this is constructed, and set to one thread.

    TensorFlow has no strided tensors: a placement's stride is not applied. In modes graph and xla there is one concrete function for
    each call and shape, with the tape or accumulator inside; tracing and the first call, in which XLA compiles, are counted.
    """

    name = "tensorflow"

    def __init__(self, mode: str = "eager", device: str = "cpu") -> None:
        with _quiet_stderr():
            reason = availability(mode, device)
            if reason:
                raise FrameworkError(reason)
            tf: ModuleType = importlib.import_module("tensorflow")
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            threading = tf.config.threading
            try:
                threading.set_intra_op_parallelism_threads(1)
                threading.set_inter_op_parallelism_threads(1)
                for gpu in tf.config.list_physical_devices("GPU"):
                    tf.config.experimental.set_memory_growth(gpu, True)
            except RuntimeError:
                # The program around us has used TensorFlow already; `switches` shows which numbers hold then.
                pass
            tf.constant(0.0)  # the first tensor starts the runtime, which logs too
        self._tf = tf
        self._device = "/CPU:0" if device == "cpu" else "/GPU:0"
        self._compiles, self._xla = mode != "eager", mode == "xla"
        self.lengths = (1, 2, 3, 8, 17, 64) if self._compiles else None
        self._programs: CompiledCache[Tensor] = CompiledCache(CAPACITY, lazy=True)
        self.version = str(tf.__version__)
        self.switches: dict[str, object] = {
            "intra_op_threads": threading.get_intra_op_parallelism_threads(),
            "inter_op_threads": threading.get_inter_op_parallelism_threads(),
            "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        }
        self._modules = {"tf": tf}
        self._layers: OrderedDict[tuple[int, CallSignature], Layer] = OrderedDict()

    @property
    def compile_seconds(self) -> float:
        return self._programs.seconds

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        return self._evaluate(call, placed(batch, placement))

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        """See Framework. In modes graph and xla, and in forward mode, rows are evaluated in calls of few sizes (padding)."""
        if self._compiles or call.order in TRACED["tensorflow"]:
            sizes = compiled_rows(batch) if self._compiles else eager_rows(batch)
            return in_few_shapes(lambda part: self._evaluate(call, part), batch, sizes)
        return self._evaluate(call, batch)

    def _evaluate(self, call: Call, batch: Batch) -> Floats:
        tf = self._tf
        signature = signature_of(call, batch)
        with framework_errors(), tf.device(self._device):
            tensors = [tf.constant(batch.inputs[name]) for name in signature.names]
            if self._compiles:
                outputs = self._programs.run(signature, lambda: self._traced(self._program(call, signature), tensors), tensors)
            else:
                outputs = self._program(call, signature)(*tensors)
            return joined([np.asarray(output) for output in outputs], batch)

    def _traced(self, program: Program[Tensor], tensors: Sequence[Tensor]) -> Program[Tensor]:
        tf = self._tf
        whole = tf.function(program, jit_compile=True if self._xla else None, autograph=False)
        traced: Program[Tensor] = whole.get_concrete_function(*[tf.TensorSpec(t.shape, t.dtype) for t in tensors])
        return traced

    def _program(self, call: Call, signature: CallSignature) -> Program[Tensor]:
        """A program of the problem's arguments that returns the outputs in the layout of Framework.evaluate."""
        modules = self._modules if self._compiles else {**self._modules, KEEP: partial(self._kept, signature)}
        function = function_of(call, modules, self)

        def checked(*inputs: Tensor) -> Tensor:
            y = function(*inputs)
            check_dtype(y.dtype.name, signature.dtype)
            return y

        orders = {"value": self._value, "grad": self._grad, "jvp": self._jvp, "grad2": self._grad2}
        return orders[signature.order](checked, signature)

    def _kept(self, signature: CallSignature, number: int, construct: Callable[[], Layer]) -> Layer:
        """The layer of this number that the signature had before."""
        key = number, signature
        layer = self._layers.pop(key, None) or construct()
        self._layers[key] = layer
        while len(self._layers) > LAYERS:
            self._layers.popitem(last=False)
        return layer

    def joined(self, pairs: Tensor) -> Tensor:
        """See Parts."""
        return self._tf.complex(pairs[..., 0], pairs[..., 1])

    def split(self, result: Tensor) -> Tensor:
        """See Parts."""
        tf = self._tf
        return tf.stack([tf.math.real(result), tf.math.imag(result)], axis=-1) if result.dtype.is_complex else result

    def _value(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        return lambda *tensors: [function(*signature.inputs(tensors))]

    def _grad(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        def grad(*tensors: Tensor) -> Sequence[Tensor]:
            return self._gradient(function, signature, tensors)

        return grad

    def _jvp(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        tf = self._tf

        def jvp(*tensors: Tensor) -> Sequence[Tensor]:
            inputs = signature.inputs(tensors)
            leaves = [inputs[place] for place in signature.leaves]
            if signature.elementwise:
                passes = [([x], [tf.ones_like(x)]) for x in leaves]
            else:
                passes = [(leaves, self._directions(signature, tensors))]
            tangents = []
            for primals, directions in passes:
                with tf.autodiff.ForwardAccumulator(primals, directions) as accumulator:
                    y = function(*inputs)
                tangents.append(accumulator.jvp(y, unconnected_gradients=tf.UnconnectedGradients.ZERO))
            return tangents

        return jvp

    def _grad2(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        tf = self._tf
        zero = tf.UnconnectedGradients.ZERO

        def grad2(*tensors: Tensor) -> Sequence[Tensor]:
            inputs = signature.inputs(tensors)
            leaves = [inputs[place] for place in signature.leaves]
            with tf.GradientTape(persistent=signature.elementwise, watch_accessed_variables=False) as tape:
                tape.watch(leaves)
                first = self._gradient(function, signature, tensors)
            if signature.elementwise:
                rows = [tape.gradient(g, leaves, unconnected_gradients=zero) for g in first]
            else:
                directions = self._directions(signature, tensors)
                rows = [tape.gradient(first, leaves, output_gradients=directions, unconnected_gradients=zero)]
            return [tf.convert_to_tensor(g) for row in rows for g in row]

        return grad2

    def _gradient(self, function: Callable[..., Tensor], signature: CallSignature, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The gradients of <cotangent, function>; zero for an input that the result does not depend on."""
        tf = self._tf
        inputs = signature.inputs(tensors)
        leaves = [inputs[place] for place in signature.leaves]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            y = function(*inputs)
        argument = signature.extra(COTANGENT, tensors)
        cotangent = tf.ones_like(y) if argument is None else tf.reshape(argument, tf.shape(y))
        pulled = tape.gradient(y, leaves, output_gradients=cotangent, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        # Gathers give IndexedSlices, a sparse form that adds up when converted.
        return [tf.convert_to_tensor(g) for g in pulled]

    def _directions(self, signature: CallSignature, tensors: Sequence[Tensor]) -> list[Tensor]:
        tangent = signature.extra(TANGENT, tensors)
        if tangent is None:
            return [self._tf.ones_like(tensors[place]) for place in signature.leaves]
        return signature.directions(tangent, self._tf.reshape)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Holds back what native code writes to file descriptor 2, and lets it out where the block raises.

    TensorFlow greets there before its log level counts.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
