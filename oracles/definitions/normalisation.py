"""Normalisation: rows brought to mean 0 and variance 1, to a mean square of 1, or within a norm."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import mean, norm


def _scaled(m: Arithmetic[N], x: Vector[N], eps: float) -> Vector[N]:
    """x_i / sqrt(mean x^2 + eps): sqrt n times the direction of x with one more coordinate, sqrt(n eps)."""
    n = len(x)
    further = [m.sqrt(n * m.num(eps))] if eps else []
    root = m.sqrt(m.num(n))
    return [v * root for v in m.direction([*x, *further])[:n]]


@define("layer_norm")
def layer_norm(m: Arithmetic[N], x: Vector[N], eps: float = 1e-5) -> Vector[N]:
    """(x - mean) / sqrt(var + eps) with the population variance; Ba, Kiros and Hinton, 2016; torch.nn.LayerNorm."""
    centre = mean(m, x)
    return _scaled(m, [v - centre for v in x], eps)


@define("layer_norm_affine")
def layer_norm_affine(m: Arithmetic[N], x: Vector[N], w: Vector[N], b: Vector[N], eps: float = 1e-5) -> Vector[N]:
    """layer_norm times a weight plus a bias; torch.nn.LayerNorm with elementwise_affine."""
    return [v * q + s for v, q, s in zip(layer_norm(m, x, eps), w, b, strict=True)]


@define("group_norm")
def group_norm(m: Arithmetic[N], x: Vector[N], eps: float = 1e-5) -> Vector[N]:
    """layer_norm of each half of the channels; Wu and He, 2018; torch.nn.GroupNorm with two groups."""
    half = len(x) // 2
    result: Vector[N] = layer_norm(m, x[:half], eps) + layer_norm(m, x[half:], eps)
    return result


@define("rms_norm")
def rms_norm(m: Arithmetic[N], x: Vector[N], eps: float = 1e-6) -> Vector[N]:
    """x / sqrt(mean x^2 + eps); Zhang and Sennrich, 2019; torch.nn.RMSNorm."""
    return _scaled(m, x, eps)


@define("rms_norm_weighted")
def rms_norm_weighted(m: Arithmetic[N], x: Vector[N], w: Vector[N], eps: float = 1e-6) -> Vector[N]:
    return [v * q for v, q in zip(rms_norm(m, x, eps), w, strict=True)]


@define("batch_norm_inference")
def batch_norm_inference(m: Arithmetic[N], x: N, mu: N, var: N, w: N, b: N, eps: float = 1e-5) -> N:
    """w (x - mu) / sqrt(var + eps) + b with the moments as inputs; Ioffe and Szegedy, 2015; torch.nn.BatchNorm1d in evaluation."""
    return w * (x - mu) / m.sqrt(var + m.num(eps)) + b


@define("local_response_norm")
def local_response_norm(
    m: Arithmetic[N], x: Vector[N], size: int = 3, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Vector[N]:
    """x_c / (k + alpha/size sum x_j^2)^beta over the `size` channels around c; Krizhevsky et al., 2012; torch.nn.LocalResponseNorm."""
    reach = size // 2
    squares = [m.square(v) for v in x]
    totals = [m.sum(squares[max(0, i - reach) : i + reach + 1]) for i in range(len(x))]
    return [v / m.exp(m.num(beta) * m.log(m.num(k) + m.num(alpha) * t / size)) for v, t in zip(x, totals, strict=True)]


@define("renorm")
def renorm(m: Arithmetic[N], x: Vector[N], p: float = 2, maxnorm: float = 1.0) -> Vector[N]:
    """x where ||x||_p <= maxnorm, else x maxnorm / (||x||_p + 1e-7); torch.renorm, whose kernel adds 1e-7."""
    length, most = norm(m, x, p), m.num(maxnorm)
    factor = m.where(m.lt(most, length), lambda: most / (length + m.num(1e-7)), lambda: m.num(1))
    return [v * factor for v in x]


@define("weight_norm")
def weight_norm(m: Arithmetic[N], v: Vector[N], g: N) -> Vector[N]:
    """g v / ||v||; Salimans and Kingma, 2016; torch.nn.utils.parametrizations.weight_norm."""
    return [g * u for u in m.direction(v)]


@define("max_norm")
def max_norm(m: Arithmetic[N], x: Vector[N], max_value: float = 2.0, eps: float = 1e-7) -> Vector[N]:
    """x min(||x||, max_value) / (||x|| + eps); keras.constraints.MaxNorm."""
    length = norm(m, x)
    return [v * m.min([length, m.num(max_value)]) / (length + m.num(eps)) for v in x]


@define("unit_norm")
def unit_norm(m: Arithmetic[N], x: Vector[N], eps: float = 1e-7) -> Vector[N]:
    """x / (||x|| + eps); keras.constraints.UnitNorm."""
    length = norm(m, x) + m.num(eps)
    return [v / length for v in x]
