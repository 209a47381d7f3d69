"""The documents' examples are run, page by page, as a reader would run them, and print what the page shows."""

from __future__ import annotations

import doctest
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.documents.examples import PAGES, ROOT, Example, counted, every_example, examples_of, other_blocks
from ulpfuzz.fuzzer.catalog import everyday

#: Of tests that name no budget: what `assert_stable` spends then takes seconds, times the examples.
BUDGET = "20k"
#: Figures that a libm decides stand as "..." in the pages.
RULES = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
CONFTEST = f"from ulpfuzz.fuzzer.testing import assertion\n\nassertion.BUDGET = {BUDGET!r}\n"


class Folder:
    """Where the examples of one page are run: `ulpfuzz` and `python` are those of the tests, `docs` and `deploy` the project's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("docs", "deploy"):
            (path / name).symlink_to(ROOT / name)
        (path / "bin").mkdir()
        for name, arguments in (("ulpfuzz", " -m ulpfuzz"), ("python", ""), ("python3", "")):
            program = path / "bin" / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
            program.chmod(0o755)
        (path / "conftest.py").write_text(CONFTEST)
        (path / "pytest.ini").write_text("[pytest]\n")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """What bash makes of a line."""
        # As a reader's shell has them: ulpfuzz, run by an earlier test in this process, has switched JAX to binary64.
        own = {name for name in os.environ if name.startswith("ULPFUZZ") and name != "ULPFUZZ_CACHE"} | {"JAX_ENABLE_X64"}
        kept = {name: value for name, value in os.environ.items() if name not in own}
        ours = {
            "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT}:{self.path}", "COLUMNS": "200", "HOME": str(self.path),
        }  # fmt: skip
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail\n{self._named(command)}"],
            cwd=self.path, env={**kept, **ours}, text=True, capture_output=True, timeout=600, check=False,
        )  # fmt: skip

    def _named(self, command: str) -> str:
        """The command, with the ids that DEFECT and FINDING stand for."""
        if not re.search(r"\b(DEFECT|FINDING)\b", command):
            return command
        (first,) = json.loads(self.run("ulpfuzz defects --limit 1 --json").stdout)
        return re.sub(r"\bFINDING\b", first["face"], re.sub(r"\bDEFECT\b", first["id"], command))


def lacks(example: Example) -> str:
    """What of its needs is not here."""
    here = {Path(other.file).stem for other in examples_of(ROOT / example.page)}
    modules = re.findall(r"^(?:import|from) (\w+)", example.text, re.MULTILINE) if example.language == "python" else []
    absent = [name for name in modules if name not in here and importlib.util.find_spec(name) is None]
    if absent:
        return f"{', '.join(absent)} is not installed"
    if "torch:cuda" in example.text and example.language == "python":
        import torch

        return "" if torch.cuda.is_available() else "no CUDA device"
    return ""


def run_page(page: Path, folder: Folder, *, slow: bool) -> int:
    """Runs the examples of a page, its slow ones or the others; how many commands, programs and files of tests it were."""
    tests, ran = [], 0
    for example in examples_of(page):
        if not example.runs or lacks(example):
            continue
        if example.file:
            (folder.path / example.file).write_text(example.text)
        if ("slow" in example.marks) != slow:
            continue
        if example.language == "console":
            for command in example.commands:
                done = folder.run(command.line)
                assert done.returncode == int(example.marks.get("exit", 0)), (
                    f"{example.place}: {command.line}\n{done.stdout}{done.stderr}"
                )
                compare(example, command.output or example.output, done.stdout)
                ran += 1
        elif example.file.startswith("test_"):
            tests.append(example.file)
        elif not example.file:
            (folder.path / "example.py").write_text(example.text)
            done = folder.run("python example.py")
            assert done.returncode == int(example.marks.get("exit", 0)), f"{example.place}\n{done.stdout}{done.stderr}"
            compare(example, example.output, done.stdout)
            ran += 1
    if tests:
        plugin = "" if "ulpfuzz" in {point.name for point in entry_points(group="pytest11")} else "-p ulpfuzz.pytest_plugin"
        done = folder.run(f"python -m pytest -p no:cacheprovider -p no:xdist {plugin} {' '.join(tests)}")
        assert done.returncode == 0, f"{page}\n{done.stdout}{done.stderr}"
        assert len(re.findall(r"^def test_", "".join((folder.path / name).read_text() for name in tests), re.MULTILINE)) <= int(
            re.findall(r"(\d+) passed", done.stdout)[-1]
        )
    return ran + len(tests)


def compare(example: Example, wanted: str, got: str) -> None:
    """Raises AssertionError where the output is not what the page shows."""
    how = example.marks.get("output", "")
    if not wanted or how == "example":
        return
    if how == "parts":
        rest = iter(_without_numbers(got))
        for line in _without_numbers(wanted):
            assert line in rest, f"{example.place}: {line!r} is not in\n{got}"
        return
    assert doctest.OutputChecker().check_output(wanted, got, RULES), f"{example.place}\n{got}"


def _without_numbers(text: str) -> list[str]:
    return [re.sub(r"-?\d[\d,]*(\.\d+)?(e[-+]\d+)?", "#", line) for line in text.splitlines()]


def is_a_harvest(folder: Path) -> None:
    """What the page on traces wrote: ranges and shapes, no numbers; and what the fuzzer makes of it."""
    file = folder / "harvest.json"
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


#: What is there when a page was run.
AFTER: Mapping[str, Callable[[Path], None]] = {"docs/how-to/nan-in-training.md": is_a_harvest}


def pages(*, slow: bool) -> list[Path]:
    return [page for page in PAGES if any(e.runs and ("slow" in e.marks) == slow for e in examples_of(page))]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", pages(slow=False), ids=name_of)
def test_the_examples_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    if any("torch" in example.text for example in examples_of(page) if example.language == "console" and example.runs):
        pytest.importorskip("torch")
    ran = run_page(page, Folder(tmp_path), slow=False)
    assert ran > 0
    AFTER.get(name_of(page), lambda _: None)(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(slow=True), ids=name_of)
def test_the_slow_examples_of_a_page(page: Path, tmp_path: Path) -> None:
    assert run_page(page, Folder(tmp_path), slow=True) > 0


def test_every_example_is_run_or_says_why_not() -> None:
    silent = [e.place for e in every_example() if e.language in ("bash", "sh") and e.runs]
    assert silent == [], "a script of a shell is shown as console commands, or says why it is not run"
    unreasoned = [e.place for e in every_example() if e.marks.get("not run") == "" or e.marks.get("run by") == ""]
    assert unreasoned == []
    for example in every_example():
        if "run by" in example.marks:
            test = ROOT / example.marks["run by"]
            assert Path(example.page).name in test.read_text(), f"{example.place}: {test} does not know the page"
    told = counted()
    print(f"\n{told['run'] + told['run by another test']} examples are run, {told['not run']} are not, each with its reason")
    assert told["run"] + told["run by another test"] >= 55


def test_no_command_hides_in_a_block_of_text() -> None:
    hidden = [
        place
        for place, text in other_blocks()
        if re.search(r"^(\$ |ulpfuzz [a-z]+( |$)|make |pip install|\.venv/)", text, re.MULTILINE)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "example", [e for e in every_example() if e.language in ("bash", "sh", "console")], ids=lambda e: e.place
)
def test_a_line_of_a_shell_parses_and_names_files_that_are_there(example: Example) -> None:
    text = "\n".join(c.line for c in example.commands) if example.language == "console" else example.text
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    named = re.findall(r"\b(?:deploy|docs)/[\w./-]+", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def options() -> dict[str, set[str]]:
    """Command -> its options."""
    import typer

    from ulpfuzz.fuzzer.cli.app import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return {
        name: {option for p in command.params for option in (*p.opts, *p.secondary_opts)} for name, command in commands.items()
    }


def test_every_option_of_a_command_is_one() -> None:
    known = options()
    wrong = []
    for page in PAGES:
        text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
        for command, rest in re.findall(r"\bulpfuzz ([a-z]+)\b([^\n`|;&()]*)", text):
            if command in known and command != "db":
                used = set(re.findall(r"(?<=\s)--[a-z][a-z-]*", rest.split(" -- ")[0]))
                wrong += [f"{page.name}: ulpfuzz {command} {option}" for option in used - known[command] - {"--help", *OLD}]
    assert wrong == []


#: Spellings that every command takes and no help shows.
OLD = ("--op", "--dtype", "--target", "--order")
