"""arb: python-flint balls, one number at a time, at any precision (FLINT's Arb; every result is a rigorous enclosure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from flint import arb, ctx, fmpq

from ulpfuzz.oracles.arithmetic.arb_differences import enclosed_partial
from ulpfuzz.oracles.arithmetic.composites import Composites, reflected_polygamma, sums_of_others
from ulpfuzz.oracles.arithmetic.operators import Operators
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact
from ulpfuzz.oracles.arithmetic.special import functions


class Undefined(ArithmeticError):
    """The value is certainly undefined on the reals (log(-1), sqrt(-1), acos(2))."""


def to_arb(value: ArbNumber | Exact | float | arb) -> arb:
    """An exact number as a ball (a Fraction's quotient is rounded outward)."""
    if isinstance(value, ArbNumber):
        return value.v
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    return arb(value)


class ArbNumber(Operators[arb]):
    """An Arb ball with the operators of the protocol."""

    __slots__ = ()
    bare = staticmethod(to_arb)


Truth = bool | None


class Arb(Composites[ArbNumber]):
    """The arithmetic over Arb at `bits` of precision; use it as a context manager, since FLINT's precision is global.

    Real domain: outside it raises Undefined where that is certain, else the ball is not finite.
    """

    name = "arb"

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.kink = False
        self.jumps = False  # a derivative was enclosed across a kink, where it jumps
        self.leaps = False  # a function was enclosed across a discontinuity, where no derivative bounds its change
        self.removable = False
        self.convention = False  # 0^0 or inf^0 was 1, as IEEE 754 has it, where powers have no limit
        self._saved = ctx.prec

    def __enter__(self) -> Arb:
        self._saved = ctx.prec
        ctx.prec = self.bits
        return self

    def __exit__(self, *_: object) -> None:
        ctx.prec = self._saved

    def lift(self, value: float) -> ArbNumber:
        return ArbNumber(arb(value))

    def num(self, value: ArbNumber | Exact | float | arb) -> ArbNumber:
        return value if isinstance(value, ArbNumber) else ArbNumber(to_arb(value))

    def const(self, name: Constant) -> ArbNumber:
        if name == "pi":
            return ArbNumber(arb.pi())
        if name == "euler":
            return ArbNumber(arb.const_euler())
        return ArbNumber(arb.const_log2() if name == "ln2" else arb.const_log10())

    def sum(self, items: Sequence[ArbNumber | Exact]) -> ArbNumber:
        total = arb(0)
        for item in items:
            total += to_arb(item)
        return ArbNumber(total)

    def max(self, items: Sequence[ArbNumber | Exact]) -> ArbNumber:
        best = to_arb(items[0])
        for item in items[1:]:
            best = best.max(to_arb(item))
        return ArbNumber(best)

    def hint_max(self, items: Sequence[ArbNumber | Exact]) -> ArbNumber:
        return ArbNumber(max((to_arb(item).mid() for item in items), key=float))

    def min(self, items: Sequence[ArbNumber | Exact]) -> ArbNumber:
        return -self.max([-self.num(i) for i in items])

    # -- three-valued order ---------------------------------------------------------------------------------------

    def lt(self, x: ArbNumber | Exact, y: ArbNumber | Exact) -> Truth:
        a, b = to_arb(x), to_arb(y)
        return True if a < b else False if a >= b else None

    def eq0(self, x: ArbNumber | Exact) -> Truth:
        a = to_arb(x)
        return True if a == 0 else False if a != 0 else None

    def tie(self, x: ArbNumber | Exact, y: ArbNumber | Exact) -> bool:
        return bool(to_arb(x) - to_arb(y) == 0)

    def where(self, cond: Truth, yes: Callable[[], ArbNumber | Exact], no: Callable[[], ArbNumber | Exact]) -> ArbNumber:
        if cond is True:
            return self.num(yes())
        if cond is False:
            return self.num(no())
        return ArbNumber(self._branch(yes).union(self._branch(no)))

    def _branch(self, branch: Callable[[], ArbNumber | Exact]) -> arb:
        try:
            return to_arb(branch())
        except Undefined:
            return arb.nan()

    def annihilate(self, adjoint: ArbNumber, partial: ArbNumber) -> ArbNumber:
        return ArbNumber(arb(0)) if adjoint.v == 0 else adjoint * partial

    def mask(self, cond: Truth, adjoint: ArbNumber) -> ArbNumber:
        if cond is None:
            self.jumps = True
            return ArbNumber(adjoint.v.union(arb(0)))
        return adjoint if cond else ArbNumber(arb(0))

    def sign(self, x: ArbNumber) -> ArbNumber:
        if x.v == 0:
            self.kink = True
        self.jumps |= not (x.v > 0 or x.v < 0)
        return ArbNumber(arb(1) if x.v > 0 else arb(-1) if x.v < 0 else arb(0, 1))

    def note_leap(self, yes: ArbNumber, no: ArbNumber) -> None:
        """The branches of a continuous function are equal somewhere in the enclosure."""
        self.leaps |= not (yes.v - no.v).contains(0)

    def note_kink(self, tie: bool) -> None:
        self.kink |= tie

    def note_removable(self, hit: bool) -> None:
        self.removable |= hit

    # -- functions ---------------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Callable[..., ArbNumber]:
        if name in _METHODS:
            method = getattr(arb, _METHODS[name])
        elif name in functions():
            method = functions()[name].arb
        else:
            raise AttributeError(name)

        def function(*numbers: ArbNumber | Exact) -> ArbNumber:
            return ArbNumber(method(*map(to_arb, numbers)))

        setattr(self, name, function)
        return function

    def partial(self, name: str, numbers: Sequence[ArbNumber | Exact], orders: tuple[int, ...]) -> ArbNumber:
        """The partial derivative of a special function without a rule, differentiated orders[k] times by the k-th number: an enclosure over
        the balls where the function has an `acb`, not finite elsewhere."""
        entry = functions()[name]
        return ArbNumber(enclosed_partial(entry.arb, entry.acb, [to_arb(v) for v in numbers], orders, Undefined))

    def exp2(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber((to_arb(x) * arb.const_log2()).exp())

    def log(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_at_least(to_arb(x), 0).log())

    def log1p(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_at_least(to_arb(x), -1).log1p())

    def log2(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_at_least(to_arb(x), 0).log() / arb.const_log2())

    def log10(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_at_least(to_arb(x), 0).log() / arb.const_log10())

    def sqrt(self, x: ArbNumber | Exact) -> ArbNumber:
        v = _at_least(to_arb(x), 0)
        return ArbNumber(v.sqrt() if (not v < 0 and v > 0) or v == 0 else v.nonnegative_part().sqrt())

    def asin(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_within_one(to_arb(x)).asin())

    def acos(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_within_one(to_arb(x)).acos())

    def acosh(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_at_least(to_arb(x), 1).acosh())

    def atanh(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_within_one(to_arb(x)).atanh())

    def erfinv(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_within_one(to_arb(x)).erfinv())

    def erfc(self, x: ArbNumber | Exact) -> ArbNumber:
        """Far right by both ends of the ball: FLINT's own enclosure over a ball that is not exact holds zero from about 1e6 on (3.6), whatever the
        precision."""
        v = to_arb(x)
        return ArbNumber(v.lower().erfc().union(v.upper().erfc()) if v > 4 and not v.is_exact() and v.is_finite() else v.erfc())

    def softmax(self, items: Sequence[ArbNumber | Exact]) -> list[ArbNumber]:
        powers = [self.exp(v) for v in items]
        if len(powers) == 1:
            return [self.num(1)]
        return [self.share(power, rest) for power, rest in zip(powers, sums_of_others(powers), strict=True)]

    def share(self, part: ArbNumber | Exact, rest: ArbNumber | Exact) -> ArbNumber:
        """1 / (1 + rest / part), where a ball of part counts once."""
        a, b = to_arb(part), to_arb(rest)
        return ArbNumber(1 / (1 + b / a) if a != 0 else a / (a + b))

    def abs(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(abs(to_arb(x)))

    def square(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(_power(to_arb(x), 2))

    def lgamma(self, x: ArbNumber | Exact) -> ArbNumber:
        """log |Gamma(x)|, by reflection (DLMF 5.5.3) on the left."""
        v = to_arb(x)
        if v > 0:
            return ArbNumber(v.lgamma())
        return ArbNumber((arb.pi() / abs(v.sin_pi())).log() - (1 - v).lgamma())

    def digamma(self, x: ArbNumber | Exact) -> ArbNumber:
        v = to_arb(x)
        return ArbNumber(v.digamma() if v > 0 else (1 - v).digamma() - arb.pi() * v.cot_pi())

    def polygamma(self, n: int, x: ArbNumber | Exact) -> ArbNumber:
        """The Hurwitz zeta function on the right, reflected on the left (n <= 3), where FLINT's own takes seconds."""
        from flint import acb

        v = to_arb(x)
        if v > 0 or n > 3:
            return ArbNumber(acb(v).polygamma(n).real)
        return reflected_polygamma(self, n, ArbNumber(v), ArbNumber(acb(1 - v).polygamma(n).real))

    def pow(self, x: ArbNumber | Exact, y: ArbNumber | Exact) -> ArbNumber:
        base, exponent = to_arb(x), to_arb(y)
        if exponent == 0:
            self.convention |= base == 0 or not base.is_finite()
            return ArbNumber(arb(1))
        whole = exponent.unique_fmpz() if exponent.is_integer() and abs(exponent) < 2**62 else None
        if whole is not None:
            return ArbNumber(_power(base, int(whole)))
        if base == 0 and exponent > 0:
            return ArbNumber(arb(0))
        if exponent.is_integer():  # beyond 2^62 the magnitude is that of exp; such floats are even
            return ArbNumber((abs(base).log() * exponent).exp())
        if base < 0 and exponent.contains_integer():  # defined at the integers only: unknown
            return ArbNumber(arb.nan())
        return ArbNumber((_at_least(base, 0).log() * exponent).exp())

    def atan2(self, y: ArbNumber | Exact, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(arb.atan2(to_arb(y), to_arb(x)))

    def floor(self, x: ArbNumber | Exact) -> ArbNumber:
        return ArbNumber(to_arb(x).floor())

    def fmod(self, x: ArbNumber | Exact, y: ArbNumber | Exact) -> ArbNumber:
        a, b = to_arb(x), to_arb(y)
        if b == 0:
            raise Undefined("fmod by 0")
        quotient = a / b
        if quotient >= 0:
            whole = quotient.floor()
        elif quotient < 0:
            whole = quotient.ceil()
        else:
            whole = quotient.floor().union(quotient.ceil())
        return ArbNumber(a - whole * b)


_METHODS = {
    "exp": "exp", "expm1": "expm1", "sin": "sin", "cos": "cos", "tan": "tan", "atan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "asinh": "asinh", "erf": "erf", "sinpi": "sin_pi", "cospi": "cos_pi",
}  # fmt: skip


def _power(base: arb, whole: int) -> arb:
    """base^whole; python-flint's own is NaN for a ball around zero (0.9)."""
    if base.mid() != 0 or base == 0 or whole <= 0:
        return base**whole
    largest = base.abs_upper() ** whole
    return largest.union(arb(0) if whole % 2 == 0 else -largest)


def _at_least(v: arb, low: int) -> arb:
    if v < low:
        raise Undefined(f"below {low}")
    return v


def _within_one(v: arb) -> arb:
    if v < -1 or v > 1:
        raise Undefined("outside [-1, 1]")
    return v
