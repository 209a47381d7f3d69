"""Special values that a record accepts beside the limit: numbers, inputs by name, anything."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import domain
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.judge.contract import accepted_by_contract, kinds_by_contract, rows_where
from ulpfuzz.oracles.reference import NAN, NINF, PINF

NONE, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("name", "inputs", "answer", "right"),
    [
        ("fmax", {"x": NONE, "y": 2.0}, 2.0, True), ("fmax", {"x": NONE, "y": 2.0}, 1.0, False), ("fmax", {"x": -INF, "y": NONE}, -INF, True),
        ("fmax", {"x": 1.0, "y": 2.0}, 1.0, False), ("multiply_no_nan", {"x": NONE, "y": 0.0}, 0.0, True),
        ("frexp", {"x": INF}, 77.0, True), ("frexp", {"x": 2.0}, 77.0, False), ("argmax", {"x": [1.0, NONE]}, 1.0, True),
        ("argmax", {"x": [1.0, 2.0]}, 0.0, False), ("signbit", {"x": -0.0}, 1.0, True), ("signbit", {"x": 0.0}, 1.0, False),
    ],
)  # fmt: skip
def test_an_answer_is_accepted(name: str, inputs: dict[str, float | list[float]], answer: float, right: bool) -> None:
    batch = Batch("float32", {key: np.asarray([value], np.float32) for key, value in inputs.items()})
    found = accepted_by_contract(op_named(name), batch, np.asarray([[answer]], np.float32), "value")
    assert found is not None
    assert found[0, 0] == right


def test_kinds_of_what_is_accepted() -> None:
    given = {"x": np.asarray([NONE, NONE, 1.0]), "y": np.asarray([INF, -INF, NONE])}
    assert kinds_by_contract(op_named("fmax"), given, "value").tolist() == [PINF, NINF, 0]
    assert kinds_by_contract(op_named("frexp"), {"x": np.asarray([INF, 1.0])}, "value").tolist() == [NAN | PINF | NINF, 0]


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("any", [1, 1, 1, 1]), ("p=0", [1, 0, 0, 0]), ("p<=0|p>=1", [1, 0, 1, 0]), ("v~<0", [0, 0, 1, 0]), ("v~nan", [0, 1, 0, 0]),
        ("v>=k", [0, 0, 0, 1]),
        ("v~>=k", [0, 0, 0, 1]), ("p>q", [0, 1, 1, 0]), ("p=q", [1, 0, 0, 0]), ("p=0,v=1", [1, 0, 0, 0]), ("v=v", [1, 0, 0, 1]),
        ("v~-inf", [0, 0, 0, 0]),
        (domain("p>0,p<1", "page").where, [1, 0, 1, 1]),
    ],
)  # fmt: skip
def test_the_points_that_a_pattern_speaks_of(pattern: str, rows: list[int]) -> None:
    inputs = {
        "p": np.asarray([0.0, 0.5, 1.0, NONE]), "q": np.asarray([0.0, 0.25, 0.5, 1.0]),
        "v": np.asarray([[1.0, 1.0], [NONE, 1.0], [-1.0, 2.0], [3.0, 3.0]]),
    }  # fmt: skip
    assert rows_where({**inputs, "k": 3}, pattern).tolist() == [bool(row) for row in rows]
