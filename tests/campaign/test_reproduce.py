"""Reproduce: a planted defect still fails while it is there and is gone when it is; scripts carry the definition."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_calls import plant_call
from planted_frameworks import planted

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.reports.minimal_script import minimal_script
from ulpfuzz.reports.script import definition_source, script_for


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "id": "torch-exp-value-float32-nan-000000", "op": "exp", "params": {}, "order": "value", "dtype": "float32",
        "target": "torch:cpu:eager", "implementation": "torch.exp(x)", "symptom": "nan", "class_": "unstable",
        "ulps": float("inf"), "excess": float("inf"), "condition": 1.0, "limit": 3.5, "severity": 50.0,
        "case": {"dtype": "float32", "inputs": {"x": "0x1p+0"}, "placement": {"length": 64, "position": 3, "stride": 1}},
        "worst": 0, "reference": "2.718281828459045235360287471352662497757", "output": float("nan"), "output_hex": "nan",
        "avoidable_by": [], "certified_by": "arb+mpmath", "answers": [],
    }  # fmt: skip
    return Finding(**{**values, **changes})


def fourth_is(value: float) -> Any:
    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        spoiled = right.copy()
        if batch.rows == 64:
            spoiled[3] = value
        return spoiled

    return fault


def test_it_still_fails_at_its_placement() -> None:
    with planted(np.exp, fourth_is(np.nan)):
        result = reproduce(finding())
    assert result.still_fails
    assert result.message == ("exp(1) = nan, true value 2.72 (float32, torch.exp): still unstable with torch 0.planted")


def test_it_is_gone() -> None:
    with planted(np.exp):
        result = reproduce(finding())
    assert not result.still_fails
    assert result.message.endswith("gone with torch 0.planted")
    assert result.now.class_ == "ok"


def test_another_symptom_is_still_a_failure() -> None:
    with planted(np.exp, fourth_is(-1.0)):
        result = reproduce(finding())
    assert result.still_fails
    assert "another symptom: wrong_sign (was nan)" in result.message


def test_an_exception_is_a_failure() -> None:
    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        raise FrameworkError("RuntimeError: planted")

    with planted(np.exp, fault):
        result = reproduce(finding(symptom="exception"))
    assert result.still_fails
    assert result.message.endswith("still unstable with torch 0.planted: RuntimeError: planted")


def test_a_target_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None)
    with pytest.raises(ValueError, match="torch is not installed; pip install"):
        reproduce(finding())


def test_a_case_that_ended_its_process_runs_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    call = plant_call(monkeypatch, "exp", "numpy", "np.exp(x) if len(x) < 8 else __import__('os')._exit(11)")
    crash = finding(symptom="crash", target="numpy:cpu:eager", implementation=call)
    assert reproduce(crash).still_fails
    small = {**crash.case, "placement": {"length": 1, "position": 0, "stride": 1}}
    assert not reproduce(finding(symptom="crash", target="numpy:cpu:eager", implementation=call, case=small)).still_fails


def test_every_op_of_the_catalogue_has_a_source() -> None:
    for op in ops().values():
        source = definition_source(op.definition)
        compile(source.text, op.definition, "exec")
        assert f"def {source.name}(" in source.text


def test_the_script_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """numpy's norm overflows inside by its documented algorithm, on every machine."""
    case = {"dtype": "float32", "inputs": {"x": ["0x1p+100", "0x1p+100"]}, "placement": {"length": 1, "position": 0, "stride": 1}}
    naive = plant_call(monkeypatch, "norm", "numpy", "np.sqrt(np.sum(x * x, axis=-1))")
    norm = finding(op="norm", params={"ord": 2}, implementation=naive, target="numpy:cpu:eager", symptom="inf", limit=None,
                   case=case,
                   reference="1792728671193156477399422023278.661496394", output=float("inf"), output_hex="inf")  # fmt: skip
    path = tmp_path / "script.py"
    path.write_text(script_for(norm, {"numpy": "0.0"}), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([sys.executable, str(path)], check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "recomputed with" in done.stdout


def test_an_impossible_answer_is_told_with_the_end_that_it_lies_beyond() -> None:
    """Of conditioning nothing is said: the value stands in the finding, and its script shows it."""
    with planted(np.exp, fourth_is(1.5)):
        case = {"dtype": "float32", "inputs": {"x": "0x1p+0"}, "placement": {"length": 64, "position": 3, "stride": 1}}
        result = reproduce(finding(op="tanh", implementation="torch.tanh(x)", symptom="out_of_range", output=1.5, case=case))
    assert result.still_fails
    assert (result.now.symptom, result.now.note) == ("out_of_range", "no value lies above 1: DLMF 4.14, 4.28")
    assert "no value lies above 1: DLMF 4.14" in script_for(result.now)
    assert "no value lies above 1: DLMF 4.14" in minimal_script(result.now)
