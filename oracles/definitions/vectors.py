"""Functions that map vectors to vectors, and products of two vectors."""

from __future__ import annotations

from typing import Any

from oracles.definitions import define
from oracles.definitions.reductions import logsumexp, norm

Number = Any
Vector = list[Any]


@define("softmax")
def softmax(m: Any, x: Vector) -> Vector:
    """e^x_i / sum e^x_j; Blanchard, Higham and Higham, 2021, eq. 1.2."""
    weights: Vector = m.softmax(x)
    return weights


@define("log_softmax")
def log_softmax(m: Any, x: Vector) -> Vector:
    """log of softmax, (x_i - c) - log sum e^(x_j - c), the same for every c; BHH 2021, eq. 1.4."""
    shift = m.hint_max(x)
    near = [v - shift for v in x]
    total = logsumexp(m, near)
    return [v - total for v in near]


@define("softmin")
def softmin(m: Any, x: Vector) -> Vector:
    """softmax(-x); torch.nn.Softmin."""
    result: Vector = softmax(m, [-v for v in x])
    return result


@define("normalize")
def normalize(m: Any, x: Vector, eps: float = 1e-12, p: int = 2) -> Vector:
    """x / max(||x||_p, eps); torch.nn.functional.normalize. tf.math.l2_normalize documents
    x / sqrt(max(sum x^2, epsilon)), the same function for epsilon = eps^2."""
    length = m.max([norm(m, x, p), m.num(eps)])
    return [v / length for v in x]


@define("unit_vector")
def unit_vector(m: Any, x: Vector) -> Vector:
    """x / ||x||; tf.linalg.normalize. Undefined at 0."""
    pointing: Vector = m.direction(x)
    return pointing


@define("dot")
def dot(m: Any, x: Vector, y: Vector) -> Number:
    return m.sum([a * b for a, b in zip(x, y, strict=True)])


@define("cosine_similarity")
def cosine_similarity(m: Any, x: Vector, y: Vector, eps: float = 1e-8) -> Number:
    """x.y / (max(||x||, eps) max(||y||, eps)); torch.nn.functional.cosine_similarity."""
    return dot(m, x, y) / (m.max([norm(m, x), m.num(eps)]) * m.max([norm(m, y), m.num(eps)]))
