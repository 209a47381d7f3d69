"""The formula as IEEE 754 evaluates it at a special point. It only excuses: its result never proves an answer wrong."""

from __future__ import annotations

import math
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.taped import TapedNative
from ulpfuzz.oracles.function import Function, nest

Inputs = dict[str, NDArray[np.float64]]


def native(function: Function, inputs: Inputs, *, quiet: bool = True) -> tuple[list[float], bool]:
    """The outputs in binary64, and whether IEEE 754's own operations were enough. quiet: no warnings."""
    m = TapedNative()
    with np.errstate(all="ignore") if quiet else nullcontext():
        return _outputs(function, inputs, m), not m.functions


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
