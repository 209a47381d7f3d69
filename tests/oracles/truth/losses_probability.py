"""Losses of probabilities and densities by other formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import by_fractions
from tests.oracles.truth.losses import Vector, _softmax

EPSILON = {
    "float32": (mpf(14073749) / 2**47, 1 - mpf(2) ** -23),
    "float64": (mpf(1e-7), mpf(1 - 1e-7)),
    "float16": (mpf(2) ** -23, 1 - mpf(2) ** -23),
    "bfloat16": (mpf(215) / 2**31, 1 - mpf(215) / 2**31),
}


def _logistic(x: Any) -> Any:
    return (1 + mp.tanh(x / 2)) / 2


def _clip(x: Any, clip: str) -> Any:
    return sorted([EPSILON[clip][0], x, EPSILON[clip][1]])[1]


def _log(x: Any) -> Any:
    return mp.log(x) if x > 0 and mp.log(x) > -100 else mpf(-100)


def _bce(x: Any, y: Any, clip: str) -> Any:
    p = _clip(x, clip)
    return mp.log(mp.power(p, -y) * mp.power(1 - p, y - 1))


def _focal(x: Any, y: Any, gamma: float) -> Any:
    p = _logistic(x)
    missed = 1 - (y * p + (1 - y) * (1 - p))
    return missed**gamma * (mp.log1p(mp.exp(x)) - x * y)


def _shares(x: Vector, clip: str) -> Vector:
    return [_clip(v / mp.fsum(x), clip) for v in x]


def _stirling(y: Any) -> Any:
    return mp.log((y / mp.e) ** y * mp.sqrt(2 * mp.pi * y)) if y > 1 else 0


def _dice(x: list[Fraction], y: list[Fraction], eps: float) -> Fraction:
    both = sum(a * b for a, b in zip(x, y, strict=True))
    return (sum(x) + sum(y) + Fraction(eps) - 2 * both) / (sum(x) + sum(y) + Fraction(eps))


def _tversky(x: list[Fraction], y: list[Fraction], alpha: float, beta: float, eps: float) -> Fraction:
    both = sum(a * b for a, b in zip(x, y, strict=True))
    rest = Fraction(alpha) * (sum(y) - both) + Fraction(beta) * (sum(x) - both) + Fraction(eps)
    return rest / (both + rest)


TRUTH: dict[str, Any] = {
    "binary_cross_entropy": lambda x, y: (y - 1) * _log(1 - x) - y * _log(x),
    "binary_cross_entropy_clipped": _bce,
    "weighted_binary_cross_entropy": lambda x, y, weight: (1 - y) * x + (1 + (weight - 1) * y) * mp.log1p(mp.exp(-x)),
    "binary_focal_clipped": lambda x, y, gamma, clip: (1 - (y * x + (1 - y) * (1 - x))) ** gamma * _bce(x, y, clip),
    "binary_focal_with_logits": _focal,
    "categorical_cross_entropy_clipped": lambda x, y, clip: mp.log(
        mp.fprod(mp.power(p, -t) for p, t in zip(_shares(x, clip), y, strict=True))
    ),
    "categorical_focal_clipped": lambda x, y, clip, gamma, alpha: (
        -mp.fsum(alpha * t * (1 - p) ** gamma * mp.log(p) for p, t in zip(_shares(x, clip), y, strict=True))
    ),
    "categorical_focal_with_logits": lambda x, y, gamma, alpha: (
        -mp.fsum(alpha * t * (1 - p) ** gamma * mp.log(p) for p, t in zip(_softmax(x), y, strict=True))
    ),
    "sparse_categorical_cross_entropy_clipped": lambda x, y, clip: (
        mp.log(mp.fsum(_clip(v, clip) for v in x)) - mp.log(_clip(x[int(y)], clip))
    ),
    "generalized_cross_entropy": lambda x, y, q: (1 - mp.exp(q * mp.log(x[int(y)]))) / q if x[int(y)] else 1 / mpf(q),
    "kl_div_from_log": lambda x, y: mp.log(mp.power(y, y)) - x * y,
    "kl_divergence_clipped": lambda x, y, clip: (
        max(EPSILON[clip][0], y) * (mp.log(max(EPSILON[clip][0], y)) - mp.log(max(EPSILON[clip][0], x)))
    ),
    "poisson_nll": lambda x, y, full: mp.exp(x) - mp.log(mp.exp(x * y)) + (_stirling(y) if full else 0),
    "poisson_nll_of_rate": lambda x, y, eps, full: x - mp.log(mp.power(x + mpf(eps), y)) + (_stirling(y) if full else 0),
    "gaussian_nll": lambda x, y, v, full: -mp.log(mp.npdf(y, x, mp.sqrt(v))) - (0 if full else mp.log(2 * mp.pi) / 2),
    "mape": lambda x, y, clip: 100 * abs(x - y) / max(EPSILON[clip][0], abs(y)),
    "msle": lambda x, y, clip: mp.log((1 + max(EPSILON[clip][0], x)) / (1 + max(EPSILON[clip][0], y))) ** 2,
    "dice_loss": by_fractions(_dice),
    "tversky_loss": by_fractions(_tversky),
}
