"""Mpfr: the arithmetic over MPFR's numbers, in which the planted framework computes its right answers: ten times as fast as mpmath, and no
library of the oracle's.

MPFR rounds every operation and every function correctly to the context's precision. What it does not have (the special functions of the table,
erfinv, polygamma) is mpmath's. An evaluation counts only where nothing exceptional happened on the way (`ExceptionalError`): poles, infinities, NaNs,
and numbers beyond 2^(2^62) are for mpmath's arithmetic, which has no end of its exponents and says what a pole is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

import gmpy2
from mpmath import libmp

from ulpfuzz.oracles.arithmetic.composites import Composites, Unnoticed
from ulpfuzz.oracles.arithmetic.mp import Mp, _own_context
from ulpfuzz.oracles.arithmetic.mpf_elementary import GUARD
from ulpfuzz.oracles.arithmetic.special import functions

Number = Any  # gmpy2.mpfr
_ZERO = gmpy2.mpfr(0)
_BINARY = type(_ZERO)
#: How often mpmath was asked for a function, which costs too much for more bits than are needed.
asked_of_mpmath = 0
#: Numbers below 2^-TINY are small to lgamma.
TINY = 20
#: Functions of one number under their names in the protocol.
_UNARY = {
    name: getattr(gmpy2, name)
    for name in (
        "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
        "asinh", "acosh", "atanh", "square", "floor",
    )
}  # fmt: skip


class ExceptionalError(ArithmeticError):
    """Something happened that MPFR answers by an infinity, a NaN or the end of its range. small: a number too small for
    it came first, perhaps, and what followed may be its fault."""

    def __init__(self, *, small: bool = False) -> None:
        super().__init__()
        self.small = small


@contextmanager
def precision(bits: int) -> Iterator[Mpfr]:
    """The arithmetic of `bits` bits; it holds inside the context only. Raises ExceptionalError on leaving where a flag was raised."""
    context = gmpy2.context(precision=max(bits, 64), emax=gmpy2.get_emax_max(), emin=gmpy2.get_emin_min())
    with context as inside:
        yield Mpfr(bits)
        if inside.overflow or inside.underflow or inside.divzero or inside.invalid:
            raise ExceptionalError(small=bool(inside.underflow))


class Mpfr(Unnoticed[Number], Composites[Number]):
    """Arithmetic of `bits` bits in the context that is current (`precision`)."""

    name = "mpfr"

    def __init__(self, bits: int) -> None:
        self.bits, self.removable = bits, False
        #: The outcomes of all comparisons, one after the other: where they differ beside a point, a branch ends there.
        self.decisions: list[int] = []

    def _decided(self, outcome: int) -> int:
        self.decisions.append(outcome)
        return outcome

    # Numbers in and out

    def lift(self, value: float) -> Number:
        return gmpy2.mpfr(value)

    def num(self, value: Any) -> Number:
        """A constant: exact for int and float, a Fraction rounded once."""
        kind = type(value)
        if kind is _BINARY:
            return value
        if kind is Fraction:
            return gmpy2.mpfr(gmpy2.mpq(value.numerator, value.denominator))
        if kind is int:
            return gmpy2.mpfr(value, max(self.bits, value.bit_length(), 64))
        return gmpy2.mpfr(value)

    def const(self, name: str) -> Number:
        return {"pi": gmpy2.const_pi, "ln2": gmpy2.const_log2, "euler": gmpy2.const_euler, "ln10": lambda: gmpy2.log(10)}[name]()

    # Functions

    def __getattr__(self, name: str) -> Callable[..., Number]:
        if name in _UNARY:
            function = _UNARY[name]
            return lambda x: function(self.num(x))
        if name in _COSTLY:
            return lambda x: _kept(name, self.bits, self.num(x))
        if name in functions() or name in ("erfinv", "polygamma"):
            return partial(self._special, name)
        if name == "partial":
            return partial(_by_mpmath, name, self.bits)
        raise AttributeError(name)

    def _special(self, name: str, *numbers: Any) -> Number:
        global asked_of_mpmath
        asked_of_mpmath += 1
        return _kept(name, self.bits, *(v if name == "polygamma" and v is numbers[0] else self.num(v) for v in numbers))

    def sinpi(self, x: Number) -> Number:
        return self._of_turn(x, 0)

    def cospi(self, x: Number) -> Number:
        return self._of_turn(x, 1)

    def _of_turn(self, x: Number, quarter: int) -> Number:
        """sin(pi (x + quarter/2)): the half turns are taken off exactly."""
        reduced = gmpy2.fmod(self.num(x), 2)
        halves = gmpy2.rint(2 * reduced)
        angle = gmpy2.const_pi() * (reduced - halves / 2)
        turn = (int(halves) + quarter) % 4
        value = gmpy2.cos(angle) if turn % 2 else gmpy2.sin(angle)
        return -value if turn >= 2 else value

    def abs(self, x: Number) -> Number:
        self._decided(gmpy2.sign(x))
        return abs(x)

    def sum(self, items: Sequence[Number]) -> Number:
        """The sum, rounded once."""
        return gmpy2.fsum([self.num(v) for v in items])

    def max(self, items: Sequence[Number]) -> Number:
        numbers = [self.num(v) for v in items]
        return numbers[self._decided(max(range(len(numbers)), key=numbers.__getitem__))]

    def hint_max(self, items: Sequence[Number]) -> Number:
        return max(self.num(v) for v in items)

    def min(self, items: Sequence[Number]) -> Number:
        numbers = [self.num(v) for v in items]
        return numbers[self._decided(min(range(len(numbers)), key=numbers.__getitem__))]

    def pow(self, x: Number, y: Number) -> Number:
        return self.num(x) ** self.num(y)

    def atan2(self, y: Number, x: Number) -> Number:
        a, b = self.num(y), self.num(x)
        if not a and not b:
            raise ExceptionalError
        return gmpy2.atan2(a, b)

    def fmod(self, x: Number, y: Number) -> Number:
        return gmpy2.fmod(self.num(x), self.num(y))

    # Conditions

    def lt(self, x: Number, y: Number) -> bool:
        return bool(self._decided(self.num(x) < self.num(y)))

    def eq0(self, x: Number) -> bool:
        return not x

    def where(self, cond: bool, yes: Callable[[], Number], no: Callable[[], Number]) -> Number:
        return self.num(yes() if cond else no())

    # What the tape asks of its base

    def annihilate(self, adjoint: Number, partial: Number) -> Number:
        return adjoint * partial if adjoint else adjoint

    def sign(self, x: Number) -> Number:
        return gmpy2.mpfr(gmpy2.sign(x))

    def derivative(self, name: str, x: Number, order: int) -> Number:
        return _by_mpmath("derivative", self.bits, name, x, order)

    def note_removable(self, hit: bool) -> None:
        self.removable |= bool(hit)


@lru_cache(maxsize=8192)
def _kept(name: str, bits: int, *numbers: Any) -> Number:
    """A function that costs more than arithmetic, kept: where one number of a row moves, the functions of the others are asked for again."""
    value = _COSTLY[name](*numbers) if name in _COSTLY else _by_mpmath(name, bits, *numbers)
    if not gmpy2.is_finite(value) or (not value and gmpy2.get_context().underflow):
        raise ExceptionalError  # the flag would not be raised again
    return value


def _lgamma(x: Number) -> Number:
    """log |gamma(x)|; of a small number by gamma(1 + x) = x gamma(x), for MPFR takes seconds of it."""
    if x and gmpy2.get_exp(x) < -TINY:
        return gmpy2.lgamma(1 + x)[0] - gmpy2.log(abs(x))
    return gmpy2.lgamma(x)[0]


def _erfc(x: Number) -> Number:
    """erfc; between the series and the asymptotic expansion, where MPFR takes seconds, by the trapezoidal rule, whose error is e^(-(pi/h)^2)
    (Chiarella and Reichel, 1968; Trefethen and Weideman, 2014, section 5)."""
    bits = gmpy2.get_context().precision
    if not 5 < x < 2.5 * bits**0.5:
        return gmpy2.erfc(x)
    with gmpy2.context(gmpy2.get_context(), precision=bits + GUARD):
        square = x * x
        decay = (bits + GUARD) * gmpy2.const_log2()
        h = gmpy2.const_pi() / gmpy2.sqrt(decay + square)
        ratio = gmpy2.exp(-h * h)
        weight, step, total = ratio, ratio * ratio * ratio, 1 / square / 2
        place, stride = h * h, 3 * h * h
        for _ in range(int(gmpy2.sqrt(decay) / h) + 2):
            total += weight / (place + square)
            weight, step = weight * step, step * ratio * ratio
            place, stride = place + stride, stride + 2 * h * h
        value = 2 * h * x * gmpy2.exp(-square) / gmpy2.const_pi() * total - 2 / gmpy2.expm1(2 * gmpy2.const_pi() * x / h)
    return +value


_COSTLY: dict[str, Callable[..., Number]] = {"lgamma": _lgamma, "digamma": gmpy2.digamma, "erf": gmpy2.erf, "erfc": _erfc}


def _by_mpmath(name: str, bits: int, *arguments: Any) -> Number:
    m = Mp(bits)
    numbers = [_to_mpmath(m, v) for v in arguments]
    if name in functions():  # once, for what counts is that two precisions of the whole agree
        found = functions()[name].mp(_own_context(bits + GUARD), *(m.num(v) for v in numbers))
        if not hasattr(found, "_mpf_"):
            raise ExceptionalError
    else:
        found = getattr(m, name)(*numbers)
    sign, mantissa, exponent, _ = found._mpf_
    if not mantissa and exponent:
        raise ExceptionalError
    shifted, number = gmpy2.mul_2exp if exponent >= 0 else gmpy2.div_2exp, gmpy2.mpfr(-mantissa if sign else mantissa)
    return shifted(number, abs(exponent))


def _to_mpmath(m: Mp, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_to_mpmath(m, v) for v in value] if isinstance(value, list) else value
    if type(value) is not _BINARY:
        return value
    if not gmpy2.is_finite(value):
        raise ExceptionalError
    mantissa, exponent = value.as_mantissa_exp()
    return m._context.make_mpf(libmp.from_man_exp(mantissa, int(exponent)))
