"""Formulas that a framework's page gives beside the function: probabilities that are clamped, another branch, another domain.

The function itself stays the reference; an answer that is right by one of these is labelled (ulpfuzz.fuzzer.catalog.op.Documented).
"""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.distributions_discrete import chosen, failures, log_choose, of_two, weighted
from ulpfuzz.oracles.definitions.distributions_interval import (
    continuous_bernoulli_cdf,
    continuous_bernoulli_logpdf,
    continuous_bernoulli_mean,
    continuous_bernoulli_ppf,
    continuous_bernoulli_variance,
)
from ulpfuzz.oracles.definitions.rounding import half_even, trunc

# torch.distributions takes the logarithms of probabilities clamped to [eps, 1 - eps], eps of the dtype
# (torch.distributions.utils.clamp_probs); entropies and divergences are expectations of such logarithms.


def clamped(m: Arithmetic[N], p: N, eps: float) -> N:
    """p, not below eps and not above 1 - eps."""
    return m.max([m.min([p, 1 - m.num(eps)]), m.num(eps)])


def _log(m: Arithmetic[N], p: N, eps: float) -> N:
    return m.log(clamped(m, p, eps))


def _log_rest(m: Arithmetic[N], p: N, eps: float) -> N:
    return m.log1p(-clamped(m, p, eps))


def _expected(m: Arithmetic[N], p: N, eps: float) -> N:
    """The expectation under p of the clamped logarithms of p and 1 - p."""
    return p * _log(m, p, eps) + (1 - p) * _log_rest(m, p, eps)


@define("bernoulli_logpmf_clamped")
def bernoulli_logpmf_clamped(m: Arithmetic[N], y: N, p: N, eps: float) -> N:
    return of_two(m, y, lambda: _log(m, p, eps), lambda: _log_rest(m, p, eps))


@define("bernoulli_entropy_clamped")
def bernoulli_entropy_clamped(m: Arithmetic[N], p: N, eps: float) -> N:
    return -_expected(m, p, eps)


@define("binomial_logpmf_clamped")
def binomial_logpmf_clamped(m: Arithmetic[N], k: N, rest: N, p: N, eps: float) -> N:
    return log_choose(m, k, rest) + k * _log(m, p, eps) + rest * _log_rest(m, p, eps)


@define("negative_binomial_logpmf_clamped")
def negative_binomial_logpmf_clamped(m: Arithmetic[N], k: N, n: N, p: N, eps: float) -> N:
    return failures(m, k, n) + n * _log_rest(m, p, eps) + k * _log(m, p, eps)


@define("geometric_entropy_clamped")
def geometric_entropy_clamped(m: Arithmetic[N], p: N, eps: float) -> N:
    return -_expected(m, p, eps) / p


@define("categorical_logpmf_clamped")
def categorical_logpmf_clamped(m: Arithmetic[N], probs: Vector[N], y: N, eps: float) -> N:
    return _log(m, chosen(m, probs, y) / m.sum(probs), eps)


@define("categorical_entropy_clamped")
def categorical_entropy_clamped(m: Arithmetic[N], probs: Vector[N], eps: float) -> N:
    total = m.sum(probs)
    return m.sum([-p / total * _log(m, p / total, eps) for p in probs])


@define("multinomial_logpmf_clamped")
def multinomial_logpmf_clamped(m: Arithmetic[N], k: Vector[N], probs: Vector[N], eps: float) -> N:
    total = m.sum(probs)
    parts = [weighted(m, c, lambda p=p: _log(m, p / total, eps)) - m.lgamma(c + 1) for c, p in zip(k, probs, strict=True)]  # type: ignore[misc]
    return m.lgamma(m.sum(k) + 1) + m.sum(parts)


@define("kl_bernoulli_clamped")
def kl_bernoulli_clamped(m: Arithmetic[N], p: N, p2: N, eps: float) -> N:
    return _expected(m, p, eps) - p * _log(m, p2, eps) - (1 - p) * _log_rest(m, p2, eps)


@define("kl_bernoulli_poisson_clamped")
def kl_bernoulli_poisson_clamped(m: Arithmetic[N], p: N, rate2: N, eps: float) -> N:
    return _expected(m, p, eps) - p * m.log(rate2) + rate2


@define("kl_binomial_clamped")
def kl_binomial_clamped(m: Arithmetic[N], n: N, p: N, p2: N, eps: float) -> N:
    return n * kl_bernoulli_clamped(m, p, p2, eps)


@define("kl_geometric_clamped")
def kl_geometric_clamped(m: Arithmetic[N], p: N, p2: N, eps: float) -> N:
    return kl_bernoulli_clamped(m, p, p2, eps) / p


@define("kl_categorical_clamped")
def kl_categorical_clamped(m: Arithmetic[N], p: Vector[N], q: Vector[N], eps: float) -> N:
    total, total2 = m.sum(p), m.sum(q)
    return m.sum([a / total * (_log(m, a / total, eps) - _log(m, b / total2, eps)) for a, b in zip(p, q, strict=True)])


@define("continuous_bernoulli_logpdf_clamped")
def continuous_bernoulli_logpdf_clamped(m: Arithmetic[N], x: N, p: N, eps: float) -> N:
    return continuous_bernoulli_logpdf(m, x, clamped(m, p, eps))


@define("continuous_bernoulli_cdf_clamped")
def continuous_bernoulli_cdf_clamped(m: Arithmetic[N], x: N, p: N, eps: float) -> N:
    return continuous_bernoulli_cdf(m, x, clamped(m, p, eps))


@define("continuous_bernoulli_ppf_clamped")
def continuous_bernoulli_ppf_clamped(m: Arithmetic[N], q: N, p: N, eps: float) -> N:
    return continuous_bernoulli_ppf(m, q, clamped(m, p, eps))


@define("continuous_bernoulli_mean_clamped")
def continuous_bernoulli_mean_clamped(m: Arithmetic[N], p: N, eps: float) -> N:
    return continuous_bernoulli_mean(m, clamped(m, p, eps))


@define("continuous_bernoulli_variance_clamped")
def continuous_bernoulli_variance_clamped(m: Arithmetic[N], p: N, eps: float) -> N:
    return continuous_bernoulli_variance(m, clamped(m, p, eps))


@define("cosine_integral_real_part")
def cosine_integral_real_part(m: Arithmetic[N], x: N) -> N:
    """Ci(|x|), the real part of Ci on the left of 0, DLMF 6.4.4; scipy.special.sici."""
    return m.cosine_integral(m.abs(x))


@define("trunc_of_quotient")
def trunc_of_quotient(m: Arithmetic[N], x: N, y: N) -> N:
    """trunc(x / y), two steps; torch.div, whose page rounds "the results of the division"."""
    return trunc(m, x / y)


@define("round_decimals_in_steps")
def round_decimals_in_steps(m: Arithmetic[N], x: N, decimals: int = 1) -> N:
    """rint(10^d x) / 10^d, for d < 0 rint(x / 10^-d) 10^-d; numpy.round, whose page says that the multiplication may overflow."""
    scale = m.num(10 ** abs(decimals))
    return half_even(m, x * scale) / scale if decimals > 0 else half_even(m, x / scale) * scale
