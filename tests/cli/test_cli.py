"""The command line: contracts, exit statuses, and one clear line for every mistake."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planted_calls import plant_call
from typer.testing import CliRunner

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Answer, CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.identity import finding_id
from ulpfuzz.fuzzer.findings.label import labelled
from ulpfuzz.fuzzer.findings.store import Store, StoreError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.oracles.oracle import AuditFailure

ROOT = Path(__file__).parents[2]
FINDING_KEYS = {"id", "op", "order", "dtype", "target", "implementation", "symptom", "class", "ulps", "severity", "status",
                "case",
                "reference", "output", "avoidable_by", "first_seen", "last_seen"}  # fmt: skip


@pytest.fixture(autouse=True)
def naive(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call of a_finding is one of the catalogue's, where a store has it."""
    if {"db", "campaign"} & set(request.fixturenames):
        plant_call(monkeypatch, "norm", "numpy", a_finding().implementation)


def call(*args: str, **options: Any) -> Any:
    return CliRunner().invoke(app, list(args), **options)


def loaded(*args: str) -> Any:
    result = call(*args)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def a_run(number: int, **changes: Any) -> Run:
    values: dict[str, Any] = {"id": f"2026110{number}-000{number}", "seed": number,
                              "started": f"2026-11-0{number}T02:00:00+00:00",
                              "budget": "5m", "state": "finished", "seconds": 10.0, "verdicts": 1000, "cells": 2,
                              "cells_planned": 3,
                              "by_tier": {"ball64": 990, "arb": 10}}  # fmt: skip
    return Run(**{**values, **changes})


def a_finding(**changes: Any) -> Finding:
    """numpy's naive norm, a defect of arithmetic that every machine shows."""
    values: dict[str, Any] = {
        "op": "norm", "params": {"ord": 2}, "order": "value", "dtype": "float32", "target": "numpy:cpu:eager",
        "implementation": "np.sqrt(np.sum(x * x, axis=-1))", "symptom": "inf", "class_": "unstable", "ulps": float("inf"),
        "excess": float("inf"), "condition": 1.0, "limit": None, "severity": 40.0,
        "case": {"dtype": "float32", "inputs": {"x": ["0x1p+100", "0x1p+100"]},
                 "placement": {"length": 1, "position": 0, "stride": 1}},
        "worst": 0, "reference": "1792728671193156477399422023278.661496394", "output": float("inf"), "output_hex": "inf",
        "avoidable_by": [], "certified_by": "arb+mpmath",
        "answers": [Answer("numpy:cpu:eager", "np.sqrt(np.sum(x * x, axis=-1))", float("inf"), "inf", float("inf"), "unstable",
                           "inf")],
    }  # fmt: skip
    values.update(changes)
    identity = ("op", "params", "order", "dtype", "target", "implementation", "symptom")
    return Finding(id=finding_id(*(values[name] for name in identity)), **values)


def a_cell(finding: Finding) -> CellSummary:
    return CellSummary(finding.op, finding.params, finding.order, finding.dtype, finding.target, finding.implementation, 1000,
                       {"ok": 980, "undecided": 10, "unstable": 10}, 12.5, 300.0)  # fmt: skip


GONE = a_finding(op="exp", params={}, implementation="np.exp(x)", symptom="nan", severity=30.0, reference="2.7",
                 case={"dtype": "float32", "inputs": {"x": "0x1p0"}})  # fmt: skip


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two runs: the first has the norm, the second has it still, and a new finding."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'ulpfuzz.db'}"
    with Store(url) as store:
        for number, found in ((1, [a_finding()]), (2, [a_finding(), GONE])):
            run = a_run(number)
            store.start_run(replace(run, state="running"))
            store.save_shard(run.id, "r00", "{}", [a_cell(f) for f in found], found)
            store.finish_run(run)
    return url


# Asking


def test_ops_contract() -> None:
    told = {entry["name"]: entry for entry in loaded("ops", "--json")}
    norm = told["norm"]
    assert {"name", "family", "topics", "inputs", "orders", "implementations"} <= set(norm)
    assert (norm["inputs"], norm["orders"], norm["family"]) == (["x"], ["value", "grad", "jvp", "grad2"], "reductions")
    assert "torch.linalg.vector_norm(x, ord=ord, dim=-1)" in norm["implementations"]["torch"]
    assert call("ops", "norm").stdout.splitlines()[-1].startswith("1 ops")


def test_targets_contract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ulpfuzz.fuzzer.frameworks.backends.modes import devices_of
    from ulpfuzz.fuzzer.frameworks.targets import target
    from ulpfuzz.fuzzer.frameworks.targets.target import Target

    path = tmp_path / "ulpfuzz.toml"
    path.write_text(
        '[[target]]\nname = "own"\nframework = "numpy"\n[[target]]\nname = "gone"\nframework = "jax"\npython = "/no/python"\n'
    )
    monkeypatch.setenv("ULPFUZZ_CONFIG", str(path))
    monkeypatch.setattr(target, "framework_names", lambda: ["numpy", "jax"])
    monkeypatch.setattr(target, "installed", lambda name: "2" if name == "numpy" else None)
    told = {entry["target"]: entry for entry in loaded("targets", "--json")}
    jax = {str(Target("jax", device, mode)) for device in devices_of("jax") for mode in ("eager", "jit")}
    assert set(told) == {"numpy:cpu:eager", "numpy@own:cpu:eager", "jax@gone:cpu:eager"} | jax
    for entry in told.values():
        assert {"target", "available", "version", "reason", "flush", "switches", "python"} <= set(entry)
    for name in ("numpy:cpu:eager", "numpy@own:cpu:eager"):
        assert (told[name]["available"], told[name]["flush"]["float32"], told[name]["reason"]) == (True, "keeps", "")
        assert told[name]["python"].startswith(sys.executable)
    assert told["jax:cpu:jit"]["reason"] == "jax is not installed; pip install 'ulpfuzz[jax]'"
    assert told["jax@gone:cpu:eager"]["reason"].endswith("ulpfuzz.toml, target 2: there is no interpreter /no/python")
    people = call("targets").stdout
    assert "numpy@own:cpu:eager" in people
    assert "jax:cpu:eager,jit" in people


def test_probe_contract() -> None:
    told = loaded("probe", "norm", "--dtype", "float32", "--inputs", '{"x": [3, "0x1p2"]}', "--targets", "numpy", "--json")
    assert {"op", "dtype", "order", "inputs", "reference", "certified_by", "condition", "targets"} <= set(told)
    assert float(told["reference"]) == 5.0
    (entry,) = told["targets"]
    assert {"target", "implementation", "output", "output_hex", "ulps", "limit", "class", "symptom", "avoidable_by"} <= set(entry)
    assert (entry["output"], entry["output_hex"], entry["ulps"], entry["class"]) == (5.0, "0x1.4000000000000p+2", 0.0, "ok")


def test_probe_reads_decimals_exactly() -> None:
    text = "1.000000059604644775390625" + "0" * 30 + "1"
    told = loaded("probe", "exp", "--inputs", f'{{"x": {text}}}', "--targets", "numpy", "--json")
    assert told["inputs"] == {"x": (1 + 2**-23).hex()}
    special = loaded("probe", "exp", "--inputs", '{"x": [NaN, -Infinity]}', "--targets", "numpy", "--json")
    assert special["targets"][0]["output"] == ["nan", 0.0]


@pytest.mark.parametrize("text", ['{"x": 0.1}', '\ufeff{"x": 0.1}\n'])
def test_probe_takes_its_inputs_from_a_file_and_from_standard_input(tmp_path: Path, text: str) -> None:
    (tmp_path / "point.json").write_text(text, encoding="utf-8")
    probe = ("probe", "exp", "--targets", "numpy", "--json", "--inputs")
    from_file = loaded(*probe, f"@{tmp_path}/point.json")
    piped = call(*probe, "-", input=text)
    assert from_file == json.loads(piped.stdout) == loaded(*probe, '{"x": 0.1}')


def test_the_params_of_a_probe_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text('{"ord": 1}')
    told = loaded(
        "probe", "norm", "--inputs", '{"x": [3, 4]}', "--params", f"@{tmp_path}/params.json", "--targets", "numpy", "--json"
    )
    assert told["params"]["ord"] == 1


def test_a_file_that_cannot_be_read_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "point.json").write_text('{"x": 1')
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for text, said in (
        (f"@{tmp_path}/pont.json", f"did you mean @{tmp_path}/point.json?"),
        (f"@{tmp_path}/point.json", f"--inputs of {tmp_path}/point.json is not JSON"),
        (f"{tmp_path}/point.json", f"the file is meant by @{tmp_path}/point.json"),
        (f"@{tmp_path}", "is a directory"),
        (f"@{tmp_path}/bytes", "no text in UTF-8"),
    ):
        result = call("probe", "exp", "--inputs", text)
        assert result.exit_code == 2
        assert len(result.stderr.strip().splitlines()) == 1
        assert said in result.stderr
    both = call("probe", "norm", "--inputs", "-", "--params", "-", input="{}")
    assert "standard input is read once" in both.stderr


def test_what_looks_and_probes_imports_no_framework_and_none_of_what_reports_need(db: str) -> None:
    code = """
import sys
from ulpfuzz.fuzzer.cli import main
try:
    main()
except SystemExit as leaving:
    assert not leaving.code, leaving
slow = {"torch", "jax", "tensorflow", "hypothesis", "scipy.special", "distributed", "ulpfuzz.reports", "ulpfuzz.fuzzer.campaign.shard"}
assert not slow & set(sys.modules), sorted(slow & set(sys.modules))
"""
    for args in (("probe", "exp", *INPUTS, "--targets", "numpy"), ("findings", "--db", db)):
        ended = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr


def test_probe_for_people() -> None:
    out = call("probe", "norm", "--inputs", '{"x": [3, 4]}', "--targets", "numpy").stdout
    assert "truth = 5.0" in out
    assert "np.linalg.norm" in out


# Looking


def test_findings(db: str) -> None:
    told = loaded("findings", "--db", db, "--json")
    assert all(set(entry) >= FINDING_KEYS for entry in told)
    assert [(entry["op"], entry["status"]) for entry in told] == [("norm", "known"), ("exp", "new")]
    assert told[0]["output"] == told[0]["ulps"] == "inf"
    assert [f["op"] for f in loaded("findings", "--db", db, "--new", "--json")] == ["exp"]
    assert [f["op"] for f in loaded("findings", "20261101", "--db", db, "--json")] == ["norm"]
    assert [f["op"] for f in loaded("findings", "--db", db, "--target", "numpy", "--symptom", "inf", "--json")] == ["norm"]
    assert loaded("findings", "--db", db, "--target", "torch", "--json") == []
    people = call("findings", "--db", db).stdout
    assert "norm(x=[1.2676506e30 x2], ord=2) = inf, true value 1.79e30 (float32, " in people
    assert all(line == line.rstrip() for line in people.splitlines())


def test_the_database_may_come_from_the_environment(db: str) -> None:
    assert call("findings", env={"ULPFUZZ_DB": db}).exit_code == 0


def test_show(db: str) -> None:
    name = a_finding().id
    told = loaded("show", name.rpartition("-")[2], "--db", db, "--json")
    assert (told["id"], told["class"], len(told["answers"])) == (name, "unstable", 1)
    people = call("show", name, "--db", db).stdout
    for text in ("1792728671193156477399422023278", "0x1p+100", "20", f"ulpfuzz repro {name}"):
        assert text in people


def test_compare(db: str) -> None:
    told = loaded("compare", "20261101", "latest", "--db", db, "--json")
    assert told["counts"] == {"new": 1, "worse": 0, "known": 1, "better": 0, "fixed": 0, "not-run": 0}
    assert [f["op"] for f in told["new"]] == ["exp"]
    assert "1 new, 1 known" in call("compare", "20261101", "20261102", "--db", db).stdout


def test_compare_two_targets(db: str) -> None:
    same = loaded("compare", "latest", "--targets", "numpy,numpy:cpu:eager", "--db", db, "--json")
    assert (same["targets"], same["counts"]["known"]) == (["numpy:cpu:eager", "numpy:cpu:eager"], 2)
    assert "numpy:cpu:eager against numpy:cpu:eager" in call("compare", "latest", "--targets", "numpy,numpy", "--db", db).stdout
    for args, words in (
        (("latest",), "compare takes two runs, or a run and --targets A,B"),
        (("latest", "--targets", "numpy"), "--targets takes two targets, A,B, not 'numpy'"),
        (("latest", "--targets", "nunpy,numpy"), "unknown target of run 20261102-0002 'nunpy'; did you mean 'numpy:cpu:eager'?"),
    ):
        result = call("compare", *args, "--db", db)
        assert (result.exit_code, words in result.stderr) == (2, True), result.stderr


def test_an_issue_is_written_for_the_tracker(db: str) -> None:
    text = call("show", a_finding().id, "--issue", "--db", db).stdout
    assert text.startswith(("torch", "silu(", "norm(", "exp("))
    assert "### " in text
    assert "sys.exit(" in text
    wrong = call("show", "nothing-like-this", "--issue", "--db", db)
    assert wrong.exit_code == 2


def test_repro_status_follows_the_defect(db: str, tmp_path: Path) -> None:
    still = call("repro", a_finding().id, "--db", db)
    assert (still.exit_code, "still unstable" in still.stdout) == (1, True)
    assert json.loads(call("repro", a_finding().id, "--db", db, "--json").stdout)["still_fails"] is True
    gone = call("repro", GONE.id, "--db", db)
    assert (gone.exit_code, "gone" in gone.stdout) == (0, True)
    path = tmp_path / "script.py"
    written = call("repro", a_finding().id, "--db", db, "--script", str(path))
    assert written.exit_code == 0
    assert "confirmed: DEFECT: still there." in written.stderr
    shown = call("show", a_finding().id, "--db", db).stdout
    assert "confirmed: DEFECT: still there." in shown
    compile(path.read_text(encoding="utf-8"), str(path), "exec")


def test_report(db: str, tmp_path: Path) -> None:
    result = call("report", "--db", db, "--out", str(tmp_path / "out"), "--format", "md,json", "--scripts", "none")
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert told["baseline"] == "20261101-0001"
    assert told["summary"]["statuses"] == {"new": 1, "known": 1}
    assert (tmp_path / "out" / "repro" / f"{a_finding().id}.py").exists()
    assert "report.md" in result.stdout
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_report_runs_its_scripts_and_lists_apart_what_they_do_not_show(db: str, tmp_path: Path) -> None:
    result = call("report", "--db", db, "--out", str(tmp_path / "out"), "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert {f["id"]: f["script_run"] for f in told["findings"]} == {a_finding().id: "confirmed"}
    assert [f["id"] for f in told["unconfirmed"]] == [GONE.id]
    assert told["unconfirmed"][0]["script_says"].startswith("The two truths DISAGREE (stored: 2.7)")
    assert call("report", "--db", db, "--out", str(tmp_path), "--scripts", "soon").exit_code == 2


# Fuzzing, with a campaign that is told what to find


class Campaign:
    """Stands in for run_campaign: records the settings, stores what it is told."""

    def __init__(self, number: int, found: list[Finding], **changes: Any) -> None:
        self.run, self.found = a_run(number, **changes), found
        self.settings: Any = None

    def __call__(self, settings: Any, store: Store, watch: Any = None, afterwards: Any = None, beside: Any = None) -> Run:
        from ulpfuzz.fuzzer.campaign.settings import Progress

        self.settings = settings
        run = replace(self.run, seed=settings.seed)
        store.start_run(replace(run, state="running"), resumed=bool(settings.resume))
        cells = {c.op: c for c in (a_cell(a_finding()), a_cell(GONE))}
        store.save_shard(run.id, "r00", "{}", cells.values(), self.found)
        watch(Progress(1, 3, 1, 1000, len(self.found), 1.0, None, "exp float32 value", 1000.0, ("log float16 value: planted",)))
        store.finish_run(run)
        return run


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path / 'night.db'}"

    def go(campaign: Campaign, *args: str) -> Any:
        monkeypatch.setattr("ulpfuzz.fuzzer.campaign.run.run_campaign", campaign)
        return call(*args, "--db", url)

    return go


def test_run_contract(campaign: Any) -> None:
    told = json.loads(
        campaign(Campaign(3, [a_finding()]), "run", "--ops", "norm", "--budget", "5k", "--seed", "42", "--json").stdout
    )
    assert {"run", "seconds", "verdicts", "cells", "findings", "verdicts_per_second", "by_tier"} <= set(told)
    assert told["findings"] == {"total": 1, "new": 1, "composed": 0, "documented": 0, "flush": 0}
    assert (told["seed"], told["cells_not_reached"], told["verdicts_per_second"]) == (42, 1, 100.0)


def test_run_for_people(campaign: Any) -> None:
    result = campaign(
        Campaign(3, [a_finding()], environment={"cells_not_reached": ["log float16 value"]}), "run", "--targets", "numpy"
    )
    assert result.exit_code == 0
    for text in ("1,000 verdicts", "1 finding, 1 defect: 0 ordinary, 1 new", "1.79e30", "undecided: 20 elements",
                 "not reached: 1 cells: log",
                 f"ulpfuzz show {a_finding().id}", "--out ulpfuzz-report --db sqlite"):  # fmt: skip
        assert text in result.stdout
    assert "1 of 3 cells" in result.stderr
    assert "failed: log float16 value: planted" in result.stderr


def test_the_selection_reaches_the_campaign(campaign: Any) -> None:
    fake = Campaign(3, [])
    args = "run --ops exp,norm --targets numpy --dtypes float32,float64 --orders value --budget 90s --seed 7 --workers 0"
    assert campaign(fake, *args.split()).exit_code == 0
    s = fake.settings
    assert (s.ops, s.targets, s.dtypes, s.orders) == ("exp,norm", "numpy", ("float32", "float64"), ("value",))
    assert (s.budget.seconds, s.seed, s.workers, s.scheduler, s.resume) == (90, 7, 0, None, None)


def test_the_limits_reach_the_campaign(campaign: Any) -> None:
    fake = Campaign(3, [])
    assert campaign(fake, "run", "--ops", "exp", "--case-timeout", "1m30s", "--memory-limit", "4GiB").exit_code == 0
    assert (fake.settings.case_timeout, fake.settings.memory_limit) == (90.0, 4 << 30)
    plain = Campaign(4, [])
    assert campaign(plain, "run", "--ops", "exp").exit_code == 0
    assert (plain.settings.case_timeout, plain.settings.memory_limit) == (None, None)


def test_what_nobody_supports_is_told(campaign: Any) -> None:
    told = {"cell": "norm float32 grad2", "target": "numpy:cpu:eager", "call": "f(x)", "message": "NotImplementedError: no"}
    environment = {"cells_unsupported": ["norm float32 grad2"], "unsupported": [told]}
    fake = Campaign(3, [a_finding(symptom="crash")], environment=environment)
    contract = json.loads(campaign(fake, "run", "--ops", "norm", "--json").stdout)
    assert (contract["unsupported"], contract["cells_unsupported"], contract["cells_not_reached"]) == (
        [told],
        ["norm float32 grad2"],
        0,
    )
    result = campaign(Campaign(4, [a_finding(symptom="crash")], environment=environment), "run", "--ops", "norm")
    assert result.exit_code == 0
    assert "supported by no target: 1 cells: norm float32 grad2" in result.stdout
    assert "not supported: 1 call in 1 cell" in result.stdout


def test_a_budget_that_does_not_visit_every_cell_is_told_before(campaign: Any) -> None:
    chosen = ("run", "--ops", "exp", "--targets", "numpy", "--dtypes", "float32,float64", "--orders", "value", "--budget")
    told = "a budget of 1k verdicts does not visit all 2 cells: once each takes "
    assert told in campaign(Campaign(3, []), *chosen, "1k").stdout.splitlines()[1]
    quiet = campaign(Campaign(4, []), *chosen, "1k", "--json")
    assert told in quiet.stderr
    assert json.loads(quiet.stdout)["budget"]
    assert "does not visit" not in campaign(Campaign(5, []), *chosen, "100M").stdout


def test_a_seed_is_drawn_told_and_stored(campaign: Any) -> None:
    fake = Campaign(3, [])
    result = campaign(fake, "run")
    assert 0 <= fake.settings.seed < 2**32
    assert result.stdout.startswith(f"seed {fake.settings.seed}, budget 10m")


def test_resume_takes_up_what_the_run_was_about(campaign: Any) -> None:
    selection = {"selection": {"ops": "norm", "dtypes": ["float32"], "orders": ["value"]}, "targets": ["numpy:cpu:eager"]}
    campaign(Campaign(3, [], state="interrupted", environment=selection), "run", "--seed", "9")
    fake = Campaign(3, [a_finding()])
    resumed = campaign(fake, "run", "--resume", "--json")
    assert resumed.exit_code == 0, resumed.stderr
    s = fake.settings
    assert (s.resume, s.seed, s.ops, s.targets, s.dtypes, s.orders) == (
        "20261103-0003", 9, "norm", "numpy:cpu:eager", ("float32",), ("value",),
    )  # fmt: skip
    assert s.budget.seconds == 300
    finished = campaign(fake, "run", "--resume")
    assert (finished.exit_code, "none to resume" in finished.stderr) == (2, True)


def test_nights(campaign: Any, tmp_path: Path) -> None:
    out = ["--no-sweep", "--budget", "50s", "--out", str(tmp_path / "report")]
    first = campaign(Campaign(3, [a_finding()]), "nightly", *out)
    assert first.exit_code == 1
    assert (tmp_path / "report" / "report.html").exists()
    quiet = Campaign(4, [a_finding()])
    second = campaign(quiet, "nightly", *out)
    assert (second.exit_code, quiet.settings.baseline) == (0, "20261103-0003")
    assert "against run 20261103-0003: 1 known" in second.stdout
    passes = {"replayed": {"baseline": "20261103-0003", "findings": {a_finding().id: {"id": "", "bits_lost": 0.0}}}}
    third = campaign(Campaign(5, [GONE], environment=passes), "nightly", "--baseline", "20261103", *out, "--json")
    assert third.exit_code == 1
    told = json.loads(third.stdout)
    assert (told["statuses"]["new"], told["statuses"]["fixed"], told["baseline"]) == (1, 1, "20261103-0003")
    fourth = campaign(Campaign(6, [], verdicts=0, state="finished"), "nightly", *out)
    assert (fourth.exit_code, "judged nothing" in fourth.stderr) == (2, True)


def test_a_short_run_between_two_nights_is_no_baseline(campaign: Any, tmp_path: Path) -> None:
    from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, ORDERS
    from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

    whole = {
        "selection": {"ops": None, "dtypes": list(ALL_DTYPES), "orders": list(ORDERS)},
        "targets": [str(t) for t in targets_named(None)],
    }
    campaign(Campaign(3, [a_finding()], environment=whole), "run")
    campaign(Campaign(4, [], environment={**whole, "selection": {"ops": "exp"}}), "run", "--ops", "exp")
    fake = Campaign(5, [a_finding()], environment=whole)
    assert campaign(fake, "nightly", "--no-sweep", "--budget", "50s", "--out", str(tmp_path / "report")).exit_code == 0
    assert fake.settings.baseline == "20261103-0003"


def test_a_known_issue_raises_no_alarm(campaign: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    from ulpfuzz.fuzzer.findings.known_issues import KnownIssue, KnownIssues

    issue = KnownIssue({"op": "norm"}, "https://example.org/1", "planted", date(2999, 1, 1))
    monkeypatch.setattr("ulpfuzz.fuzzer.findings.known_issues.load_known_issues", lambda *_, **__: KnownIssues((issue,), ()))
    result = campaign(Campaign(3, [a_finding()]), "nightly", "--no-sweep", "--budget", "50s", "--out", str(tmp_path / "report"))
    assert result.exit_code == 0
    assert "1 of the new findings are known upstream" in result.stdout


# Mistakes

INPUTS = ("--inputs", '{"x": 1}')
MISTAKES: list[tuple[tuple[str, ...], str]] = [
    (("rnu",), "did you mean 'run'"),
    (("run", "--buget", "3"), "--budget"),
    (("probe", "exp"), "--inputs"),
    (("probe", "expp", *INPUTS), "unknown op 'expp'; did you mean 'exp"),
    (("probe", "exp", *INPUTS, "--dtype", "float23"), "did you mean 'float32'"),
    (("probe", "exp", *INPUTS, "--targets", "pytorch"), "did you mean 'torch'"),
    (("probe", "exp", *INPUTS, "--order", "gard"), "did you mean 'grad'"),
    (("probe", "exp", "--inputs", "{x: 1}"), "--inputs is not JSON"),
    (("probe", "exp", "--inputs", "[1]"), "not a JSON object"),
    (("probe", "exp", "--inputs", '{"y": 1}'), "exp takes the inputs x"),
    (("probe", "exp", "--inputs", '{"x": "one"}'), "not a number: 'one'"),
    (("probe", "norm", *INPUTS, "--params", '{"odr": 1}'), "did you mean 'ord'"),
    (("ops", "zzz*"), "unknown op 'zzz*'"),
    (("run", "--ops", "expp"), "did you mean 'exp"),
    (("run", "--dtypes", "float32,flaot16"), "did you mean 'float16'"),
    (("run", "--targets", "numpi"), "did you mean 'numpy'"),
    (("run", "--orders", "value,grads"), "did you mean 'grad'"),
    (("run", "--budget", "soon"), "not a budget: 'soon'"),
    (("run", "--case-timeout", "30"), "not a time that a call may take: '30'; examples: 30s"),
    (("run", "--case-timeout", "0s"), "not a time that a call may take: '0s'"),
    (("run", "--memory-limit", "much"), "not a size of memory: 'much'; examples: 4GiB"),
    (("nightly", "--memory-limit", "5MiB"), "a worker needs at least 512MiB of memory: '5MiB'"),
    (("run", "--workers", "-1"), "--workers"),
    (("run", "--seed", "x"), "--seed"),
    (("nightly", "--budget", "5"), "not a budget: '5'"),
    (("findings", "--symptom", "infi", "--db", "DB"), "did you mean 'inf'"),
    (("findings", "--class", "unstabel", "--db", "DB"), "did you mean 'unstable'"),
    (("findings", "--op", "expp", "--db", "DB"), "did you mean 'exp"),
    (("findings", "20261109", "--db", "DB"), "unknown run '20261109'"),
    (("show", "numpy-norm-value-float32-inf-zzzzzz", "--db", "DB"), "did you mean 'numpy-norm"),
    (("repro", "nothing-like-this", "--db", "DB"), "unknown finding"),
    (("compare", "latest", "never", "--db", "DB"), "unknown run 'never'"),
    (("report", "--format", "pdf", "--db", "DB"), "unknown report format 'pdf'"),
    (("report", "--out", "FILE/out", "--db", "DB"), "cannot write the report"),
    (("nightly", "--out", "FILE"), "cannot write the report"),
    (("repro", a_finding().id, "--script", "FILE/x.py", "--db", "DB"), "FILE"),
    (("findings", "--db", "sqlite:///FILE"), "not a database"),
    (("findings", "--db", "sqlite:///MISSING"), "`ulpfuzz run` makes one"),
    (("findings", "--db", "mysql://x/y"), "unknown database 'mysql'"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "words"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else None)
def test_mistakes_are_one_line_and_exit_status_2(args: tuple[str, ...], words: str, db: str, tmp_path: Path) -> None:
    file = tmp_path / "FILE"
    file.write_text("not a database, and not a folder" * 40, encoding="utf-8")
    there = [a.replace("DB", db).replace("FILE", str(file)).replace("MISSING", str(tmp_path / "no.db")) for a in args]
    result = call(*there)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("ulpfuzz: ")
    assert words.lower() in lines[0].lower()
    assert "internal error" not in lines[0]


def test_a_framework_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, db: str) -> None:
    monkeypatch.setattr(
        "ulpfuzz.fuzzer.frameworks.targets.target.installed", lambda framework: None if framework == "torch" else "1"
    )
    for args in (("run", "--targets", "torch"), ("probe", "exp", *INPUTS, "--targets", "torch")):
        result = call(*args)
        assert (result.exit_code, result.stderr) == (2, "ulpfuzz: torch is not installed; pip install 'ulpfuzz[torch]'\n")


@pytest.fixture
def tracebacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that tracebacks are kept in."""
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def broken(error: Exception) -> Any:
    def fault(*_: Any, **__: Any) -> Any:
        raise error

    return fault


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TypeError("planted\nin two lines"), "TypeError: planted in two lines"),
        (ValueError("zip() argument 2 is shorter than argument 1"), "ValueError: zip() argument 2 is shorter than argument 1"),
        (KeyError("x"), "KeyError: 'x'"),
        (AuditFailure("ball64 and Arb differ"), "AuditFailure: ball64 and Arb differ"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_faults_of_ours_are_told_as_such_and_kept(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, tracebacks: Path
) -> None:
    monkeypatch.setattr("ulpfuzz.fuzzer.point.probe.probe", broken(error))
    result = call("probe", "exp", *INPUTS)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    (file,) = tracebacks.iterdir()
    assert result.stderr == f"ulpfuzz: internal error: {words}; please report this to ulpfuzz with the traceback in {file}\n"
    assert file.stat().st_mode & 0o077 == 0
    kept = file.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in kept
    assert "in fault" in kept
    assert kept.startswith("ulpfuzz ")
    traced = call("probe", "exp", *INPUTS, env={"ULPFUZZ_DEBUG": "1"})
    assert traced.exception is error


@pytest.mark.parametrize(
    "error",
    [UserError("mend\nthis"), UnknownName("op", "expp", ["exp"]), StoreError("no such file"), FrameworkError("no such device")],
)
def test_what_the_user_can_mend_is_told_as_it_is(error: Exception, monkeypatch: pytest.MonkeyPatch, tracebacks: Path) -> None:
    monkeypatch.setattr("ulpfuzz.fuzzer.point.probe.probe", broken(error))
    result = call("probe", "exp", *INPUTS)
    assert (result.exit_code, result.stderr) == (2, f"ulpfuzz: {' '.join(str(error).split())}\n")
    assert not list(tracebacks.iterdir())


def test_a_traceback_that_no_file_can_hold_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ulpfuzz.fuzzer.point.probe.probe", broken(ValueError("planted")))
    monkeypatch.setattr("tempfile.mkstemp", broken(OSError("disk full")))
    result = call("probe", "exp", *INPUTS)
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    last = result.stderr.splitlines()[-1]
    assert last == "ulpfuzz: internal error: ValueError: planted; please report this to ulpfuzz with the traceback above"


def test_no_password_is_told_or_kept(monkeypatch: pytest.MonkeyPatch, tracebacks: Path) -> None:
    url = "postgresql://me:s3cr@et@host/name"
    monkeypatch.setattr("sys.argv", ["ulpfuzz", "runs", "--db", url])
    monkeypatch.setattr("ulpfuzz.fuzzer.point.probe.probe", broken(ValueError(f"cannot read {url}")))
    result = call("probe", "exp", *INPUTS)
    (file,) = tracebacks.iterdir()
    for text in (result.stderr, file.read_text(encoding="utf-8")):
        assert "s3cr" not in text
        assert "postgresql://me:***@host/name" in text


def test_a_damaged_record_is_the_stores(db: str, tmp_path: Path) -> None:
    copy = tmp_path / "damaged.db"
    copy.write_bytes(Path(db.removeprefix("sqlite:///")).read_bytes())
    with sqlite3.connect(copy) as connection:
        connection.execute("update findings set payload = '{\"id\": 3}'")
    result = call("findings", "--db", f"sqlite:///{copy}")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "the store holds a damaged Finding " in result.stderr
    assert "internal" not in result.stderr


def test_help_says_what_there_is() -> None:
    for args in ((), ("--help",)):
        result = call(*args)
        assert result.exit_code == 0
        assert "nightly" in result.stdout
    assert call("--version").stdout.startswith("ulpfuzz ")


@pytest.mark.parametrize("args", [["ops", "--json"], ["--help"]])
def test_starting_is_quick_and_imports_nothing_heavy(args: list[str]) -> None:
    code = (
        "import atexit, sys\n"
        "heavy = ('torch', 'tensorflow', 'jax', 'scipy', 'distributed', 'dask', 'sqlalchemy', 'flint', "
        "'mpmath', 'hypothesis')\n"
        "atexit.register(lambda: print('HEAVY', [m for m in heavy if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['ulpfuzz', *{args!r}]\n"
        "from ulpfuzz.fuzzer.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert "HEAVY []" in done.stderr


def test_the_planted_batch_is_what_it_seems() -> None:
    """The finding of these tests is rebuilt bit for bit."""
    from ulpfuzz.fuzzer.point.reproduce import case_of

    batch = case_of(a_finding()).batch()
    assert isinstance(batch, Batch)
    assert batch.exact()["x"].tolist() == [[2.0**100, 2.0**100]]


# Sweeps


def test_sweep_proves_tanh_in_bfloat16(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    url = f"sqlite:///{tmp_path / 'sweeps.db'}"
    told = loaded("sweep", "tanh", "--dtype", "bfloat16", "--targets", "jax:cpu:eager", "--workers", "0", "--json", "--db", url)
    assert (told["op"], told["dtype"], told["order"]) == ("tanh", "bfloat16", "value")
    assert told["seconds"] < 60
    for target in told["targets"]:
        assert set(target) >= {"target", "inputs", "max_ulps", "at", "not_correctly_rounded", "beyond_limit", "intervals"}
        assert target["inputs"] == 65536
    facts = loaded("facts", "tanh", "--json", "--db", url)
    assert [fact["op"] for fact in facts] == ["tanh"] * len(told["targets"])
    assert call("facts", "--markdown", "--db", url).stdout.startswith("| op | format |")


def test_a_sweep_is_resumed_by_its_name_alone(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    url = f"sqlite:///{tmp_path / 'sweeps.db'}"
    asked = ["exp", "--dtype", "float16", "--orders", "grad", "--first-calls", "--targets", "jax:cpu:eager"]
    before = loaded("sweep", *asked, "--workers", "0", "--json", "--db", url)
    with Store(url) as store:
        (record,) = store.sweeps()
        store.finish_sweep(replace(record, state="interrupted"))
    wrong = call("sweep", "--resume", "--dtype", "bfloat16", "--db", url)
    assert (wrong.exit_code, "leave out --dtype, or name its op too" in wrong.stderr) == (2, True)
    after = loaded("sweep", "--resume", "--workers", "0", "--json", "--db", url)
    assert {**before, "seconds": 0.0} == {**after, "seconds": 0.0}
    finished = call("sweep", "--resume", "--db", url)
    assert (finished.exit_code, "every sweep has finished" in finished.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sweep"], "name an op"),
        (["sweep", "exp", "--all"], "not both"),
        (["sweep", "tan", "--dtype", "float64"], "float64 has too many numbers"),
        (["sweep", "softmx"], "did you mean 'softmax'"),
        (["sweep", "softmax"], "softmax takes x (vector)"),
        (["sweep", "exp", "--orders", "vale"], "did you mean 'value'"),
        (["sweep", "exp", "--params", "{"], "--params is no JSON"),
        (["sweep", "exp", "--resume", "nothing"], "no database"),
    ],
)
def test_sweep_tells_what_is_wrong(args: list[str], message: str, tmp_path: Path) -> None:
    result = call(*args, "--db", f"sqlite:///{tmp_path / 'sweeps.db'}")
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


# Labels


def of_label(label: str, name: str, **changes: Any) -> Finding:
    return labelled(a_finding(implementation=name, **changes), label, f"{label}: its page or record")


LABELLED = [a_finding(), of_label("composed", "np.sqrt(a)"), of_label("documented", "np.sqrt(b)"), of_label("flush", "np.sqrt(c)"),
            of_label("flush", "np.sqrt(d)")]  # fmt: skip


def test_what_has_a_label_is_listed_apart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ulpfuzz.db'}"
    with Store(url) as store:
        store.start_run(a_run(1))
        store.save_shard(a_run(1).id, "r00", "{}", [], LABELLED)

    def classes(*args: str) -> list[str]:
        return [entry["class"] for entry in loaded("findings", "--db", url, "--json", *args)]

    assert classes() == ["unstable", "composed"]
    assert classes("--all") == ["unstable", "composed", "documented", "flush"]
    assert classes("--label", "documented") == ["documented"]
    (record,) = loaded("findings", "--db", url, "--json", "--label", "flush")
    assert (record["count"], len(record["members"]), record["measured_class"]) == (2, 2, "unstable")
    people = call("findings", "--db", url).stdout
    assert re.search(r"composed: norm\(.*\) = inf, true value", people)
    assert "1 findings in run" in people
    shown = loaded("show", LABELLED[2].id, "--db", url, "--json")
    assert (shown["class"], shown["reason"]) == ("documented", "documented: its page or record")
    assert call("findings", "--db", url, "--label", "flash").exit_code == 2


def test_a_label_is_in_no_count_and_raises_no_alarm(campaign: Any, tmp_path: Path) -> None:
    told = json.loads(campaign(Campaign(7, LABELLED), "run", "--json").stdout)
    assert told["findings"] == {"total": 1, "new": 1, "composed": 1, "documented": 1, "flush": 1}
    assert told["rejected"] == []
    night = campaign(
        Campaign(8, LABELLED[1:]), "nightly", "--no-sweep", "--out", str(tmp_path / "report"), "--baseline", "20261107"
    )
    assert night.exit_code == 0, night.output
