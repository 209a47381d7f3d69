"""Derivatives of every order over the catalogue: enclosures enclose, forward agrees with reverse, and nothing needs a rule to have a
truth."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sampling import is_quick, sampled
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.shapes import variables
from ulpfuzz.fuzzer.inputs.strategies import draw_recipes
from ulpfuzz.oracles import limits_at_infinity, rigorous, vectorised
from ulpfuzz.oracles.arithmetic import slopes
from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.confirmation import confirm
from ulpfuzz.oracles.function import COTANGENT, TANGENT
from ulpfuzz.oracles.oracle import reference
from ulpfuzz.oracles.reference import FINITE, PINF, TIERS

DERIVATIVES = ("grad", "jvp", "grad2")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def points(op: Op, params: dict[str, Any], order: str, rows: int) -> Iterator[dict[str, Any]]:
    """Finite rows of the special grid and of a recipe, in binary64."""
    lengths = None if op.elementwise else (max(3, op.min_length),)
    grid = special_batch(op, params, "float32", order, specials=False, limit=400)
    (recipe,) = draw_recipes(
        op, "float32", seed=5, count=1, order=order, params=params, rows=rows, lengths=lengths, specials=False
    )
    for batch in (grid, recipe.expand(op, params, "float32", order)):
        start = zlib.crc32(op.name.encode()) % max(1, batch.rows // rows)
        yield batch.take(slice(start, None, max(1, batch.rows // rows))).exact()


@pytest.mark.parametrize(("op", "order"), sampled(3, *DERIVATIVES))
def test_vectorised_derivatives_enclose_those_of_arb(op: Op, order: str) -> None:
    if order not in op.orders:
        pytest.skip(f"{op.name} has no {order}")
    for params in op.param_sets():
        function = function_of(op, params, order)
        for inputs in points(op, params, order, 24):
            claims = [vectorised.evaluate(m(), function, inputs, 24) for m in (Ball64, Log64)]
            rows = len(next(iter(inputs.values())))
            for row in range(rows):
                single = {key: values[row] for key, values in inputs.items()}
                exact = rigorous.enclose(function, single, 700)
                if exact.kink or exact.removable:
                    continue
                for claim in claims:
                    for k, ball in enumerate(exact.balls):
                        known = claim.accepts[row, k] == FINITE and np.isfinite(claim.value[row, k])
                        if known and ball.is_finite() and claim.radius[row, k] < np.inf:
                            gap = abs(ball - arb(claim.value[row, k]) - arb(claim.value_lo[row, k]))
                            assert not gap > arb(claim.radius[row, k]) * (1 + 2.0**-20), (
                                op.name,
                                params,
                                single,
                                k,
                                TIERS[claim.tier[row, k]],
                            )


#: Second derivatives at inputs that are no rarity, whose textbook differences would have lost all digits: truths by hand.
SHARP: list[tuple[str, dict[str, Any], float]] = [
    ("sigmoid", {"x": 2.0**-100}, -(2.0**-103)), ("sigmoid", {"x": 80.0}, -math.exp(-80)), ("softplus", {"x": 90.0}, math.exp(-90)),
    ("log_sigmoid", {"x": -90.0}, -math.exp(-90)), ("tanh", {"x": 40.0}, -8 * math.exp(-80)), ("tanh", {"x": 1e-30}, -2e-30),
    ("asin", {"x": 1e-30}, 1e-30), ("atanh", {"x": -1e-25}, -2e-25), ("hypot", {"x": 1e10, "y": 1e-10}, 1e-50),
    ("logaddexp", {"x": 60.0, "y": -60.0}, math.exp(-120)), ("logaddexp2", {"x": 60.0, "y": -60.0}, math.log(2) * 2.0**-120),
    ("squareplus", {"x": 1e10}, 2e-30),
    ("logsumexp", {"x": [100.0, 0.0, 0.0], TANGENT: [1.0, 0.0, 0.0]}, 2 * math.exp(-100)),
    ("norm", {"x": [1e10, 1e-10], TANGENT: [1.0, 0.0]}, 1e-50),
]  # fmt: skip


@pytest.mark.parametrize(("name", "inputs", "expected"), SHARP)
def test_second_derivatives_are_as_sharp_as_values(name: str, inputs: dict[str, Any], expected: float) -> None:
    op = op_named(name)
    arrays = {key: np.asarray([value], np.float64) for key, value in inputs.items()}
    truth = reference(function_of(op, op.default_params(), "grad2"), arrays)
    assert TIERS[truth.tier[0, 0]] in ("ball64", "log64")
    assert truth.value[0, 0] == pytest.approx(expected, rel=1e-9)
    assert truth.radius[0, 0] <= 1e-9 * abs(expected)


# Forward and reverse


numbers = st.lists(st.floats(-8, 8), min_size=3, max_size=3)


def _takes_two_vectors(op: Op) -> bool:
    """Whether it takes one vector of any numbers, or with it a second one of small ones or an index."""
    first, *rest = op.inputs
    fits = first.stored == ("n",) and (first.low, first.high) == (-math.inf, math.inf) and not first.structure
    others = all(i.name == "y" and i.stored in ((), ("n",)) and not i.structure and i.low <= 0 and i.high >= 1 for i in rest)
    return fits and others and len(rest) < 2 and op.min_length <= 3 and {"grad", "jvp", "grad2"} <= {*op.orders} and is_quick(op)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([n for n, op in ops().items() if _takes_two_vectors(op)]),
    numbers,
    numbers,
    st.lists(st.floats(-2, 2), min_size=9, max_size=9),
)
def test_forward_and_reverse_mode_are_adjoint(name: str, x: list[float], y: list[float], weights: list[float]) -> None:
    """<c, J t> = <J' c, t>, and the Hessian is symmetric: <s, H t> = <t, H s>; Griewank and Walther (2008), 3.3."""
    op = op_named(name)
    own = dict(zip([i.name for i in op.inputs], (x, [abs(v) / 8 for v in y]), strict=False))
    if any(i.scalar for i in op.inputs):
        own["y"] = 1.0  # type: ignore[assignment]
    count = len(variables(op, 3))
    s, t = (weights[:6] + weights[:6])[:count], (weights[3:] + weights[3:])[:count]
    with Arb(256) as m:

        def outputs(order: str, **directions: Any) -> list[arb]:
            lifted = rigorous.lift(m, {k: np.asarray(v) for k, v in {**own, **directions}.items()})
            return [m.num(v).v for v in function_of(op, op.default_params(), order).outputs(m, lifted)]

        def product(a: list[arb], b: list[Any]) -> arb:
            total = arb(0)
            for p, q in zip(a, b, strict=True):
                total += p * arb(q)
            return total

        pushed = outputs("jvp", tangent=t)
        c = (weights * 2)[: len(pushed)]
        assert product(pushed, c).overlaps(product(outputs("grad", cotangent=c), t)) or not pushed[0].is_finite()
        one, other = outputs("grad2", cotangent=c, tangent=t), outputs("grad2", cotangent=c, tangent=s)
        assert product(one, s).overlaps(product(other, t)) or not all(v.is_finite() for v in one + other)


UNARY = [op for op in ops().values() if op.elementwise and len(op.inputs) == 1 and "grad2" in op.orders]


@pytest.mark.parametrize("op", sampled(1, of=UNARY, quick=is_quick))
def test_nested_derivatives_against_differences(op: Op) -> None:
    """The second central difference of mpmath's values, with a step of 2^-300."""
    (entry,) = op.inputs
    low, high = max(entry.low, -4.0), min(entry.high, 4.0)
    value = function_of(op, op.default_params(), "value")
    for part in (0.23, 0.61, 0.87):
        x = float(np.float32(low + part * (high - low)))
        m = Mp(1600)
        step = m.num(Fraction(1, 2**300))
        left, here, right = (value.outputs(m, {entry.name: m.lift(x) + k * step})[0] for k in (-1, 0, 1))
        expected = m.decimal((left - 2 * here + right) / (step * step), 40)
        (ball,) = rigorous.enclose(function_of(op, op.default_params(), "grad2"), {entry.name: np.asarray(x)}, 256).balls
        with Arb(256):
            assert abs(ball - arb(expected)) < 1e-30 * (1 + abs(ball)), (op.name, x)


# Functions without a rule


def test_without_a_rule_mpmath_differentiates(monkeypatch: pytest.MonkeyPatch) -> None:
    """atan without its rule: no enclosure knows its slope. mpmath does, at two precisions that agree, and accuses nobody."""
    op = op_named("atan")
    x = np.asarray([0.5, -3.0, 0.0])
    known = {order: reference(function_of(op, {}, order), {"x": x}) for order in DERIVATIVES}
    monkeypatch.delitem(slopes.RULES, "atan")
    limits_at_infinity._accepted.cache_clear()
    try:
        for order in DERIVATIVES:
            function = function_of(op, {}, order)
            truth = reference(function, {"x": x})
            assert (truth.tier == TIERS.index("mpmath")).all()
            assert (truth.accepts == FINITE).all()
            np.testing.assert_allclose(truth.value, known[order].value, rtol=1e-15, atol=1e-60)
            told = confirm(function, {"x": x[0]}, 0)
            assert not told.agrees
            assert told.certified_by == "mpmath"
    finally:
        limits_at_infinity._accepted.cache_clear()


def test_a_value_that_mpmath_does_not_find_contradicts_nobody() -> None:
    """Q(10^6 + 1, 10^6): our series for mpmath would take too long, FLINT's enclosure stands alone."""
    told = confirm(function_of(op_named("poisson_cdf"), {}, "value"), {"k": np.asarray(1e6), "mu": np.asarray(1e6)}, 0)
    assert told.agrees
    assert told.certified_by == "arb"
    assert told.value.startswith("0.50026596148628365278")  # scipy.special.pdtr(1e6, 1e6) = 0.5002659614862838


@pytest.mark.parametrize("order", [1, 2, 3])
def test_differences_at_raised_precision(order: int) -> None:
    m = Mp(200)
    for x in (0.75, -2.0, 1e-20, 1e5):
        with mpmath.workprec(600):
            expected = mpmath.mpf(mpmath.diff(mpmath.atan, mpmath.mpf(x), order))
        assert abs(float(m.derivative("atan", m.lift(x), order) / m._context.convert(expected)) - 1) < 1e-30, x


def test_a_rule_that_is_missing_is_unknown_to_enclosures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(slopes.RULES, "atan")
    with Arb(64) as m:
        t = Tape(m)
        node = t.lift(m.lift(0.5))
        (slope,) = t.gradient([t.atan(node)], [1], [node])
        assert isinstance(slope, ArbNumber)
        assert not slope.v.is_finite()


# Special points


def test_second_derivatives_at_kinks_are_hulls() -> None:
    """elu'' jumps from 1 to 0 at 0, softsign'' from 2 to -2, huber'' from 1 to 0 at its bend: every number between, and no NaN."""
    for name, x, low, high in (
        ("elu", 0.0, 0, 1),
        ("softsign", 0.0, -2, 2),
        ("relu6", 0.0, 0, 0),
        ("hard_swish", -3.0, 0, 1 / 3),
    ):
        op = op_named(name)
        truth = reference(function_of(op, op.default_params(), "grad2"), {"x": np.asarray([x])})
        assert truth.accepts[0, 0] == FINITE
        assert truth.value[0, 0] - truth.radius[0, 0] == pytest.approx(low, abs=1e-12)
        assert truth.value[0, 0] + truth.radius[0, 0] == pytest.approx(high, abs=1e-12)


def test_a_hull_is_told_as_such() -> None:
    op = op_named("elu")
    told = confirm(function_of(op, op.default_params(), "grad2"), {"x": np.asarray(0.0)}, 0)
    assert told.agrees
    low, high = (float(end) for end in told.value.strip("[]").split(","))
    assert low <= 0
    assert high >= 1


def test_where_the_gradient_is_infinite_a_second_derivative_may_be_nan() -> None:
    found = limits_at_infinity.accepted(function_of(op_named("sqrt"), {}, "grad2"), {"x": np.asarray(0.0)})
    assert found[0].kinds & (FINITE | PINF) == 0
    assert found[0].kinds & 2
    found = limits_at_infinity.accepted(function_of(op_named("sinc"), {}, "grad2"), {"x": np.asarray(0.0)})
    assert found[0].low == pytest.approx(-(math.pi**2) / 3)
    assert found[0].kinds == FINITE


def test_points_without_derivatives_are_known_as_kinds() -> None:
    norm, std = (function_of(op_named(n), op_named(n).default_params(), "grad2") for n in ("norm", "std"))
    softmax = function_of(op_named("softmax"), {}, "grad2")
    assert limits_at_infinity.nowhere_smooth(norm, 0.0)
    assert not limits_at_infinity.nowhere_smooth(norm, 1.0)
    assert limits_at_infinity.nowhere_smooth(std, 1.0)
    assert not limits_at_infinity.nowhere_smooth(softmax, 1.0)
    x = np.asarray([[0.0, 0.0], [3.0, 4.0]])
    truth = reference(norm, {"x": x, COTANGENT: np.ones((2, 1)), TANGENT: np.asarray([[1.0, 0.0], [1.0, 0.0]])})
    assert np.isinf(truth.radius[0]).all()
    np.testing.assert_allclose(truth.value[1], [16 / 125, -12 / 125], rtol=1e-14)


def test_remainders_have_no_curvature() -> None:
    """A step function is flat between its jumps, whatever its formula."""
    for name in ("fmod", "remainder"):
        truth = reference(function_of(op_named(name), {}, "grad2"), {"x": np.asarray([7.3]), "y": np.asarray([2.1])})
        assert truth.value.tolist() == [[0, 0, 0, 0]]
        assert (truth.radius == 0).all()
