"""Roots that are numbers of the format: of log Gamma at 1 and 2, not of digamma."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.rigorous import enclose

#: Bits at which a function is evaluated at a candidate.
BITS = 256


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


def largest_at(function: Function, x: float) -> float:
    """What |f(x)| of a function of one number is at most, as far as BITS of precision tell; inf where they tell nothing."""
    (name,) = function.inputs
    balls = enclose(replace(function, order="value"), {name: np.asarray(x)}, BITS).balls
    return float(balls[0].abs_upper()) if len(balls) == 1 and balls[0].is_finite() else math.inf
