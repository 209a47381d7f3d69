"""Advice: planted unstable formulas get the right rewrite, with errors within the limit; what is stable gets none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.casework.planted import planted
from ulpfuzz.fuzzer.casework.advice.advise import advise, helps
from ulpfuzz.fuzzer.casework.comparison import comparison_of
from ulpfuzz.fuzzer.defects.case_file import Advice
from ulpfuzz.fuzzer.findings.finding import Finding

POINTS = 2000


@pytest.fixture(scope="module", autouse=True)
def _plugin() -> Iterator[None]:
    with planted():
        yield


def finding(op: str, dtype: str = "float32", **inputs: Any) -> Finding:
    """A finding of the op's one call at these numbers."""
    from ulpfuzz.fuzzer.catalog.registry import op_named

    def hexes(value: Any) -> Any:
        return [hexes(v) for v in value] if isinstance(value, list) else float(value).hex()

    record = op_named(f"planted_{op}")
    case = {"dtype": dtype, "inputs": {name: hexes(v) for name, v in inputs.items()}}
    return Finding(
        id=f"planted-{op}", op=record.name, params={}, order="value", dtype=dtype, target="numpy:cpu:eager",
        implementation=record.implementations[0].call, symptom="precision", class_="unstable", ulps=1e6, excess=1e6, condition=1.0, limit=4.0,
        severity=1.0, case=case, worst=0, reference="", output=math.nan, output_hex="nan", avoidable_by=[], certified_by="", answers=[],
    )  # fmt: skip


CASES = [
    ("log1p", {"x": 2.0**-20 * 1.234}, "log1p", "np.log1p(x)"),
    ("expm1", {"x": 2.0**-20 * 1.234}, "expm1", "np.expm1(x)"),
    ("versine", {"x": 2.0**-10 * 1.25}, "half-angle", "2 * np.sin(x / 2) ** 2"),
    ("root_step", {"x": 2.0**20 * 1.25}, "conjugate", "1 / (np.sqrt(x + 1) + np.sqrt(x))"),
    ("root", {"a": 1.0, "b": 2.0**11 * 1.25, "c": -1.5}, "stable root", "np.where(b > 0"),
    ("softmax", {"x": [90.0, 100.5, 95.25]}, "shifted softmax", "scipy.special.softmax(x, axis=-1)"),
    ("logsumexp", {"x": [90.0, 100.5, 95.25]}, "shifted log-sum-exp", "scipy.special.logsumexp(x, axis=-1)"),
    ("variance", {"x": [1001.25, 1000.5, 1002.0, 1003.5]}, "two-pass variance", "np.mean((x - np.mean(x, axis=-1, keepdims=True)) ** 2, axis=-1)"),
    ("hypot", {"x": 2.0**70 * 1.25, "y": 2.0**69 * 1.5}, "hypot", "np.hypot(x, y)"),
    ("log_sigmoid", {"x": 20.5}, "log-sigmoid", "-np.logaddexp(-x, np.zeros_like(-x))"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "inputs", "rule", "call"), CASES, ids=[c[0] for c in CASES])
def test_a_planted_loss_gets_its_rewrite(op: str, inputs: dict[str, Any], rule: str, call: str) -> None:
    planted_finding = finding(op, **inputs)
    advice = {a.way: a for a in advise(planted_finding, POINTS)}
    rewrite = advice["rewrite"]
    assert rewrite.rule == rule
    assert rewrite.call.startswith(call)
    comparison, _, row = comparison_of(planted_finding)
    assert rewrite.worst_ulps_after <= comparison.limit(row)
    assert rewrite.worst_ulps_before > comparison.limit(row)
    assert rewrite.verified_on >= POINTS / 2
    assert rewrite.everyday_on >= POINTS / 2
    assert rewrite.answer


def test_every_way_is_tried() -> None:
    advice = {a.way: a for a in advise(finding("log1p", x=2.0**-20 * 1.234), POINTS)}
    assert advice["raise_precision"].call == "np.log(1 + x.astype(np.float64)).astype(x.dtype)"
    far = {a.way: a for a in advise(finding("expm1", x=2.0**-20 * 1.234), POINTS)}
    assert "limit_range" not in far  # wrong in the middle of everyday inputs


def test_the_range_in_which_a_call_is_right() -> None:
    (limited,) = [a for a in advise(finding("hypot", x=2.0**70, y=2.0**69), POINTS) if a.way == "limit_range"]
    assert limited.call == "np.sqrt(x ** 2 + y ** 2)"
    low, high = (float.fromhex(end) for end in limited.range["x"])
    assert low < -1
    assert 1 < high < 2.0**70
    assert limited.worst_ulps_after <= 4
    assert limited.worst_ulps_before == math.inf


def test_a_stable_call_gets_no_advice() -> None:
    assert advise(finding("stable", x=2.0**-20), POINTS) == ()
    assert advise(finding("log1p", x=1.5), POINTS) == ()


def test_the_same_finding_gives_the_same_advice() -> None:
    again: list[tuple[Advice, ...]] = [advise(finding("log1p", x=2.0**-20 * 1.234), POINTS) for _ in range(2)]
    assert again[0] == again[1]


def test_a_crash_gets_none() -> None:
    from dataclasses import replace

    assert advise(replace(finding("log1p", x=2.0**-20), symptom="crash"), POINTS) == ()


def test_what_is_worse_elsewhere_does_not_help() -> None:
    import numpy as np

    from ulpfuzz.fuzzer.casework.comparison import Measurement

    def measured(*ulps: float, wrong: bool = False) -> Measurement:
        return Measurement(
            np.full(len(ulps), wrong), np.zeros(len(ulps), np.bool_), np.asarray(ulps), np.zeros(len(ulps), np.int64)
        )

    fine = measured(1.0, 2.0)
    wrong = measured(30.0, 50.0, wrong=True)
    assert helps(fine, fine, fine)
    assert helps(fine, measured(3.9), measured(0.5))
    assert not helps(measured(9.0, wrong=True), fine, fine)
    assert not helps(fine, measured(9.0, wrong=True), fine)
    assert helps(fine, measured(60.0, wrong=True), wrong)
    assert not helps(fine, measured(101.0, wrong=True), wrong)
    assert not helps(fine, measured(9.0, 9.0, 9.0, wrong=True), wrong)
