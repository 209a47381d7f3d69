"""Elementary functions on mpmath's raw numbers, real-valued and without exceptions: what `mp` is made of.

A raw number is mpmath's tuple (sign, mantissa, exponent, bit count). Every function f(x, bits) returns f(x) with a relative
error of a few units of 2^-bits, nan outside the real domain. Where libmp cancels (acos and acosh near one, asin and atanh near
the ends) the difference with one is taken exactly first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mpmath import libmp

Raw = Any

#: Bits beyond the precision that functions made of several steps work with.
GUARD = 32
#: Arguments of exp beyond 2^(2^12), of sin beyond 2^(2^16) cost more memory than they are worth: no format has such numbers.
EXP_MAGNITUDE, TRIG_MAGNITUDE = 1 << 12, 1 << 16
NAN, INF, NINF, ZERO, ONE, TWO = libmp.fnan, libmp.finf, libmp.fninf, libmp.fzero, libmp.fone, libmp.ftwo
HALF, MINUS_ONE = libmp.fhalf, libmp.fnone


def finite(x: Raw) -> bool:
    return bool(x[1] or not x[2])


def magnitude(x: Raw) -> int:
    """m with 2^(m-1) <= |x| < 2^m for finite x; 0 for zero."""
    return int(x[2] + x[3])


def is_integer(x: Raw) -> bool:
    """A mantissa is odd, so a non-negative exponent means an integer (and zero)."""
    return finite(x) and x[2] >= 0


def in_unit(x: Raw) -> bool:
    """Whether -1 <= x <= 1."""
    return x != NAN and not libmp.mpf_gt(libmp.mpf_abs(x), ONE)


def _huge(x: Raw) -> bool:
    return finite(x) and magnitude(x) > EXP_MAGNITUDE


def _signed(x: Raw, size: Raw) -> Raw:
    return libmp.mpf_neg(size) if x[0] or x == NINF else size


def one_minus(x: Raw, bits: int) -> Raw:
    """1 - x, exact unless x is so small that rounding it to 2 bits precision changes nothing."""
    return libmp.mpf_sub(ONE, x, 0 if magnitude(x) > -2 * bits else 2 * bits, "n")


def exp(x: Raw, bits: int) -> Raw:
    if _huge(x):
        return ZERO if x[0] else INF
    return exp_of_any_size(x, bits)


def exp_of_any_size(x: Raw, bits: int) -> Raw:
    """exp of a number beyond 2^64 as 2^n exp(r): libmp raises e to the power of a whole number by squaring, seconds of it."""
    if not finite(x) or magnitude(x) <= 64:
        return libmp.mpf_exp(x, bits, "n")
    wide = bits + magnitude(x) + GUARD
    ln2 = libmp.mpf_ln2(wide)
    whole = libmp.mpf_floor(libmp.mpf_div(x, ln2, wide))
    rest = libmp.mpf_sub(x, libmp.mpf_mul(whole, ln2, wide), wide)
    return libmp.mpf_shift(libmp.mpf_exp(rest, bits, "n"), int(libmp.to_int(whole)))


def expm1(x: Raw, bits: int) -> Raw:
    if not finite(x):
        return MINUS_ONE if x == NINF else x
    if x == ZERO or magnitude(x) < -bits:
        return x
    return libmp.mpf_sub(exp(x, bits + GUARD + max(0, -magnitude(x))), ONE, bits, "n")


def exp2(x: Raw, bits: int) -> Raw:
    if not finite(x) or _huge(x):
        return exp(x, bits)
    whole = libmp.mpf_floor(x)
    fraction = libmp.mpf_sub(x, whole)
    power = exp(libmp.mpf_mul(fraction, libmp.mpf_ln2(bits + GUARD), bits + GUARD), bits)
    return libmp.mpf_shift(power, int(libmp.to_int(whole)))


def log(x: Raw, bits: int) -> Raw:
    if x == ZERO:
        return NINF
    return NAN if x[0] or x in (NAN, NINF) else libmp.mpf_log(x, bits, "n")


def log1p(x: Raw, bits: int) -> Raw:
    """log of the exact sum 1 + x."""
    if not finite(x) or x == ZERO:
        return x if x in (INF, ZERO) else NAN
    if magnitude(x) < -bits:
        return x
    return log(libmp.mpf_add(ONE, x, 0 if magnitude(x) < 2 * bits else 2 * bits, "n"), bits)


def sigmoid(x: Raw, bits: int) -> Raw:
    """1 / (1 + e^-x)."""
    if not finite(x):
        return NAN if x == NAN else ONE if x == INF else ZERO
    wide = bits + GUARD
    power = exp(libmp.mpf_neg(libmp.mpf_abs(x)), wide)  # of the smaller magnitude: the other may be beyond all memory
    total = libmp.mpf_add(ONE, power, wide, "n")
    return libmp.mpf_div(power if x[0] else ONE, total, bits, "n")


def softplus(x: Raw, bits: int) -> Raw:
    """log(1 + e^x), as max(x, 0) + log(1 + e^-|x|)."""
    if not finite(x):
        return ZERO if x == NINF else x
    tail = log1p(exp(libmp.mpf_neg(libmp.mpf_abs(x)), bits + GUARD), bits + GUARD)
    return libmp.mpf_add(ZERO if x[0] else x, tail, bits, "n")


def log2(x: Raw, bits: int) -> Raw:
    """Exact at powers of two."""
    if x[1] == 1 and not x[0]:
        return libmp.from_int(x[2])
    return libmp.mpf_div(log(x, bits + GUARD), libmp.mpf_ln2(bits + GUARD), bits, "n")


def log10(x: Raw, bits: int) -> Raw:
    return libmp.mpf_div(log(x, bits + GUARD), libmp.mpf_ln10(bits + GUARD), bits, "n")


def sqrt(x: Raw, bits: int) -> Raw:
    return NAN if x[0] or x in (NAN, NINF) else libmp.mpf_sqrt(x, bits, "n")


def _periodic(function: Callable[..., Raw]) -> Callable[[Raw, int], Raw]:
    """mpmath reduces the argument with as many bits of pi as its exponent needs."""

    def of(x: Raw, bits: int) -> Raw:
        return NAN if not finite(x) or magnitude(x) > TRIG_MAGNITUDE else function(x, bits, "n")

    return of


sin, cos, tan = _periodic(libmp.mpf_sin), _periodic(libmp.mpf_cos), _periodic(libmp.mpf_tan)
sinpi, cospi = _periodic(libmp.mpf_sin_pi), _periodic(libmp.mpf_cos_pi)


def asin(x: Raw, bits: int) -> Raw:
    """atan2(x, sqrt((1 - x)(1 + x)))."""
    if not in_unit(x):
        return NAN
    wide = bits + GUARD
    product = libmp.mpf_mul(one_minus(x, wide), one_minus(libmp.mpf_neg(x), wide), wide)
    return libmp.mpf_atan2(x, sqrt(product, wide), bits, "n")


def acos(x: Raw, bits: int) -> Raw:
    """2 atan2(sqrt(1 - x), sqrt(1 + x))."""
    if not in_unit(x):
        return NAN
    wide = bits + GUARD
    below, above = sqrt(one_minus(x, wide), wide), sqrt(one_minus(libmp.mpf_neg(x), wide), wide)
    return libmp.mpf_shift(libmp.mpf_atan2(below, above, bits, "n"), 1)


def atan(x: Raw, bits: int) -> Raw:
    return libmp.mpf_atan(x, bits, "n")


def sinh(x: Raw, bits: int) -> Raw:
    return _signed(x, INF) if _huge(x) else libmp.mpf_sinh(x, bits, "n")


def cosh(x: Raw, bits: int) -> Raw:
    return INF if _huge(x) else libmp.mpf_cosh(x, bits, "n")


def tanh(x: Raw, bits: int) -> Raw:
    return _signed(x, ONE) if _huge(x) else libmp.mpf_tanh(x, bits, "n")


def asinh(x: Raw, bits: int) -> Raw:
    """sign(x) log1p(|x| + x^2/(1 + sqrt(1 + x^2)))."""
    if not finite(x) or x == ZERO or magnitude(x) < -bits:
        return x
    wide, size = bits + GUARD, libmp.mpf_abs(x)
    if magnitude(x) > wide:
        return _signed(x, log(libmp.mpf_shift(size, 1), bits))
    square = libmp.mpf_mul(x, x, wide)
    root = sqrt(libmp.mpf_add(ONE, square, wide), wide)
    return _signed(x, log1p(libmp.mpf_add(size, libmp.mpf_div(square, libmp.mpf_add(ONE, root, wide), wide), wide), bits))


def acosh(x: Raw, bits: int) -> Raw:
    """log1p(t + sqrt(t (t + 2))) with the exact t = x - 1."""
    if x in (NAN, INF) or libmp.mpf_lt(x, ONE):
        return INF if x == INF else NAN
    wide = bits + GUARD
    if magnitude(x) > wide:
        return log(libmp.mpf_shift(x, 1), bits)
    above = libmp.mpf_sub(x, ONE)
    root = sqrt(libmp.mpf_mul(above, libmp.mpf_add(above, TWO, wide), wide), wide)
    return log1p(libmp.mpf_add(above, root, wide), bits)


def atanh(x: Raw, bits: int) -> Raw:
    """(log1p(x) - log1p(-x))/2: the terms have opposite signs, so nothing cancels."""
    if not in_unit(x):
        return NAN
    wide = bits + GUARD
    return libmp.mpf_shift(libmp.mpf_sub(log1p(x, wide), log1p(libmp.mpf_neg(x), wide), bits, "n"), -1)


def power(x: Raw, y: Raw, bits: int) -> Raw:
    """x^y on the reals: x^0 = 1; a negative x needs an integer y; 0 to a negative power is +inf unless y is odd (nan)."""
    if y == ZERO:
        return ONE
    if not (finite(x) and finite(y)):
        return NAN
    integer = is_integer(y)
    odd = integer and y[2] == 0
    if x == ZERO:
        return ZERO if not y[0] else NAN if odd else INF
    if x[0] and not integer:
        return NAN
    if integer and magnitude(y) <= 10:
        return libmp.mpf_pow_int(x, int(libmp.to_int(y)), bits, "n")
    size = libmp.mpf_abs(x)
    rough = libmp.mpf_mul(y, log(size, 53), 53)
    wide = bits + GUARD + min(EXP_MAGNITUDE, max(0, magnitude(rough)))
    result = exp(libmp.mpf_mul(y, log(size, wide), wide), bits)
    return libmp.mpf_neg(result) if x[0] and odd else result


def atan2(y: Raw, x: Raw, bits: int) -> Raw:
    """The angle of the point (x, y) in (-pi, pi]; nan at the origin."""
    return NAN if y == ZERO == x else libmp.mpf_atan2(y, x, bits, "n")


def fmod(x: Raw, y: Raw) -> Raw:
    """x - trunc(x/y) y, exact whatever the ratio: integers modulo the divisor's mantissa."""
    if not (finite(x) and finite(y)) or y == ZERO:
        return NAN
    sign, mantissa, exponent, _ = x
    modulus, step = int(y[1]), y[2]
    if exponent >= step:
        left, unit = int(mantissa) * pow(2, exponent - step, modulus) % modulus, step
    elif magnitude(x) < magnitude(y):
        return x
    else:
        left, unit = int(mantissa) % (modulus << (step - exponent)), exponent
    return libmp.from_man_exp(-left if sign else left, unit)


def nearest(x: Raw) -> float:
    """The nearest binary64 number, ties to even; infinities and nan as they are.

    Python's int / int rounds correctly, into the subnormals too; float(mpf) rounds twice there.
    """
    if not finite(x):
        return math.nan if x == NAN else math.inf if x == INF else -math.inf
    sign, mantissa, exponent, _ = x
    if abs(magnitude(x)) > 1100:
        size = math.inf if magnitude(x) > 0 else 0.0
    else:
        size = _quotient(int(mantissa) << max(exponent, 0), 1 << max(-exponent, 0))
    return -size if sign else size


def _quotient(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf
