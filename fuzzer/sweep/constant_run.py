"""ConstantRun: consecutive inputs whose correctly rounded results follow from one enclosure.

They are all the same number (where a function underflows, saturates, overflows or has no value), or the input times a power of two (near
zero: tanh x, x / 2 + ...). For most functions two thirds of all binary32 numbers lie on such runs, and are judged without a reference of
each.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.exhaustive import Space
from ulpfuzz.fuzzer.judge.ulps import error, kind_errors
from ulpfuzz.fuzzer.sweep.tight_reference import SHARP, TightReference
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.over_interval import Hull, hull, slope
from ulpfuzz.oracles.reference import FINITE, NAN, Reference
from ulpfuzz.oracles.tiers.lattices import settled_kinds

#: The truth of a batch.
Known = Callable[[Batch], TightReference]


@dataclass(frozen=True)
class ConstantRun:
    """Inputs `first` to `first + count` of a space, with their correctly rounded results."""

    first: int
    count: int
    #: The result of all of them, unless scale or kinds is set.
    right: Any = None
    #: Not 0: each result is the input times this, exactly.
    scale: float = 0.0
    #: Not 0: the result is no number; the kinds that are right, as in Reference.accepts.
    kinds: int = 0
    #: The largest error of the correctly rounded results in ulps, and its input (-1: none).
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


def constant_runs(function: Function, space: Space, first: int, count: int, step: int, known: Known) -> list[ConstantRun]:
    """The constant runs among the inputs `first` to `first + count` of a space of one number, each of whole blocks of `step` inputs,
    ascending.

    Blocks are candidates where the truths of their first and last inputs look alike. One enclosure is computed over adjacent candidates,
    and over their halves where it decides nothing.
    """
    if function.order != "value" or not space.is_line or count % step:
        return []
    firsts = np.arange(first, first + count, step, dtype=np.int64)
    numbers = np.stack([firsts, firsts + step - 1], axis=1).ravel()
    batch = space.inputs(numbers)
    (inputs,) = batch.exact().values()
    truth = known(batch)
    if truth.right.shape[1] != 1:
        return []
    ends = _Ends(batch.format, numbers, inputs, truth.reference, truth.right[:, 0], truth.certain[:, 0])
    proved: list[ConstantRun] = []
    for sign, blocks in itertools.groupby(range(len(firsts)), ends.signs().__getitem__):
        if sign is not None:
            run = list(blocks)
            proved += _resolved(function, ends, sign, run[0], run[-1] + 1)
    return proved


#: What the ends of a block have in common: ("level", 0.0, bits of the result), ("line", slope, 0) or ("no number", what is accepted, 0).
Sign = tuple[str, float, int]


@dataclass(frozen=True)
class _Ends:
    """The first and last inputs of blocks, in pairs, and their truths."""

    format: Format
    numbers: NDArray[np.int64]
    inputs: NDArray[np.float64]
    reference: Reference
    right: NDArray[Any]
    certain: NDArray[np.bool_]

    def signs(self) -> list[Sign | None]:
        """Per block; None where it is no candidate."""
        kinds = self.reference.accepts[:, 0]
        bits = self.format.bits(self.right)
        with np.errstate(all="ignore"):
            ratio = self.right.astype(np.float64) / self.inputs
        sure = np.isfinite(self.inputs) & (self.certain | (kinds & FINITE == 0)) & ~self.reference.interval[:, 0]
        signs: list[Sign | None] = []
        for k in range(0, len(self.inputs), 2):
            both = slice(k, k + 2)
            if not sure[both].all() or kinds[k] != kinds[k + 1] or not kinds[k]:
                signs.append(None)
            elif kinds[k] != FINITE:
                signs.append(("no number", float(kinds[k]), 0))
            elif bits[k] == bits[k + 1]:
                signs.append(("level", 0.0, int(bits[k])))
            elif ratio[k] == ratio[k + 1] and abs(math.frexp(ratio[k])[0]) == 0.5:
                signs.append(("line", float(ratio[k]), 0))
            else:
                signs.append(None)
        return signs

    def of(self, a: int, b: int) -> _Ends:
        """The ends of the blocks a to b."""
        rows = slice(2 * a, 2 * b)
        return _Ends(
            self.format, self.numbers[rows], self.inputs[rows], self.reference.take(rows), self.right[rows], self.certain[rows]
        )


def _resolved(function: Function, ends: _Ends, sign: Sign, a: int, b: int) -> list[ConstantRun]:
    """The constant runs of the run of blocks a to b, which have this sign."""
    one = _proved(function, ends.of(a, b), sign)
    if one is not None:
        return [one]
    if b - a == 1:
        return []
    middle = (a + b) // 2
    return _resolved(function, ends, sign, a, middle) + _resolved(function, ends, sign, middle, b)


def _proved(function: Function, ends: _Ends, sign: Sign) -> ConstantRun | None:
    """The constant run that holds these ends and all between, where one enclosure proves it."""
    kind, value, _ = sign
    fmt, inputs, right = ends.format, ends.inputs, ends.right
    place = ConstantRun(int(ends.numbers[0]), int(ends.numbers[-1] - ends.numbers[0]) + 1)
    if kind == "no number":
        return replace(place, kinds=int(value)) if _no_number(function, fmt, inputs, int(value)) else None
    if kind == "line":
        most = _along_line(function, fmt, inputs, ends.reference, value)
    else:
        most = _at_level(fmt, hull(function, float(inputs.min()), float(inputs.max())), right[0])
    if most is None:
        return None
    gap, _, ulp = error(right[:, np.newaxis], ends.reference, fmt)
    errors = (gap / ulp)[:, 0]
    k = int(np.argmax(errors))
    if most > errors[k] + SHARP:
        return None
    return replace(place, right=right[0], scale=value, worst=float(errors[k]), at=int(ends.numbers[k]))


def _no_number(function: Function, fmt: Format, inputs: NDArray[np.float64], kinds: int) -> bool:
    """Whether the function has no number at any input of the run, and what is accepted instead is `kinds`: undefined on all of it, or all
    of its inputs integers, and those poles."""
    if kinds == NAN:
        enclosure = hull(function, float(inputs.min()), float(inputs.max()))
        if enclosure is not None and enclosure.undefined:
            return True
    return bool(np.abs(inputs).min() >= 2.0 ** (fmt.precision - 1)) and settled_kinds(function, float(inputs[0])) == kinds


def _at_level(fmt: Format, enclosure: Hull | None, result: Any) -> float | None:
    """The most ulps that values in the hull are off `result`, where they are all rounded to it; else None."""
    if enclosure is None or enclosure.undefined:
        return None
    ends = np.array([[enclosure.low], [enclosure.high]])
    if not (fmt.round(ends) == result).all():
        return None
    inside = replace(Reference.unknown(2, 1), value=ends, radius=np.zeros((2, 1)))
    gap, _, ulp = error(np.full((2, 1), result), inside, fmt)
    return float((gap / ulp).max())


def _along_line(function: Function, fmt: Format, inputs: NDArray[np.float64], reference: Reference, scale: float) -> float | None:
    """The most ulps that f(x) is off scale * x, where that is f(x) correctly rounded for all x in the run; else None.

    f(x) = f(a) + q (x - a) with q in the hull of the slopes and a either 0 or the end of the run beside it. Next to a number y of precision
    p no other is nearer than |y| 2^-p, and what is off by less than half of that is rounded to y; subnormal numbers stand no nearer.
    """
    sizes = np.abs(inputs)
    least, most = float(sizes.min()) * abs(scale), float(sizes.max()) * abs(scale)
    if (scale < 1 and least < fmt.min_normal) or most > fmt.max:
        return None
    at_zero = hull(function, 0.0, 0.0)
    if at_zero is not None and max(abs(at_zero.low), abs(at_zero.high)) <= fmt.min_subnormal * 2.0**-40:
        steep = slope(function, min(0.0, float(inputs.min())), max(0.0, float(inputs.max())))
        bound = _off(fmt, steep, scale, 2.0**-40)
        if bound is not None:
            return bound
    k = int(np.argmin(sizes))
    with np.errstate(all="ignore"):
        off = abs((reference.value[k, 0] - scale * inputs[k]) + reference.value_lo[k, 0]) + reference.radius[k, 0]
    return _off(fmt, slope(function, float(inputs.min()), float(inputs.max())), scale, float(off) / least if least else np.inf)


def _off(fmt: Format, steep: Hull | None, scale: float, offset: float) -> float | None:
    """The most ulps of a line with these slopes that starts off by `offset`, relatively, where that rounds to the line of slope `scale`."""
    if steep is None or not np.isfinite([steep.low, steep.high, offset]).all():
        return None
    off = (max(abs(steep.low - scale), abs(steep.high - scale)) / abs(scale) + offset) * (1 + 2.0**-20)
    return off * 2.0**fmt.precision if off <= 2.0 ** -(fmt.precision + 2) else None
