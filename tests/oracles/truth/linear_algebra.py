"""Linear algebra: exact elimination over the rationals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth, by_fractions, fractions, to_mpf

Row = list[Fraction]
Rows = list[Row]


def by_rationals(function: Any) -> Truth:
    """Exact rational arithmetic, whose result is nested lists."""

    def converted(value: Any) -> Any:
        return [converted(v) for v in value] if isinstance(value, list) else to_mpf(value)

    return lambda *numbers, **params: converted(function(*(fractions(v) for v in numbers), **params))


def _det(a: Rows) -> Fraction:
    rows, total = [list(row) for row in a], Fraction(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            rows[k], rows[pivot], total = rows[pivot], rows[k], -total
        total *= rows[k][k]
        for row in rows[k + 1 :]:
            factor = row[k] / rows[k][k]
            row[:] = [v - factor * w for v, w in zip(row, rows[k], strict=True)]
    return total


def solved(a: Rows, b: Rows) -> Rows:
    """a^-1 b by Gauss and Jordan; ZeroDivisionError where a is singular."""
    n = len(a)
    rows = [[*x, *y] for x, y in zip(a, b, strict=True)]
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), k)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [v - rows[i][k] * w for v, w in zip(rows[i], rows[k], strict=True)]
    return [row[n:] for row in rows]


def identity(n: int) -> Rows:
    return [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]


def times(a: Rows, b: Rows) -> Rows:
    return [[sum((x * y for x, y in zip(row, column, strict=True)), row[0] * 0) for column in zip(*b, strict=True)] for row in a]


def flipped(a: Rows) -> Rows:
    return [list(column) for column in zip(*a, strict=True)]


def lower(a: Rows, *, unit: bool = False) -> Rows:
    return [[Fraction(int(i == j)) if unit and i == j else v * (j <= i) for j, v in enumerate(row)] for i, row in enumerate(a)]


def _middle(a: Rows) -> Rows:
    return [[v * (abs(i - j) <= 1) for j, v in enumerate(row)] for i, row in enumerate(a)]


def _solve(a: Rows, b: Row) -> Row:
    return [row[0] for row in solved(a, [[v] for v in b])]


def _square(a: Rows) -> Rows:
    return times(a, flipped(a))


def _log_det(a: Any) -> Any:
    value = _det(fractions(a))
    return mp.log(to_mpf(value)) if value > 0 else mp.nan


def _slogdet(a: Any) -> Any:
    value = _det(fractions(a))
    return [1 if value > 0 else -1, mp.log(abs(to_mpf(value)))]


def _cholesky(a: Any) -> Any:
    """By the quotients of minors: l_ij = det(a[1..j-1, i; 1..j]) / sqrt(d_(j-1) d_j); Gantmacher, The Theory of Matrices I, II.4."""
    exact, n = fractions(a), len(a)
    leading = [_det([row[:k] for row in exact[:k]]) if k else Fraction(1) for k in range(n + 1)]

    def entry(i: int, j: int) -> Any:
        if j > i:
            return mp.mpf(0)
        rows = [*exact[:j], exact[i]]
        return to_mpf(_det([row[: j + 1] for row in rows])) / mp.sqrt(to_mpf(leading[j] * leading[j + 1]))

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _least_squares(a: Rows, b: Row) -> Row:
    """From the augmented system (I a; a^T 0)(r; x) = (b; 0)."""
    rows, n = len(a), len(a[0])
    system = [[*identity(rows)[i], *a[i]] for i in range(rows)] + [[*column, *([Fraction(0)] * n)] for column in flipped(a)]
    return _solve(system, [*b, *([Fraction(0)] * n)])[rows:]


TRUTH: dict[str, Truth] = {
    "det": by_fractions(_det),
    "slogdet": _slogdet,
    "logdet": _log_det,
    "logdet_spd": _log_det,
    "inv": by_rationals(lambda a: solved(a, identity(len(a)))),
    "inv_spd": by_rationals(lambda a: solved(a, identity(len(a)))),
    "solve": by_rationals(_solve),
    "solve_spd": by_rationals(_solve),
    "solve_lower": by_rationals(lambda a, b: _solve(lower(a), b)),
    "solve_upper": by_rationals(lambda a, b: _solve(flipped(lower(flipped(a))), b)),
    "solve_unit_lower": by_rationals(lambda a, b: _solve(lower(a, unit=True), b)),
    "solve_lower_transposed": by_rationals(lambda a, b: _solve(flipped(lower(a)), b)),
    "cholesky": _cholesky,
    "cholesky_solve": by_rationals(lambda a, b: _solve(_square(lower(a)), b)),
    "cholesky_inverse": by_rationals(lambda a: solved(_square(lower(a)), identity(len(a)))),
    "lstsq": by_rationals(_least_squares),
    "pinv": by_rationals(lambda a: flipped([_least_squares(a, e) for e in identity(len(a))])),
    "trace": by_fractions(lambda a: sum(a[i][i] for i in range(len(a)))),
    "vander": by_rationals(lambda x: [[v**k for k in range(len(x))] for v in x]),
    "tridiagonal_solve": by_rationals(lambda a, b: _solve(_middle(a), b)),
    "tridiagonal_matmul": by_rationals(lambda a, b: [row[0] for row in times(_middle(a), [[v] for v in b])]),
}
