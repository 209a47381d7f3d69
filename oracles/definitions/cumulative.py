"""Scans of a vector, differences and rules of quadrature, sums by segments."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define


def _heads(x: Vector[N], reverse: bool, exclusive: bool, scan: Callable[[Vector[N]], N]) -> Vector[N]:
    """scan of the first i + 1 numbers (exclusive: of the first i) for each place i; reverse: from the end."""
    row = x[::-1] if reverse else x
    out = [scan(row[: i + (not exclusive)]) for i in range(len(row))]
    return out[::-1] if reverse else out


def _product(m: Arithmetic[N], items: Vector[N]) -> N:
    product = m.num(1)
    for v in items:
        product = product * v
    return product


@define("cumsum")
def cumsum(m: Arithmetic[N], x: Vector[N], reverse: bool = False, exclusive: bool = False) -> Vector[N]:
    """The running sums; tf.math.cumsum."""
    total, out = m.num(0), []
    for v in x[::-1] if reverse else x:
        before, total = total, total + v
        out.append(before if exclusive else total)
    return out[::-1] if reverse else out


@define("cumprod")
def cumprod(m: Arithmetic[N], x: Vector[N], reverse: bool = False, exclusive: bool = False) -> Vector[N]:
    """The running products; tf.math.cumprod."""
    return _heads(x, reverse, exclusive, lambda head: _product(m, head))


@define("cummax")
def cummax(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    return _heads(x, False, False, m.max)


@define("cummin")
def cummin(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    return _heads(x, False, False, m.min)


@define("logcumsumexp")
def logcumsumexp(m: Arithmetic[N], x: Vector[N], reverse: bool = False) -> Vector[N]:
    """log of the running sums of e^x_i; tf.math.cumulative_logsumexp."""
    return [m.log(s) for s in cumsum(m, [m.exp(v) for v in x], reverse)]


@define("diff")
def diff(m: Arithmetic[N], x: Vector[N], times: int = 1) -> Vector[N]:
    """Differences of neighbours, `times` times; numpy.diff."""
    row = x
    for _ in range(times):
        row = [b - a for a, b in itertools.pairwise(row)]
    return row


def _trapezoids(y: Vector[N], widths: Vector[N]) -> Vector[N]:
    return [(a + b) * w / 2 for a, b, w in zip(y, y[1:], widths, strict=False)]


@define("trapezoid")
def trapezoid(m: Arithmetic[N], y: Vector[N], x: Vector[N]) -> N:
    """sum (x_(i+1) - x_i)(y_i + y_(i+1))/2; DLMF 3.5.1."""
    return m.sum(_trapezoids(y, diff(m, x)))


@define("cumulative_trapezoid")
def cumulative_trapezoid(m: Arithmetic[N], y: Vector[N], x: Vector[N]) -> Vector[N]:
    """The running sums of the trapezoidal rule; torch.cumulative_trapezoid."""
    result: Vector[N] = cumsum(m, _trapezoids(y, diff(m, x)))
    return result


@define("trapezoid_uniform")
def trapezoid_uniform(m: Arithmetic[N], y: Vector[N], dx: float = 1.0) -> N:
    """The trapezoidal rule at a constant step; DLMF 3.5.2."""
    return m.sum(_trapezoids(y, [m.num(dx)] * (len(y) - 1)))


@define("gradient")
def gradient(m: Arithmetic[N], x: Vector[N], spacing: float = 1.0) -> Vector[N]:
    """Central differences, one-sided at both ends; numpy.gradient."""
    h = m.num(spacing)
    inner = [(b - a) / (2 * h) for a, b in zip(x, x[2:], strict=False)]
    return [(x[1] - x[0]) / h, *inner, (x[-1] - x[-2]) / h]


def _members(m: Arithmetic[N], x: Vector[N], index: Vector[N], segment: int, neutral: N) -> Vector[N]:
    """x_i where index_i is the segment, elsewhere the neutral number; by |index_i - segment| < 1/2, which no index makes isolated."""
    half = m.num(Fraction(1, 2))
    return [m.where(m.lt(m.abs(k - segment), half), lambda v=v: v, lambda: neutral) for v, k in zip(x, index, strict=True)]  # type: ignore[misc]


def _count(m: Arithmetic[N], index: Vector[N], segment: int) -> N:
    return m.sum(_members(m, [m.num(1)] * len(index), index, segment, m.num(0)))


@define("scatter_add")
def scatter_add(m: Arithmetic[N], c: Vector[N], x: Vector[N], index: Vector[N]) -> Vector[N]:
    """c_k plus all x_i whose index is k; torch.Tensor.scatter_add."""
    return [m.sum([start, *_members(m, x, index, k, m.num(0))]) for k, start in enumerate(c)]


@define("scatter_prod")
def scatter_prod(m: Arithmetic[N], c: Vector[N], x: Vector[N], index: Vector[N]) -> Vector[N]:
    return [_product(m, [start, *_members(m, x, index, k, m.num(1))]) for k, start in enumerate(c)]


def _folded(m: Arithmetic[N], c: Vector[N], x: Vector[N], index: Vector[N], join: Callable[[Vector[N]], N]) -> Vector[N]:
    half, out = m.num(Fraction(1, 2)), []
    for segment, result in enumerate(c):
        for v, k in zip(x, index, strict=True):
            inside = m.lt(m.abs(k - segment), half)
            result = m.where(inside, lambda r=result, v=v: join([r, v]), lambda r=result: r)  # type: ignore[misc]
        out.append(result)
    return out


@define("scatter_max")
def scatter_max(m: Arithmetic[N], c: Vector[N], x: Vector[N], index: Vector[N]) -> Vector[N]:
    """The largest of c_k and all x_i whose index is k; torch.Tensor.scatter_reduce."""
    return _folded(m, c, x, index, m.max)


@define("scatter_min")
def scatter_min(m: Arithmetic[N], c: Vector[N], x: Vector[N], index: Vector[N]) -> Vector[N]:
    return _folded(m, c, x, index, m.min)


@define("segment_sum")
def segment_sum(m: Arithmetic[N], x: Vector[N], index: Vector[N], segments: int = 3) -> Vector[N]:
    """The sum of all x_i whose index is k, for each k; tf.math.unsorted_segment_sum."""
    result: Vector[N] = scatter_add(m, [m.num(0)] * segments, x, index)
    return result


@define("segment_prod")
def segment_prod(m: Arithmetic[N], x: Vector[N], index: Vector[N], segments: int = 3) -> Vector[N]:
    result: Vector[N] = scatter_prod(m, [m.num(1)] * segments, x, index)
    return result


@define("segment_mean")
def segment_mean(m: Arithmetic[N], x: Vector[N], index: Vector[N], segments: int = 3) -> Vector[N]:
    """segment_sum over the number of members, 0 where there is none; tf.math.unsorted_segment_mean."""
    return [s / m.max([_count(m, index, k), m.num(1)]) for k, s in enumerate(segment_sum(m, x, index, segments))]


@define("segment_sqrt_n")
def segment_sqrt_n(m: Arithmetic[N], x: Vector[N], index: Vector[N], segments: int = 3) -> Vector[N]:
    """segment_sum over the root of the number of members; tf.math.unsorted_segment_sqrt_n."""
    return [s / m.sqrt(m.max([_count(m, index, k), m.num(1)])) for k, s in enumerate(segment_sum(m, x, index, segments))]
