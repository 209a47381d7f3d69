"""Reference: the truth for a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bits of `Reference.accepts`: which kinds of answer are right for an element.
FINITE, NAN, PINF, NINF = 1, 2, 4, 8

#: Names of the tiers, by the code in `Reference.tier`. `limit`: decided by limits at special or singular inputs. `mpmath`: one evaluation at the
#: point, of which Arb knows nothing: an answer that is near is right, and no other is wrong for that (`judge.screen`).
TIERS = ("none", "ball64", "log64", "ball80", "taylor", "arb", "limit", "mpmath")


@dataclass(frozen=True)
class Reference:
    """The truth per row and output element: arrays of shape (rows, outputs).

    Where accepts has FINITE, the exact result is a real number y with |y - (value + low)| <= radius (value may be +-inf
    where |y| surely exceeds binary64's range); radius inf means that this tier does not know. Where `interval` is set (a kink),
    every number of [value - radius, value + radius] is right. accepts == 0: nobody knows, `undecided`.
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    radius: NDArray[np.float64]
    accepts: NDArray[np.uint8]
    interval: NDArray[np.bool_]
    tier: NDArray[np.uint8]

    @classmethod
    def unknown(cls, rows: int, outputs: int) -> Reference:
        shape = (rows, outputs)
        return cls(
            np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.inf), np.zeros(shape, np.uint8),
            np.zeros(shape, np.bool_), np.zeros(shape, np.uint8),
        )  # fmt: skip

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def take(self, index: Any) -> Reference:
        return Reference(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def set(
        self, row: int | NDArray[np.int64], output: int, value: float, low: float, radius: float, accepts: int, tier: int
    ) -> None:
        """Overwrites an output of a row, or of several; `interval` stays as it is."""
        at = row, output
        self.value[at], self.low[at], self.radius[at], self.accepts[at], self.tier[at] = value, low, radius, accepts, tier

    def put(self, rows: NDArray[Any], other: Reference) -> None:
        """Overwrites the given rows with another reference's."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(other, name)


#: A limit is read to so much of itself (limits_at_infinity); one that is a number of so few bits (1, 1/2, a small integer) is that number, as far
#: as binary64 can say.
READ, SIMPLE = 2.0**-39, 24


def is_simple(limit: float) -> bool:
    """Whether a limit that was read is a number of few bits, and so no rounding of another."""
    return (math.frexp(limit)[0] * 2.0**SIMPLE).is_integer()


def radius_of_limit(limit: float) -> float:
    """The radius of a finite limit: what was read is a number of binary64, not an enclosure. 0 of a limit that is zero, which the terms fall towards
    without end."""
    return abs(limit) * (2.0**-53 if is_simple(limit) else READ)
