"""Casts and quantisation: ml_dtypes and numpy for the formats, exact rationals for the rest."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
from mpmath import mp, mpf

from tests.oracles.truth import by_fractions


def _through(dtype: Any) -> Any:
    def truth(x: Any) -> Any:
        """By way of the format itself; ml_dtypes rounds binary64 by way of binary32, so the points are numbers of that."""
        with np.errstate(over="ignore"):
            number = float(np.asarray(_inward(x) if dtype is not np.float32 else float(x)).astype(dtype))
        return mpf(number) if math.isfinite(number) else mp.nan

    return truth


def _inward(x: Any) -> np.float32:
    """x in binary32, rounded to odd (Boldo and Melquiond, 2008), so that the second rounding decides as one would."""
    near = np.float32(float(x))
    if mpf(float(near)) == x or not np.isfinite(near):
        return near
    other = np.nextafter(near, np.float32(math.inf if mpf(float(near)) < x else -math.inf))
    return next(v for v in (near, other) if v.view(np.int32) % 2)


def _clamped(low: int, high: int) -> Any:
    return by_fractions(lambda x: Fraction(int(min(max(x, Fraction(low)), Fraction(high)))))


def _reduced(x: Any, exponent_bits: int, mantissa_bits: int) -> Any:
    dtype: Any = {(5, 10): np.float16, (8, 7): ml_dtypes.bfloat16, (8, 10): None, (5, 7): None}[exponent_bits, mantissa_bits]
    if dtype is not None:
        return _through(dtype)(x)
    least = 1 - (2 ** (exponent_bits - 1) - 1)
    exponent = max(math.frexp(float(x))[1] - 1, least)
    unit = mpf(2) ** (exponent - mantissa_bits)
    return mp.nint(x / unit) * unit


def _affine(x: Fraction, scale: float, zero_point: int) -> Fraction:
    return Fraction(scale) * (min(max(round(x / Fraction(scale)), -128 - zero_point), 127 - zero_point))


def _between(x: Fraction, low: float, high: float) -> Fraction:
    step = (Fraction(high) - Fraction(low)) / 255
    shift = round(Fraction(low) / step)
    return step * min(max(math.floor(x / step + Fraction(1, 2)), shift), shift + 255)


def _between_gradient(x: Fraction, g: Fraction, low: float, high: float) -> Fraction:
    """Clamping does not move what lies inside."""
    step = (Fraction(high) - Fraction(low)) / 255
    shift = round(Fraction(low) / step)
    return g if shift * step <= x <= (shift + 255) * step else Fraction(0)


TRUTH: dict[str, Any] = {
    "cast_float16": _through(np.float16),
    "cast_bfloat16": _through(ml_dtypes.bfloat16),
    "cast_float32": _through(np.float32),
    "cast_float8_e4m3fn": _through(ml_dtypes.float8_e4m3fn),
    "cast_float8_e5m2": _through(ml_dtypes.float8_e5m2),
    "cast_float8_e4m3fnuz": _through(ml_dtypes.float8_e4m3fnuz),
    "cast_float8_e5m2fnuz": _through(ml_dtypes.float8_e5m2fnuz),
    **{name: by_fractions(lambda x: Fraction(int(x))) for name in ("cast_int8", "cast_uint8", "cast_int16", "cast_int32")},
    "saturate_cast_int8": _clamped(-128, 127),
    "saturate_cast_uint8": _clamped(0, 255),
    "saturate_cast_int32": _clamped(-(2**31), 2**31 - 1),
    "saturate_cast_float16": lambda x: _through(np.float16)(min(max(x, mpf(-65504)), mpf(65504))),
    "reduce_precision": _reduced,
    "fake_quantize": by_fractions(_affine),
    "fake_quantize_gradient": by_fractions(
        lambda x, g, scale, zero_point: g * (-128 <= round(x / Fraction(scale)) + zero_point <= 127)
    ),
    "fake_quantize_between_gradient": by_fractions(_between_gradient),
    "fake_quantize_per_channel": by_fractions(
        lambda x: [_affine(v, s, z) for v, s, z in zip(x, (0.125, 0.75, 3.0), (0, 3, -5), strict=True)]
    ),
    "fake_quantize_between": by_fractions(_between),
    "fake_quantize_between_per_channel": by_fractions(
        lambda x: [_between(v, a, b) for v, a, b in zip(x, (-8.0, -1.0, -4.0), (7.9375, 2.0, 3.96875), strict=True)]
    ),
    "quantize_and_dequantize": by_fractions(lambda x: Fraction(min(max(round(8 * x), -128), 127), 8)),
}
