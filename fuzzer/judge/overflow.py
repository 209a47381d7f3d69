"""Overflow: where NaN says no less than infinity does, because the exact result, or what it is made of, is beyond the format.

Of a value at or beyond W, the overflow threshold, IEEE 754 arithmetic answers an infinity (IEEE 754-2019, 7.4), but a formula whose parts
overflow with opposite signs, or meet a zero, answers NaN (7.2), however well it is implemented. So NaN is right where the op's own formula,
evaluated in the format, gives NaN; where the formula gives the infinity, NaN is a defect, as it is wherever the exact result is a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.oracles.arithmetic.native import Formula
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, Reference

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: (order, rows) -> the truth at that order of these rows.
Lower = Callable[[str, Rows], Reference]

#: The orders that a derivative is made of.
BELOW = {"value": (), "grad": ("value",), "jvp": ("value",), "grad2": ("value", "grad")}


class Overflow:
    """The overflows of one batch's rows; each element is examined once, whichever subject needs it.

    inputs: exact, for the rows. lower: called for derivatives only.
    """

    def __init__(self, function: Function, inputs: dict[str, NDArray[np.float64]], fmt: Format, lower: Lower) -> None:
        self.function, self.inputs, self.fmt, self.lower = function, inputs, fmt, lower
        self._formula: dict[int, list[float] | None] = {}
        self._below: dict[int, tuple[bool, bool]] = {}

    def excused(self, rows: Rows, outs: Rows, nan: Mask, beyond: Mask) -> tuple[Mask, Mask]:
        """Which of these elements, whose answers are NaN (nan) or an infinity, are right, and which may be. beyond: the truth is surely at or
        beyond W.

        Values: NaN beyond W where the formula gives it. Derivatives, whose formula is documented nowhere: the same, and also where the function
        itself overflows (second derivatives: the gradient), since what follows from an infinity is not the implementation's fault. Where it is not
        known whether it does, such a derivative may be right.
        """
        right = np.zeros(len(rows), np.bool_)
        candidates = np.flatnonzero(nan & beyond)
        right[candidates] = [
            self._formula_is_nan(row, out) for row, out in zip(rows[candidates].tolist(), outs[candidates].tolist(), strict=True)
        ]
        maybe = np.zeros(len(rows), np.bool_)
        if BELOW[self.function.order]:
            rest = np.flatnonzero(~right)
            self._ask(np.unique(rows[rest]))
            below = np.asarray([self._below[int(row)] for row in rows[rest]], np.bool_).reshape(-1, 2)
            right[rest], maybe[rest] = below[:, 0], below[:, 1]
        return right, maybe

    def _formula_is_nan(self, row: int, output: int) -> bool:
        """Whether the formula gives NaN for this output; a formula that cannot be evaluated so excuses nothing."""
        if row not in self._formula:
            m = Formula(self.fmt.dtype)
            with np.errstate(all="ignore"):
                try:
                    outputs = self.function.outputs(m, {name: _lifted(m, values[row]) for name, values in self.inputs.items()})
                    self._formula[row] = [float(m.num(v)) for v in outputs]
                except (ArithmeticError, ValueError, TypeError, NotImplementedError):
                    self._formula[row] = None
        known = self._formula[row]
        return known is not None and bool(np.isnan(known[output]))

    def _ask(self, rows: Rows) -> None:
        fresh = np.asarray([row for row in rows.tolist() if row not in self._below], np.int64)
        if not len(fresh):
            return
        over, unknown = np.zeros(len(fresh), np.bool_), np.zeros(len(fresh), np.bool_)
        for order in BELOW[self.function.order]:
            truth = self.lower(order, fresh)
            infinite, number = truth.accepts & (PINF | NINF) != 0, truth.accepts & FINITE != 0
            over |= (beyond(truth, self.fmt) | (infinite & ~number)).any(axis=1)
            unknown |= ((truth.accepts == 0) | (number & ~within(truth, self.fmt))).any(axis=1)
        self._below.update(zip(fresh.tolist(), zip(over.tolist(), (unknown & ~over).tolist(), strict=True), strict=True))


def beyond(truth: Reference, fmt: Format) -> Mask:
    """Elements whose exact result is surely at or beyond W, so that round-to-nearest gives an infinity."""
    # W of the narrower formats is a binary64 number, so that the comparison with it is exact.
    top = float(fmt.overflow_threshold) if fmt.real != "float64" else fmt.max
    with np.errstate(invalid="ignore", over="ignore"):
        sure = np.abs(truth.value) - truth.radius >= top
        if fmt.real == "float64":  # W itself is no binary64 number: half an ulp beyond the largest
            half = fmt.max * fmt.unit_roundoff / 2
            sure &= np.isinf(truth.value) | (np.copysign(truth.value_lo, truth.value_lo * truth.value) - truth.radius >= half)
    return np.asarray(sure & ~truth.interval & (truth.accepts != 0))


def within(truth: Reference, fmt: Format) -> Mask:
    """Elements whose exact result, which is a number, is surely below W."""
    top = float(fmt.overflow_threshold) if fmt.real != "float64" else np.inf
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.abs(truth.value) + truth.radius < top)


def infinite_limit(truth: Reference) -> Mask:
    """Elements that have no number in any format, only an infinity."""
    return np.asarray((truth.accepts & (PINF | NINF) != 0) & (truth.accepts & (FINITE | NAN) == 0))


def _lifted(m: Formula, values: Any) -> Any:
    return [_lifted(m, v) for v in values] if np.ndim(values) else m.lift(float(values))
