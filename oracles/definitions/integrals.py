"""Functions defined by integrals: DLMF chapters 6, 7, 8.19 and 25.12."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define


@define("erfcx")
def erfcx(m: Arithmetic[N], x: N) -> N:
    """e^(x^2) erfc(x); scipy.special.erfcx."""
    return m.scaled_erfc(0, x)


@define("erfcinv")
def erfcinv(m: Arithmetic[N], x: N) -> N:
    """The inverse of erfc; DLMF 7.17.1."""
    return m.erfcinv(x)


@define("ndtri")
def ndtri(m: Arithmetic[N], x: N) -> N:
    """The inverse of the standard normal distribution function erfc(-x / sqrt 2) / 2; scipy.special.ndtri."""
    return -m.sqrt(m.num(2)) * m.erfcinv(2 * x)


@define("dawsn")
def dawsn(m: Arithmetic[N], x: N) -> N:
    """Dawson's integral; DLMF 7.2.5."""
    return m.dawson(0, x)


@define("expi")
def expi(m: Arithmetic[N], x: N) -> N:
    """The exponential integral Ei, a principal value; DLMF 6.2.5 and, left of 0, 6.2.6."""
    return m.exp_integral_ei(x)


@define("exp1")
def exp1(m: Arithmetic[N], x: N) -> N:
    """The exponential integral E_1; DLMF 6.2.1."""
    return m.exp_integral(1, x)


@define("expn")
def expn(m: Arithmetic[N], x: N, n: int) -> N:
    """The generalised exponential integral E_n; DLMF 8.19.3."""
    return m.exp_integral(n, x)


@define("sine_integral")
def sine_integral(m: Arithmetic[N], x: N) -> N:
    """Si; DLMF 6.2.9."""
    return m.sine_integral(x)


@define("cosine_integral")
def cosine_integral(m: Arithmetic[N], x: N) -> N:
    """Ci; DLMF 6.2.11."""
    return m.cosine_integral(x)


@define("fresnel_sin")
def fresnel_sin(m: Arithmetic[N], x: N) -> N:
    """The integral of sin(pi t^2 / 2) from 0 to x; DLMF 7.2.8."""
    return m.fresnel_s(x)


@define("fresnel_cos")
def fresnel_cos(m: Arithmetic[N], x: N) -> N:
    """The integral of cos(pi t^2 / 2) from 0 to x; DLMF 7.2.7."""
    return m.fresnel_c(x)


@define("spence")
def spence(m: Arithmetic[N], x: N) -> N:
    """The integral of log(t) / (1 - t) from 1 to x, the dilogarithm of 1 - x; scipy.special.spence, DLMF 25.12.2."""
    return m.spence(x)
