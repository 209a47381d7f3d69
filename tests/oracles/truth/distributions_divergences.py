"""Kullback-Leibler divergences: the integral of p (log p - log q) by quadrature, or the sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth
from tests.oracles.truth.distributions_discrete import poisson, shares, softmax

Log = Callable[..., Any]


def _normal(x: Any, loc: Any, scale: Any) -> Any:
    return mp.log(mp.npdf(x, loc, scale))


def _laplace(x: Any, loc: Any, scale: Any) -> Any:
    return -abs(x - loc) / scale - mp.log(2 * scale)


def _gumbel(x: Any, loc: Any, scale: Any) -> Any:
    z = (x - loc) / scale
    return -z - mp.exp(-z) - mp.log(scale)


def _cauchy(x: Any, loc: Any, scale: Any) -> Any:
    return mp.log(scale / mp.pi / ((x - loc) ** 2 + scale**2))


def _exponential(x: Any, rate: Any) -> Any:
    return mp.log(rate) - rate * x


def _gamma(x: Any, a: Any, rate: Any) -> Any:
    return a * mp.log(rate) + (a - 1) * mp.log(x) - rate * x - mp.log(mp.gamma(a))


def _beta(x: Any, a: Any, b: Any) -> Any:
    return (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x) - mp.log(mp.beta(a, b))


def _uniform(x: Any, low: Any, high: Any) -> Any:
    return -mp.log(high - low)


def _half_normal(x: Any, scale: Any) -> Any:
    return mp.log(2 * mp.npdf(x, 0, scale))


def _pareto(x: Any, b: Any) -> Any:
    return mp.log(b) - (b + 1) * mp.log(x)


_REACH = {_normal: 9, _laplace: 45, _gumbel: 45}


def _ends(p: Log, parameters: list[Any], kink: Any) -> list[Any]:
    """The support, as far as more than 1e-18 of the probability reaches, with a stop at the kink of q."""
    if p is _uniform:
        return [*parameters]
    if p is _beta:
        return [0, mpf(1) / 8, mpf(1) / 2, mpf(7) / 8, 1]
    if p is _pareto:
        return [1, 2, 8, mp.inf]
    if p is _cauchy:
        return [-mp.inf, parameters[0] - parameters[1], parameters[0], parameters[0] + parameters[1], mp.inf]
    if p in (_exponential, _gamma, _half_normal):
        size = parameters[0] if p is _half_normal else (parameters[0] if p is _gamma else 1) / parameters[-1]
        return [0, size / 4, size, 3 * size, 9 * size, 60 * size]
    loc, scale = parameters
    stops = [loc + s * scale for s in (-_REACH[p] if p is not _gumbel else -5, -1, 0, 1, 4, _REACH[p])]
    return sorted([*stops, kink]) if kink is not None and stops[0] < kink < stops[-1] else stops


def integral(p: Log, q: Log, split: int, draw: Callable[..., list[Any]]) -> Checked:
    """p has the first `split` parameters."""

    def truth(*parameters: Any) -> Any:
        first, second = list(parameters[:split]), list(parameters[split:])

        def integrand(x: Any) -> Any:
            log_p = p(x, *first)
            return mp.exp(log_p) * (log_p - q(x, *second))

        kink = second[0] if q is _laplace else None
        return mp.quad(integrand, _ends(p, first, kink), maxdegree=7)

    return Checked(truth, bits=90, agree=1e-8, floor=1e-9, points=20, draw=draw)


def _moderate(kinds: str) -> Callable[..., list[Any]]:
    """l: a location, s: a scale, shape or rate."""
    return lambda rng, length: [rng.gauss(0, 1) if kind == "l" else 2 ** rng.uniform(-0.5, 1.5) for kind in kinds]


def _ordered(low: float, high: float, kinds: str) -> Callable[..., list[Any]]:
    return lambda rng, length: [low * rng.random(), high + rng.random(), *_moderate(kinds)(rng, length)]


def _two(p: Any, q: Any) -> Any:
    """Of the distributions (p, 1 - p) and (q, 1 - q)."""
    return mp.log(mp.power(p / q, p) * mp.power((1 - p) / (1 - q), 1 - p))


def _probability(rng: Any) -> float:
    return float(rng.choice([1e-30, 1e-9, 0.5, 1 - 2.0**-53, rng.random()]))


def _pairs(rng: Any, length: int) -> list[Any]:
    return [_probability(rng), rng.choice([1e-12, rng.uniform(0.01, 0.99)])]


def _poisson(rate: Any, rate2: Any) -> Any:
    return mp.fsum(poisson(mpf(k), rate) * mp.log(poisson(mpf(k), rate) / poisson(mpf(k), rate2)) for k in range(120))


def _bernoulli_poisson(p: Any, rate: Any) -> Any:
    return (1 - p) * mp.log((1 - p) / poisson(mpf(0), rate)) + p * mp.log(p / poisson(mpf(1), rate))


def _binomial(n: Any, p: Any, q: Any) -> Any:
    terms = []
    for k in range(int(n) + 1):
        weight = mp.binomial(n, k)
        one, other = weight * p**k * (1 - p) ** (n - k), weight * q**k * (1 - q) ** (n - k)
        terms.append(one * mp.log(one / other))
    return mp.fsum(terms)


def _geometric(p: Any, q: Any) -> Any:
    return mp.nsum(lambda k: p * (1 - p) ** k * (mp.log(p / q) + k * mp.log((1 - p) / (1 - q))), [0, mp.inf])


def _vectors(p: list[Any], q: list[Any]) -> Any:
    return mp.log(mp.fprod(mp.power(a / b, a) for a, b in zip(p, q, strict=True)))


def _logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _two_simplices(rng: Any, length: int) -> list[Any]:
    out = []
    for _ in range(2):
        parts = [rng.random() + 1e-6 for _ in range(length)]
        out.append([v / sum(parts) for v in parts])
    return out


def _beta_divergence(a: Any, b: Any, a2: Any, b2: Any) -> Any:
    """With derivatives of log Gamma by mpmath's differences."""

    def slope(x: Any) -> Any:
        return mp.diff(mp.loggamma, x)

    gap = (a - a2) * slope(a) + (b - b2) * slope(b) + (a2 + b2 - a - b) * slope(a + b)
    return gap + mp.log(mp.beta(a2, b2) / mp.beta(a, b))


def _dirichlet(a: list[Any], b: list[Any]) -> Any:
    """The chain rule over stick breaking: the shares of each part in what is left are independent beta variables."""
    return mp.fsum(_beta_divergence(a[i], mp.fsum(a[i + 1 :]), b[i], mp.fsum(b[i + 1 :])) for i in range(len(a) - 1))


TRUTH: dict[str, Truth | Checked] = {
    "kl_normal": integral(_normal, _normal, 2, _moderate("lsls")),
    "kl_half_normal": integral(_half_normal, _half_normal, 1, _moderate("ss")),
    "kl_laplace": integral(_laplace, _laplace, 2, _moderate("lsls")),
    "kl_gumbel": integral(_gumbel, _gumbel, 2, _moderate("lsls")),
    "kl_cauchy": integral(_cauchy, _cauchy, 2, _moderate("lsls")),
    "kl_normal_laplace": integral(_normal, _laplace, 2, _moderate("lsls")),
    "kl_laplace_normal": integral(_laplace, _normal, 2, _moderate("lsls")),
    "kl_normal_gumbel": integral(_normal, _gumbel, 2, _moderate("lsls")),
    "kl_gumbel_normal": integral(_gumbel, _normal, 2, _moderate("lsls")),
    "kl_exponential": integral(_exponential, _exponential, 1, _moderate("ss")),
    "kl_exponential_gamma": integral(_exponential, _gamma, 1, _moderate("sss")),
    "kl_exponential_normal": integral(_exponential, _normal, 1, _moderate("sls")),
    "kl_exponential_gumbel": integral(_exponential, _gumbel, 1, _moderate("sls")),
    "kl_gamma": integral(_gamma, _gamma, 2, _moderate("ssss")),
    "kl_gamma_exponential": integral(_gamma, _exponential, 2, _moderate("sss")),
    "kl_gamma_normal": integral(_gamma, _normal, 2, _moderate("ssls")),
    "kl_beta": integral(_beta, _beta, 2, _moderate("ssss")),
    "kl_beta_exponential": integral(_beta, _exponential, 2, _moderate("sss")),
    "kl_beta_gamma": integral(_beta, _gamma, 2, _moderate("ssss")),
    "kl_beta_normal": integral(_beta, _normal, 2, _moderate("ssls")),
    "kl_pareto": integral(_pareto, _pareto, 1, _moderate("ss")),
    "kl_uniform_normal": integral(_uniform, _normal, 2, _ordered(-2.0, 1.0, "ls")),
    "kl_uniform_gumbel": integral(_uniform, _gumbel, 2, _ordered(-2.0, 1.0, "ls")),
    "kl_uniform_exponential": integral(_uniform, _exponential, 2, _ordered(1.0, 2.0, "s")),
    "kl_poisson": Checked(_poisson, bits=300, agree=1e-20, points=24, draw=_moderate("ss")),
    "kl_bernoulli": Checked(_two, draw=_pairs),
    "kl_bernoulli_logits": Checked(
        lambda a, b: _two(_logistic(a), _logistic(b)),
        draw=lambda rng, n: [rng.choice([-88.75, 0.0, rng.gauss(0, 5)]), rng.gauss(0, 5)],
    ),
    "kl_bernoulli_poisson": Checked(_bernoulli_poisson, draw=lambda rng, n: [_probability(rng), 2 ** rng.uniform(-9, 9)]),
    "kl_binomial": Checked(_binomial, draw=lambda rng, n: [1.0 + rng.randrange(20), *_pairs(rng, n)]),
    "kl_geometric": Checked(
        _geometric, bits=100, agree=1e-10, points=20, draw=lambda rng, n: [rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.9)]
    ),
    "kl_categorical": Checked(lambda p, q: _vectors(shares(p), shares(q)), draw=_two_simplices),
    "kl_categorical_logits": Checked(lambda x, y: _vectors(softmax(x), softmax(y))),
    "kl_dirichlet": Checked(
        _dirichlet,
        bits=400,
        agree=1e-20,
        points=20,
        draw=lambda rng, n: [[2 ** rng.uniform(-4, 6) for _ in range(n)] for _ in range(2)],
    ),
}
