"""Functions defined by integrals: FLINT's own (the definitions are evaluated by mpmath), or other formulas in mpmath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp

from tests.oracles.truth import Checked, Truth, by_flint


def by_arb(function: Callable[[Any], Any]) -> Checked:
    return Checked(by_flint(function), bits=300, agree=1e-80)


def _quantile(p: Any) -> Any:
    """mpmath's erfinv, at the bits that 2p - 1 takes."""
    if not 0 < p < 1:
        return mp.nan
    with mp.extraprec(200):
        return mp.sqrt(2) * mp.erfinv(2 * p - 1)


def _dawson(x: Any) -> Any:
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def _spence(x: Any) -> Any:
    """By inversion and reflection (DLMF 25.12.4, 25.12.6) from a series of |z| <= 1/2."""

    def li2(z: Any) -> Any:
        return mp.nsum(lambda k: z**k / k**2, [1, mp.inf]) if z else mp.mpf(0)

    if x == 1:
        return mp.mpf(0)
    if x > 2:
        return -(mp.log(x) ** 2) / 2 - _spence(1 / x)
    if x < 0.5:
        return mp.pi**2 / 6 - mp.log(x) * mp.log1p(-x) - _spence(1 - x)
    if x > 1.5:
        return -(mp.log(x) ** 2) / 2 - _spence(1 / x)
    return li2(1 - x)


def _expn(x: Any, n: int) -> Any:
    return by_flint(lambda ball: ball.expint(n))(x)


TRUTH: dict[str, Truth | Checked] = {
    "erfcx": by_arb(lambda x: (x * x).exp() * x.erfc()),
    "erfcinv": by_arb(lambda x: x.erfcinv()),
    "ndtri": Checked(_quantile, bits=300, agree=1e-60),
    "dawsn": Checked(_dawson, bits=800, agree=1e-60),
    "expi": by_arb(lambda x: x.ei()),
    "expi_negative": by_arb(lambda x: -(-x).expint(1)),
    "exp1": by_arb(lambda x: x.expint(1)),
    "expn": Checked(_expn, bits=300, agree=1e-80),
    "sine_integral": by_arb(lambda x: x.si()),
    "cosine_integral": by_arb(lambda x: x.ci()),
    "fresnel_sin": by_arb(lambda x: x.fresnel_s()),
    "fresnel_cos": by_arb(lambda x: x.fresnel_c()),
    "spence": Checked(_spence, bits=300, agree=1e-40),
}
