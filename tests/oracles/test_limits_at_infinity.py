"""Limits at special inputs, against C23 Annex F and the analysis books; and that nothing is claimed where nothing is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles.limits_at_infinity import accepted
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

INF, NAN_ = math.inf, math.nan
KIND = {"nan": NAN, "inf": PINF, "-inf": NINF}


def limits(name: str, order: str = "value", params: dict[str, Any] | None = None, **inputs: Any) -> list[Any]:
    op = op_named(name)
    function = function_of(op, {**op.default_params(), **(params or {})}, order)
    return accepted(function, {key: np.asarray(value, np.float64) for key, value in inputs.items()})


#: C23 F.10, or the function's own limit.
UNARY: list[tuple[str, float, float]] = [
    ("exp", INF, INF), ("exp", -INF, 0), ("exp2", -INF, 0), ("expm1", -INF, -1), ("expm1", INF, INF), ("log", INF, INF), ("log", 0.0, -INF),
    ("log", -0.0, -INF), ("log2", 0.0, -INF), ("log10", INF, INF), ("log1p", -1.0, -INF), ("log1p", INF, INF), ("sqrt", INF, INF),
    ("rsqrt", INF, 0), ("rsqrt", 0.0, INF), ("cbrt", -INF, -INF), ("reciprocal", 0.0, INF), ("reciprocal", -0.0, -INF), ("reciprocal", INF, 0),
    ("square", -INF, INF), ("sin", INF, NAN_), ("cos", INF, NAN_), ("cos", -INF, NAN_), ("tan", INF, NAN_), ("atan", INF, math.pi / 2),
    ("sinh", -INF, -INF), ("cosh", -INF, INF), ("tanh", -INF, -1), ("asinh", INF, INF), ("acosh", INF, INF), ("atanh", 1.0, INF),
    ("atanh", -1.0, -INF),
    ("erf", INF, 1), ("erfc", -INF, 2), ("erfc", INF, 0), ("erfinv", -1.0, -INF), ("lgamma", INF, INF), ("lgamma", -3.0, INF), ("digamma", INF, INF),
    ("logit", 0.0, -INF), ("logit", 1.0, INF), ("sinc", INF, 0), ("entr", INF, -INF), ("ndtr", -INF, 0), ("log_ndtr", -INF, -INF),
    ("sigmoid", -INF, 0), ("sigmoid", INF, 1), ("log_sigmoid", -INF, -INF), ("softplus", INF, INF), ("softplus", -INF, 0), ("relu6", INF, 6),
    ("elu", -INF, -1), ("silu", -INF, 0), ("silu", INF, INF), ("mish", -INF, 0), ("gelu", -INF, 0), ("gelu", INF, INF), ("hard_swish", -INF, 0),
    ("softsign", INF, 1), ("tanhshrink", INF, INF), ("squareplus", -INF, 0), ("squareplus", INF, INF),
]  # fmt: skip

BINARY: list[tuple[str, float, float, float]] = [
    ("add", INF, -INF, NAN_), ("sub", INF, -1e300, INF), ("mul", INF, 0.0, NAN_), ("div", 1.0, INF, 0), ("div", INF, INF, NAN_),
    ("pow", INF, 2.0**-24, INF), ("pow", INF, 5e-324, INF), ("pow", 2.0, -INF, 0), ("pow", 0.5, INF, 0),
    ("atan2", -INF, 3e38, -math.pi / 2), ("atan2", -INF, 1.7e308, -math.pi / 2), ("hypot", -INF, 1e308, INF),
    ("logaddexp", -INF, 1e300, 1e300), ("logaddexp", INF, 0.0, INF), ("huber", INF, 3.4e38, INF), ("rel_entr", 1e-38, 0.0, INF),
    ("fmod", 5.0, INF, 5), ("fmod", INF, 3.0, NAN_), ("binary_cross_entropy_with_logits", INF, 0.5, INF),
]  # fmt: skip


def contains(found: Any, value: float) -> bool:
    if math.isfinite(value):
        return bool(found.kinds & FINITE) and math.isclose(found.low, value, rel_tol=1e-12, abs_tol=1e-300)
    return bool(found.kinds & KIND[str(value)])


@pytest.mark.parametrize(("name", "x", "value"), UNARY)
def test_limits_of_one_variable(name: str, x: float, value: float) -> None:
    (found,) = limits(name, x=x)
    assert contains(found, value), found
    if math.isfinite(value):
        assert not found.kinds & (PINF | NINF)


@pytest.mark.parametrize(("name", "x", "y", "value"), BINARY)
def test_limits_of_two_variables(name: str, x: float, y: float, value: float) -> None:
    (found,) = limits(name, x=x, y=y)
    assert contains(found, value), found


def test_a_nan_gives_a_nan_and_what_the_formula_makes_of_it() -> None:
    (found,) = limits("exp", x=NAN_)
    assert found.kinds == NAN
    (found,) = limits("pow", x=NAN_, y=0.0)
    assert contains(found, 1.0)
    assert found.kinds & NAN


def test_every_output_that_an_infinity_reaches_may_be_nan() -> None:
    """softmax([inf, 1]) subtracts inf - inf in every implementation; the running sum before an infinity does not see it."""
    assert all(one.kinds & NAN for one in limits("softmax", x=[INF, 1.0, 0.0]))
    before, *after = limits("cumsum", x=[1.0, INF, -INF])
    assert before.kinds == FINITE
    assert all(one.kinds & NAN for one in after)


def test_derivatives_at_singular_points() -> None:
    (found,) = limits("sqrt", "grad", x=0.0)
    assert found.kinds == PINF
    (found,) = limits("digamma", "grad", x=-3.0)  # a pole of the function itself: no derivative, NaN is honest
    assert found.kinds == PINF | NAN
    for one in limits("std", "grad", x=[2.0, 2.0, 2.0], cotangent=[1.0]):  # 0/0: 0 is a subgradient, NaN is honest
        assert one.kinds & NAN
        assert one.kinds & FINITE
        assert one.low <= 0 <= one.high


def test_a_chosen_class_is_no_isolated_point() -> None:
    from ulpfuzz.oracles.oracle import reference

    op = op_named("sparse_cross_entropy")
    inputs = {"x": np.asarray([[0.5, 0.5, 0.5]]), "y": np.asarray([1.0]), "cotangent": np.ones((1, 1))}
    truth = reference(function_of(op, {}, "grad"), inputs)
    np.testing.assert_allclose(truth.value, [[1 / 3, -2 / 3, 1 / 3]], rtol=1e-14)


def test_beyond_what_a_power_of_ten_shows() -> None:
    """The derivative of log_ndtr at -4e307 is 4e307, a ratio of two numbers of 10^614 digits."""
    (found,) = limits("log_ndtr", "grad", x=-4.49e307)
    assert contains(found, 4.49e307)


#: Functions without a limit at -infinity, which vanish along every path that keeps off their poles; and others that only look convergent.
PERIODIC = [
    ("factorial", {"n": -INF}), ("polygamma", {"x": -INF}), ("digamma", {"x": -INF}), ("trigamma", {"x": -INF}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "inputs"), PERIODIC)
def test_poles_at_the_integers_leave_no_limit(name: str, inputs: dict[str, float]) -> None:
    (found,) = limits(name, **inputs)
    assert not found.held().kinds & FINITE, "every finite number, or nothing, would be as right"


#: The ends of the support, at every location, the zero that has a side of its own among them.
QUANTILES = [
    ("logistic_ppf", 1.0, INF), ("logistic_ppf", 0.0, -INF), ("cauchy_ppf", 1.0, INF), ("cauchy_ppf", 0.0, -INF), ("gumbel_r_ppf", 1.0, INF),
    ("laplace_ppf", 0.0, -INF), ("cauchy_isf", 1.0, -INF), ("cauchy_isf", 0.0, INF), ("normal_ppf", 1.0, INF),
]  # fmt: skip


@pytest.mark.parametrize("loc", [0.0, -0.0, 1.0, -3.5, 2.0**-126])
@pytest.mark.parametrize(("name", "q", "value"), QUANTILES)
def test_quantiles_at_the_ends_are_the_ends_of_the_support(name: str, q: float, value: float, loc: float) -> None:
    from ulpfuzz.oracles.oracle import reference

    op = op_named(name)
    inputs = {"q": np.asarray([q]), "loc": np.asarray([loc]), "scale": np.asarray([1.0])}
    truth = reference(function_of(op, op.default_params(), "value"), {i.name: inputs[i.name] for i in op.inputs})
    assert truth.accepts[0, 0] == KIND[str(value)]


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("correlation", {"x": [3.0, 3.0, 3.0], "y": [1.0, 1.0, 1.0]}),
        ("average", {"x": [0.0, 0.0], "w": [0.0, 0.0]}),
        ("geomspace", {"x": [0.0, 0.0]}),
    ],
)
def test_zero_over_zero_is_no_limit(name: str, inputs: dict[str, Any]) -> None:
    """Its paths lead everywhere, and the few that are tried may agree."""
    assert not any(one.held().kinds for one in limits(name, **inputs))


def test_zero_times_the_logarithm_of_zero_is_zero() -> None:
    from ulpfuzz.oracles.oracle import reference

    for name, inputs, value in [
        ("kl_bernoulli", {"p": 1.0, "p2": 0.5}, math.log(2)),
        ("kl_bernoulli", {"p": 0.0, "p2": 0.0}, 0.0),
        ("kl_geometric", {"p": 1.0, "p2": 0.5}, math.log(2)),
        ("kl_bernoulli_poisson", {"p": 1.0, "rate2": 1.0}, 1.0),
        ("bernoulli_entropy", {"p": 1.0}, 0.0),
        ("kl_poisson", {"rate": 0.0, "rate2": 2.0}, 2.0),
    ]:  # fmt: skip
        truth = reference(function_of(op_named(name), {}, "value"), {k: np.asarray([v]) for k, v in inputs.items()})
        assert truth.accepts[0, 0] == FINITE, name
        assert truth.value[0, 0] == pytest.approx(value, rel=1e-14), name


def test_either_infinity_is_right_at_a_pole_whose_zero_has_the_sign_of_the_other_side() -> None:
    """1/b, of which beta(5, b) is a multiple near 0, is -infinity from below; the domain begins at 0, so that no convention is broken."""
    (found,) = limits("beta", a=5.0, b=-0.0)
    assert found.kinds == PINF | NINF
    (found,) = limits("beta", a=5.0, b=0.0)
    assert found.kinds == PINF
    for name, value in (("log", NINF), ("reciprocal", NINF), ("lgamma", PINF)):  # C23 F.10 and IEEE 754 know these
        (found,) = limits(name, x=-0.0)
        assert found.kinds == value, name


@pytest.mark.slow
def test_a_derivative_without_a_limit_claims_nothing() -> None:
    """x^a log x goes to minus infinity or to 0 as a and x go to 0, as fast or as slow as they please."""
    (found,) = limits("gammainc_grad_a", a=0.0, x=0.0)
    assert not found.held().kinds


def test_infinities_that_cancel_are_what_ieee_makes_of_them() -> None:
    (found,) = limits("sub", x=INF, y=INF)
    assert found.kinds & NAN
    for one in limits("softmax", x=[INF, INF]):  # exp is none of IEEE 754's operations
        assert not one.held().kinds


def test_what_mpmath_alone_gives_accuses_nobody() -> None:
    from ulpfuzz.oracles.confirmation import confirm

    function = function_of(op_named("log_ndtr"), {}, "grad")
    (found,) = accepted(function, {"x": np.asarray(-4.49e307)})
    assert found.by_mpmath
    told = confirm(function_of(op_named("geomspace"), {"num": 5}, "value"), {"x": np.zeros(2)}, 1)
    assert not told.agrees


def test_a_zero_may_stay_a_zero_beside_an_infinity() -> None:
    """(I - tau v v^T) off the diagonal, v a unit vector: 0 times infinity, which rates of 2^-e beside 2^e take for -infinity all alike."""
    for one in limits("householder_product", a=np.eye(3), b=[-INF, INF, INF])[1:3]:
        assert one.kinds & NAN
        assert one.kinds & FINITE
        assert one.low <= 0.0 <= one.high


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("gammainc", {"a": 0.0, "x": 0.0}),  # x^a: every power of two tends to 1, x = e^(-1/a) to another number
        ("betainc", {"a": 0.0, "b": 1.0, "x": 0.0}),
        ("betainc", {"a": 1.0, "b": 0.0, "x": 1.0}),  # (1 - x)^b
        ("betaln", {"a": 0.0, "b": INF}),
        ("swiglu", {"x": -INF, "y": -INF}),  # e^x y, and so is the next with e^(-x^2)
        ("geglu", {"x": -INF, "y": INF}),
        ("normal_ppf", {"q": 1.0, "loc": -INF, "scale": 1.0}),  # inf - inf
        ("kl_gamma_normal", {"a": INF, "rate": 1.0, "loc2": INF, "scale2": INF}),
        ("beta_pdf", {"x": 1.0, "a": INF, "b": 2.5}),
    ],
)
def test_what_paths_do_not_show_is_not_claimed(name: str, inputs: dict[str, float]) -> None:
    (right,) = accepted(function_of(op_named(name), {}, "value"), {n: np.asarray(v) for n, v in inputs.items()})
    assert right.kinds == 0 or not right.proved
