"""ball64: numpy binary64 columns with a running error bound.

Guarantee: the exact value of every row lies within `rad` of `mid` (Ball). Basic operations are IEEE 754: one unit roundoff.
Elementary functions charge LIBM units: numpy's vectorised (SVML) loops are the library's low accuracy ones, of at most 4 ulps
(numpy pull request 19478), that is 8 units of roundoff; glibc's are smaller (glibc manual, "Known Maximum Errors"). sin and cos
are not within that of arguments that numpy reduces by multiples of pi: see REDUCED. scipy's special functions charge the bounds
below, validated against Arb by the tests, and claim nothing outside the stated ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from oracles.arithmetic.composites import Composites
from oracles.arithmetic.protocol import Arithmetic, Constant, Exact, N
from oracles.arithmetic.special import functions
from oracles.enclosure import Ball, Column

Masks = tuple[Column, Column]  # surely true, surely false


#: Divisors of at most this many bits: half a significand times one of them is exact.
INTEGER = 26


#: Beyond this magnitude numpy's vectorised sin and cos of binary64 reduce their argument with so few bits of pi that the reduced one is off
#: by an absolute amount: measured, at most 2^-92.2 over 51,507 arguments, those of each binade from 2^-60 to 2^970 that lie nearest to a
#: multiple of pi/2 (the convergents of its continued fraction), for arguments above 2^26 (AVX-512). No promise is published, so 2^-80 is
#: charged, and early.
REDUCED, REDUCTION = 2.0**16, 2.0**-80


class Ball64(Composites[Ball]):
    """The arithmetic of Balls over numpy binary64; ball80 is the same over x87 extended precision."""

    name = "ball64"
    xp: Any = np  # the module of its columns
    dtype: Any = np.float64
    u = 2.0**-53
    libm = 8.0  # in units of roundoff: 4 ulps
    significand = 53
    reduction = REDUCTION  # absolute, of sin and cos beyond REDUCED

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
        if _power_of_two(exact.numerator) and _power_of_two(exact.denominator) and float(exact) == exact:
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
        Floating-Point Arithmetic, 2nd ed., 4.7); with the quotient in halves (Veltkamp) every step is exact, where none leaves the
        range."""
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

    def tie(self, x: Ball | Exact, y: Ball | Exact) -> Column:
        """Rows where x and y are certainly equal."""
        yes: Column = self.eq0(self.num(x) - self.num(y))[0]
        return yes

    def where(self, cond: Masks, yes: Callable[[], Ball | Exact], no: Callable[[], Ball | Exact]) -> Ball:
        sure, never = cond
        if sure.all():
            return self.num(yes())
        if never.all():
            return self.num(no())
        a, b = self.num(yes()), self.num(no())
        mid = self.xp.where(sure, a.mid, b.mid)
        bad = self.bad_of_branches(cond, a.bad, b.bad)
        open_rows = ~(sure | never)
        if a.rad is None and b.rad is None and not open_rows.any():
            return Ball(self, mid, None, bad, max(a.bits, b.bits))
        rad = self.xp.where(sure, a.radius(), b.radius())
        if open_rows.any():
            both = self.hull(a, b)
            mid, rad = self.xp.where(open_rows, both.mid, mid), self.xp.where(open_rows, both.radius(), rad)
        return Ball(self, mid, rad, bad)

    def bad_of_branches(self, cond: Masks, yes: Column | None, no: Column | None) -> Column | None:
        """Rows of a `where` that are certainly undefined: the branch taken is, or both are where it is undecided."""
        if yes is None and no is None:
            return None
        sure, never = cond
        first = self.xp.zeros_like(sure) if yes is None else yes
        second = self.xp.zeros_like(sure) if no is None else no
        bad: Column = sure & first | never & second | first & second
        return bad if bad.any() else None

    # -- what the tape asks for -------------------------------------------------------------------------------------

    def annihilate(self, adjoint: Ball, partial: Ball) -> Ball:
        """adjoint * partial, but exactly 0 where the adjoint is exactly 0, whatever the partial is."""
        product = self.mul(adjoint, partial)
        dead = self.eq0(adjoint)[0]
        return self._zeroed(product, dead) if dead.any() else product

    def mask(self, cond: Masks, adjoint: Ball) -> Ball:
        """The adjoint where cond surely holds, exactly 0 where it surely does not, the hull of both elsewhere."""
        sure, never = cond
        kept = self._zeroed(adjoint, never) if never.any() else adjoint
        unsure = ~(sure | never)
        if not unsure.any():
            return kept
        both = self.hull(adjoint, self.num(0))
        shape = self.xp.broadcast_shapes(unsure.shape, kept.mid.shape)
        return Ball(
            self, self.xp.where(unsure, both.mid, kept.mid),
            self.xp.where(unsure, both.radius(), self.xp.broadcast_to(kept.radius(), shape)), kept.bad,
        )  # fmt: skip

    def _zeroed(self, ball: Ball, dead: Column) -> Ball:
        zero = self.dtype(0)
        rad = None if ball.rad is None else self.xp.where(dead, zero, ball.rad)
        bad = None if ball.bad is None else ball.bad & ~dead
        return Ball(self, self.xp.where(dead, zero, ball.mid), rad, bad, ball.bits)

    def sign(self, x: Ball) -> Ball:
        """-1, 1, or the interval [-1, 1] where x may be zero."""
        down, up = self.lt(x, 0)[0], self.lt(0, x)[0]
        self.note_kink(self.eq0(x)[0])
        open_rows = ~(up | down)
        rad = self.numbers(open_rows) if open_rows.any() else None
        return Ball(self, self.numbers(up) - self.numbers(down), rad, x.bad, 1)

    def note_kink(self, rows: Column) -> None:
        """Records rows that lie exactly on a kink, where any subgradient is right."""
        if rows.any():
            self.kinks = rows if self.kinks is None else self.kinks | rows

    def note_removable(self, rows: Column) -> None:
        """Records rows that hit an isolated point of a definition (eq0), whose derivative is known only as a limit."""
        if rows.any():
            self.touched_removable = rows if self.touched_removable is None else self.touched_removable | rows

    # -- elementary functions -----------------------------------------------------------------------------------------

    def _monotone(self, f: Callable[[Column], Column], x: Ball, slack: float, bad: Column | None = None) -> Ball:
        """f of a ball, f increasing (or decreasing) where it is finite, |computed - exact| <= slack u |computed|."""
        bad = self._either(x.bad, bad)
        if x.rad is None:
            mid = f(x.mid)
            return Ball(self, mid, abs(mid) * (slack * self._u) + self._eta, bad)
        left, right = f(x.lower()), f(x.upper())
        ball = self.interval(self.xp.minimum(left, right), self.xp.maximum(left, right), bad)
        ball.rad = ball.rad + self.xp.maximum(abs(left), abs(right)) * (slack * self._u)
        return ball

    def _lipschitz(self, f: Callable[[Column], Column], x: Ball) -> Ball:
        """sin or cos: f with |f'| <= 1 and |f| <= 1."""
        mid = f(x.mid)
        rad = abs(mid) * (self.libm * self._u) + self._eta
        if self.reduction:
            rad = rad + self.numbers(abs(x.mid) > REDUCED) * self.dtype(self.reduction)
        if x.rad is not None:
            rad = (rad + x.rad.clip(None, 2)) * self._grow
            rad = self.xp.where(self.xp.isfinite(x.mid), rad, np.inf)
        return Ball(self, mid, rad, x.bad)

    def _outside(self, x: Ball, low: float, high: float) -> Column | None:
        """Rows certainly outside the domain [low, high]."""
        out: Column = (x.upper() < low) | (x.lower() > high)
        return out if out.any() else None

    def exp(self, x: Ball) -> Ball:
        return self._monotone(self.xp.exp, x, self.libm)

    def expm1(self, x: Ball) -> Ball:
        return self._monotone(self.xp.expm1, x, self.libm)

    def exp2(self, x: Ball) -> Ball:
        return self._monotone(self.xp.exp2, x, self.libm)

    def log(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log, x, self.libm, self._outside(x, 0, np.inf))

    def log1p(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log1p, x, self.libm, self._outside(x, -1, np.inf))

    def log2(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log2, x, self.libm, self._outside(x, 0, np.inf))

    def log10(self, x: Ball) -> Ball:
        return self._monotone(self.xp.log10, x, self.libm, self._outside(x, 0, np.inf))

    def sqrt(self, x: Ball) -> Ball:
        bad = self._outside(x, 0, np.inf)
        if x.rad is None:
            mid = self.xp.sqrt(x.mid)
            return Ball(self, mid, self.xp.where(x.mid == 0, self.dtype(0), abs(mid) * self._u * 2), self._either(x.bad, bad))
        left, right = self.xp.sqrt(x.lower().clip(0, None)), self.xp.sqrt(x.upper())
        ball = self.interval(left, right, self._either(x.bad, bad))
        ball.rad = ball.rad + right * self._u * 2
        return ball

    def sin(self, x: Ball) -> Ball:
        return self._lipschitz(self.xp.sin, x)

    def cos(self, x: Ball) -> Ball:
        return self._lipschitz(self.xp.cos, x)

    def tan(self, x: Ball) -> Ball:
        if x.rad is None:
            return self._monotone(self.xp.tan, x, self.libm)
        return self.div(self.sin(x), self.cos(x))

    def asin(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arcsin, x, self.libm, self._outside(x, -1, 1))

    def acos(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arccos, x, self.libm, self._outside(x, -1, 1))

    def atan(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arctan, x, self.libm)

    def sinh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.sinh, x, self.libm)

    def cosh(self, x: Ball) -> Ball:
        if x.rad is None:
            return self._monotone(self.xp.cosh, x, self.libm)
        far = Ball(self, self.xp.maximum(abs(x.lower()), abs(x.upper())))
        near = Ball(self, self.xp.where(x.lower() * x.upper() <= 0, 0, self.xp.minimum(abs(x.lower()), abs(x.upper()))))
        ball = self.hull(self.cosh(near), self.cosh(far))
        ball.bad = x.bad
        return ball

    def tanh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.tanh, x, self.libm)

    def asinh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arcsinh, x, self.libm)

    def acosh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arccosh, x, self.libm, self._outside(x, 1, np.inf))

    def atanh(self, x: Ball) -> Ball:
        return self._monotone(self.xp.arctanh, x, self.libm, self._outside(x, -1, 1))

    def _reduced(self, x: Ball) -> Ball:
        """x mod 2 in [-1, 1], exact for the midpoint; |x| up to 2^52 in ulps of 1 or more is handled by fmod, which is exact."""
        turn = self.xp.fmod(x.mid, self.dtype(2))
        near = turn - 2 * self.xp.trunc(turn)
        return Ball(self, near, x.rad, x.bad)

    def sinpi(self, x: Ball) -> Ball:
        r = self._reduced(x)
        folded = self.xp.where(abs(r.mid) > 0.5, self.xp.copysign(1 - abs(r.mid), r.mid), r.mid)  # sin(pi r), Sterbenz exact
        return self._sine_of_pi_times(folded, r)

    def cospi(self, x: Ball) -> Ball:
        r = self._reduced(x)
        return self._sine_of_pi_times(0.5 - abs(r.mid), r)

    def _sine_of_pi_times(self, t: Column, r: Ball) -> Ball:
        pi = self.const("pi").mid
        mid = self.xp.sin(t * pi)
        # t pi is off by a relative 4u (0.5 - |r| may round: another u/2 absolute), its sine by libm; |sin'| <= 1
        rad = abs(mid) * (self.libm + 16) * self._u
        rad = rad + self.numbers((abs(r.mid) < self.dtype(2.0**-2)) & (t != r.mid)) * (self._u * 4)
        if r.rad is not None:
            rad = rad + (r.rad * 4).clip(None, 2)
        return Ball(self, mid, rad * self._grow + self._eta * (t != 0), r.bad)

    def floor(self, x: Ball) -> Ball:
        if x.rad is None:
            return Ball(self, self.xp.floor(x.mid), None, x.bad)
        low, high = self.xp.floor(x.lower()), self.xp.floor(x.upper())
        rad = (high - low) * self._grow
        return Ball(self, self.xp.where(low == high, low, low / 2 + high / 2), rad, x.bad)

    def abs(self, x: Ball) -> Ball:
        return Ball(self, abs(x.mid), x.rad, x.bad, x.bits)

    def square(self, x: Ball) -> Ball:
        return self.mul(x, x)

    def fmod(self, x: Ball, y: Ball) -> Ball:
        x, y = self.num(x), self.num(y)
        if x.rad is None and y.rad is None:
            return Ball(self, self.xp.fmod(x.mid, y.mid), None, self._fresh_nan(x, y))
        quotient = self.div(x, y)
        whole = self.where(self.lt(quotient, 0), lambda: -self.floor(-quotient), lambda: self.floor(quotient))
        return x - whole * y

    def _fresh_nan(self, x: Ball, y: Ball) -> Column | None:
        zero: Column = y.mid == 0
        return self._either(self._either(x.bad, y.bad), zero if zero.any() else None)

    def pow(self, x: Ball | Exact, y: Ball | Exact) -> Ball:
        x, y = self.num(x), self.num(y)
        if x.rad is None and y.rad is None:
            return self._pow_exact(x, y)
        exponent = y.mid
        if y.rad is None and exponent.ndim == 0 and float(exponent).is_integer() and abs(exponent) <= 64:
            power = self.num(1)
            for _ in range(abs(int(exponent))):
                power = power * x
            return power if exponent >= 0 else self.div(self.num(1), power)
        ball = self._pow_by_log(x, y)
        exact = (x.radius() == 0) & (y.radius() == 0)
        if not exact.any():
            return ball
        point = self._pow_exact(Ball(self, x.mid, None, x.bad), Ball(self, y.mid, None, y.bad))
        bad = self.bad_of_branches((exact, ~exact), point.bad, ball.bad)
        return Ball(self, self.xp.where(exact, point.mid, ball.mid), self.xp.where(exact, point.radius(), ball.radius()), bad)

    def _pow_exact(self, x: Ball, y: Ball) -> Ball:
        mid = x.mid**y.mid
        undefined = (x.mid < 0) & (y.mid != self.xp.floor(y.mid))
        rad = self.xp.where((mid == 0) & (x.mid == 0), self.dtype(0), abs(mid) * (self.libm * self._u) + self._eta)
        bad = self._either(self._either(x.bad, y.bad), undefined if undefined.any() else None)
        return Ball(self, mid, rad, bad)

    def _pow_by_log(self, x: Ball, y: Ball) -> Ball:
        """exp(y log |x|) with the sign of an integer power; unknown where x < 0 and y is not known to be an integer."""
        power = self.exp(self.mul(y, self.log(self.abs(x))))
        bad = self._either(x.bad, y.bad)
        below = x.upper() < 0
        if not below.any():
            return Ball(self, power.mid, power.rad, bad)
        whole = (y.radius() == 0) & (y.mid == self.xp.floor(y.mid))
        odd = whole & (self.xp.fmod(y.mid, self.dtype(2)) != 0)
        rad = self.xp.where(below & ~whole, np.inf, power.radius())
        return Ball(self, self.xp.where(below & odd, -power.mid, power.mid), rad, bad)

    def atan2(self, y: Ball | Exact, x: Ball | Exact) -> Ball:
        y, x = self.num(y), self.num(x)
        mid = self.xp.arctan2(y.mid + self.dtype(0), x.mid + self.dtype(0))  # -0 enters as exact 0
        rad = abs(mid) * (self.libm * self._u) + self._eta
        rad = self.xp.where((y.mid == 0) & (x.mid == 0), np.inf, rad)
        if x.rad is not None or y.rad is not None:
            turn = (x.radius() + y.radius()) / self.xp.maximum(abs(x.mid), abs(y.mid)) * self._grow
            cut = (x.lower() < 0) & (y.lower() <= 0) & (y.upper() >= 0)
            rad = self.xp.where((turn < 0.5) & ~cut, rad + 2 * turn, np.inf)
        return Ball(self, mid, rad, self._either(x.bad, y.bad))

    def __getattr__(self, name: str) -> Callable[..., Ball]:
        entry = functions().get(name)
        if entry is None:
            raise AttributeError(name)

        def function(*numbers: Ball | Exact) -> Ball:
            balls = [self.num(v) for v in numbers]
            return entry.ball64(self, *balls) if entry.ball64 is not None else self.unknown(*balls)

        return function

    def unknown(self, *balls: Ball) -> Ball:
        """A number of which this tier knows nothing, one for each row of the balls."""
        shape = self.xp.broadcast_shapes(*(ball.mid.shape for ball in balls))
        return Ball(self, self.filled(shape, 0.0), self.filled(shape, np.inf), reduce(self._either, (b.bad for b in balls)))

    def partial(self, name: str, numbers: Sequence[Ball | Exact], orders: tuple[int, ...]) -> Ball:
        """See Arb.partial: not known here."""
        return self.unknown(*(self.num(v) for v in numbers))

    # -- special functions: scipy, with bounds validated against Arb (tests/oracles/test_enclosures.py) ------------------

    def _scipy(self, name: str, x: Column) -> Column:
        import scipy.special

        values: Column = getattr(scipy.special, name)(x)
        return values

    def _special(self, name: str, x: Ball, slack: Column | float, floor: float = 0.0, bad: Column | None = None) -> Ball:
        """A monotone function by scipy, |error| <= slack u max(|f|, floor)."""
        bad = self._either(x.bad, bad)
        if x.rad is None:
            mid = self._scipy(name, x.mid)
            return Ball(self, mid, abs(mid).clip(floor, None) * (slack * self._u) + self._eta, bad)
        left, right = self._scipy(name, x.lower()), self._scipy(name, x.upper())
        ball = self.interval(self.xp.minimum(left, right), self.xp.maximum(left, right), bad)
        ball.rad = ball.rad + self.xp.maximum(abs(left), abs(right)).clip(floor, None) * (slack * self._u)
        return ball

    def erf(self, x: Ball) -> Ball:
        return self._special("erf", x, 16)

    def erfc(self, x: Ball) -> Ball:
        # cephes squares x before exp: a relative error of about x^2 u on the right; from x^2 = 709.78 on it answers 0,
        # where erfc is still 2e-310
        reach = self.xp.maximum(abs(x.lower()), abs(x.upper()))
        ball = self._special("erfc", x, 32 + 4 * self.xp.where(x.mid > 0, reach.clip(None, 40) ** 2, 0))
        ball.rad = ball.radius() + self.numbers(x.upper() > self.dtype(26.5)) * self.dtype(2.0**-1020)
        return ball

    def erfinv(self, x: Ball) -> Ball:
        return self._special("erfinv", x, 32, bad=self._outside(x, -1, 1))

    def lgamma(self, x: Ball) -> Ball:
        """log |Gamma(x)|; DLMF 5.5.3 (reflection) below 1/2."""
        return self.where(self.lt(x, Fraction(1, 2)), lambda: self._lgamma_reflected(x), lambda: self._lgamma_right(x))

    def _lgamma_right(self, x: Ball) -> Ball:
        mid, rad = self._lgamma_at(x.mid)
        if x.rad is None:
            return Ball(self, mid, rad, x.bad)
        slope = abs(self._psi_near(x.lower().clip(0.25, None))) + abs(self._psi_near(x.upper())) + 1
        rad = (rad + x.rad * slope) * self._grow
        return Ball(self, mid, self.xp.where(x.lower() >= 0.25, rad, np.inf), x.bad)

    def _lgamma_at(self, x: Column) -> tuple[Column, Column]:
        """(log Gamma, its error) of exact numbers right of zero."""
        mid = self._scipy("gammaln", x)
        return mid, abs(mid).clip(1, None) * (32 * self._u)

    def _psi_near(self, x: Column) -> Column:
        """digamma to a few digits, for bounds of the slope of log Gamma: |psi| rises to both sides of its root."""
        return self._scipy("psi", x)

    def _lgamma_reflected(self, x: Ball) -> Ball:
        return self.log(self.const("pi") / self.abs(self.sinpi(x))) - self._lgamma_right(1 - x)

    def digamma(self, x: Ball) -> Ball:
        """DLMF 5.5.4 (reflection) below 1/2."""
        return self.where(
            self.lt(x, Fraction(1, 2)),
            lambda: self._special("psi", 1 - x, 32, 1.0) - self.const("pi") * self.cospi(x) / self.sinpi(x),
            lambda: self._special("psi", x, 32, 1.0),
        )

    def polygamma(self, n: int, x: Ball) -> Ball:
        """(-1)^(n+1) n! zeta(n+1, x) on the right (DLMF 25.11.12); reflected below 1/2 for n <= 3 (DLMF 5.15.6)."""
        return self.where(self.lt(x, Fraction(1, 2)), lambda: self._polygamma_left(n, x), lambda: self._polygamma_right(n, x))

    def _polygamma_right(self, n: int, x: Ball) -> Ball:
        import math

        def hurwitz(values: Column) -> Column:
            derivative: Column = self._zeta(n + 1, values.clip(0.25, None)) * self.dtype((-1) ** (n + 1) * math.factorial(n))
            return derivative

        ball = self._monotone(hurwitz, x, 256.0)
        # among its terms is x x^-(n+1) / n, whose power may be subnormal although the value is not
        rad = ball.radius() + abs(x.upper()) * self.dtype(math.factorial(n) * 2.0**-1072)
        return Ball(self, ball.mid, self.xp.where(x.lower() >= 0.25, rad, np.inf), ball.bad)

    def _polygamma_left(self, n: int, x: Ball) -> Ball:
        return reflected_polygamma(self, n, x, self._polygamma_right(n, self.num(1) - x))

    def _zeta(self, s: int, values: Column) -> Column:
        import scipy.special

        zeta: Column = scipy.special.zeta(s, values)
        return zeta


def reflected_polygamma(m: Arithmetic[N], n: int, x: N, mirrored: N) -> N:
    """psi_n(x) from psi_n(1 - x): (-1)^n psi_n(1-x) - psi_n(x) = pi d^n/dx^n cot(pi x) (DLMF 5.15.6), n <= 3."""
    sine, cosine, pi = m.sinpi(x), m.cospi(x), m.const("pi")
    inverse = m.square(pi / sine)
    if n == 1:
        return inverse - mirrored
    if n == 2:
        return mirrored - 2 * pi * cosine * inverse / sine
    if n == 3:
        return 2 * m.square(inverse) * (1 + 2 * m.square(cosine)) - mirrored
    return x / m.num(0)  # not known here: a tier above decides


def _power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def _significant_bits(value: int) -> int:
    value = abs(value)
    return max(1, value.bit_length() - (value & -value).bit_length() + 1)


#: Constants to 50 digits (OEIS A000796, A002162, A002392, A001620), more than any vectorised arithmetic holds.
CONSTANTS: dict[str, Fraction] = {
    "pi": Fraction("3.14159265358979323846264338327950288419716939937510"),
    "ln2": Fraction("0.69314718055994530941723212145817656807550013436025"),
    "ln10": Fraction("2.30258509299404568401799145468436420760110148862877"),
    "euler": Fraction("0.57721566490153286060651209008240243104215933593992"),
}
