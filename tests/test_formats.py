"""The float formats against exact rational arithmetic and numpy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.formats import FORMATS, Format, UnknownName, format_named

formats = st.sampled_from(list(FORMATS.values()))


def value(fmt: Format, ordinal: int) -> float:
    return float(fmt.from_ordinals(np.asarray([ordinal]))[0])


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Format, int]:
    fmt = draw(formats)
    return fmt, draw(st.integers(-fmt.max_ordinal, fmt.max_ordinal))


@given(numbers())
def test_ordinals_invert_from_ordinals(case: tuple[Format, int]) -> None:
    fmt, ordinal = case
    assert int(fmt.ordinals(fmt.from_ordinals(np.asarray([ordinal])))[0]) == ordinal


@given(numbers())
def test_neighbouring_ordinals_are_neighbouring_numbers(case: tuple[Format, int]) -> None:
    """Ascending, with nothing between: the middle of two neighbours rounds to one of them."""
    fmt, ordinal = case
    low, high = value(fmt, ordinal), value(fmt, ordinal + 1)
    assert low < high
    if math.isfinite(high):
        middle = (Fraction(low) + Fraction(high)) / 2
        assert fmt.round_exact(middle) in (low, high)


@given(numbers())
def test_ulp_is_goldbergs(case: tuple[Format, int]) -> None:
    fmt, ordinal = case
    y = value(fmt, ordinal)
    exponent = fmt.emin
    if y != 0:
        size = abs(Fraction(y))
        exponent = size.numerator.bit_length() - size.denominator.bit_length()
        exponent = max(exponent - (Fraction(2) ** exponent > size), fmt.emin)
    assert Fraction(float(fmt.ulp(np.asarray([y]))[0])) == Fraction(2) ** (exponent - fmt.precision + 1)


@given(formats, st.floats(allow_nan=False, allow_infinity=False))
def test_exact_rounding_agrees_with_numpy(fmt: Format, x: float) -> None:
    with np.errstate(all="ignore"):
        assert float(fmt.round(np.asarray([x]))[0]) == fmt.round_exact(Fraction(x))


@given(numbers(), st.integers(-2, 2), st.sampled_from([0.0, 2.0**-52, 2.0**-48, 2.0**-40, 2.0**-26, 2.0**-24]))
def test_rounding_beside_ties_rounds_once(case: tuple[Format, int], side: int, distance: float) -> None:
    fmt, ordinal = case
    x = value(fmt, ordinal)
    with np.errstate(all="ignore"):
        near = (x + fmt.ulp(np.asarray(x)) / 2) * (1 + side * distance)
        if math.isfinite(near):
            assert float(fmt.round(np.asarray([near]))[0]) == fmt.round_exact(Fraction(float(near)))


@given(numbers(), st.integers(1, 2**20), st.integers(1, 2**20))
def test_exact_rounding_is_to_nearest(case: tuple[Format, int], numerator: int, denominator: int) -> None:
    fmt, ordinal = case
    exact = Fraction(value(fmt, ordinal)) * Fraction(numerator, denominator)
    rounded = fmt.round_exact(exact)
    if math.isinf(rounded):
        assert abs(exact) >= fmt.overflow_threshold
        return
    near = fmt.ordinals(np.asarray([rounded]).astype(fmt.dtype))[0]
    for neighbour in (value(fmt, int(near) - 1), value(fmt, int(near) + 1)):
        if math.isfinite(neighbour):
            assert abs(Fraction(rounded) - exact) <= abs(Fraction(neighbour) - exact)


@given(numbers())
def test_bits_round_trip(case: tuple[Format, int]) -> None:
    fmt, ordinal = case
    x = fmt.from_ordinals(np.asarray([ordinal]))
    assert fmt.from_bits(fmt.bits(x)).tobytes() == x.tobytes()


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
def test_constants(fmt: Format) -> None:
    assert value(fmt, fmt.max_ordinal) == fmt.max
    assert value(fmt, fmt.max_ordinal + 1) == math.inf == value(fmt, fmt.max_ordinal + 99)
    assert value(fmt, 1) == fmt.min_subnormal
    assert value(fmt, 1 << (fmt.precision - 1)) == fmt.min_normal
    assert fmt.round_exact(fmt.overflow_threshold) == math.inf
    assert fmt.round_exact(fmt.overflow_threshold * (1 - Fraction(1, 2**200))) == fmt.max
    assert list(fmt.ordinals(np.asarray([-0.0, 0.0]).astype(fmt.dtype))) == [0, 0]


@pytest.mark.parametrize("fmt", [f for f in FORMATS.values() if f.width == 16], ids=lambda f: f.name)
def test_ordinals_are_monotone_over_the_whole_format(fmt: Format) -> None:
    everything = fmt.from_ordinals(np.arange(-fmt.max_ordinal - 1, fmt.max_ordinal + 2)).astype(np.float64)
    assert (np.diff(everything) > 0).all()


def test_an_unknown_dtype_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'float32'"):
        format_named("flaot32")
