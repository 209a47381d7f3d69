"""Roundings: how much the roundings of a textbook's evaluation, step by step, can change a result, from the derivative tape over the definition.

To first order the rounding of a step v changes the result F by at most u |v dF/dv| (Linnainmaa, 1976; Higham 2002, section 3.3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import AVAILABLE, Ball80
from ulpfuzz.oracles.arithmetic.node import Factor, Mask, Node
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.arithmetic.textbook import Textbook
from ulpfuzz.oracles.conditioning import Inputs, Sums, taped
from ulpfuzz.oracles.enclosure import Ball
from ulpfuzz.oracles.function import Function


def sizes(function: Function, inputs: Inputs, output: int, precision: int = 53) -> tuple[Sums, Sums]:
    """(sum_j |x_j dF/dx_j| over the inputs, sum_v |v dF/dv| over the steps) of the output F of each row, both from above; inf where balls
    enclose nothing.

    inputs: exact, with a leading axis of rows. u times the first is what rounding the inputs does to F, u times the second what rounding the
    steps does. Of the steps the ways by which one reaches F are added by their magnitudes: an implementation may leave out ways that add up to
    zero (the gradient of a variance is 2 (x - mean) / n in all of them, without the mean's own part), and then has the roundings of the others.
    """
    m: Ball64 = Ball80() if precision > 24 and AVAILABLE else Ball64()
    with np.errstate(all="ignore"):
        rows = len(next(iter(inputs.values())))
        of_inputs = np.zeros(rows, m.dtype)
        tape, leaves, magnitudes, results = taped(m, function, inputs, normwise=False)
        for slope, size in zip(tape.gradient([results[output]], [1], leaves), magnitudes, strict=True):
            of_inputs = of_inputs + _times(_most(slope), size)
        tape, leaves, _, results = taped(m, function, inputs, normwise=False, kind=Textbook)
        of_steps = _of_steps(tape, results[output], leaves, np.zeros(rows, m.dtype))
    return _known(of_inputs), _known(of_steps)


def _of_steps(tape: Tape[Ball], result: object, leaves: list[Node[Ball]], total: Sums) -> Sums:
    alive = tape.depending_on({id(leaf) for leaf in leaves})
    reach: dict[int, Any] = {id(result): 1.0}
    for node in reversed(tape.nodes):
        most = reach.pop(id(node), None)
        if most is None or id(node) not in alive:
            continue
        if node.parents:
            total = total + _times(most, _rounded(node))
        for parent, factor in node.parents:
            if id(parent) in alive:
                reach[id(parent)] = reach.get(id(parent), 0.0) + _times(most, _slope(tape, factor))
    return total


def _slope(tape: Tape[Ball], factor: Factor[Ball]) -> Any:
    if isinstance(factor, Mask):
        return _most(tape.base.mask(factor.cond, tape.base.num(1)))
    return 1.0 if factor == tape.one else _most(tape.base.num(factor()))


def _rounded(node: Node[Ball]) -> Any:
    """What the roundings of a step are relative to: its value; of a sum of more than two terms, in whatever order, the magnitudes of the terms
    for each addition; nothing where a number is chosen."""
    if node.choice:
        return 0.0
    terms = _terms(node)
    if len(terms) > 2 or any(len(_terms(term)) > 1 for term in terms):
        return max(1, len(terms) - 1) * sum(_most(term.value) for term in terms)
    return _most(node.value)


def _terms(node: Node[Ball]) -> list[Node[Ball]]:
    """The terms of a sum; none of anything else."""
    return [parent for parent, factor in node.parents if factor == node.tape.one] if len(node.parents) > 1 else []


def _most(ball: Ball) -> NDArray[Any]:
    return np.asarray(np.abs(ball.mid) + ball.radius())


def _times(slope: Any, size: Any) -> Any:
    # An infinite number by which nothing changes has no part in the sum.
    return np.where((slope == 0) | (size == 0), 0.0, slope * size)


def _known(total: Sums) -> Sums:
    return np.where(np.isnan(total), np.inf, total)
