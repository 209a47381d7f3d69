"""Losses: exact rationals, other formulas in mpmath, and for CTC the sum over all alignments."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, by_fractions
from tests.oracles.truth.vectors import dot, log_sum_exp

Vector = list[Any]


def _softmax(x: Vector) -> Vector:
    return [1 / mp.fsum(mp.exp(w - v) for w in x) for v in x]


def _ctc(x: list[Vector], second: int) -> Any:
    shares, total = [_softmax(row) for row in x], mpf(0)
    for path in itertools.product(range(3), repeat=len(x)):
        if [k for k, _ in itertools.groupby(path) if k] == [1, second]:
            total += mp.fprod(row[k] for row, k in zip(shares, path, strict=True))
    return -mp.log(total)


def _huber(x: Fraction, y: Fraction, delta: float) -> Fraction:
    gap = abs(x - y)
    return gap * gap / 2 if gap <= delta else Fraction(delta) * gap - Fraction(delta) ** 2 / 2


TRUTH: dict[str, Any] = {
    "softmax_cross_entropy": lambda x, y: mp.fsum(y) * log_sum_exp(x) - mp.fdot(x, y),
    "smoothed_cross_entropy": lambda x, y, smoothing: (
        log_sum_exp(x) - (1 - mpf(smoothing)) * x[int(y)] - mpf(smoothing) * mp.fsum(x) / len(x)
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
    "binary_cross_entropy_with_logits": lambda x, y: x + mp.log1p(mp.exp(-x)) - x * y,
    "cross_entropy": lambda x, y: mp.fsum(y) * log_sum_exp(x) - dot(x, y),
    "sparse_cross_entropy": lambda x, y: log_sum_exp(x) - x[int(y)],
    "mse": by_fractions(lambda x, y: sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / Fraction(len(x))),
    "huber": by_fractions(_huber),
    "kl_div": lambda x, y: mp.exp(y) * y - mp.exp(y) * x,
    "rel_entr": lambda x, y: x * mp.log(x) - x * mp.log(y) if x > 0 and y > 0 else mp.nan,
}
