"""Kullback-Leibler divergences KL(p || q) = E_p[log p - log q]; Cover and Thomas, section 8.5, Gil, Alajaji and Linder, 2013, table 3.

The pairs are those that torch.distributions.kl_divergence knows. The parameters of p come first, those of q end in 2.
"""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.distributions_discrete import binary_entropy, expected
from ulpfuzz.oracles.definitions.distributions_location import HALF, log_root_two_pi
from ulpfuzz.oracles.definitions.distributions_shape import beta_entropy, betaln, gamma_entropy


@define("kl_normal")
def kl_normal(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """log(s2/s) + (s^2 + (loc - loc2)^2) / (2 s2^2) - 1/2."""
    return m.log(scale2 / scale) + (m.square(scale / scale2) + m.square((loc - loc2) / scale2) - 1) / 2


@define("kl_half_normal")
def kl_half_normal(m: Arithmetic[N], scale: N, scale2: N) -> N:
    return m.log(scale2 / scale) + (m.square(scale / scale2) - 1) / 2


@define("kl_laplace")
def kl_laplace(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """log(s2/s) + |d|/s2 + s/s2 e^(-|d|/s) - 1, d = loc - loc2."""
    gap = m.abs(loc - loc2)
    return m.log(scale2 / scale) + gap / scale2 + scale / scale2 * m.exp(-gap / scale) - 1


@define("kl_gumbel")
def kl_gumbel(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """log(s2/s) + gamma (s/s2 - 1) - 1 + (loc - loc2)/s2 + e^((loc2 - loc)/s2) Gamma(1 + s/s2); Gil, Alajaji and Linder, 2013."""
    ratio, gap = scale / scale2, (loc - loc2) / scale2
    return -m.log(ratio) + m.const("euler") * (ratio - 1) - 1 + gap + m.exp(m.lgamma(1 + ratio) - gap)


@define("kl_cauchy")
def kl_cauchy(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """log of ((s + s2)^2 + (loc - loc2)^2) / (4 s s2); Chyzak and Nielsen, 2019."""
    return m.log((m.square(scale + scale2) + m.square(loc - loc2)) / (4 * scale * scale2))


@define("kl_normal_laplace")
def kl_normal_laplace(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """E|X - loc2| / s2 + log(2 s2) less the normal entropy; E|X - c| is that of the folded normal (Leone, Nelson and Nottingham, 1961)."""
    z = (loc - loc2) / scale
    folded = scale * m.sqrt(2 / m.const("pi")) * m.exp(-m.square(z) / 2) + (loc - loc2) * m.erf(z / m.sqrt(m.num(2)))
    return folded / scale2 + m.log(2 * scale2) - HALF - log_root_two_pi(m) - m.log(scale)


@define("kl_laplace_normal")
def kl_laplace_normal(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """The variance of a Laplace distribution is 2 scale^2."""
    return (
        log_root_two_pi(m)
        + m.log(scale2)
        + (m.square(scale / scale2) + m.square((loc - loc2) / scale2) / 2)
        - 1
        - m.log(2 * scale)
    )


@define("kl_normal_gumbel")
def kl_normal_gumbel(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """E e^-X of a normal X is e^(-loc + scale^2/2)."""
    gap, ratio = (loc - loc2) / scale2, scale / scale2
    return m.log(scale2 / scale) + gap + m.exp(-gap + m.square(ratio) / 2) - HALF - log_root_two_pi(m)


@define("kl_gumbel_normal")
def kl_gumbel_normal(m: Arithmetic[N], loc: N, scale: N, loc2: N, scale2: N) -> N:
    """The mean of a Gumbel distribution is loc + gamma scale, its variance pi^2 scale^2 / 6."""
    euler, ratio = m.const("euler"), scale / scale2
    moments = m.square(m.const("pi") * ratio) / 6 + m.square((loc + euler * scale - loc2) / scale2)
    return -m.log(ratio) + log_root_two_pi(m) + moments / 2 - 1 - euler


@define("kl_exponential")
def kl_exponential(m: Arithmetic[N], rate: N, rate2: N) -> N:
    """log(r/r2) + r2/r - 1."""
    return m.log(rate / rate2) + rate2 / rate - 1


@define("kl_gamma")
def kl_gamma(m: Arithmetic[N], a: N, rate: N, a2: N, rate2: N) -> N:
    """(a - a2) digamma(a) - log Gamma(a) + log Gamma(a2) + a2 log(r/r2) + a (r2 - r)/r."""
    return (a - a2) * m.digamma(a) - m.lgamma(a) + m.lgamma(a2) + a2 * m.log(rate / rate2) + a * (rate2 - rate) / rate


@define("kl_gamma_exponential")
def kl_gamma_exponential(m: Arithmetic[N], a: N, rate: N, rate2: N) -> N:
    return -gamma_entropy(m, a, rate) - m.log(rate2) + rate2 * a / rate


@define("kl_gamma_normal")
def kl_gamma_normal(m: Arithmetic[N], a: N, rate: N, loc2: N, scale2: N) -> N:
    """The mean and the variance of a gamma distribution are a/rate and a/rate^2."""
    spread = a / m.square(rate) + m.square(a / rate - loc2)
    return -gamma_entropy(m, a, rate) + log_root_two_pi(m) + m.log(scale2) + spread / (2 * m.square(scale2))


@define("kl_exponential_gamma")
def kl_exponential_gamma(m: Arithmetic[N], rate: N, a2: N, rate2: N) -> N:
    """KL of gamma distributions with a = 1: digamma(1) = -gamma."""
    return (a2 - 1) * m.const("euler") + m.lgamma(a2) + a2 * m.log(rate / rate2) + rate2 / rate - 1


@define("kl_exponential_normal")
def kl_exponential_normal(m: Arithmetic[N], rate: N, loc2: N, scale2: N) -> N:
    spread = 1 / m.square(rate) + m.square(1 / rate - loc2)
    return m.log(rate) - 1 + log_root_two_pi(m) + m.log(scale2) + spread / (2 * m.square(scale2))


@define("kl_exponential_gumbel")
def kl_exponential_gumbel(m: Arithmetic[N], rate: N, loc2: N, scale2: N) -> N:
    """E e^(-X/s) of an exponential X is rate s / (rate s + 1)."""
    product = rate * scale2
    return m.log(product) - 1 + (1 / rate - loc2) / scale2 + m.exp(loc2 / scale2) * product / (product + 1)


@define("kl_beta")
def kl_beta(m: Arithmetic[N], a: N, b: N, a2: N, b2: N) -> N:
    """log B(a2, b2)/B(a, b) + (a - a2) digamma(a) + (b - b2) digamma(b) + (a2 - a + b2 - b) digamma(a + b)."""
    slopes = (a - a2) * m.digamma(a) + (b - b2) * m.digamma(b) + (a2 - a + b2 - b) * m.digamma(a + b)
    return betaln(m, a2, b2) - betaln(m, a, b) + slopes


@define("kl_beta_exponential")
def kl_beta_exponential(m: Arithmetic[N], a: N, b: N, rate2: N) -> N:
    return -beta_entropy(m, a, b) - m.log(rate2) + rate2 * a / (a + b)


@define("kl_beta_gamma")
def kl_beta_gamma(m: Arithmetic[N], a: N, b: N, a2: N, rate2: N) -> N:
    """E log X of a beta distribution is digamma(a) - digamma(a + b)."""
    prior = m.lgamma(a2) - a2 * m.log(rate2) - (a2 - 1) * (m.digamma(a) - m.digamma(a + b)) + rate2 * a / (a + b)
    return -beta_entropy(m, a, b) + prior


@define("kl_beta_normal")
def kl_beta_normal(m: Arithmetic[N], a: N, b: N, loc2: N, scale2: N) -> N:
    spread = a * b / (m.square(a + b) * (a + b + 1)) + m.square(a / (a + b) - loc2)
    return -beta_entropy(m, a, b) + log_root_two_pi(m) + m.log(scale2) + spread / (2 * m.square(scale2))


@define("kl_pareto")
def kl_pareto(m: Arithmetic[N], b: N, b2: N) -> N:
    """log(b/b2) + b2/b - 1, equal scales; Gil, Alajaji and Linder, 2013."""
    return m.log(b / b2) + b2 / b - 1


@define("kl_uniform_normal")
def kl_uniform_normal(m: Arithmetic[N], low: N, high: N, loc2: N, scale2: N) -> N:
    """The variance of a uniform distribution is (high - low)^2 / 12."""
    spread = m.square(high - low) / 12 + m.square((high + low) / 2 - loc2)
    return log_root_two_pi(m) + m.log(scale2) - m.log(high - low) + spread / (2 * m.square(scale2))


@define("kl_uniform_gumbel")
def kl_uniform_gumbel(m: Arithmetic[N], low: N, high: N, loc2: N, scale2: N) -> N:
    """E e^(-X) of a uniform X is (e^-low - e^-high) / (high - low)."""
    upper, lower = (high - loc2) / scale2, (low - loc2) / scale2
    return m.log(scale2 / (high - low)) + (upper + lower) / 2 + (m.exp(-lower) - m.exp(-upper)) * scale2 / (high - low)


@define("kl_uniform_exponential")
def kl_uniform_exponential(m: Arithmetic[N], low: N, high: N, rate2: N) -> N:
    return rate2 * (low + high) / 2 - m.log(rate2 * (high - low))


@define("kl_poisson")
def kl_poisson(m: Arithmetic[N], rate: N, rate2: N) -> N:
    """r log(r/r2) - r + r2."""
    return expected(m, rate, lambda: m.log(rate / rate2)) - rate + rate2


@define("kl_bernoulli")
def kl_bernoulli(m: Arithmetic[N], p: N, p2: N) -> N:
    """p log(p/p2) + (1-p) log((1-p)/(1-p2))."""
    ones = expected(m, p, lambda: m.log(p) - m.log(p2))
    return ones + expected(m, 1 - p, lambda: m.log1p(-p) - m.log1p(-p2))


@define("kl_bernoulli_logits")
def kl_bernoulli_logits(m: Arithmetic[N], x: N, y: N) -> N:
    """The same with p = sigmoid(x), p2 = sigmoid(y)."""
    ones = m.sigmoid(x) * (m.softplus(-y) - m.softplus(-x))
    return ones + m.sigmoid(-x) * (m.softplus(y) - m.softplus(x))


@define("kl_bernoulli_poisson")
def kl_bernoulli_poisson(m: Arithmetic[N], p: N, rate2: N) -> N:
    return -binary_entropy(m, p) - expected(m, p, lambda: m.log(rate2)) + rate2


@define("kl_binomial")
def kl_binomial(m: Arithmetic[N], n: N, p: N, p2: N) -> N:
    return expected(m, n, lambda: kl_bernoulli(m, p, p2))


@define("kl_geometric")
def kl_geometric(m: Arithmetic[N], p: N, p2: N) -> N:
    """log(p/p2) + (1-p)/p log((1-p)/(1-p2))."""
    return m.log(p / p2) + expected(m, (1 - p) / p, lambda: m.log1p(-p) - m.log1p(-p2))


@define("kl_categorical")
def kl_categorical(m: Arithmetic[N], p: Vector[N], q: Vector[N]) -> N:
    """sum p_i log(p_i/q_i), both normalised by their sums as torch.distributions.Categorical does."""
    total, total2 = m.sum(p), m.sum(q)
    return m.sum(
        [expected(m, a / total, lambda a=a, b=b: m.log(a / total) - m.log(b / total2)) for a, b in zip(p, q, strict=True)]  # type: ignore[misc]
    )


@define("kl_categorical_logits")
def kl_categorical_logits(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """sum p_i (log p_i - log q_i), p = softmax(x), q = softmax(y)."""
    parts = []
    for share, a, b in zip(m.softmax(x), x, y, strict=True):
        parts.append(share * (m.logsumexp([w - b for w in y]) - m.logsumexp([w - a for w in x])))
    return m.sum(parts)


@define("kl_dirichlet")
def kl_dirichlet(m: Arithmetic[N], a: Vector[N], b: Vector[N]) -> N:
    """log Gamma(A) - log Gamma(B) + sum (log Gamma(b_i) - log Gamma(a_i) + (a_i - b_i) (digamma(a_i) - digamma(A))), A, B the sums."""
    total, total2 = m.sum(a), m.sum(b)
    slope = m.digamma(total)
    parts = [m.lgamma(y) - m.lgamma(x) + (x - y) * (m.digamma(x) - slope) for x, y in zip(a, b, strict=True)]
    return m.lgamma(total) - m.lgamma(total2) + m.sum(parts)
