"""Continuous distributions with shape parameters.

Sources: Johnson, Kotz and Balakrishnan (JKB), Continuous Univariate Distributions, volumes 1 and 2, and the API pages named.
"""

from __future__ import annotations

from collections.abc import Callable

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.distributions_location import HALF, log1mexp


def betaln(m: Arithmetic[N], a: N, b: N) -> N:
    """log B(a, b); DLMF 5.12.1."""
    return m.lgamma(a) + m.lgamma(b) - m.lgamma(a + b)


def log_part(m: Arithmetic[N], part: N, rest: Callable[[], N]) -> N:
    """log of a probability whose complement is rest(): log(1 - rest) above 1/2, where it hangs on the digits of that."""
    return m.where(m.lt(m.num(HALF), part), lambda: m.log1p(-rest()), lambda: m.log(part))


@define("gamma_logpdf")
def gamma_logpdf(m: Arithmetic[N], x: N, a: N) -> N:
    """log of x^(a-1) e^-x / Gamma(a); JKB 17.2."""
    return (a - 1) * m.log(x) - x - m.lgamma(a)


@define("gamma_pdf")
def gamma_pdf(m: Arithmetic[N], x: N, a: N) -> N:
    """x^(a-1) e^-x / Gamma(a); JKB 17.2."""
    return m.exp(gamma_logpdf(m, x, a))


@define("gamma_cdf")
def gamma_cdf(m: Arithmetic[N], x: N, a: N) -> N:
    """P(a, x); JKB 17.2, DLMF 8.2.4."""
    return m.gammainc_p(a, x)


@define("gamma_sf")
def gamma_sf(m: Arithmetic[N], x: N, a: N) -> N:
    """Q(a, x); DLMF 8.2.4."""
    return m.gammainc_q(a, x)


@define("gamma_logcdf")
def gamma_logcdf(m: Arithmetic[N], x: N, a: N) -> N:
    return log_part(m, m.gammainc_p(a, x), lambda: m.gammainc_q(a, x))


@define("gamma_logsf")
def gamma_logsf(m: Arithmetic[N], x: N, a: N) -> N:
    return log_part(m, m.gammainc_q(a, x), lambda: m.gammainc_p(a, x))


@define("gamma_rate_logpdf")
def gamma_rate_logpdf(m: Arithmetic[N], x: N, a: N, rate: N) -> N:
    """log of rate^a x^(a-1) e^(-rate x) / Gamma(a); torch.distributions.Gamma."""
    return a * m.log(rate) + (a - 1) * m.log(x) - rate * x - m.lgamma(a)


@define("gamma_rate_cdf")
def gamma_rate_cdf(m: Arithmetic[N], x: N, a: N, rate: N) -> N:
    """P(a, rate x); torch.distributions.Gamma."""
    return m.gammainc_p(a, rate * x)


@define("gamma_entropy")
def gamma_entropy(m: Arithmetic[N], a: N, rate: N) -> N:
    """a - log rate + log Gamma(a) + (1 - a) digamma(a); Cover and Thomas, table 17.1."""
    return a - m.log(rate) + m.lgamma(a) + (1 - a) * m.digamma(a)


@define("inverse_gamma_logpdf")
def inverse_gamma_logpdf(m: Arithmetic[N], x: N, a: N, rate: N) -> N:
    """log of rate^a x^(-a-1) e^(-rate/x) / Gamma(a), the density of 1/X, X gamma; torch.distributions.InverseGamma."""
    return a * m.log(rate) - (a + 1) * m.log(x) - rate / x - m.lgamma(a)


@define("inverse_gamma_entropy")
def inverse_gamma_entropy(m: Arithmetic[N], a: N, rate: N) -> N:
    """a + log rate + log Gamma(a) - (1 + a) digamma(a); torch.distributions.InverseGamma."""
    return a + m.log(rate) + m.lgamma(a) - (1 + a) * m.digamma(a)


@define("chi2_logpdf")
def chi2_logpdf(m: Arithmetic[N], x: N, df: N) -> N:
    """log of x^(df/2-1) e^(-x/2) / (2^(df/2) Gamma(df/2)); JKB 18.1."""
    return (df / 2 - 1) * m.log(x) - x / 2 - df / 2 * m.const("ln2") - m.lgamma(df / 2)


@define("chi2_pdf")
def chi2_pdf(m: Arithmetic[N], x: N, df: N) -> N:
    return m.exp(chi2_logpdf(m, x, df))


@define("chi2_cdf")
def chi2_cdf(m: Arithmetic[N], x: N, df: N) -> N:
    """P(df/2, x/2); JKB 18.2."""
    return m.gammainc_p(df / 2, x / 2)


@define("chi2_sf")
def chi2_sf(m: Arithmetic[N], x: N, df: N) -> N:
    return m.gammainc_q(df / 2, x / 2)


@define("chi2_logcdf")
def chi2_logcdf(m: Arithmetic[N], x: N, df: N) -> N:
    return log_part(m, m.gammainc_p(df / 2, x / 2), lambda: m.gammainc_q(df / 2, x / 2))


@define("chi2_logsf")
def chi2_logsf(m: Arithmetic[N], x: N, df: N) -> N:
    return log_part(m, m.gammainc_q(df / 2, x / 2), lambda: m.gammainc_p(df / 2, x / 2))


@define("beta_logpdf")
def beta_logpdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    """log of x^(a-1) (1-x)^(b-1) / B(a, b); JKB 25.1."""
    return (a - 1) * m.log(x) + (b - 1) * m.log1p(-x) - betaln(m, a, b)


@define("beta_pdf")
def beta_pdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    return m.exp(beta_logpdf(m, x, a, b))


@define("beta_cdf")
def beta_cdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    """I_x(a, b); DLMF 8.17.2."""
    return m.betainc_i(a, b, x)


@define("beta_sf")
def beta_sf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    """1 - I_x(a, b) = I_(1-x)(b, a); DLMF 8.17.4."""
    below = m.betainc_i(a, b, x)
    return m.where(m.lt(below, m.num(HALF)), lambda: 1 - below, lambda: m.betainc_i(b, a, 1 - x))


@define("beta_logcdf")
def beta_logcdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    return log_part(m, m.betainc_i(a, b, x), lambda: m.betainc_i(b, a, 1 - x))


@define("beta_logsf")
def beta_logsf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    below = m.betainc_i(a, b, x)
    return m.where(m.lt(below, m.num(HALF)), lambda: m.log1p(-below), lambda: m.log(m.betainc_i(b, a, 1 - x)))


@define("beta_entropy")
def beta_entropy(m: Arithmetic[N], a: N, b: N) -> N:
    """log B(a, b) - (a-1) digamma(a) - (b-1) digamma(b) + (a+b-2) digamma(a+b); Cover and Thomas, table 17.1."""
    return betaln(m, a, b) - (a - 1) * m.digamma(a) - (b - 1) * m.digamma(b) + (a + b - 2) * m.digamma(a + b)


@define("beta_mean")
def beta_mean(m: Arithmetic[N], a: N, b: N) -> N:
    return a / (a + b)


@define("beta_variance")
def beta_variance(m: Arithmetic[N], a: N, b: N) -> N:
    """a b / ((a+b)^2 (a+b+1)); JKB 25.2."""
    return a * b / (m.square(a + b) * (a + b + 1))


@define("student_t_logpdf")
def student_t_logpdf(m: Arithmetic[N], x: N, df: N, loc: N, scale: N) -> N:
    """JKB 28.2: Gamma((df+1)/2) / (Gamma(df/2) sqrt(pi df) scale) (1 + z^2/df)^(-(df+1)/2)."""
    z = (x - loc) / scale
    norm = m.lgamma((df + 1) / 2) - m.lgamma(df / 2) - m.log(m.const("pi") * df) / 2 - m.log(scale)
    return norm - (df + 1) / 2 * m.log1p(m.square(z) / df)


@define("student_t_pdf")
def student_t_pdf(m: Arithmetic[N], x: N, df: N, loc: N, scale: N) -> N:
    return m.exp(student_t_logpdf(m, x, df, loc, scale))


@define("student_t_entropy")
def student_t_entropy(m: Arithmetic[N], df: N, scale: N) -> N:
    """(df+1)/2 (digamma((df+1)/2) - digamma(df/2)) + log(sqrt(df) B(df/2, 1/2)) + log scale; Cover and Thomas, table 17.1."""
    slope = (df + 1) / 2 * (m.digamma((df + 1) / 2) - m.digamma(df / 2))
    return slope + m.log(df) / 2 + betaln(m, df / 2, m.num(HALF)) + m.log(scale)


@define("student_t_variance")
def student_t_variance(m: Arithmetic[N], df: N, scale: N) -> N:
    """scale^2 df / (df - 2), df > 2; JKB 28.2."""
    return m.square(scale) * df / (df - 2)


@define("f_logpdf")
def f_logpdf(m: Arithmetic[N], x: N, df1: N, df2: N) -> N:
    """JKB 27.1: (df1/df2)^(df1/2) x^(df1/2-1) (1 + df1 x/df2)^(-(df1+df2)/2) / B(df1/2, df2/2)."""
    log_ratio, total = m.log(df1 / df2), (df1 + df2) / 2
    return df1 / 2 * log_ratio + (df1 / 2 - 1) * m.log(x) - total * m.log1p(df1 / df2 * x) - betaln(m, df1 / 2, df2 / 2)


@define("weibull_logpdf")
def weibull_logpdf(m: Arithmetic[N], x: N, scale: N, k: N) -> N:
    """JKB 21.2: log of k/scale (x/scale)^(k-1) e^-(x/scale)^k."""
    return m.log(k / scale) + (k - 1) * m.log(x / scale) - m.pow(x / scale, k)


@define("weibull_cdf")
def weibull_cdf(m: Arithmetic[N], x: N, scale: N, k: N) -> N:
    return -m.expm1(-m.pow(x / scale, k))


@define("weibull_ppf")
def weibull_ppf(m: Arithmetic[N], q: N, scale: N, k: N) -> N:
    return scale * m.pow(-m.log1p(-q), 1 / k)


@define("weibull_mean")
def weibull_mean(m: Arithmetic[N], scale: N, k: N) -> N:
    """scale Gamma(1 + 1/k); JKB 21.3."""
    return scale * m.exp(m.lgamma(1 + 1 / k))


@define("weibull_variance")
def weibull_variance(m: Arithmetic[N], scale: N, k: N) -> N:
    """scale^2 (Gamma(1 + 2/k) - Gamma(1 + 1/k)^2); JKB 21.3."""
    return m.square(scale) * (m.exp(m.lgamma(1 + 2 / k)) - m.exp(2 * m.lgamma(1 + 1 / k)))


@define("weibull_entropy")
def weibull_entropy(m: Arithmetic[N], scale: N, k: N) -> N:
    """gamma (1 - 1/k) + log(scale/k) + 1; Cover and Thomas, table 17.1."""
    return m.const("euler") * (1 - 1 / k) + m.log(scale / k) + 1


@define("pareto_logpdf")
def pareto_logpdf(m: Arithmetic[N], x: N, b: N) -> N:
    """log of b x^(-b-1), x >= 1; JKB 20.1."""
    return m.log(b) - (b + 1) * m.log(x)


@define("pareto_pdf")
def pareto_pdf(m: Arithmetic[N], x: N, b: N) -> N:
    return m.exp(pareto_logpdf(m, x, b))


@define("pareto_cdf")
def pareto_cdf(m: Arithmetic[N], x: N, b: N) -> N:
    return -m.expm1(-b * m.log(x))


@define("pareto_sf")
def pareto_sf(m: Arithmetic[N], x: N, b: N) -> N:
    return m.exp(-b * m.log(x))


@define("pareto_logcdf")
def pareto_logcdf(m: Arithmetic[N], x: N, b: N) -> N:
    return log1mexp(m, -b * m.log(x))


@define("pareto_logsf")
def pareto_logsf(m: Arithmetic[N], x: N, b: N) -> N:
    return -b * m.log(x)


@define("pareto_ppf")
def pareto_ppf(m: Arithmetic[N], q: N, b: N) -> N:
    """(1 - q)^(-1/b)."""
    return m.exp(-m.log1p(-q) / b)


@define("pareto_entropy")
def pareto_entropy(m: Arithmetic[N], scale: N, b: N) -> N:
    """log(scale/b) + 1 + 1/b; Cover and Thomas, table 17.1."""
    return m.log(scale / b) + 1 + 1 / b


@define("generalized_pareto_logpdf")
def generalized_pareto_logpdf(m: Arithmetic[N], x: N, scale: N, c: N) -> N:
    """log of (1 + c x/scale)^(-1-1/c) / scale, c > 0; JKB 20.12, torch.distributions.GeneralizedPareto."""
    z = x / scale
    return -(1 + 1 / c) * m.log1p(c * z) - m.log(scale)


def _excess(m: Arithmetic[N], z: N, c: N) -> N:
    """log(1 + c z) / c: minus the logarithm of the survival function."""
    return m.log1p(c * z) / c


@define("generalized_pareto_logsf")
def generalized_pareto_logsf(m: Arithmetic[N], x: N, scale: N, c: N) -> N:
    return -_excess(m, x / scale, c)


@define("generalized_pareto_cdf")
def generalized_pareto_cdf(m: Arithmetic[N], x: N, scale: N, c: N) -> N:
    return -m.expm1(-_excess(m, x / scale, c))


@define("generalized_pareto_logcdf")
def generalized_pareto_logcdf(m: Arithmetic[N], x: N, scale: N, c: N) -> N:
    return log1mexp(m, -_excess(m, x / scale, c))


@define("generalized_pareto_ppf")
def generalized_pareto_ppf(m: Arithmetic[N], q: N, scale: N, c: N) -> N:
    """scale ((1 - q)^-c - 1) / c."""
    return scale * m.expm1(-c * m.log1p(-q)) / c
