"""Plateau: a run of inputs whose correctly rounded results are known from one enclosure: all the same number (where a function underflows,
saturates, overflows or has no value), or the input itself times a power of two (beside zero: tanh x, x / 2 + ...).

Two thirds of all binary32 numbers lie on one for most functions. What an answer there is worth is known without the truth of each input.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.campaign.sharp_truth import SHARP, Truth
from fuzzer.case import Batch
from fuzzer.formats import Format
from fuzzer.inputs.exhaustive import Space
from fuzzer.judge.ulps import error, kind_errors
from oracles.function import Function
from oracles.oracle import settled_kinds
from oracles.over_interval import Hull, hull, slope
from oracles.reference import FINITE, NAN, Reference

#: The truth of some inputs.
Known = Callable[[Batch], Truth]


@dataclass(frozen=True)
class Plateau:
    """Inputs `first` to `first + count` of a space: the correctly rounded result is `right`, or, where scale is not 0, `scale` times the input,
    exactly; or, where kinds is not 0, it is no number, and what Reference.accepts names is right. worst: the largest error of these results in
    ulps, at input `at` (-1: none)."""

    first: int
    count: int
    right: Any = None
    scale: float = 0.0
    kinds: int = 0
    worst: float = -1.0
    at: int = -1

    def are_right(self, answers: NDArray[Any], values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which answers (rows, 1) to these inputs (rows,) are correctly rounded, or of a kind that is right."""
        if self.kinds:
            return kind_errors(answers, np.full(answers.shape, self.kinds, np.uint8))[0]
        if self.scale == 0:
            return np.asarray(answers == self.right)
        results = values if self.scale == 1 else (values * values.dtype.type(self.scale)).astype(values.dtype)
        return np.asarray(answers == results.reshape(-1, 1))


def plateaus(function: Function, space: Space, first: int, count: int, step: int, known: Known) -> list[Plateau]:
    """The plateaus among the inputs `first` to `first + count` of a space of one number, each of whole blocks of `step` inputs, ascending.

    Blocks are candidates where the truths of their first and last inputs look alike; of those that stand side by side one enclosure is
    asked, of their halves where it does not tell.
    """
    if function.order != "value" or space.paired or not space.asks_for_all or count % step:
        return []
    firsts = np.arange(first, first + count, step, dtype=np.int64)
    numbers = np.stack([firsts, firsts + step - 1], axis=1).ravel()
    batch = space.inputs(numbers)
    (given,) = batch.exact().values()
    truth = known(batch)
    if truth.right.shape[1] != 1:
        return []
    ends = _Ends(batch, given, truth.reference, truth.right[:, 0], truth.certain[:, 0])
    found: list[Plateau] = []
    for a, b in _runs(ends.signs()):
        found += _resolved(function, ends, firsts, step, a, b)
    return found


@dataclass(frozen=True)
class _Ends:
    """The first and last inputs of blocks, in pairs, and their truths."""

    batch: Batch
    given: NDArray[np.float64]
    reference: Reference
    right: NDArray[Any]
    certain: NDArray[np.bool_]

    def signs(self) -> list[Any]:
        """Per block what its ends have in common, None where it is no candidate: ("same", result bits), ("scaled", ratio) or ("no number", kinds)."""
        fmt = self.batch.format
        kinds = self.reference.accepts[:, 0]
        bits = fmt.bits(self.right)
        with np.errstate(all="ignore"):
            ratio = self.right.astype(np.float64) / self.given
        sure = np.isfinite(self.given) & (self.certain | (kinds & FINITE == 0)) & ~self.reference.interval[:, 0]
        told: list[Any] = []
        for k in range(0, len(self.given), 2):
            both = slice(k, k + 2)
            if not sure[both].all() or kinds[k] != kinds[k + 1] or not kinds[k]:
                told.append(None)
            elif kinds[k] != FINITE:
                told.append(("no number", int(kinds[k])))
            elif bits[k] == bits[k + 1]:
                told.append(("same", int(bits[k])))
            elif ratio[k] == ratio[k + 1] and abs(math.frexp(ratio[k])[0]) == 0.5:
                told.append(("scaled", float(ratio[k])))
            else:
                told.append(None)
        return told


def _runs(signs: list[Any]) -> list[tuple[int, int]]:
    """Maximal runs [a, b) of blocks with one sign."""
    cuts = [k for k in range(1, len(signs)) if signs[k] != signs[k - 1]]
    return [(a, b) for a, b in zip([0, *cuts], [*cuts, len(signs)], strict=True) if signs[a] is not None]


def _resolved(function: Function, ends: _Ends, firsts: NDArray[np.int64], step: int, a: int, b: int) -> list[Plateau]:
    """The plateaus of the run of blocks a to b."""
    one = _proved(function, ends, slice(2 * a, 2 * b))
    if one is not None:
        at = -1 if one.at < 0 else int(firsts[a + one.at // 2]) + one.at % 2 * (step - 1)
        return [replace(one, first=int(firsts[a]), count=(b - a) * step, at=at)]
    if b - a == 1:
        return []
    middle = (a + b) // 2
    return _resolved(function, ends, firsts, step, a, middle) + _resolved(function, ends, firsts, step, middle, b)


def _proved(function: Function, ends: _Ends, rows: slice) -> Plateau | None:
    """The plateau that holds these ends and all between, where one enclosure proves it; its place and `at` are still those among the ends."""
    fmt, given, right = ends.batch.format, ends.given[rows], ends.right[rows]
    reference = ends.reference.take(rows)
    kinds = int(reference.accepts[0, 0])
    if kinds != FINITE:
        return Plateau(0, 0, kinds=kinds) if _no_number(function, fmt, given, kinds) else None
    scale = 0.0 if right[0] == right[1] else float(right[0]) / float(given[0])
    if scale:
        most = _along_line(function, fmt, given, reference, scale)
    else:
        most = _at_level(fmt, hull(function, float(given.min()), float(given.max())), right[0])
    if most is None:
        return None
    gap, _, ulp = error(right[:, np.newaxis], reference, fmt)
    errors = (gap / ulp)[:, 0]
    k = int(np.argmax(errors))
    return Plateau(0, 0, right[0], scale, worst=float(errors[k]), at=k) if most <= errors[k] + SHARP else None


def _no_number(function: Function, fmt: Format, given: NDArray[np.float64], kinds: int) -> bool:
    """Whether the function has no number at any input of the run, and what is accepted instead is `kinds`: undefined on all of it, or all of
    its inputs integers, and those poles."""
    if kinds == NAN:
        found = hull(function, float(given.min()), float(given.max()))
        if found is not None and found.undefined:
            return True
    return bool(np.abs(given).min() >= 2.0 ** (fmt.precision - 1)) and settled_kinds(function, float(given[0])) == kinds


def _at_level(fmt: Format, found: Hull | None, result: Any) -> float | None:
    """The most ulps that values in the hull are off `result`, where they are all rounded to it; else None."""
    if found is None or found.undefined:
        return None
    ends = np.array([[found.low], [found.high]])
    if not (fmt.round(ends) == result).all():
        return None
    inside = replace(Reference.unknown(2, 1), value=ends, radius=np.zeros((2, 1)))
    gap, _, ulp = error(np.full((2, 1), result), inside, fmt)
    return float((gap / ulp).max())


def _along_line(function: Function, fmt: Format, given: NDArray[np.float64], reference: Reference, scale: float) -> float | None:
    """The most ulps that f(x) is off scale * x, where that is f(x) correctly rounded for all x in the run; else None.

    f(x) = f(a) + q (x - a) with q in the hull of the slopes and a either 0 or the end of the run beside it. Next to a number y of precision p
    no other is nearer than |y| 2^-p, and what is off by less than half of that is rounded to y; subnormal numbers stand no nearer.
    """
    sizes = np.abs(given)
    least, most = float(sizes.min()) * abs(scale), float(sizes.max()) * abs(scale)
    if (scale < 1 and least < fmt.min_normal) or most > fmt.max:
        return None
    at_zero = hull(function, 0.0, 0.0)
    if at_zero is not None and max(abs(at_zero.low), abs(at_zero.high)) <= fmt.min_subnormal * 2.0**-40:
        steep = slope(function, min(0.0, float(given.min())), max(0.0, float(given.max())))
        found = _off(fmt, steep, scale, 2.0**-40)
        if found is not None:
            return found
    k = int(np.argmin(sizes))
    with np.errstate(all="ignore"):
        off = abs((reference.value[k, 0] - scale * given[k]) + reference.low[k, 0]) + reference.radius[k, 0]
    return _off(fmt, slope(function, float(given.min()), float(given.max())), scale, float(off) / least if least else np.inf)


def _off(fmt: Format, steep: Hull | None, scale: float, offset: float) -> float | None:
    """The most ulps of a line with these slopes that starts off by `offset`, relatively, where that rounds to the line of slope `scale`."""
    if steep is None or not np.isfinite([steep.low, steep.high, offset]).all():
        return None
    off = (max(abs(steep.low - scale), abs(steep.high - scale)) / abs(scale) + offset) * (1 + 2.0**-20)
    return off * 2.0**fmt.precision if off <= 2.0 ** -(fmt.precision + 2) else None
