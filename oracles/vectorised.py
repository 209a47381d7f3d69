"""The vectorised tiers: a Function over columns of Balls, read back as a Reference."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.enclosure import Ball
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.reference import FINITE, NAN, TIERS, Reference

Inputs = dict[str, NDArray[np.float64]]

#: Where binary64 surely overflows: everything at or beyond this is reported as infinite.
_MAX = np.finfo(np.float64).max


def subnormals_survive() -> bool:
    """Whether this thread keeps subnormals; a framework that sets flush-to-zero also flushes numpy, and so the oracle."""
    tiny = np.array([2.0**-1074, 2.0**-1030])
    return bool((tiny * 1.0 != 0).all() and (tiny + tiny == 2 * tiny).all() and ((tiny * 0.5)[1] != 0))


def lift(m: Any, inputs: Inputs, bits: int) -> dict[str, Any]:
    """Columns of m's numbers: (rows,) arrays become one number, (rows, n) lists of n, (rows, r, c) lists of lists."""

    def columns(values: NDArray[np.float64]) -> Any:
        if values.ndim == 1:
            return m.lift(values, bits)
        return [columns(values[:, j]) for j in range(values.shape[1])]

    return {name: columns(values) for name, values in inputs.items()}


def evaluate(m: Ball64 | Log64, function: Function, inputs: Inputs, bits: int) -> Reference:
    """The Reference of finite inputs by the vectorised arithmetic m. `bits` bounds the significant bits of the inputs.

    Rows where the definition met an isolated point, or where the ball does not know, have radius inf.
    """
    reference = evaluate_lifted(m, function, lift(m, inputs, bits), len(next(iter(inputs.values()))))
    if function.order in ("grad", "grad2") and m.kinks is not None:
        _at_ties(type(m)(), function, inputs, reference, bits)
    return reference


def _at_ties(m: Ball64 | Log64, function: Function, inputs: Inputs, reference: Reference, bits: int) -> None:
    """Replaces the intervals at ties by those of forward mode, where it has one: see rigorous._at_tie."""
    rows = np.flatnonzero((reference.interval & (reference.accepts == FINITE) & (reference.radius > 0)).any(axis=1))
    if not rows.size or not function.takes_few_passes(inputs):
        return
    chosen = {name: values[rows] for name, values in inputs.items()}
    with np.errstate(all="ignore"):
        numbers = [m.num(n) for n in function.by_forward_mode(m, lift(m, chosen, bits))]
        other = Reference.unknown(len(rows), len(numbers))
        for k, number in enumerate(numbers):
            _read(m, number, other, k)
    before = reference.take(rows)
    better = (other.accepts == FINITE) & (before.accepts == FINITE)
    if function.of_one_output(chosen):
        better &= other.radius < before.radius
    for name in ("value", "value_lo", "radius"):
        getattr(before, name)[better] = getattr(other, name)[better]
    reference.put(rows, before)


def evaluate_lifted(m: Ball64 | Log64, function: Function, lifted: dict[str, Any], rows: int) -> Reference:
    """The same as `evaluate` for inputs that are numbers of m already: balls that stand for all of their points."""
    with np.errstate(all="ignore"):
        numbers = [m.num(n) for n in function.outputs(m, lifted)]
        reference = Reference.unknown(rows, len(numbers))
        for k, number in enumerate(numbers):
            _read(m, number, reference, k)
    if m.touched_removable is not None:
        hit = np.broadcast_to(m.touched_removable, (rows,))
        reference.radius[hit], reference.accepts[hit] = np.inf, 0
    if m.kinks is not None:
        reference.interval[np.broadcast_to(m.kinks, (rows,))] = True
    return reference


def _read(m: Any, number: Any, reference: Reference, k: int) -> None:
    if isinstance(number, Ball):
        value = number.mid.astype(np.float64)
        value_lo = (number.mid - value).astype(np.float64)
        value_lo = np.where(np.isfinite(value_lo), value_lo, 0.0)
        radius = np.zeros_like(value) if number.rad is None else number.rad.astype(np.float64)
        if number.mid.dtype != np.float64:  # the conversions above round, and may leave binary64's range
            inexact = np.zeros(value.shape, np.bool_) if number.rad is None else number.rad != 0  # 2^-1100 is 0 in binary64
            radius = (
                radius * (1 + 2.0**-50) + np.where(inexact, 2.0**-1074, 0) + np.where(np.abs(value) < 2.0**-960, 2.0**-1074, 0)
            )
            surely_huge = np.isinf(value) & np.isfinite(number.mid) & (np.abs(number.mid) - number.radius() > _MAX)
            radius = np.where(surely_huge, 0.0, np.where(np.isinf(value), np.inf, radius))
        bad = number.bad
    else:
        value, value_lo, radius = m.enclose(number)
        bad = number.bad
    known = np.isfinite(radius) & ~np.isnan(value)
    reference.value[:, k] = value
    reference.value_lo[:, k] = value_lo
    reference.radius[:, k] = np.where(known, radius, np.inf)
    reference.accepts[:, k] = np.where(known, FINITE, 0)
    if bad is not None:
        reference.accepts[np.broadcast_to(bad, known.shape), k] = NAN
        reference.radius[np.broadcast_to(bad, known.shape), k] = 0.0
    reference.tier[:, k] = TIERS.index(m.name)
