"""Normalisation: rows brought to mean 0 and variance 1, to a mean square of 1, or within a norm."""

from __future__ import annotations

from typing import Any

from oracles.definitions import define
from oracles.definitions.reductions import mean, norm

Number = Any
Vector = list[Any]


def _scaled(m: Any, x: Vector, eps: float) -> Vector:
    """x_i / sqrt(mean x^2 + eps): sqrt n times the direction of x with one more coordinate, sqrt(n eps)."""
    n = len(x)
    further = [m.sqrt(n * m.num(eps))] if eps else []
    root = m.sqrt(m.num(n))
    return [v * root for v in m.direction([*x, *further])[:n]]


@define("layer_norm")
def layer_norm(m: Any, x: Vector, eps: float = 1e-5) -> Vector:
    """(x - mean) / sqrt(var + eps) with the population variance; Ba, Kiros and Hinton, 2016; torch.nn.LayerNorm."""
    centre = mean(m, x)
    return _scaled(m, [v - centre for v in x], eps)


@define("layer_norm_affine")
def layer_norm_affine(m: Any, x: Vector, w: Vector, b: Vector, eps: float = 1e-5) -> Vector:
    """layer_norm times a weight plus a bias; torch.nn.LayerNorm with elementwise_affine."""
    return [v * q + s for v, q, s in zip(layer_norm(m, x, eps), w, b, strict=True)]


@define("group_norm")
def group_norm(m: Any, x: Vector, eps: float = 1e-5) -> Vector:
    """layer_norm of each half of the channels; Wu and He, 2018; torch.nn.GroupNorm with two groups."""
    half = len(x) // 2
    result: Vector = layer_norm(m, x[:half], eps) + layer_norm(m, x[half:], eps)
    return result


@define("rms_norm")
def rms_norm(m: Any, x: Vector, eps: float = 1e-6) -> Vector:
    """x / sqrt(mean x^2 + eps); Zhang and Sennrich, 2019; torch.nn.RMSNorm."""
    return _scaled(m, x, eps)


@define("rms_norm_weighted")
def rms_norm_weighted(m: Any, x: Vector, w: Vector, eps: float = 1e-6) -> Vector:
    return [v * q for v, q in zip(rms_norm(m, x, eps), w, strict=True)]


@define("batch_norm_inference")
def batch_norm_inference(m: Any, x: Number, mu: Number, var: Number, w: Number, b: Number, eps: float = 1e-5) -> Number:
    """w (x - mu) / sqrt(var + eps) + b with given moments; Ioffe and Szegedy, 2015; torch.nn.BatchNorm1d in evaluation."""
    return w * (x - mu) / m.sqrt(var + m.num(eps)) + b


@define("local_response_norm")
def local_response_norm(m: Any, x: Vector, size: int = 3, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Vector:
    """x_c / (k + alpha/size sum x_j^2)^beta over the `size` channels around c; Krizhevsky et al., 2012; torch.nn.LocalResponseNorm."""
    reach = size // 2
    squares = [m.square(v) for v in x]
    totals = [m.sum(squares[max(0, i - reach) : i + reach + 1]) for i in range(len(x))]
    return [v / m.exp(m.num(beta) * m.log(m.num(k) + m.num(alpha) * t / size)) for v, t in zip(x, totals, strict=True)]


@define("renorm")
def renorm(m: Any, x: Vector, p: float = 2, maxnorm: float = 1.0) -> Vector:
    """x where ||x||_p <= maxnorm, else x maxnorm / (||x||_p + 1e-7); torch.renorm, whose kernel adds 1e-7."""
    length, most = norm(m, x, p), m.num(maxnorm)
    factor = m.where(m.lt(most, length), lambda: most / (length + m.num(1e-7)), lambda: m.num(1))
    return [v * factor for v in x]


@define("weight_norm")
def weight_norm(m: Any, v: Vector, g: Number) -> Vector:
    """g v / ||v||; Salimans and Kingma, 2016; torch.nn.utils.parametrizations.weight_norm."""
    return [g * u for u in m.direction(v)]


@define("max_norm")
def max_norm(m: Any, x: Vector, max_value: float = 2.0, eps: float = 1e-7) -> Vector:
    """x min(||x||, max_value) / (||x|| + eps); keras.constraints.MaxNorm."""
    length = norm(m, x)
    return [v * m.min([length, m.num(max_value)]) / (length + m.num(eps)) for v in x]


@define("unit_norm")
def unit_norm(m: Any, x: Vector, eps: float = 1e-7) -> Vector:
    """x / (||x|| + eps); keras.constraints.UnitNorm."""
    length = norm(m, x) + m.num(eps)
    return [v / length for v in x]
