"""Functions of matrices: powers, exponentials, norms, eigenvalues and singular values."""

from __future__ import annotations

import math

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.linear_algebra import inv, product, symmetric_part, transposed


@define("matrix_power")
def matrix_power(m: Arithmetic[N], a: Matrix[N], power: int = 2) -> Matrix[N]:
    """a a ... a; of the inverse where the power is negative; numpy.linalg.matrix_power."""
    base = inv(m, a) if power < 0 else a
    out = base
    for _ in range(abs(power) - 1):
        out = product(m, out, base)
    return out


@define("matrix_norm")
def matrix_norm(m: Arithmetic[N], a: Matrix[N], ord: str | float = "fro") -> N:
    """ "fro", "nuc" (the sum of the singular values), 2 (the largest), 1 and inf (column and row sums); torch.linalg.matrix_norm."""
    if ord == "fro":
        return m.norm([v for row in a for v in row])
    if ord == "nuc":
        return m.sum(svdvals(m, a))
    if ord == 2:
        return svdvals(m, a)[0]
    return m.max([m.sum([m.abs(v) for v in line]) for line in (a if math.isinf(float(ord)) else transposed(a))])


@define("cond")
def cond(m: Arithmetic[N], a: Matrix[N], p: str | float = 2) -> N:
    """||a|| ||a^-1||; with the 2-norm the quotient of the largest and the least singular value; numpy.linalg.cond."""
    if p == 2:
        values = svdvals(m, a)
        return values[0] / values[-1]
    return matrix_norm(m, a, p) * matrix_norm(m, inv(m, a), p)


@define("eigvalsh")
def eigvalsh(m: Arithmetic[N], a: Matrix[N]) -> Vector[N]:
    """The eigenvalues of the symmetric part, ascending; numpy.linalg.eigvalsh."""
    s = symmetric_part(a)
    lower = [s[i][j] for i in range(len(a)) for j in range(i + 1)]
    return [m.symmetric_eigenvalue(k, *lower) for k in range(len(a))] if len(a) > 1 else [m.num(v) for v in lower]


@define("eigvalsh_tridiagonal")
def eigvalsh_tridiagonal(m: Arithmetic[N], a: Vector[N], b: Vector[N]) -> Vector[N]:
    """The eigenvalues of the symmetric tridiagonal matrix with diagonal a and b beside it (its last number unused), ascending."""
    n = len(a)
    lower = [a[i] if i == j else b[j] if i == j + 1 else m.num(0) for i in range(n) for j in range(i + 1)]
    return [m.symmetric_eigenvalue(k, *lower) for k in range(n)] if n > 1 else [m.num(a[0])]


@define("svdvals")
def svdvals(m: Arithmetic[N], a: Matrix[N]) -> Vector[N]:
    """The singular values, descending; numpy.linalg.svdvals."""
    entries = [v for row in a for v in row]
    return [m.singular_value(k, *entries) for k in range(len(a))] if len(a) > 1 else [m.abs(entries[0])]


@define("matrix_exp")
def matrix_exp(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """The sum of a^k / k!; Higham, Functions of Matrices (2008), chapter 10."""
    n = len(a)
    entries = [v for row in a for v in row]
    return [[m.exponential_entry(i, j, *entries) for j in range(n)] for i in range(n)] if n > 1 else [[m.exp(entries[0])]]


@define("matrix_exp_frechet")
def matrix_exp_frechet(m: Arithmetic[N], a: Matrix[N], e: Matrix[N]) -> Matrix[N]:
    """The derivative of the exponential at a along e: the upper right block of exp([[a, e], [0, a]]); Higham (2008), theorem 3.6."""
    n = len(a)
    zero = [m.num(0)] * n
    rows = [[*x, *y] for x, y in zip(a, e, strict=True)] + [[*zero, *x] for x in a]
    entries = [v for row in rows for v in row]
    return [[m.exponential_entry(i, n + j, *entries) for j in range(n)] for i in range(n)]
