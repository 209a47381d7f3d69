"""Spaces: every bit pattern once, every pair of 8-bit numbers once, and what a record does not ask for left out."""

from __future__ import annotations

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.op import op, scalar
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.exhaustive import NotSwept, Space, ends, is_swept, space_of


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_pattern_once(dtype: str) -> None:
    space, fmt = space_of(op_named("exp"), dtype), format_named(dtype)
    found = [space.chunk(first, 20_000) for first in range(0, space.size, 20_000)]
    numbers = np.concatenate([n for n, _ in found])
    bits = np.concatenate([fmt.bits(b.inputs["x"]) for _, b in found])
    assert (numbers == np.arange(65536)).all()
    assert (bits == numbers).all()


def test_float32_has_two_to_the_32() -> None:
    space = space_of(op_named("exp"), "float32")
    assert space.size == 2**32
    _, batch = space.chunk(2**32 - 3, 10)
    assert batch.rows == 3
    assert np.isnan(batch.inputs["x"]).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_pairs_of_eight_bits(dtype: str) -> None:
    space = space_of(op_named("hypot"), dtype)
    _, batch = space.chunk(0, space.size)
    x, y = (v.astype(np.float64) for v in batch.inputs.values())
    assert batch.rows == 65536
    assert len(np.unique(x[~np.isnan(x)])) == 2 * 123 + 1 + 2  # numbers of both signs, zero, infinities
    assert x[256] == 2.0**-16
    assert y[1] == 2.0**-16
    assert np.nanmax(np.where(np.isinf(x), 0, x)) == 57344


def test_what_the_record_does_not_ask_for_is_left_out() -> None:
    whole = Space(op("counts", [scalar("k", 0, integers=True)]), "float16")
    numbers, batch = whole.chunk(0, 65536)
    k = batch.inputs["k"].astype(np.float64)
    assert (k >= 0).all()
    assert (k == np.floor(k)).all()
    assert len(numbers) == len(np.unique(numbers)) == batch.rows
    guarded = Space(op("checked", [scalar("x", -1, 1)], raises_outside_domain=True), "float16")
    _, batch = guarded.chunk(0, 65536)
    assert (np.abs(batch.inputs["x"]) <= 1).all()


def test_ends_ascend() -> None:
    space = space_of(op_named("exp"), "float16")
    bits = [int(np.float16(v).view(np.uint16)) for v in (-1.0, -2.0)]
    low, high = ends(space, *bits)
    assert (low, high) == ({"x": -2.0}, {"x": -1.0})


def test_what_has_no_space() -> None:
    assert not is_swept(op_named("softmax"))
    assert not is_swept(op_named("lerp"))
    with pytest.raises(NotSwept, match="float64"):
        space_of(op_named("exp"), "float64")
    with pytest.raises(NotSwept, match="ops of one number can be swept"):
        space_of(op_named("softmax"), "float16")
