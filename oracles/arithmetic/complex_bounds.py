"""Bounds of functions of complex balls by their values at the real parts: what integrals and series of absolute values give."""

from __future__ import annotations

from flint import acb, arb


def disc_of(bound: arb) -> acb:
    """The disc about 0."""
    return acb(arb(0, bound.upper()), arb(0, bound.upper()))


def gamma_ratio(a: acb) -> arb:
    """A bound of Gamma(Re a) / |Gamma(a)|: cosh(pi Im a)^(1/2) for Re a >= 1/2 (DLMF 5.6.7), one step to the right of it elsewhere."""
    bound = (arb.pi() * abs(a.imag).upper()).cosh().sqrt()
    return bound if a.real >= 0.5 else bound * (1 + (abs(a.imag).upper() / a.real.lower()) ** 2).sqrt()


def turned(a: acb, z: acb) -> arb:
    """A bound of |z^a| / (Re z)^(Re a): sec(theta)^(Re a) exp(|Im a| theta) for theta = |arg z|."""
    tangent = abs(z.imag).upper() / z.real.lower()
    return (1 + tangent**2) ** (a.real.upper() / 2) * (abs(a.imag).upper() * tangent.atan()).exp()
