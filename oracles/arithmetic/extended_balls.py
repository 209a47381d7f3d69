"""Extended balls: columns of numbers of the extended real line, each enclosed by a ball or an infinity, that are limits.

Guarantee: where a row is known, the exact value of the definition tends to it, however the numbers that move (infinities and zeros: `moved`) tend to
where they lie, at whatever rates. For every operation claims a value only where it is continuous on the extended line (Rudin, Principles of
Mathematical Analysis, definition 1.23: inf - inf, 0 inf and inf/inf have no value), and compositions of continuous functions are continuous.
All else is unknown: a step where it jumps, a pole, the end of a domain that a moving number may leave. Numbers that do not move are constants,
of which nothing is asked but their value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce

import numpy as np

from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.branches import Masks
from ulpfuzz.oracles.arithmetic.composites import Composites
from ulpfuzz.oracles.arithmetic.constants import CONSTANTS
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact
from ulpfuzz.oracles.enclosure import Ball, Column

_HALF_TURN = CONSTANTS["pi"] / 2
_INF = float("inf")
#: What functions of one number tend to at -inf and at inf; None where that is not known, or they have no values there.
ENDS: dict[str, tuple[Fraction | float | None, Fraction | float | None]] = {
    "exp": (Fraction(0), _INF), "expm1": (Fraction(-1), _INF), "exp2": (Fraction(0), _INF), "log": (None, _INF), "log1p": (None, _INF),
    "log2": (None, _INF), "log10": (None, _INF), "sqrt": (None, _INF), "atan": (-_HALF_TURN, _HALF_TURN), "sinh": (-_INF, _INF),
    "cosh": (_INF, _INF), "tanh": (Fraction(-1), Fraction(1)), "asinh": (-_INF, _INF), "acosh": (None, _INF), "erf": (Fraction(-1), Fraction(1)),
    "erfc": (Fraction(2), Fraction(0)), "lgamma": (None, _INF), "digamma": (None, _INF), "floor": (-_INF, _INF), "abs": (_INF, _INF),
    "square": (_INF, _INF), "sin": (None, None), "cos": (None, None), "tan": (None, None), "asin": (None, None), "acos": (None, None),
    "atanh": (None, None), "erfinv": (None, None), "sinpi": (None, None), "cospi": (None, None),
}  # fmt: skip
#: Functions of one number that are defined between two ends only: continuous inside, and beyond an end there is no value.
INSIDE: dict[str, tuple[float, float]] = {
    "log": (0, _INF), "log2": (0, _INF), "log10": (0, _INF), "log1p": (-1, _INF), "sqrt": (0, _INF), "acosh": (1, _INF), "asin": (-1, 1),
    "acos": (-1, 1), "atanh": (-1, 1), "erfinv": (-1, 1),
}  # fmt: skip

#: Those that grow without end at an end of that: to -inf at the lower, to inf at the upper.
POLES = ("log", "log2", "log10", "log1p", "atanh", "erfinv")
#: 1: the function rises strictly wherever it has values, -1: it falls.
RISES = {
    **dict.fromkeys(("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "asin", "atan", "sinh", "tanh"), 1),
    **dict.fromkeys(("asinh", "acosh", "atanh", "erf", "erfinv"), 1), "acos": -1, "erfc": -1,
}  # fmt: skip
#: Derivatives, up to a positive factor, of functions that rise here and fall there: a function, and 1 or -1.
SLOPES = {"sin": ("cos", 1), "cos": ("sin", -1), "sinpi": ("cospi", 1), "cospi": ("sinpi", -1)}
#: Values that are exact numbers, where a ball would be one of rounding.
EXACT: dict[str, tuple[tuple[float, int], ...]] = {
    **dict.fromkeys(("log", "log2", "log10", "acosh", "acos"), ((1.0, 0),)), **dict.fromkeys(("exp", "exp2", "cos", "cosh"), ((0.0, 1),)),
    **dict.fromkeys(("log1p", "expm1", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "erfinv"), ((0.0, 0),)),
}  # fmt: skip


class ExtendedBall:
    """One extended real per row: an infinity where `sign` is -1 or 1, else a number within the ball, unknown where its radius is not finite.

    moved: rows where it depends on a number that moves. toward: 1 where it then tends to this value from above (strictly), -1 from below, 0 where it
    is not known."""

    __slots__ = ("_beside", "_finite", "_side", "_zero", "ball", "m", "moved", "sign", "toward")
    __array_ufunc__ = None  # numpy scalars on the left defer to our operators

    def __init__(self, m: ExtendedBalls, ball: Ball, sign: Column, moved: Column, toward: Column | None = None) -> None:
        self.m, self.ball, self.sign, self.moved = m, ball, sign, moved
        self.toward: Column = np.zeros(moved.shape, np.int8) if toward is None else toward
        # What is asked of it is asked several times by each operation, and kept: nobody writes into these columns.
        self._finite: Column | None = None
        self._side: Column | None = None
        self._zero: Column | None = None
        self._beside: Column | None = None

    @property
    def finite(self) -> Column:
        """Rows of known numbers."""
        if self._finite is None:
            rad, bad = self.ball.radius(), self.ball.bad
            known = (self.sign == 0) & np.isfinite(self.ball.mid) & np.isfinite(rad)
            self._finite = np.asarray(known if bad is None else known & ~bad)
        return self._finite

    @property
    def known(self) -> Column:
        """Rows of known numbers and infinities."""
        return np.asarray(self.finite | (self.sign != 0))

    def side(self) -> Column:
        """The sign of each row that is surely not zero, else 0."""
        if self._side is None:
            ball, finite = self.ball, self.finite
            above, below = finite & (ball.lower() > 0), finite & (ball.upper() < 0)
            self._side = np.where(self.sign != 0, self.sign, above.astype(np.int8) - below.astype(np.int8))
        return self._side

    def at(self, value: float) -> Column:
        """Rows where it is or tends to exactly this number."""
        if value == 0 and self._zero is not None:
            return self._zero
        there = np.asarray(self.finite & (self.ball.mid == value) & (self.ball.radius() == 0))
        if value == 0:
            self._zero = there
        return there

    def beside(self) -> Column:
        """The sign of each row beside the point: `side`, and of a zero that it tends to the side from which it does."""
        if self._beside is None:
            self._beside = np.where(self.at(0), self.toward, self.side())
        return self._beside

    def __neg__(self) -> ExtendedBall:
        return ExtendedBall(self.m, -self.ball, -self.sign, self.moved, -self.toward)

    def __add__(self, other: ExtendedBall | Exact) -> ExtendedBall:
        return self.m.sum([self, other])

    __radd__ = __add__

    def __sub__(self, other: ExtendedBall | Exact) -> ExtendedBall:
        return self.m.sum([self, -self.m.num(other)])

    def __rsub__(self, other: ExtendedBall | Exact) -> ExtendedBall:
        return self.m.sum([other, -self])

    def __mul__(self, other: ExtendedBall | Exact) -> ExtendedBall:
        return self.m.mul(self, self.m.num(other))

    __rmul__ = __mul__

    def __truediv__(self, other: ExtendedBall | Exact) -> ExtendedBall:
        return self.m.div(self, self.m.num(other))

    def __rtruediv__(self, other: ExtendedBall | Exact) -> ExtendedBall:
        return self.m.div(self.m.num(other), self)


class ExtendedBalls(Composites[ExtendedBall]):
    """The arithmetic of ExtendedBalls over a ball64 or ball80 of their own (`plain`), and a base of tapes."""

    name = "extended"

    def __init__(self, plain: Ball64) -> None:
        self.plain = plain
        #: Rows where a comparison with zero hung on the side from which a number comes: the definition may single that point out.
        self.singled_out: Column = np.zeros((), np.bool_)
        #: Rows where an order did, or a tie: at the point itself the definition takes one of its branches.
        self.branched: Column = np.zeros((), np.bool_)

    # -- numbers ------------------------------------------------------------------------------------------------------

    def lift(self, values: Column, moved: Column, toward: Column, bits: int = 53) -> ExtendedBall:
        """A column of numbers and infinities. moved, toward: see ExtendedBall; infinities move in any case. `bits`: see BallOperations.lift."""
        infinite = np.isinf(values)
        sign = np.where(infinite, np.sign(values), 0).astype(np.int8)
        return ExtendedBall(
            self, self.plain.lift(np.where(infinite, 0.0, values), bits), sign, moved | infinite, np.where(moved, toward, 0)
        )

    def num(self, value: ExtendedBall | Exact | float) -> ExtendedBall:
        return value if isinstance(value, ExtendedBall) else self._constant(self.plain.num(value))

    def const(self, name: Constant) -> ExtendedBall:
        return self._constant(self.plain.const(name))

    def _constant(self, ball: Ball) -> ExtendedBall:
        return ExtendedBall(self, ball, np.zeros(ball.mid.shape, np.int8), np.zeros(ball.mid.shape, np.bool_))

    def _result(
        self, ball: Ball, valid: Column, numbers: Sequence[ExtendedBall], sign: Column | None = None, toward: Column | int = 0
    ) -> ExtendedBall:
        """The ball on the rows `valid`, the infinities of `sign` elsewhere, else unknown. toward: see ExtendedBall."""
        known = Ball(
            self.plain, ball.mid, ball.rad if valid.all() else np.where(valid, ball.radius(), np.inf), ball.bad, ball.bits
        )
        moved = reduce(np.logical_or, (n.moved for n in numbers))
        shape = np.broadcast_shapes(valid.shape, moved.shape)
        signs = np.zeros(shape, np.int8) if sign is None else np.where(valid, 0, sign).astype(np.int8)
        return ExtendedBall(self, known, signs, moved, np.where(valid & moved, toward, 0).astype(np.int8))

    def _unknown(self, numbers: Sequence[ExtendedBall]) -> ExtendedBall:
        ball = self.plain.unknown(*(n.ball for n in numbers))
        return self._result(ball, np.zeros(ball.mid.shape, np.bool_), numbers)

    # -- the four operations ---------------------------------------------------------------------------------------------

    def mul(self, a: ExtendedBall, b: ExtendedBall) -> ExtendedBall:
        infinite = (a.sign != 0) | (b.sign != 0)
        sign = np.where(infinite, a.side() * b.side(), 0)
        first, second = a.toward * b.beside(), b.toward * a.beside()
        zero = a.at(0) | b.at(0)
        toward = np.where(a.at(0) & ~b.at(0), a.toward * b.side(), np.where(b.at(0) & ~a.at(0), b.toward * a.side(), first))
        toward = np.where(zero, toward, self._both((a, first), (b, second)))
        valid = a.finite & b.finite
        ball = self._with_zeros(self.plain.mul(a.ball, b.ball), zero & valid)
        return self._result(ball, valid, [a, b], sign, toward)

    def _with_zeros(self, ball: Ball, rows: Column) -> Ball:
        """The ball, exactly 0 on these rows: a product with an exact zero has no rounding."""
        return self.plain.pick(rows, self.plain.num(0), ball) if rows.any() else ball

    @staticmethod
    def _both(*parts: tuple[ExtendedBall, Column]) -> Column:
        """The direction that all parts which move have in common, else 0. parts: numbers, and where each takes the whole."""
        up, down = (reduce(np.logical_and, (~n.moved | (t == side) for n, t in parts)) for side in (1, -1))
        return np.asarray(up.astype(np.int8) - down.astype(np.int8) * ~up)

    def div(self, a: ExtendedBall, b: ExtendedBall) -> ExtendedBall:
        """finite / inf is an exact zero, which moves."""
        vanishes = a.finite & (b.sign != 0)
        valid = a.finite & b.finite
        ball = self._with_zeros(self.plain.div(a.ball, b.ball), vanishes | (valid & a.at(0) & (b.side() != 0)))
        pole = b.at(0) & (b.toward != 0) & (a.side() != 0)
        sign = np.where(pole, a.side() * b.toward, np.where(b.sign == 0, a.sign * b.side(), 0))
        toward = np.where(a.at(0), a.toward * b.side(), self._both((a, a.toward * b.side()), (b, -b.toward * a.side())))
        toward = np.where(vanishes, a.side() * b.sign, toward)
        return self._result(ball, (valid & ~pole) | vanishes, [a, b], sign, toward)

    def sum(self, items: Sequence[ExtendedBall | Exact]) -> ExtendedBall:
        numbers = [self.num(item) for item in items]
        known = reduce(np.logical_and, (n.known for n in numbers))
        up, down = (reduce(np.logical_or, (n.sign == side for n in numbers)) for side in (1, -1))
        sign = np.where(known, up.astype(np.int8) * ~down - down.astype(np.int8) * ~up, 0)
        ball, toward = self.plain.sum([n.ball for n in numbers]), self._both(*((n, n.toward) for n in numbers))
        return self._result(ball, known & ~up & ~down, numbers, sign, toward)

    # -- order: a comparison is decided where it stays so beside the point ------------------------------------------------

    def max(self, items: Sequence[ExtendedBall | Exact]) -> ExtendedBall:
        return reduce(self._larger, (self.num(item) for item in items))

    def _larger(self, a: ExtendedBall, b: ExtendedBall) -> ExtendedBall:
        ball = self.plain.max([a.ball, b.ball])
        for one, other in ((a, b), (b, a)):
            lowest = (one.sign == -1) & other.finite
            if lowest.any():
                ball = self.plain.pick(lowest, other.ball, ball)
        known = a.known & b.known
        up, down = (a.sign == 1) | (b.sign == 1), (a.sign == -1) & (b.sign == -1)
        return self._result(ball, known & ~up & ~down, [a, b], np.where(known, up.astype(np.int8) - down.astype(np.int8), 0))

    def min(self, items: Sequence[ExtendedBall | Exact]) -> ExtendedBall:
        return -self.max([-self.num(item) for item in items])

    def hint_max(self, items: Sequence[ExtendedBall | Exact]) -> ExtendedBall:
        numbers = [self.num(item) for item in items]
        mid = reduce(np.maximum, (np.where(n.finite, n.ball.mid, -np.inf) for n in numbers))
        return self._constant(Ball(self.plain, np.where(np.isfinite(mid), mid, 0)))

    def lt(self, x: ExtendedBall | Exact, y: ExtendedBall | Exact) -> Masks:
        a, b = self.num(x), self.num(y)
        finite = a.finite & b.finite
        below, not_below = self.plain.lt(a.ball, b.ball)
        above = a.ball.lower() > b.ball.upper()
        # At equal numbers of which one moves, the side from which it comes decides.
        meet = finite & (a.ball.mid == b.ball.mid) & (a.ball.radius() == 0) & (b.ball.radius() == 0) & (a.moved != b.moved)
        beside = np.where(meet, a.toward - b.toward, 0)
        self.branched = self.branched | meet
        known = a.known & b.known & (a.sign != b.sign)  # one of them is an infinity that the other is not
        stays = ~(a.moved | b.moved)
        return (
            finite & below | known & (a.sign < b.sign) | (beside < 0),
            finite & (above | stays & not_below) | known & (a.sign > b.sign) | (beside > 0),
        )

    def eq0(self, x: ExtendedBall | Exact) -> Masks:
        number = self.num(x)
        zero, _ = self.plain.eq0(number.ball)
        self.singled_out = self.singled_out | (number.at(0) & number.moved)
        return number.finite & zero & ~number.moved, number.beside() != 0

    def where(self, cond: Masks, yes: Callable[[], ExtendedBall | Exact], no: Callable[[], ExtendedBall | Exact]) -> ExtendedBall:
        sure, never = cond
        if sure.all():
            return self.num(yes())
        if never.all():
            return self.num(no())
        a, b = self.num(yes()), self.num(no())
        chosen = np.where(sure, a.finite, b.finite & never)
        sign = np.where(sure, a.sign, np.where(never, b.sign, 0))
        picked = self._result(self.plain.pick(sure, a.ball, b.ball), chosen, [a, b], sign)
        picked.moved, picked.toward = np.where(sure, a.moved, b.moved), np.where(sure, a.toward, b.toward)
        return picked

    # -- functions -------------------------------------------------------------------------------------------------------

    def _function(self, name: str, x: ExtendedBall) -> ExtendedBall:
        ball = getattr(self.plain, name)(x.ball)
        valid, sign = x.finite, np.zeros(x.sign.shape, np.int8)
        toward = x.toward * (x.beside() if name in ("cosh", "abs", "square") else RISES.get(name, 0))
        if name in SLOPES:  # it rises where its derivative is positive
            of, sense = SLOPES[name]
            slope = getattr(self.plain, of)(x.ball)
            toward = x.toward * sense * ((slope.lower() > 0).astype(np.int8) - (slope.upper() < 0))
        for point, value in EXACT.get(name, ()):
            ball = self.plain.pick(x.at(point), self.plain.num(value), ball) if x.at(point).any() else ball
        if name in INSIDE:
            low, high = INSIDE[name]
            inwards = (x.at(low) & (x.toward > 0)) | (x.at(high) & (x.toward < 0))
            valid = valid & (~x.moved | (x.ball.lower() > low) & (x.ball.upper() < high) | inwards)
            pole = np.where(x.at(low), -1, 1) * (inwards & (name in POLES))
            valid, sign = valid & (pole == 0), np.where(pole != 0, pole, sign)
        if name == "floor":  # it jumps at integers
            floor = np.floor(x.ball.lower())
            valid = valid & (~x.moved | (floor == np.floor(x.ball.upper())) & (floor < x.ball.lower()))
        for side, end in zip((-1, 1), ENDS[name], strict=True):
            there = x.sign == side
            if end is None or not there.any():
                continue
            if isinstance(end, Fraction):
                ball = self.plain.pick(there, self.plain.num(int(end) if end.denominator == 1 else end), ball)
                # A function that rises comes from above at -inf and from below at inf.
                valid, toward = valid | there, np.where(there, -side * RISES[name], toward)
            else:
                sign = np.where(there, np.sign(end), sign)
        return self._result(ball, valid, [x], sign, toward)

    def pow(self, x: ExtendedBall | Exact, y: ExtendedBall | Exact) -> ExtendedBall:
        """exp(y log x) of a positive base; whole constant powers of any; a zero as base only with such a power that is positive."""
        a, b = self.num(x), self.num(y)
        whole = b.finite & ~b.moved & (b.ball.radius() == 0) & (np.floor(b.ball.mid) == b.ball.mid)
        odd = whole & (np.fmod(b.ball.mid, 2) != 0)
        valid = a.finite & b.finite & (~(a.moved | b.moved) | (a.side() == 1) | whole & ((b.ball.mid > 0) | (a.side() != 0)))
        ball = self.plain.pow(a.ball, b.ball)
        # |base| against 1, and the exponent's sign, decide at infinities.
        grows = np.where(
            a.sign == 1,
            1,
            np.where(a.finite & (a.ball.lower() > 1), 1, np.where(a.finite & (a.ball.lower() > 0) & (a.ball.upper() < 1), -1, 0)),
        )
        direction = grows * b.side() * ((a.sign != 0) | (b.sign != 0)) * (a.sign != -1)
        direction = np.where((a.sign == -1) & whole, b.side(), direction)
        negative = (a.sign == -1) & odd
        # A zero from above: 0 or inf by the exponent's sign.
        direction = np.where(a.at(0) & (a.toward > 0) & b.finite, -b.side(), direction)
        vanishes = direction < 0
        if vanishes.any():
            ball = self.plain.pick(vanishes, self.plain.num(0), ball)
        valid = (valid & ~(a.at(0) & a.moved & (direction > 0))) | vanishes
        rises = np.where(b.moved, 0, a.toward * b.side() * (a.beside() == 1))
        toward = np.where(vanishes & ~negative & (a.sign != -1), 1, rises)
        return self._result(ball, valid, [a, b], np.where(direction > 0, np.where(negative, -1, 1), 0), toward)

    def atan2(self, y: ExtendedBall | Exact, x: ExtendedBall | Exact) -> ExtendedBall:
        """Of finite numbers away from the cut, and of one infinity beside a number."""
        a, b = self.num(y), self.num(x)
        ball, both = self.plain.atan2(a.ball, b.ball), a.finite & b.finite
        valid = both & (~(a.moved | b.moved) | (b.side() == 1) | (a.side() != 0))
        steep, flat, back = (a.sign != 0) & b.finite, a.finite & (b.sign == 1), (a.side() != 0) & a.finite & (b.sign == -1)
        half = self._constant(self.plain.num(_HALF_TURN)).ball
        for rows, value in ((steep, half), (flat, self.plain.num(0)), (back, half + half)):
            if rows.any():
                up = a.side() > 0 if value.rad is not None else rows
                ball = self.plain.pick(rows & up, value, self.plain.pick(rows & ~up, -value, ball))
        return self._result(ball, valid | steep | flat | back, [a, b])

    def fmod(self, x: ExtendedBall | Exact, y: ExtendedBall | Exact) -> ExtendedBall:
        """Of constants: it jumps."""
        a, b = self.num(x), self.num(y)
        return self._result(self.plain.fmod(a.ball, b.ball), a.finite & b.finite & ~(a.moved | b.moved), [a, b])

    def polygamma(self, n: int, x: ExtendedBall) -> ExtendedBall:
        return self._result(self.plain.polygamma(n, x.ball), x.finite, [x])

    # -- what the tape needs ---------------------------------------------------------------------------------------------

    def annihilate(self, adjoint: ExtendedBall, partial: ExtendedBall) -> ExtendedBall:
        """adjoint * partial, but exactly 0 where the adjoint is a constant 0."""
        dead = adjoint.at(0) & ~adjoint.moved
        product = self.mul(adjoint, partial)
        return self.where((dead, ~dead), lambda: 0, lambda: product) if dead.any() else product

    def mask(self, cond: Masks, adjoint: ExtendedBall) -> ExtendedBall:
        return self.where(cond, lambda: adjoint, lambda: 0)

    def sign(self, x: ExtendedBall) -> ExtendedBall:
        side = x.beside()
        return self._result(Ball(self.plain, self.plain.numbers(side)), side != 0, [self.num(0)])

    def tie(self, x: ExtendedBall, y: ExtendedBall) -> Column:
        return self.eq0(x - y)[0]

    def note_kink(self, tie: Column) -> None:
        self.branched = self.branched | tie

    def note_removable(self, hit: Column | Masks) -> None:
        self.singled_out = self.singled_out | (hit[0] if isinstance(hit, tuple) else hit)

    def partial(self, name: str, numbers: Sequence[ExtendedBall | Exact], orders: tuple[int, ...]) -> ExtendedBall:
        """See Arb.partial: not known here."""
        return self._unknown([self.num(v) for v in numbers])

    def __getattr__(self, name: str) -> Callable[..., ExtendedBall]:
        if name in ENDS:
            return lambda x: self._function(name, self.num(x))
        plain = getattr(self.plain, name)  # of the table: of constants, for nothing here says where it is continuous

        def function(*arguments: ExtendedBall | Exact) -> ExtendedBall:
            numbers = [self.num(v) for v in arguments]
            stays = reduce(np.logical_and, (n.finite & ~n.moved for n in numbers))
            return self._result(plain(*(n.ball for n in numbers)), stays, numbers)

        return function
