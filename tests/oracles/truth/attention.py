"""Attention: each output as an average of values by ratios of weights, over mpmath's exponentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth

Matrix = list[list[Any]]


def _average(scores: list[Any], v: Matrix) -> list[Any]:
    """sum_j v_j / sum_i e^(s_i - s_j), one ratio for each key."""
    shares = [1 / mp.fsum(mp.exp(other - own) for other in scores) for own in scores]
    return [mp.fsum(s * row[j] for s, row in zip(shares, v, strict=True)) for j in range(len(v[0]))]


def _cosine(a: list[Any], b: list[Any]) -> Any:
    """The inner product, by polarisation."""
    plus, minus = ([x + s * y for x, y in zip(a, b, strict=True)] for s in (1, -1))
    return (mp.norm(plus, 2) ** 2 - mp.norm(minus, 2) ** 2) / 4


def _attend(score: Callable[[list[Any], list[Any]], Any], q: Matrix, k: Matrix, v: Matrix) -> Matrix:
    return [_average([score(a, b) for b in k], v) for a in q]


def _scaled(a: list[Any], b: list[Any]) -> Any:
    return _cosine(a, b) * mp.power(len(a), -0.5)


def _causal(q: Matrix, k: Matrix, v: Matrix) -> Matrix:
    return [row for i, a in enumerate(q) for row in _attend(_scaled, [a], k[: i + 1], v[: i + 1])]


def _biased(q: Matrix, k: Matrix, v: Matrix, bias: Matrix) -> Matrix:
    return [_average([_scaled(a, b) + extra for b, extra in zip(k, row, strict=True)], v) for a, row in zip(q, bias, strict=True)]


def _masked(q: Matrix, k: Matrix, v: Matrix, mask: Matrix) -> Matrix:
    rows = []
    for a, kept in zip(q, mask, strict=True):
        seen = [0, *(j + 1 for j, bit in enumerate(kept) if bit)]
        rows += _attend(_scaled, [a], [k[j] for j in seen], [v[j] for j in seen])
    return rows


def _masked_softmax(x: list[Any], mask: list[Any]) -> list[Any]:
    kept = [v for v, bit in zip(x, mask, strict=True) if bit]
    return [1 / mp.fsum(mp.exp(w - v) for w in kept) if bit else mp.mpf(0) for v, bit in zip(x, mask, strict=True)]


def _masked_logsumexp(x: list[Any], mask: list[Any]) -> Any:
    kept = [v for v, bit in zip(x, mask, strict=True) if bit]
    return kept[0] + mp.log1p(mp.fsum(mp.exp(v - kept[0]) for v in kept[1:]))


TRUTH: dict[str, Truth] = {
    "attention": lambda q, k, v: _attend(_scaled, q, k, v),
    "attention_scaled": lambda q, k, v, scale: _attend(lambda a, b: scale * _cosine(a, b), q, k, v),
    "attention_causal": _causal,
    "attention_biased": _biased,
    "attention_masked": _masked,
    "additive_attention": lambda q, k, v: _attend(
        lambda a, b: mp.fsum(1 - 2 / (mp.exp(2 * (x + y)) + 1) for x, y in zip(a, b, strict=True)), q, k, v
    ),
    "masked_softmax": _masked_softmax,
    "partial_softmax": lambda x, mask: _masked_softmax(x, [1, *mask]),
    "partial_logsumexp": lambda x, mask: _masked_logsumexp(x, [1, *mask]),
}
