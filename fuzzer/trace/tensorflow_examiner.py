"""What the analysis needs of TensorFlow: its ops in plain names."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT
from ulpfuzz.fuzzer.frameworks.listening import tensorflow as listening
from ulpfuzz.fuzzer.trace.array_examiner import FLOATS, ArrayExaminer
from ulpfuzz.fuzzer.trace.array_tracer import Heard
from ulpfuzz.fuzzer.trace.functions import Known
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign
from ulpfuzz.fuzzer.trace.primitives import (
    RESULT,
    CatalogueGradient,
    CataloguePrimitive,
    Made,
    catalogue_gradients,
    catalogue_primitives,
)
from ulpfuzz.fuzzer.trace.templates import NUMBER, Recorded, Template, derived

_MOVES = frozenset(("Identity", "StopGradient", "Reshape", "ExpandDims", "Squeeze", "BroadcastTo", "Snapshot", "PreventGradient"))
#: How an op of a backward pass is called; a product, say, is the gradient of many.
_GRADIENT = "Grad"
#: Ops over the last axis, which they do not name.
_LAST = ("Softmax", "LogSoftmax")


@cache
def templates() -> Mapping[str, Template]:
    """By the op's name."""
    tf: ModuleType = importlib.import_module("tensorflow")
    a, b = tf.fill((2, 3), 0.5), tf.fill((2, 3), 0.25)

    def kernels(call: str) -> Sequence[Recorded]:
        heard: list[Recorded] = []
        try:
            with listening.heard(lambda name, inputs, attrs, outputs: heard.append((name, list(inputs)))):
                eval(call, {"tf": tf, "a": a, "b": b})
        except Exception:  # a function of other arguments than these
            return ()
        return [h for h in heard if h[0] not in _MOVES]

    def letter(x: Foreign) -> str:
        if x is a or x is b:
            return "a" if x is a else "b"
        number = x.dtype.is_floating and x.shape == () and float(x) == NUMBER
        return "b" if number else ""

    return derived("tensorflow", kernels, letter, {"a ** 2": "tf.square(a)", "1 / sqrt(a)": "tf.math.rsqrt(a)"})


@cache
def primitives() -> Mapping[str, tuple[CataloguePrimitive, ...]]:
    """See ArrayExaminer.primitives."""
    tf: ModuleType = importlib.import_module("tensorflow")

    def made(function: Callable[..., Any], inputs: Mapping[str, Bits]) -> Sequence[Made]:
        tensors = {name: tf.constant(x) for name, x in inputs.items()}
        return _heard(lambda: function(*tensors.values()), tensors)[0]

    with warnings.catch_warnings(), tf.device("/CPU:0"):
        warnings.simplefilter("ignore")
        return catalogue_primitives("tensorflow", {"tf": tf}, made)


@cache
def gradients() -> Mapping[str, tuple[CatalogueGradient, ...]]:
    """See ArrayExaminer.gradients."""
    tf: ModuleType = importlib.import_module("tensorflow")

    def made(function: Callable[..., Any], inputs: Mapping[str, Bits], by: str) -> tuple[Sequence[Made], Sequence[Made]]:
        tensors = {name: tf.constant(x) for name, x in inputs.items()}
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(tensors[by])
            forward, y = _heard(lambda: function(*tensors.values()), tensors)
        cotangent = tf.fill(y.shape, 0.75)
        if y.shape != tensors[by].shape:
            return (), ()
        known = {**tensors, COTANGENT: cotangent, RESULT: y}
        backward, _ = _heard(lambda: tape.gradient(y, tensors[by], output_gradients=cotangent), known)
        return forward, backward

    with warnings.catch_warnings(), tf.device("/CPU:0"):
        warnings.simplefilter("ignore")
        found = catalogue_gradients("tensorflow", {"tf": tf}, made)
    return {
        name: kernels for name, kernels in found.items() if name.endswith("Grad")
    }  # not a product, which is one of many gradients


def _heard(run: Callable[[], Foreign], tensors: Mapping[str, Foreign]) -> tuple[list[Made], Foreign]:
    """The ops that running it makes of these tensors, but for those that only move numbers, and its result."""
    heard: list[Made] = []
    moved = list(tensors.values())  # all that is made of them; kept, so that no other tensor has the identity of one

    def operand(x: Foreign) -> str | float | None:
        numbers = x.numpy().astype(np.float64).ravel() if x.dtype.is_floating else np.zeros(0)
        constant = float(numbers[0]) if len(numbers) and bool((numbers == numbers[0]).all()) else None
        return next((name for name, tensor in tensors.items() if x is tensor), constant)

    def hear(name: str, inputs: Sequence[Foreign], attrs: dict[str, Any], outputs: Sequence[Foreign]) -> None:
        if not any(x is y for x in inputs for y in moved):
            return  # a constant, whatever makes it
        moved.extend(outputs)
        if name not in _MOVES:
            heard.append(Made(name, [operand(x) for x in inputs if not x.dtype.is_integer], attrs))

    with listening.heard(hear):
        result = run()
    return heard, result


class TensorflowExaminer(ArrayExaminer):
    """Implements analyst.Examiner."""

    framework = "tensorflow"
    moves = _MOVES

    def __init__(self) -> None:
        self.tf: ModuleType = importlib.import_module("tensorflow")

    def templates(self) -> Mapping[str, Template]:
        return templates()

    def primitives(self) -> Mapping[str, tuple[CataloguePrimitive, ...]]:
        return primitives()

    def gradients(self, kernel: str) -> Sequence[CatalogueGradient]:
        return gradients().get(kernel, ()) if kernel.endswith(_GRADIENT) else ()

    def called(self, known: Known, values: Mapping[str, Any], *, wide: bool) -> Foreign:
        """See ArrayExaminer."""
        if not wide:
            return known.called(values)
        double = {n: self.tf.cast(v, self.tf.float64) if self.is_array(v) else v for n, v in values.items()}
        return self.array(known.called(double))

    def is_array(self, x: Foreign) -> bool:
        return getattr(getattr(x, "dtype", None), "name", "") in FLOATS and hasattr(x, "numpy")

    def array(self, tensor: Foreign) -> Bits:
        return np.asarray(tensor.numpy() if hasattr(tensor, "numpy") else tensor)

    def axis(self, heard: Heard) -> tuple[int, bool] | None:
        if heard.kernel in _LAST:
            return -1, False
        if len(heard.inputs) < 2 or not heard.inputs[1].dtype.is_integer:
            return None
        axes = np.ravel(heard.inputs[1].numpy())
        return (int(axes[0]), bool((heard.params or {}).get("keep_dims", False))) if len(axes) == 1 else None

    def evaluated(self, call: str, tensors: Mapping[str, Any], *, wide: bool) -> Foreign:
        """See compositions.Composer."""
        names = {n: self.tf.cast(t, self.tf.float64) if wide else t for n, t in tensors.items()}
        return eval(call, {"tf": self.tf, **names})
