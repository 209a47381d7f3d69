"""Where there is no truth, and every answer is right: derivatives outside a domain, at a NaN, of several variables at infinity, at a
corner."""

from __future__ import annotations

import numpy as np

from ulpfuzz.oracles import limits_at_infinity
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Inputs, Mask
from ulpfuzz.oracles.reference import FINITE, LIMIT, NAN, NINF, PINF, Reference


def beyond_domain(function: Function, inputs: Inputs) -> Mask:
    """Rows where a derivative is taken outside the function's domain, at a NaN, or of several variables at infinity: no truth exists,
    every answer is right."""
    rows = len(next(iter(inputs.values())))
    outside = np.zeros(rows, np.bool_)
    if function.order != "value":
        for name, (low, high) in zip(function.inputs, function.domains, strict=False):
            values = inputs[name].reshape(rows, -1)
            outside |= ((values < low) | (values > high)).any(axis=1)
        # One variable goes to infinity along one path, whose limit is read; several go along many, each with a limit of its own.
        several = len(inputs) > 1 or next(iter(inputs.values())).ndim > 1
        for values in inputs.values():
            lost = ~np.isfinite(values) if several else np.isnan(values)
            outside |= lost.reshape(rows, -1).any(axis=1)
    return outside


#: Vectors up to this length are read at their own length, for a function may take no other.
LONGEST = 8


def nowhere_smooth(function: Function, inputs: Inputs, rows: Mask) -> Mask:
    """The rows among these where all elements of the one vector are equal and the function has no derivative for that reason."""
    without_truth = np.zeros(len(rows), np.bool_)
    (x, *more) = (inputs[name] for name in function.inputs)
    if function.order == "value" or more or x.ndim != 2 or x.shape[1] < 2:
        return without_truth
    alike = rows & (x == x[:, :1]).all(axis=1) & np.isfinite(x[:, 0])
    # Two constants stand for all: a norm has its corner at zero, a standard deviation wherever all elements are equal.
    for chosen, constant in ((alike & (x[:, 0] == 0), 0.0), (alike & (x[:, 0] != 0), 1.0)):
        short = x.shape[1] if x.shape[1] <= LONGEST else 3  # a complex number is a vector of two
        if chosen.any() and limits_at_infinity.nowhere_smooth(function, constant, short):
            without_truth |= chosen
    return without_truth


def accept_anything(truth: Reference, rows: Mask) -> None:
    """Marks rows, or single elements, where every answer is right."""
    truth.value[rows], truth.value_lo[rows], truth.radius[rows] = 0.0, 0.0, np.inf
    truth.accepts[rows], truth.interval[rows], truth.tier[rows] = FINITE | NAN | PINF | NINF, True, LIMIT
