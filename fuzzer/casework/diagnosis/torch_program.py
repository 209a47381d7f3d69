"""The steps of PyTorch: its primitive calls, watched where it dispatches them, backward passes included."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.casework.diagnosis import fused
from ulpfuzz.fuzzer.casework.diagnosis.tracked import PRIMITIVES, Steps, Tracker, Values
from ulpfuzz.fuzzer.frameworks.listening import torch as listening

#: Primitives of one or more tensors, number by number, whose names here differ.
_NAMES = {
    "true_divide": "div", "divide": "div", "multiply": "mul", "subtract": "sub", "rsub": "sub", "negative": "neg", "lgamma": "lgamma",
    "special_log1p": "log1p", "special_expm1": "expm1", "special_xlog1py": "xlog1py", "special_erf": "erf", "special_erfc": "erfc",
    "arctan2": "atan2",
}  # fmt: skip
#: Primitives that only move numbers, and may be applied to the numbers' places.
_MOVES = frozenset((
    "view", "reshape", "_unsafe_view", "expand", "permute", "transpose", "t", "unsqueeze", "squeeze", "slice", "select",
    "index_select", "index", "gather", "cat", "stack", "clone", "detach", "alias", "lift_fresh", "contiguous", "unbind", "split",
    "split_with_sizes", "chunk", "flip", "roll", "repeat", "as_strided", "unfold", "diagonal", "movedim", "narrow", "tril", "triu",
    "constant_pad_nd", "repeat_interleave", "_reshape_alias", "take", "take_along_dim", "view_as_real", "select_scatter",
    "slice_scatter", "_to_copy", "to",
))  # fmt: skip
_SILENT = frozenset((
    "eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "isfinite", "logical_and", "logical_or", "logical_not", "all", "any",
    "_is_all_true", "_local_scalar_dense", "argmax", "argmin", "sort", "argsort", "topk", "arange", "zeros", "ones", "full",
    "empty", "empty_like", "zeros_like", "ones_like", "full_like", "new_empty", "new_zeros", "new_ones", "scalar_tensor",
    "bitwise_and", "bitwise_or", "bitwise_not", "nonzero", "item", "randn", "rand", "sgn", "sign", "new_full", "eye",
    "tril_indices", "triu_indices", "empty_strided",
))  # fmt: skip


def watched(tracker: Tracker, run: Callable[[], Any]) -> Any:
    """Runs torch and tells the tracker of every primitive call."""
    torch: ModuleType = importlib.import_module("torch")
    watcher = _Watcher(tracker, torch)

    def made(func: Any, args: Any, kwargs: Any) -> Any:
        before = watcher.before(args)
        out = func(*args, **kwargs)
        watcher.called(func, args, kwargs, out, before)
        return out

    with listening.heard(made):
        return run()


class _Watcher:
    def __init__(self, tracker: Tracker, torch: ModuleType) -> None:
        self.tracker, self.torch, self.off = tracker, torch, False

    def array(self, tensor: Any) -> Values:
        with listening.unheard():
            detached = tensor.detach().resolve_conj().resolve_neg()
            if detached.is_complex():
                detached = self.torch.view_as_real(detached)
            if detached.dtype == self.torch.bfloat16:
                detached = detached.to(self.torch.float32)
            found: Values = detached.cpu().numpy().copy()
        return found

    def steps(self, value: Any) -> Steps:
        if isinstance(value, self.torch.Tensor):
            self.tracker.kept.append(value)
            array = self.array(value)
            place = (value.data_ptr(), tuple(value.shape), tuple(value.stride()))
            # What was written in place is known by another name of the same memory.
            key = next((k for k in (id(value), place) if self.tracker.has(k, array)), place)
            return self.tracker.of(key, lambda: array)
        return self.tracker.scalar(float(value))

    def before(self, args: Any) -> list[Steps]:
        """The steps of the operands, read before a call may write over them."""
        return [self.steps(a) for a in _flat(args, self.torch) if a.is_floating_point()]

    def called(self, func: Any, args: Any, kwargs: Any, out: Any, before: list[Steps]) -> None:
        name = func.overloadpacket.__name__.rstrip("_")
        self.tracker.calls.append(name)
        outputs = [o for o in (out if isinstance(out, (list, tuple)) else [out]) if isinstance(o, self.torch.Tensor)]
        floating = [o for o in outputs if o.is_floating_point()]
        if not floating:
            return
        found = self.made(name, func, args, kwargs, floating, before)
        own = np.dtype(self.tracker.m.format.dtype).itemsize
        for tensor, steps in zip(floating, found, strict=True):
            if tensor.element_size() < own and not tensor.is_complex():
                steps = self.tracker.narrowed(steps, str(tensor.dtype).removeprefix("torch."))
            self.tracker.kept.append(tensor)
            self.tracker.known[id(tensor)] = steps
            self.tracker.known[tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride())] = steps

    def made(self, name: str, func: Any, args: Any, kwargs: Any, outputs: Sequence[Any], before: list[Steps]) -> list[Steps]:
        values = [self.array(o) for o in outputs]
        if name in ("sort", "topk", "msort", "kthvalue", "median", "nanmedian", "mode", "cummax", "cummin"):
            return [self.tracker.picked(before[0], v) for v in values]
        if name in _SILENT or name == "fill" or not before:
            return [self.tracker.leaves(v) for v in values]
        if name in _MOVES or name == "copy":
            return self.moved(name, func, args, kwargs, values, before)
        try:
            found = self.computed(_NAMES.get(name, name), args, kwargs, values[0], before)
        except (IndexError, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        return [found, *(self.tracker.unknown(f"{name}(...)", before, v) for v in values[1:])]

    def moved(self, name: str, func: Any, args: Any, kwargs: Any, values: Sequence[Values], before: list[Steps]) -> list[Steps]:
        """Applies the call to the places of the numbers."""
        torch = self.torch
        if name == "copy":
            return [np.broadcast_to(self.steps(args[1]), values[0].shape).copy()]
        counts = [1]

        def places(value: Any) -> Any:
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                start = counts[0]
                counts[0] += value.numel()
                return torch.arange(start, counts[0]).reshape(value.shape)
            if isinstance(value, (list, tuple)):
                return type(value)(places(v) for v in value)
            return value

        try:
            with listening.unheard():
                moved = func(*places(args), **{k: v for k, v in kwargs.items() if k not in ("dtype", "memory_format")})
        except Exception:  # a call that takes no whole numbers
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        results = [m for m in (moved if isinstance(moved, (list, tuple)) else [moved]) if isinstance(m, torch.Tensor)]
        if [tuple(m.shape) for m in results] != [v.shape for v in values]:
            return [self.tracker.unknown(f"{name}(...)", before, v) for v in values]
        return [self.tracker.moved(m.numpy(), before, v) for m, v in zip(results, values, strict=True)]

    def computed(self, name: str, args: Any, kwargs: Any, value: Values, before: list[Steps]) -> Steps | None:
        """The results of a call that computes; None where nobody knows how."""
        t = self.tracker
        rest = iter(before)
        # As they were before the call, which may have written over them.
        operands = [
            next(rest) if isinstance(a, self.torch.Tensor) and a.is_floating_point() else self.steps(a)
            for a in args
            if isinstance(a, (self.torch.Tensor, int, float)) and not isinstance(a, bool)
        ]
        if name in ("add", "sub") and kwargs.get("alpha", 1) != 1:
            factor = kwargs["alpha"] * (1 if name == "add" else -1)
            return t.elementwise("axpy", [*operands[:2], t.scalar(factor)], value)
        if name in ("addcmul", "addcdiv"):
            return t.elementwise(name, [*before[:3], t.scalar(float(kwargs.get("value", 1)))], value)
        if name == "pow" and isinstance(args[1], (int, float)) and args[1] == 2:
            return t.elementwise("square", before[:1], value)
        if name == "lerp":
            return t.elementwise("lerp", operands[:3], value)
        if name == "where":
            return t.chosen(operands[1:3], value)
        if name in ("masked_fill", "nan_to_num", "threshold", "relu", "clamp", "clamp_min", "clamp_max", "hardtanh"):
            return t.clamped(before[0], value) if name != "masked_fill" else t.chosen([operands[0], operands[-1]], value)
        if name in ("maximum", "minimum", "fmax", "fmin"):
            return t.chosen(before, value)
        if name in PRIMITIVES:
            return t.elementwise(name, operands[: _arity(name, len(operands))], value)
        return self.reduced(name, args, kwargs, value, before)

    def reduced(self, name: str, args: Any, kwargs: Any, value: Values, before: list[Steps]) -> Steps | None:
        t, x = self.tracker, before[0]
        every = list(range(x.ndim))
        axes = args[1] if len(args) > 1 and isinstance(args[1], (list, tuple, int)) else every
        axes = [axes] if isinstance(axes, int) else list(axes) or every
        kinds = {"sum": "sum", "mean": "mean", "prod": "prod", "amax": "max", "amin": "min", "max": "max", "min": "min"}
        if name in kinds:
            return t.reduced(kinds[name], x, axes if name in ("sum", "mean") or len(args) > 1 else every, value)
        if name == "cumsum":
            return t.running(x, int(args[1]), value)
        if name in ("mm", "bmm", "mv", "dot", "vdot", "matmul"):
            return self.product(before[0], before[1], value)
        if name in ("addmm", "baddbmm", "addmv", "addbmm"):
            return self.affine(name, kwargs, value, before)
        if name in ("norm", "linalg_vector_norm"):
            p = float(args[1]) if len(args) > 1 and isinstance(args[1], (int, float)) else 2.0
            over = [int(a) for a in args[2]] if len(args) > 2 and args[2] else every
            return t.expanded(name, fused.power_norm(p), _rows(x, over), value)
        if name in ("var", "std"):
            correction = int(kwargs.get("correction", 1))
            over = [int(a) for a in args[1]] if len(args) > 1 and args[1] else every
            formulas = fused.variance(correction)
            return t.expanded(name, formulas if name == "var" else fused.rooted(formulas), _rows(x, over), value)
        if name == "logsumexp":
            return t.expanded(name, fused.LOGSUMEXP, _rows(x, axes), value)
        if name in ("_softmax", "_log_softmax", "_safe_softmax"):
            return _along(t, name.strip("_"), x, int(args[1]), value, lambda i: fused.softmax(i, logarithm="log" in name))
        if name == "native_layer_norm":
            size = math.prod(args[1])
            flat, out = x.reshape(-1, size), value.reshape(-1, size)
            if any(a is not None for a in args[2:4]):
                return None
            eps = float(args[4])
            return _along(t, name, flat, 1, out, lambda i: fused.normalised(i, eps, fused.variance(0))).reshape(value.shape)
        if (
            name in fused.OF_NUMBERS
            or name.removeprefix("special_") in fused.OF_NUMBERS
            or name.removesuffix("_loss") in fused.OF_NUMBERS
        ):
            known = name.removeprefix("special_").removesuffix("_loss")
            known = "gelu_tanh" if known == "gelu" and kwargs.get("approximate") == "tanh" else known
            if value.shape != np.broadcast_shapes(*(b.shape for b in before)):
                return None
            rows = [list(r) for r in zip(*(np.broadcast_to(b, value.shape).ravel() for b in before), strict=True)]
            return t.expanded(name, fused.OF_NUMBERS[known], rows, value)
        return None

    def product(self, a: Steps, b: Steps, value: Values) -> Steps:
        left = a[np.newaxis, :] if a.ndim == 1 else a
        right = b[:, np.newaxis] if b.ndim == 1 else b
        shape = (*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), left.shape[-2], right.shape[-1])
        return self.tracker.product(left, right, value.reshape(shape)).reshape(value.shape)

    def affine(self, name: str, kwargs: Any, value: Values, before: list[Steps]) -> Steps | None:
        """beta c + alpha a b, where alpha scales a first or the product last."""
        t, (c, a, b) = self.tracker, before[:3]
        if name == "addbmm":
            a, b = a.transpose(1, 0, 2).reshape(a.shape[1], -1), b.reshape(-1, b.shape[2])
        right = b[..., np.newaxis] if name == "addmv" else b
        out = value[..., np.newaxis] if name == "addmv" else value
        c = np.broadcast_to(c[..., np.newaxis] if name == "addmv" and c.ndim == 1 else c, out.shape)
        alpha, beta = float(kwargs.get("alpha", 1)), float(kwargs.get("beta", 1))
        rows = []
        for index in np.ndindex(out.shape):
            *lead, i, j = index
            rows.append([c[index], *a[(*lead, i, slice(None))], *right[(*lead, slice(None), j)]])

        def last(m: Any, v: list[Any]) -> Any:
            n = len(v) // 2
            return _times(m, beta, v[0]) + _times(m, alpha, m.sum([p * q for p, q in zip(v[1 : n + 1], v[n + 1 :], strict=True)]))

        def first(m: Any, v: list[Any]) -> Any:
            n = len(v) // 2
            scaled = [_times(m, alpha, p) for p in v[1 : n + 1]]
            return _times(m, beta, v[0]) + m.sum([p * q for p, q in zip(scaled, v[n + 1 :], strict=True)])

        return t.expanded(name, (last, first), rows, out).reshape(value.shape)


def _times(m: Any, factor: float, x: Any) -> Any:
    return x if factor == 1 else m.num(factor) * x


def _rows(x: Steps, axes: Sequence[int]) -> list[list[Any]]:
    over = sorted({a % x.ndim for a in axes}) if x.ndim else []
    rest = [a for a in range(x.ndim) if a not in over]
    return [list(r) for r in x.transpose([*rest, *over]).reshape(-1, math.prod(x.shape[a] for a in over))]


def _along(t: Tracker, name: str, x: Steps, axis: int, value: Values, formulas: Callable[[int], Any]) -> Steps:
    """A primitive that makes of each row as many numbers."""
    steps, out = np.moveaxis(x, axis, -1), np.moveaxis(value, axis, -1)
    found = np.empty(out.shape, object)
    rows = [list(r) for r in steps.reshape(-1, steps.shape[-1])]
    for place in range(out.shape[-1]):
        found[..., place] = t.expanded(name, formulas(place), rows, out[..., place])
    return np.moveaxis(found, -1, axis)


_OF_TWO = frozenset(("add", "sub", "mul", "div", "pow", "atan2", "fmod", "hypot", "logaddexp", "xlogy", "xlog1py"))


def _arity(name: str, most: int) -> int:
    return 2 if name in _OF_TWO else min(1, most)


def _flat(args: Any, torch: ModuleType) -> list[Any]:
    found: list[Any] = []
    for a in args:
        if isinstance(a, torch.Tensor):
            found.append(a)
        elif isinstance(a, (list, tuple)):
            found += _flat(a, torch)
    return found
