"""Comparisons of exact rationals."""

from __future__ import annotations

import operator
from fractions import Fraction

from tests.oracles.truth import Truth, by_fractions


def _holds(name: str) -> Truth:
    return by_fractions(lambda x, y: Fraction(int(getattr(operator, name)(x, y))))


TRUTH: dict[str, Truth] = {
    "less": _holds("lt"), "less_equal": _holds("le"), "greater": _holds("gt"), "greater_equal": _holds("ge"), "equal": _holds("eq"),
    "not_equal": _holds("ne"),
}  # fmt: skip
