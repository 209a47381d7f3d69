"""The steps of TensorFlow: its primitive calls, watched where it executes them eagerly, gradients included. A tf.function is opaque."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.casework.diagnosis import fused
from ulpfuzz.fuzzer.casework.diagnosis.tracked import Steps, Tracker, Values
from ulpfuzz.fuzzer.frameworks.listening import tensorflow as listening

#: TensorFlow's names of the primitives of PRIMITIVES.
_NAMES = {
    "Add": "add", "AddV2": "add", "BiasAdd": "add", "Sub": "sub", "Mul": "mul", "MulNoNan": "mul", "RealDiv": "div", "Div": "div",
    "DivNoNan": "div", "Neg": "neg", "Abs": "abs", "Reciprocal": "reciprocal", "Inv": "reciprocal", "Square": "square", "Sqrt": "sqrt",
    "Rsqrt": "rsqrt", "Pow": "pow", "Xlogy": "xlogy", "Xlog1py": "xlog1py", "SquaredDifference": "square_difference", "Atan2": "atan2",
    "Exp": "exp", "Expm1": "expm1", "Log": "log", "Log1p": "log1p", "Sin": "sin", "Cos": "cos", "Tan": "tan", "Asin": "asin", "Acos": "acos",
    "Atan": "atan", "Sinh": "sinh", "Cosh": "cosh", "Tanh": "tanh", "Asinh": "asinh", "Acosh": "acosh", "Atanh": "atanh", "Erf": "erf",
    "Erfc": "erfc", "Erfinv": "erfinv", "Lgamma": "lgamma", "Digamma": "digamma", "Sigmoid": "sigmoid", "Softplus": "softplus",
    "Floor": "floor", "AddN": "add",
}  # fmt: skip
_MOVES = frozenset((
    "Reshape", "ExpandDims", "Squeeze", "Transpose", "StridedSlice", "Slice", "ConcatV2", "Pack", "Unpack", "GatherV2", "GatherNd",
    "BroadcastTo", "Tile", "Identity", "StopGradient", "PreventGradient", "Split", "SplitV", "ReverseV2", "Pad", "PadV2", "MirrorPad",
    "MatrixDiagPartV3", "MatrixDiagV3", "MatrixBandPart", "Cast", "Snapshot", "EnsureShape", "ResourceGather", "CheckNumerics",
))  # fmt: skip
_SILENT = frozenset((
    "Fill", "ZerosLike", "OnesLike", "ReadVariableOp", "Const", "Range", "LinSpace", "Sign", "RandomUniform", "VarHandleOp", "Eye",
))  # fmt: skip
_FUSED = {
    "Elu": "elu", "Selu": "selu", "TanhGrad": "tanh_backward", "SigmoidGrad": "sigmoid_backward", "Sigmoid": "sigmoid", "Ndtri": "ndtri",
    "BesselI0": "bessel_scaled_i0",
}  # fmt: skip


def watched(tracker: Tracker, run: Callable[[], Any]) -> Any:
    """Runs TensorFlow and tells the tracker of every primitive call."""
    watcher = _Watcher(tracker, importlib.import_module("tensorflow"))
    with listening.heard(watcher.called):
        return run()


class _Watcher:
    def __init__(self, tracker: Tracker, tf: ModuleType) -> None:
        self.tracker, self.tf = tracker, tf

    def called(self, name: str, inputs: Sequence[Any], attrs: Mapping[str, Any], outputs: Sequence[Any]) -> None:
        tracker = self.tracker
        tracker.calls.append(name)
        floating = [o for o in outputs if getattr(o.dtype, "is_floating", False)]
        if not floating:
            return
        values = [_array(o) for o in floating]
        before = [self.steps(i) for i in inputs if i.dtype.is_floating]
        found = self.made(name, inputs, attrs, values, before)
        own = np.dtype(tracker.m.format.dtype).itemsize
        for tensor, steps, value in zip(floating, found, values, strict=True):
            if tensor.dtype.size < own and name != "Cast":
                steps = tracker.narrowed(steps, tensor.dtype.name)
            tracker.kept.append(tensor)
            tracker.known[id(tensor)] = steps.reshape(value.shape)

    def steps(self, tensor: Any) -> Steps:
        self.tracker.kept.append(tensor)
        return self.tracker.of(id(tensor), lambda: _array(tensor))

    def made(
        self, name: str, inputs: Sequence[Any], attrs: Mapping[str, Any], values: Sequence[Values], before: list[Steps]
    ) -> list[Steps]:
        if name in _SILENT or (name in _MOVES and not before):
            return [self.tracker.leaves(v) for v in values]
        if name in _MOVES:
            return self.moved(name, inputs, attrs, values, before)
        if name in ("TopK", "TopKV2", "NthElement", "UniqueV2"):
            return [self.tracker.picked(before[0], v) for v in values]
        try:
            found = self.computed(name, inputs, attrs, values[0], before)
        except (IndexError, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        return [found, *(self.tracker.unknown(f"{name}(...)", before, v) for v in values[1:])]

    def moved(
        self, name: str, inputs: Sequence[Any], attrs: Mapping[str, Any], values: Sequence[Values], before: list[Steps]
    ) -> list[Steps]:
        """Applies the call to the places of the numbers."""
        tf, count, placed = self.tf, 1, []
        if name == "Cast":
            size = before[0].size
            return [self.tracker.moved(np.arange(1, size + 1).reshape(before[0].shape), before, values[0])]
        for tensor in inputs:
            if tensor.dtype.is_floating:
                size = math.prod(tensor.shape)
                placed.append(tf.reshape(tf.range(count, count + size), tensor.shape))
                count += size
            else:
                placed.append(tensor)
        if name == "PadV2":
            name, placed = "Pad", placed[:2]
        raw = getattr(tf.raw_ops, name)
        names = [n for n in inspect.signature(raw).parameters if n != "name"]
        arguments: list[Any] = placed
        if "N" in attrs:
            many = int(attrs["N"])
            arguments = [placed[:many], *placed[many:]]
        given = dict(zip(names, arguments, strict=False))
        attrs = {**attrs, **({"axis": attrs["squeeze_dims"]} if name == "Squeeze" and "squeeze_dims" in attrs else {})}
        given.update({n: attrs[n] for n in names[len(arguments) :] if n in attrs})
        given.update({"num_split": attrs["num_split"]} if "num_split" in attrs and "num_split" in names else {})
        try:
            moved = raw(**given)
        except Exception:  # a call that takes no whole numbers
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        results = moved if isinstance(moved, (list, tuple)) else [moved]
        if [tuple(m.shape) for m in results] != [v.shape for v in values]:
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        return [self.tracker.moved(_array(m).astype(np.int64), before, v) for m, v in zip(results, values, strict=True)]

    def computed(
        self, name: str, inputs: Sequence[Any], attrs: Mapping[str, Any], value: Values, before: list[Steps]
    ) -> Steps | None:
        t = self.tracker
        if name in _FUSED and _FUSED[name] in fused.OF_NUMBERS:
            rows = [list(r) for r in zip(*(np.broadcast_to(b, value.shape).ravel() for b in before), strict=True)]
            return t.expanded(name, fused.OF_NUMBERS[_FUSED[name]], rows, value)
        if name == "AddN" and len(before) != 2:
            return None
        if name in _NAMES:
            return t.elementwise(_NAMES[name], before, value)
        if name in ("Maximum", "Minimum", "Select", "SelectV2"):
            return t.chosen(before[-2:], value)
        if name in ("ClipByValue", "Relu", "Relu6", "LeakyRelu"):
            return t.clamped(before[0], value)
        if name in ("Sum", "Mean", "Prod", "Max", "Min"):
            axes = [int(a) for a in np.ravel(inputs[1].numpy())]
            return t.reduced(name.lower(), before[0], axes, value) if axes else before[0].reshape(value.shape)
        if name == "Cumsum" and not attrs.get("exclusive") and not attrs.get("reverse"):
            return t.running(before[0], int(inputs[1].numpy()), value)
        if name in ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"):
            a, b = before[:2]
            a = np.swapaxes(a, -1, -2) if attrs.get("transpose_a") or attrs.get("adj_x") else a
            b = np.swapaxes(b, -1, -2) if attrs.get("transpose_b") or attrs.get("adj_y") else b
            return t.product(a, b, value)
        if name == "Einsum":
            equation = attrs["equation"]
            text = equation.decode() if isinstance(equation, bytes) else str(equation)
            return t.ending_in(np.asarray(np.einsum(text, *before)), value, name)
        if name in ("Softmax", "LogSoftmax"):
            rows = [list(r) for r in before[0].reshape(-1, before[0].shape[-1])]
            found = np.empty(value.shape, object)
            for place in range(value.shape[-1]):
                found[..., place] = t.expanded(name, fused.softmax(place, logarithm=name != "Softmax"), rows, value[..., place])
            return found
        if name == "L2Loss":
            return t.expanded(name, (lambda m, v: m.sum([m.square(x) for x in v]) / 2,), [list(before[0].ravel())], value)
        return None


def _array(tensor: Any) -> Values:
    found: Values = np.array(tensor.numpy())
    return found.astype(np.float32) if found.dtype.name == "bfloat16" else found
