"""Functions of the numbers of a matrix: its eigenvalues, its singular values, the entries of its exponential.

Their first arguments are places (exact integers), the others the matrix row by row (of symmetric ones the lower triangle).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import flint
import numpy as np
from flint import arb, arb_mat
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N
from ulpfuzz.oracles.arithmetic.special import Slope, Special
from ulpfuzz.oracles.definitions.linear_algebra import cofactors, product, transposed
from ulpfuzz.oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64

T = TypeVar("T")

#: Matrices whose functions are remembered: the places of one come in turn, and its derivatives in all directions.
REMEMBERED = 256


# -- rigorous: Arb


def _remembered(function: Callable[[list[arb]], T]) -> Callable[[list[arb]], T]:
    """The last answers, by the bits of the balls and the precision."""
    known: OrderedDict[tuple[object, ...], T] = OrderedDict()

    def answer(entries: list[arb]) -> T:
        key = (flint.ctx.prec, *(x.mid().man_exp() + x.rad().man_exp() if x.is_finite() else None for x in entries))
        if key not in known:
            known[key] = function(entries)
            if len(known) > REMEMBERED:
                known.popitem(last=False)
        return known[key]

    return answer


def _symmetric(entries: Sequence[T], n: int) -> list[list[T]]:
    """The matrix of a lower triangle."""
    return [[entries[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(n)] for i in range(n)]


def _order(entries: Sequence[object]) -> int:
    return (math.isqrt(8 * len(entries) + 1) - 1) // 2


@_remembered
def _eigenvalues(entries: list[arb]) -> list[arb] | None:
    """Ascending, by a similarity that is nearly diagonal and nearly orthogonal.

    With Q^T Q = I + E, ||E|| <= e < 1, the eigenvalues of B = Q^T A Q are those of A, each times a number of [1 - e, 1 + e] (Ostrowski;
    Horn and Johnson, Matrix Analysis, 2013, theorem 4.5.9), and lie within ||B - diag B|| of B's diagonal, both in order (Weyl, corollary
    4.3.15). Both hold whatever Q is.
    """
    n = _order(entries)
    a = _symmetric(entries, n)
    context = _context(flint.ctx.prec + 16)
    try:
        _, vectors = context.eigsy(context.matrix([[_mpf(context, x) for x in row] for row in a]))
    except (RuntimeError, ArithmeticError):  # no convergence
        return None
    q = arb_mat([[_arb(vectors[i, j]) for j in range(n)] for i in range(n)])
    return _diagonal(q.transpose() * arb_mat(a) * q, [q])


@_remembered
def _singular_values(entries: list[arb]) -> list[arb] | None:
    """Descending, by U^T A V likewise (Horn and Johnson, Topics in Matrix Analysis, 1991, theorem 3.3.16 and corollary 7.3.5)."""
    n = math.isqrt(len(entries))
    a = [entries[i * n : (i + 1) * n] for i in range(n)]
    context = _context(flint.ctx.prec + 16)
    try:
        left, _, right = context.svd_r(context.matrix([[_mpf(context, x) for x in row] for row in a]))
    except (RuntimeError, ArithmeticError):  # no convergence
        return None
    u = arb_mat([[_arb(left[i, j]) for j in range(n)] for i in range(n)])
    v = arb_mat([[_arb(right[j, i]) for j in range(n)] for i in range(n)])
    values = _diagonal(u.transpose() * arb_mat(a) * v, [u, v], magnitudes=True)
    return None if values is None else values[::-1]


def _diagonal(b: arb_mat, factors: list[arb_mat], *, magnitudes: bool = False) -> list[arb] | None:
    """The ordered diagonal of b, widened by what is beside it and by how far the factors are from orthogonal."""
    n = b.nrows()
    square = arb(0)
    for i in range(n):
        for j in range(n):
            square += b[i, j].abs_upper() ** 2 if i != j else arb(0)
    beside = square.sqrt().abs_upper()
    scale = arb(1)
    for q in factors:
        e = _frobenius(q.transpose() * q - arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)]))
        if not e < 0.5:
            return None
        scale *= arb(1, e) if len(factors) == 1 else arb(1, e).sqrt()
    diagonal = [abs(b[i, i]) if magnitudes else b[i, i] for i in range(n)]
    if not all(d.is_finite() for d in diagonal) or not beside.is_finite():
        return None
    lows, highs = sorted((d.lower() for d in diagonal), key=_Sorted), sorted((d.upper() for d in diagonal), key=_Sorted)
    values = [(low - beside).union(high + beside) / scale for low, high in zip(lows, highs, strict=True)]
    return [v.nonnegative_part() for v in values] if magnitudes else values


class _Sorted:
    """Exact numbers, by size."""

    def __init__(self, value: arb) -> None:
        self.value = value

    def __lt__(self, other: _Sorted) -> bool:
        return bool(self.value < other.value)


def _frobenius(a: arb_mat) -> arb:
    total = arb(0)
    for x in a.entries():
        total += x.abs_upper() ** 2
    return total.sqrt().abs_upper()


def _context(bits: int) -> MPContext:
    context = MPContext()
    context.prec = bits
    return context


def _mpf(context: MPContext, x: arb) -> mpf:
    mantissa, exponent = x.mid().man_exp()
    return context.ldexp(context.mpf(int(mantissa)), int(exponent))


def _arb(x: mpf) -> arb:
    sign, mantissa, exponent, _ = x._mpf_
    return arb((int(-mantissa if sign else mantissa), int(exponent)))


@_remembered
def _exponential(entries: list[arb]) -> list[arb]:
    n = math.isqrt(len(entries))
    exponential: list[arb] = arb_mat(n, n, entries).exp().entries()
    return exponential


def _place(x: arb) -> int:
    return int(float(x))


def arb_symmetric_eigenvalue(k: arb, *entries: arb) -> arb:
    eigenvalues = _eigenvalues(list(entries)) if all(x.is_finite() for x in entries) else None
    return arb.nan() if eigenvalues is None else eigenvalues[_place(k)]


def arb_singular_value(k: arb, *entries: arb) -> arb:
    values = _singular_values(list(entries)) if all(x.is_finite() for x in entries) else None
    return arb.nan() if values is None else values[_place(k)]


def arb_exponential_entry(i: arb, j: arb, *entries: arb) -> arb:
    if not all(x.is_finite() for x in entries):
        return arb.nan()
    entry: arb = _exponential(list(entries))[_place(i) * math.isqrt(len(entries)) + _place(j)]
    return entry


# -- mpmath


def mp_symmetric_eigenvalue(mp: MPContext, k: mpf, *entries: mpf) -> mpf:
    n = next(n for n in range(1, len(entries) + 1) if n * (n + 1) // 2 == len(entries))
    place = [[max(i, j) * (max(i, j) + 1) // 2 + min(i, j) for j in range(n)] for i in range(n)]
    values = sorted(mp.eigsy(mp.matrix([[entries[p] for p in row] for row in place]), eigvals_only=True))
    largest = max(abs(v) for v in values)
    eigenvalue = values[int(k)]
    return eigenvalue if abs(eigenvalue) > largest * mp.ldexp(1, 24 - mp.prec) else mp.mpf(0)  # rounding errors of the others


def mp_singular_value(mp: MPContext, k: mpf, *entries: mpf) -> mpf:
    n = next(n for n in range(1, len(entries) + 1) if n * n == len(entries))
    values = sorted(mp.svd_r(mp.matrix([list(entries[i * n : (i + 1) * n]) for i in range(n)]), compute_uv=False), reverse=True)
    value = values[int(k)]
    return value if value > values[0] * mp.ldexp(1, 24 - mp.prec) else mp.mpf(0)  # rounding errors of the others


def mp_exponential_entry(mp: MPContext, i: mpf, j: mpf, *entries: mpf) -> mpf:
    """Taylor's series of the matrix divided by a power of two, squared as often; with guard digits for what each squaring loses."""
    n = next(n for n in range(1, len(entries) + 1) if n * n == len(entries))
    if len(getattr(mp, "exponentials", ())) % 256 == 0:  # the entries of one matrix, or of a few dozen, come in turn
        mp.exponentials = {}
    known, key = mp.exponentials, (mp.prec, entries)
    if key not in known:
        a = mp.matrix([list(entries[r * n : (r + 1) * n]) for r in range(n)])
        size = mp.mnorm(a, 1)
        halvings = max(0, int(mp.ceil(mp.log(size, 2))) + 8) if size else 0
        with mp.workprec(mp.prec + 4 * halvings + 64):
            step = a / mp.ldexp(1, halvings)
            term = total = mp.eye(n)
            k = 0
            while mp.mnorm(term, 1) > mp.ldexp(1, -mp.prec) and k < 10000:
                k += 1
                term = term * step / k
                total = total + term
            for _ in range(halvings):
                total = total * total
        known[key] = total
    return known[key][int(i), int(j)]


# -- binary64: LAPACK, whose eigenvalues and singular values are those of a matrix within a small multiple of n u ||A|| (LAPACK Users'
# Guide, 4.7 and 4.9); tests validate the multiple against Arb


def _by_lapack(m: Ball64, balls: Sequence[Ball], k: Ball, place: list[list[int]], function: Callable[[Column], Column]) -> Ball:
    if np.dtype(m.dtype) != np.float64:
        return m.unknown(*balls)
    n = len(place)
    with np.errstate(all="ignore"):
        mids = np.stack(np.broadcast_arrays(*(b.mid for b in balls)), axis=-1)
        radii = np.stack(np.broadcast_arrays(*(b.radius() for b in balls)), axis=-1)
        largest = np.abs(mids).max(axis=-1)
        usual = np.isfinite(largest) & np.isfinite(radii).all(axis=-1)
        exponent = np.frexp(np.where(usual, largest, 1.0))[1]
        scaled = np.ldexp(np.where(usual[..., np.newaxis], mids, 0.0), -exponent[..., np.newaxis])
        spread = np.ldexp(np.where(usual[..., np.newaxis], radii, 0.0), -exponent[..., np.newaxis])
        matrices = scaled[..., np.asarray(place)]
        size = np.sqrt((matrices**2).sum(axis=(-1, -2)))
        wide = np.sqrt((spread[..., np.asarray(place)] ** 2).sum(axis=(-1, -2)))
        values = function(matrices)[..., int(k.mid.flat[0])]
        radius = np.ldexp(MULTIPLE * n * 2.0**-53 * size + 1.01 * wide + 2.0**-1000, exponent) + 2.0**-1060
    bad = reduce(m._either, (b.bad for b in balls))
    return Ball(m, np.ldexp(values, exponent), np.where(usual & np.isfinite(radius), radius, np.inf), bad)


#: Validated by tests/oracles/test_spectra.py.
MULTIPLE = 64


def ball64_symmetric_eigenvalue(m: Ball64, k: Ball, *balls: Ball) -> Ball:
    n = _order(balls)
    return _by_lapack(m, balls, k, _symmetric(range(len(balls)), n), np.linalg.eigvalsh)


def ball64_singular_value(m: Ball64, k: Ball, *balls: Ball) -> Ball:
    n = math.isqrt(len(balls))
    place = [list(range(i * n, (i + 1) * n)) for i in range(n)]
    return _by_lapack(m, balls, k, place, lambda a: np.linalg.svd(a, compute_uv=False))


# -- derivatives


class _Slopes(tuple[Slope, ...]):
    """One rule for all numbers of a matrix of any order: (m, value, *numbers) -> the partial derivatives by all of them.

    The numbers at places in front are constants. An empty tuple to those who count.
    """

    def __new__(cls, rule: Callable[..., list[N]]) -> _Slopes:
        slopes = super().__new__(cls)
        slopes.rule = _latest(rule)  # type: ignore[attr-defined]
        return slopes

    def __getitem__(self, place: object) -> Any:
        return lambda m, value, *numbers: self.rule(m, value, *numbers)[place]  # type: ignore[attr-defined]


def _latest(rule: Callable[..., list[N]]) -> Callable[..., list[N]]:
    """Keeps the rule's last answer: a tape needs one partial derivative after the other."""
    last: list[Any] = [(), None]

    def answer(*arguments: object) -> list[N]:
        if len(last[0]) != len(arguments) or any(a is not b for a, b in zip(last[0], arguments, strict=True)):
            last[:] = [arguments, rule(*arguments)]
        slopes: list[N] = last[1]
        return slopes

    return answer


def _projector(m: Arithmetic[N], a: Matrix[N], value: N) -> Matrix[N]:
    """v v^T of a simple eigenvalue of a symmetric matrix: the adjugate of a - value I over its trace (Horn and Johnson, 2013, 1.4.11)."""
    n = len(a)
    parts = cofactors(m, [[a[i][j] - value if i == j else a[i][j] for j in range(n)] for i in range(n)])
    total = m.sum([parts[i][i] for i in range(n)])
    return [[part / total for part in row] for row in parts]


def _eigenvalue_slopes(m: Arithmetic[N], value: N, k: N, *entries: N) -> list[N]:
    n = _order(entries)
    v = _projector(m, _symmetric(entries, n), value)
    return [m.num(0), *(v[i][j] if i == j else 2 * v[i][j] for i in range(n) for j in range(i + 1))]


def _singular_value_slopes(m: Arithmetic[N], value: N, k: N, *entries: N) -> list[N]:
    """u v^T with v that of a^T a and u = a v / value."""
    n = math.isqrt(len(entries))
    a = [list(entries[i * n : (i + 1) * n]) for i in range(n)]
    v = _projector(m, product(m, transposed(a), a), m.square(value))
    return [m.num(0), *(x / value for row in product(m, a, v) for x in row)]


def _exponential_slopes(m: Arithmetic[N], value: N, i: N, j: N, *entries: N) -> list[N]:
    """By the number in row p, column q: entry (i, n + j) of exp([[a, e], [0, a]]), e zero but for a 1 there (Higham, Functions of
    Matrices, 2008, theorem 3.6)."""
    n = math.isqrt(len(entries))
    a = [list(entries[r * n : (r + 1) * n]) for r in range(n)]
    zero, slopes = m.num(0), [m.num(0), m.num(0)]
    for p in range(n):
        for q in range(n):
            top = [[*a[r], *(m.num(int((r, c) == (p, q))) for c in range(n))] for r in range(n)]
            block = [*top, *([*([zero] * n), *row] for row in a)]
            slopes.append(m.exponential_entry(i, j + n, *(x for row in block for x in row)))
    return slopes


FUNCTIONS = [
    Special(
        "symmetric_eigenvalue", arb=arb_symmetric_eigenvalue, mp=mp_symmetric_eigenvalue, ball64=ball64_symmetric_eigenvalue,
        slopes=_Slopes(_eigenvalue_slopes), weight=1500.0, source="Horn and Johnson, Matrix Analysis (2013), chapter 4",
    ),
    Special(
        "singular_value", arb=arb_singular_value, mp=mp_singular_value, ball64=ball64_singular_value,
        slopes=_Slopes(_singular_value_slopes), weight=1500.0, source="Horn and Johnson, Topics in Matrix Analysis (1991), chapter 3",
    ),
    Special(
        "exponential_entry", arb=arb_exponential_entry, mp=mp_exponential_entry, slopes=_Slopes(_exponential_slopes), weight=100.0,
        source="Higham, Functions of Matrices (2008), chapter 10",
    ),
]  # fmt: skip
