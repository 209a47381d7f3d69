"""The formula as IEEE 754 evaluates it at a special point. It only excuses: its result never proves an answer wrong."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.native import NativeColumns
from ulpfuzz.oracles.arithmetic.taped import TapedNative
from ulpfuzz.oracles.function import Function, nest
from ulpfuzz.oracles.reference import NAN, NINF, PINF

Inputs = dict[str, NDArray[np.float64]]


def native(function: Function, inputs: Inputs, *, quiet: bool = True) -> tuple[list[float], bool]:
    """The outputs in binary64, and whether IEEE 754's own operations were enough. quiet: no warnings."""
    m = TapedNative()
    with np.errstate(all="ignore") if quiet else nullcontext():
        return _outputs(function, inputs, m), not m.functions


def native_columns(function: Function, inputs: Inputs) -> NDArray[np.float64] | None:
    """The values of many rows in binary64, shape (rows, outputs); None where a function of the formula takes no columns."""
    m, count = NativeColumns(), len(next(iter(inputs.values())))
    with np.errstate(all="ignore"):
        try:
            outputs = function.outputs(m, {name: _columns(m, values) for name, values in inputs.items()})
            return np.stack([np.broadcast_to(np.asarray(m.num(v), np.float64), (count,)) for v in outputs], axis=1)
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError):
            return None


def _columns(m: NativeColumns, values: NDArray[np.float64]) -> Any:
    return m.lift(values) if values.ndim == 1 else [_columns(m, values[:, j]) for j in range(values.shape[1])]


def excuses(function: Function, inputs: Inputs) -> NDArray[np.uint8] | None:
    """Per output of many rows with infinities or NaNs, or at a singular point, the kinds (NAN, PINF, NINF) that are right whatever the limit is: the
    rules of `joining` that need no limit. None where a function of the formula takes no columns.

    The infinity that IEEE 754 makes of the formula. NaN of a value beside a NaN, and where several numbers meet in inf - inf or 0 inf on the way to
    any output that an infinity reaches; of a derivative by several numbers where the formula has one, and where the function has no finite value.
    """
    values = native_columns(function, inputs)
    if values is None:
        return None
    several = len(function.inputs) > 1 or inputs[function.inputs[0]].ndim > 1
    lost, infinite = (
        np.logical_or.reduce([f(v).reshape(len(v), -1).any(axis=1) for v in inputs.values()])[:, np.newaxis]
        for f in (np.isnan, np.isinf)
    )
    kinds = np.where(np.isposinf(values), PINF, np.where(np.isneginf(values), NINF, 0)).astype(np.uint8)
    nan = np.isnan(values) & several
    if function.order == "value":
        nan = (_spread(function, inputs, nan) & infinite) | lost
    else:
        below = native_columns(replace(function, order="value"), {name: inputs[name] for name in function.inputs})
        nan |= False if below is None else ~np.isfinite(below).all(axis=1, keepdims=True)
    kinds[np.broadcast_to(nan, kinds.shape)] |= NAN
    return kinds


def _spread(function: Function, inputs: Inputs, nan: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """spread_nan, of many rows."""
    if nan.all() or not nan.any():
        return nan
    reached = native_columns(function, {name: np.where(np.isinf(v), math.nan, v) for name, v in inputs.items()})
    return nan if reached is None else nan | (nan.any(axis=1, keepdims=True) & np.isnan(reached))


def is_derivative(function: Function, inputs: Inputs) -> bool:
    """Whether the definition itself is made of a derivative of another function, at this point."""
    m = TapedNative()
    with np.errstate(all="ignore"):
        _outputs(function, inputs, m)
    return m.derivatives


def _outputs(function: Function, inputs: Inputs, m: TapedNative) -> list[float]:
    lifted = {name: nest(np.asarray(values), m.lift) for name, values in inputs.items()}
    return [float(m.num(v)) for v in function.outputs(m, lifted)]


def spread_nan(function: Function, inputs: Inputs, outputs: list[float]) -> list[float]:
    """NaN for every output that an infinite input reaches, where the formula gives NaN for one of them.

    softmax([inf, 1]): the formula is nan only in the first place, but every implementation subtracts the largest element first,
    inf - inf, and cannot know the limit of the others better.
    """
    if len(outputs) == 1 or not any(math.isnan(v) for v in outputs):
        return outputs
    marked = {name: np.where(np.isinf(v), math.nan, v) for name, v in inputs.items()}
    reached, _ = native(function, marked)
    return [math.nan if math.isnan(r) else v for r, v in zip(reached, outputs, strict=True)]
