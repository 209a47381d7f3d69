"""Distribution functions: regularised incomplete gamma and beta functions; DLMF 8.2.4, 8.17.2."""

from __future__ import annotations

from typing import Any

from oracles.arithmetic.special import Special


def mp_dist_gamma_p(mp: Any, a: Any, x: Any) -> Any:
    if x == 0:
        return mp.zero
    if a <= 0 or x < 0:
        return mp.nan
    try:
        return mp.gammainc(a, 0, x, regularized=True)
    except mp.NoConvergence as error:
        raise ValueError("the series converges too slowly") from error


def mp_dist_gamma_q(mp: Any, a: Any, x: Any) -> Any:
    if x == 0:
        return mp.one
    if a <= 0 or x < 0:
        return mp.nan
    try:
        return mp.gammainc(a, x, mp.inf, regularized=True)
    except mp.NoConvergence as error:
        raise ValueError("the series converges too slowly") from error


def mp_dist_beta_i(mp: Any, a: Any, b: Any, x: Any) -> Any:
    if x == 0 or x == 1:
        return x
    if a <= 0 or b <= 0 or not 0 < x < 1:
        return mp.nan
    try:
        return mp.betainc(a, b, 0, x, regularized=True)
    except mp.NoConvergence as error:
        raise ValueError("the series converges too slowly") from error


def _native(name: str) -> Any:
    def function(*numbers: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*numbers)

    return function


def _gamma_density(m: Any, _: Any, a: Any, x: Any) -> Any:
    """x^(a-1) e^-x / Gamma(a)."""
    return m.exp((a - 1) * m.log(x) - x - m.lgamma(a))


def _beta_density(m: Any, _: Any, a: Any, b: Any, x: Any) -> Any:
    """x^(a-1) (1-x)^(b-1) / B(a, b)."""
    return m.exp((a - 1) * m.log(x) + (b - 1) * m.log1p(-x) - m.lgamma(a) - m.lgamma(b) + m.lgamma(a + b))


FUNCTIONS = [
    Special(
        "dist_gamma_p", arb=lambda a, x: x * 0 if x == 0 else x.gamma_lower(a, 1), mp=mp_dist_gamma_p, native=_native("gammainc"),
        slopes=(None, _gamma_density), acb=lambda a, x: x.gamma_lower(a, 1), domain=((0.1, 50.0), (0.01, 80.0)), weight=200.0,
        source="DLMF 8.2.4, 8.8.13",
    ),
    Special(
        "dist_gamma_q", arb=lambda a, x: x * 0 + 1 if x == 0 else x.gamma_upper(a, 1), mp=mp_dist_gamma_q, native=_native("gammaincc"),
        slopes=(None, lambda m, y, a, x: -_gamma_density(m, y, a, x)), acb=lambda a, x: x.gamma_upper(a, 1),
        domain=((0.1, 50.0), (0.01, 80.0)), weight=200.0, source="DLMF 8.2.4, 8.8.13",
    ),
    Special(
        "dist_beta_i", arb=lambda a, b, x: x if x == 0 or x == 1 else x.beta_lower(a, b, 1), mp=mp_dist_beta_i, native=_native("betainc"),
        slopes=(None, None, _beta_density), acb=lambda a, b, x: x.beta_lower(a, b, 1),
        domain=((0.1, 20.0), (0.1, 20.0), (0.01, 0.99)), weight=200.0, source="DLMF 8.17.2",
    ),
]  # fmt: skip
