"""Special functions as primitives: one entry says how each arithmetic evaluates a function, and what its derivatives are.

Every arithmetic has the functions of this table as methods, `m.bessel_j0(x)`, beside those of `protocol.UNARY`. A module of this package
lists its entries in FUNCTIONS.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from flint import acb, arb
from mpmath import mpf
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ulpfuzz.oracles.enclosure import Ball

#: (arithmetic, the value, the arguments) -> the partial derivative.
Slope: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Special:
    """A function of real numbers."""

    #: The name that definitions use.
    name: str
    #: Of flint.arb balls, at FLINT's precision: an enclosure, not finite where nothing is known; raises arb.Undefined where it is certainly
    #: undefined.
    arb: Callable[..., arb]
    #: A named function (context, *numbers) of mpmath: the value to about the context's precision, nan outside the real domain; it uses
    #: nothing but its context, for reproducers carry its source.
    mp: Callable[..., mpf]
    #: The partial derivative by each argument, as (m, value, *arguments) -> number; None: by differences, rigorous ones in Arb where there
    #: is an `acb`.
    slopes: tuple[Slope | None, ...]
    #: By scipy, None where it has none.
    native: Callable[..., NDArray[np.float64] | np.float64] | None = None
    #: (m, *balls) -> Ball with a bound that tests/oracles/test_special_functions.py validates against Arb; None: that tier knows nothing.
    ball64: Callable[..., Ball] | None = None
    #: (m, *balls) -> Ball with a bound of the first derivative by the first argument, where `slopes` has none; None: climbs to Arb.
    by_first: Callable[..., Ball] | None = None
    #: The same function of complex balls (flint.acb), holomorphic where it is finite.
    acb: Callable[..., acb] | None = None
    #: Per argument the interval in which the tests draw.
    domain: tuple[tuple[float, float], ...] = ()
    #: Its cost in operations of Arb.
    weight: float = 20.0
    #: DLMF section or paper.
    source: str = ""

    @property
    def arguments(self) -> int:
        return len(self.slopes)


@cache
def functions() -> Mapping[str, Special]:
    """All entries by name."""
    entries: dict[str, Special] = {}
    for module in pkgutil.iter_modules(__path__):
        for entry in importlib.import_module(f"{__name__}.{module.name}").FUNCTIONS:
            if entry.name in entries:
                raise ValueError(f"the special function {entry.name!r} is given twice")
            entries[entry.name] = entry
    return entries
