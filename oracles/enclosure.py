"""Ball: a column of midpoint-radius enclosures, the number of the vectorised arithmetics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.protocol import Exact

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball_operations import BallOperations

Column = NDArray[Any]


class Ball:
    """One enclosure per row: the exact result lies within `rad` of `mid`.

    rad is None where every row is exact; a row whose rad is not finite is unknown. `bad` (None: nowhere) marks rows whose
    value is certainly undefined on the reals. `bits` bounds the significant bits of exact rows, so that exact products are
    recognised.
    """

    __slots__ = ("bad", "bits", "m", "mid", "rad")
    __array_ufunc__ = None  # numpy scalars on the left defer to our operators

    def __init__(
        self, m: BallOperations, mid: Column, rad: Column | None = None, bad: Column | None = None, bits: int = 99
    ) -> None:
        self.m = m
        self.mid = mid
        self.rad = rad
        self.bad = bad
        self.bits = bits

    def radius(self) -> Column:
        return self.m.xp.zeros_like(self.mid) if self.rad is None else self.rad

    def lower(self) -> Column:
        return self.mid if self.rad is None else self.mid - self.rad - self._rounding(self.rad)

    def upper(self) -> Column:
        return self.mid if self.rad is None else self.mid + self.rad + self._rounding(self.rad)

    def _rounding(self, rad: Column) -> Column:
        """Covers the two roundings of mid -+ rad -+ this (sums of subnormals are exact, and so are exact rows)."""
        slack: Column = (abs(self.mid) + rad) * (4 * self.m.u) * (rad != 0)
        return slack

    def __neg__(self) -> Ball:
        return Ball(self.m, -self.mid, self.rad, self.bad, self.bits)

    def __add__(self, other: Ball | Exact) -> Ball:
        return self.m.add(self, self.m.num(other))

    __radd__ = __add__

    def __sub__(self, other: Ball | Exact) -> Ball:
        return self.m.add(self, -self.m.num(other))

    def __rsub__(self, other: Ball | Exact) -> Ball:
        return self.m.add(self.m.num(other), -self)

    def __mul__(self, other: Ball | Exact) -> Ball:
        return self.m.mul(self, self.m.num(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Ball | Exact) -> Ball:
        return self.m.div(self, self.m.num(other))

    def __rtruediv__(self, other: Ball | Exact) -> Ball:
        return self.m.div(self.m.num(other), self)
