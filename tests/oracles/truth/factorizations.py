"""Factorizations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth
from tests.oracles.truth.linear_algebra import Rows, by_rationals, identity, times


def _itself(a: Any) -> Any:
    return a


def _identity(a: Any) -> Any:
    return [[int(i == j) for j in range(len(a))] for i in range(len(a))]


def _gram_schmidt(a: Any) -> Any:
    """The orthonormal columns of a, each less its projections on those before, and the factors R."""
    n = len(a)
    columns, upper = [], [[mp.mpf(0)] * n for _ in range(n)]
    for j in range(n):
        v = [row[j] for row in a]
        for k, q in enumerate(columns):
            upper[k][j] = mp.fdot(q, v)
            v = [x - upper[k][j] * y for x, y in zip(v, q, strict=True)]
        upper[j][j] = mp.norm(v, 2)
        columns.append([x / upper[j][j] for x in v])
    return [list(row) for row in zip(*columns, strict=True)], upper


def _reflections(a: Rows, b: list[Fraction]) -> Rows:
    n = len(a)
    out = identity(n)
    for k in range(n):
        v = [Fraction(0)] * k + [Fraction(1)] + [a[i][k] for i in range(k + 1, n)]
        out = times(out, [[Fraction(int(i == j)) - b[k] * v[i] * v[j] for j in range(n)] for i in range(n)])
    return out


TRUTH: dict[str, Truth] = {
    **dict.fromkeys(("lu_product", "lu_product_nonsingular", "qr_product", "cholesky_product", "eigh_product", "svd_product", "schur_product",
                     "hessenberg_product",
                     "polar_product", "sqrtm_product"), _itself),
    **dict.fromkeys(("qr_orthogonality", "eigh_orthogonality", "svd_orthogonality", "polar_orthogonality"), _identity),
    "qr_upper": lambda a: _gram_schmidt(a)[1],
    "qr_orthogonal": lambda a: _gram_schmidt(a)[0],
    "householder_product": by_rationals(_reflections),
}  # fmt: skip
