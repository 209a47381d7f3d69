"""Arb on the reals: certain domain errors, enclosures at awkward points, against closed forms and mpmath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb

from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined

OUTSIDE: list[tuple[str, Callable[[Arb], Any]]] = [
    ("sqrt(-5e-324)", lambda m: m.sqrt(m.lift(-5e-324))),
    ("log(-1)", lambda m: m.log(m.lift(-1.0))),
    ("log1p(-1 - 2^-52)", lambda m: m.log1p(m.lift(-1 - 2.0**-52))),
    ("acos(1 + 2^-52)", lambda m: m.acos(m.lift(1 + 2.0**-52))),
    ("acosh(1 - 2^-53)", lambda m: m.acosh(m.lift(1 - 2.0**-53))),
    ("atanh(-2)", lambda m: m.atanh(m.lift(-2.0))),
    ("erfinv(1.5)", lambda m: m.erfinv(m.lift(1.5))),
    ("pow(-2, 1/2)", lambda m: m.pow(m.lift(-2.0), m.lift(0.5))),
    ("fmod(1, 0)", lambda m: m.fmod(m.lift(1.0), m.lift(0.0))),
]


@pytest.mark.parametrize(("name", "call"), OUTSIDE, ids=[name for name, _ in OUTSIDE])
def test_outside_the_domain_is_certain(name: str, call: Callable[[Arb], Any]) -> None:
    with Arb(128) as m, pytest.raises(Undefined):
        call(m)


POLES: list[tuple[str, Callable[[Arb], Any]]] = [
    ("log(0)", lambda m: m.log(m.lift(0.0))),
    ("lgamma(-3)", lambda m: m.lgamma(m.lift(-3.0))),
    ("lgamma(0)", lambda m: m.lgamma(m.lift(0.0))),
    ("digamma(-1)", lambda m: m.digamma(m.lift(-1.0))),
    ("polygamma(1, -2)", lambda m: m.polygamma(1, m.lift(-2.0))),
    ("pow(0, -1)", lambda m: m.pow(m.lift(0.0), m.lift(-1.0))),
    ("atanh(1)", lambda m: m.atanh(m.lift(1.0))),
    ("erfinv(1)", lambda m: m.erfinv(m.lift(1.0))),
    ("1/0", lambda m: 1 / m.lift(0.0)),
    ("(-2)^[2 +- 1e-30]", lambda m: m.pow(m.lift(-2.0), ArbNumber(arb(2, 1e-30)))),
    ("log[0 +- 1]", lambda m: m.log(ArbNumber(arb(0, 1)))),
    ("sqrt(nan)", lambda m: m.sqrt(ArbNumber(arb.nan()))),
]


@pytest.mark.parametrize(("name", "call"), POLES, ids=[name for name, _ in POLES])
def test_poles_and_doubt_are_not_finite(name: str, call: Callable[[Arb], Any]) -> None:
    with Arb(128) as m:
        assert not call(m).v.is_finite()


def test_exact_values() -> None:
    with Arb(128) as m:
        exact = [
            (m.pow(m.lift(0.0), m.lift(1e300)), 0),
            (m.pow(m.lift(-1.0), m.lift(1e300)), 1),
            (m.pow(m.lift(0.0), m.lift(0.0)), 1),
            (m.pow(m.lift(0.0), m.lift(0.5)), 0),
            (m.pow(m.lift(-1.5), m.lift(3.0)), -3.375),
            (m.fmod(m.lift(-7.5), m.lift(2.0)), -1.5),
            (m.fmod(m.lift(-6.0), m.lift(3.0)), 0),
            (m.sqrt(m.lift(0.0)), 0),
            (m.sinpi(m.lift(1e300)), 0),
            (m.max([m.lift(1.0), m.lift(3.0), m.lift(2.0)]), 3),
        ]
        assert [bool(number.v == value) for number, value in exact] == [True] * len(exact)


def test_sqrt_of_a_ball_that_touches_zero_covers_it() -> None:
    with Arb(128) as m:
        root = m.sqrt(ArbNumber(arb(0, 1e-20))).v
        assert root.is_finite()
        assert root.contains(0)
        assert root.contains(arb(1e-20).sqrt())


def test_fmod_of_a_wide_ratio_decides_with_precision() -> None:
    import math

    for x, y in [(1e300, 3.0), (-1.7e308, 5e-324 * 7), (1e17 + 16, 0.1), (2.0**1000, 1 - 2.0**-53)]:
        with Arb(4096) as m:
            assert m.fmod(m.lift(x), m.lift(y)).v == math.fmod(x, y), (x, y)
        with Arb(64) as m:
            assert m.fmod(m.lift(x), m.lift(y)).v.contains(math.fmod(x, y))
    with Arb(64) as m:  # a numerator that straddles zero: the quotient's integer part is -1, 0 or 1
        straddling = m.fmod(ArbNumber(arb(0, 1)), m.lift(5.0)).v
        assert straddling.contains(1)
        assert straddling.contains(-1)


def test_order_of_balls_is_three_valued() -> None:
    with Arb(64) as m:
        wide, one, nan = ArbNumber(arb(0, 1)), m.lift(1.0), ArbNumber(arb.nan())
        assert m.lt(wide, m.lift(2.0)) is True
        assert m.lt(m.lift(2.0), wide) is False
        assert m.lt(wide, one) is None
        assert m.lt(nan, one) is None
        assert (m.eq0(wide), m.eq0(m.lift(-0.0)), m.eq0(one), m.eq0(nan)) == (None, True, False, None)
        both = m.where(None, lambda: one, lambda: m.lift(5.0)).v
        assert both.contains(1)
        assert both.contains(5)
        assert not m.where(None, lambda: m.log(m.lift(-1.0)), lambda: one).v.is_finite()
        assert m.where(True, lambda: one, lambda: m.log(m.lift(-1.0))).v == 1


GAMMA_POINTS = np.concatenate(
    [
        np.random.default_rng(3).uniform(-40, 0, 40),
        -np.arange(1, 9) + 2.0**-40,
        [-0.5, -5e-324, -1e-300, -2.4570247382208006, -99.5],
    ]
)


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_left_half_line_against_mpmath(name: str) -> None:
    reference = {"lgamma": lambda v: mpmath.log(abs(mpmath.gamma(v))), "digamma": mpmath.digamma}[name]
    with mpmath.workprec(3000 if name == "lgamma" else 400):
        for x in GAMMA_POINTS:
            expected = reference(mpmath.mpf(float(x)))
            with Arb(160) as m:
                y = getattr(m, name)(m.lift(float(x))).v
                assert y.is_finite()
                assert y.rel_accuracy_bits() > 90
            mantissa = arb((int(expected.man) * (-1 if expected < 0 else 1), int(expected.exp)))
            with Arb(500):
                assert abs(mantissa - y.mid()) <= arb(y.rad()) + abs(mantissa) * arb(2) ** -300, x


def test_powers_of_balls_around_zero_are_known() -> None:
    """python-flint's ** gives NaN for them; a neighbourhood of a vector with a zero would be unbounded."""
    with Arb(128) as m:
        ball = ArbNumber(arb(0, 2))
        for value, low, high in ((m.square(ball), 0, 4), (m.pow(ball, m.num(3)), -8, 8), (m.pow(ball, m.num(2)), 0, 4)):
            assert value.v.is_finite()
            assert value.v.contains(low)
            assert value.v.contains(high)
            assert not value.v.contains(high + 1)
        assert m.norm([m.num(3), m.num(4), ball]).v.is_finite()
