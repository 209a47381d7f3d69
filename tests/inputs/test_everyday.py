"""Everyday inputs: every op is sampled inside its domain, with its structure, and the same seed gives the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.everyday import EVERYDAY, everyday_lengths, kind_of
from ulpfuzz.fuzzer.catalog.op import Op, scalar, vector
from ulpfuzz.fuzzer.catalog.registry import catalogue, op_named
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.everyday import described, everyday_range, is_everyday, sample, with_directions
from ulpfuzz.fuzzer.inputs.structures import holds

FAMILIES = sorted({op.family for op in catalogue().values()})


def drawn(op: Op, dtype: str, seed: int, rows: int, length: int, order: str = "value") -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    batch = sample(op, dtype, rng, rows, length)
    assert batch is not None
    return with_directions(op, op.default_params(), order, rng, batch).inputs


@pytest.mark.parametrize("family", FAMILIES)
def test_every_op_is_sampled_inside_its_domain(family: str) -> None:
    for op in (op for op in catalogue().values() if op.family == family):
        for dtype in op.dtypes:
            fmt = format_named(dtype)
            for length in everyday_lengths(op)[:2]:
                inputs = drawn(op, dtype, 1, 8, length)
                assert [*inputs] == [i.name for i in op.inputs]
                for spec in op.inputs:
                    values = inputs[spec.name]
                    exact = values.astype(np.float64)
                    where = f"{op.name} {dtype} {spec.name}"
                    assert values.dtype == fmt.dtype, where
                    assert values.shape == (8, *spec.sizes(length)), where
                    assert np.isfinite(exact).all(), where
                    assert ((exact >= spec.low) & (exact <= spec.high)).all(), where
                    assert not spec.integers or (exact == np.round(exact)).all(), where
                    assert holds(fmt, spec, values), where


def test_most_of_what_is_drawn_is_everyday() -> None:
    for op in catalogue().values():
        inputs = drawn(op, op.dtypes[-1], 2, 64, everyday_lengths(op)[0])
        assert is_everyday(op, inputs).mean() > 0.5, (op.name, [kind_of(op, i) for i in op.inputs])


def test_the_same_seed_gives_the_same_bits() -> None:
    for name in ("exp", "softmax", "solve_spd", "categorical_logpmf", "adam", "binomial_logpmf"):
        op = op_named(name)
        one, two, other = (drawn(op, "float32", seed, 32, everyday_lengths(op)[0]) for seed in (5, 5, 6))
        assert all(np.array_equal(one[i], two[i]) for i in one)
        assert any(not np.array_equal(one[i], other[i]) for i in one)


def test_directions_come_with_the_order() -> None:
    softmax = op_named("softmax")
    assert [*drawn(softmax, "float32", 1, 4, 8, "grad")] == ["x", "cotangent"]
    assert [*drawn(softmax, "float32", 1, 4, 8, "grad2")] == ["x", "cotangent", "tangent"]
    assert drawn(op_named("exp"), "float32", 1, 4, 1, "grad").keys() == {"x"}


@pytest.mark.parametrize(
    ("name", "position", "kind"),
    [
        ("softmax", 0, "logit"),
        ("gelu", 0, "activation"),
        ("normal_logpdf", 2, "scale"),
        ("gamma_logpdf", 1, "shape"),
        ("poisson_logpmf", 0, "count"),
        ("rgb_to_hsv", 0, "image"),
        ("sin", 0, "angle"),
        ("lerp", 2, "probability"),
        ("conv2d", 1, "weight"),
        ("adam", 1, "gradient"),
        ("binary_cross_entropy", 0, "probability"),
        ("binary_cross_entropy", 1, "target"),
        ("exp", 0, "real"),
        ("expon_logpdf", 0, "time"),
        ("add_int32", 0, "integer"),
        ("kl_categorical", 0, "share"),
        ("geometric_logpmf", 1, "probability"),
    ],
)
def test_the_kind_follows_from_the_record(name: str, position: int, kind: str) -> None:
    op = op_named(name)
    assert kind_of(op, op.inputs[position]) == kind


def test_the_record_decides() -> None:
    op = Op("mine", (scalar("x", everyday="angle"), vector("p")), ())
    assert [kind_of(op, i) for i in op.inputs] == ["angle", "real"]
    assert all(EVERYDAY[kind_of(op, i)].source in described(op) for i in op.inputs)


def test_what_nobody_meets_is_not_everyday() -> None:
    op = op_named("normal_logpdf")
    rows = {"x": [0.5, 1e30, 0.0, np.nan, 1.0], "loc": [0.0, 0.0, 0.0, 0.0, np.inf], "scale": [1.0, 1.0, 2.0**-53, 1.0, 1.0]}
    assert is_everyday(op, {name: np.asarray(v, np.float32) for name, v in rows.items()}).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert everyday_range(op, op.inputs[2]) == (5e-324, 1e3)
    assert not is_everyday(op_named("sum"), {"x": np.ones((1, 8192), np.float32)}).any()


def test_an_op_without_inputs_has_no_everyday_ones() -> None:
    assert sample(Op("nothing", (), ()), "float32", np.random.default_rng(0), 8, 1) is None
