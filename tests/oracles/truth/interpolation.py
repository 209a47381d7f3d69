"""Interpolation in exact rationals, by searching the segment; resampling by sampling the interpolant; polynomials by their values."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Truth, by_fractions

Vector = list[Any]
Matrix = list[list[Any]]


def _linspace(x: Vector, num: int) -> Vector:
    return [x[0] + (x[1] - x[0]) * i / (num - 1) for i in range(num)]


def _geomspace(x: Vector, num: int) -> Vector:
    return [x[0] * mp.root(x[1] / x[0], num - 1) ** i for i in range(num)]


def _interp(x: Any, xp: Vector, fp: Vector) -> Any:
    i = bisect_right(xp, x)
    if i == 0 or i == len(xp):
        return fp[0] if i == 0 else fp[-1]
    return (fp[i - 1] * (xp[i] - x) + fp[i] * (x - xp[i - 1])) / (xp[i] - xp[i - 1])


def _at(x: Vector, place: Fraction) -> Fraction:
    """Linear interpolation between neighbours, constant outside."""
    place = min(max(place, Fraction(0)), Fraction(len(x) - 1))
    i = min(int(place), len(x) - 1)
    right = x[min(i + 1, len(x) - 1)]
    return x[i] + (right - x[i]) * (place - i)


def _upsample(x: Vector, align_corners: bool = False) -> Vector:
    n = len(x)
    if align_corners:
        return [_at(x, Fraction(i * (n - 1), 2 * n - 1)) for i in range(2 * n)]
    return [_at(x, Fraction(2 * i - 1, 4)) for i in range(2 * n)]


def _both(resample: Callable[[Vector], Vector]) -> Callable[[Matrix], Vector]:
    """Columns first, then rows."""

    def apply(x: Matrix) -> Vector:
        columns = [resample([row[j] for row in x]) for j in range(len(x[0]))]
        return [v for i in range(len(columns[0])) for v in resample([column[i] for column in columns])]

    return apply


def _bicubic(x: Vector) -> Vector:
    """Every output lies a quarter from a pixel; Keys' weights there for a = -3/4, in 256ths."""
    n, weights = len(x), (-27, 225, 67, -9)
    pixel = [x[min(max(j, 0), n - 1)] for j in range(-3, n + 3)]
    out = []
    for i in range(n):
        around = pixel[i + 1 : i + 6]  # i - 2 .. i + 2
        out.append(sum(w * v for w, v in zip(weights[::-1], around[:4], strict=True)) / Fraction(256))
        out.append(sum(w * v for w, v in zip(weights, around[1:], strict=True)) / Fraction(256))
    return out


def _cubic_half(x: Vector) -> Vector:
    """The same for a = -1/2, in 128ths, over the pixels that exist."""
    n, weights = len(x), (-9, 111, 29, -3)
    out = []
    for i in range(n):
        for order, first in ((weights[::-1], i - 2), (weights, i - 1)):
            inside = [(w, x[first + k]) for k, w in enumerate(order) if 0 <= first + k < n]
            out.append(sum(w * v for w, v in inside) / Fraction(sum(w for w, _ in inside)))
    return out


def _keys(t: Fraction) -> Fraction:
    """Keys' cubic for a = -1/2, as a spline with knots at 0, 1, 2: by truncated forms of Horner."""
    d = abs(t)
    if d < 1:
        return 1 + d * d * (Fraction(3, 2) * d - Fraction(5, 2))
    return 2 + d * (-4 + d * (Fraction(5, 2) - d / 2)) if d < 2 else Fraction(0)


def _down(kernel: Callable[[Fraction], Fraction]) -> Callable[[Matrix], Vector]:
    def apply(x: Matrix) -> Vector:
        n, out = len(x), []
        for i in range(3):
            weights = [kernel(Fraction(2 * i + 1, 2) - Fraction(3 * (2 * j + 1), 2 * n)) for j in range(n)]
            out += [sum(w * row[c] for w, row in zip(weights, x, strict=True)) / sum(weights) for c in range(len(x[0]))]
        return out

    return apply


def _lanczos(x: Vector) -> Vector:
    n = len(x)
    out = []
    for i in range(2 * n):
        place = mpf(2 * i - 1) / 4
        weights = [mp.sincpi(place - j) * mp.sincpi((place - j) / 3) if abs(place - j) < 3 else mpf(0) for j in range(n)]
        out.append(mp.fdot(weights, x) / mp.fsum(weights))
    return out


def _bilinear(x: Matrix, row: Fraction, column: Fraction) -> Fraction:
    """Within a frame of zeros, between the four neighbours."""
    i, j = row // 1, column // 1

    def pixel(a: int, b: int) -> Fraction:
        return x[a][b] if 0 <= a < len(x) and 0 <= b < len(x[0]) else Fraction(0)

    upper, lower = (pixel(a, j) + (pixel(a, j + 1) - pixel(a, j)) * (column - j) for a in (i, i + 1))
    return upper + (lower - upper) * (row - i)


def _map_coordinates(x: Matrix, c: Matrix) -> Vector:
    ends = (Fraction(len(x) - 1), Fraction(len(x[0]) - 1))
    return [
        _bilinear(x, *(min(max(v, Fraction(0)), end) for v, end in zip(pair, ends, strict=True))) for pair in zip(*c, strict=True)
    ]


def _grid_sample(x: Matrix, grid: Matrix, align_corners: bool) -> Vector:
    def place(v: Fraction, n: int) -> Fraction:
        return (Fraction(n - 1 if align_corners else n) * v + n - 1) / 2

    return [_bilinear(x, place(v, len(x)), place(u, len(x[0]))) for u, v in grid]


def _affine_grid(theta: Matrix) -> Vector:
    out = []
    for v in (Fraction(-1, 2), Fraction(1, 2)):
        for u in (Fraction(-2, 3), Fraction(0), Fraction(2, 3)):
            out += [row[2] + v * row[1] + u * row[0] for row in theta]
    return out


def _horner(p: Vector, x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in p:
        total = total * x + c
    return total


def _polymul(p: Vector, q: Vector) -> Vector:
    """Newton's interpolation of the values of the product."""
    size = len(p) + len(q) - 1
    at = [Fraction(i) for i in range(size)]
    table = [_horner(p, t) * _horner(q, t) for t in at]
    for level in range(1, size):
        for i in range(size - 1, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / level
    out = [table[-1]]
    for i in range(size - 2, -1, -1):
        out = [a - at[i] * b for a, b in zip([*out, Fraction(0)], [Fraction(0), *out], strict=True)]
        out[-1] += table[i]
    return out


def _poly(x: Vector) -> Vector:
    """Newton's identities: elementary symmetric functions from the power sums."""
    powers = [sum((v**k for v in x), Fraction(0)) for k in range(len(x) + 1)]
    e = [Fraction(1)]
    for k in range(1, len(x) + 1):
        e.append(sum(((-1) ** (i - 1) * e[k - i] * powers[i] for i in range(1, k + 1)), Fraction(0)) / k)
    return [(-1) ** k * v for k, v in enumerate(e)]


TRUTH: dict[str, Truth] = {
    "linspace": by_fractions(_linspace),
    "logspace": lambda x, num: [mp.power(10, v) for v in _linspace(x, num)],
    "geomspace": _geomspace,
    "interp": by_fractions(_interp),
    "upsample_linear": by_fractions(_upsample),
    "upsample_bilinear": by_fractions(_both(_upsample)),
    "upsample_bicubic": by_fractions(_both(_bicubic)),
    "resize_cubic": by_fractions(_cubic_half),
    "downsample_linear": by_fractions(_down(lambda t: max(Fraction(0), 1 - abs(t)))),
    "downsample_cubic": by_fractions(_down(_keys)),
    "resize_lanczos3": _lanczos,
    "map_coordinates": by_fractions(_map_coordinates),
    "grid_sample": by_fractions(_grid_sample),
    "affine_grid": by_fractions(_affine_grid),
    "polyval": by_fractions(_horner),
    "polyder": by_fractions(lambda p: [c * k for k, c in zip(range(len(p) - 1, 0, -1), p, strict=False)]),
    "polyint": by_fractions(lambda p: [c / k for k, c in zip(range(len(p), 0, -1), p, strict=True)] + [Fraction(0)]),
    "polymul": by_fractions(_polymul),
    "poly": by_fractions(_poly),
}
