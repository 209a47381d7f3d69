"""Gamma, beta and zeta functions: mpmath's and Arb's own, integrals by quadrature, series, exact rationals."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth import Checked, Truth, by_flint, by_fractions


def positive(*ranges: tuple[float, float]) -> Callable[..., list[Any]]:
    """Points of positive boxes, spread over their magnitudes."""

    def draw(rng: random.Random, length: int) -> list[Any]:
        return [math.exp(rng.uniform(math.log(low), math.log(high))) for low, high in ranges]

    return draw


EVERYDAY = positive((0.02, 60), (0.02, 60))


def lower_integral(a: Any, x: Any) -> Any:
    """DLMF 8.2.1, with t = x u^(1/a), which takes the power away, over Gamma(a)."""
    if a <= 0 or x <= 0:
        return mp.mpf(1) if x > 0 else mp.mpf(0) if a > 0 else mp.nan
    return mp.quad(lambda u: mp.exp(-x * u ** (1 / a)), [0, 0.25, 0.5, 0.75, 1]) * x**a / mp.gamma(a + 1)


def by_mpmath_p(a: Any, x: Any) -> Any:
    """mpmath's confluent hypergeometric function, Kummer-transformed; DLMF 8.5.1."""
    return x**a * mp.exp(-x) * mp.hyp1f1(1, a + 1, x) / mp.gamma(a + 1)


def by_mpmath_q(a: Any, x: Any) -> Any:
    """DLMF 8.5.3: Tricomi's function, in Arb."""
    return x**a * mp.exp(-x) * mp.hyperu(1, a + 1, x) / mp.gamma(a)


def derivative_in_a(a: Any, x: Any) -> Any:
    """The series DLMF 8.7.3 differentiated term by term: P = x^a/Gamma(a) sum (-x)^k / (k! (a + k))."""
    total = slope = mp.mpf(0)
    term = mp.mpf(1)
    k = 0
    while k < 20 or abs(term) > mp.mpf(2) ** (-mp.prec - 40):
        total += term / (a + k)
        slope -= term / (a + k) ** 2
        k += 1
        term *= -x / k
    return x**a * mp.rgamma(a) * (slope + total * (mp.log(x) - mp.digamma(a)))


def beta_integral(a: Any, b: Any, x: Any) -> Any:
    """mpmath's own, by the Gauss hypergeometric function; DLMF 8.17.7."""
    return x**a * mp.hyp2f1(a, 1 - b, a + 1, x) / a / mp.beta(a, b)


def hurwitz(s: Any, q: Any) -> Any:
    """Euler and Maclaurin, DLMF 25.11.28 continued, from the hundredth term on."""
    n, total = 100, mp.mpf(0)
    total = mp.fsum((q + k) ** -s for k in range(n))
    at = q + n
    total += at ** (1 - s) / (s - 1) + at**-s / 2
    product = s
    for k in range(1, 60):
        total += mp.bernoulli(2 * k) / mp.factorial(2 * k) * product * at ** (1 - s - 2 * k)
        product *= (s + 2 * k - 1) * (s + 2 * k)
    return total


def alternating(s: Any) -> Any:
    """The Dirichlet eta function, accelerated; DLMF 25.2.3."""
    return mp.altzeta(s) / (1 - mp.mpf(2) ** (1 - s))


def polygamma(x: Any, n: int) -> Any:
    return mp.mpf(-1) ** (n + 1) * mp.factorial(n) * hurwitz(mp.mpf(n + 1), x)


def comb(n: Fraction, k: Fraction) -> Fraction:
    return Fraction(math.comb(int(n), int(k)) if k <= n else 0)


def multigamma(x: Any, d: int) -> Any:
    """By Legendre's duplication of the first two factors; DLMF 5.5.5."""
    first = mp.log(mp.pi) / 2 + (2 - 2 * x) * mp.log(2) + mp.log(mp.pi) / 2 + mp.loggamma(2 * x - 1)
    return first if d == 2 else first + mp.log(mp.pi) + mp.loggamma(x - 1)


def whole(top: int) -> Callable[..., list[Any]]:
    def draw(rng: random.Random, length: int) -> list[Any]:
        n = rng.randrange(top)
        return [float(n), float(rng.randrange(n + 1 if rng.random() < 0.8 else top))]

    return draw


def kummer(a: Any, b: Any, x: Any) -> Any:
    """DLMF 13.2.39 and the series."""
    return mp.exp(x) * mp.nsum(lambda k: mp.rf(b - a, k) / mp.rf(b, k) * (-x) ** k / mp.factorial(k), [0, mp.inf], method="d")


def pfaff(a: Any, b: Any, c: Any, x: Any) -> Any:
    """DLMF 15.8.1."""
    return (1 - x) ** -a * mp.hyp2f1(a, c - b, c, x / (x - 1))


def box(*ranges: tuple[float, float]) -> Callable[..., list[Any]]:
    return lambda rng, length: [rng.uniform(low, high) for low, high in ranges]


P = Checked(by_mpmath_p, bits=400, agree=1e-60, draw=EVERYDAY)
Q = Checked(by_mpmath_q, bits=400, agree=1e-60, draw=EVERYDAY)
ZETA = Checked(hurwitz, bits=300, agree=1e-60, draw=positive((1.01, 40), (0.01, 80)))

TRUTH: dict[str, Truth | Checked] = {
    "gamma": by_flint(lambda x: x.gamma()),
    "gammasgn": lambda x: mp.nan if x <= 0 and x == mp.floor(x) else mp.sign(mp.gamma(x)),
    "loggamma": by_flint(lambda x: x.lgamma() if x > 0 else x.log() / 0),
    "trigamma": Checked(lambda x: mp.psi(1, x), bits=400, agree=1e-60),
    "polygamma": Checked(polygamma, bits=300, agree=1e-40, draw=positive((0.01, 90))),
    "gammainc": P, "gammainc_in_x": P, "gammaincc": Q, "gammaincc_in_x": Q,
    "gammainc_grad_a": Checked(derivative_in_a, bits=500, agree=1e-60, draw=positive((0.02, 30), (0.02, 40))),
    "gamma_sample_grad": Checked(
        lambda a, x: -derivative_in_a(a, x) * mp.gamma(a) * mp.exp(x) * x ** (1 - a), bits=500, agree=1e-40,
        draw=positive((0.02, 30), (0.02, 40)),
    ),
    "betainc": Checked(beta_integral, bits=400, agree=1e-60, draw=lambda rng, n: [*EVERYDAY(rng, n), rng.uniform(0.001, 0.999)]),
    "betaln": Checked(lambda a, b: mp.log(mp.beta(a, b)), bits=600, agree=1e-60, draw=positive((1e-6, 1e3), (1e-6, 1e3))),
    "beta": Checked(mp.beta, bits=600, agree=1e-60, draw=positive((1e-6, 1e3), (1e-6, 1e3))),
    "multivariate_betaln": Checked(
        lambda x: mp.fsum(mp.log(mp.beta(mp.fsum(x[:k]), x[k])) for k in range(1, len(x))), bits=600, agree=1e-60,
        draw=lambda rng, n: [[math.exp(rng.uniform(-7, 7)) for _ in range(n)]],
    ),
    "multigammaln": multigamma,
    "hurwitz_zeta": ZETA, "hurwitz_zeta_in_q": ZETA,
    "riemann_zeta": Checked(alternating, bits=400, agree=1e-60, draw=positive((1.01, 60))),
    "factorial": by_flint(lambda x: (x + 1).gamma()),
    "binomial": Checked(by_fractions(comb), agree=1e-60, draw=whole(120)),
    "pochhammer": Checked(mp.rf, bits=600, agree=1e-60, draw=positive((1e-6, 50), (1e-6, 50))),
    "hyp1f1": Checked(kummer, bits=300, agree=1e-30, draw=box((0.1, 20), (0.1, 20), (-20, 20)), points=25),
    "hyp2f1": Checked(pfaff, bits=400, agree=1e-50, draw=box((0.1, 9), (0.1, 9), (0.1, 9), (-0.95, 0.95))),
    "relative_entropy": Checked(
        lambda x, y: mp.quad(lambda t: mp.log(t / y), [y, x]) if x else y, bits=300, agree=1e-20, draw=positive((0.05, 9), (0.05, 9)),
        points=25,
    ),
    "boxcox": lambda x, k: mp.log(x) if k == 0 else mp.exp(k * mp.log(x) / 2) * 2 * mp.sinh(k * mp.log(x) / 2) / k if x > 0 else mp.nan,
    "boxcox1p": lambda x, k: (
        mp.log1p(x) if k == 0 else mp.expm1(k * mp.log1p(x)) / k if x > -1 else mp.nan
    ),
}  # fmt: skip
