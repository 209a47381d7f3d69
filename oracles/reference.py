"""Reference: the truth for a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bits of `Reference.accepts`: which kinds of answer are right for an element.
FINITE, NAN, PINF, NINF = 1, 2, 4, 8

#: Names of the tiers, by the code in `Reference.tier`. `limit`: a limit, at special or singular inputs. `mpmath`: one evaluation at the
#: point, where Arb gives no enclosure: it can show that an answer is right, but not that one is wrong (judge.steps.within_limit).
TIERS = ("none", "ball64", "log64", "ball80", "taylor", "arb", "limit", "mpmath")
#: Codes of the tiers that are not columns.
ARB, LIMIT, MPMATH = (TIERS.index(name) for name in ("arb", "limit", "mpmath"))


@dataclass(frozen=True)
class Reference:
    """The truth of each element: arrays of shape (rows, outputs).

    Guarantee: where `accepts` has FINITE, the exact result is a real number y with |y - (value + value_lo)| <= radius.
    """

    #: The high word of a double-double; +-inf where |y| surely exceeds binary64's range.
    value: NDArray[np.float64]
    #: The low word.
    value_lo: NDArray[np.float64]
    #: In absolute terms; inf where the tier knows nothing.
    radius: NDArray[np.float64]
    #: The kinds of answer that are right, as bits; 0 where the truth is unknown, which makes a verdict `undecided`.
    accepts: NDArray[np.uint8]
    #: A kink: every number of [value - radius, value + radius] is right.
    interval: NDArray[np.bool_]
    #: The tier that gave it, an index into TIERS.
    tier: NDArray[np.uint8]
    #: The kinds of answer (NAN, PINF, NINF) that are right although nothing else is known (accepts == 0): they excuse, and accuse nothing.
    excused: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        if self.excused.shape != self.accepts.shape:
            object.__setattr__(self, "excused", np.zeros(self.accepts.shape, np.uint8))

    @classmethod
    def unknown(cls, rows: int, outputs: int) -> Reference:
        shape = (rows, outputs)
        return cls(
            np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.inf), np.zeros(shape, np.uint8),
            np.zeros(shape, np.bool_), np.zeros(shape, np.uint8), np.zeros(shape, np.uint8),
        )  # fmt: skip

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def take(self, index: Any) -> Reference:
        return Reference(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def set(
        self, row: int | NDArray[np.int64], output: int, value: float, value_lo: float, radius: float, accepts: int, tier: int
    ) -> None:
        """Overwrites an output of a row, or of several; `interval` stays as it is."""
        at = row, output
        self.value[at], self.value_lo[at], self.radius[at], self.accepts[at], self.tier[at] = (
            value,
            value_lo,
            radius,
            accepts,
            tier,
        )

    def put(self, rows: NDArray[Any], other: Reference) -> None:
        """Overwrites these rows with another reference's."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(other, name)


#: The relative accuracy to which a limit is read (limits_at_infinity).
LIMIT_ACCURACY = 2.0**-39
#: A limit with at most this many significant bits (1, 1/2, a small integer) is taken to be exactly that number.
SIMPLE_BITS = 24


def is_simple(limit: float) -> bool:
    """Whether a limit has at most SIMPLE_BITS significant bits."""
    return (math.frexp(limit)[0] * 2.0**SIMPLE_BITS).is_integer()


def radius_of_limit(limit: float) -> float:
    """The radius of a finite limit, which is a number of binary64, no enclosure. 0 for a limit of zero: its terms decrease without end."""
    return abs(limit) * (2.0**-53 if is_simple(limit) else LIMIT_ACCURACY)
