"""Functions that map vectors to vectors, and products of two vectors."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import logsumexp, norm


@define("softmax")
def softmax(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """e^x_i / sum e^x_j; Blanchard, Higham and Higham, 2021, eq. 1.2."""
    weights: Vector[N] = m.softmax(x)
    return weights


@define("log_softmax")
def log_softmax(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """log of softmax, (x_i - c) - log sum e^(x_j - c), the same for every c; BHH 2021, eq. 1.4."""
    shift = m.hint_max(x)
    near = [v - shift for v in x]
    total = logsumexp(m, near)
    return [v - total for v in near]


@define("softmin")
def softmin(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """softmax(-x); torch.nn.Softmin."""
    result: Vector[N] = softmax(m, [-v for v in x])
    return result


@define("normalize")
def normalize(m: Arithmetic[N], x: Vector[N], eps: float = 1e-12, p: int = 2) -> Vector[N]:
    """x / max(||x||_p, eps); torch.nn.functional.normalize. tf.math.l2_normalize documents
    x / sqrt(max(sum x^2, epsilon)), the same function for epsilon = eps^2."""
    length = m.max([norm(m, x, p), m.num(eps)])
    return [v / length for v in x]


@define("unit_vector")
def unit_vector(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """x / ||x||; tf.linalg.normalize. Undefined at 0."""
    pointing: Vector[N] = m.direction(x)
    return pointing


@define("dot")
def dot(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    return m.sum([a * b for a, b in zip(x, y, strict=True)])


@define("cosine_similarity")
def cosine_similarity(m: Arithmetic[N], x: Vector[N], y: Vector[N], eps: float = 1e-8) -> N:
    """x.y / (max(||x||, eps) max(||y||, eps)); torch.nn.functional.cosine_similarity."""
    return dot(m, x, y) / (m.max([norm(m, x), m.num(eps)]) * m.max([norm(m, y), m.num(eps)]))
