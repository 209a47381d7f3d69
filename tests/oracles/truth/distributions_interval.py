"""Distributions on an interval or on the circle: other formulas in mpmath, quadrature, scipy."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions
from tests.oracles.truth.distributions_shape import _log, entropy, positive


def _kumaraswamy(x: Any, a: Any, b: Any) -> Any:
    return a * b * mp.power(x, a - 1) * mp.power(1 - mp.power(x, a), b - 1) if 0 < x < 1 else mp.nan


def _unit_and(count: int, low: float = -3.0, high: float = 4.0) -> Any:
    return lambda rng, length: [rng.choice([1e-9, 0.5, rng.random()]), *(2 ** rng.uniform(low, high) for _ in range(count))]


def _gennorm(x: Any, beta: Any) -> Any:
    return beta / (2 * mp.gamma(1 / beta)) / mp.exp(mp.power(abs(x), beta))


def _gennorm_cdf(x: Any, beta: Any) -> Any:
    import scipy.stats

    return mpf(float(scipy.stats.gennorm.cdf(float(x), float(beta))))


def _circle(kappa: Any, order: int = 0) -> Any:
    """The integral of cos(order t) e^(kappa cos t) over a turn; DLMF 10.32.3."""
    return 2 * mp.quad(lambda t: mp.cos(order * t) * mp.exp(kappa * mp.cos(t)), [0, mp.pi / 4, mp.pi / 2, mp.pi])


def _von_mises(x: Any, kappa: Any) -> Any:
    return mp.exp(kappa * mp.cos(x)) / _circle(kappa)


def _wrapcauchy(x: Any, c: Any) -> Any:
    """The Poisson kernel as the real part of (1 + w) / (1 - w), w = c e^(i x)."""
    w = c * mp.expj(x)
    return mp.re((1 + w) / (1 - w)) / (2 * mp.pi)


def _truncated(x: Any, a: Any, b: Any) -> Any:
    return mp.npdf(x) / (mp.ncdf(b) - mp.ncdf(a))


def _truncated_cdf(x: Any, a: Any, b: Any) -> Any:
    return (mp.ncdf(x) - mp.ncdf(a)) / (mp.ncdf(b) - mp.ncdf(a))


def _truncated_sf(x: Any, a: Any, b: Any) -> Any:
    return (mp.ncdf(b) - mp.ncdf(x)) / (mp.ncdf(b) - mp.ncdf(a))


def _around(rng: Any, length: int) -> list[Any]:
    return [rng.uniform(0.001, 0.999), -(2 ** rng.uniform(-9, 5)), 1 + 2 ** rng.uniform(-9, 5)]


def _tail(rng: Any, length: int) -> list[Any]:
    return [rng.uniform(8.001, 16), rng.uniform(1, 8), 16.5 + 2 ** rng.uniform(-9, 4)]


def _constant(p: Any) -> Any:
    """C(p) = 2 artanh(1 - 2 p) / (1 - 2 p), 2 at 1/2; Loaiza-Ganem and Cunningham, 2019, equation 3."""
    return 2 * mp.atanh(1 - 2 * p) / (1 - 2 * p) if p != 0.5 else mpf(2)


def _bernoulli(x: Any, p: Any) -> Any:
    return _constant(p) * mp.power(p, x) * mp.power(1 - p, 1 - x) if 0 < p < 1 else mp.nan


def _bernoulli_mean(p: Any) -> Any:
    return p / (2 * p - 1) + 1 / (2 * mp.atanh(1 - 2 * p))


def _bernoulli_quantile(q: Any, p: Any) -> Any:
    return mp.log(((2 * p - 1) * q + 1 - p) / (1 - p)) / mp.log(p / (1 - p))


def _relaxed(x: Any, t: Any, logit: Any) -> Any:
    return t * mp.sech((logit - t * x) / 2) ** 2 / 4


def _inner(rng: Any, length: int) -> list[Any]:
    return [rng.random(), rng.choice([1e-30, 1e-3, 0.49999, 0.501, 1 - 2.0**-53, rng.random()])]


TRUTH: dict[str, Truth | Checked] = {
    "kumaraswamy_logpdf": Checked(_log(_kumaraswamy), draw=_unit_and(2)),
    "kumaraswamy_cdf": Checked(lambda x, a, b: 1 - mp.power(1 - mp.power(x, a), b), draw=_unit_and(2)),
    "kumaraswamy_ppf": Checked(lambda q, a, b: mp.power(1 - mp.power(1 - q, 1 / b), 1 / a), draw=_unit_and(2)),
    "kumaraswamy_mean": Checked(lambda a, b: b * mp.beta(1 + 1 / a, b), draw=positive(2)),
    "kumaraswamy_entropy": entropy(_kumaraswamy, lambda a, b: [0, 0.125, 0.5, 0.875, 1], 2, low=-0.5, high=2.0),
    "gennorm_logpdf": Checked(_log(_gennorm), draw=lambda rng, n: [rng.gauss(0, 2), 2 ** rng.uniform(-3, 4)]),
    "gennorm_pdf": Checked(_gennorm, draw=lambda rng, n: [rng.gauss(0, 2), 2 ** rng.uniform(-3, 4)]),
    "gennorm_cdf": Checked(_gennorm_cdf, bits=300, agree=1e-10, draw=lambda rng, n: [rng.gauss(0, 1), 2 ** rng.uniform(-3, 3)]),
    "von_mises_logpdf": Checked(
        _log(_von_mises), bits=200, agree=1e-20, points=20, draw=lambda rng, n: [rng.gauss(0, 3), 2 ** rng.uniform(-9, 6)]
    ),
    "von_mises_pdf": Checked(
        _von_mises, bits=200, agree=1e-20, points=20, draw=lambda rng, n: [rng.gauss(0, 3), 2 ** rng.uniform(-9, 6)]
    ),
    "von_mises_variance": Checked(
        lambda kappa: 1 - _circle(kappa, 1) / _circle(kappa), bits=200, agree=1e-20, points=20, draw=positive(1, -9.0, 6.0)
    ),
    "wrapcauchy_pdf": _wrapcauchy,
    "wrapcauchy_logpdf": _log(_wrapcauchy),
    **{
        f"truncnorm{side}_{what}": Checked(truth, draw=draw)
        for side, draw in (("", _around), ("_tail", _tail))
        for what, truth in {
            "logpdf": _log(_truncated),
            "pdf": _truncated,
            "logcdf": _log(_truncated_cdf),
            "cdf": _truncated_cdf,
            "logsf": _log(_truncated_sf),
            "sf": _truncated_sf,
        }.items()
    },
    "logit_relaxed_bernoulli_logpdf": _log(_relaxed),
    "continuous_bernoulli_logpdf": _log(_bernoulli),
    "continuous_bernoulli_logits_logpdf": Checked(
        lambda x, logit: mp.log(_bernoulli(x, 1 / (1 + mp.exp(-logit)))),
        draw=lambda rng, n: [rng.random(), rng.choice([1e-30, -1e-9, 89.0, -104.0, rng.gauss(0, 5)])],
    ),
    "continuous_bernoulli_cdf": Checked(
        lambda x, p: (mp.power(p, x) * mp.power(1 - p, 1 - x) + p - 1) / (2 * p - 1), draw=_inner
    ),
    "continuous_bernoulli_ppf": Checked(_bernoulli_quantile, draw=_inner),
    "continuous_bernoulli_mean": Checked(_bernoulli_mean, draw=lambda rng, n: _inner(rng, n)[1:]),
    "continuous_bernoulli_variance": Checked(
        lambda p: p * (p - 1) / (1 - 2 * p) ** 2 + 1 / (2 * mp.atanh(1 - 2 * p)) ** 2, draw=lambda rng, n: _inner(rng, n)[1:]
    ),
    "uniform_between_logpdf": lambda t: mp.log(1 / (t[2] - t[0])) if t[1] < t[2] else mp.ninf,
    "uniform_between_cdf": by_fractions(lambda t: 1 - (t[2] - t[1]) / (t[2] - t[0])),
    "uniform_between_ppf": by_fractions(lambda q, ends: (1 - q) * ends[0] + q * ends[1]),
    "uniform_between_entropy": lambda ends: mp.log(ends[1] - ends[0]) if ends[0] < ends[1] else mp.ninf,
}
