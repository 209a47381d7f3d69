"""Mp: the arithmetic over mpmath numbers, the reference of record.

Every primitive is evaluated with guard bits and rounded once: it is within 2^-bits of f(argument), relatively. Operators round
each result to `bits` too, so cancellation between operations is the caller's to see: a truth is what two precisions agree on.

Real numbers only: outside the real domain a result is nan, never complex; nothing raises. At a pole the result is +inf or -inf
where both sides (or the only side in the domain) agree, nan otherwise: mpmath has no -0.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache, partial

from mpmath import MPContext, libmp, mpf

from ulpfuzz.oracles.arithmetic import mpf_elementary, mpf_special
from ulpfuzz.oracles.arithmetic.composites import Composites
from ulpfuzz.oracles.arithmetic.mpf_elementary import GUARD, NAN, ZERO, Raw, finite, magnitude, nearest
from ulpfuzz.oracles.arithmetic.protocol import UNARY, Constant
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.arithmetic.time_limit import look_at_clock

Truth = bool | None

_CONSTANTS = {"pi": libmp.mpf_pi, "ln2": libmp.mpf_ln2, "ln10": libmp.mpf_ln10, "euler": libmp.mpf_euler}
_EXACT_EXPONENT = 1 << 20
#: The methods that a table makes; the rest of UNARY needs no guard bits and is written out.
_FUNCTIONS = {
    name: getattr(mpf_special, name, None) or getattr(mpf_elementary, name)
    for name in UNARY
    if name not in ("floor", "abs", "square")
}


class Mp(Composites[mpf]):
    """Arithmetic of `bits` bits over mpmath, in a context of its own: no precision leaks to or from a caller.

    kink, removable: set when a derivative met a tie of max, min, abs or a comparison (the result is nan there: one number cannot
    hold both sides), or an isolated point that the definition singles out. gave_up: set when mpmath has no value of a special function; that
    is a nan as well, and says nothing about the value.
    """

    name = "mp"

    def __init__(self, bits: int = 128) -> None:
        self.bits = bits
        self.kink = self.removable = self.gave_up = False
        self._context = _own_context(bits)

    def __reduce__(self) -> tuple[type[Mp], tuple[int]]:
        return (type(self), (self.bits,))

    # Numbers in and out

    def lift(self, value: float) -> mpf:
        """The exact value of a binary64 number."""
        return self._context.make_mpf(libmp.from_float(float(value)))

    def num(self, value: int | Fraction | float | mpf) -> mpf:
        """A constant: exact for int and float, a Fraction rounded once to `bits`; a number stays as it is."""
        if hasattr(value, "_mpf_"):
            return value
        if isinstance(value, Fraction):
            return self._context.make_mpf(libmp.from_rational(value.numerator, value.denominator, self.bits, "n"))
        return self._context.make_mpf(libmp.from_int(value)) if isinstance(value, int) else self.lift(value)

    def const(self, name: Constant) -> mpf:
        return self._context.make_mpf(_CONSTANTS[name](self.bits, "n"))

    def double(self, x: mpf) -> tuple[float, float]:
        """(value, low): the nearest binary64 number, ties to even, and the remainder rounded likewise; (+-inf or nan, 0) where
        there is none."""
        value = nearest(x._mpf_)
        if not math.isfinite(value):
            return value, 0.0
        return value, nearest(libmp.mpf_sub(x._mpf_, libmp.from_float(value), 64, "n"))

    def exact(self, x: mpf) -> Fraction | float:
        """The exact rational value; nan and infinities come back as floats. Raises OverflowError beyond 2^(+-2^20): its
        integers would have as many bits as the exponent says; ask `log2_magnitude` first."""
        sign, mantissa, exponent, _ = x._mpf_
        if not finite(x._mpf_):
            return nearest(x._mpf_)
        if abs(exponent) > _EXACT_EXPONENT:
            raise OverflowError(f"a number near 2^{exponent} is not written out as a fraction")
        power = 1 << abs(exponent)
        signed = -int(mantissa) if sign else int(mantissa)
        return Fraction(signed * power) if exponent >= 0 else Fraction(signed, power)

    def log2_magnitude(self, x: mpf) -> float:
        """log2 |x| as binary64, capped at its range for astronomical x; -inf for zero, inf for infinities, nan for nan."""
        raw = x._mpf_
        if not finite(raw):
            return math.nan if raw == NAN else math.inf
        if raw == ZERO:
            return -math.inf
        leading = int(raw[1] >> max(0, raw[3] - 53))
        capped = max(-(1 << 1023), min(magnitude(raw) - leading.bit_length(), 1 << 1023))
        return math.log2(leading) + capped

    def decimal(self, x: mpf, digits: int = 40) -> str:
        """A decimal string of that many significant digits."""
        return str(libmp.to_str(x._mpf_, digits))

    # Functions

    def __getattr__(self, name: str) -> Callable[..., mpf]:
        if name in _FUNCTIONS:
            return partial(self._apply, _FUNCTIONS[name])
        if name in functions():
            return partial(self._special, name)
        raise AttributeError(name)

    def _special(self, name: str, *numbers: mpf) -> mpf:
        return self._rounded(self._raw_value(name, self.bits, *(self.num(v)._mpf_ for v in numbers)))

    def _raw_value(self, name: str, bits: int, *raw: Raw) -> Raw:
        look_at_clock(name)
        value = _special_value(name, bits, *raw)
        self.gave_up |= value is None
        return NAN if value is None else value

    def partial(self, name: str, numbers: Sequence[mpf], orders: tuple[int, ...]) -> mpf:
        """The partial derivative of a special function without a rule, differentiated orders[k] times by the k-th number: central
        differences whose steps h make h^2 less than 2^-bits beside the argument (or one), of values with as many more bits as the
        differences cancel. Good where the function is smooth at that scale; a truth is what two precisions agree on."""
        at = [self.num(v)._mpf_ for v in numbers]
        if not all(finite(v) for v in at):
            return self.num(math.nan)
        steps = [min(0, magnitude(v) if v != ZERO else 0) - self.bits // 2 - GUARD for v in at]
        wide = self.bits + GUARD - sum(o * h for o, h in zip(orders, steps, strict=True))
        exact = _own_context(wide + 4 * GUARD + sum(max(0, magnitude(v)) for v in at if v != ZERO))
        total = exact.zero
        for js in itertools.product(*(range(o + 1) for o in orders)):
            weight = math.prod((-1) ** j * math.comb(o, j) for j, o in zip(js, orders, strict=True))
            moved = [
                (exact.make_mpf(v) + exact.ldexp(o - 2 * j, h - 1))._mpf_ if o else v
                for v, h, j, o in zip(at, steps, js, orders, strict=True)
            ]
            total += weight * exact.make_mpf(self._raw_value(name, wide, *moved))
        return self._rounded(exact.ldexp(total, -sum(o * h for o, h in zip(orders, steps, strict=True)))._mpf_)

    def _apply(self, function: Callable[..., Raw], *numbers: mpf) -> mpf:
        raw = (self.num(v)._mpf_ for v in numbers)
        return self._rounded(_evaluated(function, *raw, self.bits + GUARD))

    def _rounded(self, raw: Raw) -> mpf:
        return self._context.make_mpf(libmp.mpf_pos(raw, self.bits, "n"))

    def sigmoid(self, x: mpf) -> mpf:
        return self._apply(mpf_elementary.sigmoid, x)

    def softplus(self, x: mpf) -> mpf:
        return self._apply(mpf_elementary.softplus, x)

    def derivative(self, name: str, x: mpf, order: int) -> mpf:
        """The derivative of a function of UNARY by mpmath's differences at raised precision: for a function without a rule on the tape.

        Good to about `bits` bits where the function is smooth within 2^-bits of x; a truth is what two precisions agree on.
        """
        context = MPContext()
        context.prec = self.bits + GUARD
        function = _FUNCTIONS[name]

        def evaluated(t: mpf) -> mpf:
            return context.make_mpf(function(t._mpf_, context.prec))

        at = context.make_mpf(self.num(x)._mpf_)
        value = context.diff(evaluated, at, order, relative=bool(at))
        return self._rounded(context.convert(value)._mpf_)

    def square(self, x: mpf) -> mpf:
        return x * x

    def floor(self, x: mpf) -> mpf:
        """The exact floor."""
        return self._context.make_mpf(libmp.mpf_floor(x._mpf_))

    def abs(self, x: mpf) -> mpf:
        return self._context.make_mpf(libmp.mpf_abs(x._mpf_))

    def sum(self, items: Sequence[mpf]) -> mpf:
        """The sum, rounded once."""
        return self._context.make_mpf(libmp.mpf_sum([self.num(v)._mpf_ for v in items], self.bits, "n"))

    def max(self, items: Sequence[mpf]) -> mpf:
        return self._extreme(items, max)

    def hint_max(self, items: Sequence[mpf]) -> mpf:
        return self.max(items)

    def min(self, items: Sequence[mpf]) -> mpf:
        return self._extreme(items, min)

    def _extreme(self, items: Sequence[mpf], choose: Callable[..., mpf]) -> mpf:
        numbers = [self.num(v) for v in items]
        return self.num(math.nan) if any(v._mpf_ == NAN for v in numbers) else choose(numbers)

    def pow(self, x: mpf, y: mpf) -> mpf:
        """x^y on the reals: x^0 = 1; a negative x needs an integer y; 0 to a negative power is +inf unless y is odd (nan)."""
        return self._apply(mpf_elementary.power, x, y)

    def atan2(self, y: mpf, x: mpf) -> mpf:
        """The angle of the point (x, y) in (-pi, pi]; nan at the origin."""
        return self._apply(mpf_elementary.atan2, y, x)

    def fmod(self, x: mpf, y: mpf) -> mpf:
        """x - trunc(x/y) y, rounded once from the exact remainder whatever the ratio."""
        return self._rounded(mpf_elementary.fmod(self.num(x)._mpf_, self.num(y)._mpf_))

    def polygamma(self, n: int, x: mpf) -> mpf:
        return self._apply(partial(mpf_special.polygamma, n), x)

    # Conditions: True, False, or None where a nan decides nothing

    def lt(self, x: mpf, y: mpf) -> Truth:
        a, b = self.num(x)._mpf_, self.num(y)._mpf_
        return None if NAN in (a, b) else bool(libmp.mpf_lt(a, b))

    def eq0(self, x: mpf) -> Truth:
        return None if x._mpf_ == NAN else bool(x._mpf_ == ZERO)

    def where(self, cond: Truth, yes: Callable[[], mpf], no: Callable[[], mpf]) -> mpf:
        return self.num(math.nan) if cond is None else self.num(yes() if cond else no())

    # What the tape needs of its base

    def tie(self, x: mpf, y: mpf) -> bool:
        return bool(self.num(x)._mpf_ == self.num(y)._mpf_ != NAN)

    def annihilate(self, adjoint: mpf, partial_derivative: mpf) -> mpf:
        """The product, but 0 where the adjoint is exactly 0, whatever the partial derivative. Beside an infinite one that is noted as an
        isolated point: the zero may be a branch that is not taken, but also a factor that vanishes there only, as e^(b log(1 - x)) at x =
        1."""
        if adjoint._mpf_ != ZERO:
            return adjoint * partial_derivative
        self.removable |= not finite(partial_derivative._mpf_)
        return adjoint

    def mask(self, cond: Truth, adjoint: mpf) -> mpf:
        return self.num(math.nan) if cond is None else adjoint if cond else self.num(0)

    def sign(self, x: mpf) -> mpf:
        """-1 or 1; at 0, a kink of abs, nan."""
        self.kink |= bool(x._mpf_ == ZERO)
        return self.num(math.nan) if x._mpf_ in (ZERO, NAN) else self.num(-1 if libmp.mpf_lt(x._mpf_, ZERO) else 1)

    def note_kink(self, tie: bool) -> None:
        self.kink |= tie

    def note_removable(self, hit: bool) -> None:
        self.removable |= hit


@lru_cache(maxsize=4096)
def _evaluated(function: Callable[..., Raw], *arguments: Raw | int) -> Raw:
    """Along the paths of a limit few elements of a row change: the functions of the others are computed once."""
    return function(*arguments)


@lru_cache(maxsize=4096)
def _special_value(name: str, bits: int, *raw: Raw) -> Raw | None:
    """A special function at two precisions that agree to `bits` bits; nan where mpmath has no real value, None where it finds none."""
    function, before, wide = functions()[name].mp, None, bits + GUARD
    for _ in range(6):
        context = _own_context(wide)
        try:
            now = context.convert(function(context, *map(context.make_mpf, raw)))
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, libmp.NoConvergence):
            return None
        if not hasattr(now, "_mpf_"):
            if now.imag:
                return NAN
            now = now.real
        if before is not None and (now == before or abs(now - before) <= abs(now) * context.ldexp(1, -bits - 4)):
            return now._mpf_
        if not context.isfinite(now):
            return now._mpf_
        before, wide = now, 2 * wide
    return None


@lru_cache(maxsize=32)
def _own_context(bits: int) -> MPContext:
    """mpmath's context of that precision; instances of the same precision share it, and no other code."""
    context = MPContext()
    context.prec = bits
    _divide_without_raising(context.mpf)
    _end_long_series(context)
    _reduce_large_exponents(context)
    return context


#: Terms of a hypergeometric series per bit: one that converges no better than 1/2 a term needs one. mpmath's own limit lets it run for
#: minutes.
TERMS = 12


def _end_long_series(context: MPContext) -> None:
    """A series that does not converge soon raises: nothing is known then, which costs less than waiting."""
    whole = context.hypsum

    def hypsum(*arguments: object, **options: object) -> mpf:
        return whole(*arguments, **{"maxterms": 1000 + TERMS * context.prec, **options})

    context.hypsum = hypsum


def _reduce_large_exponents(context: MPContext) -> None:
    """exp as the arithmetic's own (exp_of_any_size), where mpmath's takes seconds."""
    whole = context.exp

    def exp(x: mpf, **options: bool) -> mpf:
        number = context.convert(x)
        if options or not hasattr(number, "_mpf_"):
            return whole(x, **options)
        return context.make_mpf(mpf_elementary.exp_of_any_size(number._mpf_, context.prec))

    context.exp = exp


def _divide_without_raising(number: type[mpf]) -> None:
    """Division by zero gives nan: the zero's sign, and so the side of the pole, is not known here."""

    def guarded(divide: Callable[[mpf, mpf], mpf]) -> Callable[[mpf, mpf], mpf]:
        def quotient(a: mpf, b: mpf) -> mpf:
            try:
                return divide(a, b)
            except ZeroDivisionError:
                return number.context.make_mpf(NAN)

        return quotient

    number.__truediv__ = guarded(number.__truediv__)
    number.__rtruediv__ = guarded(number.__rtruediv__)
