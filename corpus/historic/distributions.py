"""Log-probabilities, their Jacobians, and samples by injected uniform numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from ulpfuzz.corpus.historic.activations import log_softmax_by_log1p
from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import scalar, vector
from ulpfuzz.oracles.definitions import define

Number = Any
Vector = list[Any]


@define("historic_binomial_normaliser")
def _binomial(m: Any, k: Number, n: Number, logits: Number) -> Number:
    """k l - n log(1 + e^l): the log-probability of k of n without its coefficient."""
    return k * logits - n * m.softplus(logits)


@define("historic_poisson_log_rate")
def _poisson(m: Any, k: Number, r: Number) -> Number:
    """k r - e^r - log k! for the logarithm r of the rate."""
    return k * r - m.exp(r) - m.lgamma(k + 1)


@define("historic_student_t_kernel")
def _student(m: Any, y: Number, df: Number) -> Number:
    """-(df + 1)/2 log(1 + y^2/df): the logarithm of Student's density without its constant."""
    return -(df + 1) / 2 * m.log1p(m.square(y) / df)


@define("historic_laplace_log_cdf")
def _laplace(m: Any, z: Number) -> Number:
    """log(e^z / 2) for z < 0, log(1 - e^-z / 2) elsewhere."""
    return m.where(m.lt(z, 0), lambda: z - m.const("ln2"), lambda: m.log1p(-m.exp(-z) / 2))


@define("historic_sigmoid_log_jacobian")
def _sigmoid_jacobian(m: Any, x: Number) -> Number:
    """log(s(x) s(-x))."""
    return -m.softplus(-x) - m.softplus(x)


@define("historic_multinomial_kernel")
def _multinomial(m: Any, k: Vector, logits: Vector) -> Number:
    """sum k_i (l_i - logsumexp l)."""
    total = m.logsumexp(logits)
    return m.sum([a * (b - total) for a, b in zip(k, logits, strict=True)])


def probability_and_back(k: Array, logits: Array) -> Array:
    eps = np.finfo(logits.dtype).eps
    p = np.clip(1 / (1 + np.exp(-logits)), eps, 1 - eps)
    back = np.log(p) - np.log1p(-p)
    return -(np.maximum(back, 0) - back * k + np.log1p(np.exp(-np.abs(back))))


def logs_of_probabilities(k: Array, logits: Array) -> Array:
    p = 1 / (1 + np.exp(-logits))
    return k * np.log(p) + (1 - k) * np.log(1 - p)


@in_binary64
def by_log1p(k: Array, logits: Array) -> Array:
    tail = np.log1p(np.exp(-np.abs(logits)))
    return -np.where(k == 1, np.maximum(-logits, 0), np.maximum(logits, 0)) - tail


def plain_normaliser(k: Array, n: Array, logits: Array) -> Array:
    return k * logits - n * np.log1p(np.exp(logits))


def normaliser_of_small(k: Array, n: Array, logits: Array) -> Array:
    m = np.maximum(-logits, 0)
    return k * logits + n * m - n * np.log1p(np.exp(logits + 2 * m))


@in_binary64
def shifted_normaliser(k: Array, n: Array, logits: Array) -> Array:
    """By the sign: k l - n l = -(n - k) l does not cancel, for both are whole numbers."""
    tail = np.log1p(np.exp(-np.abs(logits)))
    return np.where(logits > 0, (k - n) * logits, k * logits) - n * tail


def rate_by_exp(k: Array, r: Array) -> Array:
    rate = np.exp(r)
    return k * np.log(rate) - rate - sp.gammaln(k + 1).astype(r.dtype)


@in_binary64
def by_log_rate(k: Array, r: Array) -> Array:
    return k * r - np.exp(r) - sp.gammaln(k + 1)


def log_of_one_and_square(y: Array, df: Array) -> Array:
    return -(df + 1) / 2 * np.log(1 + y * y / df)


def log1p_of_square(y: Array, df: Array) -> Array:
    return -(df + 1) / 2 * np.log1p(y * y / df)


log1p_of_wide_square = in_binary64(log1p_of_square)


def log_of_laplace_cdf(z: Array) -> Array:
    half = z.dtype.type(0.5)
    return np.log(half + half * np.sign(z) * (1 - np.exp(-np.abs(z))))


@in_binary64
def laplace_log_cdf_by_side(z: Array) -> Array:
    return np.where(z < 0, z - np.log(2.0), np.log1p(-np.exp(-np.abs(z)) / 2))


def log_of_reciprocals(x: Array) -> Array:
    y = 1 / (1 + np.exp(-x))
    return -np.log(1 / y + 1 / (1 - y))


@in_binary64
def two_softplus(x: Array) -> Array:
    return -np.abs(x) - 2 * np.log1p(np.exp(-np.abs(x)))


def logs_of_softmax(k: Array, logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (k * np.log(e / e.sum(axis=-1, keepdims=True))).sum(axis=-1)


@in_binary64
def log_softmax_times(k: Array, logits: Array) -> Array:
    logs = log_softmax_by_log1p(logits)
    return np.where((k == 0) & ~np.isnan(logs), 0.0, k * logs).sum(axis=-1)


@define("historic_negative_binomial_kernel")
def _negative_binomial(m: Any, n: Number, k: Number, logits: Number) -> Number:
    """n log s(-l) + k log s(l): the log-probability of k successes without its coefficient."""
    return -(n * m.softplus(logits)) - k * m.softplus(-logits)


@define("historic_gumbel_sample")
def _gumbel(m: Any, u: Number) -> Number:
    """-log(-log u), the quantile of the standard Gumbel distribution, where 0 stands for the least normal number of binary32."""
    return -m.log(-m.log(m.max([u, m.num(TINY)])))


@define("historic_laplace_sample")
def _laplace_sample(m: Any, u: Number) -> Number:
    """-sign(u) log(1 - |u|), the quantile of the Laplace distribution at (1 + u)/2, where -1 stands for the number above it."""
    v = m.max([u, m.num(ABOVE)])
    tail = m.log1p(-m.abs(v))
    return m.where(m.lt(v, 0), lambda: tail, lambda: -tail)


@define("historic_shares")
def _shares(m: Any, p: Vector) -> Vector:
    """p_i / sum p."""
    total = m.sum(p)
    return [v / total for v in p]


@define("historic_cumulative_shares")
def _cumulative_shares(m: Any, p: Vector) -> Vector:
    """sum_(j <= i) p_j / sum p."""
    total = m.sum(p)
    return [m.sum(p[: i + 1]) / total for i in range(len(p))]


@define("historic_cumulative_softmax")
def _cumulative_softmax(m: Any, logits: Vector) -> Vector:
    """sum_(j <= i) e^l_j / sum e^l."""
    shares = m.softmax(logits)
    return [m.sum(shares[: i + 1]) for i in range(len(shares))]


@define("historic_drawn_class")
def _drawn_class(m: Any, p: Vector, u: Number) -> Number:
    """The first index whose cumulative weight is u sum p or more; for u = 0 the first of all. The weights are whole."""
    bar, index, before = u * m.sum(p), m.num(0), m.num(0)
    for weight in p[:-1]:
        before = before + weight
        index = index + m.where(m.lt(before, bar), lambda: m.num(1), lambda: m.num(0))
    return index


TINY, ABOVE = 2.0**-126, 2.0**-24 - 1


def log_of_rounded_probability(n: Array, k: Array, logits: Array) -> Array:
    p = 1 / (1 + np.exp(-logits))
    return n * np.log1p(-p) + k * np.log(p)


@in_binary64
def two_log_sigmoids(n: Array, k: Array, logits: Array) -> Array:
    tail = np.log1p(np.exp(-np.abs(logits)))
    return -n * (np.maximum(logits, 0) + tail) - k * (np.maximum(-logits, 0) + tail)


def powers_by_logs(x: Array, a: Array, b: Array) -> Array:
    return np.exp(
        (b - 1) * np.log(1 - x) + (a - 1) * np.log(x) - sp.betaln(a.astype(np.float64), b.astype(np.float64)).astype(x.dtype)
    )


@in_binary64
def powers_by_xlogy(x: Array, a: Array, b: Array) -> Array:
    return np.exp(sp.xlog1py(b - 1, -x) + sp.xlogy(a - 1, x) - sp.betaln(a, b))


def gumbel_of_any(u: Array) -> Array:
    return -np.log(-np.log(u))


@in_binary64
def gumbel_of_positive(u: Array) -> Array:
    return -np.log(-np.log(np.maximum(u, TINY)))


def laplace_of_any(u: Array) -> Array:
    return -np.sign(u) * np.log1p(-np.abs(u))


@in_binary64
def laplace_of_inside(u: Array) -> Array:
    v = np.maximum(u, ABOVE)
    return -np.sign(v) * np.log1p(-np.abs(v))


def narrow_shares(p: Array) -> Array:
    total = p[..., :1]
    for k in range(1, p.shape[-1]):
        total = total + p[..., k : k + 1]
    return p / total


@in_binary64
def wide_shares(p: Array) -> Array:
    return p / p.sum(axis=-1, keepdims=True)


def narrow_cumulative_shares(p: Array) -> Array:
    c = np.cumsum(p, axis=-1, dtype=p.dtype)
    return c / c[..., -1:]


@in_binary64
def wide_cumulative_shares(p: Array) -> Array:
    c = np.cumsum(p, axis=-1)
    return c / c[..., -1:]


def cumulative_exponentials(logits: Array) -> Array:
    c = np.cumsum(np.exp(logits), axis=-1, dtype=logits.dtype)
    return c / c[..., -1:]


@in_binary64
def cumulative_shifted_exponentials(logits: Array) -> Array:
    c = np.cumsum(np.exp(logits - logits.max(axis=-1, keepdims=True)), axis=-1)
    return c / c[..., -1:]


def found_or_first(p: Array, u: Array) -> Array:
    """The class that a search over rounded probabilities finds, the first where it finds none."""
    shares = p / p.sum(axis=-1, keepdims=True)
    cumulative = np.cumsum(shares, axis=-1, dtype=p.dtype)
    reached = cumulative >= u[..., np.newaxis]
    return np.where(reached.any(axis=-1), np.argmax(reached, axis=-1), 0).astype(p.dtype)


@in_binary64
def found_by_weights(p: Array, u: Array) -> Array:
    cumulative = np.cumsum(p, axis=-1)
    return np.argmax(cumulative >= u[..., np.newaxis] * cumulative[..., -1:], axis=-1)


#: Nodes and weights on [0, 1].
NODES, WEIGHTS = ((np.polynomial.legendre.leggauss(128)[0] + 1) / 2, np.polynomial.legendre.leggauss(128)[1] / 2)


@in_binary64
def gamma_gradient_by_quadrature(a: Array, x: Array) -> Array:
    """-(dP/da)/(dP/dx) as an integral over the nearer tail, in which nothing cancels: x int e^(a s v - x (e^(s v) - 1)) (s (log x - digamma(a)) + v)
    dv, where t = x e^(s v) and s is the side."""
    side = np.where(x > a, 1.0, -1.0)

    def exponent(v: Array) -> Array:
        return side * a * v - x * np.expm1(side * v)

    reach = np.full(x.shape, 2.0**-12)
    for _ in range(40):
        reach = np.where(exponent(reach) > -45, 2 * reach, reach)
    v = reach[..., np.newaxis] * NODES
    inner = side[..., np.newaxis] * a[..., np.newaxis] * v - x[..., np.newaxis] * np.expm1(side[..., np.newaxis] * v)
    gap = side * (np.log(x) - sp.psi(a))
    return x * reach * (np.exp(inner) * (gap[..., np.newaxis] + v) * WEIGHTS).sum(axis=-1)


def gamma_gradient_in_pieces(a: Array, x: Array) -> Array:
    """sqrt(x/a) for large a, three terms of the series for small x; between them, what is right."""
    wide, at = a.astype(np.float64), x.astype(np.float64)
    one, two = at / (wide + 1), at * at / ((wide + 1) * (wide + 2))
    total = 1 + one + two
    moved = -(one / (wide + 1)) - two * (1 / (wide + 1) + 1 / (wide + 2))
    series = at / wide * (total * (sp.psi(wide + 1) - np.log(at)) - moved)
    found = np.where(wide >= 50, np.sqrt(at / wide), np.where(at < 0.2, series, gamma_gradient_by_quadrature(a, x)))
    return found.astype(a.dtype)


@define("historic_surrogate")
def _surrogate(m: Any, f: Number, q: Number) -> Number:
    """f: the value of a score function estimator's surrogate, whatever the density q is."""
    return f + 0 * m.log(q)


def surrogate_of_sum(f: Array, q: Array) -> Array:
    return np.log(q) * f + f


def surrogate_of_product(f: Array, q: Array) -> Array:
    density = np.log(q)
    return f * np.exp(density - density)


REPLAYS = [
    replay("score_function_estimator", [scalar("f", finite=True), scalar("q", 2.0**-64, 1, finite=True)], "distributions.surrogate_of_product(f, q)",
           Old((119,), "distributions.surrogate_of_sum(f, q)"), definition="historic_surrogate", accuracy="elementary"),
    replay("gamma_sample_gradient", [scalar("a", 2.0**-6, 1024, finite=True), scalar("x", 2.0**-10, 4096, finite=True)],
           "distributions.gamma_gradient_by_quadrature(a, x)", Old((33,), "distributions.gamma_gradient_in_pieces(a, x)"),
           definition="gamma_sample_grad", accuracy="special"),
    replay("negative_binomial_log_prob", [scalar("n", 0, 1 << 20, integers=True), scalar("k", 0, 1 << 20, integers=True), scalar("logits")],
           "distributions.two_log_sigmoids(n, k, logits)", Old((114,), "distributions.log_of_rounded_probability(n, k, logits)"),
           definition="historic_negative_binomial_kernel"),
    replay("betainc_gradient", [scalar("x", 0, 1, finite=True), scalar("a", 2.0**-10, 1024, finite=True), scalar("b", 2.0**-10, 1024, finite=True)],
           "distributions.powers_by_xlogy(x, a, b)", Old((109,), "distributions.powers_by_logs(x, a, b)"), definition="beta_pdf"),
    replay("gumbel_sample", [scalar("u", 0, 1, finite=True)], "distributions.gumbel_of_positive(u)", Old((221,), "distributions.gumbel_of_any(u)")),
    replay("laplace_sample", [scalar("u", -1, 1, finite=True)], "distributions.laplace_of_inside(u)", Old((44,), "distributions.laplace_of_any(u)")),
    replay("multinomial_weights", [vector("p", 2.0**-24, finite=True)], "distributions.wide_shares(p)", Old((96,), "distributions.narrow_shares(p)"),
           definition="historic_shares", accuracy="accumulating", dtype="float16"),
    replay("multinomial_cumulative", [vector("p", TINY, finite=True)], "distributions.wide_cumulative_shares(p)",
           Old((104,), "distributions.narrow_cumulative_shares(p)"), definition="historic_cumulative_shares", accuracy="accumulating"),
    replay("multinomial_of_logits", [vector("logits", finite=True)], "distributions.cumulative_shifted_exponentials(logits)",
           Old((123,), "distributions.cumulative_exponentials(logits)"), definition="historic_cumulative_softmax", accuracy="accumulating"),
    replay("multinomial_sample", [vector("p", 0, 1000, integers=True), scalar("u", 0, 1, finite=True)], "distributions.found_by_weights(p, u)",
           Old((82,), "distributions.found_or_first(p, u)"), definition="historic_drawn_class", accuracy="exact", lengths=(2, 3, 8, 17)),
    replay("dirichlet_sample", [vector("y", -10000, 0, finite=True)], "activations.shifted_softmax(y)",
           Old((248,), "activations.exponentials_over_their_sum(y)"), definition="softmax", accuracy="accumulating"),
    replay("bernoulli_log_prob", "bernoulli_logits_logpmf", "distributions.by_log1p(y, logits)",
           Old((74,), "distributions.probability_and_back(y, logits)"), Old((139,), "distributions.logs_of_probabilities(y, logits)")),
    replay("binomial_log_prob", [scalar("k", 0, 1 << 20, integers=True), scalar("n", 0, 1 << 20, integers=True), scalar("logits")],
           "distributions.shifted_normaliser(k, n, logits)", Old((21,), "distributions.plain_normaliser(k, n, logits)"),
           Old((243,), "distributions.normaliser_of_small(k, n, logits)", "distributions.plain_normaliser(k, n, logits)"),
           definition="historic_binomial_normaliser"),
    replay("poisson_log_prob", [scalar("k", 0, 1 << 20, integers=True), scalar("r")], "distributions.by_log_rate(k, r)",
           Old((117,), "distributions.rate_by_exp(k, r)"), definition="historic_poisson_log_rate"),
    replay("student_t_log_prob", [scalar("y"), scalar("df", 2.0**-10, finite=True)], "distributions.log1p_of_wide_square(y, df)",
           Old((122,), "distributions.log_of_one_and_square(y, df)", "distributions.log1p_of_square(y, df)"), definition="historic_student_t_kernel"),
    replay("laplace_log_cdf", [scalar("z")], "distributions.laplace_log_cdf_by_side(z)", Old((137,), "distributions.log_of_laplace_cdf(z)")),
    replay("sigmoid_log_abs_det_jacobian", [scalar("x")], "distributions.two_softplus(x)", Old((41,), "distributions.log_of_reciprocals(x)"),
           definition="historic_sigmoid_log_jacobian"),
    replay("multinomial_log_prob", [vector("k", 0, 1024, integers=True), vector("logits")], "distributions.log_softmax_times(k, logits)",
           Old((213,), "distributions.logs_of_softmax(k, logits)"), definition="historic_multinomial_kernel", accuracy="accumulating",
           lengths=(2, 3, 8)),
]  # fmt: skip
