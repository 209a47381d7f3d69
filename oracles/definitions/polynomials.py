"""Classical orthogonal polynomials, by their recurrences in the degree; DLMF 18.9."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define


def _recurrence(m: Arithmetic[N], n: int, first: N, step: Callable[[int, N, N], N]) -> N:
    """p_n from p_0 = 1, p_1 = first and p_(k+1) = step(k, p_k, p_(k-1))."""
    before, now = m.num(1), first
    for k in range(1, n):
        before, now = now, step(k, now, before)
    return now if n > 0 else m.num(1)


def _chebyshev(m: Arithmetic[N], n: int, x: N, first: N) -> N:
    return _recurrence(m, n, first, lambda k, now, before: 2 * x * now - before)


@define("chebyshev_polynomial_t")
def chebyshev_polynomial_t(m: Arithmetic[N], x: N, n: int) -> N:
    """T_n; DLMF 18.9.1, table 18.9.1."""
    return _chebyshev(m, n, x, x)


@define("chebyshev_polynomial_u")
def chebyshev_polynomial_u(m: Arithmetic[N], x: N, n: int) -> N:
    """U_n; DLMF 18.9.1, table 18.9.1."""
    return _chebyshev(m, n, x, 2 * x)


@define("chebyshev_polynomial_v")
def chebyshev_polynomial_v(m: Arithmetic[N], x: N, n: int) -> N:
    """V_n, cos((n + 1/2) t) / cos(t/2) at x = cos t; Mason and Handscomb, Chebyshev Polynomials (2003), 1.2.3."""
    return _chebyshev(m, n, x, 2 * x - 1)


@define("chebyshev_polynomial_w")
def chebyshev_polynomial_w(m: Arithmetic[N], x: N, n: int) -> N:
    """W_n, sin((n + 1/2) t) / sin(t/2) at x = cos t; Mason and Handscomb, Chebyshev Polynomials (2003), 1.2.3."""
    return _chebyshev(m, n, x, 2 * x + 1)


@define("shifted_chebyshev_polynomial_t")
def shifted_chebyshev_polynomial_t(m: Arithmetic[N], x: N, n: int) -> N:
    """T_n(2x - 1); DLMF 18.1.3."""
    return chebyshev_polynomial_t(m, 2 * x - 1, n)


@define("shifted_chebyshev_polynomial_u")
def shifted_chebyshev_polynomial_u(m: Arithmetic[N], x: N, n: int) -> N:
    """U_n(2x - 1); DLMF 18.1.3."""
    return chebyshev_polynomial_u(m, 2 * x - 1, n)


@define("shifted_chebyshev_polynomial_v")
def shifted_chebyshev_polynomial_v(m: Arithmetic[N], x: N, n: int) -> N:
    """V_n(2x - 1)."""
    return chebyshev_polynomial_v(m, 2 * x - 1, n)


@define("shifted_chebyshev_polynomial_w")
def shifted_chebyshev_polynomial_w(m: Arithmetic[N], x: N, n: int) -> N:
    """W_n(2x - 1)."""
    return chebyshev_polynomial_w(m, 2 * x - 1, n)


@define("hermite_polynomial_h")
def hermite_polynomial_h(m: Arithmetic[N], x: N, n: int) -> N:
    """The physicist's H_n; DLMF table 18.9.1."""
    return _recurrence(m, n, 2 * x, lambda k, now, before: 2 * x * now - 2 * k * before)


@define("hermite_polynomial_he")
def hermite_polynomial_he(m: Arithmetic[N], x: N, n: int) -> N:
    """The probabilist's He_n; DLMF table 18.9.1."""
    return _recurrence(m, n, x, lambda k, now, before: x * now - k * before)


@define("laguerre_polynomial_l")
def laguerre_polynomial_l(m: Arithmetic[N], x: N, n: int) -> N:
    """L_n; DLMF table 18.9.1 with alpha = 0."""
    return _recurrence(m, n, 1 - x, lambda k, now, before: ((2 * k + 1 - x) * now - k * before) * Fraction(1, k + 1))


@define("legendre_polynomial_p")
def legendre_polynomial_p(m: Arithmetic[N], x: N, n: int) -> N:
    """P_n; DLMF table 18.9.1."""
    return _recurrence(m, n, x, lambda k, now, before: ((2 * k + 1) * x * now - k * before) * Fraction(1, k + 1))
