"""Independent truths: what an op is by another library, another formula, exact rationals, or an identity; never by our definitions.

A module for each family lists them in TRUTH: op name -> function of mpf numbers (lists of them for vectors, lists of lists for
matrices, pairs for complex numbers) and the op's params, evaluated at BITS of precision; it returns a number or nested lists, nan where it
is undefined. `Checked` wraps one that is known to fewer digits. What it is, the op's record says in `verified`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import flint
from mpmath import mp, mpf

#: Bits of both sides: some formulas here cancel a few hundred.
BITS = 1600
Truth = Callable[..., Any]


@dataclass(frozen=True)
class Checked:
    """A truth with its own precision in bits, and how far, relatively, it may be off (scipy, quadrature, tables). floor: absolutely. points:
    how many are compared; draw: (rng, length) -> inputs, where the usual points do not suit."""

    truth: Truth
    bits: int = BITS
    agree: float = 1e-25
    floor: float = 0.0
    points: int = 40
    draw: Callable[..., list[Any]] | None = None

    def __call__(self, *numbers: Any, **params: Any) -> Any:
        return self.truth(*numbers, **params)


def by_flint(function: Callable[[Any], Any]) -> Truth:
    """The middle of Arb's enclosure, whose radius is far below what we compare."""

    def truth(*numbers: mpf) -> Any:
        with flint.ctx.workprec(3 * BITS):
            ball = function(*(flint.arb(flint.fmpq(*ratio(v))) for v in numbers))
            if not ball.is_finite():
                return mp.nan
            return mp.mpf(ball.mid().str(400, radius=False))

    return truth


def by_fractions(function: Callable[..., Any]) -> Truth:
    """Exact rational arithmetic; division by zero has no truth here."""

    def truth(*numbers: Any, **params: Any) -> Any:
        result = function(*(fractions(v) for v in numbers), **params)
        return [to_mpf(v) for v in result] if isinstance(result, list) else to_mpf(result)

    return truth


def ratio(value: mpf) -> tuple[int, int]:
    fraction = fractions(value)
    return fraction.numerator, fraction.denominator


def fractions(value: Any) -> Any:
    if isinstance(value, list):
        return [fractions(v) for v in value]
    sign, mantissa, exponent, _ = value._mpf_
    return Fraction(int(-mantissa if sign else mantissa)) * Fraction(2) ** int(exponent)


def to_mpf(value: Fraction) -> Any:
    return mpf(value.numerator) / value.denominator


@cache
def truths() -> dict[str, Checked]:
    """All of them by op name."""
    return {name: truth for module in truths_by_family().values() for name, truth in module.items()}


@cache
def truths_by_family() -> dict[str, dict[str, Checked]]:
    """By the module that they stand in, which has the name of the family, and by op name."""
    found: dict[str, dict[str, Checked]] = {}
    for module in pkgutil.iter_modules(__path__):
        truth = importlib.import_module(f"{__name__}.{module.name}").TRUTH
        assert not truth.keys() & {name for other in found.values() for name in other}, "an op has two independent truths"
        found[module.name] = {name: t if isinstance(t, Checked) else Checked(t) for name, t in truth.items()}
    return found
