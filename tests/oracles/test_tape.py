"""Derivatives on the tape: against mpmath's differentiation and closed forms; ties, kinks, isolated points, nesting."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.arithmetic.protocol import UNARY
from ulpfuzz.oracles.arithmetic.tape import Tape

Definition = Callable[..., Any]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def first(m: Any, definition: Definition, point: Any) -> list[Any]:
    """The partial derivatives of a definition at a point of numbers of m."""
    tape = Tape(m)
    variables = [tape.lift(v) for v in point]
    return tape.gradient([definition(tape, *variables)], [1], variables)


def second(m: Any, definition: Definition, point: Any) -> list[Any]:
    """The gradient of the sum of the partial derivatives."""
    outer = Tape(m)
    variables = [outer.lift(v) for v in point]
    partials = first(outer, definition, variables)
    return outer.gradient(partials, [1] * len(partials), variables)


def mp_function(definition: Definition) -> Callable[..., Any]:
    """The definition over plain mpmath numbers, where it is smooth."""

    class Plain:
        def __getattr__(self, name: str) -> Any:
            return {"lgamma": mpmath.loggamma, "square": lambda v: v * v, "abs": abs, "pow": lambda x, y: x**y, "sum": sum,
                    "exp2": lambda v: mpmath.mpf(2) ** v, "log2": lambda v: mpmath.log(v, 2), "polygamma": mpmath.psi,
                    "num": mpmath.mpf}.get(name) or getattr(mpmath, name)  # fmt: skip

    return lambda *point: definition(Plain(), *point)


def one_function(name: str, m: Any, x: Any) -> Any:
    return getattr(m, name)(x)


SMOOTH: dict[str, tuple[Definition, float, float]] = {
    "composition": (lambda m, x: m.exp(m.sin(x)) * m.log1p(m.square(x)) / (1 + m.exp(-x)), -2, 2),
    "softplus": (lambda m, x: m.log(1 + m.exp(x)), -20, 20),
    "mish": (lambda m, x: x * m.tanh(m.log(1 + m.exp(x))), -20, 20),
    "gelu": (lambda m, x: x / 2 * m.erfc(-x / m.sqrt(m.num(2))), -6, 6),
    "roots": (lambda m, x: m.sqrt(1 + m.square(x)) - m.pow(x + 3, 3) / (x - 7), -2, 2),
    "gammas": (lambda m, x: m.lgamma(x) * m.digamma(x + 1) - m.polygamma(1, x), 0.5, 5),
    "hyperbolic": (lambda m, x: m.sinh(x) * m.cosh(x) - m.tanh(x) / (2 + m.cos(x)) + m.expm1(x), -2, 2),
    "logs": (lambda m, x: m.log2(x) * m.log10(x) - m.exp2(x) + 1 / x, 0.5, 5),
    **{name: (partial(one_function, name), low, high) for name, low, high in
       [("asin", -0.9, 0.9), ("acos", -0.9, 0.9), ("atan", -3, 3), ("asinh", -3, 3), ("acosh", 1.1, 5), ("atanh", -0.9, 0.9),
        ("erf", -2, 2), ("erfinv", -0.9, 0.9), ("tan", -1.4, 1.4), ("sinpi", -2, 2), ("cospi", -2, 2), ("digamma", 0.2, 6)]},
}  # fmt: skip


def points(name: str, low: float, high: float) -> list[float]:
    return [float(v) for v in np.random.default_rng(len(name)).uniform(low, high, 6)]


@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives_against_mpmath(name: str) -> None:
    definition, low, high = SMOOTH[name]
    for x in points(name, low, high):
        with mpmath.workprec(300):
            slope, bend = (mpmath.diff(mp_function(definition), mpmath.mpf(x), n) for n in (1, 2))
        with Arb(200) as m:
            ((y1,), (y2,)) = first(m, definition, [m.lift(x)]), second(m, definition, [m.lift(x)])
            for number, expected in ((y1, slope), (y2, bend)):
                error = abs(number.v - arb(mpmath.nstr(expected, 40)))
                assert error < arb(10) ** -30 * (1 + abs(number.v)), (x, number.v, expected)


@pytest.mark.parametrize("arithmetic", [Ball64, Log64])
@pytest.mark.parametrize("name", SMOOTH)
def test_vectorised_derivatives_enclose_those_of_arb(name: str, arithmetic: Any) -> None:
    definition, low, high = SMOOTH[name]
    x = np.random.default_rng(7).uniform(low, high, 100)
    for derivative in (first, second):
        m = arithmetic(x.size)
        (number,) = derivative(m, definition, [m.lift(x)])
        ball = number.value if arithmetic is Log64 else number
        radius = np.broadcast_to(ball.radius(), x.shape)
        with Arb(200) as a:
            truth = [derivative(a, definition, [a.lift(v)])[0].v for v in x]
            outside = [
                v for v, y, c, r in zip(x, truth, ball.mid, radius, strict=True) if r < np.inf and abs(y - arb(c)) > arb(r)
            ]
        assert not outside
        decided = 0.9 if (name, derivative) not in (("gammas", second),) else 0
        assert np.mean(radius < 1e-7 * (1 + np.abs(ball.mid))) >= decided


def test_every_function_has_a_rule() -> None:
    tape = Tape(Ball64(1))
    node = tape.lift(tape.base.lift(np.asarray([0.5])))
    for name in UNARY:
        x = node + 1 if name == "acosh" else node
        (slope,) = tape.gradient([getattr(tape, name)(x)], [1], [node])
        assert np.isfinite(slope.mid).all(), name


def test_several_variables() -> None:
    def definition(m: Any, x: Any, y: Any) -> Any:
        return m.atan2(y, x) + m.pow(x, y) + m.fmod(x, y) + x * y - y / x

    x, y = 2.75, 1.25
    with Arb(128) as m:
        dx, dy = (float(g.v) for g in first(m, definition, [m.lift(x), m.lift(y)]))
    square = x * x + y * y
    assert dx == pytest.approx(-y / square + y * x ** (y - 1) + 1 + y + y / x**2, rel=1e-15)
    assert dy == pytest.approx(x / square + x**y * math.log(x) - 2 + x - 1 / x, rel=1e-15)


def test_pow_at_the_edges_of_its_poles() -> None:
    with Arb(128) as m:
        for x, y, slope in [(0.0, 0.0, 0), (0.0, 1.0, 1), (0.0, 2.0, 0), (-3.0, 2.0, -6), (5.0, 0.0, 0)]:
            assert first(m, lambda t, v, y=y: t.pow(v, y), [m.lift(x)])[0].v == slope, (x, y)
        assert first(m, lambda t, v: t.pow(t.num(0), v), [m.lift(2.0)])[0].v == 0
        dx, dy = first(m, lambda t, x, y: t.pow(x, y), [m.lift(-2.0), m.lift(3.0)])
        assert dx.v == 12
        assert not dy.v.is_finite()
    ball = Ball64(1)
    assert first(ball, lambda t, v: t.pow(v, 0), [ball.lift(np.asarray([0.0]))])[0].mid == 0


def vector(m: Ball64, *values: float) -> Any:
    return m.lift(np.asarray(values))


# -- zero adjoints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arithmetic", [Ball64, Log64])
def test_a_zero_adjoint_annihilates_an_infinite_partial(arithmetic: Any) -> None:
    """sqrt(x^2 + 0): not this; 0 * sqrt(x) at 0, and the branch that `where` does not take."""
    m = arithmetic(2)
    x = m.lift(np.asarray([0.0, 4.0]))
    (slope,) = first(m, lambda t, v: t.where(t.lt(t.num(1), v), lambda: t.sqrt(v), lambda: v * 3), [x])
    ball = slope.value if arithmetic is Log64 else slope
    assert ball.mid.tolist() == [3, 0.25]
    assert (ball.radius() < 1e-14).all()
    (zero,) = first(m, lambda t, v: t.sqrt(v) * 0, [m.lift(np.asarray([0.0, 0.0]))])
    assert ((zero.value if arithmetic is Log64 else zero).mid == 0).all()


def test_a_zero_adjoint_annihilates_in_arb_and_nested() -> None:
    with Arb(64) as m:
        assert first(m, lambda t, v: t.sqrt(v) * 0, [m.lift(0.0)])[0].v == 0
        assert second(m, lambda t, v: t.sqrt(v) * 0, [m.lift(0.0)])[0].v == 0
        branch = second(m, lambda t, v: t.where(t.lt(v, 1), lambda: t.square(v), lambda: t.log(v - 1)), [m.lift(0.5)])
        assert branch[0].v == 2


@pytest.mark.parametrize(
    "definition",
    [
        lambda t, v: t.sqrt(v) * t.sqrt(v),
        lambda t, v: t.square(t.sqrt(v)),
        lambda t, v: t.exp(t.log(v)),
        lambda t, v: t.exp(2 * t.log(v) + 1) * 3,
    ],
)
def test_a_zero_of_the_variable_itself_annihilates_no_infinite_slope(definition: Definition) -> None:
    """x at 0, in forms whose adjoint is zero where the slope is infinite: the derivative 1 (or 0) is a limit, not 0."""
    with Arb(64) as m:
        assert not first(m, definition, [m.lift(0.0)])[0].v.is_finite()
        assert not second(m, definition, [m.lift(0.0)])[0].v.is_finite()


def test_a_zero_of_another_variable_does() -> None:
    with Arb(64) as m:
        zero, infinite = (m.lift(0.0), m.lift(0.0))
        slopes = first(m, lambda t, x, y: y * t.sqrt(x), [zero, infinite])
        assert [s.v for s in slopes] == [0, 0]


# -- ties --------------------------------------------------------------------------------------------------------------


def test_ties_of_max_give_the_hull_and_note_a_kink() -> None:
    m = Ball64(3)
    slopes = first(m, lambda t, x, y, z: t.max([x * 2, y, z]), [vector(m, 1, 1, 0), vector(m, 2, 0, 5), vector(m, 1, 1, 5)])
    assert m.kinks is not None
    assert m.kinks.tolist() == [True, False, True]
    rows = [[(float(s.lower()[i]), float(s.upper()[i])) for s in slopes] for i in range(3)]
    assert rows[0][0][0] <= 0 <= 2 <= rows[0][0][1]
    assert rows[0][1][0] <= 0 <= 1 <= rows[0][1][1]
    assert rows[0][2] == (0, 0)
    assert rows[1][0] == pytest.approx((2, 2), rel=1e-14)
    assert rows[1][1:] == [(0, 0), (0, 0)]
    assert rows[2][0] == (0, 0)


def test_ties_of_where_and_abs() -> None:
    def relu(t: Any, v: Any) -> Any:
        return t.where(t.lt(0, v), lambda: v, lambda: t.num(0))

    for definition, left, right in ((relu, 0, 1), (lambda t, v: t.abs(v), -1, 1), (lambda t, v: t.max([v, 0]), 0, 1)):
        m = Ball64(3)
        (slope,) = first(m, definition, [vector(m, -1.5, 0, 2)])
        assert (slope.mid[0], slope.mid[2]) == (left, right)
        assert slope.lower()[1] <= left
        assert slope.upper()[1] >= right
        assert m.kinks is not None
        assert m.kinks.tolist() == [False, True, False]
        with Arb(64) as a:
            for x, low, high in ((-1.5, left, left), (0.0, left, right), (2.0, right, right)):
                a.kink = False
                (value,) = first(a, definition, [a.lift(x)])
                assert value.v.contains(low)
                assert value.v.contains(high)
                assert value.v.rad() < (1.5 if x == 0 else 1e-9)
                assert a.kink is (x == 0)


def test_a_factor_that_leaps_at_a_tie_counts_with_both_values() -> None:
    """y where x <= 1, 2 y beyond: at x = 1 exactly the derivative by y is 1 in one branch and 2 in the other."""

    def leaping(t: Any, x: Any, y: Any) -> Any:
        return y * t.where(t.lt(1, x), lambda: t.num(2), lambda: t.num(1))

    m = Ball64(3)
    _, slope = first(m, leaping, [vector(m, 0.5, 1, 2), vector(m, 3, 3, 3)])
    assert [float(slope.mid[i]) for i in (0, 2)] == [1, 2]
    assert slope.lower()[1] <= 1
    assert slope.upper()[1] >= 2
    with Arb(64) as a:
        _, exact = first(a, leaping, [a.lift(1.0), a.lift(3.0)])
        assert exact.v.contains(1)
        assert exact.v.contains(2)


def test_min_is_the_mirror_of_max() -> None:
    m = Ball64(2)
    x, y = first(m, lambda t, x, y: t.min([x, y * 3]), [vector(m, 1, 9), vector(m, 1, 1)])
    assert (x.mid.tolist(), y.mid.tolist()) == ([1, 0], [0, 3])
    assert m.kinks is None


def test_an_isolated_point_is_noted_as_removable() -> None:
    def sinc(t: Any, v: Any) -> Any:
        return t.where(t.eq0(v), lambda: t.num(1), lambda: t.sin(v) / v)

    m = Ball64(2)
    (slope,) = first(m, sinc, [vector(m, 0, 1)])
    assert m.touched_removable is not None
    assert m.touched_removable.tolist() == [True, False]
    assert slope.mid[1] == pytest.approx(math.cos(1) - math.sin(1), abs=1e-14)
    with Arb(64) as a:
        first(a, sinc, [a.lift(0.0)])
        assert a.removable
        a.removable = False
        first(a, sinc, [a.lift(1.0)])
        assert not a.removable


# -- nesting -----------------------------------------------------------------------------------------------------------


def huber(t: Any, v: Any) -> Any:
    return t.where(t.lt(t.abs(v), 1), lambda: t.square(v) / 2, lambda: t.abs(v) - Fraction(1, 2))


def test_nested_tapes_through_where_max_and_abs() -> None:
    m = Ball64(4)
    (bend,) = second(m, huber, [vector(m, -3, -0.25, 0.5, 3)])
    assert bend.mid.tolist() == [0, 1, 1, 0]
    (cube,) = second(m, lambda t, v: t.abs(v) * t.square(v), [vector(m, -2, -1, 1, 2)])
    assert cube.mid.tolist() == [12, 6, 6, 12]
    (best,) = second(m, lambda t, v: t.max([t.square(v), v * t.square(v), -v]), [vector(m, -0.5, 0.5, 2, -3)])
    assert best.mid.tolist() == [0, 2, 12, 2]
    with Arb(64) as a:
        expected = [second(a, huber, [a.lift(x)])[0].v for x in (-3.0, -0.25, 0.5, 3.0)]
        assert [float(v) for v in expected] == [0, 1, 1, 0]
        kinked = second(a, huber, [a.lift(1.0)])[0].v
        assert kinked.contains(0)
        assert kinked.contains(1)


def test_nested_log64_agrees() -> None:
    m = Log64(3)
    (bend,) = second(m, lambda t, v: t.log(1 + t.exp(v)), [m.lift(np.asarray([-700.0, 0.0, 40.0]))])
    value, low, radius = m.enclose(bend)
    expected = [math.exp(-700), 0.25, math.exp(-40)]
    assert np.all(np.abs(value + low - expected) <= radius + 1e-13 * np.asarray(expected))
    assert radius[1] < 1e-13


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-30, 30), min_size=2, max_size=5), st.integers(0, 4))
def test_softmax_rows_sum_to_zero_gradient(x: list[float], index: int) -> None:
    """d softmax_i / d x_j = s_i (delta_ij - s_j); its row sums to zero."""

    def softmax(t: Any, *v: Any) -> Any:
        return t.exp(v[index % len(v)]) / t.sum([t.exp(w) for w in v])

    m = Ball64(1)
    slopes = first(m, softmax, [vector(m, v) for v in x])
    total = m.sum(slopes)
    assert abs(total.mid[0]) <= total.rad[0]
    assert total.rad[0] < 1e-10
