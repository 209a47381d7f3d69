"""The rigorous tier: a Function on one row over Arb."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined
from ulpfuzz.oracles.function import Function, Nested, nest
from ulpfuzz.oracles.memory import Form, remembered, row_key

RowInputs = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Enclosures:
    """Arb's answer for one row: a ball per output (not finite where Arb does not know), or undefined as a whole. convention: see Arb."""

    balls: list[arb]
    undefined: bool = False
    kink: bool = False
    removable: bool = False
    convention: bool = False


def lift(m: Arb, inputs: RowInputs) -> dict[str, Nested[ArbNumber]]:
    """One row's inputs as Arb numbers."""
    return {name: nest(np.asarray(value), m.lift) for name, value in inputs.items()}


def enclose(function: Function, inputs: RowInputs, bits: int) -> Enclosures:
    """Certified enclosures of every output of one row of finite inputs, evaluated at `bits` of precision."""
    with Arb(bits) as m:
        try:
            outputs = [m.num(n).v for n in function.outputs(m, lift(m, inputs))]
        except Undefined:
            return Enclosures([], undefined=True)
        except (ZeroDivisionError, OverflowError, ValueError):
            return Enclosures([], removable=m.removable, kink=m.kink)
        if m.kink and function.order in ("grad", "grad2") and function.takes_few_passes(inputs, rows=False):
            outputs = _at_tie(function, inputs, outputs, bits)
        return Enclosures(outputs, kink=m.kink, removable=m.removable, convention=m.convention)


def _at_tie(function: Function, inputs: RowInputs, balls: list[arb], bits: int) -> list[arb]:
    """What forward mode makes of each output where a tie was met, the ball of reverse mode where that is not finite; of one output's
    gradient the narrower. Forward mode holds what a choice for each output alone gives, and no sum of what is one of several; reverse mode
    has one choice for all outputs, and adds what each of the tied numbers may have."""
    with Arb(bits) as m:
        try:
            others = [m.num(n).v for n in function.by_forward_mode(m, lift(m, inputs))]
        except (Undefined, ZeroDivisionError, OverflowError, ValueError):
            return balls
    both = function.of_one_output(inputs, rows=False)
    return [
        ball if not other.is_finite() or (both and ball.is_finite() and ball.rad() < other.rad()) else other
        for ball, other in zip(balls, others, strict=True)
    ]


@dataclass(frozen=True)
class Split:
    """Enclosures in binary64: per output (value, value_lo, radius), see `split`. finite: whether every output has a finite ball."""

    balls: tuple[tuple[float, float, float], ...]
    finite: bool
    undefined: bool = False
    kink: bool = False
    removable: bool = False


_FLAGS, _BALL = struct.Struct("<????"), struct.Struct("<ddd")
#: As the oracle's memory keeps it.
_SPLIT: Form[Split] = Form(
    lambda row: (
        _FLAGS.pack(row.finite, row.undefined, row.kink, row.removable) + b"".join(_BALL.pack(*ball) for ball in row.balls)
    ),
    lambda written: Split(tuple(_BALL.iter_unpack(written[_FLAGS.size :])), *_FLAGS.unpack_from(written)),
)


def enclose_split(function: Function, inputs: RowInputs, bits: int) -> Split:
    """`enclose`, split into binary64; remembered."""

    def computed() -> Split:
        result = enclose(function, inputs, bits)
        finite = bool(result.balls) and all(ball.is_finite() for ball in result.balls)
        return Split(tuple(split(ball) for ball in result.balls), finite, result.undefined, result.kink, result.removable)

    return remembered(f"arb {bits}", function, row_key(inputs), computed, _SPLIT)


def to_fraction(x: arb) -> Fraction:
    """The exact midpoint of a finite ball."""
    mantissa, exponent = x.mid().man_exp()
    shift = int(exponent)
    return Fraction(int(mantissa)) * Fraction(2) ** shift


def split(x: arb) -> tuple[float, float, float]:
    """A ball as (value, value_lo, radius) in binary64 with |y - (value + value_lo)| <= radius; (nan, 0, inf) where it is not finite.

    value is +-inf with radius 0 where the ball lies surely beyond the largest binary64.
    """
    if not x.is_finite():
        return math.nan, 0.0, math.inf
    mantissa, exponent = (int(v) for v in x.mid().man_exp())
    top = mantissa.bit_length() + exponent  # |mid| in [2^(top-1), 2^top)
    if mantissa and top > 1024:
        sure = abs(x) >= arb(2) ** 1024
        return (math.copysign(math.inf, 1 if mantissa > 0 else -1), 0.0, 0.0) if sure else (math.nan, 0.0, math.inf)
    value = _scaled(mantissa, exponent)
    if math.isinf(value):
        return math.nan, 0.0, math.inf
    value_lo = 0.0
    if value:
        value_mantissa, value_exponent = _parts(value)
        shift = min(exponent, value_exponent)
        rest = (mantissa << (exponent - shift)) - (value_mantissa << (value_exponent - shift))
        value_lo = _scaled(rest, shift)
        tail = 0.0 if _fits(rest, shift) else abs(value_lo) * 2.0**-52 + 2.0**-1074
    else:
        tail = 0.0 if mantissa == 0 else 2.0**-1074
    rad_mantissa, rad_exponent = (int(v) for v in x.rad().man_exp())
    radius = _scaled(rad_mantissa, rad_exponent) * (1 + 2.0**-40) + (2.0**-1074 if rad_mantissa else 0.0) + tail
    return value, value_lo, radius


def _fits(mantissa: int, exponent: int) -> bool:
    """Whether the number is one of binary64's (as far as its smallness is concerned)."""
    if mantissa == 0:
        return True
    zeros = (mantissa & -mantissa).bit_length() - 1
    return mantissa.bit_length() - zeros <= 53 and exponent + zeros >= -1074


def _parts(value: float) -> tuple[int, int]:
    mantissa, exponent = math.frexp(value)
    return int(mantissa * 2**53), exponent - 53


def _scaled(mantissa: int, exponent: int) -> float:
    """mantissa * 2^exponent to nearest; inf beyond binary64."""
    if mantissa == 0:
        return 0.0
    excess = mantissa.bit_length() - 1100  # keep the integer convertible; the cut bits are far below half an ulp
    if excess > 0:
        mantissa >>= excess
        exponent += excess
    if mantissa.bit_length() + exponent < -1080:
        return math.copysign(0.0, 1 if mantissa > 0 else -1)
    try:
        if exponent >= 0:
            return (
                float(mantissa << exponent)
                if mantissa.bit_length() + exponent < 1100
                else math.copysign(math.inf, 1 if mantissa > 0 else -1)
            )
        return mantissa / (1 << -exponent)
    except OverflowError:
        return math.copysign(math.inf, 1 if mantissa > 0 else -1)
