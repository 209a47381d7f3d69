"""Scans, differences, quadrature, segments: exact rationals, step by step."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import mp

from tests.oracles.truth import Truth, by_fractions

Join = Callable[[Any, Any], Any]


def _scan(join: Join, neutral: int) -> Callable[..., list[Any]]:
    def scan(x: list[Any], reverse: bool = False, exclusive: bool = False) -> list[Any]:
        row = x[::-1] if reverse else x
        out = list(itertools.accumulate([Fraction(neutral), *row[:-1]] if exclusive else row, join))
        return out[::-1] if reverse else out

    return scan


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def _logcumsumexp(x: list[Any], reverse: bool) -> list[Any]:
    out = list(itertools.accumulate(x[::-1] if reverse else x, _logaddexp))
    return out[::-1] if reverse else out


def _diff(x: list[Fraction], times: int) -> list[Fraction]:
    """Binomial coefficients with alternating signs."""
    signs = [(-1) ** (times - k) * math.comb(times, k) for k in range(times + 1)]
    return [sum((s * x[i + k] for k, s in enumerate(signs)), Fraction(0)) for i in range(len(x) - times)]


def _areas(y: list[Fraction], x: list[Fraction]) -> list[Fraction]:
    """The rectangle below and the triangle above."""
    return [
        (b - a) * p + (b - a) * (q - p) / 2 for (a, b), (p, q) in zip(itertools.pairwise(x), itertools.pairwise(y), strict=True)
    ]


def _gradient(x: list[Fraction], spacing: float) -> list[Fraction]:
    matrix = np.gradient(np.eye(len(x)), axis=0)  # its entries are halves
    return [sum((Fraction(float(w)) * v for w, v in zip(row, x, strict=True)), Fraction(0)) / Fraction(spacing) for row in matrix]


def _scatter(join: Join) -> Callable[..., list[Any]]:
    def scatter(c: list[Any], x: list[Any], index: list[Any]) -> list[Any]:
        out = list(c)
        for v, k in zip(x, index, strict=True):
            out[int(k)] = join(out[int(k)], v)
        return out

    return scatter


def _segments(start: int, join: Join) -> Callable[..., list[Any]]:
    return lambda x, index: _scatter(join)([Fraction(start)] * 3, x, index)


def _mean(x: list[Fraction], index: list[Fraction]) -> list[Fraction]:
    groups = [[v for v, k in zip(x, index, strict=True) if k == j] for j in range(3)]
    return [sum(g) / Fraction(len(g)) if g else Fraction(0) for g in groups]


def _sqrt_n(x: list[Any], index: list[Any]) -> list[Any]:
    groups = [[v for v, k in zip(x, index, strict=True) if k == j] for j in range(3)]
    return [mp.fsum(g) / mp.sqrt(len(g)) if g else mp.mpf(0) for g in groups]


TRUTH: dict[str, Truth] = {
    "cumsum": by_fractions(_scan(operator.add, 0)),
    "cumprod": by_fractions(_scan(operator.mul, 1)),
    "cummax": by_fractions(_scan(max, 0)),
    "cummin": by_fractions(_scan(min, 0)),
    "logcumsumexp": _logcumsumexp,
    "diff": by_fractions(_diff),
    "trapezoid": by_fractions(lambda y, x: sum(_areas(y, x), Fraction(0))),
    "cumulative_trapezoid": by_fractions(lambda y, x: list(itertools.accumulate(_areas(y, x)))),
    "trapezoid_uniform": by_fractions(lambda y, dx: Fraction(dx) * (sum(y) - (y[0] + y[-1]) / 2)),
    "gradient": by_fractions(_gradient),
    "scatter_add": by_fractions(_scatter(operator.add)),
    "scatter_prod": by_fractions(_scatter(operator.mul)),
    "scatter_max": by_fractions(_scatter(max)),
    "scatter_min": by_fractions(_scatter(min)),
    "segment_sum": by_fractions(_segments(0, operator.add)),
    "segment_sum_ordered": by_fractions(_segments(0, operator.add)),
    "segment_prod": by_fractions(_segments(1, operator.mul)),
    "segment_mean": by_fractions(_mean),
    "segment_sqrt_n": _sqrt_n,
}
