"""Overflow: where NaN says no less than infinity does, because the exact result, or what it is made of, is beyond the format.

Of a value at or beyond W, the overflow threshold, IEEE 754 arithmetic answers an infinity (IEEE 754-2019, 7.4), but a formula whose parts
overflow with opposite signs, or meet a zero, answers NaN (7.2), however well it is implemented. So NaN is right where the op's own formula,
evaluated in the format, gives NaN; where the formula gives the infinity, NaN is a defect, as it is wherever the exact result is a number. Where the
formula is a library's, and nobody knows what it gives, NaN is undecided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.formats import Format
from oracles.arithmetic.native import Formula
from oracles.function import Function
from oracles.reference import FINITE, NAN, NINF, PINF, Reference

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: (order, rows) -> the truth at that order of these rows.
Lower = Callable[[str, Rows], Reference]

#: The orders that a derivative is made of.
BELOW = {"value": (), "grad": ("value",), "jvp": ("value",), "grad2": ("value", "grad")}


class Overflow:
    """Of one batch's rows, each element looked at once, whichever subject needs it.

    inputs: exact, of the rows. lower: asked of derivatives only.
    """

    def __init__(
        self, function: Function, inputs: dict[str, NDArray[np.float64]], outputs: int, fmt: Format, lower: Lower
    ) -> None:  # fmt: skip
        self.function, self.inputs, self.outputs, self.fmt, self.lower = function, inputs, outputs, fmt, lower
        self._formula: dict[int, list[float] | None] = {}  # None: a library's
        self._below: dict[int, bool] = {}

    def excused(self, rows: Rows, outs: Rows, nan: Mask, beyond: Mask) -> tuple[Mask, Mask]:
        """(which of these elements, whose answers are NaN (nan) or an infinity, are right, of which nobody knows). beyond: the truth is surely at or
        beyond W.

        Of values: NaN beyond W where the formula gives it. Of derivatives, whose formula nobody documents, those also where the function
        itself overflows, or of second derivatives the gradient: what is made of an infinity is not the implementation's fault.
        """
        right, unknown = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
        for place in np.flatnonzero(nan & beyond).tolist():
            known = self._of_formula(int(rows[place]))
            right[place] = known is not None and math.isnan(known[int(outs[place])])
            unknown[place] = known is None
        if BELOW[self.function.order]:
            rest = np.flatnonzero(~right)
            self._ask(np.unique(rows[rest]))
            right[rest] = [self._below[int(row)] for row in rows[rest]]
        return right, unknown & ~right

    def _of_formula(self, row: int) -> list[float] | None:
        """What the formula gives for each output in the arithmetic of the format; None where a function of it has no formula here."""
        if row not in self._formula:
            m = Formula(self.fmt.dtype)
            with np.errstate(all="ignore"):
                try:
                    outputs = self.function.outputs(m, {name: _lifted(m, values[row]) for name, values in self.inputs.items()})
                    self._formula[row] = [float(m.num(v)) for v in outputs]
                except NotImplementedError:
                    self._formula[row] = None
                except (ArithmeticError, ValueError, TypeError):
                    self._formula[row] = [math.inf] * self.outputs
        return self._formula[row]

    def _ask(self, rows: Rows) -> None:
        fresh = np.asarray([row for row in rows.tolist() if row not in self._below], np.int64)
        if not len(fresh):
            return
        over = np.zeros(len(fresh), np.bool_)
        for order in BELOW[self.function.order]:
            value = self.lower(order, fresh).value
            with np.errstate(invalid="ignore"):
                over |= (np.abs(value) > self.fmt.max).any(axis=1)
        self._below.update(zip(fresh.tolist(), over.tolist(), strict=True))


def beyond(truth: Reference, fmt: Format) -> Mask:
    """Elements whose exact result is surely at or beyond W, so that round-to-nearest gives an infinity; an infinite limit is."""
    top = float(fmt.overflow_threshold) if fmt.real != "float64" else fmt.max
    with np.errstate(invalid="ignore", over="ignore"):
        sure = np.abs(truth.value) - truth.radius >= top
        if fmt.real == "float64":  # W itself is no binary64 number: half an ulp beyond the largest
            half = fmt.max * fmt.unit_roundoff / 2
            sure &= np.isinf(truth.value) | (np.copysign(truth.low, truth.low * truth.value) - truth.radius >= half)
    infinite = (truth.accepts & (PINF | NINF) != 0) & (truth.accepts & (FINITE | NAN) == 0)
    return np.asarray((sure & ~truth.interval & (truth.accepts != 0)) | infinite)


def _lifted(m: Formula, values: Any) -> Any:
    return [_lifted(m, v) for v in values] if np.ndim(values) else m.lift(float(values))
