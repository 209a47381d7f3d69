"""Linear algebra: determinants, inverses and equations, by minors (sums of products, without pivots: precision, not algebra, buys accuracy)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeAlias

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define

Minors: TypeAlias = dict[tuple[int, ...], N]


@define("det")
def det(m: Arithmetic[N], a: Matrix[N]) -> N:
    """Expansion along subsets of columns (Laplace, row by row): sums of products, without division; Higham, ASNA (2002), section 14.6."""
    return _minors(m, a)[-1][tuple(range(len(a)))]


@define("slogdet")
def slogdet(m: Arithmetic[N], a: Matrix[N]) -> Vector[N]:
    """[sign of det, log |det|]; numpy.linalg.slogdet."""
    value = det(m, a)
    return [_sign(m, value), m.log(m.abs(value))]


@define("logdet")
def logdet(m: Arithmetic[N], a: Matrix[N]) -> N:
    """log det, undefined where det < 0; torch.logdet."""
    return m.log(det(m, a))


@define("logdet_spd")
def logdet_spd(m: Arithmetic[N], a: Matrix[N]) -> N:
    """log det of the symmetric part; tf.linalg.logdet."""
    return logdet(m, symmetric_part(a))


@define("inv")
def inv(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """The adjugate over the determinant; Horn and Johnson, Matrix Analysis (2013), section 0.8.2."""
    parts = cofactors(m, a)
    value = m.sum([x * y for x, y in zip(a[0], parts[0], strict=True)])
    return [[parts[j][i] / value for j in range(len(a))] for i in range(len(a))]


@define("inv_spd")
def inv_spd(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """The inverse of the symmetric part."""
    return inv(m, symmetric_part(a))


@define("solve")
def solve(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x with a x = b, by Cramer's rule; Horn and Johnson (2013), section 0.8.3."""
    parts = cofactors(m, a)
    value = m.sum([x * y for x, y in zip(a[0], parts[0], strict=True)])
    return [m.sum([row[j] * y for row, y in zip(parts, b, strict=True)]) / value for j in range(len(a))]


@define("solve_spd")
def solve_spd(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x with s x = b for the symmetric part s of a."""
    return solve(m, symmetric_part(a), b)


@define("solve_lower")
def solve_lower(m: Arithmetic[N], a: Matrix[N], b: Vector[N], *, unit: bool = False) -> Vector[N]:
    """x with L x = b for the lower triangle L of a (unit: with ones on its diagonal), by substitution; Higham (2002), section 8.1."""
    x: Vector[N] = []
    for i, row in enumerate(a):
        rest = m.sum([b[i], *(-(row[j] * x[j]) for j in range(i))])
        x.append(rest if unit else rest / row[i])
    return x


@define("solve_unit_lower")
def solve_unit_lower(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    return solve_lower(m, a, b, unit=True)


@define("solve_lower_transposed")
def solve_lower_transposed(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x with L^T x = b for the lower triangle L of a."""
    return solve_upper(m, transposed(a), b)


@define("solve_upper")
def solve_upper(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x with U x = b for the upper triangle U of a: substitution from the last row up."""
    return solve_lower(m, [row[::-1] for row in a[::-1]], b[::-1])[::-1]


@define("cholesky")
def cholesky(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """L lower triangular with positive diagonal, L L^T the symmetric part of a; Higham (2002), section 10.1."""
    s, n = symmetric_part(a), len(a)
    low: Matrix[N] = [[m.num(0)] * n for _ in range(n)]
    for j in range(n):
        low[j][j] = m.sqrt(m.sum([s[j][j], *(-m.square(low[j][k]) for k in range(j))]))
        for i in range(j + 1, n):
            low[i][j] = m.sum([s[i][j], *(-(low[i][k] * low[j][k]) for k in range(j))]) / low[j][j]
    return low


@define("cholesky_solve")
def cholesky_solve(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x with L L^T x = b for the lower triangle L of a; torch.cholesky_solve."""
    return solve_lower_transposed(m, a, solve_lower(m, a, b))


@define("cholesky_inverse")
def cholesky_inverse(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """(L L^T)^-1 for the lower triangle L of a; torch.cholesky_inverse."""
    n = len(a)
    columns = [solve_lower(m, a, [m.num(int(i == j)) for i in range(n)]) for j in range(n)]
    return [[m.sum([x * y for x, y in zip(columns[i], columns[j], strict=True)]) for j in range(n)] for i in range(n)]


@define("lstsq")
def lstsq(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x that minimises ||a x - b||, for a of full column rank: the normal equations; Higham (2002), section 20.4."""
    across = transposed(a)
    return solve(m, product(m, across, a), [m.sum([x * y for x, y in zip(column, b, strict=True)]) for column in across])


@define("pinv")
def pinv(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """(a^T a)^-1 a^T, for a of full column rank; Higham (2002), section 20.1."""
    across = transposed(a)
    return product(m, inv(m, product(m, across, a)), across)


@define("trace")
def trace(m: Arithmetic[N], a: Matrix[N]) -> N:
    return m.sum([row[i] for i, row in enumerate(a)])


@define("vander")
def vander(m: Arithmetic[N], x: Vector[N]) -> Matrix[N]:
    """Rows 1, x_i, x_i^2, ...; torch.linalg.vander."""
    rows: Matrix[N] = []
    for v in x:
        row = [m.num(1)]
        for _ in x[1:]:
            row.append(row[-1] * v)
        rows.append(row)
    return rows


@define("tridiagonal_solve")
def tridiagonal_solve(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """x with T x = b for the three middle diagonals T of a."""
    return solve(m, [[v if abs(i - j) < 2 else m.num(0) for j, v in enumerate(row)] for i, row in enumerate(a)], b)


@define("tridiagonal_matmul")
def tridiagonal_matmul(m: Arithmetic[N], a: Matrix[N], b: Vector[N]) -> Vector[N]:
    """T b for the three middle diagonals T of a."""
    return [m.sum([v * b[j] for j, v in enumerate(row) if abs(i - j) < 2]) for i, row in enumerate(a)]


def _minors(m: Arithmetic[N], rows: Sequence[Vector[N]]) -> list[Minors[N]]:
    """By number k of rows the minors of the first k, keyed by their columns."""
    n = len(rows[0]) if rows else 0
    levels: list[Minors[N]] = [{(): m.num(1)}, {(j,): rows[0][j] for j in range(n)}] if rows else [{(): m.num(1)}]
    for i in range(1, len(rows)):
        larger: Minors[N] = {}
        for columns in itertools.combinations(range(n), i + 1):
            terms = []
            for place, j in enumerate(columns):
                term = rows[i][j] * levels[-1][columns[:place] + columns[place + 1 :]]
                terms.append(term if (i - place) % 2 == 0 else -term)
            larger[columns] = m.sum(terms)
        levels.append(larger)
    return levels


def cofactors(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """(-1)^(i + j) times the minor without row i and column j: Laplace expansion of each along the rows above i."""
    n = len(a)
    above = _minors(m, a[:-1])
    below = _minors(m, [row[::-1] for row in a[:0:-1]])  # rows and columns from the end: a half turn keeps a determinant
    parts: Matrix[N] = []
    for i in range(n):
        row = []
        for j in range(n):
            others = [c for c in range(n) if c != j]
            terms = []
            for chosen in itertools.combinations(range(n - 1), i):
                first = tuple(others[c] for c in chosen)
                rest = tuple(sorted(n - 1 - c for c in others if c not in first))
                term = above[i][first] * below[n - 1 - i][rest]
                odd = (sum(chosen) - i * (i - 1) // 2 + i + j) % 2
                terms.append(-term if odd else term)
            row.append(m.sum(terms))
        parts.append(row)
    return parts


def symmetric_part(a: Matrix[N]) -> Matrix[N]:
    """(a + a^T) / 2, of a symmetric matrix itself: what frameworks that read one triangle differentiate is the function of this."""
    n = len(a)
    return [[a[i][j] if i == j else (a[i][j] + a[j][i]) / 2 for j in range(n)] for i in range(n)]


def transposed(a: Matrix[N]) -> Matrix[N]:
    return [list(column) for column in zip(*a, strict=True)]


def product(m: Arithmetic[N], a: Matrix[N], b: Matrix[N]) -> Matrix[N]:
    columns = transposed(b)
    return [[m.sum([x * y for x, y in zip(row, column, strict=True)]) for column in columns] for row in a]


def _sign(m: Arithmetic[N], x: N) -> N:
    """-1, 0, 1."""
    return m.where(m.lt(x, 0), lambda: m.num(-1), lambda: m.where(m.lt(0, x), lambda: m.num(1), lambda: m.num(0)))
