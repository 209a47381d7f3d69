"""Mp against python-flint's enclosures, at two precisions, at the arguments where mpmath itself loses digits."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from typing import Any

import flint
import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.protocol import UNARY
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError, ending

BITS = 160
arb: Any = flint.arb

ENCLOSURES: dict[str, Any] = {
    **{n: getattr(arb, n) for n in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")},
    **{n: getattr(arb, n) for n in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "digamma")},
    "sinpi": arb.sin_pi,
    "cospi": arb.cos_pi,
    "exp2": lambda x: arb(2) ** x,
    "log2": lambda x: x.log() / arb.const_log2(),
    "log10": lambda x: x.log() / arb.const_log10(),
    "lgamma": lambda x: x.lgamma() if x > 0 else abs(x.gamma()).log(),
    "floor": arb.floor,
    "abs": abs,
    "square": lambda x: x * x,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
}

#: Near one, at roots of digamma and lgamma, at poles' neighbours, tiny, huge.
HARD = [
    1.0, -1.0, 0.5, -0.5, 1 - 2**-53, -(1 - 2**-53), 1 + 2**-52, 1.4616321449683622, -0.504083008264455, -2.457024738220801,
    2.0 + 2**-51, 0.3725, 8.0, 1e3, 1e22, -1e6 * math.pi, 27.0, -27.0, 1e-300, -1e-300, 5e-324, math.pi, 100.5, -100.5,
    0.6, -0.75, 0.999999, 1e300, -1e300,
]  # fmt: skip

#: Beyond these magnitudes the result, as a fraction, has more bits than a test should hold.
REACH = {"exp": 1e4, "expm1": 1e4, "exp2": 1e4, "sinh": 1e4, "cosh": 1e4, "erfc": 1e2, "sigmoid": 1e4, "softplus": 1e4}


def units(name: str, x: float) -> float:
    """The error of Mp's result in units of 2^-BITS of it, measured against Arb's enclosure at 3,000 bits."""
    m = Mp(BITS)
    exact = m.exact(getattr(m, name)(m.lift(x)))
    with flint.ctx.workprec(3000):
        truth = ENCLOSURES[name](arb(x))
        if isinstance(exact, float):
            assert not truth.is_finite(), f"{name}({x!r}) = {exact}, an ordinary number"
            return 0.0
        assert truth.is_finite() or x < -1e5, f"{name}({x!r}) = {float(exact)}, where it is undefined"
        if not truth.is_finite() or truth.contains(flint.fmpq(exact.numerator, exact.denominator)):
            return 0.0
        given_value = arb(flint.fmpq(exact.numerator, exact.denominator))
        return float((abs(truth - given_value) / abs(truth)).upper()) * 2.0**BITS


@pytest.mark.parametrize("name", UNARY)
def test_hard_points_are_within_a_unit(name: str) -> None:
    for x in HARD:
        if abs(x) <= REACH.get(name, math.inf):
            assert units(name, x) <= 1.001, (name, x)


@pytest.mark.parametrize("name", UNARY)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(x=st.one_of(st.floats(-12, 12), st.floats(-1, 1), st.floats(allow_nan=False, allow_infinity=False)))
def test_any_point_is_within_a_unit(name: str, x: float) -> None:
    if abs(x) <= REACH.get(name, math.inf) and not (name in ("lgamma", "digamma") and x < -1e5):
        assert units(name, x) <= 1.001


@pytest.mark.parametrize("name", UNARY)
def test_two_precisions_agree(name: str) -> None:
    low, high = Mp(128), Mp(256)
    for x in HARD:
        a, b = getattr(low, name)(low.lift(x)), getattr(high, name)(high.lift(x))
        if str(b) in ("nan", "+inf", "-inf"):
            assert str(a) == str(b)
        else:
            difference = high.num(b) - high.num(high._context.make_mpf(a._mpf_))
            assert high.log2_magnitude(difference) <= high.log2_magnitude(b) - 127.9


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("x", [1e-300, 0.3725, 1.0, 1.5, 40.25, 1e10, 1e300, -0.75, -2.5, -40.125])
def test_polygamma(n: int, x: float) -> None:
    m = Mp(BITS)
    exact = m.exact(m.polygamma(n, m.lift(x)))
    assert isinstance(exact, Fraction)
    with flint.ctx.workprec(2500):
        truth = flint.acb(x).polygamma(flint.acb(n)).real
        distance = abs(truth - arb(flint.fmpq(exact.numerator, exact.denominator)))
        assert distance <= abs(truth) * arb(2) ** (1 - BITS)


def test_polygamma_far_left_is_quick_and_right() -> None:
    """psi_1(x) = pi^2/sin^2(pi x) - psi_1(1 - x); mpmath's own takes 20 s here."""
    m, x = Mp(200), -1e6 * math.pi
    value = m.polygamma(1, m.lift(x))
    sine = m.sinpi(m.lift(x))
    mirrored = m.const("pi") * m.const("pi") / (sine * sine) - m.polygamma(1, 1 - m.lift(x))
    assert m.log2_magnitude(value - mirrored) <= m.log2_magnitude(value) - 190


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("log", -1),
        ("sqrt", -1),
        ("asin", 2),
        ("acos", -1.5),
        ("acosh", 0.5),
        ("atanh", 2),
        ("log1p", -2),
        ("erfinv", 1.5),
        ("log2", -8),
    ],
)
def test_outside_the_real_domain_is_nan(name: str, x: float) -> None:
    m = Mp(100)
    assert math.isnan(m.log2_magnitude(getattr(m, name)(m.lift(x))))


def test_every_function_answers_at_special_values() -> None:
    m = Mp(100)
    for name in UNARY:
        for x in (0.0, -1.0, 1.0, -3.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 2.0**-1074):
            getattr(m, name)(m.lift(x))
    assert str(m.erfc(m.lift(math.inf))) == "0.0"
    assert str(m.exp(m.lift(-math.inf))) == "0.0"
    assert str(m.log(m.lift(0.0))) == "-inf"
    assert str(m.lgamma(m.lift(-4.0))) == "+inf"


def test_poles_of_division_are_nan() -> None:
    m = Mp(100)
    for quotient in (m.lift(1.0) / 0, 1 / m.lift(0.0), m.lift(0.0) / m.lift(0.0)):
        assert math.isnan(m.log2_magnitude(quotient))
    assert str(mpmath.mpf(2) / 3) != "nan", "other contexts keep their division"


def test_exact_cases() -> None:
    m = Mp(100)
    assert m.exact(m.sinpi(m.lift(1e300))) == 0
    assert m.exact(m.cospi(m.lift(2.5))) == 0
    assert m.exact(m.exp2(m.lift(-1000.0))) == Fraction(1, 2**1000)
    assert m.exact(m.log2(m.lift(0.125))) == -3
    assert m.exact(m.pow(m.lift(-3.0), m.lift(3.0))) == -27
    assert m.exact(m.lgamma(m.lift(2.0))) == 0
    assert m.exact(m.floor(m.lift(-0.5))) == -1


@given(
    x=st.floats(allow_nan=False, allow_infinity=False),
    y=st.floats(allow_nan=False, allow_infinity=False).filter(lambda v: v != 0),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_fmod_is_exact_at_any_ratio(x: float, y: float) -> None:
    m = Mp(128)
    assert m.double(m.fmod(m.lift(x), m.lift(y)))[0] == math.fmod(x, y)


@given(x=st.floats(allow_nan=False), shift=st.integers(-80, 80))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_double_rounds_once(x: float, shift: int) -> None:
    m = Mp(300)
    number = m.lift(x)
    if math.isfinite(x):
        number = number * Fraction(2**90 + 1, 2**90) * Fraction(2) ** shift
        exact = m.exact(number)
        assert isinstance(exact, Fraction)
        try:
            expected = exact.numerator / exact.denominator
        except OverflowError:
            expected = math.copysign(math.inf, x)
        value, low = m.double(number)
        assert value == expected
        if math.isfinite(value):
            assert abs(exact - Fraction(value)) <= Fraction(math.ulp(value)) / 2
            assert abs(exact - Fraction(value) - Fraction(low)) <= max(abs(Fraction(low)) / 2**52, Fraction(1, 2**1074))
    else:
        assert m.double(number) == (x, 0.0)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0, 0, 1),
        (0, 2, 0),
        (-2, 0.5, math.nan),
        (-1, 1e300, 1),
        (0, -1, math.nan),
        (0, -2, math.inf),
        (4, -0.5, 0.5),
        (-2, -3, -0.125),
    ],
)
def test_pow_on_the_reals(x: float, y: float, expected: float) -> None:
    m = Mp(100)
    value = m.double(m.pow(m.lift(x), m.lift(y)))[0]
    assert value == expected or (math.isnan(value) and math.isnan(expected))


def test_pow_of_huge_powers_keeps_its_digits() -> None:
    low, high = Mp(128), Mp(512)
    for x, y in ((1 + 2**-52, 2.0**60 + 1), (1.5, 1e6 + 0.5), (0.1, -300.25), (1e300, 1e300)):
        a, b = low.pow(low.lift(x), low.lift(y)), high.pow(high.lift(x), high.lift(y))
        assert high.log2_magnitude(b - high._context.make_mpf(a._mpf_)) <= high.log2_magnitude(b) - 127.9


def test_a_context_of_its_own() -> None:
    before = mpmath.mp.prec
    Mp(777).exp(Mp(50).lift(1.0))
    assert mpmath.mp.prec == before


def test_conditions_are_undecided_on_nan() -> None:
    m = Mp(64)
    nan, one = m.lift(math.nan), m.lift(1.0)
    assert (m.lt(nan, one), m.eq0(nan), m.lt(one, 2)) == (None, None, True)
    assert math.isnan(m.log2_magnitude(m.where(None, lambda: one, lambda: one)))
    assert math.isnan(m.log2_magnitude(m.max([one, nan])))
    calls: list[str] = []
    m.where(True, lambda: one, lambda: calls.append("no"))
    assert not calls


def test_astronomical_numbers_have_a_magnitude_but_no_fraction() -> None:
    m = Mp(64)
    huge = m.exp(m.lift(1e300))
    assert m.log2_magnitude(huge) == pytest.approx(1e300 / math.log(2))
    assert m.log2_magnitude(m.erfc(m.lift(1e300))) < -1e300
    assert m.log2_magnitude(m.lift(-48.0)) == pytest.approx(math.log2(48), rel=1e-15)
    with pytest.raises(OverflowError, match="not written out"):
        m.exact(huge)


def test_special_functions_end_with_the_time_of_their_caller() -> None:
    m = Mp(BITS)
    with ending(time.monotonic() + 60), ending(time.monotonic() + 600):
        m.betainc_i(m.num(2), m.num(3), m.lift(0.5))
    with ending(0.0), ending(math.inf), pytest.raises(TimeIsUpError):
        m.betainc_i(m.num(2), m.num(3), m.lift(0.25))
    m.betainc_i(m.num(2), m.num(3), m.lift(0.25))
