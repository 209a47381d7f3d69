"""Distributions with a location and a scale: other formulas in mpmath, quantiles by Arb."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_flint, by_fractions


def _moderate(rng: Any, length: int) -> list[Any]:
    """x, loc, scale with |x - loc| / scale of tens at most: the double exponentials have no more digits."""
    scale = 10 ** rng.uniform(-2, 2)
    loc = rng.choice([0.0, rng.gauss(0, 3)])
    return [loc + scale * rng.choice([rng.uniform(-6, 6), rng.uniform(-6, 0), 0.0, 1.0]), loc, scale]


def _log(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *numbers: mp.log(function(*numbers))


def _cauchy(x: Any, loc: Any, scale: Any) -> Any:
    return scale / mp.pi / ((x - loc) ** 2 + scale**2)


def _cauchy_cdf(x: Any, loc: Any, scale: Any) -> Any:
    return mp.mpf(1) / 2 + mp.atan((x - loc) / scale) / mp.pi


def _cauchy_sf(x: Any, loc: Any, scale: Any) -> Any:
    return _cauchy_cdf(-x, -loc, scale)


def _laplace_cdf(x: Any, loc: Any, scale: Any) -> Any:
    near = mp.exp(-abs(x - loc) / scale)
    return (1 + mp.sign(x - loc) * (1 - near)) / 2


def _normal_quantile(q: Any) -> Any:
    return flint.arb(2).sqrt() * (2 * q - 1).erfinv()


def _gumbel(x: Any, loc: Any, scale: Any) -> Any:
    t = mp.exp((loc - x) / scale)
    return t * mp.exp(-t) / scale


def _gumbel_cdf(x: Any, loc: Any, scale: Any) -> Any:
    return mp.power(mp.e, -mp.power(mp.e, (loc - x) / scale))


def _mirrored(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, loc, scale: function(-x, -loc, scale)


def _complement(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *numbers: 1 - function(*numbers)


def _lognormal(x: Any, loc: Any, scale: Any) -> Any:
    return mp.npdf(mp.log(x), loc, scale) / x


def moderate(truth: Callable[..., Any]) -> Checked:
    return Checked(truth, draw=_moderate)


TRUTH: dict[str, Truth | Checked] = {
    "normal_logpdf": _log(mp.npdf),
    "normal_pdf": mp.npdf,
    "normal_cdf": mp.ncdf,
    "normal_sf": lambda x, loc, scale: mp.ncdf(-x, -loc, scale),
    "normal_logcdf": moderate(_log(mp.ncdf)),
    "normal_logsf": moderate(lambda x, loc, scale: mp.log(mp.ncdf(-x, -loc, scale))),
    "normal_ppf": by_flint(lambda q, loc, scale: loc + scale * _normal_quantile(q)),
    "normal_isf": by_flint(lambda q, loc, scale: loc + scale * _normal_quantile(1 - q)),
    "laplace_logpdf": _log(lambda x, loc, scale: mp.exp(-abs(x - loc) / scale) / (2 * scale)),
    "laplace_pdf": lambda x, loc, scale: 1 / mp.power(mp.e, abs(x - loc) / scale) / (2 * scale),
    "laplace_cdf": _laplace_cdf,
    "laplace_ppf": lambda q, loc, scale: loc - scale * mp.sign(q - 0.5) * mp.log(1 - 2 * abs(q - 0.5)) if 0 < q < 1 else mp.nan,
    "cauchy_logpdf": _log(_cauchy),
    "cauchy_pdf": _cauchy,
    "cauchy_cdf": _cauchy_cdf,
    "cauchy_sf": _cauchy_sf,
    "cauchy_logcdf": _log(_cauchy_cdf),
    "cauchy_logsf": _log(_cauchy_sf),
    "cauchy_ppf": lambda q, loc, scale: loc + scale * mp.tan(mp.pi * (q - 0.5)) if 0 < q < 1 else mp.nan,
    "cauchy_isf": lambda q, loc, scale: loc + scale * mp.cot(mp.pi * q) if 0 < q < 1 else mp.nan,
    "logistic_logpdf": _log(lambda x, loc, scale: mp.sech((x - loc) / (2 * scale)) ** 2 / (4 * scale)),
    "logistic_pdf": lambda x, loc, scale: mp.sech((x - loc) / (2 * scale)) ** 2 / (4 * scale),
    "logistic_cdf": lambda x, loc, scale: (1 + mp.tanh((x - loc) / (2 * scale))) / 2,
    "logistic_sf": lambda x, loc, scale: (1 - mp.tanh((x - loc) / (2 * scale))) / 2,
    "logistic_ppf": lambda q, loc, scale: loc + 2 * scale * mp.atanh(2 * q - 1) if 0 < q < 1 else mp.nan,
    "logistic_isf": lambda q, loc, scale: loc - 2 * scale * mp.atanh(2 * q - 1) if 0 < q < 1 else mp.nan,
    "gumbel_r_logpdf": moderate(_log(_gumbel)),
    "gumbel_r_pdf": moderate(_gumbel),
    "gumbel_r_cdf": moderate(_gumbel_cdf),
    "gumbel_r_logcdf": moderate(_log(_gumbel_cdf)),
    "gumbel_r_sf": moderate(_complement(_gumbel_cdf)),
    "gumbel_r_logsf": moderate(_log(_complement(_gumbel_cdf))),
    "gumbel_r_ppf": lambda q, loc, scale: loc - scale * mp.log(-mp.log(q)) if 0 < q < 1 else mp.nan,
    "gumbel_l_logpdf": moderate(_log(_mirrored(_gumbel))),
    "gumbel_l_pdf": moderate(_mirrored(_gumbel)),
    "gumbel_l_cdf": moderate(_complement(_mirrored(_gumbel_cdf))),
    "gumbel_l_logcdf": moderate(_log(_complement(_mirrored(_gumbel_cdf)))),
    "gumbel_l_sf": moderate(_mirrored(_gumbel_cdf)),
    "gumbel_l_logsf": moderate(_log(_mirrored(_gumbel_cdf))),
    "gumbel_l_ppf": lambda q, loc, scale: loc + scale * mp.log(-mp.log(1 - q)) if 0 < q < 1 else mp.nan,
    "uniform_cdf": by_fractions(lambda x, loc, scale: sorted([Fraction(0), (x - loc) / scale, Fraction(1)])[1]),
    "uniform_ppf": by_fractions(lambda q, loc, scale: loc + q * scale),
    "expon_logpdf": _log(lambda x, scale: mp.power(mp.e, -x / scale) / scale),
    "expon_pdf": lambda x, scale: 1 / mp.power(mp.e, x / scale) / scale,
    "expon_cdf": lambda x, scale: 1 - mp.exp(-x / scale),
    "expon_sf": lambda x, scale: 1 / mp.power(mp.e, x / scale),
    "expon_logcdf": lambda x, scale: mp.log(1 - mp.exp(-x / scale)) if x < 500 * scale else -mp.exp(-x / scale),
    "expon_logsf": by_fractions(lambda x, scale: -x / scale),
    "expon_ppf": lambda q, scale: 2 * scale * mp.atanh(q / (2 - q)) if q < 1 else mp.nan,
    "half_normal_logpdf": _log(lambda x, scale: 2 * mp.npdf(x, 0, scale)),
    "half_normal_cdf": lambda x, scale: 2 * mp.ncdf(x, 0, scale) - 1,
    "half_normal_ppf": by_flint(lambda q, scale: scale * _normal_quantile((1 + q) / 2)),
    "half_normal_variance": lambda scale: scale**2 - (scale * mp.sqrt(2 / mp.pi)) ** 2,
    "half_cauchy_logpdf": _log(lambda x, scale: 2 * _cauchy(x, 0, scale)),
    "half_cauchy_cdf": lambda x, scale: 2 * mp.arg(mp.mpc(scale, x)) / mp.pi,
    "half_cauchy_ppf": lambda q, scale: scale * mp.tan(mp.pi * q / 2) if q < 1 else mp.nan,
    "exponential_logpdf": _log(lambda x, rate: rate / mp.power(mp.e, rate * x)),
    "exponential_cdf": lambda x, rate: 1 - mp.exp(-rate * x),
    "exponential_ppf": lambda q, rate: 2 * mp.atanh(q / (2 - q)) / rate if q < 1 else mp.nan,
    "lognormal_logpdf": _log(_lognormal),
    "lognormal_cdf": lambda x, loc, scale: mp.ncdf(mp.log(x), loc, scale),
    "lognormal_ppf": by_flint(lambda q, loc, scale: (loc + scale * _normal_quantile(q)).exp()),
    "lognormal_mean": lambda loc, scale: mp.power(mp.e, loc) * mp.sqrt(mp.exp(scale**2)),
    "lognormal_variance": lambda loc, scale: mp.exp(2 * loc + 2 * scale**2) - mp.exp(2 * loc + scale**2),
    "lognormal_entropy": lambda loc, scale: mp.log(scale * mp.exp(loc) * mp.sqrt(2 * mp.pi * mp.e)),
    "normal_entropy": lambda scale: mp.log(scale * mp.sqrt(2 * mp.pi * mp.e)),
    "laplace_entropy": lambda scale: mp.log(2 * mp.e * scale),
    "cauchy_entropy": lambda scale: mp.log(scale) + 2 * mp.log(2) + mp.log(mp.pi),
    "gumbel_entropy": lambda scale: mp.log(scale * mp.e) - mp.psi(0, 1),
    "gumbel_mean": lambda loc, scale: loc - scale * mp.psi(0, mpf(1)),
}
