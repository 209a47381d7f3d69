"""Binary floating-point formats: their bits, ordinals, ulps and rounding.

Terms follow Muller et al., Handbook of Floating-Point Arithmetic (2nd ed.), section 2.1: a format has
precision p (bits of the significand, the implicit one included) and extremal exponents emin and emax.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.errors import UserError

Floats = NDArray[Any]
Ordinals = NDArray[np.int64]
Ulps = float

#: The bits of a binary64 number's exponent.
_EXPONENT = np.int64(0x7FF << 52)


class UnknownName(UserError):
    """A name that is none of the valid choices; the message names the nearest one."""

    def __init__(self, kind: str, given: str, choices: Iterable[str]) -> None:
        valid = sorted(choices)
        near = difflib.get_close_matches(given, valid, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"valid: {', '.join(valid[:12])}"
        super().__init__(f"unknown {kind} {given!r}; {hint}")


@dataclass(frozen=True)
class Format:
    """A binary interchange format with values +-m * 2^(e - p + 1), emin <= e <= emax; or that of both parts of complex numbers."""

    name: str
    precision: int
    emin: int
    emax: int
    width: int

    @property
    def real(self) -> str:
        """The name of the format of its numbers: its own, or that of the parts of complex numbers."""
        return {"complex64": "float32", "complex128": "float64"}.get(self.name, self.name)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype that stores this format, of each part where it is complex."""
        return np.dtype(ml_dtypes.bfloat16 if self.name == "bfloat16" else self.real)

    @cached_property
    def bits_dtype(self) -> np.dtype[Any]:
        """The unsigned integer dtype of the same width."""
        return np.dtype(f"uint{self.width}")

    @cached_property
    def max(self) -> float:
        """The largest finite number, exact in binary64."""
        return math.ldexp(2.0 - math.ldexp(1.0, 1 - self.precision), self.emax)

    @cached_property
    def min_normal(self) -> float:
        return math.ldexp(1.0, self.emin)

    @cached_property
    def min_subnormal(self) -> float:
        return math.ldexp(1.0, self.emin - self.precision + 1)

    @cached_property
    def unit_roundoff(self) -> float:
        """u = 2^-p, half the spacing just above one."""
        return math.ldexp(1.0, -self.precision)

    @cached_property
    def max_ordinal(self) -> int:
        """The ordinal of the largest finite number; max_ordinal + 1 is infinity."""
        return ((self.emax - self.emin + 1) << (self.precision - 1)) + (1 << (self.precision - 1)) - 1

    @cached_property
    def overflow_threshold(self) -> Fraction:
        """W = (2 - 2^-p) 2^emax: at and beyond it, round-to-nearest gives infinity (IEEE 754-2019, 4.3.1)."""
        return (2 - Fraction(1, 2**self.precision)) * Fraction(2) ** self.emax

    def bits(self, values: Floats) -> NDArray[Any]:
        """The bit patterns of an array of this dtype, as unsigned integers of the same shape."""
        return np.ascontiguousarray(values, dtype=self.dtype).view(self.bits_dtype)

    def from_bits(self, bits: NDArray[Any]) -> Floats:
        """The values of an integer array of bit patterns (higher bits are ignored)."""
        return np.ascontiguousarray(bits.astype(self.bits_dtype)).view(self.dtype)

    def ordinals(self, values: Floats) -> Ordinals:
        """Monotone integers of the values: neighbours differ by one, both zeros are 0, +inf is max_ordinal + 1.

        NaNs map beyond the infinities; mask them first.
        """
        raw = self.bits(values).astype(np.uint64)
        magnitude = (raw & np.uint64((1 << (self.width - 1)) - 1)).astype(np.int64)
        negative = (raw >> np.uint64(self.width - 1)) != 0
        return np.where(negative, -magnitude, magnitude)

    def from_ordinals(self, ordinals: NDArray[Any]) -> Floats:
        """The inverse of `ordinals` (0 gives +0); ordinals beyond infinity are clipped to infinity."""
        clipped = np.clip(np.asarray(ordinals, dtype=np.int64), -self.max_ordinal - 1, self.max_ordinal + 1)
        sign = np.where(clipped < 0, np.uint64(1) << np.uint64(self.width - 1), np.uint64(0))
        return self.from_bits(np.abs(clipped).astype(np.uint64) | sign)

    def flushed(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        """The numbers, subnormal ones of this format as zeros of their sign."""
        return np.where(np.abs(exact) < self.min_normal, np.copysign(0.0, exact), exact)

    def ulp(self, truth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Goldberg's ulp of real numbers in this format: 2^(max(floor(log2|y|), emin) - p + 1); at 0 the least one.

        Source: Muller, RR-5504 (2005), definition 4. For |y| not finite the ulp of the top binade.
        """
        binade = (np.asarray(truth, dtype=np.float64).view(np.int64) & _EXPONENT).view(np.float64)  # 2^floor(log2|y|)
        ulp = np.asarray(np.maximum(binade, 2.0**self.emin))  # subnormal numbers read as 0
        if ulp.max(initial=0.0) == np.inf:
            ulp = np.asarray(np.where(ulp == np.inf, 2.0**self.emax, ulp))
        ulp *= 2.0 ** (1 - self.precision)
        return ulp

    def round(self, values: NDArray[np.float64]) -> Floats:
        """Binary64 values rounded once to this format, to nearest, ties to even."""
        with np.errstate(all="ignore"):
            given = np.asarray(values)
            return (_to_odd(given) if self.dtype == ml_dtypes.bfloat16 else given).astype(self.dtype)

    def round_exact(self, value: Fraction) -> float:
        """The nearest number of this format to an exact rational, ties to even; +-inf at and beyond W."""
        if value == 0:
            return 0.0
        magnitude, sign = abs(value), -1.0 if value < 0 else 1.0
        if magnitude >= self.overflow_threshold:
            return sign * math.inf
        spacing = self.ulp_exact(magnitude)
        return sign * float(round(magnitude / spacing) * spacing)

    def ulp_exact(self, value: Fraction) -> Fraction:
        """`ulp` of an exact rational, without rounding it first."""
        exponent = self.emin
        if value != 0:
            magnitude = abs(value)
            exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
            exponent = max(exponent - (Fraction(2) ** exponent > magnitude), self.emin)
        return Fraction(2) ** (exponent - self.precision + 1)

    def error_exact(self, answer: float, exact: Fraction) -> float:
        """|answer - exact| in ulps of the exact value, of a finite answer; inf beyond binary64's range (of a truth of 0 the unit is the least
        subnormal number)."""
        error = abs(Fraction(answer) - exact) / self.ulp_exact(exact)
        return float(error) if error < 2**1023 else math.inf


FLOAT16 = Format("float16", 11, -14, 15, 16)
BFLOAT16 = Format("bfloat16", 8, -126, 127, 16)
FLOAT32 = Format("float32", 24, -126, 127, 32)
FLOAT64 = Format("float64", 53, -1022, 1023, 64)
FORMATS: dict[str, Format] = {f.name: f for f in (FLOAT16, BFLOAT16, FLOAT32, FLOAT64)}
COMPLEX64, COMPLEX128 = replace(FLOAT32, name="complex64"), replace(FLOAT64, name="complex128")
_NAMED = {**FORMATS, "complex64": COMPLEX64, "complex128": COMPLEX128}


def _to_odd(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Binary64 values in binary32, inexact ones to that neighbour whose last bit is 1: rounded again, to fewer bits, they are rounded as
    once (Boldo and Melquiond, 2008, theorem 3). ml_dtypes itself takes the nearest binary32, and so rounds twice."""
    near = values.astype(np.float32)
    bits = near.view(np.int32)
    back = near.astype(np.float64)
    even = (back != values) & ~np.isnan(values) & (bits & 1 == 0)
    return np.where(even, np.where(np.abs(back) > np.abs(values), bits - 1, bits + 1), bits).astype(np.int32).view(np.float32)


def format_named(name: str) -> Format:
    """The format of that name. Raises UnknownName, which names the nearest valid choice."""
    try:
        return _NAMED[name]
    except KeyError:
        raise UnknownName("dtype", name, _NAMED) from None
