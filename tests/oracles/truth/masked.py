"""Reductions of the kept numbers alone, in exact rationals."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth, by_fractions


def _of_kept(function: Callable[..., Any]) -> Truth:
    return by_fractions(lambda x, keep, **params: function([x[0], *itertools.compress(x[1:], keep)], **params))


def _var(x: list[Fraction]) -> Fraction:
    return sum(v * v for v in x) / Fraction(len(x)) - (sum(x) / Fraction(len(x))) ** 2


def _quantile(x: list[Fraction], q: float) -> Fraction:
    row, place = sorted(x), (len(x) - 1) * Fraction(q)
    low, high = row[math.floor(place)], row[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def _scan(join: Callable[[Any, Any], Any], neutral: int) -> Truth:
    filled = lambda x, keep: [x[0], *(v if k else Fraction(neutral) for v, k in zip(x[1:], keep, strict=True))]  # noqa: E731
    return by_fractions(lambda x, keep: list(itertools.accumulate(filled(x, keep), join)))


TRUTH: dict[str, Truth] = {
    "nansum": _of_kept(sum),
    "nanmean": _of_kept(lambda x: sum(x) / Fraction(len(x))),
    "nanprod": _of_kept(math.prod),
    "nanvar": _of_kept(_var),
    "nanstd": lambda x, keep: mp.sqrt(_of_kept(_var)(x, keep)),
    "nanmax": _of_kept(lambda x: sorted(x)[-1]),
    "nanmin": _of_kept(lambda x: sorted(x)[0]),
    "nanmedian": _of_kept(lambda x: _quantile(x, 0.5)),
    "lower_nanmedian": _of_kept(lambda x: sorted(x)[(len(x) - 1) // 2]),
    "nanquantile": _of_kept(_quantile),
    "nancumsum": _scan(operator.add, 0),
    "nancumprod": _scan(operator.mul, 1),
}
