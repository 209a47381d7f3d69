"""Continuous distributions with shape parameters: densities by other formulas in mpmath, distribution functions by scipy, entropies by
quadrature of -p log p."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions


def by_scipy(name: str, function: str, *, swap: bool = False) -> Checked:
    """A function of scipy.stats at binary64 numbers; a distribution function below 1e-280 is not compared."""

    def truth(*numbers: Any) -> Any:
        import scipy.stats

        value = float(getattr(getattr(scipy.stats, name), function)(*map(float, numbers)))
        return mpf(value) if math.isfinite(value) and (value == 0 or abs(value) > 1e-280) else mp.mpf(0)

    return Checked(truth, bits=300, agree=1e-10, floor=1e-280, draw=_shapes(2 + (name == "beta"), unit=name == "beta"))


def _shapes(count: int, *, unit: bool) -> Callable[..., list[Any]]:
    """x of the size of the first parameter, parameters between 1/8 and 60."""

    def draw(rng: Any, length: int) -> list[Any]:
        parameters = [rng.choice([0.5, 1.0, 2.0, 2 ** rng.uniform(-3, 5.9)]) for _ in range(count - 1)]
        x = rng.uniform(0.001, 0.999) if unit else parameters[0] * 2 ** rng.uniform(-4, 2)
        return [x, *parameters]

    return draw


def positive(count: int, low: float = -2.0, high: float = 4.0) -> Callable[..., list[Any]]:
    """Numbers between powers of two."""
    return lambda rng, length: [2 ** rng.uniform(low, high) for _ in range(count)]


def entropy(density: Callable[..., Any], ends: Callable[..., list[Any]], count: int, **rest: Any) -> Checked:
    """-integral of p log p, by tanh-sinh quadrature."""

    def truth(*parameters: Any) -> Any:
        def integrand(x: Any) -> Any:
            p = density(x, *parameters)
            return -p * mp.log(p) if p > 0 else mp.zero

        return mp.quad(integrand, ends(*parameters), maxdegree=7)

    return Checked(truth, bits=80, agree=1e-8, floor=1e-8, points=20, draw=positive(count, **rest))


def _log(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *numbers: mp.log(function(*numbers))


def _gamma(x: Any, a: Any, rate: Any = 1) -> Any:
    return mp.power(rate, a) * mp.power(x, a - 1) * mp.exp(-rate * x) / mp.gamma(a)


def _inverse_gamma(x: Any, a: Any, rate: Any) -> Any:
    return _gamma(1 / x, a, rate) / x**2


def _chi2(x: Any, df: Any) -> Any:
    return _gamma(x / 2, df / 2) / 2


def _beta(x: Any, a: Any, b: Any) -> Any:
    if not 0 < x < 1:
        raise ZeroDivisionError  # a limit, not compared
    return mp.power(x, a - 1) * mp.power(1 - x, b - 1) / mp.beta(a, b)


def _student_t(x: Any, df: Any, loc: Any, scale: Any) -> Any:
    z = (x - loc) / scale
    return mp.power(df / (df + z**2), (df + 1) / 2) / (mp.sqrt(df) * mp.beta(df / 2, 0.5) * scale)


def _f(x: Any, d1: Any, d2: Any) -> Any:
    share = d1 * x / (d1 * x + d2)
    return mp.power(share, d1 / 2) * mp.power(1 - share, d2 / 2) / (x * mp.beta(d1 / 2, d2 / 2))


def _weibull(x: Any, scale: Any, k: Any) -> Any:
    return k / x * mp.power(x / scale, k) / mp.exp(mp.power(x / scale, k))


def _weibull_moment(n: int, scale: Any, k: Any) -> Any:
    return scale**n * mp.gamma(1 + n / k)


def _weibull_point(rng: Any, length: int) -> list[Any]:
    scale, k = 2 ** rng.uniform(-20, 20), 2 ** rng.uniform(-3, 5)
    return [scale * 2 ** (rng.uniform(-60, 8) / k), scale, k]


def _genpareto_sf(x: Any, scale: Any, c: Any) -> Any:
    return mp.power(1 + c * x / scale, -1 / c) if c else mp.exp(-x / scale)


def _t_standard(x: Any, df: Any, scale: Any) -> Any:
    return _student_t(x, df, 0, scale)


TRUTH: dict[str, Truth | Checked] = {
    "gamma_logpdf": _log(_gamma),
    "gamma_pdf": _gamma,
    **{f"gamma_{what}": by_scipy("gamma", what) for what in ("cdf", "sf", "logcdf", "logsf")},
    "gamma_rate_logpdf": _log(_gamma),
    "gamma_rate_cdf": Checked(
        lambda x, a, rate: mp.quad(lambda t: _gamma(t, a, rate), [0, x / 8, x], maxdegree=9),
        bits=120,
        agree=1e-12,
        points=20,
        draw=lambda rng, n: [rng.uniform(0.1, 9), rng.uniform(0.5, 9), rng.uniform(0.1, 3)],
    ),
    "gamma_entropy": entropy(_gamma, lambda a, rate: [0, a / rate / 4, a / rate, 4 * a / rate, mp.inf], 2, low=-0.5, high=3.0),
    "inverse_gamma_logpdf": Checked(_log(_inverse_gamma), draw=positive(3, -9.0, 9.0)),
    "inverse_gamma_entropy": entropy(
        _inverse_gamma, lambda a, rate: [0, rate / a / 4, rate / a, 4 * rate / a, 64 * rate / a, mp.inf], 2, low=0.0, high=3.0
    ),
    "chi2_logpdf": _log(_chi2),
    "chi2_pdf": _chi2,
    **{f"chi2_{what}": by_scipy("chi2", what) for what in ("cdf", "sf", "logcdf", "logsf")},
    "beta_logpdf": _log(_beta),
    "beta_pdf": _beta,
    **{f"beta_{what}": by_scipy("beta", what) for what in ("cdf", "sf", "logcdf", "logsf")},
    "beta_entropy": entropy(_beta, lambda a, b: [0, 0.125, 0.5, 0.875, 1], 2, low=-0.5, high=3.0),
    "beta_mean": by_fractions(lambda a, b: a / (a + b)),
    "beta_variance": by_fractions(lambda a, b: a * (a + 1) / ((a + b) * (a + b + 1)) - a**2 / (a + b) ** 2),
    "student_t_logpdf": _log(_student_t),
    "student_t_pdf": _student_t,
    "student_t_entropy": entropy(_t_standard, lambda df, scale: [-mp.inf, -scale, 0, scale, mp.inf], 2, low=0.0, high=3.0),
    "student_t_variance": by_fractions(lambda df, scale: scale**2 + 2 * scale**2 / (df - 2)),
    "f_logpdf": _log(_f),
    "weibull_logpdf": Checked(_log(_weibull), draw=_weibull_point),
    "weibull_cdf": Checked(lambda x, scale, k: 1 - mp.exp(-mp.power(x / scale, k)), draw=_weibull_point),
    "weibull_ppf": Checked(
        lambda q, scale, k: (
            scale * mp.root(mp.log(1 / (1 - q)), k) if k == int(k) else scale * mp.exp(mp.log(-mp.log(1 - q)) / k)
        ),
        draw=lambda rng, n: [rng.random(), 2 ** rng.uniform(-9, 9), rng.choice([1.0, 2.0, 5.0, 2 ** rng.uniform(-3, 5)])],
    ),
    "weibull_mean": Checked(lambda scale, k: _weibull_moment(1, scale, k), draw=positive(2)),
    "weibull_variance": Checked(
        lambda scale, k: _weibull_moment(2, scale, k) - _weibull_moment(1, scale, k) ** 2, draw=positive(2)
    ),
    "weibull_entropy": entropy(_weibull, lambda scale, k: [0, scale / 4, scale, 4 * scale, mp.inf], 2, low=-0.5, high=3.0),
    "pareto_logpdf": _log(lambda x, b: b / mp.power(x, b + 1)),
    "pareto_pdf": lambda x, b: b / mp.power(x, b + 1),
    "pareto_cdf": lambda x, b: 1 - mp.power(x, -b),
    "pareto_sf": lambda x, b: mp.power(1 / x, b),
    "pareto_logcdf": lambda x, b: mp.log(1 - mp.power(x, -b)) if x > 1 else mp.nan,
    "pareto_logsf": _log(lambda x, b: mp.power(x, -b)),
    "pareto_ppf": Checked(
        lambda q, b: mp.power(1 - q, -1 / b), draw=lambda rng, n: [rng.choice([1e-30, rng.random()]), 2 ** rng.uniform(-9, 9)]
    ),
    "pareto_entropy": entropy(
        lambda x, scale, b: b / scale * mp.power(x / scale, -b - 1),
        lambda scale, b: [scale, 2 * scale, 16 * scale, mp.inf],
        2,
        low=0.0,
    ),
    "generalized_pareto_logpdf": _log(lambda x, scale, c: _genpareto_sf(x, scale, c) / (scale + c * x)),
    "generalized_pareto_logsf": _log(_genpareto_sf),
    "generalized_pareto_cdf": lambda x, scale, c: 1 - _genpareto_sf(x, scale, c),
    "generalized_pareto_logcdf": Checked(
        lambda x, scale, c: mp.log(1 - _genpareto_sf(x, scale, c)), draw=lambda rng, n: [rng.uniform(0.01, 9) for _ in range(3)]
    ),
    "generalized_pareto_ppf": lambda q, scale, c: scale * (mp.power(1 - q, -c) - 1) / c if q < 1 else mp.nan,
}
