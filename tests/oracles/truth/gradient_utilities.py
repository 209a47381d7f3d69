"""Clipping of gradients by the cases of its formula."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Truth


def _clip(x: list[Any], clip_norm: float) -> list[Any]:
    length = mp.sqrt(mp.fsum(v * v for v in x))
    return [v / (length / clip_norm) if length > clip_norm else v for v in x]


def _clip_grad_norm(x: list[Any], y: list[Any], max_norm: float, norm_type: float) -> list[Any]:
    length = mp.norm(x + y, norm_type) + mpf(1e-6)
    return [v * max_norm / length if length > max_norm else v for v in x + y]


TRUTH: dict[str, Truth] = {
    "clip_by_norm": _clip,
    "global_norm": lambda x, y, ord: mp.norm([mp.norm(x, ord), mp.norm(y, ord)], ord),
    "clip_by_global_norm": lambda x, y, clip_norm: _clip(x + y, clip_norm),
    "clip_grad_norm": _clip_grad_norm,
}
