"""docs/how-to/add-an-op.md: the example of an op, pasted literally and tried step by step, in a copy of the project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ulpfuzz.fuzzer.findings.store import Store

ROOT = Path(__file__).parents[1]
COPIED = ("fuzzer", "oracles", "reports", "corpus", "ulpfuzz", "tests", "pyproject.toml")
PROGRAMS = {".venv/bin/python": [sys.executable], ".venv/bin/ulpfuzz": [sys.executable, "-m", "ulpfuzz.fuzzer.cli"]}
#: Of the verdicts of a run; more would mean that the example shows the oracle's limits rather than the op.
UNDECIDED = 0.02


def steps() -> tuple[list[tuple[str, str]], list[list[str]]]:
    """((file, code) of each step that pastes, the commands of the step that tries)."""
    guide = (ROOT / "docs/how-to/add-an-op.md").read_text()
    section = guide[: guide.index("## Old methods")]
    pasted = re.findall(r"^## \d\. .*?`([\w/]+\.py)`.*?```python\n(.*?)```", section, re.DOTALL | re.MULTILINE)
    commands = re.findall(r"^\.venv/.*$", section, re.MULTILINE)
    return pasted, [shlex.split(command, comments=True) for command in commands]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True)
        else:
            shutil.copy(ROOT / name, folder / name)
    pasted, _ = steps()
    for path, code in pasted:
        file = folder / path
        file.write_text(f"{file.read_text()}\n\n{code}")
    return folder


def done(project: Path, command: list[str]) -> str:
    """What the command prints; it ends well."""
    environment = {**os.environ, "PYTHONPATH": str(project), "ULPFUZZ_DB": f"sqlite:///{project}/guide.db", "COLUMNS": "200"}
    arguments = [*PROGRAMS[command[0]], *command[1:]]
    ran = subprocess.run(arguments, cwd=project, env=environment, text=True, capture_output=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_example_pastes_a_definition_a_record_and_a_truth() -> None:
    pasted, commands = steps()
    assert [path.split("/")[0] for path, _ in pasted] == ["oracles", "fuzzer", "tests"]
    assert [command[0] for command in commands] == [".venv/bin/python", ".venv/bin/ulpfuzz", ".venv/bin/ulpfuzz"]


def test_its_tests_pass(project: Path) -> None:
    _, ((*command,), *_) = steps()
    assert re.search(r"100%", done(project, [*command, "-q", "-p", "no:cacheprovider"]))


def test_a_probe_shows_what_the_guide_says(project: Path) -> None:
    _, (_, command, _) = steps()
    shown = done(project, command)
    assert re.search(r"torch\.sqrt\(x \* y\) +inf .*composed, inf", shown)
    assert re.search(r"torch\.sqrt\(x\) \* torch\.sqrt\(y\) .* ok", shown)


def test_a_run_finds_it_and_leaves_little_undecided(project: Path) -> None:
    _, (_, _, command) = steps()
    done(project, command)
    store = Store(f"sqlite:///{project}/guide.db")
    (run,) = store.runs()
    cells = store.cells(run.id)
    verdicts = sum(sum(cell.classes.values()) for cell in cells)
    assert verdicts > 200_000
    assert sum(cell.classes.get("undecided", 0) for cell in cells) < UNDECIDED * verdicts
    assert {"composed"} <= {finding.label for finding in store.findings(run.id)}
