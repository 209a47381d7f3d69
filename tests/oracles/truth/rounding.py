"""Rounding and the pieces of a number: Python's own integers and fractions, numpy's tables of neighbours."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
from mpmath import mpf

from tests.oracles.truth import Checked, by_fractions

_DTYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64}
_BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def _sign(x: Any) -> int:
    return (x > 0) - (x < 0)


def _frexp(x: Any) -> list[Any]:
    mantissa, exponent = math.frexp(float(x))
    return [mpf(mantissa), mpf(exponent)]


def _next(x: Any, y: Any, fmt: str) -> Any:
    """By counting the bits of the number as an integer; from the nearest number below or above where x is none of the format."""
    if x == y:
        return y
    if x > y:
        return -_next(-x, -y, fmt)
    dtype: Any = _DTYPES[fmt]
    number = np.asarray(float(x)).astype(dtype)
    while mpf(float(number)) > x:
        number = _up(-number) * dtype(-1)
    return mpf(float(_up(number)))


def _up(number: Any) -> Any:
    kind = _BITS[number.dtype.itemsize]
    if number == 0:
        return np.asarray(1, kind).view(number.dtype)
    bits = number.view(kind)
    return np.asarray(bits + (1 if number > 0 else -1), kind).view(number.dtype)


def _spacing(x: Any, fmt: str) -> Any:
    dtype: Any = _DTYPES[fmt]
    number = np.asarray(float(x)).astype(dtype)
    size = abs(number)
    if mpf(float(size)) > abs(x):
        size = -_up(-size)
    gap = mpf(float(_up(size))) - mpf(float(size))
    return -gap if x < 0 else gap


def _pair(rng: random.Random, length: int) -> list[Any]:
    """A number of float16's normal range, whatever the format, and one that is sometimes the same."""
    x = rng.choice([-1, 1]) * rng.choice([1.0, 2.0**-3, 0.0, rng.uniform(0.5, 2), 10 ** rng.uniform(-4, 4), 2.0**10])
    return [x, rng.choice([x, rng.gauss(0, 3), rng.gauss(0, 1e4), 0.0])]


TRUTH: dict[str, Any] = {
    "floor": by_fractions(lambda x: Fraction(math.floor(x))),
    "ceil": by_fractions(lambda x: Fraction(math.ceil(x))),
    "trunc": by_fractions(lambda x: Fraction(math.trunc(x))),
    "round": by_fractions(lambda x: Fraction(round(x))),
    "round_half_away": by_fractions(lambda x: Fraction(math.trunc(2 * x) - math.trunc(x))),
    "signbit": by_fractions(lambda x: Fraction(int(abs(x) != x))),
    "round_decimals": by_fractions(lambda x, decimals: Fraction(round(x, decimals))),
    "frac": by_fractions(lambda x: x - int(x)),
    "modf": by_fractions(lambda x: [x - int(x), Fraction(int(x))]),
    "sign": lambda x: mpf(_sign(x)),
    "heaviside": lambda x, y: [mpf(0), y, mpf(1)][_sign(x) + 1],
    "copysign_of_half": lambda x, y: abs(x) if y >= 0 else -abs(x),
    "frexp": _frexp,
    "ldexp": Checked(
        lambda x, y, step: x * mpf(2) ** int(step * y),
        draw=lambda rng, n: [rng.gauss(0, 1) * 2.0 ** rng.randint(-300, 300), float(rng.randint(-6, 6))],
    ),
    "nextafter": Checked(_next, draw=_pair),
    "spacing": Checked(_spacing, draw=lambda rng, n: _pair(rng, n)[:1]),
}
