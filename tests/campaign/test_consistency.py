"""The same bits elsewhere: planted kernels that go by position, length, stride or repetition are told, with both placements."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import faulty
import numpy as np
import pytest
from test_shard import TARGET, comparable, found_in, shard_of, worked_on

from ulpfuzz.fuzzer.campaign.shard import run_shard
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.judge.severity import _GRAVITY
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.fuzzer.search.consistency import compare, sample

pytestmark = pytest.mark.usefixtures("planted")


@pytest.fixture(scope="module")
def of_places(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The findings of kernels that go by the place of a number, from one shard."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("plugins")
    patch.syspath_prepend(str(folder))
    with faulty.installed_in(folder):
        yield found_in("faulty_places")
    patch.undo()


def right_side(finding: Finding) -> dict[str, Any]:
    right: dict[str, Any] = finding.case["right"]["placement"]
    return right


def test_wrong_at_odd_positions_only(of_places: dict[Any, Finding]) -> None:
    assert of_places["exp_odd", "inconsistent"].case["placement"]["position"] % 2 == 1
    finding = worked_on(of_places["exp_odd", "inconsistent"])
    assert finding.case["placement"] == {"length": 2, "position": 1, "stride": 1}
    assert right_side(finding) == {"length": 1, "position": 0, "stride": 1}
    assert finding.note.startswith("the same bits are right at length 1 (answer ")
    assert finding.note.endswith("), wrong from length 2, position 1")


def test_wrong_when_strided(of_places: dict[Any, Finding]) -> None:
    finding = of_places["exp_strided", "inconsistent"]
    assert finding.case["placement"]["stride"] == 2
    assert right_side(finding)["stride"] == 1
    assert "stride 2" in finding.note
    assert ("exp_strided", "precision") in of_places  # fed to the search, and found as what it is too


def test_wrong_in_the_second_call(of_places: dict[Any, Finding]) -> None:
    finding = of_places["exp_twice", "inconsistent"]
    assert (finding.case["nth"], finding.case["right"].get("nth", 1)) == (2, 1)
    assert finding.case["placement"] == right_side(finding)
    assert "in the second of two equal calls" in finding.note
    assert [symptom for kernel, symptom in of_places if kernel == "exp_twice"] == ["inconsistent"]  # once it is right


def test_an_ulp_within_the_limit_is_counted_and_no_verdict(of_places: dict[Any, Finding]) -> None:
    assert {kernel for kernel, _ in of_places} == {"exp_odd", "exp_strided", "exp_twice"}
    cells = {c.implementation: c for c in run_shard(shard_of("faulty_places")).cells}
    assert cells["faulty.exp_ulp(x)"].differing > 10
    assert cells["faulty.exp_right(x)"].differing == 0
    assert cells["faulty.exp_right(x)"].compared > 10


def test_a_finding_tells_both_answers_and_stands_beside_the_plain_one(of_places: dict[Any, Finding]) -> None:
    for (kernel, symptom), finding in of_places.items():
        if symptom != "inconsistent":
            continue
        right = finding.case["right"]
        assert right["output_hex"] == float(right["output"]).hex() != finding.output_hex
        assert finding.class_ == "unstable"
        assert finding.certified_by == "arb+mpmath"
        json.dumps(finding.case, allow_nan=False)
        plain = [f for (k, s), f in of_places.items() if k == kernel and s != "inconsistent"]
        assert finding.severity <= max((f.severity for f in plain), default=1000)
        assert finding.extent["count"] <= finding.extent["judged"]


def test_no_graver_than_the_same_error_alone() -> None:
    """A case that differs by half its digits ranks by its digits, though `inconsistent` is graver than `precision`."""
    found = found_in("faulty_slopes", order="grad")
    plain, inconsistent = found["slope_tail", "precision"], found["slope_tail", "inconsistent"]
    assert inconsistent.severity <= plain.severity
    assert _GRAVITY[Symptom.inconsistent] > _GRAVITY[Symptom.precision]


def test_gradients_that_fail_only_in_tails() -> None:
    found = found_in("faulty_slopes", order="grad")
    assert {kernel for kernel, _ in found} == {"slope_tail"}
    finding = worked_on(found["slope_tail", "inconsistent"])
    assert finding.case["placement"] == {"length": 9, "position": 8, "stride": 1}
    assert right_side(finding) == {"length": 1, "position": 0, "stride": 1}


def test_rows_of_vectors_by_the_size_of_the_batch() -> None:
    found = found_in("faulty_sum")
    assert {kernel for kernel, _ in found} == {"sum_blocks"}
    finding = worked_on(found["sum_blocks", "inconsistent"])
    assert finding.case["placement"]["length"] == 16
    assert right_side(finding)["length"] < 16


def test_paths_of_exp_that_depend_on_the_length() -> None:
    kernels = {kernel for kernel, symptom in found_in("faulty_exp") if symptom == "inconsistent"}
    assert kernels == {"exp_vector_overflow", "exp_tail", "exp_scalar", "exp_long"}


@pytest.mark.parametrize(("op", "order"), [("faulty_calm", "value"), ("faulty_raises", "value"), ("faulty_softmax", "grad")])
def test_silent_where_places_do_not_matter(op: str, order: str) -> None:
    assert not [key for key in found_in(op, order=order) if key[1] == "inconsistent"]


def test_the_same_shard_finds_the_same(of_places: dict[Any, Finding]) -> None:
    first, second = (run_shard(shard_of("faulty_places", verdicts=20_000)) for _ in range(2))
    assert comparable(first) == comparable(second)


def test_known_inconsistencies_are_not_certified_again(of_places: dict[Any, Finding]) -> None:
    known = tuple((f.id, f.excess) for f in of_places.values())
    assert run_shard(shard_of("faulty_places", known=known)).findings == []


# The comparison itself


def evaluator_of(call: str, op: str = "faulty_places") -> Evaluator:
    cell = shard_of(op).cell
    return Evaluator(cell, [Subject(TARGET, next(i for i in op_named(op).implementations if i.call == f"faulty.{call}(x)"))])


def numbers(*values: float) -> Batch:
    return Batch("float32", {"x": np.array(values, np.float32)})


def test_nan_is_alike_whatever_its_payload(monkeypatch: pytest.MonkeyPatch) -> None:
    def payloads(x: Any) -> Any:
        bits = np.where(np.arange(len(x)) % 2, 0x7FC00001, 0x7FC00000).astype(np.uint32)
        return np.where(np.isnan(x), bits.view(np.float32), faulty.exp_right(x))

    monkeypatch.setattr(faulty, "exp_ulp", payloads)
    (found,) = compare(evaluator_of("exp_ulp"), numbers(np.nan, 1.0), seed=0, round_=0)
    assert (found.compared, found.differing, found.inconsistent, found.wrong) == (2, 0, [], [])


def test_what_a_flush_to_zero_policy_explains_is_no_right_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def flushing(x: Any) -> Any:
        right = faulty.exp_right(x)
        return np.where(np.arange(len(x)) % 2, right * 2, np.where(right < 1e-38, 0, right)).astype(x.dtype)

    monkeypatch.setattr(faulty, "exp_ulp", flushing)
    monkeypatch.setattr("ulpfuzz.fuzzer.evaluation.calls.flush_policy", lambda *given: FlushPolicy(inputs=False, outputs=True))
    (found,) = compare(evaluator_of("exp_ulp"), numbers(-90.0), seed=0, round_=0)
    assert found.wrong
    assert found.inconsistent == []
    (found,) = compare(evaluator_of("exp_ulp"), numbers(-80.0), seed=0, round_=0)
    assert found.inconsistent


def test_calls_are_bounded_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(x: Any) -> Any:
        calls.append(len(x))
        return faulty.exp_right(x)

    monkeypatch.setattr(faulty, "exp_ulp", counted)
    batch = numbers(*np.linspace(-1, 1, 48))
    list(compare(evaluator_of("exp_ulp"), batch, seed=0, round_=0))
    first = list(calls)
    calls.clear()
    list(compare(evaluator_of("exp_ulp"), batch, seed=0, round_=3))
    assert calls == first
    assert set(first) == {1, 3, 8, 16, 17, 64, 69, 4096}
    assert len(first) < 60


def test_few_shapes_where_each_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()

    def counted(x: Any) -> Any:
        seen.add(len(x))
        return faulty.exp_right(x)

    monkeypatch.setattr(faulty, "exp_ulp", counted)
    monkeypatch.setattr(faulty.Faulty, "lengths", (1, 64, 1000))
    batch = numbers(*np.linspace(-1, 1, 48))
    for round_, expected in ((0, {1, 4096}), (1, {1, 64, 4096}), (5, {1, 64, 4096})):
        seen.clear()
        list(compare(evaluator_of("exp_ulp"), batch, seed=0, round_=round_))
        assert seen == expected


def test_a_framework_that_raises_is_told_once() -> None:
    (found,) = compare(evaluator_of("exp_always_raises", "faulty_never"), numbers(1.0, 2.0), seed=0, round_=0)
    assert found.error == "RuntimeError: no kernel at all"
    assert not found.compared


def test_the_sample_holds_each_row_once_the_worst_first() -> None:
    worst = [numbers(3.0), numbers(5.0), numbers(3.0)]
    (batch,) = sample(worst, numbers(*range(100)))
    assert batch.inputs["x"][:2].tolist() == [3.0, 5.0]
    assert batch.rows == 2 + 24
    vectors = [Batch("float32", {"x": np.ones((1, n), np.float32) * k}) for n, k in ((2, 1), (5, 1), (5, 2))]
    assert [b.inputs["x"].shape for b in sample(vectors, None)] == [(2, 5)]


# Again, later


@pytest.mark.parametrize("kernel", ["exp_odd", "exp_strided", "exp_twice"])
def test_both_placements_are_run_again(kernel: str, of_places: dict[Any, Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    finding = of_places[kernel, "inconsistent"]
    for _ in range(2):  # whatever was called before: the same bits too
        again = reproduce(finding)
        assert again.still_fails
        assert again.now.symptom == "inconsistent"
        assert "still unstable with faulty 1; still inconsistent: right answer " in again.message
    monkeypatch.setattr(faulty, kernel, faulty.exp_right)
    gone = reproduce(finding)
    assert not gone.still_fails
    assert gone.message.endswith("gone with faulty 1")


def test_wrong_at_both_placements_is_no_inconsistency(of_places: dict[Any, Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faulty, "exp_odd", lambda x: faulty.exp_right(x) * np.float32(1.001))
    again = reproduce(of_places["exp_odd", "inconsistent"])
    assert again.still_fails
    assert again.now.symptom in ("precision", "inf")
    assert again.message.endswith("both placements are wrong now, alike")


def test_a_finding_without_its_right_side_is_one_clear_line(of_places: dict[Any, Finding]) -> None:
    finding = of_places["exp_odd", "inconsistent"]
    case = {name: value for name, value in finding.case.items() if name != "right"}
    with pytest.raises(ValueError, match="does not hold the placement where the same bits are right"):
        reproduce(dataclasses.replace(finding, case=case))
