"""The workflow of the night: its shell lines parse, no expression stands in them, and step by step they do what they say, with a false `gh`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.defects.planted import a_finding, answering
from ulpfuzz.fuzzer.findings.finding import CellSummary, Run
from ulpfuzz.fuzzer.findings.store import Store

ROOT = Path(__file__).parents[1]
PATH = ROOT / ".github/workflows/nightly.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(PATH.read_text()) if PATH.is_file() else {}
if not WORKFLOW:
    pytest.skip("this is no checkout: there are no workflows", allow_module_level=True)
STEPS = {job: told["steps"] for job, told in WORKFLOW["jobs"].items()}
LINES = {step["name"]: step["run"] for steps in STEPS.values() for step in steps if "run" in step}
FOUND = [
    answering(a_finding(x="0x1.64p+6"), ("torch:cpu:eager", "torch.special.exp(x)", "inf")),
    a_finding("tf.math.exp(x)", "nan", "-0x1p+120", target="tensorflow:cpu:eager"),
]


@pytest.mark.parametrize("name", LINES)
def test_shell_lines_parse_and_hold_no_expression(name: str) -> None:
    done = subprocess.run(["bash", "-n"], input=LINES[name], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "${{" not in LINES[name]


def test_actions_are_pinned_and_permissions_the_least() -> None:
    used = [step["uses"] for steps in STEPS.values() for step in steps if "uses" in step]
    assert [action for action in used if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", action)] == []
    assert WORKFLOW["permissions"] == {}
    granted = {job: told["permissions"] for job, told in WORKFLOW["jobs"].items()}
    assert granted["fuzz"] == {"contents": "read"}
    assert {name for name, right in granted["publish"].items() if right == "write"} == {"issues", "security-events"}
    assert all(
        step["with"]["persist-credentials"] is False
        for steps in STEPS.values()
        for step in steps
        if "checkout" in step.get("uses", "")
    )
    # A token is given to the one step that needs it.
    assert [step["name"] for steps in STEPS.values() for step in steps if "token" in json.dumps(step.get("env", {}))] == [
        "Open an issue per new defect"
    ]


def test_the_schema_of_workflows_accepts_it() -> None:
    if shutil.which("check-jsonschema") is None:
        pytest.skip("check-jsonschema, which carries the schema, is not installed")
    command = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(PATH)]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# Step by step

#: In place of the search: the report of the latest run, and the status of a night with new findings.
ULPFUZZ = """#!/bin/sh
if [ "$1" = nightly ]; then
  printf '%s\\n' "$@" > arguments
  "{python}" -m ulpfuzz report --scripts none --format html,sarif,junit,summary --out ulpfuzz-report > /dev/null || exit 2
  mv ulpfuzz-report/report.sarif ulpfuzz.sarif; mv ulpfuzz-report/junit.xml ulpfuzz-report/summary.md .
  exit 1
fi
exec "{python}" -m ulpfuzz "$@"
"""
#: Keeps what it is told to open: a line of title per issue, the body beside it.
GH = """#!{python}
import os, pathlib, sys
words = sys.argv[1:]
kept = pathlib.Path(os.environ["FALSE_GITHUB"])
titles = kept / "titles"
if words[:2] == ["issue", "list"]:
    assert words[words.index("--state") + 1] == "all"
    print(titles.read_text() if titles.exists() else "", end="")
elif words[:2] == ["issue", "create"]:
    assert words[words.index("--label") + 1] == "ulpfuzz"
    title = words[words.index("--title") + 1]
    assert len(title) <= 256 and "\\n" not in title
    with titles.open("a") as file:
        file.write(title + "\\n")
    (kept / f"body{len(titles.read_text().splitlines())}").write_text(pathlib.Path(words[words.index("--body-file") + 1]).read_text())
else:
    assert words[:2] == ["label", "create"], words
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{python}", sys.executable))
    path.chmod(0o755)


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """A working folder with a store of two new defects, a false ulpfuzz whose `nightly` takes no time, and a false gh."""
    program(tmp_path / ".venv/bin/ulpfuzz", ULPFUZZ)
    program(tmp_path / ".venv/bin/python", '#!/bin/sh\nexec "{python}" "$@"\n')
    program(tmp_path / "bin/gh", GH)
    (tmp_path / "github").mkdir()
    with Store(f"sqlite:///{tmp_path / 'ulpfuzz.db'}") as store:
        run = Run("20261101-0001", 1, "2026-11-01T02:00:00+00:00", "5m", verdicts=1000, cells=1, cells_planned=1)
        store.start_run(run)
        cell = CellSummary("exp", {}, "value", "float32", "torch:cpu:eager", "torch.exp(x)", 1000, {"ok": 1000}, 12.5, 300.0)
        store.save_shard(run.id, "r00", "{}", [cell], FOUND)
        store.finish_run(replace(run, state="finished", seconds=10.0))
    return tmp_path


def step(sandbox: Path, name: str, environment: Mapping[str, str]) -> int:
    """Runs the shell lines of a step as GitHub does; its exit status."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("ULPFUZZ", "GITHUB"))}
    added = {
        "PATH": f"{sandbox / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "ULPFUZZ_DB": "sqlite:///ulpfuzz.db",
        "FALSE_GITHUB": str(sandbox / "github"), "GITHUB_OUTPUT": str(sandbox / "output"), "GITHUB_STEP_SUMMARY": str(sandbox / "shown"),
    }  # fmt: skip
    (sandbox / "step.sh").write_text(LINES[name])
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "step.sh"]
    done = subprocess.run(
        command, cwd=sandbox, env={**inherited, **added, **environment}, text=True, capture_output=True, check=False
    )
    print(done.stdout, done.stderr)
    return done.returncode


def test_the_steps_of_a_night(sandbox: Path) -> None:
    given = {"BUDGET": "5m", "OPS": "ex*; touch stolen", "TARGETS": "$(touch stolen)"}
    assert step(sandbox, "Fuzz", given) == 0
    assert (sandbox / "output").read_text() == "status=1\npublish=true\n"
    arguments = (sandbox / "arguments").read_text().splitlines()
    assert {"--budget=5m", "--ops=ex*; touch stolen", "--targets=$(touch stolen)"} <= set(arguments)
    assert step(sandbox, "Show the summary", {}) == 0
    assert (sandbox / "shown").read_text().startswith("# ulpfuzz: 2 new\n")
    assert step(sandbox, "Write the issues", {"MOST": "10"}) == 0
    assert sorted(path.name for path in (sandbox / "issues").iterdir()) == ["1", "2"]
    assert step(sandbox, "Open an issue per new defect", {"GH_TOKEN": "x", "GH_REPO": "a/b"}) == 0
    titles = (sandbox / "github/titles").read_text().splitlines()
    assert [title.rpartition(" [")[2].rstrip("]") for title in titles] == [f.id for f in FOUND]
    assert "exp(89.0)" in titles[0] or "exp(89)" in titles[0]
    assert "torch.exp" in (sandbox / "github/body1").read_text()
    assert step(sandbox, "Open an issue per new defect", {"GH_TOKEN": "x", "GH_REPO": "a/b"}) == 0
    assert (sandbox / "github/titles").read_text().splitlines() == titles  # never twice
    assert step(sandbox, "Fail on new findings", {"STATUS": "1"}) == 1
    assert not (sandbox / "stolen").exists()


def test_no_more_issues_than_asked_for(sandbox: Path) -> None:
    assert step(sandbox, "Write the issues", {"MOST": "1"}) == 0
    assert [path.name for path in (sandbox / "issues").iterdir()] == ["1"]


def test_an_error_of_the_night_ends_it(sandbox: Path) -> None:
    program(sandbox / ".venv/bin/ulpfuzz", "#!/bin/sh\nexit 2\n")
    assert step(sandbox, "Fuzz", {"BUDGET": "5m", "OPS": "", "TARGETS": ""}) == 2
    assert (sandbox / "output").read_text() == "status=2\n"
    assert step(sandbox, "Show the summary", {}) == 0
