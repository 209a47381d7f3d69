"""docs/how-to/your-kernel.md: every example is run, as a reader would run it, with smaller budgets."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ulpfuzz.fuzzer.cli.app import app

ROOT = Path(__file__).parents[1]
#: What a budget is where an example names none.
BUDGET = "20k"
#: Examples that take more than a few seconds.
SLOW = ("test_torch_compiled.py",)


@cache
def blocks() -> dict[str, str]:
    """The Python blocks by the file that their first line names."""
    text = (ROOT / "docs/how-to/your-kernel.md").read_text()
    found = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(found) == len(re.findall(r"^```python", text, re.MULTILINE)), "each block begins with the name of its file"
    return dict(found)


def missing(source: str) -> str:
    """What of its imports is not here."""
    modules = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
    ours = {Path(name).stem for name in blocks()}
    absent = [m for m in modules if m not in ours and importlib.util.find_spec(m) is None]
    return ", ".join(absent)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with all files of the page, where it is the working folder; no module of it stays imported."""
    for name, source in blocks().items():
        (tmp_path / name).write_text(source)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("ulpfuzz.fuzzer.testing.assertion.BUDGET", BUDGET)
    yield tmp_path
    for name in blocks():
        sys.modules.pop(Path(name).stem, None)


class Outcomes:
    """A plugin that keeps how each test ended."""

    def __init__(self) -> None:
        self.reports: list[Any] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.reports.append(report)


def run(folder: Path, name: str) -> list[Any]:
    outcomes = Outcomes()
    options = [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:terminal",
        "--import-mode=importlib",
        "--rootdir",
        str(folder),
    ]
    plugins = [] if "ulpfuzz" in _entry_points() else ["-p", "ulpfuzz.pytest_plugin"]
    pytest.main([*options, *plugins, "-c", str(folder / "pytest.ini"), str(folder / name)], plugins=[outcomes])
    return outcomes.reports


def _entry_points() -> set[str]:
    from importlib.metadata import entry_points

    return {point.name for point in entry_points(group="pytest11")}


def examples() -> list[Any]:
    return [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in blocks() if n.startswith("test_")]


@pytest.mark.parametrize("name", examples())
def test_an_example_runs(project: Path, name: str) -> None:
    absent = missing(blocks()[name])
    if absent:
        pytest.skip(f"{absent} is not installed")
    if "torch:cuda" in blocks()[name]:
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
    reports = run(project, name)
    assert len(reports) >= len(re.findall(r"^def test_", blocks()[name], re.MULTILINE))
    assert [(r.nodeid, r.longreprtext) for r in reports if r.outcome == "failed"] == []


def test_the_failure_is_the_one_that_the_page_shows(project: Path) -> None:
    from ulpfuzz.testing import UnstableError, assert_stable

    text = (ROOT / "docs/how-to/your-kernel.md").read_text()
    (shown,) = re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {}
    sys.path_importer_cache.clear()
    exec("from softmax_np import naive_softmax", namespace)
    with pytest.raises(UnstableError) as failure:
        assert_stable(namespace["naive_softmax"], "softmax")
    said = str(failure.value).splitlines()
    lines = [line for line in shown.splitlines() if "..." not in line and "helps" not in line and "scipy" not in line]
    assert [line for line in lines if line not in said] == []
    assert failure.value.script is not None
    assert failure.value.script.parent.name == ".ulpfuzz"


def test_the_command_runs(project: Path) -> None:
    text = (ROOT / "docs/how-to/your-kernel.md").read_text()
    (command,) = re.findall(r"^\$ ulpfuzz (.*)$", text, re.MULTILINE)
    ran = CliRunner().invoke(app, command.split())
    assert ran.exit_code == 0, ran.output
    assert "naive_softmax is unstable as softmax" in ran.output
    assert "stable_softmax is unstable" not in ran.output.replace("naive_softmax is", "")
