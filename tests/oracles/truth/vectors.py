"""Functions of vectors by mpmath and in rational arithmetic."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import by_fractions


def power_norm(x: list[Any], ord: float) -> Any:
    """(sum |x_i|^p)^(1/p), mpmath's norm where p >= 1; it refuses others."""
    if ord >= 1:
        return mp.norm(x, p=ord)
    p = mp.mpf(ord)
    return sum((abs(v) ** p for v in x), mp.mpf(0)) ** (1 / p)


def log_sum_exp(x: list[Any]) -> Any:
    top = max(x)
    return top + mp.log(mp.fsum(mp.exp(v - top) for v in x))


def dot(x: list[Any], y: list[Any]) -> Any:
    return sum((a * b for a, b in zip(x, y, strict=True)), x[0] * 0)


TRUTH: dict[str, Any] = {
    "softmax": lambda x: [1 / mp.fsum(mp.exp(w - v) for w in x) for v in x],
    "log_softmax": lambda x: [v - log_sum_exp(x) for v in x],
    "normalize": lambda x, eps, p: [v / mp.norm(x, p) if mp.norm(x, p) > eps else v / eps for v in x],
    "dot": by_fractions(dot),
    "cosine_similarity": lambda x, y, eps: dot(x, y) / mp.sqrt(max(dot(x, x), mpf(eps) ** 2) * max(dot(y, y), mpf(eps) ** 2)),
    "softmin": lambda x: [1 / mp.fsum(mp.exp(v - w) for w in x) for v in x],
    "unit_vector": lambda x: [v / mp.norm(x, 2) if any(x) else mp.nan for v in x],
}
