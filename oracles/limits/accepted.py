"""Accepted: what is right for one element at a special point."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ulpfuzz.oracles.memory import Form
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF


@dataclass(frozen=True)
class Accepted:
    """What is right for one element: kinds (bits of Reference.accepts) and, with FINITE, the interval [low, high].

    kinds == 0: unknown. proved: False where one evaluation at the point itself says so and nothing else does, by mpmath or, of what has no
    pattern along the paths, by IEEE 754 arithmetic: it may excuse an answer and accuses none.
    """

    kinds: int
    low: float = math.nan
    high: float = math.nan
    proved: bool = True

    def held(self) -> Accepted:
        """What may accuse an answer: itself where it is proved, else nothing."""
        return self if self.proved else NOTHING

    @property
    def by_mpmath(self) -> bool:
        """Whether it is a number that mpmath alone gives."""
        return not self.proved and bool(self.kinds & FINITE)


_WRITTEN = struct.Struct("<Bdd?")
#: What is right for the outputs of a row, as the oracle's memory keeps it.
ACCEPTED: Form[tuple[Accepted, ...]] = Form(
    lambda right: b"".join(_WRITTEN.pack(one.kinds, one.low, one.high, one.proved) for one in right),
    lambda written: tuple(Accepted(*one) for one in _WRITTEN.iter_unpack(written)),
)

ANYTHING = Accepted(FINITE | NAN | PINF | NINF, -math.inf, math.inf)
NOTHING = Accepted(0)


def point(value: float) -> Accepted:
    """One value: a number, an infinity or NaN."""
    if math.isnan(value):
        return Accepted(NAN)
    if math.isinf(value):
        return Accepted(PINF if value > 0 else NINF)
    return Accepted(FINITE, value, value)


def merge(parts: Sequence[Accepted]) -> Accepted:
    """All that one of the parts accepts; of numbers the hull."""
    kinds = 0
    finite = [p for p in parts if p.kinds & FINITE]
    for part in parts:
        kinds |= part.kinds
    if not finite:
        return Accepted(kinds)
    return Accepted(kinds, min(p.low for p in finite), max(p.high for p in finite))


def same(a: Accepted, b: Accepted) -> bool:
    """Whether both are of the same kinds and their numbers agree to 2^-30."""
    if a.kinds != b.kinds:
        return False
    return not a.kinds & FINITE or abs(a.low - b.low) <= 2.0**-30 * max(abs(a.low), abs(b.low))
