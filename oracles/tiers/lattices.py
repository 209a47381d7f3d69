"""Lattices of poles: integers at which a function of one number has poles, whose points stand for one another; and what was read at them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits_at_infinity import Accepted
from ulpfuzz.oracles.question import Inputs
from ulpfuzz.oracles.reference import FINITE, LIMIT, MPMATH, Reference, radius_of_limit

#: So many singular points of one class pattern, none of them a number, stand for the others: what is right at one is at all.
ALIKE = 12


def patterns_of(function: Function, inputs: Inputs) -> NDArray[np.int64]:
    """The class pattern of a scalar input at a lattice of poles: 1 a negative integer, 2 a positive one; 0 where none is claimed."""
    (first, *rest) = inputs.values()
    if rest or first.ndim != 1 or not _lattices(function):
        return np.zeros(len(first), np.int64)
    with np.errstate(all="ignore"):
        integer = (first == np.floor(first)) & np.isfinite(first) & (first != 0)
    codes = np.where(integer, np.where(first < 0, 1, 2), 0)
    return np.where(np.isin(codes, _lattices(function)), codes, 0)


@functools.lru_cache(maxsize=1024)
def _lattices(function: Function) -> list[int]:
    """The class patterns that are poles of a function of one number, as it shows at three of their points.

    Otherwise integers where only Arb's range ends (log_ndtr(-1e308)) would stand for all others.
    """

    def singular(x: float) -> bool:
        result = rigorous.enclose(function, {function.inputs[0]: np.asarray(x)}, 128)
        return not result.undefined and (result.removable or not result.balls or not all(b.is_finite() for b in result.balls))

    return [code for code, points in ((1, (-1.0, -2.0, -7.0)), (2, (1.0, 2.0, 7.0))) if all(singular(x) for x in points)]


#: Per function the class patterns whose points were read and agreed; a pattern has one answer, whichever batch met it first.
SETTLED: dict[Function, dict[int, tuple[Accepted, ...]]] = {}


def settled_kinds(function: Function, x: float) -> int:
    """What is right at every integer of the sign of the integer x, where these are poles whose points were read and agreed, and the function
    has one output; 0 where that is not known (yet)."""
    (pattern,) = patterns_of(function, {function.inputs[0]: np.asarray([x])}).tolist()
    known = SETTLED.get(function, {}).get(pattern, ())
    return known[0].kinds if len(known) == 1 else 0


def settle(function: Function, patterns: NDArray[np.int64], truth: Reference, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of these rows, whose truth is unknown, are points of a lattice of poles that has been read; they get the lattice's truth."""
    settled = np.zeros(len(rows), np.bool_)
    for pattern, right in SETTLED.get(function, {}).items():
        members = rows & (patterns == pattern) & (truth.accepts == 0).any(axis=1)
        set_accepted(truth, np.flatnonzero(members), right)
        settled |= members
    return settled


def set_accepted(truth: Reference, row: int | NDArray[np.int64], right: tuple[Accepted, ...]) -> None:
    for k, one in enumerate(right):
        if one.kinds & FINITE and np.isinf(one.low) and np.isinf(one.high):
            truth.set(row, k, 0.0, 0.0, np.inf, one.kinds, LIMIT)
            truth.interval[row, k] = True
            continue
        numeric = bool(one.kinds & FINITE)
        half = (one.high - one.low) / 2 if numeric else 0.0
        radius = half or (radius_of_limit(one.low) if numeric else 0.0)
        kinds = one.kinds if one.proved or one.by_mpmath else 0
        middle = one.low / 2 + one.high / 2 if half else one.low  # half of a subnormal is rounded
        value = middle if numeric else np.nan
        truth.set(row, k, value, 0.0, radius, kinds, LIMIT if one.proved else MPMATH)
        truth.interval[row, k] = half > 0
