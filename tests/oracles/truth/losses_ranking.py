"""Losses that rank or align, in rational arithmetic or by other formulas."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import by_fractions
from tests.oracles.truth.losses import Vector
from tests.oracles.truth.losses_probability import _logistic


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


TRUTH: dict[str, Any] = {
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
}
