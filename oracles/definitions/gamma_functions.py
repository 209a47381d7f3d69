"""Gamma, beta and zeta functions; DLMF chapters 5, 8, 13, 15 and 25."""

from __future__ import annotations

import math
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define


@define("gamma")
def gamma(m: Arithmetic[N], x: N) -> N:
    """Gamma(x); DLMF 5.2.1."""
    return m.gamma(x)


@define("gammasgn")
def gammasgn(m: Arithmetic[N], x: N) -> N:
    """The sign of Gamma(x): 1 on the right of 0, (-1)^floor(x) between the poles on the left; DLMF 5.4 and 5.5.1, scipy.special.gammasgn."""

    def left() -> N:
        pole = m.eq0(x - m.floor(x))
        return m.where(pole, lambda: m.num(math.nan), lambda: 1 - 2 * m.fmod(-m.floor(x), m.num(2)))

    return m.where(m.lt(m.num(0), x), lambda: m.num(1), left)


@define("loggamma")
def loggamma(m: Arithmetic[N], x: N) -> N:
    """log Gamma(x) on the right of 0; DLMF 5.2.1, scipy.special.loggamma."""
    return m.where(m.lt(x, m.num(0)), lambda: m.num(math.nan), lambda: m.lgamma(x))


@define("trigamma")
def trigamma(m: Arithmetic[N], x: N) -> N:
    """psi'(x); DLMF 5.15.1."""
    return m.polygamma(1, x)


@define("polygamma")
def polygamma(m: Arithmetic[N], x: N, n: int = 2) -> N:
    """The n-th derivative of digamma; DLMF 5.15."""
    return m.polygamma(n, x)


@define("gammainc")
def gammainc(m: Arithmetic[N], a: N, x: N) -> N:
    """The regularized lower incomplete gamma function P(a, x); DLMF 8.2.4."""
    return m.gammainc_p(a, x)


@define("gammaincc")
def gammaincc(m: Arithmetic[N], a: N, x: N) -> N:
    """The regularized upper incomplete gamma function Q(a, x); DLMF 8.2.4."""
    return m.gammainc_q(a, x)


@define("gammainc_grad_a")
def gammainc_grad_a(m: Arithmetic[N], a: N, x: N) -> N:
    """dP(a, x)/da; jax.lax.igamma_grad_a."""
    return m.where(m.lt(a, x), lambda: -m.partial("gammainc_q", [a, x], (1, 0)), lambda: m.partial("gammainc_p", [a, x], (1, 0)))


@define("gamma_sample_grad")
def gamma_sample_grad(m: Arithmetic[N], a: N, x: N) -> N:
    """dx/da of a gamma variate x at a fixed quantile P(a, x): -(dP/da) / (dP/dx); Figurnov, Mohamed and Mnih (2018), equation 5."""
    return -gammainc_grad_a(m, a, x) / m.exp((a - 1) * m.log(x) - x - m.lgamma(a))


@define("betainc")
def betainc(m: Arithmetic[N], a: N, b: N, x: N) -> N:
    """The regularized incomplete beta function I_x(a, b); DLMF 8.17.2."""
    return m.betainc_i(a, b, x)


@define("betaln")
def betaln(m: Arithmetic[N], a: N, b: N) -> N:
    """log B(a, b), a and b > 0; DLMF 5.12.1."""

    def nothing() -> N:
        return m.num(math.nan)

    def right() -> N:
        return m.where(m.lt(b, m.num(0)), nothing, lambda: m.lgamma(a) + m.lgamma(b) - m.lgamma(a + b))

    return m.where(m.lt(a, m.num(0)), nothing, right)


@define("beta")
def beta(m: Arithmetic[N], a: N, b: N) -> N:
    """B(a, b), a and b > 0; DLMF 5.12.1."""
    return m.exp(betaln(m, a, b))


@define("multivariate_betaln")
def multivariate_betaln(m: Arithmetic[N], x: list[N]) -> N:
    """sum log Gamma(x_i) - log Gamma(sum x_i), the logarithm of the Dirichlet distribution's constant; tf.math.lbeta."""
    return m.sum([m.lgamma(v) for v in x]) - m.lgamma(m.sum(x))


@define("multigammaln")
def multigammaln(m: Arithmetic[N], x: N, d: int = 3) -> N:
    """log Gamma_d(x) = d(d-1)/4 log pi + sum_j log Gamma(x - j/2), j < d; DLMF 35.3.4."""
    constant = Fraction(d * (d - 1), 4) * m.log(m.const("pi"))
    return m.where(
        m.lt(x, m.num(Fraction(d - 1, 2))),
        lambda: m.num(math.nan),
        lambda: m.sum([m.lgamma(x - Fraction(j, 2)) for j in range(d)]) + constant,
    )


@define("hurwitz_zeta")
def hurwitz_zeta(m: Arithmetic[N], s: N, q: N) -> N:
    """sum (k + q)^-s over k >= 0; DLMF 25.11.1."""
    return m.zeta(s, q)


@define("riemann_zeta")
def riemann_zeta(m: Arithmetic[N], s: N) -> N:
    """sum k^-s over k >= 1; DLMF 25.2.1."""
    return m.zeta(s, m.num(1))


@define("factorial")
def factorial(m: Arithmetic[N], n: N) -> N:
    """Gamma(n + 1), n >= 0; scipy.special.factorial."""
    return m.gamma(n + 1)


@define("binomial")
def binomial(m: Arithmetic[N], n: N, k: N) -> N:
    """Gamma(n + 1) / (Gamma(k + 1) Gamma(n - k + 1)); DLMF 1.2.6, scipy.special.comb."""
    return m.gamma(n + 1) * m.rgamma(k + 1) * m.rgamma(n - k + 1)


@define("pochhammer")
def pochhammer(m: Arithmetic[N], z: N, k: N) -> N:
    """Gamma(z + k) / Gamma(z); DLMF 5.2.5."""
    return m.gamma(z + k) * m.rgamma(z)


@define("hyp1f1")
def hyp1f1(m: Arithmetic[N], a: N, b: N, x: N) -> N:
    """The confluent hypergeometric function M(a, b, x); DLMF 13.2.2."""
    return m.hyp1f1(a, b, x)


@define("hyp2f1")
def hyp2f1(m: Arithmetic[N], a: N, b: N, c: N, x: N) -> N:
    """The hypergeometric function F(a, b; c; x); DLMF 15.2.1."""
    return m.hyp2f1(a, b, c, x)


@define("relative_entropy")
def relative_entropy(m: Arithmetic[N], x: N, y: N) -> N:
    """x log(x / y) - x + y, and y where x = 0; scipy.special.kl_div."""
    return m.where(m.eq0(x), lambda: y, lambda: x * m.log(x / y) - x + y)


@define("boxcox")
def boxcox(m: Arithmetic[N], x: N, k: N) -> N:
    """(x^k - 1) / k, and log x at k = 0; Box and Cox (1964), scipy.special.boxcox."""
    right = lambda: m.where(m.eq0(k), lambda: m.log(x), lambda: (m.pow(x, k) - 1) / k)  # noqa: E731
    return m.where(m.lt(x, m.num(0)), lambda: m.num(math.nan), right)


@define("boxcox1p")
def boxcox1p(m: Arithmetic[N], x: N, k: N) -> N:
    """The Box-Cox transformation of 1 + x; scipy.special.boxcox1p."""
    return boxcox(m, 1 + x, k)
