"""series: truncated power series over Arb balls, the arithmetic of Taylor models (FLINT's arb_series; every coefficient is an enclosure).

A number is f(x + t) as a series in t, where x is a ball: its k-th coefficient encloses f^(k)(x) / k! for every x in the ball. What a definition
compares has to be decided for the whole ball, and a floor to be constant on it: then f is smooth there. Everything else raises NotKnown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import arb, arb_series, ctx

from ulpfuzz.oracles.arithmetic.arb import Arb, to_arb
from ulpfuzz.oracles.arithmetic.composites import Composites
from ulpfuzz.oracles.arithmetic.operators import Operators
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact


class NotKnown(ArithmeticError):
    """No series: a branch, a jump or a pole inside the ball, or a function that FLINT has no series of."""


def _series(value: SeriesNumber | Exact | float | arb) -> arb_series:
    return value.v if isinstance(value, SeriesNumber) else arb_series([to_arb(value)])


def _quotient(top: arb_series, bottom: arb_series) -> arb_series:
    if bottom[0].contains(0):
        raise NotKnown("a quotient by zero")
    return top / bottom


class SeriesNumber(Operators[arb_series]):
    """A series with the operators of the protocol."""

    __slots__ = ()
    bare = staticmethod(_series)

    def __truediv__(self, other: SeriesNumber | Exact) -> SeriesNumber:
        return SeriesNumber(_quotient(self.v, _series(other)))

    def __rtruediv__(self, other: Exact) -> SeriesNumber:
        return SeriesNumber(_quotient(_series(other), self.v))


def cut(series: arb_series, known: int, reach: float, allowed: float) -> tuple[int, float] | None:
    """(n, r): the least count of terms, below `known`, after which Lagrange's remainder |f^(n)/n!| reach^n is at most r <= allowed; None where
    there is none."""
    for count in range(1, known):
        remainder = (series[count].abs_upper() * arb(reach) ** count).abs_upper()
        if remainder.is_finite() and float(remainder) * (1 + 2.0**-50) <= allowed:
            return count, float(remainder) * (1 + 2.0**-50)
    return None


class Series(Composites[SeriesNumber]):
    """The arithmetic of `terms` terms at `bits` of precision; use it as a context manager, since FLINT's settings are global."""

    name = "series"

    def __init__(self, bits: int, terms: int) -> None:
        self.bits, self.terms = bits, terms
        self._saved = ctx.prec, ctx.cap

    def __enter__(self) -> Series:
        self._saved = ctx.prec, ctx.cap
        ctx.prec, ctx.cap = self.bits, self.terms
        return self

    def __exit__(self, *_: object) -> None:
        ctx.prec, ctx.cap = self._saved

    def variable(self, low: float, high: float) -> SeriesNumber:
        """x + t for x anywhere in [low, high]."""
        middle = (arb(low) + arb(high)) / 2
        return self.around(arb(middle.mid(), (arb(high) - arb(low)) / 2 + middle.rad()))

    def around(self, ball: arb) -> SeriesNumber:
        """x + t for x anywhere in the ball."""
        return SeriesNumber(arb_series([ball, 1]))

    def num(self, value: SeriesNumber | Exact | float | arb) -> SeriesNumber:
        return value if isinstance(value, SeriesNumber) else SeriesNumber(_series(value))

    def const(self, name: Constant) -> SeriesNumber:
        return SeriesNumber(arb_series([Arb(self.bits).const(name).v]))

    def sum(self, items: Sequence[SeriesNumber]) -> SeriesNumber:
        total = self.num(0)
        for item in items:
            total = total + item
        return total

    # -- order: decided for the whole ball, or not known ---------------------------------------------------------------------

    def lt(self, x: SeriesNumber | Exact, y: SeriesNumber | Exact) -> bool:
        a, b = self.num(x).v[0], self.num(y).v[0]
        return self._decided(a < b, a >= b)

    def eq0(self, x: SeriesNumber | Exact) -> bool:
        a = self.num(x).v
        if all(a[k] == 0 for k in range(self.terms)):
            return True
        return self._decided(False, not a[0].contains(0))

    def where(self, cond: bool, yes: Callable[[], SeriesNumber | Exact], no: Callable[[], SeriesNumber | Exact]) -> SeriesNumber:
        return self.num(yes() if cond else no())

    def max(self, items: Sequence[SeriesNumber]) -> SeriesNumber:
        best = self.num(items[0])
        for item in items[1:]:
            best = self.where(self.lt(best, item), lambda b=item: b, lambda a=best: a)  # type: ignore[misc]
        return best

    def min(self, items: Sequence[SeriesNumber]) -> SeriesNumber:
        return -self.max([-self.num(item) for item in items])

    def hint_max(self, items: Sequence[SeriesNumber]) -> SeriesNumber:
        return self.num(max((self.num(item).v[0].mid() for item in items), key=float))

    def note_kink(self, _: bool) -> None:
        raise NotKnown("a derivative by a tape")

    note_removable = note_kink

    def _decided(self, yes: bool, no: bool) -> bool:
        if not (yes or no):
            raise NotKnown("a comparison that is not the same on the whole ball")
        return bool(yes)

    # -- functions -------------------------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Callable[..., SeriesNumber]:
        if name in _DIRECT:
            return lambda x: SeriesNumber(getattr(self.num(x).v, _DIRECT[name])())
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotKnown(f"FLINT has no series of {name}")

    def log(self, x: SeriesNumber | Exact) -> SeriesNumber:
        a = self.num(x).v
        if not a[0] > 0:
            raise NotKnown("a logarithm beside zero")
        return SeriesNumber(a.log())

    def sqrt(self, x: SeriesNumber | Exact) -> SeriesNumber:
        a = self.num(x).v
        if not a[0] > 0:
            raise NotKnown("a square root beside zero")
        return SeriesNumber(a.sqrt())

    def expm1(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return self.exp(x) - 1

    def log1p(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return self.log(self.num(x) + 1)

    def exp2(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return self.exp(self.num(x) * self.const("ln2"))

    def log2(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return self.log(x) / self.const("ln2")

    def log10(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return self.log(x) / self.const("ln10")

    def sinh(self, x: SeriesNumber | Exact) -> SeriesNumber:
        power = self.exp(x)
        return (power - 1 / power) / 2

    def cosh(self, x: SeriesNumber | Exact) -> SeriesNumber:
        power = self.exp(x)
        return (power + 1 / power) / 2

    def tanh(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return 1 - 2 / (self.exp(self.num(x) * 2) + 1)

    def asinh(self, x: SeriesNumber | Exact) -> SeriesNumber:
        a = self.num(x)
        if self.lt(a, 0):
            return -self.asinh(-a)
        return self.log(a + self.sqrt(a * a + 1))

    def acosh(self, x: SeriesNumber | Exact) -> SeriesNumber:
        a = self.num(x)
        return self.log(a + self.sqrt(a - 1) * self.sqrt(a + 1))

    def atanh(self, x: SeriesNumber | Exact) -> SeriesNumber:
        a = self.num(x)
        return self.log((1 + a) / (1 - a)) / 2

    def lgamma(self, x: SeriesNumber | Exact) -> SeriesNumber:
        """log |Gamma(x)|; DLMF 5.5.3 (reflection) left of zero."""
        a = self.num(x)
        if self.lt(a, 0):
            return self.log(self.const("pi") / self.abs(self.sinpi(a))) - self.lgamma(1 - a)
        return SeriesNumber(self._lgamma_right(a.v))

    def _lgamma_right(self, a: arb_series) -> arb_series:
        """Every derivative of log Gamma, polygamma functions, is monotone right of zero (DLMF 5.15.1): over a ball it lies between those at
        its ends, which is far narrower than what Stirling's series makes of the ball."""
        ball = a[0]
        if ball.is_exact():
            return a.lgamma()
        ends = [arb_series([end, 1]).lgamma() for end in (ball.lower(), ball.upper())]
        slopes = [ends[0][k].union(ends[1][k]) for k in range(1, self.terms)]
        middle = arb(ball.mid())
        value = middle.lgamma() + slopes[0] * (ball - middle)
        step = a - arb_series([ball])
        step = arb_series([0, *(step[k] for k in range(1, self.terms))])
        total = arb_series([slopes[-1]])
        for slope in slopes[-2::-1]:
            total = total * step + arb_series([slope])
        return total * step + arb_series([value])

    def erfinv(self, x: SeriesNumber | Exact) -> SeriesNumber:
        """erf's series at erfinv(x), reversed."""
        a = self.num(x).v
        ball = a[0]
        if not (ball > -1 and ball < 1):
            raise NotKnown("erfinv at the edge of its domain")
        start = ball.erfinv()
        series = arb_series([start, 1]).erf()
        inverse = arb_series([0, *(series[k] for k in range(1, self.terms))]).reversion()
        step = arb_series([0, *(a[k] for k in range(1, self.terms))])
        composed = inverse(step)
        return SeriesNumber(composed + arb_series([start]))

    def digamma(self, x: SeriesNumber | Exact) -> SeriesNumber:
        return self._derivative(self.lgamma, x, 1)

    def polygamma(self, n: int, x: SeriesNumber | Exact) -> SeriesNumber:
        return self._derivative(self.lgamma, x, n + 1)

    def _derivative(
        self, function: Callable[[SeriesNumber | Exact], SeriesNumber], x: SeriesNumber | Exact, order: int
    ) -> SeriesNumber:
        """d^order f / dx^order at the series x: each derivative by t is divided by x'."""
        a = self.num(x).v
        derivative, slope = function(x).v, a.derivative()
        for _ in range(order):
            derivative = _quotient(derivative.derivative(), slope)
        return SeriesNumber(derivative)

    def floor(self, x: SeriesNumber | Exact) -> SeriesNumber:
        whole = self.num(x).v[0].floor()
        if not whole.is_exact():
            raise NotKnown("a floor that jumps")
        return self.num(whole)

    def abs(self, x: SeriesNumber | Exact) -> SeriesNumber:
        a = self.num(x)
        return -a if self.lt(a, 0) else a

    def square(self, x: SeriesNumber | Exact) -> SeriesNumber:
        square: SeriesNumber = self.num(x) * x
        return square

    def pow(self, x: SeriesNumber | Exact, y: SeriesNumber | Exact) -> SeriesNumber:
        a, b = self.num(x), self.num(y)
        exponent = b.v[0]
        constant = all(b.v[k] == 0 for k in range(1, self.terms))
        if constant and exponent.is_exact() and exponent.is_integer() and abs(exponent) <= 64:
            power = self.num(1)
            for _ in range(abs(int(float(exponent)))):
                power = power * a
            return power if exponent >= 0 else 1 / power
        return self.exp(b * self.log(a))


#: The functions of the protocol that FLINT composes series with, by its own names.
_DIRECT = {
    "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos", "atan": "atan", "erf": "erf", "erfc": "erfc",
    "sinpi": "sin_pi", "cospi": "cos_pi", "gamma": "gamma", "rgamma": "rgamma",
}  # fmt: skip
