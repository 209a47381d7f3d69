"""Bessel functions; DLMF chapter 10."""

from __future__ import annotations

from typing import Any

from oracles.definitions import define

Number = Any


@define("i0")
def i0(m: Any, x: Number) -> Number:
    """The modified Bessel function I_0; DLMF 10.25.2."""
    return m.bessel_i0(x)
