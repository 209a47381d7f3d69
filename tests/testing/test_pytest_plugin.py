"""The pytest plugin: parametrised, replayed, told to JUnit, in several processes; and of no cost where no test uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KERNELS = """
import numpy as np

def naive_softmax(x):
    powers = np.exp(x)
    return powers / powers.sum(axis=-1, keepdims=True)

def stable_softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
"""
TESTS = """
import numpy as np, pytest
from kernels import naive_softmax, stable_softmax

@pytest.mark.ulpfuzz("softmax", dtypes=["float32", "float64"])
def test_stable(assert_stable):
    assert assert_stable(stable_softmax).verdicts > 0

@pytest.mark.ulpfuzz("softmax", orders=["value"])
def test_naive(assert_stable):
    assert_stable(naive_softmax)

@pytest.mark.ulpfuzz("sofmax")
def test_no_such_op(assert_stable):
    assert_stable(naive_softmax)

def test_no_op(assert_stable):
    assert_stable(naive_softmax)

def test_without_the_marker(assert_stable):
    assert_stable(np.square, "square", limit=0.5)
"""


def run(folder: Path, *options: str, plugin: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    loaded = ["-p", "ulpfuzz.pytest_plugin"] if plugin else []
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-c",
        str(folder / "pytest.ini"),
        "--rootdir",
        str(folder),
    ]
    return subprocess.run(
        [*command, *loaded, *options, str(folder)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "kernels.py").write_text(KERNELS)
    (folder / "test_kernels.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    return folder


def test_a_suite_in_two_processes(project: Path) -> None:
    ran = run(project, "-n", "2", "-p", "xdist", "--junitxml", "junit.xml", "--ulpfuzz-budget", "20k", "-rA")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for passed in ("test_stable[float32-value]", "test_stable[float64-value]", "test_without_the_marker"):
        assert f"PASSED test_kernels.py::{passed}" in ran.stdout
    assert "numpy has no derivatives" in ran.stdout
    assert "naive_softmax is unstable as softmax" in ran.stdout
    assert "unknown op 'sofmax'; did you mean 'softmax'?" in ran.stdout
    assert "which op? assert_stable(function, 'softmax')" in ran.stdout
    assert "trial.py" not in ran.stdout  # a failure shows the line of the test, none of ours
    names = {path.name.rpartition("-")[0] for path in (project / ".ulpfuzz/cases").iterdir()}
    assert names == {
        "stable_softmax-softmax-float32-value", "stable_softmax-softmax-float64-value", "naive_softmax-softmax-float32-value",
        "square-square-float32-value",
    }  # fmt: skip
    told = _properties(project / "junit.xml", "test_naive[float32-value]")
    assert (told["ulpfuzz.op"], told["ulpfuzz.dtype"], told["ulpfuzz.symptom"]) == ("softmax", "float32", "nan")
    assert Path(told["ulpfuzz.script"]).is_file()
    assert int(_properties(project / "junit.xml", "test_stable[float32-value]")["ulpfuzz.verdicts"]) > 0
    assert "Warning" not in ran.stdout


def _properties(path: Path, test: str) -> dict[str, str]:
    (case,) = [c for c in ElementTree.parse(path).getroot().iter("testcase") if c.get("name") == test]
    return {p.get("name", ""): p.get("value", "") for p in case.iter("property")}


def test_a_wrong_keyword_is_said_at_collection(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_wrong.py").write_text(
        "import pytest\n@pytest.mark.ulpfuzz('exp', dtipes=['float32'])\ndef test_it(assert_stable): pass\n"
    )
    ran = run(tmp_path)
    assert "unknown keyword of the marker ulpfuzz 'dtipes'; did you mean 'dtypes'?" in ran.stdout


def test_it_imports_nothing_where_no_test_uses_it(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(
        "import sys\ndef pytest_unconfigure(config):\n    print('MODULES', ' '.join(sorted(sys.modules)))\n"
    )
    (tmp_path / "test_plain.py").write_text("def test_it(): pass\n")
    with_it, without = (_modules(run(tmp_path, "-s", plugin=plugin)) for plugin in (True, False))
    assert with_it - without == {"ulpfuzz", "ulpfuzz.pytest_plugin"}


def _modules(ran: subprocess.CompletedProcess[str]) -> set[str]:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (line,) = [line for line in ran.stdout.splitlines() if "MODULES " in line]
    return set(line.partition("MODULES ")[2].split())
