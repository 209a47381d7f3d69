"""Products of vectors and matrices. Each is a sum of products of its inputs; Higham, ASNA (2002), chapter 3."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.vectors import dot


def columns(a: Matrix[N]) -> Matrix[N]:
    return [list(column) for column in zip(*a, strict=True)]


@define("matmul")
def matmul(m: Arithmetic[N], a: Matrix[N], b: Matrix[N]) -> Matrix[N]:
    """sum_k a_ik b_kj; Higham, ASNA, eq. 3.13."""
    return [[dot(m, row, column) for column in columns(b)] for row in a]


@define("matvec")
def matvec(m: Arithmetic[N], a: Matrix[N], x: Vector[N]) -> Vector[N]:
    """sum_k a_ik x_k; Higham, ASNA, eq. 3.11."""
    return [dot(m, row, x) for row in a]


@define("addmm")
def addmm(m: Arithmetic[N], c: Matrix[N], a: Matrix[N], b: Matrix[N], beta: float = 1.0, alpha: float = 1.0) -> Matrix[N]:
    """beta c + alpha a b; torch.addmm."""
    product = matmul(m, a, b)
    return [[m.num(beta) * s + m.num(alpha) * p for s, p in zip(*rows, strict=True)] for rows in zip(c, product, strict=True)]


@define("addmv")
def addmv(m: Arithmetic[N], c: Vector[N], a: Matrix[N], x: Vector[N], beta: float = 1.0, alpha: float = 1.0) -> Vector[N]:
    """beta c + alpha a x; torch.addmv."""
    return [m.num(beta) * s + m.num(alpha) * p for s, p in zip(c, matvec(m, a, x), strict=True)]


@define("addr")
def addr(m: Arithmetic[N], c: Matrix[N], x: Vector[N], y: Vector[N]) -> Matrix[N]:
    """c_ij + x_i y_j; torch.addr."""
    return [[s + v * w for s, w in zip(row, y, strict=True)] for row, v in zip(c, x, strict=True)]


@define("linear")
def linear(m: Arithmetic[N], x: Vector[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """a x + b; torch.nn.Linear."""
    return [p + s for p, s in zip(matvec(m, a, x), b, strict=True)]


@define("bilinear")
def bilinear(m: Arithmetic[N], x: Vector[N], a: Matrix[N], y: Vector[N]) -> N:
    """sum_ij x_i a_ij y_j; torch.nn.Bilinear."""
    return m.sum([v * e * w for v, row in zip(x, a, strict=True) for e, w in zip(row, y, strict=True)])


@define("outer")
def outer(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> Matrix[N]:
    return [[v * w for w in y] for v in x]


@define("kron")
def kron(m: Arithmetic[N], a: Matrix[N], b: Matrix[N]) -> Matrix[N]:
    """The Kronecker product: rows (i, k), columns (j, l) of a_ij b_kl."""
    return [[e * f for e in row for f in other] for row in a for other in b]


@define("cross")
def cross(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> Vector[N]:
    """The vector product in three dimensions; torch.linalg.cross."""
    return [x[(i + 1) % 3] * y[(i + 2) % 3] - x[(i + 2) % 3] * y[(i + 1) % 3] for i in range(3)]


@define("multi_dot")
def multi_dot(m: Arithmetic[N], a: Matrix[N], b: Matrix[N], c: Matrix[N]) -> Matrix[N]:
    """a b c in whatever order; torch.linalg.multi_dot."""
    result: Matrix[N] = matmul(m, matmul(m, a, b), c)
    return result


@define("trace_of_product")
def trace_of_product(m: Arithmetic[N], a: Matrix[N], b: Matrix[N]) -> N:
    """sum_ik a_ik b_ik, the inner product of Frobenius."""
    return m.sum([e * f for rows in zip(a, b, strict=True) for e, f in zip(*rows, strict=True)])
