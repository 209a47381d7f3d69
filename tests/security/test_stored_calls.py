"""What a database holds is run only where the catalogue knows it: calls, params, dtypes, orders, targets, interpreters, numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import EVIL, TEXTS, WORDS, hostile_findings, known
from planted_findings import run
from typer.testing import CliRunner

from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.cli.scripts import interpreter_for
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.point import stored
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.reports.minimal_script import minimal_script
from ulpfuzz.reports.script import script_for


def test_a_finding_of_ours_may_be_run() -> None:
    assert stored.checked(known()).call == known().implementation


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_but_what_the_catalogue_knows_is_run(text: str) -> None:
    for field, finding in hostile_findings(text):
        if field in WORDS:
            continue
        with pytest.raises(UserError) as told:
            stored.checked(finding)
        assert "\n" not in str(told.value).replace("\\n", ""), field
        for runs in (reproduce, script_for, Bench.of):
            with pytest.raises(UserError):
                runs(finding)
        assert minimal_script(finding) == ""


def test_the_nearest_call_is_named() -> None:
    with pytest.raises(
        UserError, match=r"no such call of softplus in torch: .*did you mean 'torch\.nn\.functional\.softplus\(x\)'"
    ):
        reproduce(known(implementation="torch.nn.functional.softplus(x).cos()"))


@pytest.mark.parametrize(
    "switch", ["xla=--xla_dump_to=/tmp/pwned", "xla=--xla_dump_to=pwned", "xla=/tmp/flags", "xla=--flagfile=x"]
)
def test_no_stored_switch_names_a_file(switch: str) -> None:
    with pytest.raises(UserError, match="may name a file"):
        stored.check_target(f"jax:cpu:jit;{switch}")
    stored.check_target("jax:cpu:jit;xla=--xla_cpu_enable_fast_math=true")


@pytest.mark.parametrize(
    "case",
    [
        {"inputs": {"x": "0x1p+0"}, "placement": {"length": 10**12}},
        {"inputs": {"x": "0x1p+0"}, "placement": {"length": 1, "position": -1}},
        {"inputs": {"x": "0x1p+0"}, "nth": 10**9},
        {"inputs": {"x": "0x1p+0"}, "patience": 1e30},
        {"inputs": {"x": "0x1p+0"}, "patience": "1"},
        {"inputs": {"x": {"y": 1}}},
        {"inputs": ["0x1p+0"]},
        {"inputs": {"x": "0x1p+0"}, "right": "there"},
        {},
    ],
)
def test_a_case_is_numbers_and_places(case: dict[str, object]) -> None:
    with pytest.raises(UserError):
        stored.checked(known(case=case))


def crafted(path: Path, **environment: object) -> str:
    """The URL of a database of one finding whose call is code."""
    url = f"sqlite:///{path / 'crafted.db'}"
    with Store(url) as store:
        store.start_run(run(environment=environment))
        store.save_shard("r2", "s", "{}", [], [known(implementation=EVIL)])
    return url


def test_the_command_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = crafted(tmp_path)
    for command in (["repro", known().id], ["repro", known().id, "--script", "x.py"]):
        result = CliRunner().invoke(app, [*command, "--db", url])
        assert result.exit_code == 2, result.output
        assert "is not run: the catalogue has no such call of softplus in torch" in result.stderr
        assert result.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crafted.db"]


def test_a_report_of_it_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", "--out", "report", "--db", crafted(tmp_path)])
    assert result.exit_code == 0, result.output
    assert not list(tmp_path.rglob("*.py"))
    assert not list(tmp_path.rglob("pwned"))


def test_no_interpreter_is_started_that_a_database_names(tmp_path: Path) -> None:
    assert interpreter_for(known(target="torch@evil:cpu:eager")) == ""
