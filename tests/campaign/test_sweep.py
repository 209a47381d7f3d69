"""Sweeps of planted kernels: every count against a count of our own, whatever was interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_frameworks import Planted, planted

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.inputs.exhaustive import NotSwept
from ulpfuzz.fuzzer.sweep.chunk import Chunk, run_chunk, runs
from ulpfuzz.fuzzer.sweep.sweep import SweepProgress, SweepSettings, Swept, run_sweep
from ulpfuzz.fuzzer.sweep.tight_reference import CALL, rounded
from ulpfuzz.oracles.reference import FINITE, Reference

SETTINGS = SweepSettings("exp", "float16", targets="torch:cpu:eager", workers=0)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store("sqlite://") as opened:
        yield opened


def every(dtype: str) -> NDArray[Any]:
    fmt = format_named(dtype)
    return fmt.from_bits(np.arange(1 << fmt.width))


def two_off(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
    """Two numbers up, 1.5 to 2.5 ulps, between 1 and 2."""
    x = batch.inputs["x"].astype(np.float64)[:, np.newaxis]
    up = batch.format.from_ordinals(batch.format.ordinals(np.nan_to_num(right)) + 2)
    return np.where((x >= 1) & (x < 2), up, right)


def test_what_is_correctly_rounded_is_proved_so(store: Store) -> None:
    with planted(np.exp):
        (fact,) = run_sweep(SETTINGS, store).facts
    assert fact.proved
    assert fact.exact
    assert fact.inputs == 65536
    assert (fact.beyond_limit, fact.failing, fact.undecided, fact.intervals) == (0, 0, 0, [])
    x = every("float16").astype(np.float64)
    with np.errstate(all="ignore"):
        y = np.exp(x)
        errors = np.abs(y.astype(np.float16).astype(np.float64) - y) / format_named("float16").ulp(y)
    inside = np.isfinite(y) & (np.abs(y) < 65504)
    assert fact.max_ulps == pytest.approx(errors[inside].max(), rel=1e-9)
    assert fact.max_ulps <= fact.bound <= 0.5
    assert store.facts("exp") == [fact]
    assert store.facts("tan*") == []


def test_a_planted_strip_is_counted_and_bounded(store: Store) -> None:
    with planted(np.exp, two_off):
        (fact,) = run_sweep(SETTINGS, store).facts
    assert fact.proved
    assert not fact.exact
    assert fact.not_correctly_rounded == fact.beyond_limit == fact.failing == 1024  # the numbers of [1, 2)
    assert fact.intervals == [[1.0, 2 - 2.0**-10]]
    x = every("float16").astype(np.float64)
    x = x[(x >= 1) & (x < 2)]
    answers = two_off(np.exp(x)[:, np.newaxis].astype(np.float16), Batch("float16", {"x": x.astype(np.float16)}))
    errors = np.abs(answers[:, 0].astype(np.float64) - np.exp(x)) / format_named("float16").ulp(np.exp(x))
    assert fact.max_ulps == pytest.approx(errors.max(), rel=1e-9)
    assert float.fromhex(fact.at["x"]) == x[np.argmax(errors)]
    assert float(fact.reference) == pytest.approx(float(np.exp(x[np.argmax(errors)])))
    assert fact.output == answers[np.argmax(errors), 0]


def test_one_wrong_number_in_all(store: Store) -> None:
    def nan_at_one(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        return np.where(batch.inputs["x"][:, np.newaxis] == np.float16(-5.5), np.float16(np.nan), right)

    with planted(np.exp, nan_at_one):
        (fact,) = run_sweep(SETTINGS, store).facts
    assert fact.proved
    assert fact.max_ulps == np.inf
    assert fact.at == {"x": (-5.5).hex()}
    assert fact.failing == fact.not_correctly_rounded == 1
    assert fact.intervals == [[-5.5, -5.5]]


def flushing(right: NDArray[Any], batch: Batch | None = None) -> NDArray[Any]:
    return np.where(np.abs(right) < np.finfo(np.float16).tiny, 0, right).astype(right.dtype)


@pytest.mark.parametrize("policy", [True, False])
def test_flushed_results_are_counted_apart_where_the_target_flushes(
    store: Store, policy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if policy:
        monkeypatch.setattr(Planted, "product", staticmethod(lambda x, y: flushing(x * y)))
    with planted(np.exp, flushing):
        (fact,) = run_sweep(SETTINGS, store).facts
    with np.errstate(all="ignore"):
        y = np.exp(every("float16").astype(np.float64))
        lost = int(((y > 2.0**-25) & (y.astype(np.float16) < np.finfo(np.float16).tiny)).sum())
    assert fact.not_correctly_rounded == lost
    assert (fact.flushed > 0) is policy
    assert (fact.failing == 0) is policy
    assert (fact.max_ulps <= 0.51) is policy


def test_every_pair_of_eight_bits(store: Store) -> None:
    with planted(np.hypot):
        (fact,) = run_sweep(replace(SETTINGS, ops="hypot"), store).facts
    assert fact.proved
    assert fact.inputs == 65536
    assert fact.space == "all pairs of float8_e5m2"
    assert set(fact.at) == {"x", "y"}
    assert fact.not_correctly_rounded == 0


def test_an_interrupted_sweep_ends_as_an_unbroken_one(store: Store) -> None:
    class Once:
        def __call__(self, progress: SweepProgress) -> None:
            raise KeyboardInterrupt

    with planted(np.exp, two_off):
        broken = run_sweep(SETTINGS, store, Once())
        assert broken.sweep.state == "interrupted"
        assert broken.facts == []
        told: list[SweepProgress] = []
        resumed = run_sweep(replace(SETTINGS, resume="latest"), store, told.append)
        whole = run_sweep(SETTINGS, store)
    assert resumed.sweep.id == broken.sweep.id
    assert resumed.sweep.state == whole.sweep.state == "finished"
    assert told[-1].inputs == told[-1].planned == 65536
    assert len(told) == 3  # of four chunks
    assert timeless(resumed) == timeless(whole)
    with pytest.raises(ValueError, match="none to resume"):
        run_sweep(replace(SETTINGS, resume="latest"), store)


def test_another_selection_does_not_resume(store: Store) -> None:
    def once(progress: SweepProgress) -> None:
        raise KeyboardInterrupt

    with planted(np.exp):
        run_sweep(SETTINGS, store, once)
        with pytest.raises(ValueError, match="had other ops"):
            run_sweep(replace(SETTINGS, dtype="bfloat16", resume="latest"), store)


def timeless(swept: Swept) -> list[Fact]:
    return [replace(fact, seconds=0.0, date="", sweep="") for fact in swept.facts]


def test_a_call_that_raises_proves_nothing(store: Store) -> None:
    def raising(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        raise RuntimeError("no")

    with planted(np.exp, raising):
        swept = run_sweep(SETTINGS, store)
    assert swept.facts == []
    assert any("no" in failure for failure in swept.sweep.failures)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ops": "softmax"}, r"softmax takes x \(vector\)"),
        ({"dtype": "float64"}, "float64 has too many numbers"),
        ({"ops": "lerp"}, "ops of one number can be swept"),
        ({"params": {"nope": 1}}, "exp has no param 'nope'"),
    ],
)
def test_what_cannot_be_swept_is_told(store: Store, settings: dict[str, Any], message: str) -> None:
    with planted(np.exp), pytest.raises(ValueError, match=message):
        run_sweep(replace(SETTINGS, **settings), store)
    assert store.sweeps() == []


def test_unknown_names_are_told(store: Store) -> None:
    with planted(np.exp), pytest.raises(UnknownName, match="float16"):
        run_sweep(replace(SETTINGS, dtype="float1"), store)
    assert issubclass(NotSwept, ValueError)


def test_a_chunk_knows_nothing_beyond_its_inputs() -> None:
    with planted(np.exp, two_off):
        cell = SETTINGS.ops, (), "float16", "value"
        from ulpfuzz.fuzzer.cell import Cell

        first = int(np.float16(1.5).view(np.uint16))
        result = run_chunk(Chunk(Cell(*cell), ("torch:cpu:eager",), first, 100))
    (partial_result,) = [s for (_, call), s in result.partial_results.items() if call == "torch.exp(x)"]
    assert partial_result.inputs == partial_result.failing == 100
    assert partial_result.intervals == [[first, first + 99, 100]]
    assert first < CALL


def test_rounding_is_certain_where_both_ends_round_alike() -> None:
    fmt = format_named("float16")
    value = np.array([[1.0], [1 + 2.0**-11], [1 + 2.0**-11], [1 + 2.0**-11 + 2.0**-30]])
    radius = np.array([[1e-9], [0.0], [1e-12], [1e-12]])
    truth = Reference.unknown(4, 1)
    truth.value[...], truth.radius[...], truth.accepts[...] = value, radius, FINITE
    right, certain = rounded(truth, fmt)
    assert certain[:, 0].tolist() == [True, True, False, True]
    assert right[[0, 1, 3], 0].tolist() == [1.0, 1.0, 1 + 2.0**-10]


def test_runs_of_numbers() -> None:
    assert runs(np.array([], dtype=np.int64)) == []
    assert runs(np.array([3, 4, 5, 9, 11, 12])) == [[3, 5, 3], [9, 9, 1], [11, 12, 2]]


def test_what_failed_in_a_sweep_is_replayed_by_a_run(store: Store) -> None:
    """One number of 65,536, which a run of a thousand verdicts does not meet by itself."""
    odd = float(np.float16(-5.563))

    def nan_at_one(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        return np.where(batch.inputs["x"][:, np.newaxis] == np.float16(odd), np.float16(np.nan), right)

    settings = Settings(
        Budget(verdicts=1000), ops="exp", targets="torch:cpu:eager", dtypes=("float16",), orders=("value",), seed=5, workers=0
    )
    with planted(np.exp, nan_at_one):
        facts = run_sweep(SETTINGS, store).facts
        without = run_campaign(settings, store)
        told = run_campaign(replace(settings, seed=6, facts=tuple(facts)), store)
    assert [f.symptom for f in store.findings(without.id)] == []
    (finding,) = store.findings(told.id)
    assert finding.symptom == "nan"
    assert float.fromhex(finding.case["inputs"]["x"]) == odd
