"""Distances between vectors, and tables of them between two sets of vectors."""

from __future__ import annotations

from typing import Any

from oracles.definitions import define
from oracles.definitions.reductions import norm

Number = Any
Vector = list[Any]


def _difference(x: Vector, y: Vector) -> Vector:
    return [a - b for a, b in zip(x, y, strict=True)]


@define("euclidean_distance")
def euclidean_distance(m: Any, x: Vector, y: Vector) -> Number:
    """||x - y||_2; scipy.spatial.distance.euclidean."""
    return m.norm(_difference(x, y))


@define("squared_euclidean_distance")
def squared_euclidean_distance(m: Any, x: Vector, y: Vector) -> Number:
    """sum (x_i - y_i)^2; scipy.spatial.distance.sqeuclidean."""
    return m.sum([m.square(d) for d in _difference(x, y)])


@define("minkowski_distance")
def minkowski_distance(m: Any, x: Vector, y: Vector, p: float = 1) -> Number:
    """(sum |x_i - y_i|^p)^(1/p); scipy.spatial.distance.minkowski."""
    return norm(m, _difference(x, y), ord=p)


@define("chebyshev_distance")
def chebyshev_distance(m: Any, x: Vector, y: Vector) -> Number:
    """The largest |x_i - y_i|; scipy.spatial.distance.chebyshev."""
    return m.max([m.abs(d) for d in _difference(x, y)])


@define("pairwise_distance")
def pairwise_distance(m: Any, x: Vector, y: Vector, p: float = 2.0, eps: float = 1e-6) -> Number:
    """||x - y + eps||_p; torch.nn.PairwiseDistance, whose eps is added to every difference."""
    return norm(m, [d + m.num(eps) for d in _difference(x, y)], ord=p)


@define("cdist")
def cdist(m: Any, x: list[Vector], y: list[Vector], p: float = 2.0) -> list[Vector]:
    """||x_i - y_j||_p; torch.cdist."""
    return [[norm(m, _difference(a, b), ord=p) for b in y] for a in x]


@define("squared_distances")
def squared_distances(m: Any, x: list[Vector], y: list[Vector]) -> list[Vector]:
    """||x_i - y_j||^2; scipy.spatial.distance.cdist, "sqeuclidean"."""
    return [[squared_euclidean_distance(m, a, b) for b in y] for a in x]


@define("pdist")
def pdist(m: Any, x: list[Vector], p: float = 2.0) -> Vector:
    """||x_i - x_j||_p for i < j, row by row of the upper triangle; torch.nn.functional.pdist."""
    return [norm(m, _difference(a, b), ord=p) for i, a in enumerate(x) for b in x[i + 1 :]]
