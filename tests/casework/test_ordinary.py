"""Ordinary share: how many everyday inputs are wrong, with its interval, and the most ordinary case of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.casework.planted import planted
from tests.casework.test_advise import finding
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.casework.comparison import Comparison, comparison_of
from ulpfuzz.fuzzer.casework.ordinary import PROOFS, affordable, clopper_pearson, everyday_batches, ordinary_share
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.inputs.everyday import is_everyday
from ulpfuzz.fuzzer.judge.verdict import Symptom


@pytest.fixture(scope="module", autouse=True)
def _plugin() -> Iterator[None]:
    with planted():
        yield


def test_a_loss_that_everybody_meets() -> None:
    found = ordinary_share(finding("versine", x=2.0**-10 * 1.25), 20_000)
    assert found is not None
    assert found.share.samples > 15_000
    assert 0.05 < found.share.low < found.share.share < found.share.high < 0.6
    assert "real: normal(0, 1)" in found.share.distribution
    assert found.case is not None
    assert is_everyday(comparison_of(finding("versine", x=1.0))[0].cell.record, found.case.batch().inputs).all()
    comparison, subject, _ = comparison_of(finding("versine", x=1.0))
    assert comparison.measure([subject], found.case.batch())[0].wrong.all()


def test_a_loss_counts_though_the_plainest_wrong_rows_are_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    certified = Comparison.is_certified
    seen: list[float] = []

    def only_small(self: Comparison, subject: Subject, row: Batch, kind: Symptom) -> bool:
        seen.append(float(abs(row.inputs["x"][0])))
        return seen[-1] < 2.0**-7 and certified(self, subject, row, kind)

    monkeypatch.setattr(Comparison, "is_certified", only_small)
    found = ordinary_share(finding("versine", x=2.0**-10 * 1.25), 20_000)
    assert found is not None
    assert found.case is not None
    assert found.share.low > 0.05
    assert seen == sorted(seen, reverse=True)  # the plainest first
    assert len(seen) <= PROOFS


def test_a_loss_that_nobody_meets() -> None:
    found = ordinary_share(finding("hypot", x=2.0**70, y=2.0**69), 20_000)
    assert found is not None
    assert (found.share.wrong, found.share.low, found.case) == (0, 0.0, None)
    assert found.share.high < 3e-4


def test_another_kind_is_another_defect() -> None:
    """exp(-x) overflows where x < -88.7, and the logarithm of 0 is inf; digits are lost elsewhere; no NaN comes up."""
    wrong = {}
    for symptom in ("inf", "nan", "zero", "precision"):
        found = ordinary_share(replace(finding("log_sigmoid", x=20.5), symptom=symptom), 5_000)
        assert found is not None
        wrong[symptom] = found.share.wrong
    assert wrong["nan"] == 0
    assert wrong["inf"] > 0
    assert wrong["zero"] == wrong["precision"] > 0


def test_vectors_have_several_lengths() -> None:
    found = ordinary_share(finding("logsumexp", x=[90.0, 100.0]), 2_000)
    assert found is not None
    assert "rows: " in found.share.distribution
    comparison, _, _ = comparison_of(finding("logsumexp", x=[90.0, 100.0]))
    batches = list(everyday_batches(comparison.cell, comparison.evaluator.function, 2_000))
    assert sum(b.rows for b in batches) == 2_000
    assert {b.width for b in batches} == {8, 64, 512, 4096}


def test_the_same_finding_gives_the_same_share() -> None:
    assert ordinary_share(finding("log1p", x=2.0**-20 * 1.234), 5_000) == ordinary_share(
        finding("log1p", x=2.0**-20 * 1.234), 5_000
    )


def test_long_rows_are_fewer() -> None:
    comparison, _, _ = comparison_of(finding("logsumexp", x=[1.0, 2.0]))
    function = comparison.evaluator.function
    assert 64 <= affordable(function, {"x": (4096,)}) < affordable(function, {"x": (8,)})


def test_the_interval_is_exact() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    low, high = clopper_pearson(0, 100_000)
    assert low == 0
    assert np.isclose(high, 1 - 0.025 ** (1 / 100_000))
    low, high = clopper_pearson(10, 100)
    assert np.isclose([low, high], [0.0490, 0.1762], atol=1e-4).all()  # Clopper and Pearson's table, n = 100, x = 10
    assert clopper_pearson(5, 5)[1] == 1.0


def test_a_call_that_refuses_one_row_is_made_for_the_others() -> None:
    comparison, subject, _ = comparison_of(finding("stable", x=1.0))
    picky = replace(
        subject, implementation=replace(subject.implementation, call="np.logaddexp(x, 0 * x) if (x < 9).all() else [][0]")
    )
    batch = Batch("float32", {"x": np.asarray([1.0, 2.0, 10.0, 3.0], np.float32)})
    (measured,) = comparison.measure([picky], batch)
    assert measured.wrong.tolist() == [False, False, True, False]
    assert measured.error.startswith("IndexError")
    (measured,) = comparison.measure([picky], batch.repeat(100))
    assert measured.judged == 64
    narrow = replace(subject, implementation=replace(subject.implementation, call="x.astype(np.float16)"))
    (measured,) = comparison.measure([narrow], batch)
    assert not measured.wrong.any()
    assert measured.undecided.all()
