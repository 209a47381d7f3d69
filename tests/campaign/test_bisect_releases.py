"""Bisection over releases: the search with releases made up, the words of `--versions`, environments that are kept, the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.defects.planted import a_finding
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import CellSummary, Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.point import bisect as bisect_module
from ulpfuzz.fuzzer.point import releases as releases_module
from ulpfuzz.fuzzer.point.bisect import Bisection, Tried, Word, bisected
from ulpfuzz.fuzzer.point.releases import NoRelease, Versions, in_range, python_with, releases_of, sweep

WORDS: dict[str, Word] = {"b": "bad", "g": "good", "-": "skip"}


def search(history: str) -> tuple[Bisection, list[int]]:
    """The search over releases 0, 1, ... whose verdicts the letters say; and the releases judged, in that order."""
    asked: list[int] = []

    def judge(release: str) -> Tried:
        asked.append(int(release))
        return Tried(release, WORDS[history[int(release)]])

    return bisected([str(n) for n in range(len(history))], judge), asked


@pytest.mark.parametrize(
    ("history", "change", "before", "after", "between"),
    [
        ("ggggbbb", "brought", "3", "4", ()),
        ("bbg", "mended", "1", "2", ()),
        ("gb", "brought", "0", "1", ()),
        ("-gggb--", "brought", "3", "4", ()),
        ("gg--bb", "brought", "1", "4", ("2", "3")),
        ("g----b", "brought", "0", "5", ("1", "2", "3", "4")),
        ("g-g-b-b", "brought", "2", "4", ("3",)),
        ("gggg", "", "", "", ()),
        ("b--b", "", "", "", ()),
        ("-b-", "", "", "", ()),
        ("---", "", "", "", ()),
    ],
)
def test_the_search(history: str, change: str, before: str, after: str, between: tuple[str, ...]) -> None:
    found, _ = search(history)
    assert (found.change, found.before, found.after, found.between) == (change, before, after, between)


@given(st.text("gb-", max_size=40))
def test_what_it_finds_is_a_change_whatever_the_history(history: str) -> None:
    found, asked = search(history)
    assert len(asked) == len(set(asked))
    judged = [letter for letter in history if letter != "-"]
    if not judged or judged[0] == judged[-1]:
        assert found.change == ""
        return
    before, after = int(found.before), int(found.after)
    assert (history[before], history[after]) == (("g", "b") if found.change == "brought" else ("b", "g"))
    assert found.change == ("brought" if judged[-1] == "b" else "mended")
    assert set(history[before + 1 : after]) <= {"-"}
    assert found.between == tuple(str(n) for n in range(before + 1, after))


@given(st.integers(0, 300), st.integers(1, 300))
def test_it_asks_as_few_as_a_binary_search(good: int, bad: int) -> None:
    found, asked = search("g" * (good + 1) + "b" * bad)
    assert int(found.after) == good + 1
    assert len(asked) <= 3 + (good + bad).bit_length()


# What is asked for


def test_versions() -> None:
    assert Versions.parse("torch==2.9..2.13") == Versions("torch", "torch", (), "2.9", "2.13")
    assert Versions.parse(" jax == 0.7.0, 0.6.2,0.6.2") == Versions("jax", "jax", ("0.6.2", "0.7.0"))
    assert Versions.parse("tensorflow-cpu==2.20..2.9") == Versions("tensorflow-cpu", "tensorflow", (), "2.9", "2.20")
    assert Versions.parse("scipy==1.15,1.16").framework == "numpy"
    assert releases_of(Versions.parse("jax==0.10.0,0.9.1")) == ["0.9.1", "0.10.0"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jx==1..2", "unknown package 'jx'; did you mean 'jax'?"), ("jax", "names no releases; for example"), ("jax==", "names no releases"),
        ("jax==1.0", "names one release"), ("jax==a..b", "invalid version: 'a'"), ("jax==--index-url..2", "invalid version"),
    ],
)  # fmt: skip
def test_mistakes(text: str, words: str) -> None:
    with pytest.raises(UserError) as raised:
        Versions.parse(text)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_range_holds_its_ends_and_no_pre_releases() -> None:
    names = ["2.14.0", " 2.13.1", "2.13.0", "2.12.0rc1", "2.10.0", "2.9.0", "2.9.0.dev1", "2.8.1", "no version"]
    assert in_range(names, "2.9", "2.13") == ["2.9.0", "2.10.0", "2.13.0", "2.13.1"]
    assert in_range(names, "2.9.0", "2.13.0") == ["2.9.0", "2.10.0", "2.13.0"]


def test_the_index_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def pip(command: list[str], **_options: Any) -> Any:
        assert command[-3:] == ["index", "versions", "jax"]
        return subprocess.CompletedProcess(
            command, 0, "jax (0.10.2)\nAvailable versions: 0.10.2, 0.9.1, 0.9.0, 0.8.0\n", "WARNING"
        )

    monkeypatch.setattr(releases_module.subprocess, "run", pip)
    assert releases_of(Versions.parse("jax==0.9..0.10")) == ["0.9.0", "0.9.1", "0.10.2"]
    with pytest.raises(UserError, match=r"the index has 1 releases of jax from 0.1 to 0.8 for this Python"):
        releases_of(Versions.parse("jax==0.1..0.8"))
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found for jax\n")
    monkeypatch.setattr(releases_module.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(
        UserError, match=r"does not list jax: ERROR: No matching distribution found for jax; name the releases yourself"
    ):
        releases_of(Versions.parse("jax==0.9..0.10"))


# Environments


@pytest.mark.parametrize("uv", [True, False])
def test_an_environment_is_made_once_and_one_that_failed_not_kept(
    uv: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_options: Any) -> Any:
        ran.append(command)
        if "venv" in command:
            python = Path(command[-1]) / "bin/python"
            python.parent.mkdir(parents=True)
            python.touch()
        wrong = "jax==9.9" in command
        return subprocess.CompletedProcess(command, int(wrong), "", "ERROR: No matching distribution found for jax==9.9\nbye")

    monkeypatch.setenv("ULPFUZZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(releases_module.subprocess, "run", run)
    monkeypatch.setattr(releases_module.shutil, "which", lambda name: "/usr/bin/uv" if uv else None)
    python = python_with("jax", "0.6.2")
    assert python_with("jax", "0.6.2") == python
    assert len(ran) == 2
    assert all((command[0] == "/usr/bin/uv") == uv for command in ran)
    assert ran[1][-3:] == ["jax==0.6.2", "numpy", "ml_dtypes"]
    for package, beside in (("numpy", ["ml_dtypes", "scipy"]), ("scipy", ["numpy", "ml_dtypes"])):
        python_with(package, "1.2.3")
        assert ran[-1][-3:] == [f"{package}==1.2.3", *beside]
        shutil.rmtree(Path(python_with(package, "1.2.3")).parents[1])
    with pytest.raises(NoRelease, match=r"^no environment with jax==9.9: ERROR: No matching distribution found for jax==9.9$"):
        python_with("jax", "9.9")
    folders = [path.name for path in (tmp_path / "cache/releases").iterdir() if path.is_dir()]
    assert folders == [Path(python).parents[1].name]
    assert python_with("jax", "0.6.2") == python


def environment(folder: Path, size: int, used: float, *, whole: bool = True) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").write_bytes(b"x" * size)
    if whole:
        (folder / releases_module._WHOLE).write_text(str(size))
        os.utime(folder / releases_module._WHOLE, (used, used))
    os.utime(folder, (used, used))


def test_environments_are_bounded_in_age_and_bytes_and_what_may_be_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, now = 24 * 3600.0, 1e9
    monkeypatch.setattr(releases_module, "BYTES", 3000)
    ages = {"old": 61 * day, "third": 3 * day, "second": 2 * day, "first": day, "busy": 60.0}
    for name, age in ages.items():
        environment(tmp_path / name, 1000, now - age)
    environment(tmp_path / "broken", 1000, now - day, whole=False)
    environment(tmp_path / "begun", 1000, now - 60, whole=False)
    sweep(tmp_path, now)
    # "old" is too old, and without "third" the rest has room; what is made now, and what a killed process left, counts nothing.
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"second", "first", "busy", "begun"}
    with releases_module._alone(tmp_path / "first"):
        sweep(tmp_path, now + 90 * day)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"first"}


# The command

FACE = a_finding("jnp.exp(x)", x="0x1.64p+6", target="jax:cpu:eager")


@pytest.fixture
def db(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store(url) as store:
        run = Run("20261101-0001", 1, "2026-11-01T02:00:00+00:00", "5m", verdicts=1000, cells=1, cells_planned=1)
        store.start_run(run)
        cell = CellSummary("exp", {}, "value", "float32", "jax:cpu:eager", "jnp.exp(x)", 1000, {"ok": 1000}, 12.5, 300.0)
        store.save_shard(run.id, "r00", "{}", [cell], [FACE])
        store.finish_run(replace(run, state="finished", seconds=10.0))
    return url


def call(*args: str) -> Any:
    return CliRunner().invoke(app, ["bisect", *args])


def answers(monkeypatch: pytest.MonkeyPatch, words: dict[str, Word]) -> None:
    def python(_package: str, release: str) -> str:
        if words[release] == "skip":
            raise NoRelease(f"no environment with jax=={release}: no wheel\nfor this Python")
        return release

    def tried(finding: Any, release: str, _python: str) -> Tried:
        assert finding.id == FACE.id
        return Tried(
            release, words[release], 2.5, "0x1.4p+1", 0.25, "ok" if words[release] == "good" else "unstable", "none", "told"
        )

    monkeypatch.setattr(releases_module, "python_with", python)
    monkeypatch.setattr(bisect_module, "tried", tried)


def test_the_command(monkeypatch: pytest.MonkeyPatch, db: str) -> None:
    answers(monkeypatch, {"0.6.0": "good", "0.6.1": "good", "0.6.2": "skip", "0.7.0": "bad", "0.8.0": "bad"})
    arguments = (FACE.id, "--versions", "jax==0.6.0,0.6.1,0.6.2,0.7.0,0.8.0", "--db", db)
    people = call(*arguments)
    assert people.exit_code == 0, people.output
    assert "  0.6.2      skip  no environment with jax==0.6.2: no wheel for this Python" in people.stdout
    assert "  0.6.0      good  answer 2.5 (0x1.4p+1), 0.25 ulps, ok" in people.stdout
    assert people.stdout.splitlines()[-1] == (
        "brought: jax 0.7.0 is the first bad release, 0.6.1 the last good one; or one between them that cannot be judged: 0.6.2"
    )
    told = json.loads(call(*arguments, "--json").stdout)
    assert (told["change"], told["first_bad"], told["last_good"], told["first_good"]) == ("brought", "0.7.0", "0.6.1", None)
    assert told["between"] == ["0.6.2"]
    assert [t["verdict"] for t in told["tried"]] == ["good", "good", "skip", "bad", "bad"]
    assert set(told["tried"][0]) == {"release", "verdict", "answer", "answer_hex", "ulps", "class", "symptom", "message"}


def test_no_change_and_nothing_judged(monkeypatch: pytest.MonkeyPatch, db: str) -> None:
    answers(monkeypatch, {"0.6.0": "bad", "0.7.0": "bad", "0.8.0": "skip"})
    told = call(FACE.id, "--versions", "jax==0.6.0,0.7.0", "--db", db).stdout
    assert told.splitlines()[-1] == "no change: jax is bad in the first and in the last release that can be judged"
    answers(monkeypatch, {"0.6.0": "skip", "0.7.0": "bad"})
    told = call(FACE.id, "--versions", "jax==0.6.0,0.7.0", "--db", db).stdout
    assert told.splitlines()[-1] == "no change to find: jax 0.7.0 alone can be judged, and is bad"
    answers(monkeypatch, {"0.6.0": "skip", "0.7.0": "skip"})
    result = call(FACE.id, "--versions", "jax==0.6.0,0.7.0", "--db", db)
    assert (result.exit_code, "none of the 2 releases can be judged; the last: no environment" in result.stderr) == (2, True)


def test_another_framework_is_a_mistake(db: str) -> None:
    result = call(FACE.id, "--versions", "torch==2.9..2.13", "--db", db)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is a defect of jax, and --versions names torch" in result.stderr


def test_nothing_is_installed_for_a_call_that_may_not_be_run(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = replace(FACE, id="jax-evil", implementation="__import__('os').system('touch pwned')")
    with Store(db) as store:
        store.save_shard("20261101-0001", "r01", "{}", [], [evil])
    monkeypatch.setattr(releases_module, "python_with", lambda *_: pytest.fail("installed"))
    result = call("jax-evil", "--versions", "jax==0.6.2,0.7.0", "--db", db)
    assert result.exit_code == 2
    assert "is not run: the catalogue has no such call of exp in jax" in result.stderr
    assert result.stdout == ""


def test_a_release_that_cannot_be_judged_is_a_skip() -> None:
    numpy = replace(FACE, target="numpy:cpu:eager", implementation="np.exp(x)", reference="2.5")
    there = bisect_module.tried(numpy, "0", sys.executable)
    assert there.word == "good"  # exp(89.0) of numpy is right
    assert bisect_module.tried(numpy, "0", "/no/such/python").word == "skip"
    missing = bisect_module.tried(replace(numpy, implementation="np.exp_of_another_release(x)"), "0", sys.executable)
    assert missing.word == "skip"
    assert "exp_of_another_release" in missing.message
