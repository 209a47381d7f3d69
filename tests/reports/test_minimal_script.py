"""Minimal scripts: they run, exit with 1 while the planted answer is wrong and with 0 once it is right, in ten lines or so."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from planted_axes import findings
from planted_findings import planted

from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.reports.minimal_script import LONGEST, expected_of, minimal_script

SUM = {"op": "sum", "params": {}, "case": {"inputs": {"x": ["0x1p+0", "0x1.999999999999ap-4", "0x1p+3"]}}, "dtype": "float64"}


def status(text: str, folder: Path) -> int:
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "ignore", str(path)], check=False, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({}, "np.logaddexp(x, np.float32(0))"),
        ({**SUM, "implementation": "np.sum(x.astype(np.float32), axis=-1)", "output": 9.100000023841858, "ulps": 1.3e7,
          "reference": "9.100000000000000005551115123125782702118158340454", "symptom": "precision"}, "np.sum(x, axis=-1)"),
        ({"op": "exp", "implementation": "np.exp(x) * np.float32(np.nan)", "output": math.nan, "reference": "2.6881171418161354e43",
          "symptom": "nan"}, "np.exp(x)"),
        ({"op": "sqrt", "implementation": "np.abs(x)", "output": 1.0, "reference": "nan", "symptom": "missed_nan",
          "case": {"inputs": {"x": "-0x1p+0"}}}, "np.sqrt(x)"),
        ({"op": "softplus", "implementation": "x * 0", "output": 0.0, "reference": "[99.0, 101.0]", "symptom": "zero"}, "x"),
        ({"op": "sqrt", "implementation": "np.abs(x)", "output": 0.0, "reference": "-0.0", "symptom": "signed_zero",
          "case": {"inputs": {"x": "-0x0p+0"}}}, "np.sqrt(x)"),
        ({"op": "inv", "implementation": "np.linalg.inv(x)", "symptom": "exception", "output": math.nan,
          "case": {"inputs": {"x": "0x1p+0"}}}, "1 / x"),
    ],
    ids=["overflow", "constant", "nan", "missed_nan", "interval", "signed_zero", "exception"],
)  # fmt: skip
def test_it_exits_with_1_while_the_answer_is_wrong(changes: dict[str, Any], right: str, tmp_path: Path) -> None:
    if changes.get("op") == "inv":
        changes = {**changes, "op": "softplus"}
    finding = planted(**changes)
    text = minimal_script(finding)
    assert status(text, tmp_path) == 1
    assert text.count("\n") <= 12
    assert status(text.replace(finding.implementation, right), tmp_path) == 0


def test_the_rows_of_a_placement_are_there(tmp_path: Path) -> None:
    case = {"inputs": {"x": "0x1.9p+6"}, "placement": {"length": 8, "position": 5, "stride": 1}}
    call = "np.where(np.arange(len(x)) == 5, np.log(np.exp(x) + 1), x)"
    assert status(minimal_script(planted(case=case, implementation=call)), tmp_path) == 1


def torch_gradient(call: str) -> Finding:
    return planted(
        op="logsumexp", target="torch:cpu:eager", implementation=call, order="grad", worst=1, symptom="precision", output=0.5,
        reference="0.73105857863000487925115924182183627436514464016505651927636591", ulps=1e6,
        case={"inputs": {"x": ["0x0p+0", "0x1p+0"], "cotangent": ["0x1p+0"]}},
    )  # fmt: skip


def test_a_gradient_in_torch(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    finding = torch_gradient("torch.logsumexp(x * 0, dim=-1)")
    text = minimal_script(finding)
    assert status(text, tmp_path) == 1
    assert status(text.replace("x * 0", "x"), tmp_path) == 0


def test_no_recorded_answer_meets_its_own_condition() -> None:
    for finding in [*findings(), planted(), torch_gradient("f(x)")]:
        if minimal_script(finding):
            assert not eval(expected_of(finding).condition, {"answer": finding.output, "float": float, "abs": abs})


def test_what_takes_more_than_ten_lines_has_none() -> None:
    by_symptom = {f.symptom: f for f in findings()}
    assert (
        minimal_script(by_symptom["crash"])
        == minimal_script(by_symptom["hang"])
        == minimal_script(by_symptom["inconsistent"])
        == ""
    )
    assert minimal_script(planted(order="grad2", target="torch:cpu:eager")) == ""
    assert minimal_script(planted(target="torch:cuda:eager")) == ""
    assert minimal_script(planted(target="mine:cpu:eager")) == ""
    assert minimal_script(planted(op="of_a_plugin_that_is_gone")) == ""
    assert minimal_script(planted(case={"inputs": {"x": ["0x1p+0"] * (LONGEST + 1)}})) == ""
