"""The escalation: each tier's truth contains the exact one, only the undecided climb, and what cannot be known is said."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles import rigorous, vectorised
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits_at_infinity import Accepted
from ulpfuzz.oracles.oracle import AuditFailure, Caps, Question, Tally, ask, reference
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, TIERS, Reference
from ulpfuzz.oracles.tiers.lattices import set_accepted


def function(name: str, order: str = "value") -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), order)


def test_the_tiers_by_what_they_are_for() -> None:
    tally = Tally()
    x = np.asarray([1.0, -800.0, math.inf, math.nan])
    truth = reference(function("softplus"), {"x": x}, tally=tally)
    tiers = [TIERS[t] for t in truth.tier[:, 0]]
    assert tiers[0] == "ball64"
    assert tiers[1] in ("log64", "ball64", "arb")
    assert tiers[2:] == ["limit", "limit"]
    assert sum(tally.elements.values()) == 4


def test_only_what_the_caller_needs_climbs() -> None:
    climb = ask(Question(function("exp"), {"x": np.asarray([1.0, 2.0])}, precision=53))
    steps = 0
    while climb.goes_on:
        climb.sharpen(np.zeros(len(climb.rows), bool))
        steps += 1
    assert set(climb.reference.tier.ravel()) <= {TIERS.index("ball64"), TIERS.index("ball80")}
    assert steps == 1


def test_a_climb_names_the_rows_that_it_sharpened() -> None:
    climb = ask(Question(function("exp"), {"x": np.asarray([1.0, 2.0, 3.0, math.inf])}, precision=53))
    assert climb.rows.tolist() == [0, 1, 2, 3]
    climb.sharpen(np.asarray([False, True, False, False]))
    tiers = set()
    while climb.goes_on:
        assert climb.rows.tolist() == [1]
        assert climb.sharpened.shape == (1, 1)
        tiers.add(TIERS[climb.reference.tier[1, 0]])
        climb.sharpen(np.asarray([TIERS[climb.reference.tier[1, 0]] != "arb"]))
    assert "arb" in tiers
    assert climb.reference.accepts[3, 0] == PINF


@pytest.mark.parametrize(("x", "accepts"), [(-1.0, NAN), (0.0, NINF), (math.inf, PINF), (2.0, FINITE), (math.nan, NAN)])
def test_kinds(x: float, accepts: int) -> None:
    assert reference(function("log"), {"x": np.asarray([x])}).accepts[0, 0] == accepts


def test_no_derivative_outside_the_domain() -> None:
    truth = reference(function("log", "grad"), {"x": np.asarray([-1.0])})
    assert truth.accepts[0, 0] == FINITE | NAN | PINF | NINF


def test_caps_leave_elements_unknown_and_never_wrong() -> None:
    caps = Caps(arb_rows=0, limit_rows=0)
    x = np.asarray([math.inf, 5e-324])
    truth = reference(function("sin"), {"x": x}, caps=caps)
    assert truth.accepts[0, 0] == 0


def test_the_audit_stops_a_wrong_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    real = vectorised.evaluate

    def wrong(*args: object, **keywords: object) -> Reference:
        truth = real(*args, **keywords)  # type: ignore[arg-type]
        truth.value[...] *= 1 + 2.0**-30
        return truth

    monkeypatch.setattr(vectorised, "evaluate", wrong)
    with pytest.raises(AuditFailure, match="Arb proves"):
        reference(function("exp"), {"x": np.linspace(1, 2, 8)}, caps=Caps(audit_share=1.0))


def test_log64_takes_the_larger_of_two_terms_with_one_leading_logarithm() -> None:
    """Beside 2.4e24 two logarithms agree in their leading double and differ in the low one: 0.125 against 0.004."""
    x = np.asarray([[-2.41785077453813e24, -2.4179219674410394e24, -2.4177091093082513e24]])
    inputs = {"x": x, "cotangent": np.asarray([[0.125, -0.00390625, -0.125]])}
    truth = reference(function("logcumsumexp", "grad"), inputs)
    np.testing.assert_allclose(truth.value[0], [0.12109375, 0.0, -0.125], atol=1e-15)


@given(st.fractions(), st.integers(-1100, 900))
def test_split_is_exact_to_its_radius(fraction: Fraction, shift: int) -> None:
    value = fraction * Fraction(2) ** shift
    from flint import ctx, fmpq

    ctx.prec = 400
    ball = arb(fmpq(value.numerator, value.denominator))
    high, low, radius = rigorous.split(ball)
    if math.isfinite(radius):
        assert abs(value - Fraction(high) - Fraction(low)) <= Fraction(radius)


def test_split_of_two_doubles_is_exact() -> None:
    """1 + 2^-60 fits in two doubles: nothing is left for the radius, so a tie can be told from its neighbours."""
    for ball, parts in ((arb((2**60 + 1, -60)), (1.0, 2.0**-60)), (arb(3), (3.0, 0.0)), (arb((1, -1074)), (2.0**-1074, 0.0))):
        assert rigorous.split(ball) == (*parts, 0.0)


def test_integers_beyond_the_range_stand_for_no_others() -> None:
    """log_ndtr(-1e308) is beyond binary64; -1e102 is an integer too, and as far beyond Arb's erfc, but its value is -5e203."""
    x = -np.concatenate([np.linspace(1e200, 1e308, 20), [1e102]])
    truth = reference(function("log_ndtr"), {"x": x}, precision=53)
    assert truth.accepts[-1, 0] == FINITE
    assert truth.value[-1, 0] == pytest.approx(-5e203)
    poles = reference(function("lgamma"), {"x": -np.arange(1.0, 40.0)}, precision=53)
    assert (poles.accepts == PINF).all()


def test_two_to_the_1024_is_surely_beyond_binary64() -> None:
    assert rigorous.split(arb(2) ** 1024) == (math.inf, 0.0, 0.0)
    truth = reference(function("exp2"), {"x": np.asarray([1024.0, -1080.0])})
    assert truth.value[0, 0] > 1.79e308
    assert (truth.accepts == FINITE).all()


def test_a_comparison_with_a_nan_has_a_nan_for_its_derivative() -> None:
    """x mod 0 is undefined: mpmath takes neither branch of the comparison with it."""
    from ulpfuzz.oracles.arithmetic.taped import TapedMp

    m = TapedMp(200)
    slopes = function("remainder", "grad").outputs(m, {"x": m.lift(1.0), "y": m.lift(0.0)})
    assert all(math.isnan(m.double(m.num(s))[0]) for s in slopes)


def test_a_caller_whose_time_is_over_has_what_the_vectorised_tiers_know() -> None:
    f, inputs = (
        function("betainc"),
        {"a": np.full(4, 2.0), "b": np.asarray([3.0, 0.0, 1e-30, 3.0]), "x": np.asarray([0.5, 0.5, 0.5, math.nan])},
    )
    whole = reference(f, inputs, precision=53)
    late = reference(f, inputs, precision=53, caps=Caps(until=time.monotonic() - 1))
    known = late.accepts != 0
    assert whole.accepts.all()
    assert (late.accepts[known] == whole.accepts[known]).all()
    assert known[3]  # a NaN costs nothing
    assert not known.all()


SHORT_OF_BITS = [
    ("softmax", "value", {"x": [[1e308, 1e308, -1e308]]}),  # the difference of two exponents has 1,024 bits before the point
    ("silu", "grad", {"x": [1.7976931348623157e308]}),
    ("gumbel_r_cdf", "value", {"x": [0.0], "loc": [1.0], "scale": [2.2250738585072014e-308]}),  # exp(-exp(4.5e307))
    ("log_ndtr", "value", {"x": [-1e160]}),  # FLINT's erfc of a ball that is not exact holds zero from 1e6 on
    ("normal_logcdf", "grad2", {"x": [-1e6], "loc": [0.0], "scale": [1.0]}),
    ("hyp1f1", "value", {"a": [-835.0085], "b": [-1.37e-12], "x": [1043.76]}),  # the terms cancel
]


@pytest.mark.parametrize(("name", "order", "inputs"), SHORT_OF_BITS)
def test_what_only_lacked_bits_is_enclosed(name: str, order: str, inputs: dict[str, list[float]]) -> None:
    truth = reference(function(name, order), {n: np.asarray(v) for n, v in inputs.items()}, precision=53)
    assert {TIERS[tier] for tier in truth.tier[0]} == {"arb"}
    assert (truth.accepts == FINITE).all()
    assert (truth.radius <= np.maximum(np.abs(truth.value) * 2.0**-53, 2.0**-1070)).all()


@pytest.mark.parametrize("limit", [1.0, -0.5, math.pi / 2, 1 / 3])
def test_a_limit_is_no_enclosure(limit: float) -> None:
    """A limit that is read, in binary64, has the radius of what was read, unless it is zero or infinite."""
    truth = Reference.unknown(1, 1)
    set_accepted(truth, 0, (Accepted(FINITE, limit, limit),))
    assert truth.radius[0, 0] >= 2.0**-54 * abs(limit)


def test_no_call_of_flint_takes_forever() -> None:
    """betainc at 1e10 ran for 37 s: FLINT integrates it, which takes as the cube of the precision. A count of bits stops it, no clock."""
    start = time.process_time()
    f = function("betainc")
    for bits in (117, 1408, 2816):
        rigorous.enclose(f, {"a": np.float64(1e10), "b": np.float64(9951171584), "x": np.float64(0.498)}, bits)
    assert time.process_time() - start < 8
    truth = reference(f, {"a": np.asarray([1e10]), "b": np.asarray([9951171584.0]), "x": np.asarray([0.498])}, precision=53)
    assert TIERS[truth.tier[0, 0]] == "arb"


def test_a_subnormal_limit_keeps_its_last_bit() -> None:
    truth = Reference.unknown(1, 1)
    odd = 3 * 2.0**-1074
    set_accepted(truth, 0, (Accepted(FINITE, odd, odd),))
    assert truth.value[0, 0] == odd
