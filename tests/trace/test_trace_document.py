"""docs/how-to/nan-in-training.md: every example is run, and shows what the page says."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from ulpfuzz.fuzzer.catalog import everyday

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/how-to/nan-in-training.md").read_text()
#: (language, what is written) of each example, and for a command what the page shows of its output.
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def shown_after(code: str) -> list[str]:
    """The lines of the block `text` that follows an example directly."""
    found = re.match(r"\s*```text\n(.*?)^```$", TEXT[TEXT.index(code) + len(code) + 4 :], re.DOTALL | re.MULTILINE)
    return found[1].splitlines() if found else []


def assert_shows(output: str, lines: list[str]) -> None:
    """Every line of the page is one of the output, in order; numbers may be others, for roundings differ between machines."""
    rest = iter(_without_numbers(output))
    for line in _without_numbers("\n".join(lines)):
        assert line in rest, f"{line!r} is not in\n{output}"


def _without_numbers(text: str) -> list[str]:
    return [re.sub(r"-?\d[\d,]*(\.\d+)?(e[-+]\d+)?", "#", line) for line in text.splitlines()]


def test_the_page_has_examples_of_each_kind() -> None:
    languages = [language for language, _ in BLOCKS]
    assert languages.count("console") == 3
    assert languages.count("python") == 2


@pytest.mark.parametrize("code", [code for language, code in BLOCKS if language == "python"])
def test_an_example_in_python_runs(code: str) -> None:
    pytest.importorskip("torch")
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "example.py", "exec"), {"__name__": "__main__"})
    assert_shows(printed.getvalue(), shown_after(code))


@pytest.mark.parametrize("code", [code for language, code in BLOCKS if language == "console"])
def test_an_example_of_the_command_line_runs(code: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    words = shlex.split(code.removeprefix("$ "))
    assert words[:2] == ["ulpfuzz", "trace"]
    command = [sys.executable, "-m", *(sys.executable if word == "python" else word for word in words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == (0 if "stable" in words else 1), done.stdout + done.stderr
    assert_shows(done.stdout, shown_after(code))
    if "--harvest" in words:
        _is_a_harvest(tmp_path / "harvest.json")


def _is_a_harvest(file: Path) -> None:
    """Ranges and shapes, no numbers; and what the fuzzer makes of it."""
    entries = {(e["op"], e["input"]): e for e in json.loads(file.read_text())["inputs"] if e["op"]}
    keys = {
        "framework",
        "op",
        "kernel",
        "input",
        "dtype",
        "tensors",
        "numbers",
        "zero_share",
        "least",
        "quantiles",
        "laws",
        "shapes",
    }
    assert set(entries["tanh", "x"]) == keys
    assert entries["tanh", "x"]["shapes"] == [[512, 4]]
    drawn = everyday.harvested(str(file))["tanh", "x"]
    assert (drawn.kind, drawn.source) == ("harvested", "harvested from flow_torch.py")
    assert drawn.laws[0].name == "normal"


def test_every_program_of_the_page_is_there() -> None:
    named = re.findall(r"\((programs/\w+\.py)\)", TEXT)
    assert len(named) >= 4
    assert all((ROOT / "docs" / name).is_file() for name in named)
