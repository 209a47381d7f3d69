"""Discrete distributions. Counts are integers: choices between them are by y < i + 1/2, which makes no integer an isolated point.

Sources: Johnson, Kemp and Kotz (JKK), Univariate Discrete Distributions; the API pages for the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.distributions_location import HALF
from ulpfuzz.oracles.definitions.distributions_shape import betaln


def weighted(m: Arithmetic[N], count: N, log: Callable[[], N]) -> N:
    """count times a logarithm, 0 for the count 0 whatever the logarithm."""
    return m.where(m.lt(count, m.num(HALF)), lambda: m.num(0), lambda: count * log())


def expected(m: Arithmetic[N], share: N, value: Callable[[], N]) -> N:
    """share times value(), 0 for the share 0 whatever the value: what has no probability has no part in an expectation (0 log 0 = 0; Cover and
    Thomas, section 2.1)."""
    return m.where(m.eq0(share), lambda: m.num(0), lambda: share * value())


def log_choose(m: Arithmetic[N], k: N, rest: N) -> N:
    """log of (k + rest)! / (k! rest!); DLMF 1.2.1, 5.4.1."""
    return m.lgamma(k + rest + 1) - m.lgamma(k + 1) - m.lgamma(rest + 1)


#: Less than 0, and greater than every negative number of a format: what is compared with it is no tie at 0.
BELOW_ZERO = -Fraction(1, 3 * 2**1074)
#: Where p^k (1-p)^n changes its form; no number of a format, so no tie.
MIDDLE = Fraction(2, 3)


def powers(m: Arithmetic[N], log_factor: N, p: N, k: N, n: N) -> N:
    """factor p^k (1-p)^n, of the factor's logarithm: e^(log factor + k log p + n log(1-p)) has no derivatives at the ends, where p or 1 - p is a
    power of its own here. Undefined outside [0, 1]."""

    def inside() -> N:
        return m.where(
            m.lt(p, m.num(MIDDLE)),
            lambda: m.pow(p, k) * m.exp(log_factor + n * m.log1p(-p)),
            lambda: m.exp(log_factor + k * m.log(p)) * m.pow(1 - p, n),
        )

    return m.where(m.lt(p * (1 - p), m.num(BELOW_ZERO)), lambda: m.num(math.nan), inside)


@define("poisson_logpmf")
def poisson_logpmf(m: Arithmetic[N], k: N, mu: N) -> N:
    """k log mu - mu - log k!; JKK 4.1."""
    return weighted(m, k, lambda: m.log(mu)) - mu - m.lgamma(k + 1)


@define("poisson_pmf")
def poisson_pmf(m: Arithmetic[N], k: N, mu: N) -> N:
    return m.exp(poisson_logpmf(m, k, mu))


@define("poisson_cdf")
def poisson_cdf(m: Arithmetic[N], k: N, mu: N) -> N:
    """Q(k + 1, mu); DLMF 8.4.10."""
    return m.gammainc_q(k + 1, mu)


@define("binomial_logpmf")
def binomial_logpmf(m: Arithmetic[N], k: N, rest: N, p: N) -> N:
    """log of C(n, k) p^k (1-p)^(n-k), n = k + rest; JKK 3.1."""
    return log_choose(m, k, rest) + weighted(m, k, lambda: m.log(p)) + weighted(m, rest, lambda: m.log1p(-p))


@define("binomial_pmf")
def binomial_pmf(m: Arithmetic[N], k: N, rest: N, p: N) -> N:
    """C(n, k) p^k (1-p)^(n-k), n = k + rest; JKK 3.1."""
    return powers(m, log_choose(m, k, rest), p, k, rest)


@define("binomial_logits_logpmf")
def binomial_logits_logpmf(m: Arithmetic[N], k: N, rest: N, logits: N) -> N:
    """The same by the logit: p = sigmoid(logits)."""
    return log_choose(m, k, rest) - k * m.softplus(-logits) - rest * m.softplus(logits)


def failures(m: Arithmetic[N], k: N, n: N) -> N:
    """log of Gamma(k + n) / (k! Gamma(n))."""
    return m.lgamma(k + n) - m.lgamma(n) - m.lgamma(k + 1)


@define("nbinom_logpmf")
def nbinom_logpmf(m: Arithmetic[N], k: N, n: N, p: N) -> N:
    """log of Gamma(k+n) / (k! Gamma(n)) p^n (1-p)^k; JKK 5.1, scipy.stats.nbinom."""
    return failures(m, k, n) + n * m.log(p) + weighted(m, k, lambda: m.log1p(-p))


@define("nbinom_pmf")
def nbinom_pmf(m: Arithmetic[N], k: N, n: N, p: N) -> N:
    """Gamma(k+n) / (k! Gamma(n)) p^n (1-p)^k; JKK 5.1."""
    return powers(m, failures(m, k, n), p, n, k)


@define("negative_binomial_logpmf")
def negative_binomial_logpmf(m: Arithmetic[N], k: N, n: N, p: N) -> N:
    """The same with the roles of p and 1 - p exchanged: torch.distributions.NegativeBinomial counts the successes before n failures."""
    return failures(m, k, n) + n * m.log1p(-p) + weighted(m, k, lambda: m.log(p))


@define("negative_binomial_logits_logpmf")
def negative_binomial_logits_logpmf(m: Arithmetic[N], k: N, n: N, logits: N) -> N:
    return failures(m, k, n) - n * m.softplus(logits) - k * m.softplus(-logits)


def of_two(m: Arithmetic[N], y: N, one: Callable[[], N], zero: Callable[[], N]) -> N:
    """one() for the outcome 1, zero() for 0."""
    return m.where(m.lt(y, m.num(HALF)), zero, one)


@define("bernoulli_logpmf")
def bernoulli_logpmf(m: Arithmetic[N], y: N, p: N) -> N:
    """log p for 1, log(1 - p) for 0; JKK 3.2."""
    return of_two(m, y, lambda: m.log(p), lambda: m.log1p(-p))


@define("bernoulli_pmf")
def bernoulli_pmf(m: Arithmetic[N], y: N, p: N) -> N:
    return of_two(m, y, lambda: p, lambda: 1 - p)


@define("bernoulli_logits_logpmf")
def bernoulli_logits_logpmf(m: Arithmetic[N], y: N, logits: N) -> N:
    """log sigmoid(logits) for 1, log sigmoid(-logits) for 0; torch.distributions.Bernoulli."""
    return of_two(m, y, lambda: -m.softplus(-logits), lambda: -m.softplus(logits))


@define("bernoulli_cdf")
def bernoulli_cdf(m: Arithmetic[N], y: N, p: N) -> N:
    return of_two(m, y, lambda: m.num(1), lambda: 1 - p)


def binary_entropy(m: Arithmetic[N], p: N) -> N:
    """-p log p - (1-p) log(1-p); Cover and Thomas, equation 2.5."""
    return -expected(m, p, lambda: m.log(p)) - expected(m, 1 - p, lambda: m.log1p(-p))


@define("bernoulli_entropy")
def bernoulli_entropy(m: Arithmetic[N], p: N) -> N:
    return binary_entropy(m, p)


@define("bernoulli_logits_entropy")
def bernoulli_logits_entropy(m: Arithmetic[N], logits: N) -> N:
    return m.sigmoid(logits) * m.softplus(-logits) + m.sigmoid(-logits) * m.softplus(logits)


@define("geometric_logpmf")
def geometric_logpmf(m: Arithmetic[N], k: N, p: N) -> N:
    """log of p (1-p)^k, k failures before the first success; torch.distributions.Geometric."""
    return m.log(p) + weighted(m, k, lambda: m.log1p(-p))


@define("geometric_logits_logpmf")
def geometric_logits_logpmf(m: Arithmetic[N], k: N, logits: N) -> N:
    return -m.softplus(-logits) - k * m.softplus(logits)


@define("geom_logpmf")
def geom_logpmf(m: Arithmetic[N], k: N, p: N) -> N:
    """log of p (1-p)^(k-1), the k-th trial is the first success; scipy.stats.geom."""
    return m.log(p) + weighted(m, k - 1, lambda: m.log1p(-p))


@define("geom_pmf")
def geom_pmf(m: Arithmetic[N], k: N, p: N) -> N:
    """p (1-p)^(k-1); scipy.stats.geom."""
    return powers(m, m.num(0), p, m.num(1), k - 1)


@define("geometric_entropy")
def geometric_entropy(m: Arithmetic[N], p: N) -> N:
    """The binary entropy of p over p; torch.distributions.Geometric."""
    return binary_entropy(m, p) / p


@define("geometric_variance")
def geometric_variance(m: Arithmetic[N], p: N) -> N:
    """(1 - p) / p^2; JKK 5.2."""
    return (1 - p) / m.square(p)


@define("betabinom_logpmf")
def betabinom_logpmf(m: Arithmetic[N], k: N, rest: N, a: N, b: N) -> N:
    """log of C(n, k) B(k + a, n - k + b) / B(a, b), n = k + rest; JKK 6.9.2, scipy.stats.betabinom."""
    return log_choose(m, k, rest) + betaln(m, k + a, rest + b) - betaln(m, a, b)


@define("betabinom_pmf")
def betabinom_pmf(m: Arithmetic[N], k: N, rest: N, a: N, b: N) -> N:
    return m.exp(betabinom_logpmf(m, k, rest, a, b))


@define("categorical_logits_logpmf")
def categorical_logits_logpmf(m: Arithmetic[N], logits: Vector[N], y: N) -> N:
    """log softmax(logits)_y; torch.distributions.Categorical."""
    of_class = chosen(m, logits, y)
    return -m.logsumexp([v - of_class for v in logits])


def chosen(m: Arithmetic[N], items: Vector[N], y: N) -> N:
    """The item of index y."""
    zero, half = m.num(0), m.num(HALF)
    return m.sum([m.where(m.lt(m.abs(y - i), half), lambda v=v: v, lambda: zero) for i, v in enumerate(items)])  # type: ignore[misc]


@define("categorical_logpmf")
def categorical_logpmf(m: Arithmetic[N], probs: Vector[N], y: N) -> N:
    """log(p_y / sum p); torch.distributions.Categorical normalises the probabilities."""
    return m.log(chosen(m, probs, y) / m.sum(probs))


@define("categorical_logits_entropy")
def categorical_logits_entropy(m: Arithmetic[N], logits: Vector[N]) -> N:
    """sum p_i (-log p_i), p = softmax(logits); Cover and Thomas, equation 2.1."""
    shares = m.softmax(logits)
    return m.sum([p * m.logsumexp([w - v for w in logits]) for p, v in zip(shares, logits, strict=True)])


@define("categorical_entropy")
def categorical_entropy(m: Arithmetic[N], probs: Vector[N]) -> N:
    """sum p_i (-log p_i), p = probs / sum probs; Cover and Thomas, equation 2.1."""
    total = m.sum(probs)
    return m.sum([-expected(m, p / total, lambda p=p: m.log(p / total)) for p in probs])  # type: ignore[misc]


@define("multinomial_logpmf")
def multinomial_logpmf(m: Arithmetic[N], k: Vector[N], probs: Vector[N]) -> N:
    """log of (sum k)! / prod k_i! prod p_i^k_i, p = probs / sum probs; torch.distributions.Multinomial."""
    total = m.sum(probs)
    parts = [weighted(m, c, lambda p=p: m.log(p / total)) - m.lgamma(c + 1) for c, p in zip(k, probs, strict=True)]  # type: ignore[misc]
    return m.lgamma(m.sum(k) + 1) + m.sum(parts)


@define("multinomial_logits_logpmf")
def multinomial_logits_logpmf(m: Arithmetic[N], k: Vector[N], logits: Vector[N]) -> N:
    """The same with p = softmax(logits)."""
    parts = [-c * m.logsumexp([w - v for w in logits]) - m.lgamma(c + 1) for c, v in zip(k, logits, strict=True)]
    return m.lgamma(m.sum(k) + 1) + m.sum(parts)
