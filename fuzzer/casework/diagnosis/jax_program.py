"""The steps of JAX: its primitives, watched one by one (frameworks.listening.jax); a program counts where its result is the answer to the bit."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.case import Params
from ulpfuzz.fuzzer.casework.diagnosis import fused
from ulpfuzz.fuzzer.casework.diagnosis.tracked import PRIMITIVES, Steps, Tracker, Values
from ulpfuzz.fuzzer.frameworks.listening import jax as listening

#: JAX's names of the primitives of PRIMITIVES.
_NAMES = {
    "add_any": "add", "rem": "fmod", "logistic": "sigmoid", "erf_inv": "erfinv", "sign": "", "log_plus": "logaddexp",
}  # fmt: skip
_MOVES = frozenset((
    "reshape", "squeeze", "expand_dims", "broadcast_in_dim", "transpose", "slice", "dynamic_slice", "concatenate", "gather", "rev", "copy",
    "copy_p", "stop_gradient", "pad", "split", "select_and_gather_add", "broadcast", "dynamic_update_slice", "device_put", "optimization_barrier",
))  # fmt: skip
_SAME = frozenset(
    ("convert_element_type", "stage", "stop_gradient", "copy", "copy_p", "device_put", "reduce_precision", "optimization_barrier")
)
_SILENT = frozenset(("sign", "iota", "full", "random_bits", "empty", "nextafter", "zeros_like"))


def watched(tracker: Tracker, run: Callable[[], Any]) -> Any:
    """Runs JAX without jit and tells the tracker of every primitive."""
    watcher = _Watcher(tracker)
    with listening.heard(watcher.heard):
        return run()


class _Watcher:
    def __init__(self, tracker: Tracker) -> None:
        self.tracker, self.busy = tracker, False

    def heard(self, primitive: Any, args: Sequence[Any], params: Params, out: Any) -> None:
        """A primitive; our own are not watched."""
        if not self.busy:
            self.called(primitive, args, params, out)

    def steps(self, value: Any) -> Steps:
        self.tracker.kept.append(value)
        array = _array(value)
        if array.ndim == 0 and isinstance(value, float):
            return self.tracker.scalar(float(value))
        return self.tracker.of(id(value), lambda: array)

    def called(self, primitive: Any, args: Sequence[Any], params: Params, out: Any) -> None:
        tracker, name = self.tracker, str(primitive.name)
        tracker.calls.append(name)
        outputs = [o for o in (out if primitive.multiple_results else [out]) if _is_floating(o)]
        if not outputs:
            return
        self.busy = True
        try:
            values = [_array(o) for o in outputs]
            before = [self.steps(a) for a in args if _is_floating(a)]
            found = self.made(name, primitive, args, params, values, before)
        finally:
            self.busy = False
        own = np.dtype(tracker.m.format.dtype).itemsize
        for array, steps, value in zip(outputs, found, values, strict=True):
            if np.dtype(array.dtype).itemsize < own and name not in _SAME:
                steps = tracker.narrowed(steps, str(array.dtype))
            tracker.kept.append(array)
            tracker.known[id(array)] = np.reshape(steps, value.shape)

    def made(
        self,
        name: str,
        primitive: Any,
        args: Sequence[Any],
        params: Params,
        values: Sequence[Values],
        before: list[Steps],
    ) -> list[Steps]:
        t = self.tracker
        if name in _SILENT or not before:
            return [t.leaves(v) for v in values]
        if name in _SAME:
            return [t.moved(np.arange(1, v.size + 1).reshape(v.shape), [b], v) for b, v in zip(before, values, strict=False)]
        if name in ("sort", "top_k", "cummax", "cummin"):
            return [t.picked(b, v) for b, v in zip(before, values, strict=False)]
        if name in _MOVES:
            return self.moved(name, primitive, args, params, values, before)
        try:
            found = self.computed(_NAMES.get(name, name), args, params, values[0], before)
        except (IndexError, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            return [t.unknown(f"{name}(...)", before, v) for v in values]
        return [found, *(t.unknown(f"{name}(...)", before, v) for v in values[1:])]

    def moved(
        self,
        name: str,
        primitive: Any,
        args: Sequence[Any],
        params: Params,
        values: Sequence[Values],
        before: list[Steps],
    ) -> list[Steps]:
        """Applies the primitive to the places of the numbers."""
        jnp: ModuleType = importlib.import_module("jax.numpy")
        count, placed = 1, []
        for a in args:
            if _is_floating(a):
                size = int(np.size(a))
                placed.append(jnp.arange(count, count + size, dtype="int32").reshape(np.shape(a)))
                count += size
            else:
                placed.append(a)
        if name == "pad":  # its number fills, from one place
            placed[1] = jnp.asarray(count - 1, "int32")
        try:
            moved = primitive.bind(*placed, **params)
        except Exception:  # one that takes no whole numbers
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        results = list(moved) if primitive.multiple_results else [moved]
        if [np.shape(m) for m in results] != [v.shape for v in values]:
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        return [self.tracker.moved(np.asarray(m), before, v) for m, v in zip(results, values, strict=True)]

    def computed(self, name: str, args: Sequence[Any], params: Params, value: Values, before: list[Steps]) -> Steps | None:
        t = self.tracker
        if name in PRIMITIVES:
            return t.elementwise(name, [self.steps(a) for a in args], value)
        if name == "integer_pow":
            return t.elementwise("pow", [before[0], t.scalar(float(params["y"]))], value)
        if name in ("max", "min", "clamp", "select_n"):
            if name == "clamp":
                return t.clamped(before[1], value)
            return t.chosen(before, value)
        if name in ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min"):
            return t.reduced(name.removeprefix("reduce_"), before[0], [int(a) for a in params["axes"]], value)
        if name == "cumsum" and not params.get("reverse"):
            return t.running(before[0], int(params["axis"]), value)
        if name == "dot_general":
            (ca, cb), (ba, bb) = params["dimension_numbers"]
            a, b = _batched(before[0], ca, ba, last=True), _batched(before[1], cb, bb, last=False)
            lead = [before[0].shape[i] for i in ba]
            rows = [before[0].shape[i] for i in range(before[0].ndim) if i not in (*ca, *ba)]
            columns = [before[1].shape[i] for i in range(before[1].ndim) if i not in (*cb, *bb)]
            shape = (*lead, int(np.prod(rows)), int(np.prod(columns)))
            return t.product(a, b, value.reshape(shape)).reshape(value.shape)
        if name in fused.OF_NUMBERS:
            rows_of = [list(r) for r in zip(*(np.broadcast_to(b, value.shape).ravel() for b in before), strict=True)]
            return t.expanded(name, fused.OF_NUMBERS[name], rows_of, value)
        return None


def _batched(x: Steps, contracted: Sequence[int], batch: Sequence[int], *, last: bool) -> Steps:
    """(batch, rows, contracted), or (batch, contracted, columns)."""
    rest = [i for i in range(x.ndim) if i not in (*contracted, *batch)]
    order = [*batch, *rest, *contracted] if last else [*batch, *contracted, *rest]
    lead = [x.shape[i] for i in batch]
    inner = int(np.prod([x.shape[i] for i in contracted]))
    outer = int(np.prod([x.shape[i] for i in rest]))
    return x.transpose(order).reshape(*lead, *((outer, inner) if last else (inner, outer)))


def _is_floating(value: Any) -> bool:
    if isinstance(value, float):
        return True
    dtype = getattr(value, "dtype", None)
    return dtype is not None and str(dtype) in ("float16", "bfloat16", "float32", "float64")


def _array(value: Any) -> Values:
    found: Values = np.asarray(value)
    return found.astype(np.float32) if found.dtype.name == "bfloat16" else found
