"""Bessel functions: FLINT's own (the definitions are evaluated by mpmath), I_0 by quadrature, J_0 of order 1/2 by its sine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from mpmath import mp

from tests.oracles.truth import Checked, Truth, by_flint

arb: Any = flint.arb


def by_bessel(function: Callable[[Any], Any]) -> Checked:
    """At a precision at which mpmath's Bessel functions take milliseconds."""
    return Checked(by_flint(function), bits=300, agree=1e-80)


def _scaled(kind: str, order: int) -> Checked:
    return by_bessel(lambda x: getattr(abs(x) if kind == "bessel_i" else x, kind)(arb(order), scaled=True))


def _jn(x: Any, v: int) -> Any:
    return by_flint(lambda ball: ball.bessel_j(arb(v)))(x)


TRUTH: dict[str, Truth | Checked] = {
    # DLMF 10.32.1
    "i0": Checked(
        lambda x: mp.quad(lambda t: mp.exp(x * mp.cos(t)), [0, mp.pi / 2, mp.pi]) / mp.pi, bits=300, agree=1e-20, points=20
    ),
    "i1": by_bessel(lambda x: x.bessel_i(arb(1))),
    "i0e": _scaled("bessel_i", 0),
    "i1e": by_bessel(lambda x: (-abs(x)).exp() * x.bessel_i(arb(1))),
    "k0": by_bessel(lambda x: x.bessel_k(arb(0))),
    "k1": by_bessel(lambda x: x.bessel_k(arb(1))),
    "k0e": _scaled("bessel_k", 0),
    "k1e": _scaled("bessel_k", 1),
    "bessel_j0": by_bessel(lambda x: x.bessel_j(arb(0))),
    "bessel_j1": by_bessel(lambda x: x.bessel_j(arb(1))),
    "bessel_jn": Checked(_jn, bits=300, agree=1e-80),
    "bessel_y0": by_bessel(lambda x: x.bessel_y(arb(0))),
    "bessel_y1": by_bessel(lambda x: x.bessel_y(arb(1))),
    "spherical_bessel_j0": lambda x: mp.sin(x) / x,
    "airy_ai": by_bessel(lambda x: x.airy_ai()),
}
