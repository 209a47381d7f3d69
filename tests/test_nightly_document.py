"""docs/how-to/nightly.md: what of its examples can be checked is checked; options and variables are those that there are."""

from __future__ import annotations

import configparser
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.reports.planted_findings import run
from ulpfuzz.reports import build, summary

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/how-to/nightly.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def test_every_place_has_its_example() -> None:
    assert {name: len(blocks(name)) for name, _ in BLOCKS if name != "console"} == {"bash": 3, "ini": 2, "yaml": 1}


@pytest.mark.parametrize("text", blocks("bash"))
def test_scripts_end_at_the_first_error(text: str) -> None:
    assert "set -euo pipefail" in text


def test_the_variables_of_a_command_are_those_that_it_gets() -> None:
    told = set(re.findall(r"`(ULPFUZZ_[A-Z_]+)`", TEXT[TEXT.index("## Chat") : TEXT.index("## cron")]))
    assert told == {f"ULPFUZZ_{name.upper()}" for name in ("run", "state", *summary.counts(build(run(), [], [])))}


def unit(name: str) -> str:
    (text,) = [text for text in blocks("ini") if text.startswith(f"# {name}\n")]
    return text


@pytest.mark.parametrize(("name", "section"), [("ulpfuzz.service", "Service"), ("ulpfuzz.timer", "Timer")])
def test_units_are_units(name: str, section: str) -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit(name))
    assert {"Unit", section} <= set(parser.sections())


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "ulpfuzz"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in ("ulpfuzz.service", "ulpfuzz.timer"):
        # What the unit names in the user's folder is not there: the program stands in, by an absolute path.
        text = unit(name).replace("%h/ulpfuzz-night/.venv/bin/ulpfuzz", str(program)).replace("%h/ulpfuzz-night", str(tmp_path))
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / name) for name in ("ulpfuzz.service", "ulpfuzz.timer")]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], text=True, capture_output=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "ulpfuzz" in line]
    assert said == []


def test_gitlab_s_pipeline_is_yaml_with_what_it_needs() -> None:
    (text,) = blocks("yaml")
    job = yaml.safe_load(text)["ulpfuzz"]
    assert job["artifacts"]["reports"] == {"junit": "junit.xml"}
    assert "ulpfuzz.db" in job["cache"]["paths"]
    for line in job["script"]:
        assert subprocess.run(["bash", "-n"], input=line, text=True, check=False).returncode == 0


def test_the_schema_of_gitlab_accepts_it(tmp_path: Path) -> None:
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema, which carries the schema, is not installed")
    path = tmp_path / ".gitlab-ci.yml"
    path.write_text(blocks("yaml")[0])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = subprocess.run([*command, str(path)], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
