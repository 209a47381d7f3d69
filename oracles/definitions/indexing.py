"""Comparing, ordering and counting: sorted values, ranks, places among boundaries, histograms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Truth, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.comparisons import equal, less_equal

HALF = Fraction(1, 2)


def one_if(m: Arithmetic[N], cond: Truth) -> N:
    return m.where(cond, lambda: m.num(1), lambda: m.num(0))


def one_unless(m: Arithmetic[N], cond: Truth) -> N:
    return m.where(cond, lambda: m.num(0), lambda: m.num(1))


def descending(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The numbers from the largest to the least, by exchanges of neighbours."""
    ranked = list(x)
    for end in range(len(ranked) - 1, 0, -1):
        for i in range(end):
            ranked[i], ranked[i + 1] = m.max([ranked[i], ranked[i + 1]]), m.min([ranked[i], ranked[i + 1]])
    return ranked


@define("isclose")
def isclose(m: Arithmetic[N], x: N, y: N, rtol: float = 0.125, atol: float = 0.25) -> N:
    """1 for |x - y| <= atol + rtol |y|, else 0; numpy.isclose."""
    return less_equal(m, m.abs(x - y), m.num(atol) + m.num(rtol) * m.abs(y))


@define("sort")
def sort(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The numbers in ascending order; numpy.sort."""
    return descending(m, x)[::-1]


@define("sort_descending")
def sort_descending(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The numbers in descending order; torch.sort."""
    return descending(m, x)


@define("top_k")
def top_k(m: Arithmetic[N], x: Vector[N], k: int = 2) -> Vector[N]:
    """The k largest numbers, in descending order; tf.math.top_k."""
    return descending(m, x)[:k]


@define("kth_smallest")
def kth_smallest(m: Arithmetic[N], x: Vector[N], k: int = 2) -> N:
    """The k-th number in ascending order; torch.kthvalue."""
    return descending(m, x)[-k]


def _argsorted(m: Arithmetic[N], x: Vector[N], before: Callable[[int, int], Truth]) -> Vector[N]:
    """Where the numbers of the order come from; of equals the first comes first. before(i, j): whether x_i < x_j in that order."""
    n = len(x)
    ranks = [
        m.sum([m.num(0), *(one_if(m, before(j, i)) for j in range(n)), *(_tied(m, x[i], x[j]) for j in range(i))])
        for i in range(n)
    ]
    return [
        m.sum(
            [
                m.where(m.lt(m.abs(rank - place), m.num(HALF)), lambda i=i: m.num(i), lambda: m.num(0))  # type: ignore[misc]
                for i, rank in enumerate(ranks)
            ]
        )
        for place in range(n)
    ]


def _tied(m: Arithmetic[N], a: N, b: N) -> N:
    return equal(m, a, b)


@define("argsort")
def argsort(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The indices that sort x, equal numbers in their order; numpy.argsort, kind "stable"."""
    return _argsorted(m, x, lambda i, j: m.lt(x[i], x[j]))


@define("argsort_descending")
def argsort_descending(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The indices that sort x downwards, equal numbers in their order; torch.argsort, descending and stable."""
    return _argsorted(m, x, lambda i, j: m.lt(x[j], x[i]))


@define("top_k_indices")
def top_k_indices(m: Arithmetic[N], x: Vector[N], k: int = 2) -> Vector[N]:
    """The indices of the k largest, of equals the lower one first; tf.math.top_k, jax.lax.top_k."""
    order: Vector[N] = argsort_descending(m, x)
    return order[:k]


@define("argmax")
def argmax(m: Arithmetic[N], x: Vector[N]) -> N:
    """The first index of the largest number; numpy.argmax."""
    best, place = x[0], m.num(0)
    for i, v in enumerate(x[1:], start=1):
        larger = m.lt(best, v)
        place = m.where(larger, lambda i=i: m.num(i), lambda p=place: p)  # type: ignore[misc]
        best = m.max([best, v])
    return place


@define("argmin")
def argmin(m: Arithmetic[N], x: Vector[N]) -> N:
    """The first index of the least number; numpy.argmin."""
    return argmax(m, [-v for v in x])


@define("searchsorted")
def searchsorted(m: Arithmetic[N], b: Vector[N], x: N, side: str = "left") -> N:
    """How many boundaries lie below x, with side "right" also those equal to it; numpy.searchsorted."""
    return m.sum([one_if(m, m.lt(v, x)) if side == "left" else one_unless(m, m.lt(x, v)) for v in b])


@define("histogram")
def histogram(m: Arithmetic[N], x: Vector[N], bins: int = 4, low: float = -1.0, high: float = 1.0) -> Vector[N]:
    """How many numbers lie in each of `bins` equal parts of [low, high], the last one closed; numpy.histogram."""
    edges = [Fraction(low) + (Fraction(high) - Fraction(low)) * i / bins for i in range(bins + 1)]
    counts = []
    for i in range(bins):
        left, right = m.num(edges[i]), m.num(edges[i + 1])

        def inside(v: N, i: int = i, left: N = left, right: N = right) -> N:
            return one_unless(m, m.lt(right, v)) if i == bins - 1 else one_if(m, m.lt(v, right))

        counts.append(m.sum([m.where(m.lt(v, left), lambda: m.num(0), lambda v=v, f=inside: f(v)) for v in x]))  # type: ignore[misc]
    return counts


@define("histogram_fixed_width")
def histogram_fixed_width(m: Arithmetic[N], x: Vector[N], low: float = -1.0, high: float = 1.0, bins: int = 4) -> Vector[N]:
    """As histogram, but what lies outside counts in the first or the last part; tf.histogram_fixed_width."""
    edges = [Fraction(low) + (Fraction(high) - Fraction(low)) * i / bins for i in range(1, bins)]
    above = [m.sum([one_unless(m, m.lt(v, m.num(edge))) for v in x]) for edge in edges]
    borders = [m.num(len(x)), *above, m.num(0)]
    return [a - b for a, b in pairwise(borders)]


@define("bincount")
def bincount(m: Arithmetic[N], x: Vector[N], length: int = 8) -> Vector[N]:
    """How often each of 0, 1, ..., length - 1 occurs; numpy.bincount."""
    return [m.sum([one_if(m, m.lt(m.abs(v - k), m.num(HALF))) for v in x]) for k in range(length)]


@define("weighted_bincount")
def weighted_bincount(m: Arithmetic[N], x: Vector[N], w: Vector[N], length: int = 4) -> Vector[N]:
    """The sum of the weights of each of 0, 1, ..., length - 1; numpy.bincount with weights."""
    return [
        m.sum([m.where(m.lt(m.abs(v - k), m.num(HALF)), lambda u=u: u, lambda: m.num(0)) for v, u in zip(x, w, strict=True)])  # type: ignore[misc]
        for k in range(length)
    ]


@define("one_hot")
def one_hot(m: Arithmetic[N], x: N, depth: int = 5) -> Vector[N]:
    """1 at place x, 0 elsewhere; tf.one_hot."""
    return [one_if(m, m.lt(m.abs(x - k), m.num(HALF))) for k in range(depth)]


@define("in_top_k")
def in_top_k(m: Arithmetic[N], x: Vector[N], y: N, k: int = 2) -> N:
    """1 where fewer than k numbers exceed x_y, else 0: ties at the border are in; tf.math.in_top_k."""
    chosen = m.sum([m.where(m.lt(m.abs(y - i), m.num(HALF)), lambda v=v: v, lambda: m.num(0)) for i, v in enumerate(x)])  # type: ignore[misc]
    return one_if(m, m.lt(m.sum([one_if(m, m.lt(chosen, v)) for v in x]), m.num(k - HALF)))
