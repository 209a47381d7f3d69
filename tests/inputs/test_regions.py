"""Regions respect format, domain and their own meaning; the special grid holds what it promises."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FORMATS, Format
from ulpfuzz.fuzzer.inputs.critical import half_pi_multiples, hardest_half_pi
from ulpfuzz.fuzzer.inputs.regions import REAL_LINE, REGIONS, bounds, fit, nudge, regions_of, special_grid, special_values, window

formats = st.sampled_from(list(FORMATS.values()))
domains = st.sampled_from(
    [REAL_LINE, (0.0, math.inf), (0.0, 1.0), (-1.0, 1.0), (1.0, math.inf), (-math.inf, 0.0), (0.1, 0.7), (3.0, 3.0)]
)
regions = st.sampled_from(list(REGIONS.values()))
seeds = st.integers(0, 2**32 - 1)
MARKS = (-2.5, 0.3, 1.4616321449683622)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(regions, formats, domains, seeds)
def test_samples_have_the_dtype_are_finite_and_in_the_domain(region, fmt: Format, domain, seed: int) -> None:
    x = region.sample(rng(seed), fmt, (8, 5), domain, MARKS)
    assert x.dtype == fmt.dtype
    assert x.shape == (8, 5)
    wide = x.astype(np.float64)
    assert np.isfinite(wide).all()
    low, high = bounds(fmt, domain)
    assert ((fmt.ordinals(x) >= low) & (fmt.ordinals(x) <= high)).all()


@given(regions, formats, domains, seeds)
def test_samples_are_reproducible(region, fmt: Format, domain, seed: int) -> None:
    one, two = (region.sample(rng(seed), fmt, 33, domain, MARKS) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def magnitudes(name: str, fmt: Format) -> np.ndarray:
    return np.abs(REGIONS[name].sample(rng(1), fmt, 500).astype(np.float64))


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
def test_regions_mean_what_they_say(fmt: Format) -> None:
    root = math.sqrt(fmt.max)
    assert (magnitudes("subnormal", fmt) < fmt.min_normal).all()
    assert (magnitudes("subnormal", fmt) > 0).all()
    assert (magnitudes("near_max", fmt) >= 2.0**fmt.emax).all()
    assert (magnitudes("above_sqrt_max", fmt) >= root * (1 - 2 * fmt.unit_roundoff)).all()
    assert (magnitudes("below_eps", fmt) >= fmt.min_normal).all()
    assert (magnitudes("below_eps", fmt) <= fmt.unit_roundoff).all()
    assert ((magnitudes("saturation", fmt) >= 4) & (magnitudes("saturation", fmt) <= 120)).all()
    assert ((magnitudes("everyday", fmt) >= 2.0**-10) & (magnitudes("everyday", fmt) <= 2.0**10)).all()
    zeros = REGIONS["zero"].sample(rng(1), fmt, 100).astype(np.float64)
    assert (zeros == 0).all()
    assert 20 < np.signbit(zeros).sum() < 80
    half_steps = 2 * magnitudes("integers", fmt)
    assert (half_steps == np.rint(half_steps)).mean() > 0.1


def test_bits_cover_the_format() -> None:
    ordinals = FLOAT16.ordinals(REGIONS["bits"].sample(rng(2), FLOAT16, 400_000))
    assert len(np.unique(ordinals)) > 0.99 * (2 * FLOAT16.max_ordinal + 1)


def test_landmarks_are_approached_to_the_ulp() -> None:
    x = REGIONS["landmarks"].sample(rng(3), FLOAT32, 4000, REAL_LINE, [1.4616321])
    distance = np.abs(FLOAT32.ordinals(x) - FLOAT32.ordinals(np.asarray([1.4616321], np.float32)))
    assert {0, 1, 2, 3} <= set(distance.tolist())
    assert distance.max() > 2**20


def test_a_region_without_landmarks_or_overlap_falls_back_to_the_domain() -> None:
    assert "landmarks" not in regions_of(FLOAT32, (0, 1))
    assert "landmarks" in regions_of(FLOAT32, (0, 1), [0.5])
    assert "huge" not in regions_of(FLOAT32, (0, 1))
    assert len(regions_of(FLOAT32)) >= 18


@given(formats, domains)
def test_the_special_grid(fmt: Format, domain) -> None:
    grid = special_grid(fmt, domain, MARKS)
    inside = special_grid(fmt, domain, MARKS, specials=False)
    low, high = bounds(fmt, domain)
    ordinals = fmt.ordinals(inside)
    assert ((ordinals >= low) & (ordinals <= high)).all()
    assert (np.diff(ordinals) > 0).all()
    assert {low, high} <= set(ordinals.tolist())
    assert grid.tobytes() == special_grid(fmt, domain, MARKS).tobytes()
    wide = grid.astype(np.float64)
    assert np.isnan(wide).any()
    assert np.isposinf(wide).any()
    if domain == REAL_LINE:
        assert 200 <= len(grid) <= 600
        ulp = 2 * fmt.unit_roundoff
        for expected in (0.0, fmt.min_subnormal, fmt.min_normal, -fmt.max, 1 + ulp, 1 - ulp / 2, 2.0, -1.0, 7.0, 0.5, ulp):
            assert expected in wide
        assert all(float(fmt.round(np.asarray(m))) in wide for m in MARKS)


@given(formats, domains)
def test_special_values(fmt: Format, domain) -> None:
    values = special_values(fmt, domain).astype(np.float64)
    assert np.isnan(values).sum() >= 1
    assert {math.inf, -math.inf, 0.0, fmt.max} <= set(values.tolist())
    if domain == (0.0, 1.0):
        assert 1 + 2 * fmt.unit_roundoff in values


@given(formats, seeds, st.integers(-(10**4), 10**4), st.integers(0, 10))
def test_a_window_stays_around_its_centre(fmt: Format, seed: int, centre: int, spread: int) -> None:
    ordinals = fmt.ordinals(window(rng(seed), fmt, 50, centre, spread))
    assert (np.abs(ordinals - centre) <= 1 << spread).all()


@given(formats, seeds, st.integers(0, 7))
def test_nudges_are_bounded_and_finite(fmt: Format, seed: int, spread: int) -> None:
    x = REGIONS["bits"].sample(rng(seed), fmt, 64)
    moved = nudge(rng(seed), fmt, x, spread)
    assert (np.abs(fmt.ordinals(moved) - fmt.ordinals(x)) < 1 << max(spread, 1)).all()
    assert np.isfinite(moved.astype(np.float64)).all()


@given(formats, domains, seeds)
def test_fit_moves_only_what_is_outside(fmt: Format, domain, seed: int) -> None:
    x = REGIONS["bits"].sample(rng(seed), fmt, 64)
    low, high = bounds(fmt, domain)
    fitted = fit(fmt, x, domain)
    inside = (fmt.ordinals(x) >= low) & (fmt.ordinals(x) <= high)
    assert (fmt.ordinals(fitted)[inside] == fmt.ordinals(x)[inside]).all()
    assert ((fmt.ordinals(fitted) >= low) & (fmt.ordinals(fitted) <= high)).all()


@given(formats, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_bounds_are_the_innermost_numbers(fmt: Format, a: float, b: float) -> None:
    domain = (min(a, b), max(a, b))
    try:
        low, high = bounds(fmt, domain)
    except ValueError:
        assume(False)
    values = fmt.from_ordinals(np.asarray([low - 1, low, high, high + 1])).astype(np.float64)
    assert values[0] < domain[0] <= values[1] or low == -fmt.max_ordinal
    assert values[2] <= domain[1] < values[3] or high == fmt.max_ordinal


def test_an_empty_domain_is_said() -> None:
    with pytest.raises(ValueError, match="no bfloat16 number lies in"):
        bounds(BFLOAT16, (1.0001, 1.0002))


def test_the_hardest_argument_of_binary64_is_found() -> None:
    """6381956970095103 * 2^797: Muller et al., Handbook of Floating-Point Arithmetic, section 11.3, table 11.1."""
    values = FLOAT64.from_ordinals(np.asarray(hardest_half_pi(FLOAT64)))
    assert 6381956970095103 * 2.0**797 in values


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
def test_multiples_of_half_pi(fmt: Format) -> None:
    values = fmt.from_ordinals(np.asarray(half_pi_multiples(fmt))).astype(np.float64)
    for k in (1, 2, 3, 64):
        assert fmt.round_exact(Fraction(math.pi) * k / 2) in values
    assert values.max() <= fmt.max
