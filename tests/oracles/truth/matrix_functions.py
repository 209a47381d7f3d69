"""Functions of matrices."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, fractions, to_mpf
from tests.oracles.truth.linear_algebra import Rows, by_rationals, flipped, identity, solved, times


def _characteristic(a: Rows) -> list[Fraction]:
    """The coefficients of det(x I - a), the leading one first, by Faddeev and LeVerrier."""
    n = len(a)
    coefficients, work = [Fraction(1)], identity(n)
    for k in range(1, n + 1):
        work = times(a, work)
        coefficients.append(-sum((work[i][i] for i in range(n)), Fraction(0)) / k)
        work = [[v + coefficients[-1] * (i == j) for j, v in enumerate(row)] for i, row in enumerate(work)]
    return coefficients


def _gcd(p: list[Fraction], q: list[Fraction]) -> list[Fraction]:
    while q:
        rest = list(p)
        while len(rest) >= len(q):
            factor = rest[0] / q[0]
            rest = [v - factor * w for v, w in zip(rest, [*q, *([Fraction(0)] * (len(rest) - len(q)))], strict=True)][1:]
        while rest and rest[0] == 0:
            rest = rest[1:]
        p, q = q, [v / rest[0] for v in rest] if rest else []
    return [v / p[0] for v in p]


def _roots(p: list[Fraction]) -> list[Any]:
    """All real roots of a polynomial that has no others, ascending: of its part without multiple roots by bisection between those of its
    derivative; multiple ones again from what is left."""
    n = len(p) - 1
    if n == 0:
        return []
    if n == 1:
        return [to_mpf(-p[1] / p[0])]
    slope = [v * (n - i) for i, v in enumerate(p[:-1])]
    common = _gcd(p, slope)
    if len(common) > 1:
        simple, rest = [], list(p)
        while len(rest) >= len(common):
            simple.append(rest[0] / common[0])
            rest = [
                v - simple[-1] * w for v, w in zip(rest, [*common, *([Fraction(0)] * (len(rest) - len(common)))], strict=True)
            ][1:]
        return sorted(_roots(simple) + _roots(common))
    bound = to_mpf(1 + max(abs(v) for v in p[1:]) / abs(p[0]))
    ends = [-bound, *_roots(slope), bound]
    exact = [to_mpf(v) for v in p]
    return [_bisected(exact, low, high) for low, high in itertools.pairwise(ends)]


def _bisected(p: list[Any], low: Any, high: Any) -> Any:
    """The root between two extrema to 220 bits, relatively."""
    falling = mp.polyval(p, high) < 0 or mp.polyval(p, low) > 0
    while high - low > mp.ldexp(max(abs(low), abs(high)), -220) and high - low > mp.eps:
        middle = (low + high) / 2
        low, high = (middle, high) if (mp.polyval(p, middle) > 0) == falling else (low, middle)
    return (low + high) / 2


def _eigenvalues(a: Any) -> Any:
    return _roots(_characteristic(fractions(a)))


def _singular_values(a: Any) -> Any:
    exact = fractions(a)
    return [mp.sqrt(abs(v)) for v in reversed(_roots(_characteristic(times(flipped(exact), exact))))]


def _tridiagonal(a: Any, b: Any) -> Any:
    n = len(a)
    return _eigenvalues([[a[i] if i == j else b[min(i, j)] if abs(i - j) == 1 else mpf(0) for j in range(n)] for i in range(n)])


def _expm(a: Any) -> Any:
    return mp.expm(mp.matrix(a), method="pade").tolist()


def _frechet(a: Any, e: Any) -> Any:
    """The central difference, at a step far below the precision compared."""
    step = mpf(2) ** -200
    up, down = (mp.expm(mp.matrix(a) + s * step * mp.matrix(e), method="taylor") for s in (1, -1))
    return ((up - down) / (2 * step)).tolist()


def _power(a: Rows, power: int) -> Rows:
    base = solved(a, identity(len(a))) if power < 0 else a
    out = identity(len(a))
    for _ in range(abs(power)):
        out = times(out, base)
    return out


def _norm(a: Any, ord: Any) -> Any:
    if ord in ("nuc", 2):
        return mp.fsum(_singular_values(a)) if ord == "nuc" else _singular_values(a)[0]
    return mp.mnorm(mp.matrix(a), {"fro": "f", 1: 1, math.inf: mp.inf}[ord])


def _cond(a: Any, p: Any) -> Any:
    if p == 2:
        values = _singular_values(a)
        return values[0] / values[-1]
    inverse = by_rationals(lambda a: solved(a, identity(len(a))))(a)
    return mp.mnorm(mp.matrix(a), p) * mp.mnorm(mp.matrix(inverse), p)


TRUTH: dict[str, Truth] = {
    "eigvalsh": Checked(_eigenvalues, agree=1e-40, points=24),
    "svdvals": Checked(_singular_values, agree=1e-40, points=24),
    "eigvalsh_tridiagonal": Checked(_tridiagonal, agree=1e-40, points=24),
    "matrix_exp": Checked(_expm, bits=600, agree=1e-40, points=24, draw=lambda rng, n: [_small(rng, n)]),
    "matrix_exp_frechet": Checked(
        _frechet, bits=1000, agree=1e-25, points=24, draw=lambda rng, n: [_small(rng, n), _small(rng, n)]
    ),
    "matrix_power": by_rationals(_power),
    "matrix_norm": Checked(_norm, agree=1e-40, points=24),
    "cond": Checked(_cond, agree=1e-40, points=24),
}


def _small(rng: Any, n: int) -> Any:
    return [[rng.choice([0.0, 1e-8, rng.gauss(0, 1), rng.gauss(0, 4)]) for _ in range(n)] for _ in range(n)]
