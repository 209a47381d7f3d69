"""Bessel, spherical Bessel and Airy functions; DLMF chapters 9 and 10."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define


@define("i0")
def i0(m: Arithmetic[N], x: N) -> N:
    """The modified Bessel function I_0; DLMF 10.25.2."""
    return m.bessel_i(0, x)


@define("i1")
def i1(m: Arithmetic[N], x: N) -> N:
    """The modified Bessel function I_1; DLMF 10.25.2."""
    return m.bessel_i(1, x)


@define("i0e")
def i0e(m: Arithmetic[N], x: N) -> N:
    """e^-|x| I_0(x); scipy.special.i0e."""
    return m.scaled_i0(0, m.abs(x))


@define("i1e")
def i1e(m: Arithmetic[N], x: N) -> N:
    """e^-|x| I_1(x); scipy.special.i1e."""
    return m.bessel_i1e(x)


@define("k0")
def k0(m: Arithmetic[N], x: N) -> N:
    """The modified Bessel function K_0; DLMF 10.25.3."""
    return m.bessel_k(0, x)


@define("k1")
def k1(m: Arithmetic[N], x: N) -> N:
    """The modified Bessel function K_1; DLMF 10.25.3."""
    return m.bessel_k(1, x)


@define("k0e")
def k0e(m: Arithmetic[N], x: N) -> N:
    """e^x K_0(x); scipy.special.k0e."""
    return m.scaled_k0(0, x)


@define("k1e")
def k1e(m: Arithmetic[N], x: N) -> N:
    """e^x K_1(x); scipy.special.k1e. As K_0' = -K_1 (DLMF 10.29.3), the derivative of e^x K_0 is e^x K_0 - e^x K_1; both terms are positive."""
    return m.scaled_k0(0, x) - m.scaled_k0(1, x)


@define("bessel_j0")
def bessel_j0(m: Arithmetic[N], x: N) -> N:
    """The Bessel function J_0; DLMF 10.2.2."""
    return m.bessel_j(0, x)


@define("bessel_j1")
def bessel_j1(m: Arithmetic[N], x: N) -> N:
    """The Bessel function J_1; DLMF 10.2.2."""
    return m.bessel_j(1, x)


@define("bessel_jn")
def bessel_jn(m: Arithmetic[N], x: N, v: int) -> N:
    """The Bessel function J_v of an integer order; DLMF 10.2.2."""
    return m.bessel_j(v, x)


@define("bessel_y0")
def bessel_y0(m: Arithmetic[N], x: N) -> N:
    """The Bessel function Y_0; DLMF 10.2.3."""
    return m.bessel_y(0, x)


@define("bessel_y1")
def bessel_y1(m: Arithmetic[N], x: N) -> N:
    """The Bessel function Y_1; DLMF 10.2.3."""
    return m.bessel_y(1, x)


@define("spherical_bessel_j0")
def spherical_bessel_j0(m: Arithmetic[N], x: N) -> N:
    """sin(x) / x, and 1 at 0; DLMF 10.49.3."""
    return m.spherical_bessel_j(0, x)


@define("airy_ai")
def airy_ai(m: Arithmetic[N], x: N) -> N:
    """The Airy function Ai; DLMF 9.2."""
    return m.airy_ai(x)
