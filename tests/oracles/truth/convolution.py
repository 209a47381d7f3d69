"""Convolution and pooling in exact rationals: products of polynomials, differences of prefix sums, sorted windows."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth, by_fractions

Rational = Any
Grid = list[list[Any]]


def _product(x: list[Rational], w: list[Rational]) -> list[Rational]:
    """The coefficients of the product of two polynomials: one product of integers that hold them as digits (Kronecker's substitution)."""
    scales = [math.lcm(*(v.denominator for v in side)) for side in (x, w)]
    whole = [[int(v * scale) for v in side] for side, scale in zip((x, w), scales, strict=True)]
    bits = sum(max(abs(v) for v in side).bit_length() for side in whole) + len(x).bit_length() + 2
    left, right = (sum(v << (bits * i) for i, v in enumerate(side)) for side in whole)
    packed, out = left * right, []
    for _ in range(len(x) + len(w) - 1):
        digit = packed & ((1 << bits) - 1)
        digit -= (digit >> (bits - 1)) << bits
        packed = (packed - digit) >> bits
        out.append(Fraction(digit, scales[0] * scales[1]))
    return out


def _convolve(x: list[Rational], w: list[Rational], mode: str = "full") -> list[Rational]:
    full = _product(x, w)
    keep = {"full": len(full), "same": max(len(x), len(w)), "valid": abs(len(x) - len(w)) + 1}[mode]
    start = (len(full) - keep) // 2
    return full[start : start + keep]


def _correlate(x: list[Rational], w: list[Rational], mode: str = "full") -> list[Rational]:
    return _convolve(x, w[::-1], mode)


def _embedded(a: Grid, width: int) -> list[Rational]:
    """A grid as a polynomial in one variable: x^width stands for the second (Kronecker's substitution)."""
    return [v for row in a for v in [*row, *[Fraction(0)] * (width - len(row))]]


def _product_2d(x: Grid, w: Grid) -> Grid:
    width, height = len(x[0]) + len(w[0]) - 1, len(x) + len(w) - 1
    flat = _product(_embedded(x, width), _embedded(w, width))
    return [flat[i * width : (i + 1) * width] for i in range(height)]


def _reversed(w: Grid) -> Grid:
    return [row[::-1] for row in w[::-1]]


def _flat(grid: Any) -> list[Any]:
    return [leaf for item in grid for leaf in _flat(item)] if isinstance(grid, list) else [grid]


def _conv2d(x: Grid, w: Grid, stride: int = 1) -> list[Rational]:
    k = len(w)
    full = _product_2d(x, _reversed(w))
    return _flat([row[k - 1 : len(x[0]) : stride] for row in full[k - 1 : len(x) : stride]])


def _spread(x: Grid, stride: int) -> Grid:
    rows, columns = (range((size - 1) * stride + 1) for size in (len(x), len(x[0])))
    return [[x[i // stride][j // stride] if i % stride == j % stride == 0 else Fraction(0) for j in columns] for i in rows]


def _conv_transpose1d(x: list[Rational], w: list[Rational], stride: int) -> list[Rational]:
    apart = [v for i, value in enumerate(x) for v in ([value] if i == 0 else [*[Fraction(0)] * (stride - 1), value])]
    return _product(apart, w)


def _conv1d_dilated(x: list[Rational], w: list[Rational], dilation: int) -> list[Rational]:
    apart = _conv_transpose1d(w[::-1], [Fraction(1)], dilation)
    return _product(x, apart)[dilation : dilation + len(x)]


def _planes(x: list[Grid], w: list[list[Grid]], b: list[Rational]) -> list[Rational]:
    """Each output as the sum over the channels of their correlations with the kernel."""
    outputs = []
    for kernel, bias in zip(w, b, strict=True):
        full = [_product_2d(plane, _reversed(part)) for plane, part in zip(x, kernel, strict=True)]
        rows, columns = range(2, len(x[0])), range(2, len(x[0][0]))
        outputs += [bias + sum(plane[i][j] for plane in full) for i in rows for j in columns]
    return outputs


def _channels(x: Grid, w: list[Grid], b: list[Rational]) -> list[Rational]:
    out = []
    for kernel, bias in zip(w, b, strict=True):
        parts = [_correlate(row, k, "valid") for row, k in zip(x, kernel, strict=True)]
        out += [bias + sum(column) for column in zip(*parts, strict=True)]
    return out


def _conv3d(x: list[Grid], w: list[Grid]) -> list[Rational]:
    """Plane by plane."""
    out = []
    for i in range(len(x) - len(w) + 1):
        planes = [_conv2d(x[i + a], w[a]) for a in range(len(w))]
        out += [sum(column) for column in zip(*planes, strict=True)]
    return out


def _prefix(x: list[Rational]) -> list[Rational]:
    return [Fraction(0), *itertools.accumulate(x)]


def _sums(x: list[Rational], stride: int = 1) -> list[Rational]:
    """Sums of three, as differences of prefix sums."""
    p = _prefix(x)
    return [p[i + 3] - p[i] for i in range(0, len(x) - 2, stride)]


def _same(x: list[Rational]) -> list[Rational]:
    p, n = _prefix(x), len(x)
    return [(p[min(i + 2, n)] - p[max(i - 1, 0)]) / (min(i + 2, n) - max(i - 1, 0)) for i in range(n)]


def _bounds(i: int, n: int, size: int) -> tuple[int, int]:
    return int(Fraction(i * n, size)), -int(-Fraction((i + 1) * n, size) // 1)


def _blocks(x: Grid, stride: int) -> list[list[Rational]]:
    """2 x 2 windows in C order."""
    rows, columns = (range(0, size - 1, stride) for size in (len(x), len(x[0])))
    return [x[i][j : j + 2] + x[i + 1][j : j + 2] for i in rows for j in columns]


def _adaptive(x: list[Rational], size: int) -> list[list[Rational]]:
    return [x[slice(*_bounds(i, len(x), size))] for i in range(size)]


def _adaptive_2d(x: Grid) -> list[Rational]:
    out = []
    for i, j in itertools.product(range(2), repeat=2):
        (top, bottom), (left, right) = _bounds(i, len(x), 2), _bounds(j, len(x[0]), 2)
        columns = [_prefix(row)[right] - _prefix(row)[left] for row in x[top:bottom]]
        out.append(sum(columns) / ((bottom - top) * (right - left)))
    return out


def _root(items: list[Any], p: float) -> Any:
    return mp.norm(items, 2) if p == 2 else mp.fsum(items)


TRUTH: dict[str, Truth] = {
    "conv1d": by_fractions(lambda x, w, stride: _correlate(x, w, "valid")[::stride]),
    "conv1d_dilated": by_fractions(_conv1d_dilated),
    "conv1d_channels": by_fractions(_channels),
    "conv2d_channels": by_fractions(_planes),
    "conv2d": by_fractions(_conv2d),
    "conv3d": by_fractions(_conv3d),
    "conv_transpose1d": by_fractions(_conv_transpose1d),
    "conv_transpose2d": by_fractions(lambda x, w, stride: _flat(_product_2d(_spread(x, stride), w))),
    "convolve": by_fractions(_convolve),
    "fftconvolve": by_fractions(_convolve),
    "correlate": by_fractions(_correlate),
    "convolve2d": by_fractions(lambda x, w: _flat(_product_2d(x, w))),
    "correlate2d": by_fractions(lambda x, w: _flat(_product_2d(x, _reversed(w)))),
    "window_sum": by_fractions(_sums),
    "avg_pool1d": by_fractions(lambda x, stride: [s / 3 for s in _sums(x, stride)]),
    "avg_pool1d_same": by_fractions(_same),
    "avg_pool2d": by_fractions(lambda x, stride: [sum(b) / Fraction(4) for b in _blocks(x, stride)]),
    "max_pool1d": by_fractions(lambda x, stride: [sorted(x[i : i + 3])[-1] for i in range(0, len(x) - 2, stride)]),
    "max_pool1d_same": by_fractions(lambda x: [sorted(x[max(i - 1, 0) : i + 2])[-1] for i in range(len(x))]),
    "max_pool2d": by_fractions(lambda x, stride: [sorted(b)[-1] for b in _blocks(x, stride)]),
    "lp_pool1d": lambda x, p: [_root(x[i : i + 3], p) for i in range(len(x) - 2)],
    "lp_pool2d": lambda x, p: [_root(b, p) for b in _blocks(x, 1)],
    "adaptive_avg_pool1d": by_fractions(lambda x: [sum(part) / Fraction(len(part)) for part in _adaptive(x, 3)]),
    "adaptive_max_pool1d": by_fractions(lambda x: [sorted(part)[-1] for part in _adaptive(x, 3)]),
    "adaptive_avg_pool2d": by_fractions(_adaptive_2d),
    "dilation2d": by_fractions(
        lambda x, w: [sorted(v + b for v, b in zip(part, _flat(w), strict=True))[-1] for part in _blocks(x, 1)]
    ),
    "erosion2d": by_fractions(
        lambda x, w: [-max(b - v for v, b in zip(part, _flat(_reversed(w)), strict=True)) for part in _blocks(x, 1)]
    ),
}
