"""Normalisation by raw moments: n sum x^2 - (sum x)^2."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Truth


def _layer_norm(x: list[Any], eps: float) -> list[Any]:
    n, total = len(x), mp.fsum(x)
    spread = mp.sqrt(n * mp.fsum(v * v for v in x) - total**2 + n * n * mpf(eps))
    return [(n * v - total) / spread if spread else mp.nan for v in x]


def _rms_norm(x: list[Any], eps: float) -> list[Any]:
    return [v * mp.sqrt(len(x)) / mp.sqrt(mp.fsum(w * w for w in x) + len(x) * mpf(eps)) for v in x]


def _times(x: list[Any], w: list[Any]) -> list[Any]:
    return [a * b for a, b in zip(x, w, strict=True)]


def _affine(x: list[Any], w: list[Any], b: list[Any], eps: float) -> list[Any]:
    return [v + s for v, s in zip(_times(_layer_norm(x, eps), w), b, strict=True)]


def _response(x: list[Any], size: int, alpha: float, beta: float, k: float) -> list[Any]:
    near = [[x[j] for j in range(len(x)) if abs(i - j) <= size // 2] for i in range(len(x))]
    return [v * mp.power(k + mpf(alpha) / size * mp.norm(w, 2) ** 2, -mpf(beta)) for v, w in zip(x, near, strict=True)]


def _renorm(x: list[Any], p: float, maxnorm: float) -> list[Any]:
    length = mp.norm(x, p)
    return [v if length <= maxnorm else v * maxnorm / (length + mpf(1e-7)) for v in x]


TRUTH: dict[str, Truth] = {
    "layer_norm": _layer_norm,
    "batch_norm": _layer_norm,
    "instance_norm": _layer_norm,
    "layer_norm_affine": _affine,
    "group_norm": lambda x, eps: _layer_norm(x[: len(x) // 2], eps) + _layer_norm(x[len(x) // 2 :], eps),
    "rms_norm": _rms_norm,
    "rms_norm_weighted": lambda x, w, eps: _times(_rms_norm(x, eps), w),
    "batch_norm_inference": lambda x, mu, var, w, b, eps: b + w * x / mp.sqrt(var + mpf(eps)) - w * mu / mp.sqrt(var + mpf(eps)),
    "local_response_norm": _response,
    "renorm": _renorm,
    "weight_norm": lambda v, g: [g * a / mp.norm(v, 2) if any(v) else mp.nan for a in v],
    "max_norm": lambda x, max_value, eps: [v * min(mp.norm(x, 2), max_value) / (mpf(eps) + mp.norm(x, 2)) for v in x],
    "unit_norm": lambda x, eps: [v / (mpf(eps) + mp.norm(x, 2)) for v in x],
}
