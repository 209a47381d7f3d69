"""Activations: exact rationals where they are piecewise polynomial, other formulas elsewhere."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, by_fractions


def _median(*values: Any) -> Any:
    return sorted(values)[1]


def _negative_part(x: Fraction, slope: Any) -> Fraction:
    """x max'd with 0, plus the slope times its other part."""
    return (x + abs(x)) / 2 + Fraction(slope) * (x - abs(x)) / 2


def _logistic(x: Any) -> Any:
    return (1 + mp.tanh(x / 2)) / 2


def _sparsemax(x: list[Any]) -> list[Any]:
    """The shift by bisection: the sum of max(x - t, 0) falls as t grows."""
    low, high = min(x) - 1, max(x)
    for _ in range(400):
        middle = (low + high) / 2
        total = mp.fsum(max(v - middle, 0) for v in x)
        low, high = (middle, high) if total > 1 else (low, middle)
    return [max(v - low, mpf(0)) for v in x]


def _standardize(x: list[Any], eps: float) -> list[Any]:
    pairs = mp.fsum((a - b) ** 2 for a in x for b in x) / (2 * len(x) ** 2)
    return [mp.fsum(v - w for w in x) / len(x) / mp.sqrt(pairs + eps) for v in x]


TRUTH: dict[str, Any] = {
    "relu": by_fractions(lambda x: (x + abs(x)) / 2),
    "leaky_relu": by_fractions(_negative_part),
    "prelu": by_fractions(_negative_part),
    "rrelu": by_fractions(lambda x, lower, upper: _negative_part(x, (Fraction(lower) + Fraction(upper)) / 2)),
    "relu_between": by_fractions(
        lambda x, slope, top, threshold: Fraction(slope) * (x - Fraction(threshold)) if x < threshold else min(x, Fraction(top))
    ),
    "threshold": by_fractions(lambda x, threshold, value: x if x > threshold else Fraction(value)),
    "hard_tanh": by_fractions(lambda x: _median(x, Fraction(-1), Fraction(1))),
    "hard_shrink": by_fractions(lambda x, threshold: x * (abs(x) > threshold)),
    "soft_shrink": by_fractions(lambda x, threshold: x - _median(x, Fraction(-threshold), Fraction(threshold))),
    "softplus_beta": lambda x, beta, threshold: (beta * x + mp.log1p(mp.exp(-beta * x))) / beta,
    "sparse_plus": by_fractions(lambda x: (min(max(x, Fraction(-1)), Fraction(1)) + 1) ** 2 / 4 + max(x - 1, Fraction(0))),
    "sparse_sigmoid": by_fractions(lambda x: _median((x + 1) / 2, Fraction(0), Fraction(1))),
    "swiglu": lambda x, y: x * y * _logistic(x),
    "geglu": lambda x, y: x * y * mp.ncdf(x),
    "glu": lambda x: [a * _logistic(b) for a, b in zip(x[: len(x) // 2], x[len(x) // 2 :], strict=True)],
    "crelu": by_fractions(lambda x: [(v + abs(v)) / 2 for v in x] + [(abs(v) - v) / 2 for v in x]),
    "sparsemax": Checked(_sparsemax, bits=300, agree=1e-20, floor=1e-60),
    "standardize": _standardize,
}
