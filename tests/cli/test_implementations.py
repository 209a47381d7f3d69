"""`ulpfuzz run --impl`: functions of the user's own, beside every framework's own call."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ulpfuzz.fuzzer.cli.app import app

KERNELS = """
import numpy as np

constant = 3

def naive_softmax(x):
    powers = np.exp(x)
    return powers / powers.sum(axis=-1, keepdims=True)

def stable_softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "cli_kernels.py").write_text(KERNELS)
    (tmp_path / "broken_kernels.py").write_text("import no_such_module\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("cli_kernels", "broken_kernels"):
        sys.modules.pop(name, None)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["run", *arguments])


BOTH = (
    "--impl",
    "cli_kernels:naive_softmax",
    "--impl",
    "cli_kernels.py:stable_softmax",
    "--as",
    "softmax",
    "--targets",
    "numpy",
    "--budget",
    "10k",
)


def test_json_says_what_was_found_of_each_and_of_the_frameworks_own(folder: Path) -> None:
    ran = call(*BOTH, "--json")
    assert ran.exit_code == 0, ran.output
    naive, stable = json.loads(ran.stdout)
    assert (naive["function"], naive["op"], naive["dtype"], naive["target"]) == (
        "naive_softmax",
        "softmax",
        "float32",
        "numpy:cpu:eager",
    )
    assert (naive["stable"], stable["stable"]) == (False, True)
    assert naive["shown"]["symptom"] == "nan"
    assert naive["cause"]["cause"] == "overflow"
    assert Path(naive["script"]).is_file()
    (value,) = stable["orders"]
    assert (value["order"], value["findings"], value["beyond_limit"]) == ("value", [], [])
    (beside,) = value["beside"]
    assert (beside["target"], beside["call"], beside["findings"]) == ("numpy:cpu:eager", "scipy.special.softmax(x, axis=-1)", [])
    assert beside["verdicts"] == value["verdicts"] > 10_000


def test_people_read_a_table_and_the_failure() -> None:
    ran = call(*BOTH)
    assert ran.exit_code == 0, ran.output
    assert "cli_kernels:naive_softmax as softmax, float32, seed 0, ordinary inputs" in ran.output
    assert "naive_softmax is unstable as softmax" in ran.output
    assert "scipy.special.softmax(x, axis=-1)" in ran.output


@pytest.mark.parametrize(("fail_on", "status"), [("unstable", 1), ("ordinary", 1), ("any", 1)])
def test_an_unstable_function_may_end_with_status_one(fail_on: str, status: int) -> None:
    assert call(*BOTH[:2], *BOTH[4:], "--fail-on", fail_on).exit_code == status
    assert call(*BOTH[2:], "--fail-on", fail_on).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--impl", "cli_kernels:naive_softmax"), "which op? --impl module:function goes with --as op"),
        (("--impl", "cli_kernels:naive_softmax", "--as", "sofmax"), "unknown op 'sofmax'; did you mean 'softmax'?"),
        (("--impl", "cli_kernels:naive_sofmax", "--as", "softmax"), "did you mean 'naive_softmax'?"),
        (("--impl", "cli_kernels", "--as", "softmax"), "a function is named module:function"),
        (("--impl", "cli_kernels:constant", "--as", "softmax"), "cli_kernels:constant is no function but int"),
        (("--impl", "no_kernels:f", "--as", "softmax"), "no_kernels cannot be imported: No module named 'no_kernels'"),
        (("--impl", "no.py:f", "--as", "softmax"), "no such file: no.py"),
        (("--impl", "broken_kernels:f", "--as", "softmax"), "broken_kernels cannot be imported: No module named 'no_such_module'"),
        (("--impl", "a:f", "--impl", "b:f", "--impl", "c:f", "--as", "exp", "--as", "exp"), "--as is given 2 times for 3 functions"),
        (("--impl", "cli_kernels:naive_softmax", "--as", "softmax", "--ops", "exp"), "--ops does not go with --impl"),
        (("--impl", "cli_kernels:naive_softmax", "--as", "softmax", "--workers", "0"), "--workers does not go with --impl"),
        (("--impl", "cli_kernels:naive_softmax", "--as", "softmax", "--inputs", "most"), "unknown kind of inputs 'most'"),
        (("--impl", "cli_kernels:naive_softmax", "--as", "softmax", "--limit", "0.1"), "limit is a number of ulps"),
        (("--impl", "cli_kernels:naive_softmax", "--as", "softmax", "--orders", "grad"), "numpy has no derivatives"),
        (("--as", "softmax"), "--as goes with --impl module:function"),
        (("--limit", "3"), "--limit goes with --impl module:function"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_status_two(arguments: tuple[str, ...], said: str) -> None:
    ran = call(*arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
