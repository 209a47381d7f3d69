"""residues: a definition over a box of inputs and, beside each number, at random residues modulo a prime: an identity that holds there holds.

A derivative that is zero for all inputs is a rational function that vanishes identically, of the inputs and of the values of exp, log and the like,
each of which is a residue of its own. At random residues a rational function that is not zero is zero with a probability of at most its degree over
the prime (Schwartz, 1980; Zippel, 1979), where interval arithmetic sees no cancellation at all. What is taken for granted of a function
(exp(x + y) = exp(x) exp(y), sin^2 + cos^2 = 1) is true of it, so that what is zero here is zero there; what is not taken for granted is not found.

A square root has two signs, and residues have none. Where its radicand is a square already, as in sqrt(x^2), one sign is wrong; where it is
none, an identity holds for both signs or for neither (the polynomial s^2 - a is irreducible). A radicand that is a constant times a square has roots
at all residues or at none, so one that is seen with and without is no square: `RetryError` says which one had none, and the caller counts.

Every comparison is decided over the whole box, and every number is finite there: so the function is analytic on the box, which has no pole, no
kink and no branch inside. `Undecided` is raised where that is not certain.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import islice
from math import isqrt

from flint import fmpz

from ulpfuzz.oracles.arithmetic import ends
from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber
from ulpfuzz.oracles.arithmetic.composites import Composites
from ulpfuzz.oracles.arithmetic.ends import Ends
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact, Truth
from ulpfuzz.oracles.arithmetic.special import functions

#: How many primes there are to choose from: the root of a constant exists modulo every other one.
PRIMES = 24
#: Fractions of an exponent that the exponential of a symbol has: halves, thirds, quarters, sixths and twelfths.
PARTS = 12
#: Terms of an exponent that are kept apart; a longer one is a symbol of its own.
LONGEST = 64


class Undecided(ArithmeticError):
    """Something is not certain over the whole box."""


class RetryError(ArithmeticError):
    """These residues have no quotient, or no root; others may. root: the place of the radicand without one, among those that are no constants."""

    def __init__(self, root: int | None = None) -> None:
        super().__init__()
        self.root = root


@cache
def primes() -> tuple[int, ...]:
    """The largest below 2^61 that are 3 modulo 4, so that roots are powers."""
    candidates = range(2**61 - 1, 0, -4)
    return tuple(islice((n for n in candidates if fmpz(n).is_prime()), PRIMES))


class Residue:
    """A number: its enclosure over the box, its residue, and what it is as a linear form of symbols (residues with rational coefficients), of
    which an exponential is a product."""

    __slots__ = ("form", "m", "real", "residue")

    def __init__(self, m: Residues, real: Ends, residue: int, form: dict[int, Fraction] | None = None) -> None:
        if not ends.is_finite(real):
            raise Undecided
        self.m, self.real, self.residue = m, real, residue % m.prime
        self.form = {self.residue: Fraction(1)} if form is None or len(form) > LONGEST else form

    @property
    def constant(self) -> Fraction | None:
        """The rational that it is, where it is one."""
        return self.form.get(1, Fraction(0)) if not self.form or self.form.keys() == {1} else None

    def _scaled(self, factor: Fraction) -> dict[int, Fraction]:
        return {symbol: factor * own for symbol, own in self.form.items()} if factor else {}

    def __neg__(self) -> Residue:
        return Residue(self.m, ends.neg(self.real), -self.residue, self._scaled(Fraction(-1)))

    def __add__(self, other: Residue | Exact) -> Residue:
        right = self.m.num(other)
        form = dict(self.form)
        for symbol, factor in right.form.items():
            form[symbol] = form.get(symbol, Fraction(0)) + factor
        kept = {symbol: factor for symbol, factor in form.items() if factor}
        return Residue(self.m, ends.add(self.real, right.real), self.residue + right.residue, kept)

    __radd__ = __add__

    def __sub__(self, other: Residue | Exact) -> Residue:
        return self + (-self.m.num(other))

    def __rsub__(self, other: Exact) -> Residue:
        return self.m.num(other) + (-self)

    def __mul__(self, other: Residue | Exact) -> Residue:
        right = self.m.num(other)
        own, others = self.constant, right.constant
        form = self._scaled(others) if others is not None else right._scaled(own) if own is not None else None
        return Residue(self.m, ends.mul(self.real, right.real), self.residue * right.residue, form)

    __rmul__ = __mul__

    def __truediv__(self, other: Residue | Exact) -> Residue:
        right = self.m.num(other)
        factor = right.constant
        form = self._scaled(1 / factor) if factor else None
        return Residue(self.m, ends.div(self.real, right.real), self.residue * self.m.inverse(right.residue), form)

    def __rtruediv__(self, other: Exact) -> Residue:
        return self.m.num(other) / self


class Residues(Composites[Residue]):
    """The arithmetic; each has residues of its own for its inputs and functions, drawn by `seed`. base: Arb, in whose precision the
    enclosures are made."""

    name = "residues"

    def __init__(self, base: Arb, seed: int) -> None:
        self.base, self.prime = base, primes()[seed % PRIMES]
        #: The square roots that were taken, by radicand, but for those of constants.
        self.roots: dict[int, int] = {}
        self._draw = random.Random(seed)
        self._drawn: dict[object, int] = {}
        self._exponentials: dict[int, int] = {}  # of logarithms, by residue
        self._logarithms: dict[int, Residue] = {}  # of exponentials, by residue

    def lift(self, real: Ends) -> Residue:
        """An input anywhere in an interval; its residue is new."""
        return Residue(self, real, self._draw.randrange(2, self.prime))

    def num(self, value: Residue | ArbNumber | Exact | float) -> Residue:
        if isinstance(value, Residue):
            return value
        if isinstance(value, ArbNumber) or value != value:
            raise Undecided  # an unknown number, or one that is not exact
        exact = Fraction(value)
        residue = exact.numerator * self.inverse(exact.denominator)
        return Residue(self, ends.of_number(self.base.num(exact)), residue, {1: exact} if exact else {})

    def const(self, name: Constant) -> Residue:
        return Residue(self, ends.of_number(self.base.const(name)), self._free(name))

    def sum(self, items: Sequence[Residue | Exact]) -> Residue:
        total = self.num(0)
        for item in items:
            total = total + item
        return total

    def hint_max(self, items: Sequence[Residue | Exact]) -> Residue:
        """Any number would do."""
        return Residue(self, ends.of_number(self.base.hint_max([_ball(self.num(i)) for i in items])), 0, {})

    # Functions

    def exp(self, x: Residue | Exact) -> Residue:
        number, value = self.num(x), 1
        real = ends.exp(number.real)
        for symbol, factor in number.form.items():
            known, parts = self._exponentials.get(symbol), factor * (1 if symbol in self._exponentials else PARTS)
            if parts.denominator != 1:
                value = self._free(("exp", number.residue))
                break
            value = value * pow(known or self._free(("exp", symbol)), int(parts), self.prime) % self.prime
        self._logarithms[value] = number
        return Residue(self, real, value)

    def log(self, x: Residue | Exact) -> Residue:
        number = self.num(x)
        real, known = ends.log(number.real), self._logarithms.get(number.residue)
        if known is not None:
            return Residue(self, real, known.residue, known.form)
        residue = self._free(("log", number.residue))
        self._exponentials[residue] = number.residue
        return Residue(self, real, residue)

    def share(self, part: Residue, rest: Residue) -> Residue:
        """part / (part + rest), whose enclosure knows that both are the same part."""
        (low, high), (least, most) = part.real, rest.real
        whole = part + rest
        if not (low > 0 and least >= 0):
            return part / whole
        real = (
            ends.div((low, low), ends.add((low, low), (most, most)))[0],
            ends.div((high, high), ends.add((high, high), (least, least)))[1],
        )
        return Residue(self, real, part.residue * self.inverse(whole.residue))

    def expm1(self, x: Residue | Exact) -> Residue:
        return self.exp(x) - 1

    def log1p(self, x: Residue | Exact) -> Residue:
        return self.log(1 + self.num(x))

    def sinh(self, x: Residue | Exact) -> Residue:
        return (self.exp(x) - self.exp(-self.num(x))) / 2

    def cosh(self, x: Residue | Exact) -> Residue:
        return (self.exp(x) + self.exp(-self.num(x))) / 2

    def tanh(self, x: Residue | Exact) -> Residue:
        return self.sinh(x) / self.cosh(x)

    def sin(self, x: Residue | Exact) -> Residue:
        number = self.num(x)
        half = self._half_angle(number)
        return Residue(self, ends.of_number(self.base.sin(_ball(number))), 2 * half * self.inverse(1 + half * half))

    def cos(self, x: Residue | Exact) -> Residue:
        number = self.num(x)
        half = self._half_angle(number)
        return Residue(self, ends.of_number(self.base.cos(_ball(number))), (1 - half * half) * self.inverse(1 + half * half))

    def _half_angle(self, x: Residue) -> int:
        """The tangent of half the angle: a point of the circle, which is another's mirror image at the opposite angle."""
        other = self.prime - x.residue
        return self._free(("angle", x.residue)) if x.residue <= other else -self._free(("angle", other))

    def sqrt(self, x: Residue | Exact) -> Residue:
        number = self.num(x)
        real, constant, radicand = ends.sqrt(number.real), number.constant, number.residue
        if constant is not None:
            top, bottom = isqrt(abs(constant.numerator)), isqrt(constant.denominator)
            if Fraction(top, bottom) ** 2 == constant:
                return self.num(Fraction(top, bottom))
            return Residue(self, real, self._root(radicand, None))
        if radicand not in self.roots:
            self.roots[radicand] = self._root(radicand, len(self.roots))
        return Residue(self, real, self.roots[radicand])

    def _root(self, radicand: int, place: int | None) -> int:
        root = pow(radicand, (self.prime + 1) // 4, self.prime)
        if root * root % self.prime != radicand:
            raise RetryError(place)
        return root

    def inverse(self, residue: int) -> int:
        """The residue of the reciprocal. Raises RetryError for 0."""
        if residue % self.prime == 0:
            raise RetryError
        return pow(residue, -1, self.prime)

    def square(self, x: Residue | Exact) -> Residue:
        number = self.num(x)
        return Residue(self, ends.square(number.real), number.residue**2)

    def abs(self, x: Residue | Exact) -> Residue:
        number = self.num(x)
        return -number if self.lt(number, 0) else number

    def floor(self, x: Residue | Exact) -> Residue:
        whole = self.base.floor(_ball(self.num(x))).v.unique_fmpz()
        if whole is None:
            raise Undecided
        return self.num(int(whole))

    def pow(self, x: Residue | Exact, y: Residue | Exact) -> Residue:
        base, exponent = self.num(x), self.num(y)
        real, whole = ends.of_number(self.base.pow(_ball(base), _ball(exponent))), exponent.constant
        if whole is not None and whole.denominator == 1 and abs(whole) < 2**16:
            power = pow(base.residue, int(abs(whole)), self.prime)
            return Residue(self, real, power if whole >= 0 else self.inverse(power))
        return Residue(self, real, self._free(("pow", base.residue, exponent.residue)))

    def atan2(self, y: Residue | Exact, x: Residue | Exact) -> Residue:
        height, side = self.num(y), self.num(x)
        if not (side.real[0] > 0 or height.real[0] > 0 or height.real[1] < 0):
            raise Undecided  # the box may meet the branch cut, where the angle jumps
        return self._function("atan2", height, side)

    def polygamma(self, n: int, x: Residue | Exact) -> Residue:
        return self._of(self.base.polygamma(n, _ball(self.num(x))), "polygamma", n, x)

    def partial(self, name: str, numbers: Sequence[Residue | Exact], orders: tuple[int, ...]) -> Residue:
        real = self.base.partial(name, [_ball(self.num(v)) for v in numbers], orders)
        return self._of(real, name, *orders, "by", *numbers)

    def derivative(self, name: str, x: Residue, order: int) -> Residue:
        return self._of(self.base.derivative(name, _ball(x), order), name, order, "by", x)

    def _of(self, value: ArbNumber, *key: object) -> Residue:
        real = ends.of_number(value)
        return Residue(self, real, self._free(tuple(v.residue if isinstance(v, Residue) else v for v in key)))

    def _function(self, name: str, *arguments: Residue | Exact) -> Residue:
        numbers = [self.num(v) for v in arguments]
        return self._of(getattr(self.base, name)(*map(_ball, numbers)), name, *numbers)

    def __getattr__(self, name: str) -> Callable[..., Residue]:
        if name not in _FREE and name not in functions():
            raise AttributeError(name)
        return partial(self._function, name)

    def _free(self, key: object) -> int:
        """The residue of what no identity is taken for granted of."""
        if key not in self._drawn:
            self._drawn[key] = self._draw.randrange(2, self.prime)
        return self._drawn[key]

    # Comparisons, over the whole box

    def lt(self, x: Residue | Exact, y: Residue | Exact) -> bool:
        (low, high), (least, most) = self.num(x).real, self.num(y).real
        return _certain(True if high < least else False if low >= most else None)

    def eq0(self, x: Residue | Exact) -> bool:
        low, high = self.num(x).real
        return _certain(True if low == 0 and high == 0 else False if low > 0 or high < 0 else None)

    def tie(self, x: Residue | Exact, y: Residue | Exact) -> bool:
        (low, high), (least, most) = self.num(x).real, self.num(y).real
        return bool(low == high == least == most)

    def max(self, items: Sequence[Residue | Exact]) -> Residue:
        best = self.num(items[0])
        for item in items[1:]:
            best = self.num(item) if self.lt(best, item) else best
        return best

    def min(self, items: Sequence[Residue | Exact]) -> Residue:
        return -self.max([-self.num(i) for i in items])

    def where(self, cond: Truth, yes: Callable[[], Residue | Exact], no: Callable[[], Residue | Exact]) -> Residue:
        return self.num(yes() if _certain(cond) else no())

    # What a tape asks of its base

    def annihilate(self, adjoint: Residue, partial: Residue) -> Residue:
        return adjoint * partial

    def mask(self, cond: Truth, adjoint: Residue) -> Residue:
        return adjoint if _certain(cond) else self.num(0)

    def sign(self, x: Residue) -> Residue:
        return self.num(-1 if self.lt(x, 0) else 1)

    def note_kink(self, tie: bool) -> None:
        if tie:
            raise Undecided

    def note_removable(self, hit: bool) -> None:
        if hit:
            raise Undecided


#: Functions of one number, each of whose values is a residue of its own.
_FREE = frozenset([
    "exp2", "log2", "log10", "tan", "asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "lgamma", "digamma", "sinpi", "cospi",
])  # fmt: skip


def _ball(number: Residue) -> ArbNumber:
    return ArbNumber(ends.to_ball(number.real))


def _certain(truth: Truth) -> bool:
    if truth is None:
        raise Undecided
    return bool(truth)
