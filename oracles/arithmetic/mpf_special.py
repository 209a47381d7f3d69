"""Special functions on mpmath's raw numbers: the same contract as in `mpf_elementary`.

Where mpmath loses digits (digamma and lgamma near their roots, at any precision) the value is computed again with as many more
bits as its smallness took away; where it is slow or does not converge (polygamma far left, erfinv near one) the formula is here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from mpmath import MPContext, libmp, mpf

from ulpfuzz.oracles.arithmetic.mpf_elementary import (
    EXP_MAGNITUDE,
    GUARD,
    HALF,
    INF,
    MINUS_ONE,
    NAN,
    NINF,
    ONE,
    TWO,
    ZERO,
    Raw,
    cospi,
    finite,
    in_unit,
    is_integer,
    log,
    magnitude,
    one_minus,
    sinpi,
)  # fmt: skip


@lru_cache(maxsize=32)
def _context(bits: int) -> MPContext:
    """A context of that precision, of our own: mpmath.mp belongs to the caller."""
    context = MPContext()
    context.prec = bits
    return context


def erf(x: Raw, bits: int) -> Raw:
    if finite(x) and magnitude(x) > EXP_MAGNITUDE // 2:
        return MINUS_ONE if x[0] else ONE
    return libmp.mpf_erf(x, bits, "n")


def erfc(x: Raw, bits: int) -> Raw:
    if finite(x) and magnitude(x) > EXP_MAGNITUDE // 2:
        return TWO if x[0] else ZERO
    return libmp.mpf_erfc(x, bits, "n")


def erfinv(x: Raw, bits: int) -> Raw:
    """Newton's method on erf(y) = x for |x| <= 1/2, on log erfc(y) = log(1 - |x|) beyond, the difference exact."""
    if not in_unit(x):
        return NAN
    size = libmp.mpf_abs(x)
    if size == ONE or x == ZERO:
        return ZERO if x == ZERO else NINF if x[0] else INF
    wide = bits + GUARD
    y = _erfinv_small(size, wide) if libmp.mpf_le(size, HALF) else _erfcinv(one_minus(size, wide), wide)
    return libmp.mpf_neg(y) if x[0] else y


def _erfinv_small(x: Raw, bits: int) -> Raw:
    """From the series' first terms (DLMF 7.17.2); the relative error squares at each step."""
    c = _context(bits)
    target, slope = c.make_mpf(x), c.sqrt(c.pi) / 2
    y = target * slope * (1 + c.pi * target * target / 12)
    while True:
        step = (c.make_mpf(erf(y._mpf_, bits)) - target) * slope * c.exp(y * y)
        y = y - step
        if _negligible(step, y, bits):
            return y._mpf_


def _erfcinv(complement: Raw, bits: int) -> Raw:
    """On the concave y -> log erfc(y), for 0 < complement < 1/2."""
    c = _context(bits)
    target = c.make_mpf(log(complement, bits))
    y = c.sqrt(max(c.mpf(1) / 8, -target - c.log(1 + 2 * c.sqrt(-target))))
    while True:
        tail = c.make_mpf(erfc(y._mpf_, bits))
        step = (c.log(tail) - target) * tail * c.sqrt(c.pi) / 2 * c.exp(y * y)
        y = y + step
        if _negligible(step, y, bits):
            return y._mpf_


def _negligible(step: mpf, y: mpf, bits: int) -> bool:
    """Newton's next step is the square of this one, so half the digits are enough; a quarter of a guard is left for rounding."""
    return bool(step._mpf_ == ZERO or magnitude(step._mpf_) < magnitude(y._mpf_) - bits + GUARD // 2)


def _restored(function: Callable[[int], Raw], bits: int) -> Raw:
    """A value that function(b) gives to about 2^-b absolutely, evaluated with as many more bits as its smallness takes away."""
    guard = GUARD
    while True:
        value = function(bits + guard)
        lost = bits + guard if value == ZERO else max(0, -magnitude(value))
        if lost + GUARD <= guard:
            return value
        guard = lost + 2 * GUARD


def lgamma(x: Raw, bits: int) -> Raw:
    """log |Gamma(x)|; below 1/2 by reflection (DLMF 5.5.3); +inf at the poles."""
    if not finite(x):
        return INF if x == INF else NAN
    if _at_pole(x):
        return INF
    if x in (ONE, TWO):
        return ZERO
    return _restored(lambda b: _lgamma(x, b), bits)


def _lgamma(x: Raw, bits: int) -> Raw:
    if libmp.mpf_ge(x, HALF):
        return libmp.mpf_loggamma(x, bits, "n")
    wide = bits + GUARD
    quotient = libmp.mpf_div(libmp.mpf_pi(wide), libmp.mpf_abs(sinpi(x, wide)), wide)
    mirrored = libmp.mpf_loggamma(one_minus(x, bits), wide + max(0, magnitude(x)), "n")
    return libmp.mpf_sub(log(quotient, wide), mirrored, bits, "n")


def digamma(x: Raw, bits: int) -> Raw:
    """Its roots are irrational, so that raised precision always finds the leading digits; nan at the poles."""
    if not finite(x):
        return INF if x == INF else NAN
    return NAN if _at_pole(x) else _restored(lambda b: libmp.mpf_psi0(x, b, "n"), bits)


def polygamma(n: int, x: Raw, bits: int) -> Raw:
    """The n-th derivative of digamma, n >= 1: asymptotic series after recurrence (DLMF 5.15.5, 5.15.8), reflected below 1/2
    (DLMF 5.15.6). mpmath's own psi takes seconds for large negative arguments. At poles +inf for odd n, nan for even n.
    """
    if not finite(x):
        return ZERO if x == INF else NAN
    if _at_pole(x):
        return INF if n % 2 else NAN
    return _restored(lambda b: _polygamma(n, x, b), bits)


def _at_pole(x: Raw) -> bool:
    return is_integer(x) and (bool(x[0]) or x == ZERO)


def _polygamma(n: int, x: Raw, bits: int) -> Raw:
    wide = bits + GUARD
    c = _context(wide)
    if not libmp.mpf_lt(x, HALF):
        return _polygamma_right(c, n, c.make_mpf(x))._mpf_
    # (-1)^n psi_n(1 - x) = psi_n(x) + d^n/dx^n (pi cot(pi x))
    cotangent = c.make_mpf(cospi(x, wide)) / c.make_mpf(sinpi(x, wide))
    mirrored = _polygamma_right(c, n, c.make_mpf(one_minus(x, bits)))
    return ((-1) ** n * mirrored - c.pi ** (n + 1) * _cotangent_derivative(n, cotangent))._mpf_


def _cotangent_derivative(n: int, c: mpf) -> mpf:
    """The n-th derivative of cot, a polynomial of its value c: c' = -(1 + c^2)."""
    coefficients = [0, 1]
    for _ in range(n):
        slope = [k * a for k, a in enumerate(coefficients)][1:]
        coefficients = [-(a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    total = 0 * c
    for a in reversed(coefficients):
        total = total * c + a
    return total


@lru_cache(maxsize=4096)
def _bernoulli(n: int) -> tuple[int, int]:
    """B_n as a fraction; mpmath's own at each precision anew cost more than the rest of a series."""
    numerator, denominator = libmp.bernfrac(n)
    return int(numerator), int(denominator)


def _polygamma_right(c: MPContext, n: int, x: mpf) -> mpf:
    """psi_n(x) for x >= 1/2, relative error about 2^-prec: terms of one sign, then an alternating, falling tail."""
    total, far = c.zero, c.prec // 4 + 2 * n + 4
    while x < far:
        total += c.one / x ** (n + 1)
        x = x + 1
    total = total * math.factorial(n) + math.factorial(n - 1) / x**n + c.mpf(math.factorial(n)) / (2 * x ** (n + 1))
    k, square, power = 1, x * x, x ** (n + 2)
    while True:
        numerator, denominator = _bernoulli(2 * k)
        term = c.mpf(numerator * math.prod(range(2 * k + 1, 2 * k + n))) / denominator / power
        total += term
        if abs(term) < abs(total) * c.ldexp(1, -c.prec):
            return (-1) ** (n + 1) * total
        k, power = k + 1, power * square
