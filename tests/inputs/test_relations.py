"""Relations hold what they promise; every one gives finite numbers of the format."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.formats import FLOAT32, FORMATS, Format
from ulpfuzz.fuzzer.inputs import matrices, vectors
from ulpfuzz.fuzzer.inputs.regions import REGIONS
from ulpfuzz.fuzzer.inputs.relations import PAIRS, bell
from ulpfuzz.fuzzer.inputs.vectors import ARRANGEMENTS, BETWEEN, LENGTHS

formats = st.sampled_from(list(FORMATS.values()))
seeds = st.integers(0, 2**32 - 1)
names = st.sampled_from(["everyday", "bits", "subnormal", "near_max", "zero"])


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def sample(fmt: Format, seed: int, shape: tuple[int, ...], region: str = "everyday") -> np.ndarray:
    return REGIONS[region].sample(generator(seed), fmt, shape)


def wide(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64)


@given(formats, seeds, names, names, st.sampled_from(sorted(PAIRS)))
def test_pairs_are_finite_numbers_of_the_format(fmt: Format, seed: int, one: str, two: str, name: str) -> None:
    x, y = PAIRS[name](generator(seed), fmt, sample(fmt, seed, (40,), one), sample(fmt, seed + 1, (40,), two))
    for values in (x, y):
        assert values.dtype == fmt.dtype
        assert values.shape == (40,)
        assert np.isfinite(wide(values)).all()


@given(formats, seeds)
def test_pairs_hold_their_relation(fmt: Format, seed: int) -> None:
    x, y = sample(fmt, seed, (60,)), sample(fmt, seed + 1, (60,))

    def related(name: str) -> tuple[np.ndarray, np.ndarray]:
        a, b = PAIRS[name](generator(seed), fmt, x, y)
        return wide(a), wide(b)

    a, b = related("equal")
    assert (a == b).all()
    a, b = related("negated")
    assert (a == -b).all()
    near = 2.0 ** (1 - fmt.precision // 2)
    a, b = related("near_equal")
    assert (np.abs(a - b) <= near * np.abs(a)).all()
    a, b = related("near_negated")
    assert (np.abs(a + b) <= near * np.abs(a)).all()
    a, b = related("reciprocal")
    assert (np.abs(a * b - 1) <= 40 * fmt.unit_roundoff).all()
    a, b = related("complement")
    assert (np.abs(a + b - 1) <= 8 * fmt.unit_roundoff * np.maximum(np.maximum(np.abs(a), np.abs(b)), 1)).all()
    a, b = related("same_magnitude")
    assert (np.frexp(a)[1] == np.frexp(b)[1]).all()
    a, b = related("huge_and_tiny")
    with np.errstate(all="ignore"):
        assert (np.maximum(np.abs(a), np.abs(b)) >= 2.0 ** (fmt.emax // 2) * np.minimum(np.abs(a), np.abs(b))).all()
    a, b = related("large_nearly_equal")
    assert (np.abs(a) >= 2.0 ** max(fmt.precision - 9, 1)).all()
    assert (np.abs(a - b) <= np.abs(a) / 8).all()
    a, b = related("binary_multiple")
    inside = (np.abs(b) >= fmt.min_normal) & (np.abs(b) < fmt.max)
    assert (np.abs(np.frexp(a[inside])[0]) == np.abs(np.frexp(b[inside])[0])).all()


@given(formats, seeds, names, st.sampled_from(LENGTHS[:-1]), st.sampled_from(sorted(set(ARRANGEMENTS) - {"masked"})))
def test_arrangements_are_finite_numbers_of_the_format(fmt: Format, seed: int, region: str, length: int, name: str) -> None:
    x = ARRANGEMENTS[name](generator(seed), fmt, sample(fmt, seed, (6, length), region))
    assert x.dtype == fmt.dtype
    assert x.shape == (6, length)
    assert np.isfinite(wide(x)).all()


@given(formats, seeds, st.sampled_from([2, 3, 8, 17]))
def test_arrangements_hold_their_relation(fmt: Format, seed: int, length: int) -> None:
    x = sample(fmt, seed, (12, length))

    def arranged(name: str) -> np.ndarray:
        return wide(ARRANGEMENTS[name](generator(seed), fmt, x))

    assert (arranged("all_equal") == arranged("all_equal")[:, :1]).all()
    assert not arranged("all_zero").any()
    assert (np.count_nonzero(arranged("one_nonzero"), axis=1) == 1).all()
    assert (np.diff(arranged("ascending"), axis=1) >= 0).all()
    assert (np.diff(arranged("descending"), axis=1) <= 0).all()
    for name, share in (("cancelling_pairs", 2.0 ** -(fmt.precision // 3)), ("alternating", 2.0 ** (1 - fmt.precision // 2))):
        a = arranged(name)[:, : length // 2 * 2] if name == "alternating" else arranged(name)
        assert (np.abs(a.sum(axis=1)) <= share * np.abs(a).sum(axis=1)).all()
    a = arranged("mean_zero")
    assert (np.abs(a.sum(axis=1)) <= 4 * length * fmt.unit_roundoff * np.abs(wide(x)).sum(axis=1)).all()
    a = arranged("offset")
    assert (np.ptp(a, axis=1) <= 2 * np.abs(a).max(axis=1)).all()
    assert (np.abs(a).min(axis=1) >= 2).all()
    a = np.sort(np.abs(arranged("dominant")), axis=1)
    assert (a[:, -1] >= a[:, -2]).all()
    a = arranged("logit_gaps")
    assert (np.ptp(a, axis=1) >= 0).all()
    a = arranged("probabilities")
    assert (a >= 0).all()
    assert (np.abs(a.sum(axis=1) - 1) <= length * fmt.unit_roundoff).all()
    a = wide(ARRANGEMENTS["masked"](generator(seed), fmt, x))
    assert np.isneginf(a).any()


def test_near_sqrt_max_squares_overflow_in_some_rows_and_not_in_others() -> None:
    x = ARRANGEMENTS["near_sqrt_max"](generator(0), FLOAT32, sample(FLOAT32, 0, (200, 8)))
    with np.errstate(over="ignore"):
        overflows = np.isinf(np.square(x).sum(axis=1, dtype=np.float32))
    assert 20 < overflows.sum() < 180


@given(formats, seeds, names, st.sampled_from([1, 2, 3, 8, 17]), st.sampled_from(sorted(BETWEEN)))
def test_vectors_between_are_finite_numbers_of_the_format(fmt: Format, seed: int, region: str, length: int, name: str) -> None:
    x, y = BETWEEN[name](generator(seed), fmt, sample(fmt, seed, (5, length), region), sample(fmt, seed + 1, (5, length)))
    for values in (x, y):
        assert values.dtype == fmt.dtype
        assert values.shape == (5, length)
        assert np.isfinite(wide(values)).all()


@given(formats, seeds, st.sampled_from([2, 3, 8]))
def test_vectors_hold_their_relation(fmt: Format, seed: int, length: int) -> None:
    x, y = sample(fmt, seed, (9, length)), sample(fmt, seed + 1, (9, length))

    def cosines(name: str) -> np.ndarray:
        a, b = (wide(v) for v in BETWEEN[name](generator(seed), fmt, x, y))
        # a multiple that is rounded to a subnormal keeps its direction only as far as the format lets it
        small = [((np.abs(v) < fmt.min_normal) & (v != 0)).any(axis=1) for v in (a, b)]
        kept = ~(small[0] | small[1] | (a == 0).any(axis=1) | (b == 0).any(axis=1))
        a, b = a[kept], b[kept]
        return (a * b).sum(axis=1) / np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))

    assert (np.abs(cosines("parallel")) >= 1 - 2.0 ** (4 - fmt.precision)).all()
    assert (cosines("antiparallel") <= -1 + 2.0 ** (4 - fmt.precision)).all()
    assert (cosines("near_parallel") >= 1 - 2.0 ** (3 - fmt.precision // 2)).all()
    a, b = BETWEEN["orthogonal"](generator(seed), fmt, x, y)
    for row in range(len(a)):
        assert sum(Fraction(float(u)) * Fraction(float(v)) for u, v in zip(a[row], b[row], strict=True)) == 0


@given(formats, seeds, st.sampled_from(matrices.ORDERS), st.sampled_from(sorted(matrices.ARRANGEMENTS)))
def test_matrices_are_finite_numbers_of_the_format(fmt: Format, seed: int, order: int, name: str) -> None:
    a = matrices.ARRANGEMENTS[name](generator(seed), fmt, sample(fmt, seed, (3, order, order), "bits"))
    assert a.dtype == fmt.dtype
    assert a.shape == (3, order, order)
    assert np.isfinite(wide(a)).all()


@given(seeds, st.sampled_from([2, 3, 8]))
def test_matrices_hold_their_structure(seed: int, order: int) -> None:
    base = sample(FLOAT32, seed, (6, order, order))

    def arranged(name: str) -> np.ndarray:
        return wide(matrices.ARRANGEMENTS[name](generator(seed), FLOAT32, base))

    for name in ("spd", "spd_graded", "symmetric", "hilbert"):
        assert (arranged(name) == np.swapaxes(arranged(name), 1, 2)).all()
    assert (np.linalg.eigvalsh(arranged("spd")) > -1e-4).all()
    assert (np.linalg.matrix_rank(arranged("rank_deficient")) <= max(order // 2, 1)).all()
    assert not np.triu(arranged("triangular"), 1).any()
    values = np.linalg.svd(arranged("repeated"), compute_uv=False)
    assert np.allclose(values, values[:, :1], rtol=1e-6)


def test_bell_has_unit_variance() -> None:
    x = bell(generator(0), (100, 100))
    assert abs(x.mean()) < 0.05
    assert abs(x.std() - 1) < 0.05
    assert np.abs(x).max() <= 3.5


def test_lengths_straddle_the_lanes() -> None:
    assert {1, 2, 3, 7, 8, 16, 17, 64, 69, 1000} == set(vectors.LENGTHS)


@pytest.mark.parametrize("name", sorted(ARRANGEMENTS))
def test_an_arrangement_handles_one_element(name: str) -> None:
    assert ARRANGEMENTS[name](generator(0), FLOAT32, sample(FLOAT32, 0, (4, 1))).shape == (4, 1)
