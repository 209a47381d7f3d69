"""Attention: a softmax of inner products that weighs vectors, and softmax over a part of a vector."""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.vectors import dot

HALF = Fraction(1, 2)


def _weighted(m: Arithmetic[N], weights: Vector[N], v: Matrix[N]) -> Vector[N]:
    return [m.sum([w * row[j] for w, row in zip(weights, v, strict=True)]) for j in range(len(v[0]))]


def _scores(m: Arithmetic[N], q: Matrix[N], k: Matrix[N]) -> Matrix[N]:
    """q k^T / sqrt(d)."""
    root = m.sqrt(m.num(len(q[0])))
    return [[dot(m, a, b) / root for b in k] for a in q]


@define("attention")
def attention(m: Arithmetic[N], q: Matrix[N], k: Matrix[N], v: Matrix[N]) -> Matrix[N]:
    """softmax(q k^T / sqrt(d)) v; Vaswani et al., 2017, eq. 1."""
    return [_weighted(m, m.softmax(row), v) for row in _scores(m, q, k)]


@define("attention_scaled")
def attention_scaled(m: Arithmetic[N], q: Matrix[N], k: Matrix[N], v: Matrix[N], scale: float = 1.0) -> Matrix[N]:
    """softmax(scale q k^T) v; torch.nn.functional.scaled_dot_product_attention."""
    return [_weighted(m, m.softmax([dot(m, a, b) * m.num(scale) for b in k]), v) for a in q]


@define("attention_causal")
def attention_causal(m: Arithmetic[N], q: Matrix[N], k: Matrix[N], v: Matrix[N]) -> Matrix[N]:
    """Attention in which query i sees keys 0 to i only; torch.nn.functional.scaled_dot_product_attention, is_causal."""
    return [_weighted(m, m.softmax(row[: i + 1]), v[: i + 1]) for i, row in enumerate(_scores(m, q, k))]


@define("attention_biased")
def attention_biased(m: Arithmetic[N], q: Matrix[N], k: Matrix[N], v: Matrix[N], bias: Matrix[N]) -> Matrix[N]:
    """softmax(q k^T / sqrt(d) + bias) v; jax.nn.dot_product_attention."""
    scores = _scores(m, q, k)
    return [
        _weighted(m, m.softmax([s + b for s, b in zip(row, added, strict=True)]), v)
        for row, added in zip(scores, bias, strict=True)
    ]


@define("attention_masked")
def attention_masked(m: Arithmetic[N], q: Matrix[N], k: Matrix[N], v: Matrix[N], mask: Matrix[N]) -> Matrix[N]:
    """Attention to the first key, and to key j + 1 where mask_j is not 0; jax.nn.dot_product_attention, "mask". (The first one, for a query
    that sees no key has no attention.)"""
    one = m.num(1)
    return [_weighted(m, masked_softmax(m, row, [one, *kept]), v) for row, kept in zip(_scores(m, q, k), mask, strict=True)]


@define("additive_attention")
def additive_attention(m: Arithmetic[N], q: Matrix[N], k: Matrix[N], v: Matrix[N]) -> Matrix[N]:
    """softmax_j(sum_d tanh(q_id + k_jd)) v; Bahdanau et al., 2015, as tf.keras.layers.AdditiveAttention without scale."""
    scores = [[m.sum([m.tanh(a + b) for a, b in zip(x, y, strict=True)]) for y in k] for x in q]
    return [_weighted(m, m.softmax(row), v) for row in scores]


def _kept_powers(m: Arithmetic[N], x: Vector[N], mask: Vector[N]) -> tuple[Vector[N], N]:
    """e^x_i of the kept elements, 0 of the others, and their sum."""
    zero, half = m.num(0), m.num(HALF)
    powers = [m.where(m.lt(half, b), lambda v=v: m.exp(v), lambda: zero) for v, b in zip(x, mask, strict=True)]  # type: ignore[misc]
    return powers, m.sum(powers)


@define("masked_softmax")
def masked_softmax(m: Arithmetic[N], x: Vector[N], mask: Vector[N]) -> Vector[N]:
    """softmax of the elements whose mask is not 0, and 0 elsewhere; jax.nn.softmax, "where"."""
    powers, total = _kept_powers(m, x, mask)
    zero, half = m.num(0), m.num(HALF)
    return [m.where(m.lt(half, b), lambda p=p: p / total, lambda: zero) for p, b in zip(powers, mask, strict=True)]  # type: ignore[misc]


@define("partial_softmax")
def partial_softmax(m: Arithmetic[N], x: Vector[N], mask: Vector[N]) -> Vector[N]:
    """softmax of the first element and those after it whose mask is not 0, and 0 elsewhere; torch.masked.softmax."""
    result: Vector[N] = masked_softmax(m, x, [m.num(1), *mask])
    return result


@define("partial_logsumexp")
def partial_logsumexp(m: Arithmetic[N], x: Vector[N], mask: Vector[N]) -> N:
    """log of the sum of e^x_i over the first element and those after it whose mask is not 0; torch.masked.logsumexp."""
    return m.log(_kept_powers(m, x, [m.num(1), *mask])[1])
