"""Scans of a vector, differences and rules of quadrature, sums by segments."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from oracles.definitions import define

Number = Any
Vector = list[Any]


def _heads(x: Vector, reverse: bool, exclusive: bool, scan: Callable[[Vector], Number]) -> Vector:
    """scan of the first i + 1 numbers (exclusive: of the first i) for each place i; reverse: from the end."""
    row = x[::-1] if reverse else x
    out = [scan(row[: i + (not exclusive)]) for i in range(len(row))]
    return out[::-1] if reverse else out


def _product(m: Any, items: Vector) -> Number:
    product = m.num(1)
    for v in items:
        product = product * v
    return product


@define("cumsum")
def cumsum(m: Any, x: Vector, reverse: bool = False, exclusive: bool = False) -> Vector:
    """The running sums; tf.math.cumsum."""
    total, out = m.num(0), []
    for v in x[::-1] if reverse else x:
        before, total = total, total + v
        out.append(before if exclusive else total)
    return out[::-1] if reverse else out


@define("cumprod")
def cumprod(m: Any, x: Vector, reverse: bool = False, exclusive: bool = False) -> Vector:
    """The running products; tf.math.cumprod."""
    return _heads(x, reverse, exclusive, lambda head: _product(m, head))


@define("cummax")
def cummax(m: Any, x: Vector) -> Vector:
    return _heads(x, False, False, m.max)


@define("cummin")
def cummin(m: Any, x: Vector) -> Vector:
    return _heads(x, False, False, m.min)


@define("logcumsumexp")
def logcumsumexp(m: Any, x: Vector, reverse: bool = False) -> Vector:
    """log of the running sums of e^x_i; tf.math.cumulative_logsumexp."""
    return [m.log(s) for s in cumsum(m, [m.exp(v) for v in x], reverse)]


@define("diff")
def diff(m: Any, x: Vector, times: int = 1) -> Vector:
    """Differences of neighbours, `times` times; numpy.diff."""
    row = x
    for _ in range(times):
        row = [b - a for a, b in itertools.pairwise(row)]
    return row


def _trapezoids(y: Vector, widths: Vector) -> Vector:
    return [(a + b) * w / 2 for a, b, w in zip(y, y[1:], widths, strict=False)]


@define("trapezoid")
def trapezoid(m: Any, y: Vector, x: Vector) -> Number:
    """sum (x_(i+1) - x_i)(y_i + y_(i+1))/2; DLMF 3.5.1."""
    return m.sum(_trapezoids(y, diff(m, x)))


@define("cumulative_trapezoid")
def cumulative_trapezoid(m: Any, y: Vector, x: Vector) -> Vector:
    """The running sums of the trapezoidal rule; torch.cumulative_trapezoid."""
    result: Vector = cumsum(m, _trapezoids(y, diff(m, x)))
    return result


@define("trapezoid_uniform")
def trapezoid_uniform(m: Any, y: Vector, dx: float = 1.0) -> Number:
    """The trapezoidal rule at a constant step; DLMF 3.5.2."""
    return m.sum(_trapezoids(y, [m.num(dx)] * (len(y) - 1)))


@define("gradient")
def gradient(m: Any, x: Vector, spacing: float = 1.0) -> Vector:
    """Central differences, one-sided at both ends; numpy.gradient."""
    h = m.num(spacing)
    inner = [(b - a) / (2 * h) for a, b in zip(x, x[2:], strict=False)]
    return [(x[1] - x[0]) / h, *inner, (x[-1] - x[-2]) / h]


def _members(m: Any, x: Vector, index: Vector, segment: int, neutral: Number) -> Vector:
    """x_i where index_i is the segment, elsewhere the neutral number; by |index_i - segment| < 1/2, which no index makes isolated."""
    half = m.num(Fraction(1, 2))
    return [m.where(m.lt(m.abs(k - segment), half), lambda v=v: v, lambda: neutral) for v, k in zip(x, index, strict=True)]


def _count(m: Any, index: Vector, segment: int) -> Number:
    return m.sum(_members(m, [m.num(1)] * len(index), index, segment, m.num(0)))


@define("scatter_add")
def scatter_add(m: Any, c: Vector, x: Vector, index: Vector) -> Vector:
    """c_k plus all x_i whose index is k; torch.Tensor.scatter_add."""
    return [m.sum([start, *_members(m, x, index, k, m.num(0))]) for k, start in enumerate(c)]


@define("scatter_prod")
def scatter_prod(m: Any, c: Vector, x: Vector, index: Vector) -> Vector:
    return [_product(m, [start, *_members(m, x, index, k, m.num(1))]) for k, start in enumerate(c)]


def _folded(m: Any, c: Vector, x: Vector, index: Vector, join: Callable[[Vector], Number]) -> Vector:
    half, out = m.num(Fraction(1, 2)), []
    for segment, result in enumerate(c):
        for v, k in zip(x, index, strict=True):
            inside = m.lt(m.abs(k - segment), half)
            result = m.where(inside, lambda r=result, v=v: join([r, v]), lambda r=result: r)
        out.append(result)
    return out


@define("scatter_max")
def scatter_max(m: Any, c: Vector, x: Vector, index: Vector) -> Vector:
    """The largest of c_k and all x_i whose index is k; torch.Tensor.scatter_reduce."""
    return _folded(m, c, x, index, m.max)


@define("scatter_min")
def scatter_min(m: Any, c: Vector, x: Vector, index: Vector) -> Vector:
    return _folded(m, c, x, index, m.min)


@define("segment_sum")
def segment_sum(m: Any, x: Vector, index: Vector, segments: int = 3) -> Vector:
    """The sum of all x_i whose index is k, for each k; tf.math.unsorted_segment_sum."""
    result: Vector = scatter_add(m, [m.num(0)] * segments, x, index)
    return result


@define("segment_prod")
def segment_prod(m: Any, x: Vector, index: Vector, segments: int = 3) -> Vector:
    result: Vector = scatter_prod(m, [m.num(1)] * segments, x, index)
    return result


@define("segment_mean")
def segment_mean(m: Any, x: Vector, index: Vector, segments: int = 3) -> Vector:
    """segment_sum over the number of members, 0 where there is none; tf.math.unsorted_segment_mean."""
    return [s / m.max([_count(m, index, k), m.num(1)]) for k, s in enumerate(segment_sum(m, x, index, segments))]


@define("segment_sqrt_n")
def segment_sqrt_n(m: Any, x: Vector, index: Vector, segments: int = 3) -> Vector:
    """segment_sum over the root of the number of members; tf.math.unsorted_segment_sqrt_n."""
    return [s / m.sqrt(m.max([_count(m, index, k), m.num(1)])) for k, s in enumerate(segment_sum(m, x, index, segments))]
