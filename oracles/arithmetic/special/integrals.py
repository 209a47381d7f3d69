"""Functions defined by integrals: of the error function's kin, exponential, sine, cosine and Fresnel integrals, the dilogarithm; DLMF chapters
6, 7 and 25.12.

The families in k or n are closed under differentiation, so that slopes of any order are single functions and no two terms cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from flint import arb
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.arb import Undefined
from ulpfuzz.oracles.arithmetic.enclosing import (
    Function,
    OnBall,
    bounded,
    by_order,
    monotone,
    native,
    positive,
    right_of_zero,
    within,
)
from ulpfuzz.oracles.arithmetic.special import Special
from ulpfuzz.oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64


# FLINT


@monotone
def arb_scaled_erfc(n: arb, x: arb) -> arb:
    """7.18.10 where the terms of 7.18.9 would cancel."""
    square, half = x * x, arb(1) / 2
    if x > 1:
        return square.hypgeom_u((n + 1) * half, half) / (arb(2) ** n * arb.pi().sqrt())
    even = square.__neg__().hypgeom_1f1(-n * half, half) * square.exp() / (arb(2) ** n * (n * half + 1).gamma())
    odd = square.__neg__().hypgeom_1f1(half - n * half, 3 * half) * square.exp() / (arb(2) ** (n - 1) * (n * half + half).gamma())
    return even - x * odd


def arb_dawson(k: arb, x: arb) -> arb:
    """F = x M(1, 3/2, -x^2) (7.5.1, 13.6.7), whose derivatives are functions M again (13.3.15, 13.3.20)."""
    m = (k / 2).floor()
    factor = arb(-4) ** m * (m + 1).gamma()
    if k == 2 * m:
        return factor * x * (-x * x).hypgeom_1f1(m + 1, arb(3) / 2)
    return factor * (-x * x).hypgeom_1f1(m + 1, arb(1) / 2)


@positive
@monotone
def arb_exp_integral(n: arb, x: arb) -> arb:
    return x.expint(n)


@monotone
def _arb_ei(x: arb) -> arb:
    return x.ei()


def arb_exp_integral_ei(x: arb) -> arb:
    """Monotone on either side of its pole."""
    return _arb_ei(x) if x > 0 or x < 0 else arb.nan()


def arb_cosine_integral(x: arb) -> arb:
    if x < 0:
        raise Undefined("below 0")
    return x.ci()


def _near_half(integral: Function) -> Function:
    """S and C are 1/2 -+ f cos - g sin with 0 < f < 1/(pi x), 0 < g < 1/(pi^2 x^3) (7.5.3, 7.5.4, 7.7.10, 7.7.11): so much wide balls know."""

    def enclosed(x: arb) -> arb:
        own = integral(x)
        if x.is_exact() or not (x > 2 or x < -2):
            return own
        low = arb.pi() * abs(x).lower()
        bound = (1 / low + arb.pi() / low**3).upper()
        far = (arb(1) / 2 + arb(0, bound)) * (1 if x > 0 else -1)
        return far if not own.is_finite() or far.rad() < own.rad() else own

    return enclosed


@monotone
def _arb_erfcinv(x: arb) -> arb:
    return x.erfcinv()


def arb_erfcinv(x: arb) -> arb:
    if x < 0 or x > 2:
        raise Undefined("outside [0, 2]")
    return _arb_erfcinv(x)


@positive
@monotone
def arb_spence(x: arb) -> arb:
    """25.12.6 where 1 - x is near the branch point."""
    if x < 0.5:
        edge = arb.pi() ** 2 / 6
        return edge if x == 0 else edge - x.log() * (-x).log1p() - x.polylog(arb(2))
    return (1 - x).polylog(arb(2))


@positive
@monotone
def arb_log_quotient(k: arb, x: arb) -> arb:
    """15.5.2; near 0 by k differentiations of (x - 1) L = log x."""
    if x < 0.5:
        value = x.log() / (x - 1)
        for j in range(1, int(float(k)) + 1):
            value = (arb(-1) ** (j - 1) * arb(j).gamma() / x**j - j * value) / (x - 1)
        return value
    return arb(-1) ** k * (k + 1).gamma() / (k + 1) * (1 - x).hypgeom_2f1(k + 1, k + 1, k + 2)


# mpmath


def mp_scaled_erfc(mp: MPContext, n: mpf, x: mpf) -> mpf:
    n, half, square = int(n), mp.mpf(1) / 2, x * x
    if x > 1:
        return mp.hyperu((n + 1) * half, half, square) / (2**n * mp.sqrt(mp.pi))
    even = mp.hyp1f1((n + 1) * half, half, square) / (2**n * mp.gamma(n * half + 1))
    return even - x * mp.hyp1f1(n * half + 1, 3 * half, square) * 2 / (2**n * mp.gamma(n * half + half))


def mp_dawson(mp: MPContext, k: mpf, x: mpf) -> mpf:
    m, odd = divmod(int(k), 2)
    factor = (-4) ** m * mp.factorial(m)
    if odd:
        return factor * mp.hyp1f1(m + 1, mp.mpf(1) / 2, -x * x)
    return factor * x * mp.hyp1f1(m + 1, mp.mpf(3) / 2, -x * x)


def mp_exp_integral(mp: MPContext, n: mpf, x: mpf) -> mpf:
    n = int(n)
    if n > 0:
        return mp.expint(n, x)
    terms = mp.fsum(x**j / mp.factorial(j) for j in range(1 - n))
    return mp.factorial(-n) * mp.exp(-x) * terms / x ** (1 - n)


def mp_exp_integral_ei(mp: MPContext, x: mpf) -> mpf:
    return mp.ei(x)


def mp_sine_integral(mp: MPContext, x: mpf) -> mpf:
    return mp.si(x)


def mp_cosine_integral(mp: MPContext, x: mpf) -> mpf:
    return mp.ci(x)


def mp_fresnel_s(mp: MPContext, x: mpf) -> mpf:
    return mp.fresnels(x)


def mp_fresnel_c(mp: MPContext, x: mpf) -> mpf:
    return mp.fresnelc(x)


def mp_erfcinv(mp: MPContext, x: mpf) -> mpf:
    if not 0 < x < 2:
        return mp.inf if x == 0 else -mp.inf if x == 2 else mp.nan
    extra = max(0, -mp.mag(x), -mp.mag(1 - x) if x != 1 else 0)
    with mp.workprec(mp.prec + extra + 10):
        return mp.erfinv(1 - x)


def mp_spence(mp: MPContext, x: mpf) -> mpf:
    return mp.polylog(2, 1 - x)


def mp_log_quotient(mp: MPContext, k: mpf, x: mpf) -> mpf:
    k = int(k)
    return (-1) ** k * mp.factorial(k) / (k + 1) * mp.hyp2f1(k + 1, k + 1, k + 2, 1 - x)


# binary64: bounds that tests/oracles/test_bessel_bounds.py measures against Arb


def _near_root(x: Column) -> Column:
    """Ei has its only root at 0.3725; left of 0 it is -E_1(-x)."""
    return np.where(x > 0, 1.0, 0.0)


def _fading(x: Column) -> Column:
    """The error of the phase x of a wave that fades as 1/x, and of its logarithm near 0."""
    error: Column = np.minimum(1, 1 / np.maximum(x, 1e-300)) * (1 + np.abs(x))
    return error


def _quadratic_phase(x: Column) -> Column:
    error: Column = np.maximum(np.abs(x) - 1, 0)
    return error


BALL_ERFCX = bounded(native("erfcx"), -26.0, 1e150, 4096)
BALL_DAWSN = bounded(native("dawsn"), -1e150, 1e150, 512)
BALL_ERFCINV = bounded(native("erfcinv"), 1e-290, 2.0, 32)
BALL_EI = bounded(native("expi"), 1e-60, 690.0, 2048, _near_root)
BALL_SI = bounded(lambda x: native("sici")(x)[0], -1e5, 1e5, 32)
BALL_CI = bounded(lambda x: native("sici")(x)[1], 1e-60, 1e5, 64, _fading)
BALL_FRESNEL_S = bounded(lambda x: native("fresnel")(x)[0], -1e3, 1e3, 64, _quadratic_phase)
BALL_FRESNEL_C = bounded(lambda x: native("fresnel")(x)[1], -1e3, 1e3, 64, _quadratic_phase)
BALL_SPENCE = bounded(native("spence"), 1e-60, 1e8, 128)


def _first_scaled_erfc(m: Ball64, x: Ball) -> Ball:
    return 1 / m.sqrt(m.const("pi")) - x * BALL_ERFCX(m, x)


def _first_dawson(m: Ball64, x: Ball) -> Ball:
    return 1 - 2 * x * BALL_DAWSN(m, x)


BALL_SCALED_ERFC = [BALL_ERFCX, _first_scaled_erfc, lambda m, x: (BALL_ERFCX(m, x) - 2 * x * _first_scaled_erfc(m, x)) / 4]
BALL_DAWSON = [BALL_DAWSN, _first_dawson, lambda m, x: -2 * (BALL_DAWSN(m, x) + x * _first_dawson(m, x))]


def _expn(n: int) -> Callable[[Column], Column]:
    return lambda x: native("expn")(n, x)


BALL_EXP_INTEGRAL = [
    lambda m, x: m.exp(-x) / x,
    bounded(native("exp1"), 1e-60, 690.0, 64),
    *(bounded(_expn(n), 1e-60, 690.0, 64) for n in range(2, 6)),
]


def _log_quotient(k: int) -> OnBall:
    def ball(m: Ball64, x: Ball) -> Ball:
        value = m.log(x) / (x - 1)
        if k > 0:
            value = (1 / x - value) / (x - 1)
        return value if k < 2 else (-1 / m.square(x) - 2 * value) / (x - 1)

    return ball


FUNCTIONS = [
    # e^(x^2) i^n erfc(x), the scaled repeated integrals of erfc: completely monotone (7.18.2); their slopes by 7.18.7.
    Special(
        "scaled_erfc", arb=arb_scaled_erfc, mp=mp_scaled_erfc, native=lambda n, x: native("erfcx")(x) if n == 0 else np.float64(np.nan),
        slopes=(None, lambda m, y, n, x: -2 * (n + 1) * m.scaled_erfc(n + 1, x)), ball64=by_order(BALL_SCALED_ERFC),
        domain=((2.0, 2.0), (-26.0, 1e6)), source="DLMF 7.18",
    ),
    # The k-th derivative of Dawson's integral.
    Special(
        "dawson", arb=arb_dawson, mp=mp_dawson, native=lambda k, x: native("dawsn")(x) if k == 0 else np.float64(np.nan),
        slopes=(None, lambda m, y, k, x: m.dawson(k + 1, x)), ball64=by_order(BALL_DAWSON),
        domain=((2.0, 2.0), (-1e6, 1e6)), source="DLMF 7.2.5",
    ),
    Special(
        "exp_integral", arb=arb_exp_integral, mp=mp_exp_integral, native=native("expn"),
        ball64=by_order([right_of_zero(b) for b in BALL_EXP_INTEGRAL]),
        slopes=(None, lambda m, y, n, x: -m.exp_integral(n - 1, x)), domain=((2.0, 2.0), (0.01, 700.0)), source="DLMF 8.19.2, 8.19.13",
    ),
    Special(
        "exp_integral_ei", arb=arb_exp_integral_ei, mp=mp_exp_integral_ei, native=native("expi"),
        slopes=(lambda m, y, x: m.exp(x) / x,), ball64=BALL_EI,
        domain=((-700.0, 700.0),), source="DLMF 6.2.5",
    ),
    Special(
        "sine_integral", arb=within(lambda x: x.si(), lambda x: arb(1)), mp=mp_sine_integral, native=lambda x: native("sici")(x)[0],
        slopes=(lambda m, y, x: m.spherical_bessel_j(0, x),), ball64=BALL_SI,
        domain=((-1e6, 1e6),), source="DLMF 6.2.9",
    ),
    Special(
        "cosine_integral", arb=arb_cosine_integral, mp=mp_cosine_integral, native=lambda x: native("sici")(x)[1], ball64=right_of_zero(BALL_CI),
        slopes=(lambda m, y, x: m.cos(x) / x,), domain=((0.01, 1e6),), source="DLMF 6.2.11",
    ),
    Special(
        "fresnel_s", arb=_near_half(lambda x: x.fresnel_s()), mp=mp_fresnel_s, native=lambda x: native("fresnel")(x)[0], ball64=BALL_FRESNEL_S,
        slopes=(lambda m, y, x: m.sinpi(m.square(x) / 2),), domain=((-1e3, 1e3),), weight=60.0, source="DLMF 7.2.8",
    ),
    Special(
        "fresnel_c", arb=_near_half(lambda x: x.fresnel_c()), mp=mp_fresnel_c, native=lambda x: native("fresnel")(x)[1], ball64=BALL_FRESNEL_C,
        slopes=(lambda m, y, x: m.cospi(m.square(x) / 2),), domain=((-1e3, 1e3),), weight=50.0, source="DLMF 7.2.7",
    ),
    Special(
        "erfcinv", arb=arb_erfcinv, mp=mp_erfcinv, native=native("erfcinv"), ball64=BALL_ERFCINV,
        slopes=(lambda m, y, x: -m.sqrt(m.const("pi")) / 2 * m.exp(m.square(y)),), domain=((0.0, 2.0),), weight=34.0, source="DLMF 7.17.1",
    ),
    # The dilogarithm of 1 - x.
    Special(
        "spence", arb=arb_spence, mp=mp_spence, native=native("spence"), ball64=right_of_zero(BALL_SPENCE),
        slopes=(lambda m, y, x: -m.log_quotient(0, x),), domain=((0.01, 1e6),), weight=27.0, source="DLMF 25.12.2",
    ),
    # The k-th derivative of log(x)/(x - 1), the integral of 1/(1 + s (x - 1)) over 0 < s < 1: completely monotone.
    Special(
        "log_quotient", arb=arb_log_quotient, mp=mp_log_quotient, slopes=(None, lambda m, y, k, x: m.log_quotient(k + 1, x)),
        ball64=by_order([right_of_zero(_log_quotient(k)) for k in range(3)]),
        domain=((2.0, 2.0), (0.01, 1e6)), weight=110.0, source="DLMF 15.4.1, 15.5.2",
    ),
]  # fmt: skip
