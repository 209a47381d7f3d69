"""BallOperations: what a ball's guarantee rests on, the IEEE 754 operations with a bound of each rounding, and order and branches."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ulpfuzz.oracles.arithmetic.branches import Branches, Masks
from ulpfuzz.oracles.arithmetic.constants import CONSTANTS
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact
from ulpfuzz.oracles.enclosure import Ball, Column

#: Divisors of at most this many bits: half a significand times one of them is exact.
INTEGER = 26


class BallOperations(Branches[Ball]):
    """Numbers, + - * /, sums and order over binary floating-point columns, of numpy or of a module like it."""

    xp: Any = np  # the module of its columns
    dtype: Any = np.float64
    u = 2.0**-53
    significand = 53

    def __init__(self, rows: int = 1) -> None:
        self.rows = rows
        one = self.dtype(1)
        self._u = one * self.dtype(self.u)
        self._grow = one + 16 * self._u  # covers the rounding of the radius computation itself
        self._eta = self.dtype(np.nextafter(one * 0, one)) * 4  # absorbs underflow of mid and rad
        self._tiny = np.finfo(self.dtype).tiny
        self.kinks: Column | None = None
        self.touched_removable: Column | None = None

    # -- columns ------------------------------------------------------------------------------------------------

    def column(self, value: ArrayLike) -> Column:
        """A number, or an array, as a column."""
        return np.asarray(value, dtype=self.dtype)

    def filled(self, shape: tuple[int, ...], value: float) -> Column:
        return np.full(shape, value, self.dtype)

    def numbers(self, mask: Column) -> Column:
        """1 where it is set, 0 elsewhere."""
        return np.asarray(mask, dtype=self.dtype)

    # -- numbers ------------------------------------------------------------------------------------------------

    def lift(self, values: Column, bits: int = 53) -> Ball:
        """An exact column; `bits` bounds its significant bits. 24 (float32), 11 (float16) or 8 (bfloat16) promise that
        format's exponents too, so that products that fit the significand are exact.
        """
        return Ball(self, np.ascontiguousarray(values, dtype=self.dtype), bits=bits)

    def num(self, value: Ball | Exact | float) -> Ball:
        if isinstance(value, Ball):
            return value
        if isinstance(value, (int, np.integer)) and abs(int(value)) < 2**53:
            return Ball(self, self.column(value), bits=_significant_bits(int(value)))
        if isinstance(value, (float, np.floating)):
            return Ball(self, self.column(value), bits=53)
        exact = Fraction(value)
        if _is_power_of_two(exact.numerator) and _is_power_of_two(exact.denominator) and float(exact) == exact:
            return Ball(self, self.column(float(exact)), bits=1)
        quotient = self._from_fraction(exact)
        return Ball(self, quotient, abs(quotient) * self._u * 2 + self._eta)

    def _from_fraction(self, value: Fraction) -> Column:
        high = float(value)
        return self.column(self.dtype(high) + self.dtype(float(value - Fraction(high))))

    def const(self, name: Constant) -> Ball:
        return self.num(CONSTANTS[name])

    def interval(self, low: Column, high: Column, bad: Column | None = None) -> Ball:
        """The ball that covers [low, high]; a radius that is not finite where either end is not."""
        mid = low / 2 + high / 2
        rad = (high / 2 - low / 2) * self._grow + abs(mid) * self._u * 2 + self._eta
        return Ball(self, mid, rad, bad)

    def hull(self, a: Ball, b: Ball) -> Ball:
        return self.interval(
            self.xp.minimum(a.lower(), b.lower()), self.xp.maximum(a.upper(), b.upper()), self._either(a.bad, b.bad)
        )

    def pick(self, rows: Column, a: Ball, b: Ball) -> Ball:
        """a on these rows, b on the others."""
        mid = self.xp.where(rows, a.mid, b.mid)
        if a.rad is None and b.rad is None:
            return Ball(self, mid, None, None, max(a.bits, b.bits))
        return Ball(self, mid, self.xp.where(rows, a.radius(), b.radius()))

    def _either(self, a: Column | None, b: Column | None) -> Column | None:
        return b if a is None else a if b is None else a | b

    # -- the four operations ---------------------------------------------------------------------------------------

    def add(self, a: Ball, b: Ball) -> Ball:
        mid = a.mid + b.mid
        bad = self._either(a.bad, b.bad)
        virtual = mid - a.mid
        residual = (a.mid - (mid - virtual)) + (b.mid - virtual)  # TwoSum: exact unless it overflows
        rounding = abs(residual)
        if a.rad is None and b.rad is None:
            return Ball(self, mid, None if not rounding.any() else rounding, bad)
        rad = a.rad if b.rad is None else b.rad if a.rad is None else a.rad + b.rad
        return Ball(self, mid, (rad + rounding) * self._grow, bad)

    def mul(self, a: Ball, b: Ball) -> Ball:
        mid = a.mid * b.mid
        bad = self._either(a.bad, b.bad)
        if a.rad is None and b.rad is None:
            bits = a.bits + b.bits - (min(a.bits, b.bits) == 1)  # a power of two adds no bits
            if min(a.bits, b.bits) == 1:
                return Ball(self, mid, self._range_error(mid, a.mid, b.mid), bad, bits)
            if bits <= self.significand:
                narrow = min(a.bits, b.bits) < 8  # a constant; of data there are six factors at most, within 2^-894 and 2^894
                return Ball(self, mid, self._range_error(mid, a.mid, b.mid) if narrow else None, bad, bits)
            return Ball(self, mid, abs(mid) * self._u + self._eta, bad)
        rad = abs(mid) * self._u
        if b.rad is not None:
            rad = rad + abs(a.mid) * b.rad
        if a.rad is not None:
            rad = rad + a.rad * (abs(b.mid) if b.rad is None else abs(b.mid) + b.rad)
        return Ball(self, mid, rad * self._grow + self._eta, bad)

    def _range_error(self, mid: Column, a: Column, b: Column) -> Column | None:
        """The error of products that fit the significand: none, unless they leave the normal range."""
        size = abs(mid)
        within = (size >= self._tiny) & (size < np.inf)
        if within.all():
            return None
        within |= (mid == 0) & ((a == 0) | (b == 0))
        if within.all():
            return None
        off = self.xp.where(size < np.inf, self.column(self._eta), self.column(np.inf))
        error: Column = self.xp.where(within, self.dtype(0), off)
        return error

    def div(self, a: Ball, b: Ball) -> Ball:
        mid = a.mid / b.mid
        bad = self._either(a.bad, b.bad)
        if a.rad is None and b.rad is None and b.bits == 1:
            return Ball(self, mid, self._range_error(mid, a.mid, b.mid), bad, a.bits)
        size = abs(mid)
        whole = b.rad is None and b.mid.ndim == 0 and b.bits <= INTEGER  # by a length, say: means of equal numbers are exact
        rad = self._rounding_of(mid, a.mid, b.mid) if whole else size * self._u * 2
        if b.rad is None:
            if a.rad is not None:
                rad = rad + a.rad / abs(b.mid)
        else:
            room = (abs(b.mid) - b.rad) * (1 - 4 * self._u)
            slack = size * (b.rad / room)  # in this order: size * rad underflows for subnormal quotients
            if a.rad is not None:
                slack = slack + a.rad / room
            rad = self.xp.where(room > 0, rad + slack, np.inf)
        return Ball(self, mid, rad * self._grow + (self._far_below(a.mid) if whole else self._eta), bad)

    def _rounding_of(self, quotient: Column, a: Column, b: Column) -> Column:
        """|quotient - a / b| for a b of at most INTEGER bits. The rest a - quotient b is a number of the format (Muller et al., Handbook of
        Floating-Point Arithmetic, 2nd ed., 4.7); with the quotient in halves (Veltkamp) every step is exact, where none leaves the range."""
        spread = quotient * self.dtype((1 << (self.significand + 1) // 2) + 1)
        high = spread - (spread - quotient)
        rest = abs((a - high * b) - (quotient - high) * b) / abs(b)
        error: Column = self.xp.where(self.xp.isfinite(rest), rest, abs(quotient) * self._u * 2)
        return error

    def _far_below(self, a: Column) -> Column:
        """What underflow may cost a quotient of a by an integer: nothing far from the subnormals."""
        normal = (abs(a) >= self._tiny * 2.0**80) | (a == 0)
        slack: Column = self.xp.where(normal, self.dtype(0), self.column(self._eta))
        return slack

    def sum(self, items: Sequence[Ball | Exact]) -> Ball:
        """Compensated (Ogita, Rump, Oishi 2005, Sum2): the roundings r_i of the running sum are known exactly, so that only
        their own sum is off.
        """
        balls = [self.num(item) for item in items]
        if len(balls) == 1:
            return balls[0]
        mid = balls[0].mid
        carry = self.xp.zeros_like(mid)
        lost = carry
        for ball in balls[1:]:
            total = mid + ball.mid
            virtual = total - mid
            rounding = (mid - (total - virtual)) + (ball.mid - virtual)
            carry = carry + rounding
            lost = lost + abs(rounding)
            mid = total
        total = mid + carry
        virtual = total - mid
        final = abs((mid - (total - virtual)) + (carry - virtual))
        rad = lost * (len(balls) * self._u * 2) + final  # |error of carry| <= gamma_(n-1) sum |r_i|
        for ball in balls:
            if ball.rad is not None:
                rad = rad + ball.rad
        bad = reduce(self._either, (ball.bad for ball in balls))
        return Ball(self, total, rad * (1 + (len(balls) + 16) * self._u), bad)

    # -- order ----------------------------------------------------------------------------------------------------

    def max(self, items: Sequence[Ball | Exact]) -> Ball:
        return reduce(self._larger, (self.num(item) for item in items))

    def _larger(self, a: Ball, b: Ball) -> Ball:
        bad = self._either(a.bad, b.bad)
        if a.rad is None and b.rad is None:
            return Ball(self, self.xp.maximum(a.mid, b.mid), None, bad, max(a.bits, b.bits))
        first, second = a.lower() >= b.upper(), b.lower() >= a.upper()
        both = self.interval(self.xp.maximum(a.lower(), b.lower()), self.xp.maximum(a.upper(), b.upper()))
        mid = self.xp.where(first, a.mid, self.xp.where(second, b.mid, both.mid))
        return Ball(self, mid, self.xp.where(first, a.radius(), self.xp.where(second, b.radius(), both.radius())), bad)

    def hint_max(self, items: Sequence[Ball | Exact]) -> Ball:
        mid = reduce(self.xp.maximum, (self.num(item).mid for item in items))
        return Ball(self, self.xp.where(self.xp.isfinite(mid), mid, self.dtype(0)))

    def min(self, items: Sequence[Ball | Exact]) -> Ball:
        return -self.max([-self.num(item) for item in items])

    def lt(self, x: Ball | Exact, y: Ball | Exact) -> Masks:
        a, b = self.num(x), self.num(y)
        return a.upper() < b.lower(), a.lower() >= b.upper()

    def eq0(self, x: Ball | Exact) -> Masks:
        a = self.num(x)
        if a.rad is None:
            return a.mid == 0, a.mid != 0
        return (a.mid == 0) & (a.rad == 0), abs(a.mid) > a.rad

    # -- what the tape needs ----------------------------------------------------------------------------------------

    def mask(self, cond: Masks, adjoint: Ball) -> Ball:
        """The adjoint where cond surely holds, exactly 0 where it surely does not, the hull of both elsewhere."""
        sure, never = cond
        kept = self.zeroed(adjoint, never) if never.any() else adjoint
        unsure = ~(sure | never)
        if not unsure.any():
            return kept
        both = self.hull(adjoint, self.num(0))
        shape = self.xp.broadcast_shapes(unsure.shape, kept.mid.shape)
        return Ball(
            self, self.xp.where(unsure, both.mid, kept.mid),
            self.xp.where(unsure, both.radius(), self.xp.broadcast_to(kept.radius(), shape)), kept.bad,
        )  # fmt: skip

    def zeroed(self, ball: Ball, dead: Column) -> Ball:
        """The ball, exactly 0 on the rows `dead`."""
        zero = self.dtype(0)
        rad = None if ball.rad is None else self.xp.where(dead, zero, ball.rad)
        bad = None if ball.bad is None else ball.bad & ~dead
        return Ball(self, self.xp.where(dead, zero, ball.mid), rad, bad, ball.bits)

    def signs(self, down: Column, up: Column) -> Ball:
        """See Branches."""
        unsure = ~(up | down)
        rad = self.numbers(unsure) if unsure.any() else None
        return Ball(self, self.numbers(up) - self.numbers(down), rad, None, 1)

    def note_kink(self, rows: Column) -> None:
        """Records rows that lie exactly on a kink, where any subgradient is right."""
        if rows.any():
            self.kinks = rows if self.kinks is None else self.kinks | rows

    def note_removable(self, rows: Column) -> None:
        """Records rows that hit an isolated point of a definition (eq0), whose derivative is known only as a limit."""
        if rows.any():
            self.touched_removable = rows if self.touched_removable is None else self.touched_removable | rows


def _is_power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def _significant_bits(value: int) -> int:
    value = abs(value)
    return max(1, value.bit_length() - (value & -value).bit_length() + 1)
