"""Gradients, written as the functions that they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import vector
from ulpfuzz.oracles.definitions import define

Number = Any
Vector = list[Any]


def _unless_zero(m: Any, x: Vector, then: Callable[[], Vector]) -> Vector:
    """then() where some element of x is not zero, zeros elsewhere."""
    size, made = m.sum([m.abs(v) for v in x]), cache(then)
    return [m.where(m.eq0(size), lambda: m.num(0), lambda k=k: made()[k]) for k in range(len(x))]


@define("historic_lp_pool_gradient")
def _lp_pool_gradient(m: Any, x: Vector) -> Vector:
    """The gradient of sqrt(sum x^2), 0 at the zero window: torch.nn.LPPool1d, "If the sum to the power of p is zero, the gradient is set to
    zero"."""
    return _unless_zero(m, x, lambda: m.direction(x))


@define("historic_squared_distance_gradient")
def _squared_distance_gradient(m: Any, x: Vector, y: Vector) -> Vector:
    """The gradient of ||x - y||^2 by x."""
    return [2 * (a - b) for a, b in zip(x, y, strict=True)]


@define("historic_normalize_gradient")
def _normalize_gradient(m: Any, x: Vector, g: Vector) -> Vector:
    """(g - y <y, g>) / ||x|| with y = x / ||x||, 0 at the zero vector, which has no direction."""

    def projected() -> Vector:
        norm, y = m.norm(x), m.direction(x)
        along = m.sum([a * b for a, b in zip(y, g, strict=True)])
        return [(b - a * along) / norm for a, b in zip(y, g, strict=True)]

    return _unless_zero(m, x, projected)


def powers_of_the_mean_square(x: Array) -> Array:
    n = x.dtype.type(x.shape[-1])
    mean = (x * x).mean(axis=-1, keepdims=True)
    return (n * mean) ** x.dtype.type(-0.5) * x


@in_binary64
def direction_or_zero(x: Array) -> Array:
    norm = np.sqrt((x * x).sum(axis=-1, keepdims=True))
    return np.where(norm == 0, 0.0, x / np.where(norm == 0, 1.0, norm))


def square_of_norm(x: Array, y: Array) -> Array:
    d = x - y
    norm = np.sqrt((d * d).sum(axis=-1, keepdims=True))
    return 2 * norm * (d / norm)


@in_binary64
def twice_the_difference(x: Array, y: Array) -> Array:
    return 2 * (x - y)


def no_derivative(x: Array, g: Array) -> Array:
    y = x / np.sqrt((x * x).sum(axis=-1, keepdims=True))
    return (y / x) * (g - y) * (g * x).sum(axis=-1, keepdims=True)


def less_cube_of_norm(x: Array, g: Array) -> Array:
    norm = np.sqrt((x * x).sum(axis=-1, keepdims=True))
    return g / norm - x * ((g * x).sum(axis=-1, keepdims=True) / (norm * norm * norm))


@in_binary64
def less_projection(x: Array, g: Array) -> Array:
    """(g |x|^2 - x <x, g>) / |x|^3 by differences of products, which keep what the projection would cancel."""
    scale = np.abs(x).max(axis=-1, keepdims=True)
    x = x / np.where(scale == 0, 1.0, scale)
    square = (x * x).sum(axis=-1, keepdims=True)
    crossed = (g[..., :, np.newaxis] * x[..., np.newaxis, :] - x[..., :, np.newaxis] * g[..., np.newaxis, :]) * x[
        ..., np.newaxis, :
    ]
    found = crossed.sum(axis=-1) / (square * np.sqrt(square)) / scale
    return np.where(square == 0, 0.0, found)


def _cosine_parts(x: Array, y: Array) -> tuple[Array, Array, Array]:
    return (x * y).sum(axis=-1, keepdims=True), (x * x).sum(axis=-1, keepdims=True), (y * y).sum(axis=-1, keepdims=True)


def clamped_reciprocal_root(x: Array, y: Array) -> Array:
    """The derivative of dot min(1/sqrt(a b), 1/eps), as reverse mode makes it."""
    dot, a, b = _cosine_parts(x, y)
    root = 1 / np.sqrt(a * b)
    slope = np.where(root < 1 / EPS, dot, 0) * (-root / (2 * a * b)) * b * 2 * x
    return (y * np.minimum(root, x.dtype.type(1 / EPS)) + slope).astype(x.dtype)


def root_of_clamped(x: Array, y: Array) -> Array:
    """The derivative of dot / sqrt(max(a b, eps^2)), as reverse mode makes it."""
    dot, a, b = _cosine_parts(x, y)
    square = np.maximum(a * b, x.dtype.type(EPS * EPS))
    root = 1 / np.sqrt(square)
    slope = np.where(a * b > EPS * EPS, -dot * root / (2 * square) * b * 2, 0) * x
    return (y * root + slope).astype(x.dtype)


@in_binary64
def by_differences_of_products(x: Array, y: Array) -> Array:
    """(y |x|^2 - x <x, y>) / (|x|^3 |y|) by differences of products."""
    _, a, b = _cosine_parts(x, y)
    crossed = (y[..., :, np.newaxis] * x[..., np.newaxis, :] - x[..., :, np.newaxis] * y[..., np.newaxis, :]) * x[
        ..., np.newaxis, :
    ]
    inside = crossed.sum(axis=-1) / (np.sqrt(a) * np.sqrt(b)) / a
    return np.where(a * b > EPS * EPS, inside, y / EPS)


#: torch.nn.functional.cosine_similarity's default.
EPS = 1e-8


@define("historic_cosine_gradient")
def _cosine_gradient(m: Any, x: Vector, y: Vector) -> Vector:
    """The derivative of <x, y> / max(||x|| ||y||, eps) by x; torch.nn.functional.cosine_similarity."""
    eps = m.num(EPS)
    a, b = m.sum([m.square(v) for v in x]), m.sum([m.square(v) for v in y])
    dot = m.sum([v * w for v, w in zip(x, y, strict=True)])
    small = m.lt(a * b, eps * eps)
    return [
        m.where(small, lambda w=w: w / eps, lambda v=v, w=w: (w - v * dot / a) / (m.sqrt(a) * m.sqrt(b)))
        for v, w in zip(x, y, strict=True)
    ]


REPLAYS = [
    replay("cosine_similarity_gradient", [vector("x", -1e9, 1e9, finite=True), vector("y", -1e9, 1e9, finite=True)],
           "gradients.by_differences_of_products(x, y)",
           Old((4,), "gradients.clamped_reciprocal_root(x, y)", "gradients.root_of_clamped(x, y)"), definition="historic_cosine_gradient",
           accuracy="accumulating", lengths=(2, 3, 8)),
    replay("lp_pool_gradient", [vector("x")], "gradients.direction_or_zero(x)", Old((42,), "gradients.powers_of_the_mean_square(x)"),
           accuracy="accumulating"),
    replay("squared_distance_gradient", [vector("x"), vector("y")], "gradients.twice_the_difference(x, y)",
           Old((133,), "gradients.square_of_norm(x, y)")),
    replay("normalize_gradient", [vector("x"), vector("g", -1024, 1024, finite=True)], "gradients.less_projection(x, g)",
           Old((247,), "gradients.no_derivative(x, g)", "gradients.less_cube_of_norm(x, g)"), accuracy="accumulating", min_length=2,
           lengths=(2, 3, 8, 17)),
]  # fmt: skip
