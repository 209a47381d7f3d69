"""Losses: exact rationals, other formulas in mpmath, and for CTC the sum over all alignments."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions

Vector = list[Any]
EPSILON = {
    "float32": (mpf(14073749) / 2**47, 1 - mpf(2) ** -23),
    "float64": (mpf(1e-7), mpf(1 - 1e-7)),
    "float16": (mpf(2) ** -23, 1 - mpf(2) ** -23),
    "bfloat16": (mpf(215) / 2**31, 1 - mpf(215) / 2**31),
}


def _lse(x: Vector) -> Any:
    return mp.log(mp.fsum(mp.exp(v) for v in x))


def _softmax(x: Vector) -> Vector:
    return [1 / mp.fsum(mp.exp(w - v) for w in x) for v in x]


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


def _multi_margin(x: list[Fraction], y: Fraction, p: int, margin: float) -> Fraction:
    own = x[int(y)]
    gaps = [Fraction(margin) - own + v for i, v in enumerate(x) if i != int(y)]
    return sum((g**p for g in gaps if g > 0), Fraction(0)) / len(x)


def _multilabel(x: list[Fraction], y: list[Fraction]) -> Fraction:
    hot, cold = [v for v, t in zip(x, y, strict=True) if t], [v for v, t in zip(x, y, strict=True) if not t]
    return sum((max(1 - h + c, Fraction(0)) for h, c in itertools.product(hot, cold)), Fraction(0)) / len(x)


def _categorical_hinge(x: list[Fraction], y: Fraction) -> Fraction:
    masked = [0 if i == int(y) else v for i, v in enumerate(x)]
    return max(Fraction(0), max(masked) - x[int(y)] + 1)


def _triplet(a: Vector, p: Vector, n: Vector, margin: float, norm: int, swap: bool, eps: float) -> Any:
    near, far, other = (
        mp.norm([v - w + mpf(eps) for v, w in zip(*pair, strict=True)], norm) for pair in ((a, p), (a, n), (p, n))
    )
    return max(mpf(0), near - (min(far, other) if swap else far) + mpf(margin))


def _cosine_embedding(a: Vector, b: Vector, y: Any, margin: float) -> Any:
    small = mpf(1e-12)
    lengths = [mp.sqrt(mp.norm(v, 2) ** 2 + small) for v in (a, b)]
    cosine = mp.fdot(a, b) / lengths[0] / lengths[1]
    return 1 - cosine if y else max(mpf(0), cosine - margin)


def _circle(x: list[Vector], gamma: float, margin: float) -> Vector:
    """By the products of Sun et al., eq. 6: log(1 + sum over positives and negatives of e^(their exponents))."""
    found = []
    for i in range(4):
        total = mpf(0)
        distances = [max(mpf(0), 1 - mp.fdot(x[i], row)) for row in x]
        partner, others = i ^ 1, [j for j in range(4) if j // 2 != i // 2]
        for j in others:
            d, e = distances[partner], distances[j]
            pull = max(mpf(0), d + mpf(margin)) * (d - mpf(margin))
            push = max(mpf(0), 1 + mpf(margin) - e) * (1 - mpf(margin) - e)
            total += mp.exp(gamma * (pull + push))
        found.append(mp.log1p(total))
    return found


def _ctc(x: list[Vector], second: int) -> Any:
    shares, total = [_softmax(row) for row in x], mpf(0)
    for path in itertools.product(range(3), repeat=len(x)):
        if [k for k, _ in itertools.groupby(path) if k] == [1, second]:
            total += mp.fprod(row[k] for row, k in zip(shares, path, strict=True))
    return -mp.log(total)


def _dice(x: list[Fraction], y: list[Fraction], eps: float) -> Fraction:
    both = sum(a * b for a, b in zip(x, y, strict=True))
    return (sum(x) + sum(y) + Fraction(eps) - 2 * both) / (sum(x) + sum(y) + Fraction(eps))


def _tversky(x: list[Fraction], y: list[Fraction], alpha: float, beta: float, eps: float) -> Fraction:
    both = sum(a * b for a, b in zip(x, y, strict=True))
    rest = Fraction(alpha) * (sum(y) - both) + Fraction(beta) * (sum(x) - both) + Fraction(eps)
    return rest / (both + rest)


TRUTH: dict[str, Truth] = {
    "softmax_cross_entropy": lambda x, y: mp.fsum(y) * _lse(x) - mp.fdot(x, y),
    "smoothed_cross_entropy": lambda x, y, smoothing: (
        _lse(x) - (1 - mpf(smoothing)) * x[int(y)] - mpf(smoothing) * mp.fsum(x) / len(x)
    ),
    "linear_cross_entropy": lambda x, w, y: -mp.log(_softmax([mp.fdot(row, x) for row in w])[int(y)]),
    "ctc_loss": Checked(_ctc, bits=400, agree=1e-60, points=30),
    "nll_loss": by_fractions(lambda x, y: -x[int(y)]),
    "l1_loss": by_fractions(lambda x, y: max(x - y, y - x)),
    "mae": by_fractions(lambda x, y: sum(max(a, b) - min(a, b) for a, b in zip(x, y, strict=True)) / Fraction(len(x))),
    "smooth_l1": by_fractions(
        lambda x, y, beta: (x - y) ** 2 / (2 * Fraction(beta)) if abs(x - y) < beta else abs(x - y) - Fraction(beta) / 2
    ),
    "log_cosh": lambda x, y: mp.log(mp.cosh(x - y)),
    "hinge": by_fractions(lambda x, y: max(Fraction(0), 1 - x if y else 1 + x)),
    "squared_hinge": by_fractions(lambda x, y: max(Fraction(0), 1 - x if y else 1 + x) ** 2),
    "categorical_hinge": by_fractions(_categorical_hinge),
    "hinge_embedding": by_fractions(lambda x, y, margin: x if y else max(Fraction(0), Fraction(margin) - x)),
    "margin_ranking": by_fractions(lambda a, b, y, margin: max(Fraction(0), (b - a if y else a - b) + Fraction(margin))),
    "soft_margin": lambda x, y: -mp.log(_logistic(x if y else -x)),
    "multi_margin": by_fractions(_multi_margin),
    "multilabel_margin": by_fractions(_multilabel),
    "multilabel_soft_margin": lambda x, y: (
        -mp.fsum(mp.log(_logistic(v) ** t * _logistic(-v) ** (1 - t)) for v, t in zip(x, y, strict=True)) / len(x)
    ),
    "triplet_margin": _triplet,
    "cosine_embedding": _cosine_embedding,
    "circle_loss": _circle,
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
