"""Comparing, ordering and counting by Python's own sorted, bisect and Counter."""

from __future__ import annotations

import bisect
import math
import random
from collections import Counter
from fractions import Fraction
from typing import Any

from mpmath import mpf

from tests.oracles.truth import Checked, by_fractions


def _repeated(rng: random.Random, length: int) -> list[Any]:
    """Few different numbers, so that some are equal."""
    return [[rng.choice([-1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 3.0, rng.gauss(0, 2)]) for _ in range(length)]]


def _order(x: list[Any], *, downwards: bool = False) -> list[int]:
    return sorted(range(len(x)), key=lambda i: -x[i] if downwards else x[i])


def _histogram(x: list[Any], bins: int, low: float, high: float, *, clamp: bool) -> list[Any]:
    a, width = Fraction(low), Fraction(high) - Fraction(low)
    places = Counter()
    for v in x:
        place = math.floor((Fraction(float(v)) - a) / width * bins)
        if v == high:
            place = bins - 1
        places[min(max(place, 0), bins - 1) if clamp else place] += 1
    return [mpf(places[i]) for i in range(bins)]


def _flags(x: Any, depth: int) -> list[Any]:
    return [mpf(int(x) == k) for k in range(depth)]


TRUTH: dict[str, Any] = {
    "less": by_fractions(lambda x, y: Fraction(int(y - x > 0))),
    "less_equal": by_fractions(lambda x, y: Fraction(int(y - x >= 0))),
    "equal": by_fractions(lambda x, y: Fraction(int(x - y == 0))),
    "isclose": by_fractions(
        lambda x, y, rtol, atol: Fraction(int((x - y) ** 2 <= (Fraction(atol) + Fraction(rtol) * abs(y)) ** 2))
    ),
    "sort": Checked(sorted, draw=_repeated),
    "sort_descending": Checked(lambda x: sorted(x, reverse=True), draw=_repeated),
    "top_k": Checked(lambda x, k: sorted(x, reverse=True)[:k], draw=_repeated),
    "kth_smallest": Checked(lambda x, k: sorted(x)[k - 1], draw=_repeated),
    "argsort": Checked(lambda x: [mpf(i) for i in _order(x)], draw=_repeated),
    "argsort_descending": Checked(lambda x: [mpf(i) for i in _order(x, downwards=True)], draw=_repeated),
    "top_k_indices": Checked(lambda x, k: [mpf(i) for i in _order(x, downwards=True)[:k]], draw=_repeated),
    "argmax": Checked(lambda x: mpf(x.index(max(x))), draw=_repeated),
    "argmin": Checked(lambda x: mpf(x.index(min(x))), draw=_repeated),
    "searchsorted": Checked(
        lambda b, x, side: mpf((bisect.bisect_left if side == "left" else bisect.bisect_right)(b, x)),
        draw=lambda rng, n: [sorted(_repeated(rng, n)[0]), _repeated(rng, 1)[0][0]],
    ),
    "histogram": Checked(lambda x, bins, low, high: _histogram(x, bins, low, high, clamp=False), draw=_repeated),
    "histogram_fixed_width": Checked(lambda x, low, high, bins: _histogram(x, bins, low, high, clamp=True), draw=_repeated),
    "bincount": Checked(
        lambda x, length: [mpf([int(v) for v in x].count(k)) for k in range(length)],
        draw=lambda rng, n: [[float(rng.randint(0, 7)) for _ in range(n)]],
    ),
    "weighted_bincount": Checked(
        by_fractions(
            lambda x, w, length: [sum((b for a, b in zip(x, w, strict=True) if a == k), Fraction(0)) for k in range(length)]
        ),
        draw=lambda rng, n: [[float(rng.randint(0, 3)) for _ in range(n)], [rng.gauss(0, 3) for _ in range(n)]],
    ),
    "one_hot": Checked(_flags, draw=lambda rng, n: [float(rng.randint(0, 4))]),
    "in_top_k": Checked(
        lambda x, y, k: mpf(sorted(x, reverse=True)[k - 1] <= x[int(y)]),
        draw=lambda rng, n: [*_repeated(rng, n), float(rng.randint(0, 1))],
    ),
}
