"""Continuous distributions with shape parameters.

Sources: Johnson, Kotz and Balakrishnan (JKB), Continuous Univariate Distributions, volumes 1 and 2, and the API pages named.
"""

from __future__ import annotations

from typing import Any

from oracles.definitions import define
from oracles.definitions.distributions_location import HALF, log1mexp

Number = Any


def betaln(m: Any, a: Number, b: Number) -> Number:
    """log B(a, b); DLMF 5.12.1."""
    return m.lgamma(a) + m.lgamma(b) - m.lgamma(a + b)


@define("gamma_logpdf")
def gamma_logpdf(m: Any, x: Number, a: Number) -> Number:
    """log of x^(a-1) e^-x / Gamma(a); JKB 17.2."""
    return (a - 1) * m.log(x) - x - m.lgamma(a)


@define("gamma_pdf")
def gamma_pdf(m: Any, x: Number, a: Number) -> Number:
    """x^(a-1) e^-x / Gamma(a); JKB 17.2."""
    return m.exp(gamma_logpdf(m, x, a))


@define("gamma_cdf")
def gamma_cdf(m: Any, x: Number, a: Number) -> Number:
    """P(a, x); JKB 17.2, DLMF 8.2.4."""
    return m.gammainc_p(a, x)


@define("gamma_sf")
def gamma_sf(m: Any, x: Number, a: Number) -> Number:
    """Q(a, x); DLMF 8.2.4."""
    return m.gammainc_q(a, x)


@define("gamma_logcdf")
def gamma_logcdf(m: Any, x: Number, a: Number) -> Number:
    return m.log(m.gammainc_p(a, x))


@define("gamma_logsf")
def gamma_logsf(m: Any, x: Number, a: Number) -> Number:
    return m.log(m.gammainc_q(a, x))


@define("gamma_rate_logpdf")
def gamma_rate_logpdf(m: Any, x: Number, a: Number, rate: Number) -> Number:
    """log of rate^a x^(a-1) e^(-rate x) / Gamma(a); torch.distributions.Gamma."""
    return a * m.log(rate) + (a - 1) * m.log(x) - rate * x - m.lgamma(a)


@define("gamma_rate_cdf")
def gamma_rate_cdf(m: Any, x: Number, a: Number, rate: Number) -> Number:
    """P(a, rate x); torch.distributions.Gamma."""
    return m.gammainc_p(a, rate * x)


@define("gamma_entropy")
def gamma_entropy(m: Any, a: Number, rate: Number) -> Number:
    """a - log rate + log Gamma(a) + (1 - a) digamma(a); Cover and Thomas, table 17.1."""
    return a - m.log(rate) + m.lgamma(a) + (1 - a) * m.digamma(a)


@define("inverse_gamma_logpdf")
def inverse_gamma_logpdf(m: Any, x: Number, a: Number, rate: Number) -> Number:
    """log of rate^a x^(-a-1) e^(-rate/x) / Gamma(a), the density of 1/X, X gamma; torch.distributions.InverseGamma."""
    return a * m.log(rate) - (a + 1) * m.log(x) - rate / x - m.lgamma(a)


@define("inverse_gamma_entropy")
def inverse_gamma_entropy(m: Any, a: Number, rate: Number) -> Number:
    """a + log rate + log Gamma(a) - (1 + a) digamma(a); torch.distributions.InverseGamma."""
    return a + m.log(rate) + m.lgamma(a) - (1 + a) * m.digamma(a)


@define("chi2_logpdf")
def chi2_logpdf(m: Any, x: Number, df: Number) -> Number:
    """log of x^(df/2-1) e^(-x/2) / (2^(df/2) Gamma(df/2)); JKB 18.1."""
    return (df / 2 - 1) * m.log(x) - x / 2 - df / 2 * m.const("ln2") - m.lgamma(df / 2)


@define("chi2_pdf")
def chi2_pdf(m: Any, x: Number, df: Number) -> Number:
    return m.exp(chi2_logpdf(m, x, df))


@define("chi2_cdf")
def chi2_cdf(m: Any, x: Number, df: Number) -> Number:
    """P(df/2, x/2); JKB 18.2."""
    return m.gammainc_p(df / 2, x / 2)


@define("chi2_sf")
def chi2_sf(m: Any, x: Number, df: Number) -> Number:
    return m.gammainc_q(df / 2, x / 2)


@define("chi2_logcdf")
def chi2_logcdf(m: Any, x: Number, df: Number) -> Number:
    return m.log(m.gammainc_p(df / 2, x / 2))


@define("chi2_logsf")
def chi2_logsf(m: Any, x: Number, df: Number) -> Number:
    return m.log(m.gammainc_q(df / 2, x / 2))


@define("beta_logpdf")
def beta_logpdf(m: Any, x: Number, a: Number, b: Number) -> Number:
    """log of x^(a-1) (1-x)^(b-1) / B(a, b); JKB 25.1."""
    return (a - 1) * m.log(x) + (b - 1) * m.log1p(-x) - betaln(m, a, b)


@define("beta_pdf")
def beta_pdf(m: Any, x: Number, a: Number, b: Number) -> Number:
    return m.exp(beta_logpdf(m, x, a, b))


@define("beta_cdf")
def beta_cdf(m: Any, x: Number, a: Number, b: Number) -> Number:
    """I_x(a, b); DLMF 8.17.2."""
    return m.betainc_i(a, b, x)


@define("beta_sf")
def beta_sf(m: Any, x: Number, a: Number, b: Number) -> Number:
    """1 - I_x(a, b) = I_(1-x)(b, a); DLMF 8.17.4."""
    return m.betainc_i(b, a, 1 - x)


@define("beta_logcdf")
def beta_logcdf(m: Any, x: Number, a: Number, b: Number) -> Number:
    return m.log(m.betainc_i(a, b, x))


@define("beta_logsf")
def beta_logsf(m: Any, x: Number, a: Number, b: Number) -> Number:
    return m.log(m.betainc_i(b, a, 1 - x))


@define("beta_entropy")
def beta_entropy(m: Any, a: Number, b: Number) -> Number:
    """log B(a, b) - (a-1) digamma(a) - (b-1) digamma(b) + (a+b-2) digamma(a+b); Cover and Thomas, table 17.1."""
    return betaln(m, a, b) - (a - 1) * m.digamma(a) - (b - 1) * m.digamma(b) + (a + b - 2) * m.digamma(a + b)


@define("beta_mean")
def beta_mean(m: Any, a: Number, b: Number) -> Number:
    return a / (a + b)


@define("beta_variance")
def beta_variance(m: Any, a: Number, b: Number) -> Number:
    """a b / ((a+b)^2 (a+b+1)); JKB 25.2."""
    return a * b / (m.square(a + b) * (a + b + 1))


@define("student_t_logpdf")
def student_t_logpdf(m: Any, x: Number, df: Number, loc: Number, scale: Number) -> Number:
    """JKB 28.2: Gamma((df+1)/2) / (Gamma(df/2) sqrt(pi df) scale) (1 + z^2/df)^(-(df+1)/2)."""
    z = (x - loc) / scale
    norm = m.lgamma((df + 1) / 2) - m.lgamma(df / 2) - m.log(m.const("pi") * df) / 2 - m.log(scale)
    return norm - (df + 1) / 2 * m.log1p(m.square(z) / df)


@define("student_t_pdf")
def student_t_pdf(m: Any, x: Number, df: Number, loc: Number, scale: Number) -> Number:
    return m.exp(student_t_logpdf(m, x, df, loc, scale))


@define("student_t_entropy")
def student_t_entropy(m: Any, df: Number, scale: Number) -> Number:
    """(df+1)/2 (digamma((df+1)/2) - digamma(df/2)) + log(sqrt(df) B(df/2, 1/2)) + log scale; Cover and Thomas, table 17.1."""
    slope = (df + 1) / 2 * (m.digamma((df + 1) / 2) - m.digamma(df / 2))
    return slope + m.log(df) / 2 + betaln(m, df / 2, m.num(HALF)) + m.log(scale)


@define("student_t_variance")
def student_t_variance(m: Any, df: Number, scale: Number) -> Number:
    """scale^2 df / (df - 2), df > 2; JKB 28.2."""
    return m.square(scale) * df / (df - 2)


@define("f_logpdf")
def f_logpdf(m: Any, x: Number, df1: Number, df2: Number) -> Number:
    """JKB 27.1: (df1/df2)^(df1/2) x^(df1/2-1) (1 + df1 x/df2)^(-(df1+df2)/2) / B(df1/2, df2/2)."""
    log_ratio, total = m.log(df1 / df2), (df1 + df2) / 2
    return df1 / 2 * log_ratio + (df1 / 2 - 1) * m.log(x) - total * m.log1p(df1 / df2 * x) - betaln(m, df1 / 2, df2 / 2)


@define("weibull_logpdf")
def weibull_logpdf(m: Any, x: Number, scale: Number, k: Number) -> Number:
    """JKB 21.2: log of k/scale (x/scale)^(k-1) e^-(x/scale)^k."""
    return m.log(k / scale) + (k - 1) * m.log(x / scale) - m.pow(x / scale, k)


@define("weibull_cdf")
def weibull_cdf(m: Any, x: Number, scale: Number, k: Number) -> Number:
    return -m.expm1(-m.pow(x / scale, k))


@define("weibull_ppf")
def weibull_ppf(m: Any, q: Number, scale: Number, k: Number) -> Number:
    return scale * m.pow(-m.log1p(-q), 1 / k)


@define("weibull_mean")
def weibull_mean(m: Any, scale: Number, k: Number) -> Number:
    """scale Gamma(1 + 1/k); JKB 21.3."""
    return scale * m.exp(m.lgamma(1 + 1 / k))


@define("weibull_variance")
def weibull_variance(m: Any, scale: Number, k: Number) -> Number:
    """scale^2 (Gamma(1 + 2/k) - Gamma(1 + 1/k)^2); JKB 21.3."""
    return m.square(scale) * (m.exp(m.lgamma(1 + 2 / k)) - m.exp(2 * m.lgamma(1 + 1 / k)))


@define("weibull_entropy")
def weibull_entropy(m: Any, scale: Number, k: Number) -> Number:
    """gamma (1 - 1/k) + log(scale/k) + 1; Cover and Thomas, table 17.1."""
    return m.const("euler") * (1 - 1 / k) + m.log(scale / k) + 1


@define("pareto_logpdf")
def pareto_logpdf(m: Any, x: Number, b: Number) -> Number:
    """log of b x^(-b-1), x >= 1; JKB 20.1."""
    return m.log(b) - (b + 1) * m.log(x)


@define("pareto_pdf")
def pareto_pdf(m: Any, x: Number, b: Number) -> Number:
    return m.exp(pareto_logpdf(m, x, b))


@define("pareto_cdf")
def pareto_cdf(m: Any, x: Number, b: Number) -> Number:
    return -m.expm1(-b * m.log(x))


@define("pareto_sf")
def pareto_sf(m: Any, x: Number, b: Number) -> Number:
    return m.exp(-b * m.log(x))


@define("pareto_logcdf")
def pareto_logcdf(m: Any, x: Number, b: Number) -> Number:
    return log1mexp(m, -b * m.log(x))


@define("pareto_logsf")
def pareto_logsf(m: Any, x: Number, b: Number) -> Number:
    return -b * m.log(x)


@define("pareto_ppf")
def pareto_ppf(m: Any, q: Number, b: Number) -> Number:
    """(1 - q)^(-1/b)."""
    return m.exp(-m.log1p(-q) / b)


@define("pareto_entropy")
def pareto_entropy(m: Any, scale: Number, b: Number) -> Number:
    """log(scale/b) + 1 + 1/b; Cover and Thomas, table 17.1."""
    return m.log(scale / b) + 1 + 1 / b


@define("generalized_pareto_logpdf")
def generalized_pareto_logpdf(m: Any, x: Number, scale: Number, c: Number) -> Number:
    """log of (1 + c x/scale)^(-1-1/c) / scale, c > 0; JKB 20.12, torch.distributions.GeneralizedPareto."""
    z = x / scale
    return -(1 + 1 / c) * m.log1p(c * z) - m.log(scale)


def _excess(m: Any, z: Number, c: Number) -> Number:
    """log(1 + c z) / c: minus the logarithm of the survival function."""
    return m.log1p(c * z) / c


@define("generalized_pareto_logsf")
def generalized_pareto_logsf(m: Any, x: Number, scale: Number, c: Number) -> Number:
    return -_excess(m, x / scale, c)


@define("generalized_pareto_cdf")
def generalized_pareto_cdf(m: Any, x: Number, scale: Number, c: Number) -> Number:
    return -m.expm1(-_excess(m, x / scale, c))


@define("generalized_pareto_logcdf")
def generalized_pareto_logcdf(m: Any, x: Number, scale: Number, c: Number) -> Number:
    return log1mexp(m, -_excess(m, x / scale, c))


@define("generalized_pareto_ppf")
def generalized_pareto_ppf(m: Any, q: Number, scale: Number, c: Number) -> Number:
    """scale ((1 - q)^-c - 1) / c."""
    return scale * m.expm1(-c * m.log1p(-q)) / c
