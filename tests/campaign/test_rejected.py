"""Checks of arguments are rejected, with planted frameworks: one that raises at the edge of a domain, one that raises at an ordinary point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.campaign.planted_frameworks import planted
from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult, run_shard
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.point.probe import probe

Array = NDArray[Any]


def raising(where: Any, message: str) -> Any:
    """A fault that raises where one of the inputs is so."""

    def fault(right: Array, batch: Batch) -> Array:
        with np.errstate(invalid="ignore"):
            if any(where(values).any() for values in batch.exact().values()):
                raise FrameworkError(message)
        return right

    return fault


CHECK = "ValueError: Expected parameter x to be positive, but found 0"


@pytest.mark.parametrize(
    ("point", "where", "message", "shown"),
    [
        (0.0, lambda x: x == 0, CHECK, "rejected"), (1e-45, lambda x: x < 1e-40, CHECK, "rejected"),
        ("inf", np.isinf, "RuntimeError: x must be finite", "rejected"), ("nan", np.isnan, "InvalidArgumentError: x contains NaN", "undecided"),
        (2.0, lambda x: x == 2, CHECK, "unstable"), (0.0, lambda x: x == 0, "OverflowError: Overflow in f", "unstable"),
        (0.0, lambda x: x == 0, "ValueError: 17", "unstable"),
    ],
)  # fmt: skip
def test_a_check_needs_a_type_words_and_an_edge(point: Any, where: Any, message: str, shown: str) -> None:
    with planted(np.sqrt, raising(where, message)):
        mine = probe("sqrt", "float32", {"x": point}, targets="torch:cpu:eager").targets[0]
    if shown == "undecided":  # where NaN is the truth, an exception is none of a defect's anyhow
        assert mine.shown in ("rejected", "undecided")
    else:
        assert mine.shown == shown
    assert (mine.label.reason != "") is (mine.shown == "rejected")


def shard(where: Any) -> ShardResult:
    cell = Cell("sqrt", (), "float32", "value")
    with planted(np.sqrt, raising(where, CHECK)):
        return run_shard(Shard(cell, ("torch:cpu:eager",), seed=1, round=0, verdicts=5_000))


def test_a_run_counts_rejections_and_finds_what_they_hide() -> None:
    only = shard(lambda x: x == 0)
    assert not [f for f in only.findings if f.symptom == "exception"]
    assert {(r.target, r.message) for r in only.rejected} == {("torch:cpu:eager", CHECK)}
    both = shard(lambda x: (x == 0) | (x == 1))
    (found, *_) = [f for f in both.findings if f.symptom == "exception"]
    assert float.fromhex(found.case["inputs"]["x"]) == 1.0
