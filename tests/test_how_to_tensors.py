"""docs/how-to/tensors.md: every example is executed, in order, in one folder, and prints what the page shows."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ulpfuzz.fuzzer.cli.app import app

PAGE = Path(__file__).parents[1] / "docs/how-to/tensors.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
#: Figures that a libm decides stand as "..." in the page.
RULES = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def printed(command: str) -> str:
    program, *arguments = shlex.split(command)
    assert program == "ulpfuzz"
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_example_does_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = 0
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, PAGE.name, "exec"), {})
            continue
        assert language == "console"
        command, _, wanted = text.removeprefix("$ ").partition("\n")
        got = printed(command)
        assert doctest.OutputChecker().check_output(wanted, got, RULES), f"{command}\n{got}"
        commands += 1
    assert commands >= 4


def test_every_option_is_one() -> None:
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    options = {name for command in ("judge", "probe", "ops") for parameter in commands[command].params for name in parameter.opts}
    assert {*re.findall(r"(?<!-)--[a-z][a-z-]*", PAGE.read_text())} - options == set()
