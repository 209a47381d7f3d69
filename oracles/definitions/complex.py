"""Functions of complex numbers, written over their parts: a complex number is a pair [real, imaginary]."""

from __future__ import annotations

from typing import Any

from oracles.definitions import define

Complex = list[Any]


@define("exp_complex")
def exp_complex(m: Any, z: Complex) -> Complex:
    """e^x (cos y, sin y); DLMF 4.2.20."""
    size = m.exp(z[0])
    return [size * m.cos(z[1]), size * m.sin(z[1])]
