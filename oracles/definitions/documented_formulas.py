"""Formulas that a framework's page gives beside the function: probabilities that are clamped, another branch, another domain.

The function itself stays the reference; an answer that is right by one of these is told apart (fuzzer.catalog.op.Documented).
"""

from __future__ import annotations

from typing import Any

from oracles.definitions import define
from oracles.definitions.distributions_discrete import chosen, failures, log_choose, of_two, weighted
from oracles.definitions.distributions_interval import (
    continuous_bernoulli_cdf,
    continuous_bernoulli_logpdf,
    continuous_bernoulli_mean,
    continuous_bernoulli_ppf,
    continuous_bernoulli_variance,
)
from oracles.definitions.rounding import half_even

Number = Any
Vector = list[Any]

# torch.distributions takes the logarithms of probabilities clamped to [eps, 1 - eps], eps of the dtype (torch.distributions.utils.clamp_probs);
# entropies and divergences are expectations of such logarithms.


def clamped(m: Any, p: Number, eps: float) -> Number:
    """p, not below eps and not above 1 - eps."""
    return m.max([m.min([p, 1 - m.num(eps)]), m.num(eps)])


def _log(m: Any, p: Number, eps: float) -> Number:
    return m.log(clamped(m, p, eps))


def _log_rest(m: Any, p: Number, eps: float) -> Number:
    return m.log1p(-clamped(m, p, eps))


def _expected(m: Any, p: Number, eps: float) -> Number:
    """The expectation under p of the clamped logarithms of p and 1 - p."""
    return p * _log(m, p, eps) + (1 - p) * _log_rest(m, p, eps)


@define("bernoulli_logpmf_clamped")
def bernoulli_logpmf_clamped(m: Any, y: Number, p: Number, eps: float) -> Number:
    return of_two(m, y, lambda: _log(m, p, eps), lambda: _log_rest(m, p, eps))


@define("bernoulli_entropy_clamped")
def bernoulli_entropy_clamped(m: Any, p: Number, eps: float) -> Number:
    return -_expected(m, p, eps)


@define("binomial_logpmf_clamped")
def binomial_logpmf_clamped(m: Any, k: Number, rest: Number, p: Number, eps: float) -> Number:
    return log_choose(m, k, rest) + k * _log(m, p, eps) + rest * _log_rest(m, p, eps)


@define("negative_binomial_logpmf_clamped")
def negative_binomial_logpmf_clamped(m: Any, k: Number, n: Number, p: Number, eps: float) -> Number:
    return failures(m, k, n) + n * _log_rest(m, p, eps) + k * _log(m, p, eps)


@define("geometric_entropy_clamped")
def geometric_entropy_clamped(m: Any, p: Number, eps: float) -> Number:
    return -_expected(m, p, eps) / p


@define("categorical_logpmf_clamped")
def categorical_logpmf_clamped(m: Any, probs: Vector, y: Number, eps: float) -> Number:
    return _log(m, chosen(m, probs, y) / m.sum(probs), eps)


@define("categorical_entropy_clamped")
def categorical_entropy_clamped(m: Any, probs: Vector, eps: float) -> Number:
    total = m.sum(probs)
    return m.sum([-p / total * _log(m, p / total, eps) for p in probs])


@define("multinomial_logpmf_clamped")
def multinomial_logpmf_clamped(m: Any, k: Vector, probs: Vector, eps: float) -> Number:
    total = m.sum(probs)
    parts = [weighted(m, c, lambda p=p: _log(m, p / total, eps)) - m.lgamma(c + 1) for c, p in zip(k, probs, strict=True)]
    return m.lgamma(m.sum(k) + 1) + m.sum(parts)


@define("kl_bernoulli_clamped")
def kl_bernoulli_clamped(m: Any, p: Number, p2: Number, eps: float) -> Number:
    return _expected(m, p, eps) - p * _log(m, p2, eps) - (1 - p) * _log_rest(m, p2, eps)


@define("kl_bernoulli_poisson_clamped")
def kl_bernoulli_poisson_clamped(m: Any, p: Number, rate2: Number, eps: float) -> Number:
    return _expected(m, p, eps) - p * m.log(rate2) + rate2


@define("kl_binomial_clamped")
def kl_binomial_clamped(m: Any, n: Number, p: Number, p2: Number, eps: float) -> Number:
    return n * kl_bernoulli_clamped(m, p, p2, eps)


@define("kl_geometric_clamped")
def kl_geometric_clamped(m: Any, p: Number, p2: Number, eps: float) -> Number:
    return kl_bernoulli_clamped(m, p, p2, eps) / p


@define("kl_categorical_clamped")
def kl_categorical_clamped(m: Any, p: Vector, q: Vector, eps: float) -> Number:
    total, total2 = m.sum(p), m.sum(q)
    return m.sum([a / total * (_log(m, a / total, eps) - _log(m, b / total2, eps)) for a, b in zip(p, q, strict=True)])


@define("continuous_bernoulli_logpdf_clamped")
def continuous_bernoulli_logpdf_clamped(m: Any, x: Number, p: Number, eps: float) -> Number:
    return continuous_bernoulli_logpdf(m, x, clamped(m, p, eps))


@define("continuous_bernoulli_cdf_clamped")
def continuous_bernoulli_cdf_clamped(m: Any, x: Number, p: Number, eps: float) -> Number:
    return continuous_bernoulli_cdf(m, x, clamped(m, p, eps))


@define("continuous_bernoulli_ppf_clamped")
def continuous_bernoulli_ppf_clamped(m: Any, q: Number, p: Number, eps: float) -> Number:
    return continuous_bernoulli_ppf(m, q, clamped(m, p, eps))


@define("continuous_bernoulli_mean_clamped")
def continuous_bernoulli_mean_clamped(m: Any, p: Number, eps: float) -> Number:
    return continuous_bernoulli_mean(m, clamped(m, p, eps))


@define("continuous_bernoulli_variance_clamped")
def continuous_bernoulli_variance_clamped(m: Any, p: Number, eps: float) -> Number:
    return continuous_bernoulli_variance(m, clamped(m, p, eps))


@define("cosine_integral_real_part")
def cosine_integral_real_part(m: Any, x: Number) -> Number:
    """Ci(|x|), the real part of Ci on the left of 0, DLMF 6.4.4; scipy.special.sici."""
    return m.cosine_integral(m.abs(x))


@define("round_decimals_in_steps")
def round_decimals_in_steps(m: Any, x: Number, decimals: int = 1) -> Number:
    """rint(10^d x) / 10^d, for d < 0 rint(x / 10^-d) 10^-d; numpy.round, whose page says that the multiplication may overflow."""
    scale = m.num(10 ** abs(decimals))
    return half_even(m, x * scale) / scale if decimals > 0 else half_even(m, x / scale) * scale
