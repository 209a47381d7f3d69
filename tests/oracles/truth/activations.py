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


def _clip(x: Any, low: int, high: int) -> Any:
    return low if x < low else high if x > high else x


def _selu(x: Any) -> Any:
    """With the constants solved from the fixed point (0, 1) of the moments, as Klambauer et al. derive them."""
    tail, far = mp.erfc(1 / mp.sqrt(2)), mp.erfc(mp.sqrt(2))
    alpha = -mp.sqrt(2 / mp.pi) / (tail * mp.exp(0.5) - 1)
    inner = 2 * far * mp.e**2 + mp.pi * tail**2 * mp.e - 2 * (2 + mp.pi) * tail * mp.sqrt(mp.e) + mp.pi + 2
    scale = (1 - tail * mp.sqrt(mp.e)) * mp.sqrt(2 * mp.pi) / mp.sqrt(inner)
    return scale * (x if x > 0 else alpha * (mp.exp(x) - 1))


def _gelu(x: Any, approximate: str) -> Any:
    if approximate == "none":
        return x * mp.ncdf(x)
    return x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf(44715) / 10**6 * x**3)))


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
    "sigmoid": lambda x: (1 + mp.tanh(x / 2)) / 2,
    "log_sigmoid": lambda x: mp.log((1 + mp.tanh(x / 2)) / 2),
    "softplus": lambda x: x + mp.log1p(mp.exp(-x)),
    "relu6": lambda x: _clip(x, 0, 6),
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "celu": lambda x, alpha: max(x, 0) + min(0, alpha * (mp.exp(x / alpha) - 1)),
    "selu": _selu,
    "silu": lambda x: x * (1 + mp.tanh(x / 2)) / 2,
    "mish": lambda x: x * ((1 + mp.exp(x)) ** 2 - 1) / ((1 + mp.exp(x)) ** 2 + 1),
    "gelu": _gelu,
    "hard_sigmoid": lambda x: _clip(x + 3, 0, 6) / mpf(6),
    "hard_swish": lambda x: 0 if x < -3 else x if x > 3 else x * (x + 3) / 6,
    "softsign": by_fractions(lambda x: x / (1 + x) if x > 0 else x / (1 - x)),
    "tanhshrink": lambda x: x - mp.sinh(x) / mp.cosh(x),
    "squareplus": lambda x, b: b / (mp.sqrt(x**2 + b) - x) / 2,
}
