"""NaN columns: rows with NaNs whose outputs surely depend on them, or surely do not, many rows at once.

The question is that of `ulpfuzz.oracles.limits.nan_reach`, and so are the numbers that take the NaN's place; the enclosures are those of the
vectorised arithmetics. Rows that these leave open are asked one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits import continuous
from ulpfuzz.oracles.limits.accepted import ANYTHING
from ulpfuzz.oracles.limits.continuous import Limits
from ulpfuzz.oracles.limits.nan_reach import BARELY, MOST, numbers_in
from ulpfuzz.oracles.limits.native import native_columns
from ulpfuzz.oracles.limits.paths import moves_to_limit
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

Inputs = dict[str, NDArray[np.float64]]


def reached(function: Function, inputs: Inputs, precision: int) -> Limits | None:
    """What is right for each output of these rows, kinds 0 where that stays open: NaN where it depends on the missing number, and what the formula
    gives where it swallows the NaN; else the number that it is whatever the missing one is, and NaN. None where columns cannot say it."""
    if function.order != "value":
        return None
    formula = native_columns(function, inputs)
    if formula is None:
        return None
    turns = [_substituted(function, inputs, turn) for turn in range(MOST)]
    # All turns at once: columns cost by the operation, not by the row.
    rows = {name: np.concatenate([row[name] for row, _ in turns]) for name in inputs}
    moved = {name: np.concatenate([moves[name] for _, moves in turns]) for name in inputs}
    found = continuous.evaluate(function, rows, moved, precision, 53)
    if found is None or found.kinds.shape[1] != formula.shape[1]:
        return None
    seen = [found.of(slice(k * len(formula), (k + 1) * len(formula))) for k in range(MOST)]
    return _joined(seen, formula, vectors=any(values.ndim > 1 for values in inputs.values()))


def _joined(seen: list[Limits], formula: NDArray[np.float64], *, vectors: bool) -> Limits:
    first = seen[0]
    depends, same = _spread(seen), _alike(seen)
    plain = np.isfinite(formula)
    kinds = np.where(plain, NAN | FINITE, NAN | np.where(formula > 0, PINF, NINF))
    # A formula over vectors that swallows the NaN orders numbers that have no order: see limits_at_infinity._with_nan.
    kinds = np.where(np.isnan(formula), NAN, ANYTHING.kinds if vectors else kinds)
    right = np.where(depends, kinds, np.where(same & (np.isfinite(formula) | np.isnan(formula)), first.kinds | NAN, 0))
    number = (right & FINITE) != 0
    return Limits(
        right.astype(np.uint8),
        np.where(number, np.where(depends, formula, first.value), np.nan),
        np.where(number & ~depends, first.value_lo, 0.0),
        np.where(number & ~depends, first.radius, np.where(number, np.abs(formula) * 2.0**-39, 0.0)),
        first.singled_out,
        first.branched,
    )


def _spread(seen: list[Limits]) -> NDArray[np.bool_]:
    """Elements that surely differ between two of the turns, by more than rounding shows."""
    highest, lowest = np.full(seen[0].kinds.shape, -np.inf), np.full(seen[0].kinds.shape, np.inf)
    size = np.zeros(highest.shape)
    for found in seen:
        number = found.kinds == FINITE
        with np.errstate(invalid="ignore"):
            low, high = found.value - found.radius * 2, found.value + found.radius * 2
        low = np.where(found.kinds == PINF, np.inf, np.where(number, low, -np.inf))
        high = np.where(found.kinds == NINF, -np.inf, np.where(number, high, np.inf))
        highest, lowest = np.maximum(highest, low), np.minimum(lowest, high)
        size = np.maximum(size, np.where(number, np.abs(found.value), 0.0))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray((highest > lowest) & (highest / 2 - lowest / 2 > BARELY * size))


def _alike(seen: list[Limits]) -> NDArray[np.bool_]:
    """Elements that are the same to the bit at every turn."""
    first = seen[0]
    same: NDArray[np.bool_] = first.kinds != 0
    for found in seen[1:]:
        same &= found.kinds == first.kinds
        number = (found.value == first.value) & (found.value_lo == first.value_lo) & (found.radius == first.radius)
        same &= number | (found.kinds != FINITE)
    return same


def _substituted(function: Function, inputs: Inputs, turn: int) -> tuple[Inputs, dict[str, NDArray[np.bool_]]]:
    """The rows with a turn's numbers for their NaNs, and what moves: beside an infinity what moves to a limit, in rows of numbers nothing."""
    count = len(next(iter(inputs.values())))
    place, row, infinite = np.zeros(count, np.int64), {}, np.zeros(count, np.bool_)
    for name, values in inputs.items():
        missing = np.isnan(values).reshape(count, -1)
        numbers = np.asarray(numbers_in(*function.domain(name)))
        turns = turn + place[:, np.newaxis] + np.cumsum(missing, axis=1) - 1
        filled = np.where(missing, numbers[turns % len(numbers)], values.reshape(count, -1))
        row[name] = filled.reshape(values.shape)
        place += missing.sum(axis=1)
        infinite |= np.isinf(filled).any(axis=1)
    moved = {}
    for name, values in row.items():
        here = infinite.reshape(count, *([1] * (values.ndim - 1)))
        moved[name] = moves_to_limit(function, name, values) & here
    return row, moved
