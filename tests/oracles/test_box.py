"""Neighbourhoods beyond the natural enclosure: they hold every value over the box, and stay narrow where the terms of a formula cancel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.expansion import expansions
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.neighbourhood import further
from ulpfuzz.oracles.over_interval import _Whole, _Wide, hulls_over_box


def function(name: str, order: str = "value") -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), order)


def at(f: Function, output: int = 0, **point: Any) -> Any:
    """The exact value at a point, as a narrow ball."""
    m = Arb(2600)
    with m:

        def lifted(v: Any) -> Any:
            return [lifted(item) for item in v] if isinstance(v, list) else m.lift(v)

        return m.num(f.outputs(m, {name: lifted(v) for name, v in point.items()})[output]).v


SMOOTH = [
    "sinc",
    "spherical_bessel_j0",
    "tanhshrink",
    "expm1",
    "gelu",
    "softplus",
    "atan",
    "silu",
    "mish",
    "erf",
    "lgamma",
    "tan",
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SMOOTH),
    st.sampled_from(["value", "grad", "grad2"]),
    st.floats(2.0**-200, 30.0),
    st.sampled_from([-1.0, 1.0]),
    st.integers(3, 49),
    st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3),
)
def test_an_expansion_holds_every_value(name: str, order: str, size: float, sign: float, bits: int, places: list[float]) -> None:
    op = op_named(name)
    if order not in op.orders or len(op.inputs) != 1:
        return
    f, x, width = function(name, order), sign * size, size * 2.0**-bits
    for ball in expansions(f, x, width):
        for place in places:
            there = float(np.clip(x + place * width, x - width, x + width))
            if abs(there - x) <= width:
                assert ball.overlaps(at(f, **{f.inputs[0]: there})), (there, ball)


@pytest.mark.parametrize(
    ("dtype", "x"), [("float32", 1e-6), ("float32", -1e-20), ("float64", 1e-26), ("float64", 1e-100), ("float64", 1e-5)]
)
@pytest.mark.parametrize("order", ["grad", "jvp", "grad2"])
def test_the_slope_of_sinc_is_known_beside_its_root(dtype: str, x: float, order: str) -> None:
    f, fmt = function("sinc", order), format_named(dtype)
    rounded = float(fmt.round(np.asarray(x)))
    width = 16 * float(fmt.ulp(np.asarray(rounded)))
    truth = at(f, x=rounded)
    *_, ball = expansions(f, rounded, width)
    assert ball.overlaps(truth)
    assert ball.rad() < abs(truth) * (32 * width / abs(rounded))


def test_no_expansion_across_a_branch() -> None:
    for name, x in (("sinc", 1e-9), ("relu", 1e-9), ("floor", 1.0 + 1e-9)):
        assert not list(expansions(function(name), x, 1e-6))


WIDE: list[tuple[str, dict[str, Any]]] = [
    ("logsumexp", {"x": [1e19, 1e19, -1e18]}),
    ("logsumexp", {"x": [-3e38, -3e38]}),
    ("log_ndtr", {"x": -1e19}),
    ("log_sigmoid", {"x": -1e30}),
    ("softplus", {"x": 1e30}),
    ("logaddexp", {"x": 1e25, "y": 1e25}),
    ("log_softmax", {"x": [1e20, -1e20]}),
]


@pytest.mark.parametrize(("name", "row"), WIDE)
def test_a_wide_box_is_enclosed_by_logarithms(name: str, row: dict[str, Any]) -> None:
    """Its width is far more than an exponent holds: e^(+-1e13). The hull holds the values at the corners, and is no wider than some of these."""
    f, fmt = function(name), format_named("float32")
    single = {n: fmt.round(np.asarray(v, np.float64)).astype(np.float64) for n, v in row.items()}
    widths = {n: 4 * np.asarray(fmt.ulp(v)) for n, v in single.items()}
    low, high = {n: v - widths[n] for n, v in single.items()}, {n: v + widths[n] for n, v in single.items()}
    hull = hulls_over_box(f, low, high)[0]
    assert hull is not None
    ends = []
    for signs in np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (8, 4)):
        point = {
            n: (v + s * widths[n]).tolist() if np.ndim(v) == 0 else (v + signs[: len(v)] * widths[n]).tolist()
            for (n, v), s in zip(single.items(), signs, strict=False)
        }
        value = float(at(f, **point).mid())
        assert hull.low <= value <= hull.high
        ends.append(value)
    spread = max(1.0, sum(float(np.max(w)) for w in widths.values()))
    assert hull.high - hull.low <= 8 * spread + 2.0**-18 * max(map(abs, ends))
    ranges = list(further(f, single, 0, widths, bounded=False))
    assert ranges
    assert ranges[0].excludes(fmt.max, 0.0)


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(0.0, 1e8)), min_size=2, max_size=5), st.integers(0, 2**20))
def test_the_logarithm_of_a_sum_of_wide_terms(terms: list[tuple[float, float]], seed: int) -> None:
    m, rng = _Wide(plain=_Whole()), np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        powers = [m.exp(m.num(m.plain.interval(np.asarray([x - r]), np.asarray([x + r])))) for x, r in terms]
        value, low, radius = (float(v[0]) for v in m.enclose(m.log(m.sum(powers))))
    exponents = np.asarray([x + r * rng.uniform(-1, 1) for x, r in terms])
    truth = exponents.max() + math.log(np.exp(exponents - exponents.max()).sum())
    assert abs(truth - (value + low)) <= radius * (1 + 1e-9) + 1e-6


def test_beside_an_exact_zero_a_sum_of_wide_terms_is_known_and_of_two_signs_it_is_not() -> None:
    m = _Wide(plain=_Whole())
    with np.errstate(all="ignore"):
        wide = m.exp(m.num(m.plain.interval(np.asarray([-1e9]), np.asarray([1e9]))))
        *_, beside_zero = m.enclose(m.log(m.sum([wide, m.num(0)])))
        *_, of_two_signs = m.enclose(m.log(m.sum([wide, -m.exp(m.num(1))])))
    assert beside_zero[0] < 1.1e9
    assert not of_two_signs[0] < np.inf


def test_at_a_point_a_sum_that_log64_does_not_know_stays_unknown() -> None:
    """A wide ball would be taken for the truth of the point, and conditioning would explain whatever it leaves room for; Arb knows it exactly."""
    m = Log64()
    with np.errstate(all="ignore"):
        wide = m.exp(m.num(m.plain.interval(np.asarray([-1e9]), np.asarray([1e9]))))
        *_, radius = m.enclose(m.log(m.sum([wide, wide])))
    assert not radius[0] < np.inf
