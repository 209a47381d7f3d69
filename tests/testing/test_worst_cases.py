"""Worst cases: kept as data, replayed first, and never trusted further than a case of the op."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.testing.own_kernels import naive_softmax, stable_softmax
from ulpfuzz.fuzzer.case import Case, Placement
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.testing.assertion import Asked, assertion_of
from ulpfuzz.fuzzer.testing.failure import UnstableError
from ulpfuzz.fuzzer.testing.kernel import kernel_of
from ulpfuzz.fuzzer.testing.stable import held
from ulpfuzz.fuzzer.testing.worst_cases import MOST, WorstCases

HUNDRED = Case("float32", {"x": ["0x1.9p+6", "0x0.0p+0"]})


def kept(folder: Path, order: str = "value") -> WorstCases:
    op = op_named("softmax")
    kernel = kernel_of(naive_softmax, op)
    return WorstCases(folder, kernel, assertion_of(op, kernel, Asked()), order)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = kept(tmp_path)
    placed = Case("float32", HUNDRED.inputs, Placement(64, 3))
    file.write([HUNDRED, placed, HUNDRED, *(Case("float32", {"x": [float(k).hex()]}) for k in range(100))])
    cases = file.read()
    assert cases[:2] == [HUNDRED, placed]
    assert len(cases) == MOST
    assert file.path.suffix == ".json"
    assert [path.name for path in tmp_path.glob("**/.writing-*")] == []


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"form": 2, "cases": []}', '{"form": 1}', '{"form": 1, "cases": [3]}',
        '{"form": 1, "cases": [{"inputs": {"x": ["cos(0)"]}}]}', '{"form": 1, "cases": [{"inputs": {"y": ["0x1p+0"]}}]}',
        '{"form": 1, "cases": [{"inputs": {"x": [["0x1p+0"]]}}]}', '{"form": 1, "cases": [{"inputs": {"x": ["0x1p+0", ["0x1p+0"]]}}]}',
        '{"form": 1, "cases": [{"inputs": {"x": ["0x1p+0"]}, "placement": {"length": 0}}]}',
        '{"form": 1, "cases": [{"inputs": {"x": ["0x1p+0"]}, "placement": {"length": 9999999999}}]}',
        '{"form": 1, "cases": [{"inputs": {"x": ["0x1p+0"], "cotangent": ["0x1p+0"]}}]}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_case_of_the_op_is_none(text: str, tmp_path: Path) -> None:
    file = kept(tmp_path)
    file.path.parent.mkdir(parents=True)
    file.path.write_text(text)
    assert file.read() == []


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept(tmp_path / "file").write([HUNDRED])
    assert kept(tmp_path / "file").read() == []


def test_a_failure_is_found_again_by_the_case_alone(tmp_path: Path) -> None:
    """With a budget too small to find anything."""
    op = op_named("softmax")
    kernel = kernel_of(naive_softmax, op)
    assertion = assertion_of(op, kernel, Asked(orders=("value",), budget="20k"))
    with pytest.raises(UnstableError) as first:
        held(kernel, assertion, tmp_path, keep=True)
    shown = json.loads(WorstCases(tmp_path, kernel, assertion, "value").path.read_text())
    assert shown["cases"][0]["inputs"] == first.value.finding.case["inputs"]
    with pytest.raises(UnstableError):
        held(kernel, assertion_of(op, kernel, Asked(orders=("value",), budget="0.001k")), tmp_path, keep=True)


def test_a_function_that_passes_keeps_its_worst_cases_too(tmp_path: Path) -> None:
    op = op_named("softmax")
    kernel = kernel_of(stable_softmax, op)
    assertion = assertion_of(op, kernel, Asked(orders=("value",), budget="10k"))
    held(kernel, assertion, tmp_path, keep=True)
    assert len(WorstCases(tmp_path, kernel, assertion, "value").read()) > 3
