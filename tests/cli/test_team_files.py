"""The files of `run` and `nightly` for a team's tools, and the command that is told of a night; a campaign stands in for the search."""

from __future__ import annotations

import contextlib
import json
import shlex
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from tests.defects.planted import a_finding, answering
from ulpfuzz.fuzzer.cli import outputs as outputs_module
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.cli.outputs import notified
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.store import Store

EVERYDAY = answering(a_finding(x="0x1.64p+6"), ("torch:cpu:eager", "torch.special.exp(x)", "inf"))


def night(monkeypatch: pytest.MonkeyPatch, db: str, number: int, found: list[Finding], *args: str, verdicts: int = 1000) -> Any:
    """A command whose campaign finds these."""

    def campaign(_settings: Any, store: Store, _watch: Any = None, _afterwards: Any = None, _beside: Any = None) -> Run:
        run = Run(
            f"2026110{number}-000{number}",
            number,
            f"2026-11-0{number}T02:00:00+00:00",
            "5m",
            verdicts=verdicts,
            cells=1,
            cells_planned=1,
        )
        store.start_run(run)
        cell = CellSummary("exp", {}, "value", "float32", "torch:cpu:eager", "torch.exp(x)", 1000, {"ok": 1000}, 12.5, 300.0)
        store.save_shard(run.id, "r00", "{}", [cell], found)
        store.finish_run(replace(run, state="finished", seconds=10.0))
        return store.run(run.id)

    monkeypatch.setattr("ulpfuzz.fuzzer.campaign.run.run_campaign", campaign)
    monkeypatch.setattr("ulpfuzz.fuzzer.cli.scripts.run_scripts", lambda _store, _run, found, *_rest: found)
    return CliRunner().invoke(app, [*args, *(["--no-sweep"] if args[0] == "nightly" else []), "--db", db])


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'night.db'}"


def test_a_night_writes_what_tools_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: str) -> None:
    monkeypatch.chdir(tmp_path)
    files = ("--sarif", "out/night.sarif", "--junit", "junit.xml", "--summary", "summary.md", "--out", "report")
    assert night(monkeypatch, db, 3, [EVERYDAY], "nightly", *files).exit_code == 1
    (result,) = json.loads(Path("out/night.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert (Path("out") / place).resolve() == (tmp_path / "report" / "repro" / f"{EVERYDAY.id}.py")
    assert (Path("out") / place).is_file()
    assert [case.tag for case in ET.parse("junit.xml").getroot().iter("failure")] == ["failure"]
    assert Path("summary.md").read_text().startswith("# ulpfuzz: 1 new\n")
    assert night(monkeypatch, db, 4, [EVERYDAY], "nightly", *files).exit_code == 0
    assert list(ET.parse("junit.xml").getroot().iter("failure")) == []
    assert Path("summary.md").read_text().startswith("# ulpfuzz: 1 known\n")


def test_a_run_writes_them_without_a_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: str) -> None:
    monkeypatch.chdir(tmp_path)
    told = night(monkeypatch, db, 3, [EVERYDAY], "run", "--json", "--sarif", "a.sarif", "--junit", "a.xml", "--summary", "a.md")
    assert (told.exit_code, json.loads(told.stdout)["defects"]["total"]) == (0, 1)
    assert json.loads(Path("a.sarif").read_text())["runs"][0]["results"][0]["properties"]["finding"] == EVERYDAY.id
    assert f"ulpfuzz repro {EVERYDAY.id} --db {db}" in Path("a.md").read_text()
    assert not Path("repro").exists()


def test_report_has_the_formats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: str) -> None:
    night(monkeypatch, db, 3, [EVERYDAY], "run")
    written = CliRunner().invoke(
        app, ["report", "--format", "sarif,junit,summary", "--scripts", "none", "--out", str(tmp_path / "r"), "--db", db]
    )
    assert [Path(line).name for line in written.stdout.splitlines()[:3]] == ["report.sarif", "junit.xml", "summary.md"]
    refused = CliRunner().invoke(app, ["report", "--format", "sarf", "--db", db])
    assert (refused.exit_code, "did you mean 'sarif'?" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--sarif", "."), "--sarif .: is a folder, and must be a file"),
        (("--junit", "file/a/junit.xml"), "--junit file/a/junit.xml: file is a file"),
        (("--notify", "no-such-program-of-mine x"), "--notify: there is no program 'no-such-program-of-mine' on the PATH"),
        (("--notify", "cat 'x"), '--notify "cat \'x" is no command: no closing quotation'),
        (("--notify", " "), "--notify names no command"),
    ],
)
def test_mistakes_are_said_before_the_night(
    args: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    result = night(monkeypatch, db, 3, [], "nightly", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


# The command that is told

TELL = "import os, sys, json; open(sys.argv[1], 'w').write(json.dumps([sys.stdin.read(), dict(os.environ), sys.argv[2:]]))"


def python(code: str, *words: str) -> str:
    return shlex.join([sys.executable, "-c", code, *words])


def test_a_command_gets_the_summary_and_the_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: str) -> None:
    command = python(TELL, str(tmp_path / "told"), "$(touch x); `id` | &")
    result = night(monkeypatch, db, 3, [EVERYDAY], "nightly", "--json", "--out", str(tmp_path / "report"), "--notify", command)
    assert (result.exit_code, result.stderr, json.loads(result.stdout)["run"]) == (1, "", "20261103-0003")
    text, environment, words = json.loads((tmp_path / "told").read_text())
    assert text.startswith("# ulpfuzz: 1 new\n")
    assert {name: environment[f"ULPFUZZ_{name}"] for name in ("RUN", "STATE", "NEW", "FIXED", "DEFECTS", "VERDICTS")} == {
        "RUN": "20261103-0003", "STATE": "finished", "NEW": "1", "FIXED": "0", "DEFECTS": "1", "VERDICTS": "1000",
    }  # fmt: skip
    assert words == ["$(touch x); `id` | &"]  # no shell read it


@pytest.mark.parametrize(("found", "status"), [([EVERYDAY], 1), ([], 0)])
def test_a_failing_command_changes_nothing_else(
    found: list[Finding], status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: str
) -> None:
    command = python("import sys; print('out'); sys.exit('no such \\x1b[31m channel\\nline two')")
    result = night(monkeypatch, db, 3, found, "nightly", "--json", "--out", str(tmp_path / "report"), "--notify", command)
    assert (result.exit_code, json.loads(result.stdout)["run"]) == (status, "20261103-0003")
    (line,) = result.stderr.splitlines()
    assert line.startswith("warning: --notify: python")
    assert line.endswith("ended with exit status 1: no such \\x1b[31m channel line two")


def test_a_hanging_command_is_ended_with_its_children(tmp_path: Path) -> None:
    command = ("sh", "-c", 'sleep 600 & echo $! > "$0"; wait', str(tmp_path / "child"))
    assert notified(command, "x" * 1_000_000, {}, 5).endswith("sh did not end within 5 s and was ended")
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 10
    while _lives(child) and time.monotonic() < until:  # it is killed, which takes a moment
        time.sleep(0.05)
    assert not _lives(child)
    assert outputs_module.NOTIFIED == 60


def test_a_command_that_does_not_read_and_leaves_a_child_is_not_waited_for(tmp_path: Path) -> None:
    assert notified(("sh", "-c", 'sleep 600 & echo $! > "$0"', str(tmp_path / "child")), "x" * 1_000_000, {}, 300) == ""
    psutil.Process(int((tmp_path / "child").read_text())).kill()  # it was there when the command had ended


def _lives(process: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    return False
