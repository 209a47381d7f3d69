"""Box: the neighbourhood of a row of inputs as balls of Arb, clipped to the function's domains."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.arb import ArbNumber
from ulpfuzz.oracles.function import Function


def over_the_box(
    function: Function, single: dict[str, NDArray[np.float64]], widths: dict[str, NDArray[np.float64]]
) -> dict[str, Any]:
    """The inputs of a row as balls that hold every number within `widths` (absolute, per component) and its domain; infinities stand still."""
    return {name: _box(values, widths[name], function.domain(name)) for name, values in single.items()}


def _box(values: Any, widths: Any, domain: tuple[float, float]) -> Any:
    if np.ndim(values):
        return [_box(v, w, domain) for v, w in zip(values, widths, strict=True)]
    x, w = float(values), float(widths)
    if not math.isfinite(x):
        return ArbNumber(arb(x))
    if domain[0] < x - 2 * w and x + 2 * w < domain[1]:  # nothing to clip: the ball itself, which is exact
        return ArbNumber(arb(x, w))
    low, high = Fraction(x) - Fraction(w), Fraction(x) + Fraction(w)
    if math.isfinite(domain[0]) and domain[0] <= x:
        low = max(low, Fraction(domain[0]))
    if math.isfinite(domain[1]) and domain[1] >= x:
        high = min(high, Fraction(domain[1]))
    middle, radius = (low + high) / 2, (high - low) / 2
    return ArbNumber(arb(_arb(middle), _arb(radius)))


def _arb(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))
