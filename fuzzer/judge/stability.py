"""The ball test: is there an input within k ulps of the given one that has this answer, within T ulps?

Mixed forward-backward stability (Higham, Accuracy and Stability, 1.5): the implementation is unstable at a point iff its answer lies
outside F(ball) widened by T ulps, where F encloses the true range rigorously. So an `unstable` certified here is no false alarm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fuzzer.formats import Format
from fuzzer.judge.limits import AccuracyLimit
from fuzzer.judge.verdict import Class
from oracles.conditioning import neighbourhood
from oracles.confirmation import confirm
from oracles.function import Function
from oracles.kept import Kept


def certify(
    function: Function, single: dict[str, NDArray[np.float64]], output: int, answer: float, truth: float, fmt: Format,
    standard: AccuracyLimit, excess: float, screened: Class, modulus: float = 0.0, kept: Kept | None = None,
) -> Class:  # fmt: skip
    """The certified class of one answer at one row, screened as beyond T; an overflow counts as W, a NaN is what the screen says.

    truth: nan where there is none; then an answer is explained that belongs to the end of a domain within k ulps (erfinv(1 + ulp) = inf).
    modulus: what a normwise error is measured against (screen.moduli), beside the answer itself. kept: what is known of this row already, other
    outputs included. unstable: surely outside. Inside:
    inaccurate where T is a published limit (near roots: only if the screen said so), else ill_conditioned. Unbounded enclosure:
    ill_conditioned where the excess is within c, else undecided.
    """
    if math.isnan(answer) or screened < Class.inaccurate:
        return screened
    if math.isnan(truth):
        return Class.ill_conditioned if _is_of_an_end(function, single, output, answer, fmt, standard) else screened
    if not any(np.isfinite(v).any() for v in single.values()):  # no rounding moves an infinity: there is no nearby problem
        return screened if abs(answer - truth) > (standard.ulps + 1) * float(fmt.ulp(np.asarray(truth))) else Class.undecided
    if math.isinf(answer):
        answer = math.copysign(fmt.max if fmt.real == "float64" else float(fmt.overflow_threshold), answer)
    own = {name: np.where(np.isfinite(v), v, 0.0) for name, v in single.items()}  # the infinities stay where they are
    sizes = {name: np.full(np.shape(v), np.abs(v).max()) if standard.whole == "all" else v for name, v in own.items()}
    widths = {name: standard.neighbourhood * fmt.ulp(size) for name, size in sizes.items()}
    slack = standard.ulps * float(fmt.ulp(np.asarray(truth)))
    if standard.whole == "all" or (standard.whole == "parts" and screened == Class.unstable):
        slack = max(slack, max(standard.ulps, standard.excess) * fmt.unit_roundoff * modulus)
    kept = kept or Kept()
    bounded = False
    for bits in (128, 512, 1024 + 2 * fmt.precision):
        found = neighbourhood(function, single, output, widths, bits, kept)
        if found.excludes(answer, slack):
            return screened
        bounded = found.bounded
        if bounded and bits > 128:
            break
    if standard.strict and (screened == Class.inaccurate or not standard.roots):
        return Class.inaccurate
    if not bounded and excess > standard.excess:
        return Class.undecided
    return Class.ill_conditioned


def _is_of_an_end(
    function: Function, single: dict[str, NDArray[np.float64]], output: int, answer: float, fmt: Format, standard: AccuracyLimit
) -> bool:
    """Whether numbers lie beyond the ends of their domains by no more than k ulps of these, and the answer is right at the ends."""
    moved = {}
    for name, values in single.items():
        low, high = function.domain(name)
        ends = np.clip(values, low, high)
        if (np.abs(values - ends) > standard.neighbourhood * fmt.ulp(ends)).any():
            return False
        moved[name] = ends
    if all(np.array_equal(moved[name], values, equal_nan=True) for name, values in single.items()):
        return False
    there = confirm(function, moved, output)
    if math.isinf(answer):
        return there.agrees and there.value == repr(answer)
    return there.agrees and abs(answer - there.near) <= standard.ulps * float(fmt.ulp(np.asarray(there.near)))
