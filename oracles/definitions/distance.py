"""Distances between vectors, and tables of them between two sets of vectors."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import norm


def _difference(x: Vector[N], y: Vector[N]) -> Vector[N]:
    return [a - b for a, b in zip(x, y, strict=True)]


@define("euclidean_distance")
def euclidean_distance(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """||x - y||_2; scipy.spatial.distance.euclidean."""
    return m.norm(_difference(x, y))


@define("squared_euclidean_distance")
def squared_euclidean_distance(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """sum (x_i - y_i)^2; scipy.spatial.distance.sqeuclidean."""
    return m.sum([m.square(d) for d in _difference(x, y)])


@define("minkowski_distance")
def minkowski_distance(m: Arithmetic[N], x: Vector[N], y: Vector[N], p: float = 1) -> N:
    """(sum |x_i - y_i|^p)^(1/p); scipy.spatial.distance.minkowski."""
    return norm(m, _difference(x, y), ord=p)


@define("chebyshev_distance")
def chebyshev_distance(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """The largest |x_i - y_i|; scipy.spatial.distance.chebyshev."""
    return m.max([m.abs(d) for d in _difference(x, y)])


@define("pairwise_distance")
def pairwise_distance(m: Arithmetic[N], x: Vector[N], y: Vector[N], p: float = 2.0, eps: float = 1e-6) -> N:
    """||x - y + eps||_p; torch.nn.PairwiseDistance, whose eps is added to every difference."""
    return norm(m, [d + m.num(eps) for d in _difference(x, y)], ord=p)


@define("cdist")
def cdist(m: Arithmetic[N], x: list[Vector[N]], y: list[Vector[N]], p: float = 2.0) -> list[Vector[N]]:
    """||x_i - y_j||_p; torch.cdist."""
    return [[norm(m, _difference(a, b), ord=p) for b in y] for a in x]


@define("squared_distances")
def squared_distances(m: Arithmetic[N], x: list[Vector[N]], y: list[Vector[N]]) -> list[Vector[N]]:
    """||x_i - y_j||^2; scipy.spatial.distance.cdist, "sqeuclidean"."""
    return [[squared_euclidean_distance(m, a, b) for b in y] for a in x]


@define("pdist")
def pdist(m: Arithmetic[N], x: list[Vector[N]], p: float = 2.0) -> Vector[N]:
    """||x_i - x_j||_p for i < j, row by row of the upper triangle; torch.nn.functional.pdist."""
    return [norm(m, _difference(a, b), ord=p) for i, a in enumerate(x) for b in x[i + 1 :]]
