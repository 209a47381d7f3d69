"""Confirmation: the truth of one element as decimal digits, certified by Arb and confirmed by mpmath at two precisions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any

import mpmath
import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles import extended, rigorous
from ulpfuzz.oracles.arithmetic.taped import TapedMp
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError
from ulpfuzz.oracles.function import Function, nest
from ulpfuzz.oracles.interruption import interruptible
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.limits_at_infinity import Accepted, accepted
from ulpfuzz.oracles.reference import FINITE, NAN, PINF, is_simple

#: Binary exponents beyond which a number's digits are Arb's alone.
FAR = 100_000


@dataclass(frozen=True)
class Confirmation:
    """value: decimal digits, or "nan", "inf", "-inf", or "[low, high]" where every number between is right. agrees: False where
    mpmath contradicts Arb or itself; such an element must not be reported. exact: the midpoint as a rational, None for specials
    and for numbers of astronomical exponent. near: the truth in binary64 (0 or infinite beyond its range), nan where it is no number."""

    value: str
    certified_by: str
    agrees: bool
    exact: Fraction | None = None
    near: float = math.nan


def confirm(
    function: Function, single: dict[str, NDArray[np.float64]], output: int, digits: int = 40, kept: Kept | None = None, beside: float = 0.0
) -> Confirmation:  # fmt: skip
    """The truth of one output of one row to `digits` significant digits.

    kept: what is known of this row already; other outputs of it add to it. beside: the size of the terms that the output is a sum of; where
    they cancel, to zero perhaps, `digits` digits of them are enough.

    Arb encloses it to more than these digits; what mpmath gives at that precision and at twice as much must agree with it (Arb
    certifies first, mpmath confirms; by Arb alone where mpmath cannot, or not within `mp.ending`). Where Arb has no finite answer at any
    precision the limits decide, certified_by "limit".
    """
    kept = kept or Kept()
    finite = all(np.isfinite(v).all() for v in single.values())
    enclose = partial(_enclose, slack=beside * 10.0 ** (-digits - 1)) if finite else _at_infinity
    try:
        ball, kink = enclose(function, single, output, digits, kept)
    except TimeIsUpError:
        return Confirmation("nan", "arb", False)
    if ball is not None and kink:
        return Confirmation(f"[{float(ball.lower())!r}, {float(ball.upper())!r}]", "arb", True)
    if ball is None:
        try:
            with interruptible():
                right = kept.of(("accepted", function), lambda: accepted(function, single))
            return _by_limit(right[output])
        except TimeIsUpError:
            return Confirmation("nan", "limit", False)
    if is_far(ball):
        sign = 1.0 if ball > 0 else -1.0
        return Confirmation(
            ball.str(digits, radius=False), "arb", True, None, math.copysign(math.inf if abs(ball) > 1 else 0.0, sign)
        )
    exact, slack = rigorous.to_fraction(ball), Fraction(beside) / 10**28
    exact = Fraction(0) if abs(exact) <= slack / 10**4 else exact
    check = by_mpmath(function, single, output, _bits(digits), kept, slack)
    check = None if isinstance(check, float) and not finite else check  # of an infinity mpmath knows less than Arb
    agrees = check is None or _close(check, exact, digits, slack)
    source = "arb" if check is None else "arb+mpmath"
    return Confirmation(decimal(exact, digits), source, agrees, exact, rigorous.split(ball)[0])


def is_far(ball: arb) -> bool:
    """Whether the binary exponent is beyond what an exact rational can hold in memory."""
    mantissa, exponent = (int(v) for v in ball.mid().man_exp())
    return abs(exponent + mantissa.bit_length()) > FAR


def decimal(value: Fraction, digits: int = 40) -> str:
    """A rational as a decimal string of that many significant digits."""
    context = _context(_bits(digits))
    number = context.mpf(value.numerator) / value.denominator
    return str(context.nstr(number, digits, strip_zeros=False)) if value else "0.0"


@cache
def _context(bits: int) -> mpmath.MPContext:
    """mpmath at that precision: making one takes a millisecond, and a long vector has thousands of numbers."""
    context = mpmath.MPContext()
    context.prec = bits
    return context


def _bits(digits: int) -> int:
    return math.ceil(digits * 3.33) + 64


def _enclose(
    function: Function, single: dict[str, Any], output: int, digits: int, kept: Kept, slack: float = 0.0
) -> tuple[arb | None, bool]:  # fmt: skip
    """A ball to that many digits, or of a radius of at most `slack`; or with True the hull of what is right at a kink."""
    bits, before = _bits(digits), 0
    while bits <= 8192:
        result = kept.of(("enclosures", function, bits), partial(rigorous.enclose, function, single, bits))
        if result.undefined or result.removable:
            return None, False
        if result.balls and result.balls[output].is_finite():
            ball = result.balls[output]
            if result.kink and ball.rad() > 0 and ball.rel_accuracy_bits() < 8:
                return ball, True
            if ball.rad() <= slack or ball.rel_accuracy_bits() > digits * 3.33 + 4 or (ball.contains(0) and bits > 4096):
                return ball, False
            known = ball.rel_accuracy_bits()
            if before >= 16 and known < before + 8:  # twice the precision is no sharper: no precision will be
                break
            before = known
        bits *= 2
    return None, False


def _at_infinity(function: Function, single: dict[str, Any], output: int, digits: int, kept: Kept) -> tuple[arb | None, bool]:
    """A ball to that many digits of a value at infinite inputs, where the definition's own arithmetic has one (ulpfuzz.oracles.extended)."""
    if not extended.has_infinities(function, single):
        return None, False
    balls = kept.of(("extended", function, digits), lambda: extended.enclose(function, single, _bits(digits)))
    return (None if not balls or any(ball is None for ball in balls) else balls[output]), False


def by_mpmath(
    function: Function, single: dict[str, NDArray[np.float64]], output: int, bits: int, kept: Kept | None = None, slack: Fraction = Fraction(0)
) -> Fraction | float | None:  # fmt: skip
    """mpmath's value, evaluated at `bits` and twice as many, and with as many more as two precisions need to agree, to 28 digits or within
    `slack`; None where it cannot."""
    kept = kept or Kept()
    before: Fraction | float | None = None
    for wider in (bits, 2 * bits, 4 * bits, 8 * bits, 16 * bits):
        try:
            with interruptible():
                evaluated = kept.of(("mpmath", function, wider), partial(_in_mpmath, function, single, wider))
            if evaluated is None:
                return None
            m, outputs = evaluated
            now = m.exact(m.num(outputs[output]))
        except (*_CANNOT, TimeIsUpError):
            return None
        if isinstance(now, float):
            return None if m.gave_up else now
        # Two zeros agree only at the end: of terms that cancel, each precision short of what they lose gives one.
        if isinstance(before, Fraction) and now and _close(before, now, 30, slack):
            return now
        before = now
    return before


#: What mpmath raises where it has no value.
_CANNOT = (ArithmeticError, ValueError, TypeError)


def _in_mpmath(function: Function, single: dict[str, NDArray[np.float64]], bits: int) -> tuple[TapedMp, list[Any]] | None:
    """All outputs of a row in mpmath, with the arithmetic that they are numbers of; None where it cannot."""
    m = TapedMp(bits)
    try:
        return m, function.outputs(m, {name: nest(values, m.lift) for name, values in single.items()})
    except _CANNOT:
        return None


def _close(value: Fraction | float, exact: Fraction, digits: int, slack: Fraction = Fraction(0)) -> bool:
    if isinstance(value, float):
        return False
    return abs(value - exact) <= max(abs(exact) / Fraction(10) ** (min(digits, 30) - 2), slack) or (
        exact == 0 and abs(value) < Fraction(1, 10**300)
    )


def _by_limit(right: Accepted) -> Confirmation:
    if right.by_mpmath:  # one evaluation by mpmath at the point itself, which Arb does not enclose
        return Confirmation(decimal(Fraction(right.low)), "mpmath", False, Fraction(right.low), right.low)
    if right.kinds & FINITE:
        if right.low == right.high:
            exact = Fraction(right.low) if is_simple(right.low) else None  # 17 digits were read, and no more are shown
            return Confirmation(repr(right.low) if exact is None else decimal(exact), "limit", True, exact, right.low)
        return Confirmation(f"[{right.low!r}, {right.high!r}]", "limit", True)
    if right.kinds == 0 or not right.proved:
        return Confirmation("nan", "limit", False)
    return Confirmation("inf" if right.kinds & PINF else "nan" if right.kinds == NAN else "-inf", "limit", True)
