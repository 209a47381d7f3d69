"""Linear algebra."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.oracles.truth import Truth, by_fractions


def _det(a: list[list[Fraction]]) -> Any:
    """By elimination over the rationals."""
    rows, total = [list(row) for row in a], Fraction(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            rows[k], rows[pivot], total = rows[pivot], rows[k], -total
        total *= rows[k][k]
        for row in rows[k + 1 :]:
            factor = row[k] / rows[k][k]
            row[:] = [v - factor * w for v, w in zip(row, rows[k], strict=True)]
    return total


TRUTH: dict[str, Truth] = {"det": by_fractions(_det)}
