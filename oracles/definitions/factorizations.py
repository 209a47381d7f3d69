"""Factorizations. Their factors are not unique where the op says nothing of their signs: what is, is the product, the matrix itself, and
that factors are orthogonal; the residual is the error then (Higham, ASNA, 2002, sections 9.1, 19.1)."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.linear_algebra import cholesky, product, solve_lower, symmetric_part, transposed


@define("matrix_itself")
def matrix_itself(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """What the factors of a multiply to."""
    return [[m.num(v) for v in row] for row in a]


@define("symmetric_matrix_itself")
def symmetric_matrix_itself(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    return [[m.num(v) for v in row] for row in symmetric_part(a)]


@define("identity_matrix")
def identity_matrix(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """Q^T Q of an orthogonal Q."""
    return [[m.num(int(i == j)) for j in range(len(a))] for i in range(len(a))]


@define("qr_upper")
def qr_upper(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """R of a = Q R with positive diagonal, for nonsingular a: the transposed Cholesky factor of a^T a; Golub and Van Loan (2013), thm 5.2.3."""
    return transposed(cholesky(m, product(m, transposed(a), a)))


@define("qr_orthogonal")
def qr_orthogonal(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """Q of a = Q R with positive diagonal of R, for nonsingular a: Q = a R^-1, row by row R^T q = a_i."""
    low = cholesky(m, product(m, transposed(a), a))
    return [solve_lower(m, low, row) for row in a]


@define("householder_product")
def householder_product(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Matrix[N]:
    """H_1 H_2 ... H_n with H_k = I - b_k v v^T, v = (0, ..., 0, 1, a_(k+1)k, ..., a_nk): LAPACK's dorgqr."""
    n = len(a)
    out: Matrix[N] = [[m.num(int(i == j)) for j in range(n)] for i in range(n)]
    for k in range(n - 1, -1, -1):
        v = [m.num(1), *(a[i][k] for i in range(k + 1, n))]
        for j in range(n):
            scale = b[k] * m.sum([x * out[k + i][j] for i, x in enumerate(v)])
            for i, x in enumerate(v):
                out[k + i][j] = out[k + i][j] - scale * x
    return out
