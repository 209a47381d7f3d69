"""Sums, moments and norms in rational arithmetic or by mpmath."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import mp

from tests.oracles.truth import by_fractions
from tests.oracles.truth.vectors import log_sum_exp, power_norm


def _var(x: list[Fraction], correction: int) -> Fraction:
    return (sum(v * v for v in x) - sum(x) ** 2 / Fraction(len(x))) / (len(x) - correction)


def _average(x: list[Fraction], w: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(x, w, strict=True)), Fraction(0)) / sum(w)


TRUTH: dict[str, Any] = {
    "sum": by_fractions(sum),
    "mean": by_fractions(lambda x: sum(x) / Fraction(len(x))),
    "prod": by_fractions(math.prod),
    "var": by_fractions(_var),
    "std": lambda x, correction: mp.sqrt(by_fractions(_var)(x, correction=correction)),
    "logsumexp": log_sum_exp,
    "norm": power_norm,
    "logmeanexp": lambda x: max(x) + mp.log(mp.fsum(mp.exp(v - max(x)) for v in x) / len(x)),
    "amax": lambda x: sorted(x)[-1],
    "amin": lambda x: sorted(x)[0],
    "ptp": by_fractions(lambda x: sorted(x)[-1] - sorted(x)[0]),
    "count_nonzero": lambda x: mp.mpf(int(np.count_nonzero([float(v) for v in x]))),
    "sum_of_squares": by_fractions(lambda x, divisor: sum(v**2 for v in x) / Fraction(divisor)),
    "average": by_fractions(_average),
    "weighted_variance": by_fractions(lambda x, w: _average([v * v for v in x], w) - _average(x, w) ** 2),
}
