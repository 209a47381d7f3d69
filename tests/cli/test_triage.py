"""The command `triage`, and what shows of it elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.defects.planted import a_finding
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.defects.memory import defects_of, keep
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store

ONE = a_finding()
URL = "https://example.org/issues/1"


@pytest.fixture
def db(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store(url) as store:
        run = Run("20261101-0001", 1, "2026-11-01T02:00:00+00:00", "5m", state="finished", verdicts=1000)
        store.start_run(run)
        store.save_shard(run.id, "r00", "{}", [], [ONE])
        store.finish_run(run)
        keep(store, defects_of(store, run.id), run)
    return url


def call(*args: str) -> Any:
    return CliRunner().invoke(app, list(args))


def test_a_state_is_given_listed_and_shown(db: str) -> None:
    assert "no defect has a state" in call("triage", "--db", db).stdout
    said = ("--state", "known", "--url", URL, "--until", "2999-01-31", "--note", "fix is under review")
    told = call("triage", ONE.id.rpartition("-")[2], *said, "--db", db)
    assert told.exit_code == 0, told.output
    assert told.stdout.split() == ["known", ONE.id, "until", "2999-01-31", URL, "fix", "is", "under", "review"]
    assert call("triage", "--db", db).stdout == told.stdout
    (record,) = json.loads(call("triage", "--json", "--db", db).stdout)
    assert (record["id"], record["state"], record["url"], record["until"]) == (ONE.id, "known", URL, "2999-01-31")
    (defect,) = json.loads(call("defects", "--json", "--db", db).stdout)
    assert (defect["state"], defect["note"], defect["url"], defect["until"]) == (
        "known",
        "fix is under review",
        URL,
        "2999-01-31",
    )
    words = f"known; until 2999-01-31; {URL}; fix is under review"
    assert words in " ".join(call("defects", "--db", db).stdout.split())
    assert "fix is under review" in call("show", ONE.id, "--db", db).stdout
    assert json.loads(call("show", ONE.id, "--json", "--db", db).stdout)["defect"]["url"] == URL


def test_what_is_said_anew_takes_the_place_of_what_was(db: str) -> None:
    call("triage", ONE.id, "--state", "known", "--until", "2999-01-31", "--note", "later", "--db", db)
    call("triage", ONE.id, "--url", URL, "--db", db)
    (record,) = json.loads(call("triage", ONE.id, "--json", "--db", db).stdout)
    assert (record["state"], record["until"], record["note"], record["url"]) == ("known", "2999-01-31", "later", URL)
    call("triage", ONE.id, "--state", "open", "--note", "", "--url", "", "--db", db)
    assert json.loads(call("triage", "--json", "--db", db).stdout) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((ONE.id, "--state", "knwon"), "did you mean 'known'?"),
        ((ONE.id, "--state", "flaky"), "unknown --state 'flaky'"),
        (("torch-exq", "--state", "known"), "unknown defect 'torch-exq'"),
        ((ONE.id, "--state", "known", "--url", "PR 7"), "--url is not a link"),
        ((ONE.id, "--state", "known", "--until", "soon"), "--until is not a date: 'soon'"),
        ((ONE.id, "--state", "known", "--until", "2020-01-01"), "--until 2020-01-01 is past"),
        ((ONE.id, "--state", "fixed", "--until", "2999-01-01"), "--until goes with --state known or wontfix"),
        ((ONE.id, "--until", "2999-01-01"), "--until goes with --state known or wontfix"),
        ((ONE.id, "--note", "two\nlines"), "--note is one line"),
        (("--state", "known"), "triage needs the DEFECT"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(args: tuple[str, ...], words: str, db: str) -> None:
    told = call("triage", *args, "--db", db)
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1), told.output
    assert words in told.stderr
    assert json.loads(call("triage", "--json", "--db", db).stdout) == []
