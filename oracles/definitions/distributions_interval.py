"""Distributions on an interval or on the circle, truncated and generalised normal ones.

Sources: Mardia and Jupp, Directional Statistics; Loaiza-Ganem and Cunningham, The continuous Bernoulli, NeurIPS 2019; the API pages named.
"""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.distributions_location import HALF, log_root_two_pi
from ulpfuzz.oracles.definitions.distributions_shape import betaln, log_part
from ulpfuzz.oracles.definitions.special import ndtr


@define("kumaraswamy_logpdf")
def kumaraswamy_logpdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    """log of a b x^(a-1) (1 - x^a)^(b-1); Kumaraswamy, 1980, torch.distributions.Kumaraswamy."""
    return m.log(a) + m.log(b) + (a - 1) * m.log(x) + (b - 1) * m.log1p(-m.pow(x, a))


@define("kumaraswamy_cdf")
def kumaraswamy_cdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    """1 - (1 - x^a)^b."""
    return -m.expm1(b * m.log1p(-m.pow(x, a)))


@define("kumaraswamy_ppf")
def kumaraswamy_ppf(m: Arithmetic[N], q: N, a: N, b: N) -> N:
    """(1 - (1 - q)^(1/b))^(1/a)."""
    return m.pow(-m.expm1(m.log1p(-q) / b), 1 / a)


@define("kumaraswamy_mean")
def kumaraswamy_mean(m: Arithmetic[N], a: N, b: N) -> N:
    """b B(1 + 1/a, b)."""
    return b * m.exp(betaln(m, 1 + 1 / a, b))


@define("kumaraswamy_entropy")
def kumaraswamy_entropy(m: Arithmetic[N], a: N, b: N) -> N:
    """(1 - 1/b) + (1 - 1/a) H_b - log(a b), H_b = digamma(b + 1) + gamma; torch.distributions.Kumaraswamy."""
    return (1 - 1 / b) + (1 - 1 / a) * (m.digamma(b + 1) + m.const("euler")) - m.log(a) - m.log(b)


@define("gennorm_logpdf")
def gennorm_logpdf(m: Arithmetic[N], x: N, beta: N) -> N:
    """log of beta e^(-|x|^beta) / (2 Gamma(1/beta)); scipy.stats.gennorm."""
    return m.log(beta / 2) - m.lgamma(1 / beta) - m.pow(m.abs(x), beta)


@define("gennorm_pdf")
def gennorm_pdf(m: Arithmetic[N], x: N, beta: N) -> N:
    return m.exp(gennorm_logpdf(m, x, beta))


@define("gennorm_cdf")
def gennorm_cdf(m: Arithmetic[N], x: N, beta: N) -> N:
    """Q(1/beta, |x|^beta) / 2 left of 0, the rest right of it; scipy.stats.gennorm."""
    tail = m.gammainc_q(1 / beta, m.pow(m.abs(x), beta)) / 2
    return m.where(m.lt(x, m.num(0)), lambda: tail, lambda: 1 - tail)


@define("von_mises_logpdf")
def von_mises_logpdf(m: Arithmetic[N], x: N, kappa: N) -> N:
    """kappa cos x - log(2 pi I_0(kappa)); Mardia and Jupp, Directional Statistics, 3.5.4."""
    # cos x - 1 and e^-kappa I_0(kappa): beside each other, e^kappa would cancel
    return -2 * kappa * m.square(m.sin(x / 2)) - m.log(2 * m.const("pi") * m.scaled_i0(0, kappa))


@define("von_mises_pdf")
def von_mises_pdf(m: Arithmetic[N], x: N, kappa: N) -> N:
    return m.exp(kappa * m.cos(x)) / (2 * m.const("pi") * m.bessel_i(0, kappa))


@define("von_mises_variance")
def von_mises_variance(m: Arithmetic[N], kappa: N) -> N:
    """The circular variance 1 - I_1(kappa) / I_0(kappa); Mardia and Jupp, 3.5.4."""
    return 1 - m.bessel_i(1, kappa) / m.bessel_i(0, kappa)


@define("wrapcauchy_pdf")
def wrapcauchy_pdf(m: Arithmetic[N], x: N, c: N) -> N:
    """(1 - c^2) / (2 pi (1 + c^2 - 2 c cos x)); Mardia and Jupp, 3.5.7. The denominator is (1 - c)^2 + 4 c sin(x/2)^2."""
    return (1 - c) * (1 + c) / (2 * m.const("pi") * (m.square(1 - c) + 4 * c * m.square(m.sin(x / 2))))


@define("wrapcauchy_logpdf")
def wrapcauchy_logpdf(m: Arithmetic[N], x: N, c: N) -> N:
    return m.log(wrapcauchy_pdf(m, x, c))


def _mass(m: Arithmetic[N], a: N, b: N) -> N:
    """The normal probability of (a, b), both of one sign or around 0."""
    return m.where(m.lt(m.num(0), a), lambda: ndtr(m, -a) - ndtr(m, -b), lambda: ndtr(m, b) - ndtr(m, a))


def _truncnorm_logpdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
    return -m.square(x) / 2 - log_root_two_pi(m) - m.log(_mass(m, a, b))


for _side in ("", "_tail"):

    @define(f"truncnorm{_side}_logpdf")
    def truncnorm_logpdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
        """The normal density over the probability of [a, b]; scipy.stats.truncnorm."""
        return _truncnorm_logpdf(m, x, a, b)

    @define(f"truncnorm{_side}_pdf")
    def truncnorm_pdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
        return m.exp(_truncnorm_logpdf(m, x, a, b))

    @define(f"truncnorm{_side}_logcdf")
    def truncnorm_logcdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
        whole = _mass(m, a, b)
        return log_part(m, _mass(m, a, x) / whole, lambda: _mass(m, x, b) / whole)

    @define(f"truncnorm{_side}_cdf")
    def truncnorm_cdf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
        return _mass(m, a, x) / _mass(m, a, b)

    @define(f"truncnorm{_side}_logsf")
    def truncnorm_logsf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
        whole = _mass(m, a, b)
        return log_part(m, _mass(m, x, b) / whole, lambda: _mass(m, a, x) / whole)

    @define(f"truncnorm{_side}_sf")
    def truncnorm_sf(m: Arithmetic[N], x: N, a: N, b: N) -> N:
        return _mass(m, x, b) / _mass(m, a, b)


@define("logit_relaxed_bernoulli_logpdf")
def logit_relaxed_bernoulli_logpdf(m: Arithmetic[N], x: N, temperature: N, logits: N) -> N:
    """log t + (l - t x) - 2 log(1 + e^(l - t x)), t the temperature, l the logit; Maddison, Mnih and Teh, 2017, appendix B."""
    d = logits - temperature * x
    return m.log(temperature) - m.softplus(d) - m.softplus(-d)


def _tilt(m: Arithmetic[N], logit: N) -> N:
    """log of (e^l - 1) / l, the integral of e^(l x) over [0, 1]; 0 at l = 0."""
    return m.where(m.eq0(logit), lambda: m.num(0), lambda: m.log(m.expm1(logit) / logit))


@define("continuous_bernoulli_logpdf")
def continuous_bernoulli_logpdf(m: Arithmetic[N], x: N, p: N) -> N:
    """log of C p^x (1-p)^(1-x), that is e^(l x) l / (e^l - 1) with the logit l; Loaiza-Ganem and Cunningham, 2019."""
    logit = m.log(p / (1 - p))
    return logit * x - _tilt(m, logit)


@define("continuous_bernoulli_logits_logpdf")
def continuous_bernoulli_logits_logpdf(m: Arithmetic[N], x: N, logits: N) -> N:
    """The same by the logit."""
    return logits * x - _tilt(m, logits)


@define("continuous_bernoulli_cdf")
def continuous_bernoulli_cdf(m: Arithmetic[N], x: N, p: N) -> N:
    """(e^(l x) - 1) / (e^l - 1), x at l = 0; Loaiza-Ganem and Cunningham, 2019, 2."""
    logit = m.log(p / (1 - p))

    def falling() -> N:  # the same by e^-l: where l is infinite, at p = 1, it is a number
        return m.exp(logit * (x - 1)) * m.expm1(-logit * x) / m.expm1(-logit)

    return m.where(
        m.eq0(logit), lambda: x, lambda: m.where(m.lt(m.num(0), logit), falling, lambda: m.expm1(logit * x) / m.expm1(logit))
    )


@define("continuous_bernoulli_ppf")
def continuous_bernoulli_ppf(m: Arithmetic[N], q: N, p: N) -> N:
    """log(1 + q (e^l - 1)) / l, q at l = 0; Loaiza-Ganem and Cunningham, 2019, 2."""
    logit = m.log(p / (1 - p))
    return m.where(m.eq0(logit), lambda: q, lambda: m.log1p(q * m.expm1(logit)) / logit)


@define("continuous_bernoulli_mean")
def continuous_bernoulli_mean(m: Arithmetic[N], p: N) -> N:
    """1 / (1 - e^-l) - 1/l, 1/2 at l = 0; Loaiza-Ganem and Cunningham, 2019, 2."""
    logit = m.log(p / (1 - p))
    return m.where(m.eq0(logit), lambda: m.num(HALF), lambda: -1 / m.expm1(-logit) - 1 / logit)


@define("continuous_bernoulli_variance")
def continuous_bernoulli_variance(m: Arithmetic[N], p: N) -> N:
    """1/l^2 - 1/(4 sinh(l/2)^2), 1/12 at l = 0."""
    logit = m.log(p / (1 - p))
    return m.where(
        m.eq0(logit), lambda: m.num(Fraction(1, 12)), lambda: 1 / m.square(logit) - 1 / (4 * m.square(m.sinh(logit / 2)))
    )


@define("uniform_between_logpdf")
def uniform_between_logpdf(m: Arithmetic[N], t: list[N]) -> N:
    """-log(high - low) of t = (low, x, high) on [low, high); torch.distributions.Uniform."""
    low, x, high = t
    return m.where(m.lt(x, high), lambda: -m.log(high - low), lambda: m.log(m.num(0)))


@define("uniform_between_cdf")
def uniform_between_cdf(m: Arithmetic[N], t: list[N]) -> N:
    low, x, high = t
    return (x - low) / (high - low)


@define("uniform_between_ppf")
def uniform_between_ppf(m: Arithmetic[N], q: N, ends: list[N]) -> N:
    return ends[0] + q * (ends[1] - ends[0])


@define("uniform_between_entropy")
def uniform_between_entropy(m: Arithmetic[N], ends: list[N]) -> N:
    return m.log(ends[1] - ends[0])
