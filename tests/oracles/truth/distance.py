"""Distances: sums of exact rationals, mpmath's norms, and the law of cosines."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth, by_fractions
from tests.oracles.truth.vectors import power_norm


def _dot(x: list[Any], y: list[Any]) -> Any:
    return sum((a * b for a, b in zip(x, y, strict=True)), x[0] * 0)


def _squared(x: list[Fraction], y: list[Fraction]) -> Fraction:
    """||x||^2 + ||y||^2 - 2 x.y, exactly."""
    return _dot(x, x) + _dot(y, y) - 2 * _dot(x, y)


def _minkowski(x: list[Any], y: list[Any], p: float) -> Any:
    if p == 2:
        return mp.sqrt(by_fractions(_squared)(x, y))
    return power_norm([b - a for a, b in zip(x, y, strict=True)], p)


def _pdist(x: list[list[Any]], p: float) -> list[Any]:
    return [_minkowski(x[j], x[i], p) for i in range(len(x)) for j in range(i + 1, len(x))]


def _cdist(x: list[list[Any]], y: list[list[Any]], p: float = 2.0) -> list[Any]:
    return [_minkowski(a, b, p) for a in x for b in y]


TRUTH: dict[str, Truth] = {
    "euclidean_distance": lambda x, y: _minkowski(x, y, 2.0),
    "squared_euclidean_distance": by_fractions(_squared),
    "minkowski_distance": _minkowski,
    "chebyshev_distance": by_fractions(lambda x, y: max(max(a - b, b - a) for a, b in zip(x, y, strict=True))),
    "pairwise_distance": lambda x, y, p, eps: _minkowski([v + mp.mpf(eps) for v in x], y, p),
    "cdist": _cdist,
    "squared_distances": by_fractions(lambda x, y: [_squared(a, b) for a in x for b in y]),
    "pdist": _pdist,
}
