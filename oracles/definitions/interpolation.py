"""Interpolation, resampling, evenly spaced numbers and polynomials. The weights of resampling are exact constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define

#: Row i: the weights of the inputs in output i.
Weights = list[list[Fraction]]
HALF = Fraction(1, 2)


@define("linspace")
def linspace(m: Arithmetic[N], x: Vector[N], num: int = 5) -> Vector[N]:
    """`num` evenly spaced numbers from x_0 to x_1; numpy.linspace."""
    return [x[0] * (1 - Fraction(i, num - 1)) + x[1] * Fraction(i, num - 1) for i in range(num)]


@define("logspace")
def logspace(m: Arithmetic[N], x: Vector[N], num: int = 5) -> Vector[N]:
    """10 to the numbers of linspace; numpy.logspace."""
    return [m.exp(v * m.const("ln10")) for v in linspace(m, x, num)]


@define("geomspace")
def geomspace(m: Arithmetic[N], x: Vector[N], num: int = 5) -> Vector[N]:
    """Numbers whose logarithms are evenly spaced, from x_0 to x_1; numpy.geomspace."""
    inner = linspace(m, [m.log(v) for v in x], num)[1:-1]
    return [x[0], *(m.exp(v) for v in inner), x[1]]


@define("interp")
def interp(m: Arithmetic[N], x: N, xp: Vector[N], fp: Vector[N]) -> N:
    """The piecewise linear function through (xp_i, fp_i) at x, constant outside; numpy.interp."""

    def from_segment(i: int) -> N:
        if i == len(xp) - 1:
            return fp[-1]
        slope = (fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i])
        return m.where(m.lt(x, xp[i + 1]), lambda: fp[i] + (x - xp[i]) * slope, lambda: from_segment(i + 1))

    return m.where(m.lt(x, xp[0]), lambda: fp[0], lambda: from_segment(0))


# -- resampling -------------------------------------------------------------------------------------------------------


def _triangle(t: Fraction) -> Fraction:
    return max(1 - abs(t), Fraction(0))


@cache
def _cubic(a: Fraction) -> Callable[[Fraction], Fraction]:
    """Keys, 1981, eq. 15 (there a = -1/2)."""

    def kernel(t: Fraction) -> Fraction:
        d = abs(t)
        if d <= 1:
            return (a + 2) * d**3 - (a + 3) * d**2 + 1
        return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else Fraction(0)

    return kernel


def _places(n: int, size: int) -> list[Fraction]:
    """Where the centres of `size` output pixels lie among those of n input pixels."""
    return [(Fraction(i) + HALF) * Fraction(n, size) - HALF for i in range(size)]


@cache
def _normalised(n: int, size: int, kernel: Callable[[Fraction], Fraction]) -> Weights:
    """The kernel at the distance of each pixel, widened where pixels become fewer; its part outside is left out, and the sum is one."""
    width = max(Fraction(n, size), Fraction(1))
    rows = [[kernel((place - j) / width) for j in range(n)] for place in _places(n, size)]
    return [[w / total for w in row] for row, total in ((row, sum(row)) for row in rows)]


@cache
def _replicated(n: int, size: int, kernel: Callable[[Fraction], Fraction]) -> Weights:
    """The kernel at each pixel, the border repeated outside."""
    rows = []
    for place in _places(n, size):
        row = [Fraction(0)] * n
        for j in range(math.floor(place) - 1, math.floor(place) + 3):
            row[min(max(j, 0), n - 1)] += kernel(place - j)
        rows.append(row)
    return rows


def _applied(m: Arithmetic[N], weights: Weights, x: Vector[N]) -> Vector[N]:
    return [m.sum([v * w for w, v in zip(row, x, strict=True) if w]) for row in weights]


def _applied_twice(m: Arithmetic[N], weights: Callable[[int], Weights], x: Matrix[N]) -> Matrix[N]:
    """To the rows, then to the columns; weights: of so many inputs."""
    rows = [_applied(m, weights(len(row)), row) for row in x]
    columns = [_applied(m, weights(len(x)), list(column)) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


@define("upsample_linear")
def upsample_linear(m: Arithmetic[N], x: Vector[N], align_corners: bool = False) -> Vector[N]:
    """Twice as many numbers by linear interpolation between the centres of pixels, constant beyond the outer ones; with align_corners
    between the first and the last; torch.nn.Upsample."""
    n = len(x)
    if not align_corners:
        return _applied(m, _normalised(n, 2 * n, _triangle), x)
    places = [Fraction(i * (n - 1), 2 * n - 1) for i in range(2 * n)]
    return _applied(m, [[_triangle(place - j) for j in range(n)] for place in places], x)


@define("upsample_bilinear")
def upsample_bilinear(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """upsample_linear of rows, then of columns; torch.nn.Upsample, "bilinear"."""
    return _applied_twice(m, lambda n: _normalised(n, 2 * n, _triangle), x)


@define("upsample_bicubic")
def upsample_bicubic(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """Twice as many rows and columns by cubic convolution with a = -3/4, the border repeated; torch.nn.Upsample, "bicubic"."""
    return _applied_twice(m, lambda n: _replicated(n, 2 * n, _cubic(Fraction(-3, 4))), x)


@define("resize_cubic")
def resize_cubic(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Twice as many numbers by cubic convolution with a = -1/2, weights inside normalised; Keys, 1981; jax.image.resize."""
    return _applied(m, _normalised(len(x), 2 * len(x), _cubic(-HALF)), x)


def _fewer_rows(m: Arithmetic[N], x: Matrix[N], kernel: Callable[[Fraction], Fraction]) -> Matrix[N]:
    """Three rows."""
    columns = [_applied(m, _normalised(len(x), 3, kernel), list(column)) for column in zip(*x, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


@define("downsample_linear")
def downsample_linear(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """Three rows, each a mean of those under a triangle as wide as two steps of the new grid; jax.image.resize, "linear"."""
    return _fewer_rows(m, x, _triangle)


@define("downsample_cubic")
def downsample_cubic(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """Three rows by the cubic kernel with a = -1/2, widened to the new grid; jax.image.resize, "cubic"."""
    return _fewer_rows(m, x, _cubic(-HALF))


@define("resize_lanczos3")
def resize_lanczos3(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Twice as many numbers with the kernel sinc(t) sinc(t / 3), |t| < 3, weights inside normalised; jax.image.resize, "lanczos3"."""
    n, out = len(x), []
    pi = m.const("pi")
    for place in _places(n, 2 * n):
        near = [(j, place - j) for j in range(n) if abs(place - j) < 3]
        weights = [m.sinpi(m.num(t)) * m.sinpi(m.num(t / 3)) * 3 / (m.square(pi) * t * t) for _, t in near]
        out.append(m.sum([w * x[j] for w, (j, _) in zip(weights, near, strict=True)]) / m.sum(weights))
    return out


def _hat(m: Arithmetic[N], distance: N) -> N:
    """max(0, 1 - |t|): the weight of linear interpolation."""
    return m.max([m.num(0), 1 - m.abs(distance)])


def _bilinear(m: Arithmetic[N], x: Matrix[N], row: N, column: N) -> N:
    """Bilinear interpolation at (row, column), zeros outside."""
    down = [_hat(m, row - i) for i in range(len(x))]
    across = [_hat(m, column - j) for j in range(len(x[0]))]
    return m.sum([down[i] * across[j] * x[i][j] for i in range(len(x)) for j in range(len(x[0]))])


def _clamped(m: Arithmetic[N], value: N, n: int) -> N:
    return m.max([m.num(0), m.min([value, m.num(n - 1)])])


@define("map_coordinates")
def map_coordinates(m: Arithmetic[N], x: Matrix[N], c: Matrix[N]) -> Vector[N]:
    """Bilinear interpolation at rows c_0 and columns c_1, the border repeated outside; scipy.ndimage.map_coordinates, order 1, "nearest"."""
    rows, columns = len(x), len(x[0])
    return [_bilinear(m, x, _clamped(m, r, rows), _clamped(m, s, columns)) for r, s in zip(c[0], c[1], strict=True)]


@define("grid_sample")
def grid_sample(m: Arithmetic[N], x: Matrix[N], grid: Matrix[N], align_corners: bool = False) -> Vector[N]:
    """Bilinear interpolation, zeros outside, at (column, row), where -1 and 1 are the edges of the image, with align_corners
    the centres of its outer pixels; torch.nn.functional.grid_sample."""

    def place(value: N, n: int) -> N:
        return (value + 1) * Fraction(n - 1, 2) if align_corners else ((value + 1) * n - 1) / 2

    return [_bilinear(m, x, place(v, len(x)), place(u, len(x[0]))) for u, v in grid]


@define("affine_grid")
def affine_grid(m: Arithmetic[N], theta: Matrix[N]) -> Vector[N]:
    """theta (u, v, 1) at the centres (u, v) of the pixels of a 2 x 3 image in [-1, 1]^2, row by row; torch.nn.functional.affine_grid."""
    centres = [(Fraction(2 * j + 1, 3) - 1, Fraction(2 * i + 1, 2) - 1) for i in range(2) for j in range(3)]
    return [m.sum([row[0] * u, row[1] * v, row[2]]) for u, v in centres for row in theta]


# -- polynomials ------------------------------------------------------------------------------------------------------


@define("polyval")
def polyval(m: Arithmetic[N], p: Vector[N], x: N) -> N:
    """sum p_i x^(n - 1 - i); numpy.polyval."""
    power, terms = m.num(1), []
    for c in reversed(p):
        terms.append(c * power)
        power = power * x
    return m.sum(terms)


@define("polyder")
def polyder(m: Arithmetic[N], p: Vector[N]) -> Vector[N]:
    """The coefficients of the derivative, highest power first; numpy.polyder."""
    return [c * (len(p) - 1 - i) for i, c in enumerate(p[:-1])]


@define("polyint")
def polyint(m: Arithmetic[N], p: Vector[N]) -> Vector[N]:
    """The coefficients of the integral from 0; numpy.polyint."""
    return [*(c / (len(p) - i) for i, c in enumerate(p)), m.num(0)]


@define("polymul")
def polymul(m: Arithmetic[N], p: Vector[N], q: Vector[N]) -> Vector[N]:
    """The coefficients of the product; numpy.polymul."""
    return [m.sum([p[i] * q[k - i] for i in range(len(p)) if 0 <= k - i < len(q)]) for k in range(len(p) + len(q) - 1)]


@define("poly")
def poly(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The coefficients of prod (t - x_i), highest power first; numpy.poly."""
    coefficients: Vector[N] = [m.num(1)]
    for root in x:
        lower = [root * c for c in coefficients]
        coefficients = [coefficients[0], *(a - b for a, b in zip(coefficients[1:], lower, strict=False)), -lower[-1]]
    return coefficients
