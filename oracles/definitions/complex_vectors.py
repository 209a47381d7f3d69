"""Sums and products of complex vectors and matrices: lists of pairs [real, imaginary]."""

from __future__ import annotations

from typing import Any

from oracles.definitions import define
from oracles.definitions.complex import Complex, times

Number = Any
Vector = list[Complex]


def total(m: Any, items: Vector) -> Complex:
    return [m.sum([z[0] for z in items]), m.sum([z[1] for z in items])]


def products(a: Vector, b: Vector) -> Vector:
    return [times(v, w) for v, w in zip(a, b, strict=True)]


@define("sum_complex")
def sum_complex(m: Any, z: Vector) -> Complex:
    return total(m, z)


@define("mean_complex")
def mean_complex(m: Any, z: Vector) -> Complex:
    return [part / len(z) for part in total(m, z)]


@define("prod_complex")
def prod_complex(m: Any, z: Vector) -> Complex:
    product = z[0]
    for v in z[1:]:
        product = times(product, v)
    return product


@define("cumsum_complex")
def cumsum_complex(m: Any, z: Vector) -> Vector:
    return [total(m, z[: i + 1]) for i in range(len(z))]


@define("dot_complex")
def dot_complex(m: Any, a: Vector, b: Vector) -> Complex:
    """sum a_i b_i, without conjugation; torch.dot."""
    return total(m, products(a, b))


@define("vdot")
def vdot(m: Any, a: Vector, b: Vector) -> Complex:
    """sum conj(a_i) b_i; torch.linalg.vecdot, numpy.vecdot."""
    return total(m, products([[v[0], -v[1]] for v in a], b))


@define("norm_complex")
def norm_complex(m: Any, z: Vector) -> Number:
    """The Euclidean norm."""
    return m.norm([part for v in z for part in v])


@define("var_complex")
def var_complex(m: Any, z: Vector, correction: int = 0) -> Number:
    """sum |z_i - mean|^2 / (n - correction); numpy.var."""
    centre = mean_complex(m, z)
    return m.sum([m.square(v[k] - centre[k]) for v in z for k in (0, 1)]) / (len(z) - correction)


@define("std_complex")
def std_complex(m: Any, z: Vector, correction: int = 0) -> Number:
    """The square root of var_complex."""
    centre = mean_complex(m, z)
    return m.norm([v[k] - centre[k] for v in z for k in (0, 1)]) / m.sqrt(m.num(len(z) - correction))


@define("matmul_complex")
def matmul_complex(m: Any, a: list[Vector], b: list[Vector]) -> list[Vector]:
    """(a b)_ij = sum a_ik b_kj."""
    return [[total(m, products(row, list(column))) for column in zip(*b, strict=True)] for row in a]
