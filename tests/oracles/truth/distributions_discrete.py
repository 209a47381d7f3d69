"""Discrete distributions: probabilities by factorials and powers in mpmath, distribution functions by sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions

PROBABILITIES = (1e-30, 1e-9, 0.25, 0.5, 1 - 2.0**-30, 1 - 2.0**-53)


def _log(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *numbers: mp.log(function(*numbers))


def _drawn(*kinds: str) -> Callable[..., list[Any]]:
    """k a count, p a probability, r a positive number, l a real one; capitals are vectors of them, P one that sums to 1 nearly."""

    def number(rng: Any, kind: str) -> float:
        if kind == "k":
            return float(rng.choice([0, 1, 2, rng.randrange(200)]))
        if kind == "p":
            return float(rng.choice([*PROBABILITIES, rng.random()]))
        return float(
            rng.choice([1e-9, 1.0, 2 ** rng.uniform(-6, 9)]) if kind == "r" else rng.choice([0.0, -88.75, rng.gauss(0, 5)])
        )

    def draw(rng: Any, length: int) -> list[Any]:
        out: list[Any] = []
        for kind in kinds:
            if kind == "y":
                out.append(float(rng.randrange(2)))
            elif kind == "P":
                shares = [rng.random() + 1e-6 for _ in range(length)]
                out.append([v / sum(shares) for v in shares])
            elif kind.isupper():
                out.append([number(rng, kind.lower()) for _ in range(length)])
            else:
                out.append(number(rng, kind))
        return out

    return draw


def checked(truth: Callable[..., Any], *kinds: str) -> Checked:
    return Checked(truth, draw=_drawn(*kinds))


def poisson(k: Any, mu: Any) -> Any:
    return mp.power(mu, k) / mp.factorial(k) * mp.exp(-mu)


def _binomial(k: Any, rest: Any, p: Any) -> Any:
    return mp.binomial(k + rest, k) * mp.power(p, k) * mp.power(1 - p, rest)


def _logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _nbinom(k: Any, n: Any, p: Any) -> Any:
    return mp.rf(n, k) / mp.factorial(k) * mp.power(p, n) * mp.power(1 - p, k)


def _betabinom(k: Any, rest: Any, a: Any, b: Any) -> Any:
    return mp.binomial(k + rest, k) * mp.rf(a, k) * mp.rf(b, rest) / mp.rf(a + b, k + rest)


def _entropy(p: Any) -> Any:
    return -mp.log(mp.power(p, p) * mp.power(1 - p, 1 - p))


def softmax(x: list[Any]) -> list[Any]:
    return [1 / mp.fsum(mp.exp(w - v) for w in x) for v in x]


def shares(p: list[Any]) -> list[Any]:
    return [v / mp.fsum(p) for v in p]


def _multinomial(k: list[Any], p: list[Any]) -> Any:
    out = mp.factorial(mp.fsum(k))
    for c, v in zip(k, p, strict=True):
        out *= mp.power(v, c) / mp.factorial(c)
    return out


def _vector_entropy(p: list[Any]) -> Any:
    return -mp.log(mp.fprod(mp.power(v, v) for v in p))


TRUTH: dict[str, Truth | Checked] = {
    "poisson_logpmf": checked(_log(poisson), "k", "r"),
    "poisson_pmf": checked(poisson, "k", "r"),
    "poisson_cdf": Checked(
        lambda k, mu: mp.fsum(poisson(mpf(i), mu) for i in range(int(k) + 1)),
        bits=300,
        agree=1e-20,
        draw=_drawn("k", "r"),
        points=24,
    ),
    "binomial_logpmf": checked(_log(_binomial), "k", "k", "p"),
    "binomial_pmf": checked(_binomial, "k", "k", "p"),
    "binomial_logits_logpmf": checked(_log(lambda k, rest, x: _binomial(k, rest, _logistic(x))), "k", "k", "l"),
    "nbinom_logpmf": checked(_log(_nbinom), "k", "r", "p"),
    "nbinom_pmf": checked(_nbinom, "k", "r", "p"),
    "negative_binomial_logpmf": checked(_log(lambda k, n, p: _nbinom(k, n, 1 - p)), "k", "r", "p"),
    "negative_binomial_logits_logpmf": checked(_log(lambda k, n, x: _nbinom(k, n, _logistic(-x))), "k", "r", "l"),
    "bernoulli_logpmf": checked(_log(lambda y, p: p**y * (1 - p) ** (1 - y)), "y", "p"),
    "bernoulli_pmf": Checked(by_fractions(lambda y, p: 1 - y - p + 2 * y * p), draw=_drawn("y", "p")),
    "bernoulli_cdf": Checked(by_fractions(lambda y, p: 1 - p + y * p), draw=_drawn("y", "p")),
    "bernoulli_logits_logpmf": checked(_log(lambda y, x: _logistic((2 * y - 1) * x)), "y", "l"),
    "bernoulli_entropy": checked(_entropy, "p"),
    "bernoulli_logits_entropy": checked(lambda x: _entropy(_logistic(x)), "l"),
    "geometric_logpmf": checked(_log(lambda k, p: p * mp.power(1 - p, k)), "k", "p"),
    "geometric_logits_logpmf": checked(_log(lambda k, x: _logistic(x) * mp.power(_logistic(-x), k)), "k", "l"),
    "geometric_entropy": Checked(
        lambda p: -mp.nsum(lambda k: p * (1 - p) ** k * mp.log(p * (1 - p) ** k), [0, mp.inf]),
        bits=100,
        agree=1e-12,
        points=20,
        draw=lambda rng, n: [rng.uniform(0.3, 0.95)],
    ),
    "geometric_variance": Checked(by_fractions(lambda p: (2 - p) / p**2 - 1 / p**2), draw=_drawn("p")),
    "geom_logpmf": Checked(
        _log(lambda k, p: p * mp.power(1 - p, k - 1)), draw=lambda rng, n: [1.0 + rng.randrange(99), rng.random()]
    ),
    "geom_pmf": Checked(lambda k, p: p * mp.power(1 - p, k - 1), draw=lambda rng, n: [1.0 + rng.randrange(99), rng.random()]),
    "betabinom_logpmf": checked(_log(_betabinom), "k", "k", "r", "r"),
    "betabinom_pmf": checked(_betabinom, "k", "k", "r", "r"),
    "categorical_logpmf": checked(lambda p, y: mp.log(p[int(y)]) - mp.log(mp.fsum(p)), "P", "y"),
    "categorical_logits_logpmf": checked(lambda x, y: mp.log(softmax(x)[int(y)]), "L", "y"),
    "categorical_entropy": checked(lambda p: _vector_entropy(shares(p)), "P"),
    "categorical_logits_entropy": checked(lambda x: _vector_entropy(softmax(x)), "L"),
    "multinomial_logpmf": checked(lambda k, p: mp.log(_multinomial(k, shares(p))), "K", "P"),
    "multinomial_logits_logpmf": checked(lambda k, x: mp.log(_multinomial(k, softmax(x))), "K", "L"),
}
