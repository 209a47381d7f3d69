"""Roots that are numbers of the format: of log Gamma at 1 and 2, not of digamma."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.rigorous import enclose

#: Bits at which a function is evaluated at a candidate, and the largest ball around 0 that is taken for 0: beside a root that is no short number
#: the function is far more than that.
BITS, ZERO = 256, 2.0**-192


def simplest(low: float, high: float) -> float:
    """The binary number of [low, high] with the fewest significant bits; 0 where that is inside. low <= high, finite."""
    if low <= 0 <= high:
        return 0.0
    if high < 0:
        return -simplest(-high, -low)
    step = math.ldexp(1.0, math.frexp(high)[1] - 1)
    while (number := math.ceil(low / step) * step) > high:
        step /= 2
    return number


def is_root(function: Function, x: float) -> bool:
    """Whether a function of one number is 0 at x, as far as BITS of precision tell."""
    (name,) = function.inputs
    balls = enclose(replace(function, order="value"), {name: np.asarray(x)}, BITS).balls
    return len(balls) == 1 and balls[0].is_finite() and balls[0].contains(0) and bool(balls[0].abs_upper() < ZERO)
