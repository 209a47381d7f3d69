"""A shard finds planted defects by itself, and nothing in kernels that are right; it is a pure function of its arguments."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
import time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import faulty
import numpy as np
import pytest

from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult, run_shard
from ulpfuzz.fuzzer.case import Case, Placement
from ulpfuzz.fuzzer.casework.simplest import simplest
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import finding_id
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.search import support

pytestmark = pytest.mark.usefixtures("planted")

TARGET = "faulty:cpu:eager"
#: Of derivatives of vectors: the planted overflow is found within the first thousands, and what follows is seconds of Hessians.
VECTOR_VERDICTS = 10_000


def shard_of(op: str, *, order: str = "value", dtype: str = "float32", verdicts: int = 40_000, **rest: Any) -> Shard:
    cell = Cell(op, tuple(op_named(op).default_params().items()), dtype, order)
    return Shard(cell, (TARGET,), rest.pop("seed", 0), 0, verdicts, **rest)


@cache
def found_in(op: str, **rest: Any) -> dict[tuple[str, str], Finding]:
    """(kernel, symptom) -> finding. The same shard finds the same (test_the_same_shard_twice_in_one_process), so it is run once: a test that
    plants other kernels calls run_shard itself."""
    findings = run_shard(shard_of(op, **rest)).findings
    return {(f.implementation.removeprefix("faulty.").partition("(")[0], f.symptom): f for f in findings}


def worked_on(finding: Finding) -> Finding:
    """The finding as casework shows it."""
    simple = simplest(finding)
    assert simple is not None
    assert (simple.id, simple.symptom) == (finding.id, finding.symptom)
    return simple


def numbers(finding: Finding, name: str = "x") -> list[float]:
    return [float(v) for v in Case(finding.dtype, finding.case["inputs"]).batch().exact()[name].ravel()]


# What is found


@pytest.fixture(scope="module")
def of_exp(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The findings of all defects of exp, from one shard."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("plugins")
    patch.syspath_prepend(str(folder))
    with faulty.installed_in(folder):
        yield found_in("faulty_exp")
    patch.undo()


def test_overflow_of_vectors_only_is_placed_at_the_least_failing_length(of_exp: dict[Any, Finding]) -> None:
    finding = of_exp["exp_vector_overflow", "inf"]
    assert finding.case["placement"]["length"] == 64  # discovery makes one call for a vector path
    assert finding.class_ == "unstable"
    assert 88.1 < numbers(finding)[0] < 88.7229
    placed = worked_on(finding)
    assert placed.case["placement"] == {"length": 2, "position": 0, "stride": 1}
    assert "right at length 1, wrong from length 2" in placed.note


def test_a_thin_strip_beside_a_threshold(of_exp: dict[Any, Finding]) -> None:
    finding = of_exp["exp_strip", "zero"]
    assert -87.3365 < numbers(finding)[0] < -87.33
    assert finding.output == 0


def test_a_nan_at_one_landmark(of_exp: dict[Any, Finding]) -> None:
    finding = of_exp["exp_landmark", "nan"]
    assert numbers(finding) == [float(np.float32(88.72283))]
    assert math.isnan(finding.output)
    assert float(finding.reference) == pytest.approx(3.4027985e38)


def test_a_wrong_tail_is_placed_at_its_position(of_exp: dict[Any, Finding]) -> None:
    finding = of_exp["exp_tail", "precision"]
    assert finding.case["placement"]["position"] >= finding.case["placement"]["length"] // 8 * 8
    assert worked_on(finding).case["placement"] == {"length": 9, "position": 8, "stride": 1}
    assert numbers(worked_on(finding)) == [0.0]


def test_a_wrong_scalar_path(of_exp: dict[Any, Finding]) -> None:
    assert of_exp["exp_scalar", "precision"].case["placement"]["length"] == 1


def test_a_defect_of_long_calls_only_keeps_the_length_of_the_search(of_exp: dict[Any, Finding]) -> None:
    assert of_exp["exp_long", "precision"].case["placement"]["length"] > 1000


def test_a_wrong_sign(of_exp: dict[Any, Finding]) -> None:
    finding = of_exp["exp_sign", "wrong_sign"]
    assert 20 < numbers(finding)[0] < 24
    assert finding.output < 0


def test_a_right_kernel_beside_wrong_ones_is_clean(of_exp: dict[Any, Finding]) -> None:
    assert not [kernel for kernel, _ in of_exp if kernel == "exp_right"]


def test_every_answer_stands_beside_a_finding(of_exp: dict[Any, Finding]) -> None:
    calls = [i.call for i in op_named("faulty_exp").implementations]
    for (kernel, symptom), finding in of_exp.items():
        assert [a.implementation for a in finding.answers] == calls
        mine = next(a for a in finding.answers if a.implementation == finding.implementation)
        assert mine.output_hex == finding.output_hex, kernel
        if symptom == "inconsistent":  # of two answers one is wrong, and looks like something
            assert mine.symptom in {s for k, s in of_exp if k == kernel} - {"inconsistent"}
        else:
            assert mine.symptom == symptom, kernel
        assert finding.avoidable_by == [TARGET]  # by another call of the same target
        right = next(a for a in finding.answers if a.implementation == "faulty.exp_right(x)")
        assert (right.class_, right.symptom) == ("ok", "none")


def test_extent_counts_the_elements_that_fail_alike(of_exp: dict[Any, Finding]) -> None:
    for finding in of_exp.values():
        extent = finding.extent
        assert set(extent) == {"count", "judged", "share", "low", "high", "inputs", "special"}
        assert 0 < extent["count"] <= extent["judged"]
        assert extent["share"] == extent["count"] / extent["judged"]
    strip = of_exp["exp_strip", "zero"].extent
    assert 87.33 < -strip["high"] <= -strip["low"] < 87.3365
    assert sum(row[3] for row in of_exp["exp_strip", "zero"].profile) == of_exp["exp_strip", "zero"].extent["judged"]


def test_identity_is_that_of_cell_target_call_and_symptom(of_exp: dict[Any, Finding]) -> None:
    for finding in of_exp.values():
        known_as = finding_id("faulty_exp", {}, "value", "float32", TARGET, finding.implementation, finding.symptom)
        assert finding.id == known_as
    assert len({f.id for f in of_exp.values()}) == len(of_exp)


def test_naive_norm() -> None:
    found = found_in("faulty_norm")
    assert {kernel for kernel, _ in found} == {"norm_naive"}
    over, under = worked_on(found["norm_naive", "inf"]), worked_on(found["norm_naive", "zero"])
    assert len(numbers(over)) == 1
    assert 1.8e19 < abs(numbers(over)[0]) < 1e21  # two digits above the square root of the largest number
    assert len(numbers(under)) == 1
    assert 0 < abs(numbers(under)[0]) < 3e-23


def test_naive_softmax() -> None:
    found = found_in("faulty_softmax")
    assert {kernel for kernel, _ in found} == {"softmax_naive"}
    assert max(numbers(found["softmax_naive", "nan"])) == 100.0  # discovery keeps the length, and simplifies by one call
    assert numbers(worked_on(found["softmax_naive", "nan"])) == [100.0]


def test_one_pass_variance() -> None:
    found = found_in("faulty_var")
    assert {kernel for kernel, _ in found} == {"var_one_pass"}
    assert {"nan", "zero", "precision"} <= {symptom for _, symptom in found}


def test_cancellation_in_a_binary_op() -> None:
    found = found_in("faulty_xlog1py")
    assert {kernel for kernel, _ in found} == {"xlog1py_cancelling"}
    assert numbers(found["xlog1py_cancelling", "precision"], "x") == [1.0]
    assert abs(numbers(found["xlog1py_cancelling", "zero"], "y")[0]) < 6e-8


def test_infinity_times_zero_in_a_gradient() -> None:
    found = found_in("faulty_softplus", order="grad")
    assert list(found) == [("softplus_naive", "nan")]
    assert numbers(found["softplus_naive", "nan"]) == [100.0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_silent_for_a_right_kernel(dtype: str) -> None:
    result = run_shard(shard_of("faulty_calm", dtype=dtype))
    assert result.findings == []
    assert result.verdicts >= 40_000
    (summary,) = result.cells
    assert summary.classes["ok"] > 0.99 * summary.verdicts


def test_an_exception_is_a_finding_of_its_row() -> None:
    (finding,) = run_shard(shard_of("faulty_raises")).findings
    assert (finding.symptom, finding.class_, finding.note) == ("exception", "unstable", "RuntimeError: no kernel for one")
    assert numbers(finding) == [1.0]
    assert finding.id.startswith("faulty-faulty_raises-value-float32-exception-")
    assert [(a.class_, a.symptom) for a in finding.answers] == [("unstable", "exception"), ("ok", "none")]
    assert finding.avoidable_by == [TARGET]
    assert float(finding.reference) == pytest.approx(math.e)


def test_a_call_that_always_raises_ends_with_its_budget() -> None:
    (finding,) = run_shard(shard_of("faulty_never", verdicts=5_000)).findings
    assert finding.symptom == "exception"
    assert finding.avoidable_by == []


# Replay


def test_cases_are_replayed_first_each_in_its_placement() -> None:
    x = np.float32(88.5)
    vector, tail = Case("float32", {"x": float(x).hex()}, Placement(3)), Case("float32", {"x": "0x0p+0"}, Placement(9, 8))
    findings = run_shard(shard_of("faulty_exp", verdicts=1, corpus=(vector, tail))).findings
    assert {"faulty.exp_vector_overflow(x)", "faulty.exp_tail(x)"} == {f.implementation for f in findings}


def test_a_search_hands_on_its_worst_points() -> None:
    result = run_shard(shard_of("faulty_exp"))
    assert result.corpus
    again = run_shard(shard_of("faulty_exp", verdicts=1, corpus=tuple(result.corpus)))
    assert {f.implementation for f in again.findings} >= {"faulty.exp_strip(x)", "faulty.exp_sign(x)"}


def test_known_findings_are_not_certified_again() -> None:
    first = run_shard(shard_of("faulty_softplus", order="grad"))
    known = tuple((f.id, f.excess) for f in first.findings)
    assert run_shard(shard_of("faulty_softplus", order="grad", known=known)).findings == []


# Determinism


def comparable(result: ShardResult) -> str:
    """All of a result but its seconds."""
    kept = dataclasses.asdict(dataclasses.replace(result, seconds=0.0, by_phase={}, tier_seconds={}))
    return json.dumps(kept, sort_keys=True, default=str)


SHARDS = [("faulty_exp", "value"), ("faulty_var", "value"), ("faulty_softplus", "grad")]


def test_the_same_shard_twice_in_one_process() -> None:
    for op, order in SHARDS:
        shard = shard_of(op, order=order, seed=3)
        assert comparable(run_shard(shard)) == comparable(run_shard(shard))


def test_the_same_shard_in_another_process(tmp_path: Path) -> None:
    program = f"""
import sys
sys.path[:0] = [{str(Path(faulty.__file__).parent)!r}, {str(tmp_path)!r}]
from pathlib import Path
import faulty, test_shard
with faulty.installed_in(Path({str(tmp_path)!r})):
    for op, order in {SHARDS!r}:
        print(test_shard.comparable(test_shard.run_shard(test_shard.shard_of(op, order=order, seed=3))))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(faulty.__file__).parents[2],
                         env={"PYTHONPATH": str(Path(faulty.__file__).parents[2]), "PYTHONHASHSEED": "7"}, check=True)  # fmt: skip
    assert ran.stdout.splitlines() == [comparable(run_shard(shard_of(op, order=order, seed=3))) for op, order in SHARDS]


def test_a_slow_machine_decides_the_same_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = comparable(run_shard(shard_of("faulty_var", verdicts=10_000)))
    monkeypatch.setattr(faulty, "var_right", slowed(faulty.var_right))
    clock = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: 10 * clock())
    assert comparable(run_shard(shard_of("faulty_var", verdicts=10_000))) == quick


def slowed(kernel: Any) -> Any:
    def slow(*inputs: Any, **params: Any) -> Any:
        time.sleep(0.01)
        return kernel(*inputs, **params)

    return slow


def test_another_seed_is_another_search() -> None:
    first, second = (run_shard(shard_of("faulty_exp", seed=seed)) for seed in (1, 2))
    assert comparable(first) != comparable(second)
    assert {f.id for f in first.findings} & {f.id for f in second.findings}


# Derivatives of every order


@pytest.mark.parametrize("order", ["grad", "jvp", "grad2"])
@pytest.mark.parametrize(
    ("op", "wrong"),
    [
        ("faulty_tanh2", {"grad": {"tanh_wrong_formula"}, "jvp": {"tanh_wrong_sign"}, "grad2": {"tanh_wrong_sign"}}),
        ("faulty_softplus2", {"grad": {"softplus2_cancelling"}, "jvp": {"softplus2_zero_times_infinity"},
                              "grad2": {"softplus2_cancelling", "softplus2_zero_times_infinity"}}),
        ("faulty_relu6", {key: {"relu6_nan_at_its_kink"} for key in ("grad", "jvp", "grad2")}),
        ("faulty_softmax2", {key: {"softmax2_naive"} for key in ("grad", "jvp", "grad2")}),
    ],
)  # fmt: skip
def test_planted_derivatives_are_found_and_right_ones_are_not(op: str, wrong: dict[str, set[str]], order: str) -> None:
    """A wrong formula, a cancellation, 0 * inf, a NaN at a kink, a wrong sign, an overflow, in each order of differentiation."""
    found = found_in(op, order=order, verdicts=VECTOR_VERDICTS if op == "faulty_softmax2" else 40_000)
    assert {kernel for kernel, _ in found} == wrong[order]
    for kernel in wrong[order]:
        assert any(finding.class_ == "unstable" for (name, _), finding in found.items() if name == kernel)


def test_what_a_derivative_finding_says() -> None:
    wrong = found_in("faulty_tanh2", order="grad2")["tanh_wrong_sign", "wrong_sign"]
    x = numbers(wrong)[0]
    assert float(wrong.reference) == pytest.approx(-2 * math.tanh(x) / math.cosh(x) ** 2, rel=1e-6)
    assert wrong.output == pytest.approx(-float(wrong.reference), rel=1e-5)
    lost = found_in("faulty_softmax2", order="jvp", verdicts=VECTOR_VERDICTS)["softmax2_naive", "nan"]
    assert set(lost.case["inputs"]) == {"x", "tangent"}
    assert len(lost.case["inputs"]["tangent"]) == len(lost.case["inputs"]["x"])
    lost = found_in("faulty_softmax2", order="grad2", verdicts=VECTOR_VERDICTS)["softmax2_naive", "nan"]
    assert {len(values) for values in worked_on(lost).case["inputs"].values()} == {2}


def test_a_run_whose_time_is_over_tells_what_it_found_and_looks_no_further() -> None:
    """What is replayed is judged, and what that shows is certified."""
    assert run_shard(shard_of("faulty_exp", until=0.0)).verdicts == 0
    known = Case("float32", {"x": float(np.float32(88.72283)).hex()})
    late = run_shard(shard_of("faulty_exp", until=0.0, corpus=(known,)))
    assert "nan" in {f.symptom for f in late.findings if f.implementation == "faulty.exp_landmark(x)"}
    assert run_shard(shard_of("faulty_exp", until=math.inf)).verdicts == run_shard(shard_of("faulty_exp")).verdicts


def test_a_shard_without_time_of_its_own_searches_one_batch() -> None:
    assert 0 < run_shard(shard_of("faulty_exp", seconds=0.0)).verdicts < run_shard(shard_of("faulty_exp")).verdicts


def test_the_error_of_a_finding_is_that_of_the_confirmed_truth(of_exp: dict[Any, Finding]) -> None:
    """The judge's truth is as sharp as its verdict needs; what is told is |answer - y| / ulp(y)."""
    found = [f for f in of_exp.values() if math.isfinite(f.ulps)]
    assert found
    for finding in found:
        fmt, exact = format_named(finding.dtype), Fraction(finding.reference)
        assert finding.ulps == pytest.approx(float(abs(Fraction(finding.output) - exact) / fmt.ulp_exact(exact)), rel=1e-6)


def test_a_capped_visit_leaves_out_calls_that_take_longer_than_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    slow: list[Subject] = []

    def refusal(_: Evaluator, subject: Subject, __: object) -> str:
        slow.append(subject)
        time.sleep(0.1)
        return ""

    monkeypatch.setattr(support, "SLOW_CALL", 0.0)
    monkeypatch.setattr(support, "_refusal", refusal)
    first = run_shard(shard_of("faulty_exp", seconds=1.0, cap=0.05))
    assert first.cut  # so that later rounds visit it first
    assert slow
    assert not {s.implementation.call for s in slow} & {c.implementation for c in first.cells}
    assert not first.unsupported
    assert not first.excluded
