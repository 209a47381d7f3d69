"""Statistics: exact rationals in order, moments by power sums."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import by_fractions


def _covariance(x: list[Fraction], y: list[Fraction], correction: int) -> Fraction:
    """By products of differences of all pairs."""
    n = len(x)
    pairs = sum((x[i] - x[j]) * (y[i] - y[j]) for i in range(n) for j in range(i))
    return Fraction(pairs) / n / (n - correction)


def _correlation(x: list[Any], y: list[Any]) -> Any:
    n, sx, sy = len(x), mp.fsum(x), mp.fsum(y)
    variances = (n * mp.fsum(v * v for v in x) - sx * sx) * (n * mp.fsum(v * v for v in y) - sy * sy)
    return (n * mp.fsum(v * w for v, w in zip(x, y, strict=True)) - sx * sy) / mp.sqrt(variances) if variances > 0 else mp.nan


def _quantile(x: list[Fraction], q: float, method: str) -> Fraction:
    row, place = sorted(x), (len(x) - 1) * Fraction(q)
    low, high = row[place.__floor__()], row[place.__ceil__()]
    near = row[(place + Fraction(1, 2)).__floor__()]
    inside = low + (high - low) * (place - place.__floor__())
    return {"linear": inside, "lower": low, "higher": high, "midpoint": (low + high) / 2, "nearest": near}[method]


def _ranks(x: list[Fraction], method: str) -> list[Fraction]:
    places = {v: [i + 1 for i, w in enumerate(sorted(x)) if w == v] for v in x}
    joined = {"average": lambda p: Fraction(sum(p), len(p)), "min": min, "max": max}[method]
    return [Fraction(joined(places[v])) for v in x]


TRUTH: dict[str, Any] = {
    "median": by_fractions(lambda x: (sorted(x)[(len(x) - 1) // 2] + sorted(x)[len(x) // 2]) / 2),
    "lower_median": by_fractions(lambda x: sorted(x)[(len(x) - 1) // 2]),
    "quantile": by_fractions(_quantile),
    "covariance": by_fractions(_covariance),
    "correlation": _correlation,
    "standard_error": lambda x, correction: mp.sqrt(by_fractions(_covariance)(x, x, correction=correction) / len(x)),
    "rank_data": by_fractions(_ranks),
}
