"""Distributions of vectors: mpmath's determinants, inverses and gamma functions; Dirichlet as products of beta functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions
from tests.oracles.truth.distributions_discrete import softmax


def _log_beta(a: list[Any]) -> Any:
    """log of B(a), by one beta function after another."""
    total, out = a[0], mp.zero
    for v in a[1:]:
        out += mp.log(mp.beta(total, v))
        total += v
    return out


def _dirichlet(x: list[Any], a: list[Any]) -> Any:
    return mp.log(mp.fprod(mp.power(v, c - 1) for v, c in zip(x, a, strict=True))) - _log_beta(a)


def _dirichlet_entropy(a: list[Any]) -> Any:
    """-E log p, with E log X_i the derivatives of log B by differences."""
    slopes = [mp.diff(lambda t, i=i: _log_beta([*a[:i], t, *a[i + 1 :]]), a[i]) for i in range(len(a))]
    return _log_beta(a) - mp.fsum((c - 1) * s for c, s in zip(a, slopes, strict=True))


def _dirichlet_variance(a: list[Any]) -> list[Any]:
    total = sum(a)
    return [c * (c + 1) / (total * (total + 1)) - (c / total) ** 2 for c in a]


def _gaussian(x: list[Any], mean: list[Any], cov: Any) -> Any:
    d = mp.matrix([v - c for v, c in zip(x, mean, strict=True)])
    cov = mp.matrix(cov)
    quadratic = (d.T * mp.inverse(cov) * d)[0]
    return mp.log(mp.exp(-quadratic / 2) / mp.sqrt(mp.det(2 * mp.pi * cov)))


def _low_rank(x: list[Any], mean: list[Any], factor: Any, diagonal: list[Any]) -> Any:
    w = mp.matrix(factor)
    return _gaussian(x, mean, w * w.T + mp.diag(diagonal))


def _divergence(mean: list[Any], cov: Any, mean2: list[Any], cov2: Any) -> Any:
    one, two = mp.matrix(cov), mp.matrix(cov2)
    d = mp.matrix([a - b for a, b in zip(mean, mean2, strict=True)])
    inverse = mp.inverse(two)
    product = inverse * one
    trace = mp.fsum(product[i, i] for i in range(len(mean)))
    return (trace + (d.T * inverse * d)[0] - len(mean) - mp.log(mp.det(product))) / 2


def _relaxed(x: list[Any], logits: list[Any], temperature: float) -> Any:
    n, t = len(x), mpf(temperature)
    weights = softmax([a - t * v for a, v in zip(logits, x, strict=True)])
    return mp.log(mp.factorial(n - 1) * t ** (n - 1) * mp.fprod(weights))


def _drawn(*kinds: str) -> Callable[..., list[Any]]:
    """x: a real vector; a: positive; p: a simplex; C: a positive definite matrix; W: a matrix of two columns."""

    def draw(rng: Any, length: int) -> list[Any]:
        out: list[Any] = []
        for kind in kinds:
            if kind == "x":
                out.append([rng.gauss(0, 3) for _ in range(length)])
            elif kind == "a":
                out.append([rng.choice([0.5, 1.0, 2 ** rng.uniform(-4, 6)]) for _ in range(length)])
            elif kind == "p":
                parts = [rng.random() + 1e-6 for _ in range(length)]
                out.append([v / sum(parts) for v in parts])
            elif kind == "W":
                out.append([[rng.gauss(0, 1) for _ in range(2)] for _ in range(length)])
            else:
                rows = [[float(rng.randrange(-64, 65)) / 32 for _ in range(length)] for _ in range(length)]
                out.append([[sum(a * b for a, b in zip(u, v, strict=True)) + (u is v) / 8 for v in rows] for u in rows])
        return out

    return draw


TRUTH: dict[str, Truth | Checked] = {
    "dirichlet_logpdf": Checked(_dirichlet, draw=_drawn("p", "a")),
    "dirichlet_entropy": Checked(_dirichlet_entropy, bits=300, agree=1e-20, points=20, draw=_drawn("a")),
    "dirichlet_variance": by_fractions(_dirichlet_variance),
    "multivariate_normal_logpdf": Checked(_gaussian, bits=600, draw=_drawn("x", "x", "C")),
    "multivariate_normal_pdf": Checked(lambda *a: mp.exp(_gaussian(*a)), bits=600, draw=_drawn("x", "x", "C")),
    "multivariate_normal_precision_logpdf": Checked(
        lambda x, mean, p: _gaussian(x, mean, mp.inverse(mp.matrix(p))), bits=600, draw=_drawn("x", "x", "C")
    ),
    "multivariate_normal_entropy": Checked(
        lambda cov: mp.log(mp.sqrt(mp.det(2 * mp.pi * mp.e * mp.matrix(cov)))), bits=600, draw=_drawn("C")
    ),
    "kl_multivariate_normal": Checked(_divergence, bits=600, draw=_drawn("x", "C", "x", "C")),
    "low_rank_normal_logpdf": Checked(_low_rank, bits=600, draw=_drawn("x", "x", "W", "a")),
    "exp_relaxed_categorical_logpdf": Checked(_relaxed, draw=_drawn("x", "x")),
}
