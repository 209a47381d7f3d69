"""Mp: the arithmetic over mpmath numbers, the reference of record.

Every primitive is evaluated with guard bits and rounded once: it is within 2^-bits of f(argument), relatively,
except at arguments where mpmath itself loses digits (digamma and lgamma near their roots, acos and acosh near one, atanh near
the ends), where the formula below or a repeated evaluation at raised precision restores them. Operators round each result to
`bits`, so cancellation between operations is the caller's to see: a truth is what two precisions agree on.

Real numbers only: outside the real domain a result is nan, never complex; nothing raises. At a pole the result is +inf or -inf
where both sides (or the only side in the domain) agree, nan otherwise: mpmath has no -0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
from mpmath import libmp

from oracles.arithmetic.protocol import Constant

Raw = Any  # mpmath's tuple (sign, mantissa, exponent, bit count)
Number = Any  # an mpf of the arithmetic's own context
Truth = bool | None

_GUARD = 32
#: Arguments of exp beyond 2^(2^12), of sin beyond 2^(2^16) cost more memory than they are worth: no format has such numbers.
_EXP_MAGNITUDE, _TRIG_MAGNITUDE = 1 << 12, 1 << 16
_CONSTANTS = {"pi": libmp.mpf_pi, "ln2": libmp.mpf_ln2, "ln10": libmp.mpf_ln10, "euler": libmp.mpf_euler}
_NAN, _INF, _NINF, _ZERO, _ONE, _TWO = libmp.fnan, libmp.finf, libmp.fninf, libmp.fzero, libmp.fone, libmp.ftwo
_HALF = libmp.fhalf


class Mp:
    """Arithmetic of `bits` bits over mpmath; each instance has a context of its own, so no precision leaks to or from a caller.

    kink, removable: set when a derivative met a tie of max, min, abs or a comparison (the result is nan there: one number cannot
    hold both sides), or an isolated point that the definition singles out.
    """

    name = "mp"

    def __init__(self, bits: int = 128) -> None:
        self.bits = bits
        self.kink = self.removable = False
        self._context: Any = mpmath.MPContext()
        self._context.prec = bits
        _divide_without_raising(self._context.mpf)

    def __reduce__(self) -> Any:
        return (Mp, (self.bits,))

    # Numbers in and out

    def lift(self, value: float) -> Number:
        """The exact value of a binary64 number."""
        return self._context.make_mpf(libmp.from_float(float(value)))

    def num(self, value: int | Fraction | float | Number) -> Number:
        """A constant: exact for int and float, a Fraction rounded once to `bits`; a number stays as it is."""
        if hasattr(value, "_mpf_"):
            return value
        if isinstance(value, Fraction):
            return self._context.make_mpf(libmp.from_rational(value.numerator, value.denominator, self.bits, "n"))
        return self._context.make_mpf(libmp.from_int(value)) if isinstance(value, int) else self.lift(value)

    def const(self, name: Constant) -> Number:
        return self._context.make_mpf(_CONSTANTS[name](self.bits, "n"))

    def double(self, x: Number) -> tuple[float, float]:
        """(value, low): the nearest binary64 number, ties to even, and the remainder rounded likewise; (+-inf or nan, 0) where
        there is none. Rounded from integers: float(mpf) rounds twice for subnormals."""
        value = _nearest(x._mpf_)
        if not math.isfinite(value):
            return value, 0.0
        return value, _nearest(libmp.mpf_sub(x._mpf_, libmp.from_float(value), 64, "n"))

    def magnitude(self, x: Number) -> float:
        """m with 2^(m-1) <= |x| < 2^m, however large; -inf for 0, inf for infinities, nan for nan."""
        if _finite(x._mpf_) and x._mpf_ != _ZERO:
            return _magnitude(x._mpf_)
        return math.nan if x._mpf_ == _NAN else -math.inf if x._mpf_ == _ZERO else math.inf

    def exact(self, x: Number) -> Fraction | float:
        """The exact rational value; nan and infinities come back as floats. Its integers have as many bits as the exponent says."""
        sign, mantissa, exponent, _ = x._mpf_
        if not mantissa and exponent:
            return _nearest(x._mpf_)
        return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** exponent

    def decimal(self, x: Number, digits: int = 40) -> str:
        """A decimal string of that many significant digits."""
        return str(libmp.to_str(x._mpf_, digits))

    # Elementary functions

    def exp(self, x: Number) -> Number:
        return self._make(_exp(x._mpf_, self.bits + _GUARD))

    def expm1(self, x: Number) -> Number:
        raw, bits = x._mpf_, self.bits
        if not _finite(raw):
            return self._make(libmp.fnone if raw == _NINF else raw)
        magnitude = _magnitude(raw)
        if raw == _ZERO or magnitude < -bits - _GUARD:
            return self._make(raw)
        return self._make(libmp.mpf_sub(_exp(raw, bits + _GUARD + max(0, -magnitude)), _ONE, bits, "n"))

    def exp2(self, x: Number) -> Number:
        if not _finite(x._mpf_) or _magnitude(x._mpf_) > _EXP_MAGNITUDE:
            return self.exp(x)
        whole = libmp.mpf_floor(x._mpf_)
        fraction = libmp.mpf_sub(x._mpf_, whole)
        argument = libmp.mpf_mul(fraction, libmp.mpf_ln2(self.bits + _GUARD), self.bits + _GUARD)
        return self._make(libmp.mpf_shift(_exp(argument, self.bits + _GUARD), int(libmp.to_int(whole))))

    def log(self, x: Number) -> Number:
        return self._make(_log(x._mpf_, self.bits))

    def log1p(self, x: Number) -> Number:
        return self._make(_log1p(x._mpf_, self.bits))

    def log2(self, x: Number) -> Number:
        sign, mantissa, exponent, _ = x._mpf_
        if mantissa == 1 and not sign:
            return self.num(int(exponent))
        return self._ratio(_log(x._mpf_, self.bits + _GUARD), libmp.mpf_ln2(self.bits + _GUARD))

    def log10(self, x: Number) -> Number:
        return self._ratio(_log(x._mpf_, self.bits + _GUARD), libmp.mpf_ln10(self.bits + _GUARD))

    def sqrt(self, x: Number) -> Number:
        return self._make(_sqrt(x._mpf_, self.bits))

    def square(self, x: Number) -> Number:
        return x * x

    def sin(self, x: Number) -> Number:
        return self._periodic(libmp.mpf_sin, x)

    def cos(self, x: Number) -> Number:
        return self._periodic(libmp.mpf_cos, x)

    def tan(self, x: Number) -> Number:
        return self._periodic(libmp.mpf_tan, x)

    def sinpi(self, x: Number) -> Number:
        """sin(pi x), exactly 0 at integers."""
        return self._periodic(libmp.mpf_sin_pi, x)

    def cospi(self, x: Number) -> Number:
        """cos(pi x), exactly 0 at half-integers."""
        return self._periodic(libmp.mpf_cos_pi, x)

    def asin(self, x: Number) -> Number:
        """atan2(x, sqrt((1-x)(1+x))), whose differences are exact."""
        below, above, wide = self._ends(x)
        product = libmp.mpf_mul(below, above, wide)
        return self._make(libmp.mpf_atan2(x._mpf_, _sqrt(product, wide), self.bits + _GUARD, "n") if _in_unit(x._mpf_) else _NAN)

    def acos(self, x: Number) -> Number:
        """2 atan2(sqrt(1-x), sqrt(1+x)), whose differences are exact."""
        if not _in_unit(x._mpf_):
            return self._make(_NAN)
        below, above, wide = self._ends(x)
        half = libmp.mpf_atan2(_sqrt(below, wide), _sqrt(above, wide), self.bits + _GUARD, "n")
        return self._make(libmp.mpf_shift(half, 1))

    def atan(self, x: Number) -> Number:
        return self._make(libmp.mpf_atan(x._mpf_, self.bits + _GUARD, "n"))

    def sinh(self, x: Number) -> Number:
        if _finite(x._mpf_) and _magnitude(x._mpf_) > _EXP_MAGNITUDE:
            return self._make(_NINF if x._mpf_[0] else _INF)
        return self._make(libmp.mpf_sinh(x._mpf_, self.bits + _GUARD, "n"))

    def cosh(self, x: Number) -> Number:
        if _finite(x._mpf_) and _magnitude(x._mpf_) > _EXP_MAGNITUDE:
            return self._make(_INF)
        return self._make(libmp.mpf_cosh(x._mpf_, self.bits + _GUARD, "n"))

    def tanh(self, x: Number) -> Number:
        if _finite(x._mpf_) and _magnitude(x._mpf_) > _EXP_MAGNITUDE:
            return self.num(-1 if x._mpf_[0] else 1)
        return self._make(libmp.mpf_tanh(x._mpf_, self.bits + _GUARD, "n"))

    def asinh(self, x: Number) -> Number:
        """sign(x) log1p(|x| + x^2/(1 + sqrt(1 + x^2)))."""
        raw, wide = x._mpf_, self.bits + _GUARD
        if not _finite(raw) or raw == _ZERO or _magnitude(raw) < -wide:
            return self._make(raw)
        size = libmp.mpf_abs(raw)
        if _magnitude(raw) > wide:
            result = _log(libmp.mpf_shift(size, 1), self.bits)
        else:
            square = libmp.mpf_mul(raw, raw, wide)
            root = _sqrt(libmp.mpf_add(_ONE, square, wide), wide)
            term = libmp.mpf_div(square, libmp.mpf_add(_ONE, root, wide), wide)
            result = _log1p(libmp.mpf_add(size, term, wide), self.bits)
        return self._make(libmp.mpf_neg(result) if raw[0] else result)

    def acosh(self, x: Number) -> Number:
        """log1p(t + sqrt(t (t + 2))) with the exact t = x - 1."""
        raw, wide = x._mpf_, self.bits + _GUARD
        if raw == _NAN or libmp.mpf_lt(raw, _ONE):
            return self._make(_NAN)
        if raw == _INF or _magnitude(raw) > wide:
            return self._make(_log(libmp.mpf_shift(raw, 1), self.bits) if raw != _INF else _INF)
        above = libmp.mpf_sub(raw, _ONE)
        root = _sqrt(libmp.mpf_mul(above, libmp.mpf_add(above, _TWO, wide), wide), wide)
        return self._make(_log1p(libmp.mpf_add(above, root, wide), self.bits))

    def atanh(self, x: Number) -> Number:
        """(log1p(x) - log1p(-x))/2: the terms have opposite signs, so nothing cancels."""
        raw, wide = x._mpf_, self.bits + _GUARD
        if not _in_unit(raw):
            return self._make(_NAN)
        if raw == _ZERO:
            return self._make(raw)
        difference = libmp.mpf_sub(_log1p(raw, wide), _log1p(libmp.mpf_neg(raw), wide), self.bits + _GUARD, "n")
        return self._make(libmp.mpf_shift(difference, -1))

    # Special functions

    def erf(self, x: Number) -> Number:
        if _finite(x._mpf_) and _magnitude(x._mpf_) > _EXP_MAGNITUDE:
            return self.num(-1 if x._mpf_[0] else 1)
        return self._make(libmp.mpf_erf(x._mpf_, self.bits + _GUARD, "n"))

    def erfc(self, x: Number) -> Number:
        if _finite(x._mpf_) and _magnitude(x._mpf_) > _EXP_MAGNITUDE // 2:
            return self.num(2 if x._mpf_[0] else 0)
        return self._make(libmp.mpf_erfc(x._mpf_, self.bits + _GUARD, "n"))

    def erfinv(self, x: Number) -> Number:
        """Newton's method on erf(y) = x for |x| <= 1/2, on log erfc(y) = log(1 - |x|) beyond, the difference exact."""
        raw = x._mpf_
        if not _in_unit(raw):
            return self._make(_NAN)
        size = libmp.mpf_abs(raw)
        if size == _ONE or raw == _ZERO:
            return self._make(_ZERO if raw == _ZERO else _NINF if raw[0] else _INF)
        wide = Mp(self.bits + _GUARD)
        y = wide._erfinv_small(size) if libmp.mpf_le(size, _HALF) else wide._erfcinv(libmp.mpf_sub(_ONE, size))
        return self._make(libmp.mpf_neg(y) if raw[0] else y)

    def lgamma(self, x: Number) -> Number:
        """log |Gamma(x)|; below 1/2 by reflection (DLMF 5.5.3)."""
        raw = x._mpf_
        if not _finite(raw):
            return self._make(_NAN if raw != _INF else _INF)
        if _is_integer(raw) and (raw[0] or raw == _ZERO):
            return self._make(_INF)
        if raw in (_ONE, _TWO):
            return self._make(_ZERO)
        return self._make(self._restored(lambda bits: _lgamma(raw, bits)))

    def digamma(self, x: Number) -> Number:
        """Its roots are irrational, so that raised precision always finds the leading digits."""
        raw = x._mpf_
        if not _finite(raw):
            return self._make(_NAN if raw != _INF else _INF)
        if _is_integer(raw) and (raw[0] or raw == _ZERO):
            return self._make(_NAN)
        return self._make(self._restored(lambda bits: libmp.mpf_psi0(raw, bits, "n")))

    def polygamma(self, n: int, x: Number) -> Number:
        """The n-th derivative of digamma, n >= 1: asymptotic series after recurrence (DLMF 5.15.5, 5.15.8), reflected below 1/2
        (DLMF 5.15.6). mpmath's own psi takes seconds for large negative arguments."""
        raw = x._mpf_
        if not _finite(raw):
            return self.num(0 if raw == _INF else math.nan)
        if _is_integer(raw) and (raw[0] or raw == _ZERO):
            return self.num(math.inf if n % 2 else math.nan)
        return self._make(self._restored(lambda bits: _polygamma(n, raw, bits)))

    # Functions of several numbers

    def sum(self, items: Sequence[Number]) -> Number:
        """The sum, rounded once where it is finite."""
        return self._context.make_mpf(libmp.mpf_sum([self.num(v)._mpf_ for v in items], self.bits, "n"))

    def max(self, items: Sequence[Number]) -> Number:
        return self._extreme(items, max)

    def min(self, items: Sequence[Number]) -> Number:
        return self._extreme(items, min)

    def pow(self, x: Number, y: Number) -> Number:
        """x^y on the reals: x^0 = 1; a negative x needs an integer y; 0 to a negative power is +inf unless y is odd (nan)."""
        base, power = self.num(x)._mpf_, self.num(y)._mpf_
        if power == _ZERO:
            return self.num(1)
        if not (_finite(base) and _finite(power)):
            return self.num(math.nan)
        integer = _is_integer(power)
        odd = integer and power[2] == 0
        if base == _ZERO:
            return self.num(0 if not power[0] else math.nan if odd else math.inf)
        if base[0] and not integer:
            return self.num(math.nan)
        if integer and abs(power_int := _small_int(power)) <= 1024:
            return self._make(libmp.mpf_pow_int(base, power_int, self.bits + _GUARD, "n"))
        size = libmp.mpf_abs(base)
        rough = libmp.mpf_mul(power, _log(size, 53), 53)
        wide = self.bits + _GUARD + min(_EXP_MAGNITUDE, max(0, _magnitude(rough)))
        result = _exp(libmp.mpf_mul(power, _log(size, wide), wide), self.bits + _GUARD)
        return self._make(libmp.mpf_neg(result) if base[0] and odd else result)

    def atan2(self, y: Number, x: Number) -> Number:
        """The angle of the point (x, y) in (-pi, pi]; nan at the origin."""
        ordinate, abscissa = self.num(y)._mpf_, self.num(x)._mpf_
        if ordinate == _ZERO == abscissa:
            return self.num(math.nan)
        return self._make(libmp.mpf_atan2(ordinate, abscissa, self.bits + _GUARD, "n"))

    def fmod(self, x: Number, y: Number) -> Number:
        """x - trunc(x/y) y, exact whatever the ratio: integers modulo the divisor's mantissa, rounded once at the end."""
        dividend, divisor = self.num(x)._mpf_, self.num(y)._mpf_
        if not (_finite(dividend) and _finite(divisor)) or divisor == _ZERO:
            return self.num(math.nan)
        sign, mantissa, exponent, _ = dividend
        modulus, step = int(divisor[1]), divisor[2]
        if exponent >= step:
            left, unit = int(mantissa) * pow(2, exponent - step, modulus) % modulus, step
        elif _magnitude(dividend) < _magnitude(divisor):
            return self._make(dividend)
        else:
            left, unit = int(mantissa) % (modulus << (step - exponent)), exponent
        return self._make(libmp.from_man_exp(-left if sign else left, unit))

    def floor(self, x: Number) -> Number:
        """The exact floor."""
        return self._context.make_mpf(libmp.mpf_floor(x._mpf_))

    def abs(self, x: Number) -> Number:
        return self._context.make_mpf(libmp.mpf_abs(x._mpf_))

    # Conditions: True, False, or None where a nan decides nothing

    def lt(self, x: Number, y: Number) -> Truth:
        a, b = self.num(x)._mpf_, self.num(y)._mpf_
        return None if _NAN in (a, b) else bool(libmp.mpf_lt(a, b))

    def eq0(self, x: Number) -> Truth:
        return None if x._mpf_ == _NAN else bool(x._mpf_ == _ZERO)

    def where(self, cond: Truth, yes: Callable[[], Number], no: Callable[[], Number]) -> Number:
        return self.num(math.nan) if cond is None else self.num(yes() if cond else no())

    # What the tape asks of its base

    def tie(self, x: Number, y: Number) -> bool:
        return bool(self.num(x)._mpf_ == self.num(y)._mpf_ != _NAN)

    def annihilate(self, adjoint: Number, partial: Number) -> Number:
        """The product, but 0 where the adjoint is exactly 0, whatever the partial derivative."""
        return adjoint if adjoint._mpf_ == _ZERO else adjoint * partial

    def mask(self, cond: Truth, adjoint: Number) -> Number:
        return self.num(math.nan) if cond is None else adjoint if cond else self.num(0)

    def sign(self, x: Number) -> Number:
        """-1 or 1; at 0, a kink of abs, nan."""
        self.kink |= bool(x._mpf_ == _ZERO)
        return self.num(math.nan) if x._mpf_ in (_ZERO, _NAN) else self.num(-1 if libmp.mpf_lt(x._mpf_, _ZERO) else 1)

    def note_kink(self, tie: bool) -> None:
        self.kink |= tie

    def note_removable(self, hit: bool) -> None:
        self.removable |= hit

    # Internals

    def _make(self, raw: Raw) -> Number:
        return self._context.make_mpf(libmp.mpf_pos(raw, self.bits, "n"))

    def _ratio(self, a: Raw, b: Raw) -> Number:
        return self._make(libmp.mpf_div(a, b, self.bits, "n"))

    def _periodic(self, function: Callable[..., Raw], x: Number) -> Number:
        """mpmath reduces the argument with as many bits of pi as its exponent asks for."""
        if not _finite(x._mpf_) or _magnitude(x._mpf_) > _TRIG_MAGNITUDE:
            return self._make(_NAN)
        return self._make(function(x._mpf_, self.bits + _GUARD, "n"))

    def _ends(self, x: Number) -> tuple[Raw, Raw, int]:
        """1 - x and 1 + x, exact unless x is below 2^-bits; and the working precision."""
        wide = self.bits + _GUARD
        exact = 0 if _magnitude(x._mpf_) > -wide else wide
        return libmp.mpf_sub(_ONE, x._mpf_, exact, "n"), libmp.mpf_add(_ONE, x._mpf_, exact, "n"), wide

    def _restored(self, function: Callable[[int], Raw]) -> Raw:
        """A value accurate to about 2^-bits absolutely, evaluated with as many more bits as its smallness takes away."""
        guard = _GUARD
        while True:
            value = function(self.bits + guard)
            lost = self.bits + guard if value == _ZERO else max(0, -_magnitude(value))
            if lost + _GUARD <= guard:
                return value
            guard = lost + 2 * _GUARD

    def _extreme(self, items: Sequence[Number], choose: Callable[..., Number]) -> Number:
        numbers = [self.num(v) for v in items]
        return self.num(math.nan) if any(v._mpf_ == _NAN for v in numbers) else choose(numbers)

    def _erfinv_small(self, x: Raw) -> Raw:
        """Newton from the series' first terms; the relative error squares at each step."""
        target = self._context.make_mpf(x)
        slope = self._context.sqrt(self.const("pi")) / 2
        y = target * slope * (1 + self.const("pi") * target * target / 12)
        for _ in range(2 * self.bits.bit_length()):
            step = (self.erf(y) - target) * slope * self.exp(y * y)
            y = y - step
            if self._negligible(step, y):
                break
        return y._mpf_

    def _erfcinv(self, complement: Raw) -> Raw:
        """Newton on the concave y -> log erfc(y), from below its root, for 0 < complement < 1/2."""
        target = self.log(self._context.make_mpf(complement))
        root_pi = self._context.sqrt(self.const("pi"))
        y = self.sqrt(self.max([self.num(Fraction(1, 8)), -target - self.log(1 + self.sqrt(-target) * 2)]))
        for _ in range(4 * self.bits.bit_length()):
            tail = self.erfc(y)
            step = (self.log(tail) - target) * tail * root_pi / 2 * self.exp(y * y)
            y = y + step
            if self._negligible(step, y):
                break
        return y._mpf_

    def _negligible(self, step: Number, y: Number) -> bool:
        return bool(step._mpf_ == _ZERO or _magnitude(step._mpf_) < _magnitude(y._mpf_) - self.bits + _GUARD // 2)


def _divide_without_raising(number: Any) -> None:
    """Division by zero gives nan: the zero's sign, and so the side of the pole, is not known here."""

    def guarded(divide: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def quotient(a: Any, b: Any) -> Any:
            try:
                return divide(a, b)
            except ZeroDivisionError:
                return number.context.make_mpf(_NAN)

        return quotient

    number.__truediv__ = guarded(number.__truediv__)
    number.__rtruediv__ = guarded(number.__rtruediv__)


def _finite(raw: Raw) -> bool:
    return bool(raw[1] or not raw[2])


def _magnitude(raw: Raw) -> int:
    """m with 2^(m-1) <= |x| < 2^m; 0 for zero."""
    return int(raw[2] + raw[3])


def _is_integer(raw: Raw) -> bool:
    """A mantissa is odd, so a non-negative exponent means an integer (and zero)."""
    return bool(raw[2] >= 0)


def _small_int(raw: Raw) -> int:
    """The integer, or one that is surely large where writing it out would be wasteful."""
    return 1 << 20 if _magnitude(raw) > 20 else int(libmp.to_int(raw))


def _in_unit(raw: Raw) -> bool:
    return raw != _NAN and not libmp.mpf_gt(libmp.mpf_abs(raw), _ONE)


def _nearest(raw: Raw) -> float:
    """The nearest binary64 number, ties to even. Python's int / int rounds correctly, into the subnormals too."""
    if not _finite(raw):
        return math.nan if raw == _NAN else math.inf if raw == _INF else -math.inf
    sign, mantissa, exponent, _ = raw
    if _magnitude(raw) > 1100 or _magnitude(raw) < -1100:
        size = math.inf if _magnitude(raw) > 0 else 0.0
    elif exponent >= 0:
        size = _float_or_inf(int(mantissa) << exponent, 1)
    else:
        size = _float_or_inf(int(mantissa), 1 << -exponent)
    return -size if sign else size


def _float_or_inf(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf


def _exp(raw: Raw, bits: int) -> Raw:
    if _finite(raw) and _magnitude(raw) > _EXP_MAGNITUDE:
        return _ZERO if raw[0] else _INF
    return libmp.mpf_exp(raw, bits, "n")


def _sqrt(raw: Raw, bits: int) -> Raw:
    return _NAN if raw[0] or raw in (_NAN, _NINF) else libmp.mpf_sqrt(raw, bits, "n")


def _log(raw: Raw, bits: int) -> Raw:
    if raw == _ZERO:
        return _NINF
    return _NAN if raw[0] or raw in (_NAN, _NINF) else libmp.mpf_log(raw, bits + _GUARD, "n")


def _log1p(raw: Raw, bits: int) -> Raw:
    """log of the exact sum 1 + x; below 2^-bits the series x - x^2/2."""
    if not _finite(raw) or raw == _ZERO:
        return raw if raw in (_INF, _ZERO) else _NAN
    if _magnitude(raw) < -bits - _GUARD:
        return raw
    return _log(libmp.mpf_add(_ONE, raw, 0 if _magnitude(raw) < 2 * bits else 2 * bits), bits)


def _lgamma(raw: Raw, bits: int) -> Raw:
    if libmp.mpf_ge(raw, _HALF):
        return libmp.mpf_loggamma(raw, bits, "n")
    sine = libmp.mpf_abs(libmp.mpf_sin_pi(raw, bits + _GUARD))
    quotient = libmp.mpf_div(libmp.mpf_pi(bits + _GUARD), sine, bits + _GUARD)
    mirrored = libmp.mpf_loggamma(_mirror(raw, bits), bits + _GUARD + max(0, _magnitude(raw)), "n")
    return libmp.mpf_sub(_log(quotient, bits + _GUARD), mirrored, bits, "n")


def _mirror(raw: Raw, bits: int) -> Raw:
    """1 - x, exact unless x is tiny."""
    return libmp.mpf_sub(_ONE, raw, 0 if _magnitude(raw) > -2 * bits else 2 * bits, "n")


def _polygamma(n: int, raw: Raw, bits: int) -> Raw:
    context: Any = mpmath.MPContext()
    context.prec = bits + _GUARD
    x = context.make_mpf(raw)
    if libmp.mpf_lt(raw, _HALF):
        # (-1)^n psi_n(1 - x) = psi_n(x) + d^n/dx^n (pi cot(pi x)); the derivatives are polynomials of the cotangent
        cotangent = context.make_mpf(libmp.mpf_cos_pi(raw, context.prec)) / context.make_mpf(libmp.mpf_sin_pi(raw, context.prec))
        mirrored = context.make_mpf(_polygamma_right(context, n, context.make_mpf(_mirror(raw, bits))))
        return ((-1) ** n * mirrored - context.pi ** (n + 1) * _cotangent_derivative(n, cotangent))._mpf_
    return _polygamma_right(context, n, x)


def _cotangent_derivative(n: int, c: Any) -> Any:
    """The n-th derivative of cot, a polynomial of its value c: c' = -(1 + c^2)."""
    coefficients = [0, 1]
    for _ in range(n):
        slope = [k * a for k, a in enumerate(coefficients)][1:]
        coefficients = [-(a + b) for a, b in zip(slope + [0, 0], [0, 0] + slope, strict=True)]
    total = 0 * c
    for a in reversed(coefficients):
        total = total * c + a
    return total


def _polygamma_right(context: Any, n: int, x: Any) -> Raw:
    """psi_n(x) for x >= 1/2, relative error about 2^-prec: terms have one sign but for the alternating, falling tail."""
    bits = context.prec
    total, far = context.zero, bits // 4 + 2 * n + 4
    scale = (-1) ** (n + 1)
    while x < far:
        total += context.mpf(1) / x ** (n + 1)
        x = x + 1
    total *= math.factorial(n)
    total += math.factorial(n - 1) / x**n + context.mpf(math.factorial(n)) / (2 * x ** (n + 1))
    k, square = 1, x * x
    power = x ** (n + 2)
    while True:
        rising = context.mpf(math.factorial(2 * k + n - 1)) / math.factorial(2 * k)
        term = context.bernoulli(2 * k) * rising / power
        total += term
        if abs(term) < abs(total) * context.ldexp(1, -bits):
            return (scale * total)._mpf_
        k, power = k + 1, power * square
