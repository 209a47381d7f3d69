"""The scripts of joint findings show that the functional is wrong, in every order, and that a right call is right."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from planted_findings import planted

from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.reports.minimal_script import minimal_script
from ulpfuzz.reports.script import script_for

X = [3.0, 3.0, 3.0, 3.0]
#: op, order, directions, functional, the truth, a wrong call and its answer, a right one; by framework.
CASES: list[tuple[str, str, dict[str, list[float]], str, str, str, tuple[str, float], str]] = [
    ("numpy", "value", {}, "sum", "1.0", "softmax", ("x * 0 + x.dtype.type(0.125)", 0.5), "np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)"),
    ("numpy", "value", {}, "sum_of_exponentials", "1.0", "log_softmax", ("x * 0 - 2", 0.541341132946451),
     "x - np.log(np.exp(x).sum(axis=-1, keepdims=True))"),
    ("numpy", "value", {}, "sum_of_squares", "1.0", "unit_vector", ("x * 0 + 1", 4.0), "x / np.sqrt((x * x).sum(axis=-1, keepdims=True))"),
    ("torch", "grad", {"cotangent": [1.0]}, "sum", "1.0", "logsumexp", ("(x * 0.125).sum(dim=-1)", 0.5), "torch.logsumexp(x, dim=-1)"),
    ("torch", "grad", {"cotangent": [1, 0, 0, 2]}, "sum", "0.0", "softmax", ("x * 0.125", 0.375), "torch.softmax(x, dim=-1)"),
    ("torch", "jvp", {"tangent": [1, 0, 0, 2]}, "sum", "0.0", "softmax", ("x * 0.125", 0.375), "torch.softmax(x, dim=-1)"),
    ("torch", "grad2", {"cotangent": [1.0], "tangent": [1, 0, 0, 2]}, "sum", "0.0", "logsumexp",
     ("(x * x * 0.125).sum(dim=-1)", 0.75), "torch.logsumexp(x, dim=-1)"),
]  # fmt: skip


def finding_of(case: Any, call: str) -> Finding:
    framework, order, directions, name, reference, op, (_, answer), _ = case
    inputs = {n: [float(v).hex() for v in values] for n, values in {"x": X, **directions}.items()}
    ulp = 2.0**-23
    note = "each output is right for inputs nearby, but all of them for none"
    return planted(
        id=f"{framework}-{op}-{order}-float32-joint-ab12cd", op=op, order=order, target=f"{framework}:cpu:eager", implementation=call,
        symptom="joint", ulps=abs(answer - float(reference)) / ulp, limit=None, excess=1e5, reference=reference, output=answer,
        output_hex=answer.hex(), note=note, avoidable_by=[], answers=[],
        case={
            "dtype": "float32", "inputs": inputs, "placement": {"length": 1, "position": 0, "stride": 1},
            "functional": {"name": name, "outputs": [0, 4], "ulp": ulp.hex()},
        },
    )  # fmt: skip


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, str(path)], check=False, capture_output=True, text=True, cwd=folder, env=environment, timeout=240
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[5]}-{case[1]}")
def test_scripts_show_the_functional(case: Any, tmp_path: Path) -> None:
    if importlib.util.find_spec(case[0]) is None:
        pytest.skip(f"{case[0]} is not installed")
    (wrong, answer), right = case[6], case[7]
    bad = run(script_for(finding_of(case, wrong)), tmp_path)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "recomputed with" in bad.stdout
    assert f"answer   {answer!r}"[:14] in bad.stdout
    good = run(script_for(finding_of(case, right)), tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    if case[1] == "value":  # another truth
        assert run(script_for(planted(**{**vars(finding_of(case, wrong)), "reference": "1.5"})), tmp_path).returncode == 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[5]}-{case[1]}")
def test_minimal_scripts_show_it_too(case: Any, tmp_path: Path) -> None:
    if importlib.util.find_spec(case[0]) is None:
        pytest.skip(f"{case[0]} is not installed")
    source = minimal_script(finding_of(case, case[6][0]))
    if case[1] in ("jvp", "grad2"):
        assert source == ""
        return
    bad = run(source, tmp_path)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    good = run(minimal_script(finding_of(case, case[7])), tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
