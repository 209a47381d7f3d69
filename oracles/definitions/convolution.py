"""Convolution and pooling: sums, means and maxima over windows that slide along the last axes.

A convolution of frameworks is a correlation: the kernel is not reversed (torch.nn.Conv1d); `convolve` reverses it (numpy.convolve).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeVar

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import norm

T = TypeVar("T")


def _windows(x: Vector[N], size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[Vector[N]]:
    """The elements under each place of a window, None where it sticks out."""
    reach = dilation * (size - 1)
    starts = range(-padding, len(x) + padding - reach, stride)
    return [[x[i] if 0 <= i < len(x) else None for i in range(s, s + reach + 1, dilation)] for s in starts]  # type: ignore[misc]


def _windows_2d(x: Matrix[N], size: int, stride: int = 1) -> list[list[Vector[N]]]:
    """The elements under each place of a square window, in C order."""
    rows, columns = (range(0, n - size + 1, stride) for n in (len(x), len(x[0])))
    return [[[x[i + a][j + b] for a in range(size) for b in range(size)] for j in columns] for i in rows]


def _products(m: Arithmetic[N], weights: Sequence[N], elements: Sequence[N]) -> N:
    terms = [w * v for w, v in zip(weights, elements, strict=True) if v is not None]
    return m.sum(terms) if terms else m.num(0)


@define("conv1d")
def conv1d(m: Arithmetic[N], x: Vector[N], w: Vector[N], stride: int = 1) -> Vector[N]:
    """y_i = sum_j w_j x_(i s + j); torch.nn.Conv1d."""
    return [_products(m, w, part) for part in _windows(x, len(w), stride)]


@define("conv1d_dilated")
def conv1d_dilated(m: Arithmetic[N], x: Vector[N], w: Vector[N], dilation: int = 1) -> Vector[N]:
    """y_i = sum_j w_j x_(i + d (j - 1)), zeros outside x, kernels of three: as many outputs as inputs; torch.nn.Conv1d."""
    return [_products(m, w, part) for part in _windows(x, len(w), padding=dilation, dilation=dilation)]


@define("conv1d_channels")
def conv1d_channels(m: Arithmetic[N], x: Matrix[N], w: list[Matrix[N]], b: Vector[N]) -> Matrix[N]:
    """y_oi = b_o + sum_c sum_j w_ocj x_c(i + j); torch.nn.Conv1d."""
    size = len(w[0][0])
    places = range(len(x[0]) - size + 1)
    return [
        [m.sum([bias, *(kernel[c][j] * row[i + j] for c, row in enumerate(x) for j in range(size))]) for i in places]
        for kernel, bias in zip(w, b, strict=True)
    ]


@define("conv2d_channels")
def conv2d_channels(m: Arithmetic[N], x: list[Matrix[N]], w: list[list[Matrix[N]]], b: Vector[N]) -> list[Matrix[N]]:
    """y_oij = b_o + sum_c sum_ad w_ocad x_c(i + a)(j + d); torch.nn.Conv2d."""
    high, wide = len(w[0][0]), len(w[0][0][0])
    places = [[(i, j) for j in range(len(x[0][0]) - wide + 1)] for i in range(len(x[0]) - high + 1)]
    inner = list(itertools.product(range(len(x)), range(high), range(wide)))
    return [
        [[m.sum([bias, *(kernel[c][a][d] * x[c][i + a][j + d] for c, a, d in inner)]) for i, j in line] for line in places]
        for kernel, bias in zip(w, b, strict=True)
    ]


@define("conv2d")
def conv2d(m: Arithmetic[N], x: Matrix[N], w: Matrix[N], stride: int = 1) -> Matrix[N]:
    """y_ij = sum_ab w_ab x_(i s + a)(j s + b); torch.nn.Conv2d."""
    flat = [v for row in w for v in row]
    return [[_products(m, flat, part) for part in row] for row in _windows_2d(x, len(w), stride)]


@define("conv3d")
def conv3d(m: Arithmetic[N], x: list[Matrix[N]], w: list[Matrix[N]]) -> list[Matrix[N]]:
    """y_ijk = sum_abc w_abc x_(i + a)(j + b)(k + c); torch.nn.Conv3d."""
    inner = list(itertools.product(range(len(w)), repeat=3))
    deep, high, wide = (range(size - len(w) + 1) for size in (len(x), len(x[0]), len(x[0][0])))
    return [[[m.sum([w[a][b][c] * x[i + a][j + b][k + c] for a, b, c in inner]) for k in wide] for j in high] for i in deep]


@define("conv_transpose1d")
def conv_transpose1d(m: Arithmetic[N], x: Vector[N], w: Vector[N], stride: int = 1) -> Vector[N]:
    """y_k = sum of w_j x_i over i s + j = k: the transpose of conv1d; torch.nn.ConvTranspose1d."""
    size = (len(x) - 1) * stride + len(w)
    terms: list[Vector[N]] = [[] for _ in range(size)]
    for i, v in enumerate(x):
        for j, weight in enumerate(w):
            terms[i * stride + j].append(weight * v)
    return [m.sum(t) if t else m.num(0) for t in terms]


@define("conv_transpose2d")
def conv_transpose2d(m: Arithmetic[N], x: Matrix[N], w: Matrix[N], stride: int = 1) -> Matrix[N]:
    """The transpose of conv2d; torch.nn.ConvTranspose2d."""
    high, wide = ((size - 1) * stride + len(w) for size in (len(x), len(x[0])))
    terms: list[list[Vector[N]]] = [[[] for _ in range(wide)] for _ in range(high)]
    for i, j in itertools.product(range(len(x)), range(len(x[0]))):
        for a, b in itertools.product(range(len(w)), repeat=2):
            terms[i * stride + a][j * stride + b].append(w[a][b] * x[i][j])
    return [[m.sum(t) if t else m.num(0) for t in row] for row in terms]


@define("convolve")
def convolve(m: Arithmetic[N], x: Vector[N], w: Vector[N], mode: str = "full") -> Vector[N]:
    """(x * w)_k = sum_i x_i w_(k - i); numpy.convolve, whose "same" keeps max(len x, len w) of them, centred, and "valid" those of
    complete overlap."""
    full: Vector[N] = conv_transpose1d(m, x, w)
    longer, shorter = max(len(x), len(w)), min(len(x), len(w))
    if mode == "valid":
        return full[shorter - 1 : longer]
    start = (shorter - 1) // 2
    return full if mode == "full" else full[start : start + longer]


@define("correlate")
def correlate(m: Arithmetic[N], x: Vector[N], w: Vector[N], mode: str = "full") -> Vector[N]:
    """sum_i x_(i + k) w_i: the convolution with the reversed w; numpy.correlate."""
    result: Vector[N] = convolve(m, x, w[::-1], mode)
    return result


@define("convolve2d")
def convolve2d(m: Arithmetic[N], x: Matrix[N], w: Matrix[N]) -> Matrix[N]:
    """The full convolution in two dimensions; scipy.signal.convolve2d."""
    result: Matrix[N] = conv_transpose2d(m, x, w)
    return result


@define("correlate2d")
def correlate2d(m: Arithmetic[N], x: Matrix[N], w: Matrix[N]) -> Matrix[N]:
    """The full correlation in two dimensions; scipy.signal.correlate2d."""
    result: Matrix[N] = conv_transpose2d(m, x, [row[::-1] for row in w[::-1]])
    return result


def _mean(m: Arithmetic[N], items: Vector[N]) -> N:
    inside = [v for v in items if v is not None]
    return m.sum(inside) / len(inside)


@define("window_sum")
def window_sum(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Sums of three neighbours; jax.lax.reduce_window."""
    return [m.sum(part) for part in _windows(x, 3)]


@define("avg_pool1d")
def avg_pool1d(m: Arithmetic[N], x: Vector[N], stride: int = 3) -> Vector[N]:
    """Means of three neighbours, every `stride`; torch.nn.AvgPool1d."""
    return [_mean(m, part) for part in _windows(x, 3, stride)]


@define("avg_pool1d_same")
def avg_pool1d_same(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Means of each element and its neighbours, of those that exist; torch.nn.AvgPool1d, count_include_pad=False; tf.nn.avg_pool, "SAME"."""
    return [_mean(m, part) for part in _windows(x, 3, padding=1)]


@define("avg_pool2d")
def avg_pool2d(m: Arithmetic[N], x: Matrix[N], stride: int = 2) -> Matrix[N]:
    """Means over 2 x 2 windows; torch.nn.AvgPool2d."""
    return [[_mean(m, part) for part in row] for row in _windows_2d(x, 2, stride)]


@define("max_pool1d")
def max_pool1d(m: Arithmetic[N], x: Vector[N], stride: int = 3) -> Vector[N]:
    """The largest of three neighbours, every `stride`; torch.nn.MaxPool1d."""
    return [m.max(part) for part in _windows(x, 3, stride)]


@define("max_pool1d_same")
def max_pool1d_same(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The largest of each element and its neighbours; torch.nn.MaxPool1d, whose padding is -inf."""
    return [m.max([v for v in part if v is not None]) for part in _windows(x, 3, padding=1)]


@define("max_pool2d")
def max_pool2d(m: Arithmetic[N], x: Matrix[N], stride: int = 2) -> Matrix[N]:
    """The largest in 2 x 2 windows; torch.nn.MaxPool2d."""
    return [[m.max(part) for part in row] for row in _windows_2d(x, 2, stride)]


@define("lp_pool1d")
def lp_pool1d(m: Arithmetic[N], x: Vector[N], p: float = 2.0) -> Vector[N]:
    """(sum x^p)^(1/p) over windows of three; torch.nn.LPPool1d."""
    return [_power_sum(m, part, p) for part in _windows(x, 3)]


@define("lp_pool2d")
def lp_pool2d(m: Arithmetic[N], x: Matrix[N], p: float = 2.0) -> Matrix[N]:
    """(sum x^p)^(1/p) over 2 x 2 windows; torch.nn.LPPool2d."""
    return [[_power_sum(m, part, p) for part in row] for row in _windows_2d(x, 2)]


def _power_sum(m: Arithmetic[N], items: Vector[N], p: float) -> N:
    """(sum x^p)^(1/p); the sum itself for p = 1."""
    return m.sum(items) if p == 1 else norm(m, items, ord=p)


def _adaptive(x: list[T], size: int) -> list[list[T]]:
    """`size` windows over x: from floor(i n / size) to ceil((i + 1) n / size); torch.nn.AdaptiveAvgPool1d."""
    n = len(x)
    return [x[i * n // size : -(-(i + 1) * n // size)] for i in range(size)]


@define("adaptive_avg_pool1d")
def adaptive_avg_pool1d(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Means over three windows that cover x; torch.nn.AdaptiveAvgPool1d."""
    return [_mean(m, part) for part in _adaptive(x, 3)]


@define("adaptive_max_pool1d")
def adaptive_max_pool1d(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The largest in three windows that cover x; torch.nn.AdaptiveMaxPool1d."""
    return [m.max(part) for part in _adaptive(x, 3)]


@define("adaptive_avg_pool2d")
def adaptive_avg_pool2d(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """Means over 2 x 2 blocks that cover x; torch.nn.AdaptiveAvgPool2d."""
    return [
        [_mean(m, [v for part in parts for v in part]) for parts in zip(*(_adaptive(row, 2) for row in rows), strict=True)]
        for rows in _adaptive(x, 2)
    ]


@define("dilation2d")
def dilation2d(m: Arithmetic[N], x: Matrix[N], w: Matrix[N]) -> Matrix[N]:
    """y_ij = max_ab (x_(i + a)(j + b) + w_ab): grey-scale dilation; tf.nn.dilation2d."""
    flat = [v for row in w for v in row]
    return [[m.max([v + b for v, b in zip(part, flat, strict=True)]) for part in row] for row in _windows_2d(x, len(w))]


@define("erosion2d")
def erosion2d(m: Arithmetic[N], x: Matrix[N], w: Matrix[N]) -> Matrix[N]:
    """y_ij = min_ab (x_(i + a)(j + b) - w_(k - a)(k - b)), k the last index of w: grey-scale erosion by the reflected kernel;
    tf.nn.erosion2d."""
    flat = [v for row in reversed(w) for v in reversed(row)]
    return [[m.min([v - b for v, b in zip(part, flat, strict=True)]) for part in row] for row in _windows_2d(x, len(w))]
