"""Continuous: limits at infinities that are proved, of many rows at once: where every step of the definition is continuous on the extended line.

inf + 3, exp(-inf), x y at (inf, -2), a density far out: what the definition tends to there is what extended reals make of it
(`ulpfuzz.oracles.arithmetic.extended_balls`), at whatever rates its numbers move. Where a step is not continuous nothing is said, and paths are read
(`ulpfuzz.oracles.limits_at_infinity`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic import ball80
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import Ball80
from ulpfuzz.oracles.arithmetic.extended_balls import ExtendedBall, ExtendedBalls
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits.accepted import ANYTHING
from ulpfuzz.oracles.limits.native import excuses, native_columns
from ulpfuzz.oracles.limits.paths import moves_inwards, moves_to_limit
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

Inputs = dict[str, NDArray[np.float64]]
#: The radius of a limit that is used, in parts of it 2^-(precision + SPARE): half of what Reference promises.
SPARE = 9


@dataclass(frozen=True)
class Limits:
    """What rows tend to, arrays of shape (rows, outputs). kinds: FINITE, PINF, NINF, or 0 where nothing is known; a number lies within radius of
    value + value_lo. With NAN: NaN is right too."""

    kinds: NDArray[np.uint8]
    value: NDArray[np.float64]
    value_lo: NDArray[np.float64]
    radius: NDArray[np.float64]
    #: Rows that the definition may single out, and where it has branches (ExtendedBalls).
    singled_out: NDArray[np.bool_]
    branched: NDArray[np.bool_]

    def of(self, rows: slice) -> Limits:
        """Those of some of the rows."""
        return Limits(*(getattr(self, field.name)[rows] for field in fields(self)))


def limits(function: Function, inputs: Inputs, precision: int, *, poles: bool = False) -> Limits | None:
    """The proved limits of these rows of numbers and infinities, each known to 2^-(precision + SPARE) of itself; None where the definition cannot be
    evaluated so. Infinities, zeros and the ends of probabilities and supports move, as along the paths.

    poles: only at points where the definition has no value, by a pole on the way. Of rows with an infinity outside its domain, or a zero of the
    sign that leaves its domain, nothing is said.
    """
    if function.order != "value":
        return None
    count = len(next(iter(inputs.values())))
    infinite = np.logical_or.reduce([np.isinf(v).reshape(count, -1).any(axis=1) for v in inputs.values()])
    moved, toward = {}, {}
    for name, values in inputs.items():
        here = ~infinite.reshape(count, *([1] * (values.ndim - 1)))
        moves, side = moves_inwards(function, name, values)
        moved[name], toward[name] = moves_to_limit(function, name, values) | (moves & here), side * here
    found = evaluate(function, inputs, moved, precision, precision, toward)
    if found is None:
        return None
    outside = found.singled_out | found.branched if poles else np.zeros(count, np.bool_)
    if poles:
        still = {name: np.zeros(values.shape, np.bool_) for name, values in inputs.items()}
        there = evaluate(function, inputs, still, precision, precision)
        outside = outside | ((there is None) or there.kinds.any(axis=1))
    for name, values in inputs.items():
        low, high = function.domain(name)
        leaves = (np.isinf(values) & ((values < low) | (values > high))) | ((values == 0) & _leaves(values, low, high))
        outside |= leaves.reshape(count, -1).any(axis=1)
    found.kinds[outside] = 0
    _add_excuses(function, inputs, found)
    # An infinity beside another output that has no limit: a library may compute both from one NaN (softmax subtracts the largest element).
    open_ = (found.kinds == 0).any(axis=1, keepdims=True)
    found.kinds[open_ & (found.kinds != 0)] |= NAN
    return found


def _add_excuses(function: Function, inputs: Inputs, found: Limits) -> None:
    """What IEEE 754 makes of the formula is right beside what is known: infinities, and NaN where several numbers meet in inf - inf or 0 inf."""
    excused, formula = excuses(function, inputs), native_columns(function, inputs)
    if excused is None or formula is None or formula.shape != found.kinds.shape:
        return
    several = len(function.inputs) > 1 or inputs[function.inputs[0]].ndim > 1
    nan = np.isnan(formula) & several
    if formula.shape[1] > 1:  # beside a pole among the outputs a library may compute all of them from one NaN
        nan = (
            nan | np.logical_and.reduce([np.isfinite(v).reshape(len(v), -1).all(axis=1) for v in inputs.values()])[:, np.newaxis]
        )
    found.kinds[...] |= np.where(found.kinds != 0, excused | np.where(nan, NAN, 0), 0).astype(np.uint8)


def slopes(function: Function, inputs: Inputs, precision: int) -> Limits | None:
    """What is right of derivatives by several numbers at singular points of these rows of numbers, by the rules of `joining` for one side; kinds 0
    where nothing is known.

    Where the derivative tends to a number from inside the domain: that number, NaN, and everything where the formula meets inf - inf or
    0 inf. Where it grows without end: everything.
    """
    count = len(next(iter(inputs.values())))
    moved = {name: np.zeros(values.shape, np.bool_) for name, values in inputs.items()}
    there = evaluate(function, inputs, moved, precision, precision)
    toward = {name: np.zeros(values.shape, np.int8) for name, values in inputs.items()}
    outside = np.zeros(count, np.bool_)
    for name in function.inputs:
        moved[name], toward[name] = moves_inwards(function, name, inputs[name])
        leaves = (inputs[name] == 0) & _leaves(inputs[name], *function.domain(name))
        outside |= leaves.reshape(count, -1).any(axis=1)
    found, formula = evaluate(function, inputs, moved, precision, precision, toward), native_columns(function, inputs)
    if there is None or found is None or formula is None or formula.shape != found.kinds.shape:
        return None
    free = (found.kinds & (PINF | NINF) != 0) | ((found.kinds != 0) & np.isnan(formula))
    right = np.where(free, ANYTHING.kinds, found.kinds | NAN)
    known = (found.kinds != 0) & ~(found.branched | outside | there.kinds.all(axis=1))[:, np.newaxis]
    found.kinds[...] = np.where(known, right, 0)
    return found


def evaluate(
    function: Function, inputs: Inputs, moved: dict[str, NDArray[np.bool_]], precision: int, bits: int,
    toward: dict[str, NDArray[np.int8]] | None = None,
) -> Limits | None:  # fmt: skip
    """The same, where `moved` says which numbers move beside the infinities, and `toward` from which side. bits: see BallOperations.lift."""
    if precision > 24 and not ball80.AVAILABLE:
        return None
    m = ExtendedBalls(Ball64() if precision <= 24 else Ball80())
    count = len(next(iter(inputs.values())))
    with np.errstate(all="ignore"):
        try:
            sides = {name: np.zeros(values.shape, np.int8) if toward is None else toward[name] for name, values in inputs.items()}
            lifted = {name: _columns(m, values, moved[name], sides[name], bits) for name, values in inputs.items()}
            outputs = [m.num(v) for v in function.outputs(m, lifted)]
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError):
            return None
        return _read(outputs, np.broadcast_to(m.singled_out, (count,)), np.broadcast_to(m.branched, (count,)), precision)


def _leaves(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    upward = ~np.signbit(values)
    return np.asarray(((values == low) & ~upward) | ((values == high) & upward))


def _columns(m: ExtendedBalls, values: NDArray[np.float64], moved: NDArray[np.bool_], toward: NDArray[np.int8], bits: int) -> Any:
    if values.ndim == 1:
        return m.lift(values, moved, toward, bits)
    return [_columns(m, values[:, j], moved[:, j], toward[:, j], bits) for j in range(values.shape[1])]


def _read(outputs: list[ExtendedBall], singled_out: NDArray[np.bool_], branched: NDArray[np.bool_], precision: int) -> Limits:
    shape = (len(singled_out), len(outputs))
    read = Limits(
        np.zeros(shape, np.uint8), np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.inf), singled_out, branched
    )
    for k, output in enumerate(outputs):
        mid = output.ball.mid
        value = mid.astype(np.float64)
        value_lo = (mid - value).astype(np.float64)
        # 2^-1072 covers what the conversions to binary64 round off.
        exact = output.ball.radius() == 0
        radius = output.ball.radius().astype(np.float64) * (1 + 2.0**-40) + np.where(exact, 0.0, 2.0**-1072)
        sharp = (radius <= np.abs(value) * 2.0 ** (-precision - SPARE)) | (radius == 0)
        number = output.finite & sharp & np.isfinite(value) & ((np.abs(value) > 2.0**-960) | (value == 0))
        read.kinds[:, k] = np.where(output.sign > 0, PINF, np.where(output.sign < 0, NINF, np.where(number, FINITE, 0)))
        for target, part in ((read.value, value), (read.value_lo, value_lo), (read.radius, radius)):
            target[:, k] = np.where(number, part, target[:, k])
    return read
