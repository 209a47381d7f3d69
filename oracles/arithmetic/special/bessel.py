"""Bessel functions; DLMF chapter 10."""

from __future__ import annotations

from typing import Any

from flint import arb

from oracles.arithmetic.special import Special


def mp_bessel_i0(mp: Any, x: Any) -> Any:
    return mp.besseli(0, x)


def mp_bessel_i1(mp: Any, x: Any) -> Any:
    return mp.besseli(1, x)


def _native(name: str) -> Any:
    def function(x: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(x)

    return function


FUNCTIONS = [
    Special(
        "bessel_i0", arb=lambda x: x.bessel_i(arb(0)), mp=mp_bessel_i0, native=_native("i0"),
        slopes=(lambda m, y, x: m.bessel_i1(x),), domain=((-700.0, 700.0),), source="DLMF 10.25.2, 10.29.3",
    ),
    Special(
        "bessel_i1", arb=lambda x: x.bessel_i(arb(1)), mp=mp_bessel_i1, native=_native("i1"),
        slopes=(None,), domain=((-700.0, 700.0),), source="DLMF 10.29.1",
    ),
]  # fmt: skip
