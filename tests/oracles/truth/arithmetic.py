"""Arithmetic beyond the four operations: exact rationals, and other formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import by_fractions


def _median(*values: Any) -> Any:
    return sorted(values)[1]


TRUTH: dict[str, Any] = {
    "abs": by_fractions(lambda x: x if x > 0 else -x),
    "neg": by_fractions(lambda x: 0 - x),
    "positive": by_fractions(lambda x: x),
    "maximum": by_fractions(lambda x, y: (x + y + abs(x - y)) / 2),
    "minimum": by_fractions(lambda x, y: (x + y - abs(x - y)) / 2),
    "fmax": by_fractions(lambda x, y: sorted([x, y])[1]),
    "fmin": by_fractions(lambda x, y: sorted([x, y])[0]),
    "clip": by_fractions(lambda x, low, high: _median(x, Fraction(low), Fraction(high))),
    "clip_between": by_fractions(lambda x, b: _median(x, *b)),
    "lerp": by_fractions(lambda x, y, w: (1 - w) * x + w * y),
    "addcmul": by_fractions(lambda x, y, z, value: (x / z + Fraction(value) * y) * z),
    "addcdiv": by_fractions(lambda x, y, z, value: (x * z + Fraction(value) * y) / z),
    "scaled_add": by_fractions(lambda x, y, alpha: (x / Fraction(alpha) + y) * Fraction(alpha)),
    "squared_difference": by_fractions(lambda x, y: x * x - 2 * x * y + y * y),
    "deg2rad": mp.radians,
    "rad2deg": mp.degrees,
    "divide_no_nan": by_fractions(lambda x, y: Fraction(0) if y == 0 else x / y),
    "multiply_no_nan": by_fractions(lambda x, y: x * y),
    "reciprocal_no_nan": by_fractions(lambda x: Fraction(0) if x == 0 else x**-1),
    "xdivy": by_fractions(lambda x, y: Fraction(0) if x == 0 else x / y),
    "trunc_divide": by_fractions(lambda x, y: Fraction(int(x / y))),
    "divmod": by_fractions(lambda x, y: [Fraction(v) for v in divmod(x, y)]),
    "integer_pow": by_fractions(lambda x, n: x**n),
    "scalar_pow": lambda x, p: mp.sqrt(x) ** int(2 * p),
    "base_pow": lambda y, base: mpf(base) ** y,
    "nan_to_num": by_fractions(lambda x: x),
    "log1mexp": lambda x: mp.log(2 * mp.sinh(x / 2)) - x / 2,
}
