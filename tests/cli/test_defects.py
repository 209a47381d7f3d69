"""Defects on the command line: the list, one of them, the end of a run, and how options are spelt."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.defects.planted import a_finding, answering
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.cli.summary import summary
from ulpfuzz.fuzzer.defects.case_file import Advice, CaseFile, Diagnosis, Interval, OrdinaryShare, Statement
from ulpfuzz.fuzzer.defects.memory import defects_of, save_case_file
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.store import Store

KEYS = {"id", "title", "framework", "kind", "rank", "score", "ordinary_share", "face", "members", "ops", "calls", "dtypes", "orders",
        "avoidable_by", "cause", "advice", "state", "first_seen", "last_seen", "versions"}  # fmt: skip
EVERYDAY = answering(a_finding(x="0x1.64p+6"), ("torch:cpu:eager", "torch.special.exp(x)", "inf"))
ALIAS, FAR = (
    a_finding("torch.special.exp(x)", x="0x1.64p+6"),
    a_finding("tf.math.exp(x)", "nan", "-0x1p+120", target="tensorflow:cpu:eager"),
)


def call(*args: str, **options: Any) -> Any:
    return CliRunner().invoke(app, list(args), **options)


def loaded(*args: str) -> Any:
    result = call(*args)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def save(store: Store, number: int, found: list[Finding]) -> Run:
    run = Run(
        f"2026110{number}-000{number}", number, f"2026-11-0{number}T02:00:00+00:00", "5m", verdicts=1000, cells=1, cells_planned=1
    )
    store.start_run(run)
    cell = CellSummary(
        "exp", {}, "value", "float32", "torch:cpu:eager", "torch.exp(x)", 1000, {"ok": 990, "unstable": 10}, 12.5, 300.0
    )
    store.save_shard(run.id, "r00", "{}", [cell], found)
    store.finish_run(replace(run, state="finished", seconds=10.0))
    return store.run(run.id)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'ulpfuzz.db'}"
    with Store(url) as store:
        save(store, 1, [EVERYDAY, ALIAS])
        save(store, 2, [EVERYDAY, ALIAS, FAR])
    return url


def test_the_contract(db: str) -> None:
    first, second = loaded("defects", "--db", db, "--json")
    assert set(first) >= KEYS
    assert (first["kind"], first["framework"], first["rank"], first["status"]) == ("ordinary", "torch", 1, "known")
    assert set(first["members"]) == {EVERYDAY.id, ALIAS.id}
    assert (second["kind"], second["framework"], second["rank"], second["status"]) == ("range", "tensorflow", 1, "new")


@pytest.mark.parametrize(
    ("args", "kinds"),
    [
        (["--kind", "ordinary"], ["ordinary"]), (["--kind", "ord*,crash"], ["ordinary"]), (["--framework", "tensorflow"], ["range"]),
        (["--new"], ["range"]), (["--limit", "1"], ["ordinary"]), (["--limit", "0"], ["ordinary", "range"]),
        (["--ops", "e?p"], ["ordinary", "range"]),
        (["--baseline", "20261101", "--new"], ["range"]), (["20261101"], ["ordinary"]), (["--op", "exp", "--kind", "hang"], []),
    ],
)  # fmt: skip
def test_filters(args: list[str], kinds: list[str], db: str) -> None:
    assert [d["kind"] for d in loaded("defects", *args, "--db", db, "--json")] == kinds


def test_a_table_for_people(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people = call("defects", "--db", db).stdout
    for text in ("x = 89.0", "inf", "2.5", "torch.exp(x)", "2 defects in run 20261102-0002", f"ulpfuzz show {EVERYDAY.id}"):
        assert text in people
    assert "no defects" in call("defects", "--db", db, "--kind", "hang").stdout


@pytest.mark.parametrize("width", [80, 120, 200])
def test_numbers_are_whole_on_every_screen(width: int) -> None:
    from rich.console import Console

    from ulpfuzz.fuzzer.cli.defect_table import defects_table
    from ulpfuzz.fuzzer.defects.memory import formed

    long = a_finding("f(x)", "precision", op="negative_binomial_logits_logpmf", params={"dim": 1}, reference="-1.2345678e-30")
    defects = formed([EVERYDAY, FAR, long])
    screen = Console(width=width, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    screen.print(defects_table(defects, {f.id: f for f in (EVERYDAY, FAR, long)}, width))
    lines = screen.export_text().splitlines()
    assert max(map(len, lines)) <= width
    assert any("-1.235e-30" in line and "1.5" in line for line in lines)
    assert any("tensorflow" in line for line in lines)


def test_show_a_defect(db: str) -> None:
    people = call("show", EVERYDAY.id.rpartition("-")[2], "--db", db).stdout
    for text in (
        "the same wrong bits at the same case",
        "rank",
        "1 of torch",
        ALIAS.id,
        "its face",
        "every target at these bits",
    ):
        assert text in people
    assert f"one of 2 findings of defect {EVERYDAY.id}" in call("show", ALIAS.id, "--db", db).stdout
    told = loaded("show", ALIAS.id, "--db", db, "--json")
    assert (told["id"], told["defect"]["id"]) == (ALIAS.id, EVERYDAY.id)


def test_one_spelling_of_options(db: str) -> None:
    old = loaded("findings", "--db", db, "--op", "exp", "--dtype=float32", "--target", "torch", "--order", "value", "--json")
    new = loaded("findings", "--db", db, "--ops", "exp", "--dtypes=float32", "--targets", "torch", "--orders", "value", "--json")
    assert len(old) == 2
    assert old == new
    for command in ("run", "nightly", "findings", "probe", "sweep", "defects"):
        words = set(call(command, "--help", env={"COLUMNS": "200"}).stdout.split())
        assert not words & {"--op", "--dtype", "--target", "--order"}, command


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("defects", "--kind", "ordnary", "--db", "DB"), "unknown kind 'ordnary'; did you mean 'ordinary'?"),
        (("defects", "--framework", "pytorch", "--db", "DB"), "did you mean 'torch'?"),
        (("defects", "--ops", "expp", "--db", "DB"), "unknown op 'expp'"),
        (("defects", "never", "--db", "DB"), "unknown run 'never'"),
        (("defects", "--baseline", "never", "--db", "DB"), "unknown run 'never'"),
        (("run", "--fail-on", "ordinry"), "unknown --fail-on 'ordinry'; did you mean 'ordinary'?"),
    ],
)
def test_mistakes(args: tuple[str, ...], words: str, db: str) -> None:
    result = call(*(a.replace("DB", db) for a in args))
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize(
    ("fail_on", "found", "status"),
    [
        ("ordinary", [EVERYDAY], 1), ("ordinary", [FAR], 0), ("unstable", [FAR], 1), ("any", [FAR], 1), ("any", [], 0),
        ("unstable", [replace(FAR, class_="inaccurate")], 0), ("any", [replace(FAR, class_="inaccurate")], 1), (None, [EVERYDAY], 0),
        ("any", [replace(FAR, label="documented")], 0),
    ],
)  # fmt: skip
def test_a_run_fails_on_what_it_is_told(
    fail_on: str | None, found: list[Finding], status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def campaign(_settings: Any, store: Store, _watch: Any = None, afterwards: Any = None, _beside: Any = None) -> Run:
        return save(store, 3, found)

    monkeypatch.setattr("ulpfuzz.fuzzer.campaign.run.run_campaign", campaign)
    options = [] if fail_on is None else ["--fail-on", fail_on]
    result = call("run", "--json", *options, "--db", f"sqlite:///{tmp_path / 'store.db'}")
    assert result.exit_code == status, result.output
    listed = [f for f in found if not f.label]
    ordinary = int(found == [EVERYDAY])
    assert json.loads(result.stdout)["defects"] == {"total": len(listed), "new": len(listed), "ordinary": ordinary}


def test_the_names_of_a_run_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    for number, found in ((3, [ALIAS]), (4, [EVERYDAY, ALIAS])):
        monkeypatch.setattr(
            "ulpfuzz.fuzzer.campaign.run.run_campaign",
            lambda _s, store, _w=None, _a=None, _b=None, n=number, f=found: save(store, n, f),
        )
        assert call("run", "--db", url).exit_code == 0
    (defect,) = loaded("defects", "--db", url, "--json")
    assert (defect["id"], defect["status"], len(defect["members"])) == (ALIAS.id, "known", 2)


def test_the_shell_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--install-completion" in call("--help", env={"COLUMNS": "200"}).stdout


def test_a_defect_whose_script_shows_nothing_is_a_fault_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unconfirmed = replace(FAR, script="unconfirmed", script_says="right")
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        run = save(store, 1, [EVERYDAY, unconfirmed])
        summary(run, store.findings(run.id), defects_of(store, run.id), store.cells(run.id), "sqlite:///ulpfuzz.db")
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if "unconfirmed" in line]
    assert line == f"unconfirmed, a fault of ulpfuzz: the script of {FAR.id} does not show it"
    assert not [other for other in lines if FAR.id in other and other != line]
    assert any("1 defect: 1 ordinary" in other for other in lines)


def test_show_tells_what_casework_learned(db: str, tmp_path: Path) -> None:
    copy = tmp_path / "worked.db"
    copy.write_bytes(Path(db.removeprefix("sqlite:///")).read_bytes())
    url = f"sqlite:///{copy}"
    with Store(url, create=False) as store:
        (defect,) = [d for d in defects_of(store, "latest") if EVERYDAY.id in d.members]
        share = OrdinaryShare(837, 10_000, 0.08, 0.09, "x: real")
        diagnosis = Diagnosis("overflow", "exp(x)", True, "exp(x) overflows.", evidence=(Statement("wider", "float64: right"),))
        advice = Advice(
            "rewrite", "torch.exp(x / 2) ** 2", "Two halves.", "half", 10_001, float("inf"), 1.5, 10_000, 3.0, 1.5, "1.0"
        )
        save_case_file(store, CaseFile(
            defect.id, defect.face, "key", EVERYDAY.case, "inf", "1", ordinary_share=share, diagnosis=diagnosis, advice=(advice,),
            extent=(Interval("x", "0x1.64p+6", "inf", False, True, 64, 64),),
        ))  # fmt: skip
    told = call("show", defect.id, "--db", url).stdout
    for words in ("overflow (confirmed): exp(x) overflows.", "float64: right", "8.37 % of 10,000 are wrong", "x from 89.0 to inf",
                  "torch.exp(x / 2) ** 2", "Two halves. Worst error: ∞ -> 1.5 ulps on 10,001 points"):  # fmt: skip
        assert words in told, told
