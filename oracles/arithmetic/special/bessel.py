"""Bessel, spherical Bessel and Airy functions; DLMF chapters 9 and 10.

Orders are exact integers. Slopes are such that no two large terms cancel: by the recurrences 10.6.1, 10.29.1 and 10.51.2 in orders n - 1 and
n + 1, never n/x; the scaled functions of order 0 are completely monotone for x > 0, so that a wide ball is enclosed by its two ends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import arb, ctx
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.enclosing import bounded, by_order, monotone, native, positive, right_of_zero, within
from ulpfuzz.oracles.arithmetic.protocol import N, TapeBase
from ulpfuzz.oracles.arithmetic.special import Special
from ulpfuzz.oracles.enclosure import Column

# FLINT


def arb_bessel_j(n: arb, x: arb) -> arb:
    return x.bessel_j(n)


def arb_bessel_y(n: arb, x: arb) -> arb:
    return x.bessel_y(n)


def arb_bessel_i(n: arb, x: arb) -> arb:
    """Monotone on either side of 0 (all terms of 10.25.2 have the same sign)."""
    return _arb_bessel_i(n, x) if x > 0 or x < 0 else x.bessel_i(n)


@monotone
def _arb_bessel_i(n: arb, x: arb) -> arb:
    return x.bessel_i(n)


@positive
@monotone
def arb_bessel_k(n: arb, x: arb) -> arb:
    """From K_0, the only order that FLINT evaluates quickly, by the Wronskian 10.28.2 and the recurrence 10.29.1, whose terms are positive.

    FLINT's K_0 loses about 3 x bits before its asymptotic expansion takes over.
    """
    wanted, order = ctx.prec, abs(int(float(n)))
    for work in (wanted + 20, wanted + 20 + min(wanted, 3 * int(min(float(x), 1e6)))):
        with ctx.workprec(work):
            before = x.bessel_k(arb(0))
        if before.rel_accuracy_bits() >= wanted - 8:
            break
    if order == 0:
        return +before
    now = (1 / x - x.bessel_i(arb(1)) * before) / x.bessel_i(arb(0)) if x < 1e8 else x.bessel_k(arb(1))
    for k in range(1, order):
        before, now = now, before + 2 * k * now / x
    return now


@monotone
def arb_scaled_i0(k: arb, x: arb) -> arb:
    half = arb(1) / 2
    return arb(-2) ** k * half.rising(k) / (k + 1).gamma() * (-2 * x).hypgeom_1f1(half + k, k + 1)


@positive
@monotone
def arb_scaled_k0(k: arb, x: arb) -> arb:
    if not x > 0:  # FLINT's U(a, b, 0) is finite for a few b > 1
        return arb.nan()
    half = arb(1) / 2
    return arb.pi().sqrt() * arb(-2) ** k * half.rising(k) * (2 * x).hypgeom_u(half + k, k + 1)


def arb_bessel_i1e(x: arb) -> arb:
    if x > 0:
        return x.bessel_i(arb(1), scaled=True)
    if x < 0:
        return -(-x).bessel_i(arb(1), scaled=True)
    return (-abs(x)).exp() * x.bessel_i(arb(1))


def arb_spherical_bessel_j(n: arb, x: arb) -> arb:
    """10.47.3; near 0 by 10.16.9."""
    order = n + arb(3) / 2
    if x > 1 or x < -1:
        return (arb.pi() / (2 * abs(x))).sqrt() * abs(x).bessel_j(order - 1) * (arb(-1) ** n if x < 0 else 1)
    return arb.pi().sqrt() / 2 * (x / 2) ** n / order.gamma() * (-x * x / 4).hypgeom_0f1(order)


def _slope_j(n: arb, x: arb) -> arb:
    """|J_n| <= 1 (10.14.1), and what holds for Y_n too, right of 0."""
    if not x > 0 and not x < 0:
        return arb(1)
    modulus = _slope_y(n, abs(x))
    return modulus if modulus < 1 else arb(1)


def _slope_y(n: arb, x: arb) -> arb:
    """J_n^2 + Y_n^2 falls for x > 0 (Nicholson's integral 10.9.30), and bounds each of them."""
    low = x.lower()
    return sum(((low.bessel_j(k) ** 2 + low.bessel_y(k) ** 2).sqrt() for k in (n - 1, n + 1)), arb(0)) / 2


def _slope_i1e(x: arb) -> arb:
    return arb_scaled_i0(arb(1), abs(x)) + arb_scaled_i0(arb(2), abs(x))


# mpmath: orders below 0 by 10.4.1, 10.27.1 and 10.27.3, where mpmath's own are complex left of 0


def mp_bessel_j(mp: MPContext, n: mpf, x: mpf) -> mpf:
    return mp.besselj(abs(int(n)), x) * (-1 if n < 0 and int(n) % 2 else 1)


def mp_bessel_y(mp: MPContext, n: mpf, x: mpf) -> mpf:
    return mp.bessely(abs(int(n)), x) * (-1 if n < 0 and int(n) % 2 else 1)


def mp_bessel_i(mp: MPContext, n: mpf, x: mpf) -> mpf:
    return mp.besseli(abs(int(n)), x)


def mp_bessel_k(mp: MPContext, n: mpf, x: mpf) -> mpf:
    """mpmath takes K_n near 0 as a limit in n, which costs it many gamma functions: K_0 by 10.31.2, then 10.28.2 and 10.29.1, as positive terms."""
    n = abs(int(n))
    if not 0 < x < mp.prec / 2:
        return mp.besselk(n, x)
    with mp.workprec(mp.prec + 20 + 3 * int(x)):
        square, term, harmonic, total, k = x * x / 4, mp.mpf(1), mp.mpf(0), mp.mpf(0), 0
        before = -(mp.log(x / 2) + mp.euler) * mp.besseli(0, x)
        while k < 3 or term * harmonic > mp.ldexp(abs(total + before), -mp.prec):
            k += 1
            term = term * square / k**2
            harmonic += mp.mpf(1) / k
            total += term * harmonic
        before += total
        now = (1 / x - mp.besseli(1, x) * before) / mp.besseli(0, x)
        for k in range(1, n):
            before, now = now, before + 2 * k * now / x
        return before if n == 0 else now


def mp_scaled_i0(mp: MPContext, k: mpf, x: mpf) -> mpf:
    k, half = int(k), mp.mpf(1) / 2
    return (-2) ** k * mp.rf(half, k) / mp.factorial(k) * mp.hyp1f1(k + half, k + 1, -2 * x)


def mp_scaled_k0(mp: MPContext, k: mpf, x: mpf) -> mpf:
    k, half = int(k), mp.mpf(1) / 2
    return mp.sqrt(mp.pi) * (-2) ** k * mp.rf(half, k) * mp.hyperu(k + half, k + 1, 2 * x)


def mp_bessel_i1e(mp: MPContext, x: mpf) -> mpf:
    return x / 2 * mp.hyp1f1(mp.mpf(3) / 2, 3, -2 * abs(x))


def mp_spherical_bessel_j(mp: MPContext, n: mpf, x: mpf) -> mpf:
    n = int(n)
    return mp.sqrt(mp.pi) / 2 * (x / 2) ** n / mp.gamma(n + mp.mpf(3) / 2) * mp.hyp0f1(n + mp.mpf(3) / 2, -x * x / 4)


def mp_airy_ai(mp: MPContext, x: mpf) -> mpf:
    return mp.airyai(x)


def mp_airy_ai_prime(mp: MPContext, x: mpf) -> mpf:
    return mp.airyai(x, derivative=1)


def _spherical_slope(m: TapeBase[N], y: N, n: N, x: N) -> N:
    """10.51.2; at n = 0 the first term is 0 even at x = 0, where j_(-1) has a pole."""
    return (m.annihilate(n, m.spherical_bessel_j(n - 1, x)) - (n + 1) * m.spherical_bessel_j(n + 1, x)) / (2 * n + 1)


# binary64: bounds that tests/oracles/test_bessel_bounds.py measures against Arb


def _wave(n: int, power: float = -0.5) -> Callable[[Column], Column]:
    """The error of the phase x, of a wave of amplitude x^power that begins as x^n."""

    def scale(x: Column) -> Column:
        size = np.maximum(np.abs(x), 1e-300)
        error: Column = np.minimum(size**n, size**power) * (1 + size)
        return error

    return scale


def _airy_scale(power: float) -> Callable[[Column], Column]:
    """The error of the phase 2/3 |x|^(3/2) left of 0, and of that exponent right of it (9.7.5, 9.7.9)."""

    def scale(x: Column) -> Column:
        size = np.minimum(np.abs(x), 1e3)
        far = 1 + size**1.5
        return (1 + size) ** power * far * np.where(x > 0, np.exp(-(np.where(x > 0, size, 0) ** 1.5) / 1.5), 1)

    return scale


def _order(name: str, n: int) -> Callable[[Column], Column]:
    return lambda x: native(name)(n, x)


BALL_J = [bounded(native(f"j{n}") if n < 2 else _order("jv", n), -1e5, 1e5, 8 if n < 2 else 4096, _wave(n)) for n in range(5)]
BALL_Y = [bounded(native(f"y{n}") if n < 2 else _order("yn", n), 1e-60, 1e5, 32, _wave(0)) for n in range(5)]
BALL_I = [bounded(native(f"i{n}") if n < 2 else _order("iv", n), -700.0, 700.0, 64 if n < 2 else 4096) for n in range(5)]
BALL_K = [bounded(native(f"k{n}") if n < 2 else _order("kn", n), 1e-60, 690.0, 64 if n < 2 else 4096) for n in range(5)]
BALL_I0E = bounded(native("i0e"), 0.0, 1e300, 64)
BALL_I1E = bounded(native("i1e"), -1e300, 1e300, 64)
BALL_I2E = bounded(_order("ive", 2), -1e8, 1e8, 64)
BALL_K0E = bounded(native("k0e"), 1e-60, 1e300, 64)
BALL_K1E = bounded(native("k1e"), 1e-60, 1e300, 64)
BALL_K2E = bounded(_order("kve", 2), 1e-60, 1e8, 64)
BALL_SPHERICAL_J = [bounded(_order("spherical_jn", n), -1e5, 1e5, 64 if n == 0 else 4096, _wave(n, -1.0)) for n in range(2)]
BALL_AIRY_AI = bounded(lambda x: native("airy")(x)[0], -1e3, 100.0, 64, _airy_scale(-0.25))
BALL_AIRY_AI_PRIME = bounded(lambda x: native("airy")(x)[1], -1e3, 100.0, 64, _airy_scale(0.25))

BALL_SCALED_I0 = [
    BALL_I0E,
    lambda m, x: BALL_I1E(m, x) - BALL_I0E(m, x),
    lambda m, x: (3 * BALL_I0E(m, x) + BALL_I2E(m, x)) / 2 - 2 * BALL_I1E(m, x),
]
BALL_SCALED_K0 = [
    BALL_K0E,
    lambda m, x: BALL_K0E(m, x) - BALL_K1E(m, x),
    lambda m, x: (3 * BALL_K0E(m, x) + BALL_K2E(m, x)) / 2 - 2 * BALL_K1E(m, x),
]


def _n_and_x(low: float, high: float) -> tuple[tuple[float, float], ...]:
    return ((2.0, 2.0), (low, high))


FUNCTIONS = [
    Special(
        "bessel_j", arb=within(arb_bessel_j, _slope_j), mp=mp_bessel_j, native=native("jv"), acb=lambda n, x: x.bessel_j(n),
        slopes=(None, lambda m, y, n, x: (m.bessel_j(n - 1, x) - m.bessel_j(n + 1, x)) / 2), ball64=by_order(BALL_J),
        domain=_n_and_x(-700.0, 700.0), weight=70.0, source="DLMF 10.2.2, 10.6.1",
    ),
    Special(
        "bessel_y", arb=positive(within(arb_bessel_y, _slope_y)), mp=mp_bessel_y, native=native("yv"),
        acb=lambda n, x: x.bessel_y(n), ball64=by_order([right_of_zero(b) for b in BALL_Y]),
        slopes=(None, lambda m, y, n, x: (m.bessel_y(n - 1, x) - m.bessel_y(n + 1, x)) / 2),
        domain=_n_and_x(0.01, 700.0), weight=70.0, source="DLMF 10.2.3, 10.6.1",
    ),
    Special(
        "bessel_i", arb=arb_bessel_i, mp=mp_bessel_i, native=native("iv"), acb=lambda n, x: x.bessel_i(n),
        slopes=(None, lambda m, y, n, x: (m.bessel_i(n - 1, x) + m.bessel_i(n + 1, x)) / 2), ball64=by_order(BALL_I),
        domain=_n_and_x(-700.0, 700.0), weight=55.0, source="DLMF 10.25.2, 10.29.1",
    ),
    Special(
        "bessel_k", arb=arb_bessel_k, mp=mp_bessel_k, native=native("kv"), acb=lambda n, x: x.bessel_k(n),
        slopes=(None, lambda m, y, n, x: -(m.bessel_k(n - 1, x) + m.bessel_k(n + 1, x)) / 2),
        ball64=by_order([right_of_zero(b) for b in BALL_K]), domain=_n_and_x(0.01, 700.0), weight=75.0, source="DLMF 10.25.3, 10.29.1",
    ),
    # The k-th derivative of e^-x I_0(x) = M(1/2, 1, -2x), for x >= 0.
    Special(
        "scaled_i0", arb=arb_scaled_i0, mp=mp_scaled_i0, native=lambda k, x: native("i0e")(x) if k == 0 else np.float64(np.nan),
        slopes=(None, lambda m, y, k, x: m.scaled_i0(k + 1, x)), ball64=by_order(BALL_SCALED_I0),
        domain=((2.0, 2.0), (0.0, 700.0)), weight=60.0, source="DLMF 10.39.5, 13.3.16",
    ),
    # The k-th derivative of e^x K_0(x) = sqrt(pi) U(1/2, 1, 2x).
    Special(
        "scaled_k0", arb=arb_scaled_k0, mp=mp_scaled_k0, native=lambda k, x: native("k0e")(x) if k == 0 else np.float64(np.nan),
        slopes=(None, lambda m, y, k, x: m.scaled_k0(k + 1, x)), ball64=by_order([right_of_zero(b) for b in BALL_SCALED_K0]),
        domain=((2.0, 2.0), (0.01, 700.0)), weight=70.0, source="DLMF 10.39.6, 13.3.23",
    ),
    # e^-|x| I_1(x); its slope is that of e^-x I_0 + (e^-x I_0)'.
    Special(
        "bessel_i1e", arb=within(arb_bessel_i1e, _slope_i1e), mp=mp_bessel_i1e, native=native("i1e"), ball64=BALL_I1E,
        slopes=(lambda m, y, x: m.scaled_i0(1, m.abs(x)) + m.scaled_i0(2, m.abs(x)),),
        domain=((-700.0, 700.0),), weight=35.0, source="DLMF 10.29.3, 10.39.5",
    ),
    Special(
        "spherical_bessel_j", arb=arb_spherical_bessel_j, mp=mp_spherical_bessel_j, native=lambda n, x: native("spherical_jn")(int(n), x),
        slopes=(None, _spherical_slope),
        ball64=by_order(BALL_SPHERICAL_J), domain=_n_and_x(-700.0, 700.0), weight=32.0, source="DLMF 10.47.3, 10.51.2",
    ),
    Special(
        "airy_ai", arb=lambda x: x.airy_ai(), mp=mp_airy_ai, native=lambda x: native("airy")(x)[0], ball64=BALL_AIRY_AI,
        slopes=(lambda m, y, x: m.airy_ai_prime(x),), acb=lambda x: x.airy_ai(), domain=((-100.0, 100.0),), weight=56.0, source="DLMF 9.2.2",
    ),
    Special(
        "airy_ai_prime", arb=lambda x: x.airy_ai(derivative=1), mp=mp_airy_ai_prime, native=lambda x: native("airy")(x)[1], ball64=BALL_AIRY_AI_PRIME,
        slopes=(lambda m, y, x: x * m.airy_ai(x),), domain=((-100.0, 100.0),), weight=28.0, source="DLMF 9.2.1",
    ),
]  # fmt: skip
