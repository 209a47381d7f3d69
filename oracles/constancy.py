"""Constancy: the range of a function over a box where its derivatives are identically zero, or nearly so, and no enclosure shows it.

The sum of a softmax is one: interval arithmetic, which does not see that numerator and denominator are made of the same numbers, encloses it by
anything between 0 and n as soon as the box is wide.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.arithmetic import ends
from ulpfuzz.oracles.arithmetic.arb import Arb, Undefined
from ulpfuzz.oracles.arithmetic.ends import Ends
from ulpfuzz.oracles.arithmetic.residues import Residue, Residues, RetryError, Undecided
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.conditioning import still
from ulpfuzz.oracles.function import Function, flat
from ulpfuzz.oracles.neighbourhood import Range

#: Evaluations at residues of their own that must all agree: each errs with a probability of about the degree over 2^61.
TIMES = 2
#: Evaluations in which each radicand must be seen with a root and without, and the most different roots.
TRIES, MOST_ROOTS = 256, 5

#: What an evaluation raises where nothing is certain, or an arithmetic lacks a function.
_CANNOT = (
    Undecided, Undefined, ZeroDivisionError, OverflowError, ValueError, TypeError, AttributeError, NotImplementedError,
)  # fmt: skip


def constant_range(
    function: Function, single: dict[str, NDArray[np.float64]], output: int, widths: dict[str, NDArray[np.float64]], bits: int
) -> Range:
    """Encloses an output over the box single +- widths by its value in the middle and its slopes over the box, those that are identically
    zero left out.

    Rigorous but for the identities, each of which fails with a probability below 2^-100; which residues are drawn does not depend on the run.
    Not bounded where a comparison is undecided over the box or a number of the evaluation is not finite there: the function may jump.
    """
    nothing = Range(arb.nan(), arb.nan(), bounded=False)
    if not all(np.isfinite(values).all() for values in single.values()):
        return nothing
    moves = {name: np.where(still(function, name, np.asarray(v)), 0.0, widths[name]) for name, v in single.items()}
    middle = rigorous.enclose(function, single, bits)
    slopes = _slopes(function, single, moves, output, bits)
    if slopes is None or not middle.balls or middle.kink or not middle.balls[output].is_finite():
        return nothing
    with Arb(bits):
        total = ends.of_ball(middle.balls[output])
        for slope, width in zip(slopes, np.concatenate([np.ravel(move) for move in moves.values()]).tolist(), strict=True):
            total = ends.add(total, ends.mul(slope, (arb(-width), arb(width))))
    return Range(*total, bounded=ends.is_finite(total))


def _slopes(
    function: Function, single: dict[str, NDArray[np.float64]], moves: dict[str, NDArray[np.float64]], output: int, bits: int
) -> list[Ends] | None:
    """The output's derivative by each number of the inputs, over the box; 0 where it is identically zero, None where nothing is certain."""
    slopes: list[Ends] = []
    zeros: frozenset[int] | None = None
    done, roots, rootless = 0, 0, set[int]()
    for seed in range(TRIES):
        try:
            numbers, roots = _at_residues(function, single, moves, output, bits, seed)
        except RetryError as missing:
            rootless |= set() if missing.root is None else {missing.root}
        except _CANNOT:
            return None
        else:
            found = frozenset(place for place, number in enumerate(numbers) if number.residue == 0)
            slopes, zeros, done = (
                slopes or [number.real for number in numbers],
                found if zeros is None else zeros & found,
                done + 1,
            )
        if done and (not zeros or roots > MOST_ROOTS):
            return slopes
        if done >= TIMES and rootless >= set(range(roots)):
            return [(arb(0), arb(0)) if place in (zeros or ()) else slope for place, slope in enumerate(slopes)]
    return slopes or None


def _at_residues(
    function: Function, single: dict[str, NDArray[np.float64]], moves: dict[str, NDArray[np.float64]], output: int, bits: int, seed: int
) -> tuple[list[Residue], int]:  # fmt: skip
    """The derivatives at the residues of this seed, and how many roots there are."""
    with Arb(bits) as base:
        m = Residues(base, seed)
        tape: Tape[Residue] = Tape(m)
        lifted = {name: _lifted(m, tape, np.asarray(v), moves[name], function.domain(name)) for name, v in single.items()}
        leaves = [leaf for value in lifted.values() for leaf in flat(value)]
        results = function.outputs(tape, lifted)
        return tape.gradient([results[output]], [1], leaves), len(m.roots)


def _lifted(m: Residues, tape: Tape[Residue], values: Any, widths: Any, domain: tuple[float, float]) -> Any:
    if np.ndim(values):
        return [_lifted(m, tape, v, w, domain) for v, w in zip(values, widths, strict=True)]
    low, high = (arb(float(values)) - arb(float(widths))).lower(), (arb(float(values)) + arb(float(widths))).upper()
    if math.isfinite(domain[0]) and domain[0] <= values:
        low = low.max(arb(domain[0]))
    if math.isfinite(domain[1]) and domain[1] >= values:
        high = high.min(arb(domain[1]))
    return tape.lift(m.lift((low, high)))
