"""Sums and products of complex vectors and matrices: lists of pairs [real, imaginary]."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Complex, N
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.complex import times


def total(m: Arithmetic[N], items: list[Complex[N]]) -> Complex[N]:
    return [m.sum([z[0] for z in items]), m.sum([z[1] for z in items])]


def products(a: list[Complex[N]], b: list[Complex[N]]) -> list[Complex[N]]:
    return [times(v, w) for v, w in zip(a, b, strict=True)]


@define("sum_complex")
def sum_complex(m: Arithmetic[N], z: list[Complex[N]]) -> Complex[N]:
    return total(m, z)


@define("mean_complex")
def mean_complex(m: Arithmetic[N], z: list[Complex[N]]) -> Complex[N]:
    return [part / len(z) for part in total(m, z)]


@define("prod_complex")
def prod_complex(m: Arithmetic[N], z: list[Complex[N]]) -> Complex[N]:
    product = z[0]
    for v in z[1:]:
        product = times(product, v)
    return product


@define("cumsum_complex")
def cumsum_complex(m: Arithmetic[N], z: list[Complex[N]]) -> list[Complex[N]]:
    return [total(m, z[: i + 1]) for i in range(len(z))]


@define("dot_complex")
def dot_complex(m: Arithmetic[N], a: list[Complex[N]], b: list[Complex[N]]) -> Complex[N]:
    """sum a_i b_i, without conjugation; torch.dot."""
    return total(m, products(a, b))


@define("vdot")
def vdot(m: Arithmetic[N], a: list[Complex[N]], b: list[Complex[N]]) -> Complex[N]:
    """sum conj(a_i) b_i; torch.linalg.vecdot, numpy.vecdot."""
    return total(m, products([[v[0], -v[1]] for v in a], b))


@define("norm_complex")
def norm_complex(m: Arithmetic[N], z: list[Complex[N]]) -> N:
    """The Euclidean norm."""
    return m.norm([part for v in z for part in v])


@define("var_complex")
def var_complex(m: Arithmetic[N], z: list[Complex[N]], correction: int = 0) -> N:
    """sum |z_i - mean|^2 / (n - correction); numpy.var."""
    centre = mean_complex(m, z)
    return m.sum([m.square(v[k] - centre[k]) for v in z for k in (0, 1)]) / (len(z) - correction)


@define("std_complex")
def std_complex(m: Arithmetic[N], z: list[Complex[N]], correction: int = 0) -> N:
    """The square root of var_complex."""
    centre = mean_complex(m, z)
    return m.norm([v[k] - centre[k] for v in z for k in (0, 1)]) / m.sqrt(m.num(len(z) - correction))


@define("matmul_complex")
def matmul_complex(m: Arithmetic[N], a: list[list[Complex[N]]], b: list[list[Complex[N]]]) -> list[list[Complex[N]]]:
    """(a b)_ij = sum a_ik b_kj."""
    return [[total(m, products(row, list(column))) for column in zip(*b, strict=True)] for row in a]
