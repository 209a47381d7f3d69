"""Conditioning: amplification against derivatives known by hand, and neighbourhoods that enclose and stay tight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.conditioning import amplification, condition_number, least_amplification
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.neighbourhood import natural_range, neighbourhood

FIRST = np.zeros(1, np.int64)


def function(name: str, order: str = "value") -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), order)


@pytest.mark.parametrize("precision", [24, 53])
@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("exp", {"x": 50.0}, 50 * math.exp(50)),
        ("log", {"x": 1e30}, 1.0),
        ("sin", {"x": 1e22}, 1e22 * abs(math.cos(1e22))),
        ("sum", {"x": [1e30, 1.0, -1e30]}, 2e30),
        ("mul", {"x": 3.0, "y": 4.0}, 24.0),
        ("softplus", {"x": -50.0}, 50 * math.exp(-50)),
        ("digamma", {"x": 1.4616321449683623}, 1.4616321449683623 * 0.9672),
    ],
)
def test_amplification_is_sum_of_x_times_derivative(
    name: str, inputs: dict[str, object], expected: float, precision: int
) -> None:
    arrays = {key: np.asarray([value], np.float64) for key, value in inputs.items()}
    (found,) = amplification(function(name), arrays, FIRST, precision)
    assert found == pytest.approx(expected, rel=0.25)


def test_amplification_where_the_derivative_cancels_to_the_end_of_the_range() -> None:
    """1 - softmax_1 = e^-636: an upper bound at too few bits would say 1e-228, and hide a lost result."""
    x = np.asarray([[0.0, 636.0]])
    (found,) = amplification(function("log_softmax"), {"x": x}, np.ones(1, np.int64), 53)
    assert found == pytest.approx(636 * math.exp(-636), rel=0.25)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["exp", "sin", "tanh", "gelu", "softplus", "atan"]), st.floats(-20, 20), st.floats(-1, 1))
def test_a_neighbourhood_contains_the_values_at_its_points(name: str, x: float, part: float) -> None:
    from ulpfuzz.oracles.rigorous import enclose

    width = 4 * float(np.spacing(np.float32(abs(x) + 1e-3)))
    found = neighbourhood(function(name), {"x": np.float64(x)}, 0, {"x": np.float64(width)}, 128)
    inside = enclose(function(name), {"x": np.float64(x + part * width)}, 128).balls[0]
    assert found.bounded
    assert not inside < found.low
    assert not inside > found.high


def test_the_mean_value_form_is_tight_where_the_natural_enclosure_is_not() -> None:
    """digamma at its root: the range over +-4 ulps is 8 ulps times the slope, not what interval evaluation makes of it."""
    root, width = 1.4616321449683623, 4 * 2.0**-23
    found = neighbourhood(function("digamma"), {"x": np.float64(root)}, 0, {"x": np.float64(width)}, 192)
    assert float(found.high - found.low) < 2.2 * width * 0.968


@pytest.mark.parametrize(
    ("name", "x", "width", "both"),
    [
        ("round", 2.5 - 2.0**-22, 2.0**-20, (2, 3)),
        ("threshold", 0.5 + 2.0**-24, 2.0**-22, (-1, 0.5)),
        ("floor", 3.0, 2.0**-20, (2, 3)),
    ],
)
def test_across_a_leap_no_slope_bounds_the_change(name: str, x: float, width: float, both: tuple[float, float]) -> None:
    found = neighbourhood(function(name), {"x": np.float64(x)}, 0, {"x": np.float64(width)}, 192)
    assert not any(found.excludes(value, 0.0) for value in both)


@given(
    st.sampled_from(["exp", "sin", "log1p", "tanh", "gamma", "erf", "softplus"]),
    st.floats(0.01, 30.0),
    st.sampled_from(["value", "grad"]),
)
@settings(max_examples=60, deadline=None)
def test_what_the_natural_enclosure_excludes_the_whole_one_excludes(name: str, x: float, order: str) -> None:
    """So a proof may begin with the cheap one."""
    widths, row = {"x": np.float64(4 * np.spacing(x))}, {"x": np.float64(x)}
    natural = natural_range(function(name, order), row, 0, widths, 128, Kept())
    whole = neighbourhood(function(name, order), row, 0, widths, 128)
    if natural.bounded:
        assert whole.bounded
        assert natural.low <= whole.low <= whole.high <= natural.high


def test_a_neighbourhood_stays_in_the_domain() -> None:
    found = neighbourhood(function("sqrt"), {"x": np.float64(0.0)}, 0, {"x": np.float64(1e-10)}, 128)
    assert found.bounded
    assert float(found.low) >= -1e-12
    assert float(found.high) == pytest.approx(1e-5, rel=0.01)


def test_at_a_pole_nothing_is_claimed() -> None:
    found = neighbourhood(function("reciprocal"), {"x": np.float64(0.0)}, 0, {"x": np.float64(1e-10)}, 128)
    assert not found.bounded
    assert not found.excludes(1.0, 0.0)


def test_the_least_amplification_is_one() -> None:
    """Never above what Arb finds; along the softmax's invariant direction, where a derivative is zero, no part of it is claimed."""
    x = np.asarray([[0.5, -1.25, 3.0], [1e-20, 2.0, -7.0]])
    for name, order, extra in (
        ("softmax", "grad", {"cotangent": x[::-1].copy()}),
        ("var", "grad2", {"cotangent": np.ones((2, 1)), "tangent": x}),
    ):
        f = Function(name, ("x",), (("correction", 0),) if name == "var" else (), order, ("x",), ((-np.inf, np.inf),))
        for output in range(3):
            at = np.full(2, output)
            least, about = least_amplification(f, {"x": x, **extra}, at, 24), amplification(f, {"x": x, **extra}, at, 24)
            assert (least <= about * (1 + 1e-9)).all()
            assert (least >= about / 2).all()
    constant = Function("softmax", ("x",), (), "grad2", ("x",), ((-np.inf, np.inf),))
    zero = least_amplification(
        constant, {"x": x, "cotangent": np.ones((2, 3)), "tangent": np.ones((2, 3))}, np.zeros(2, np.int64), 24
    )
    assert (zero < 1e-10).all()


def test_integers_that_alone_have_values_do_not_move() -> None:
    """zeta(s, q) has a real value for q < 0 at integers s only, x^n for x < 0 at integers n only; counts are exact anyway."""
    zeta = function("hurwitz_zeta")
    single = {"s": np.asarray([5.0]), "q": np.asarray([-9.625])}
    (about,) = amplification(zeta, single, FIRST, 24)
    assert np.isfinite(about)
    row = {name: values[0] for name, values in single.items()}
    found = neighbourhood(zeta, row, 0, {name: 4 * np.spacing(np.abs(v)) for name, v in row.items()})
    assert found.bounded
    power = function("pow")
    row = {"x": np.asarray(-3.0), "y": np.asarray(5.0)}
    found = neighbourhood(power, row, 0, {name: 4 * np.spacing(np.abs(v)) for name, v in row.items()})
    assert found.bounded
    assert found.low < -243 < found.high
    poisson = function("poisson_cdf")
    assert poisson.counts == ("k",)
    (about,) = amplification(poisson, {"k": np.asarray([1000.0]), "mu": np.asarray([1000.0])}, FIRST, 24)
    assert np.isfinite(about)


def test_labels_do_not_move() -> None:
    """The gradient of the cross-entropy is softmax(x) - y: a y of 1 is said, a y of 0.75 may have been rounded."""
    loss = function("cross_entropy", "grad")
    assert loss.labels == ("y",)
    row = {"x": np.asarray([40.0, 0.0]), "y": np.asarray([1.0, 0.0]), "cotangent": np.asarray([1.0])}
    (about,) = amplification(loss, {name: values[np.newaxis] for name, values in row.items()}, FIRST, 24)
    assert about == pytest.approx(41 * math.exp(-40), rel=0.1)
    widths = {name: 8 * np.spacing(np.abs(v).astype(np.float32)).astype(float) for name, v in row.items()}
    found = neighbourhood(loss, row, 0, widths)
    assert found.bounded
    assert float(found.low) == pytest.approx(-math.exp(-40), rel=1e-3)
    assert float(found.high) == pytest.approx(-math.exp(-40), rel=1e-3)
    soft = {"x": np.asarray([[40.0, 0.0]]), "y": np.asarray([[0.75, 0.25]]), "cotangent": np.asarray([[1.0]])}
    assert amplification(loss, soft, FIRST, 24) > 0.25


@pytest.mark.parametrize("mu", [1e-302, 1e-306])
def test_at_the_low_end_of_binary64_no_uncertainty_is_taken_for_an_amplification(mu: float) -> None:
    """The slope of P(k <= 0) by k, of terms that cancel: the ball around it is 1e9 times as large as it is, and not small beside 1e-300."""
    point = {"k": np.asarray([mu]), "mu": np.asarray([mu * (1 + 1e-9)])}
    f = function("poisson_cdf", "grad")
    (about,) = amplification(f, point, FIRST, 53)
    exact = condition_number(f, {name: values[0] for name, values in point.items()}, 0)
    m = Arb(2600)
    with m:
        size = abs(float(m.num(f.outputs(m, {name: m.lift(float(values[0])) for name, values in point.items()})[0]).v.mid()))
    assert about == pytest.approx(exact * size, rel=0.5, abs=2.0**-1070)
