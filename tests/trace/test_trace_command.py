"""`ulpfuzz trace`: exit statuses, one clear line for every mistake, JSON, a harvest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contracts import check
from ulpfuzz.fuzzer.catalog import everyday
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.inputs.everyday import sample

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "docs/programs"


def command(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "ulpfuzz", "trace", *arguments],
        cwd=cwd, env=environment, text=True, capture_output=True, timeout=300, check=False,
    )  # fmt: skip


def test_a_program_is_traced_as_it_is_started() -> None:
    pytest.importorskip("torch")
    done = command("--json", "--", sys.executable, str(PROGRAMS / "mlp_torch.py"))
    assert done.returncode == 1, done.stderr
    check("trace", done.stdout)
    told = json.loads(done.stdout)
    (finding,) = told["findings"]
    assert (finding["kind"], finding["kernel"], finding["framework"]) == ("nan", "aten._softmax", "torch")
    assert finding["where"] == "docs/programs/mlp_torch.py:17"
    assert finding["tried"][0]["call"] == "torch.log_softmax(a, dim=-1)"
    assert finding["proved"]["class"] == "unstable"
    assert "loss" in done.stderr  # the program's own output


def test_a_harvest_takes_the_place_of_everyday_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"op": "tanh", "input": "x", "numbers": 10, "least": 100.0, "quantiles": {"0.0": 100.0, "1.0": 101.0},
             "laws": [{"name": "uniform", "a": 100.0, "b": 101.0, "weight": 1.0}]}  # fmt: skip
    file = tmp_path / "harvest.json"
    file.write_text(json.dumps({"ulpfuzz_harvest": 1, "program": "train.py", "inputs": [entry]}))
    monkeypatch.setenv(everyday.HARVEST, str(file))
    batch = sample(op_named("tanh"), "float32", np.random.default_rng(0), 100, 1)
    assert batch is not None
    assert 100 <= batch.inputs["x"].min() <= batch.inputs["x"].max() <= 101
    assert everyday.everyday_of(op_named("exp"), op_named("exp").inputs[0]).kind == "real"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"ulpfuzz_harvest": 2, "inputs": []}', '{"ulpfuzz_harvest": 1, "inputs": [{"op": "tanh"}]}']
)
def test_a_file_that_is_no_harvest_gets_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(UserError, match=r"ULPFUZZ_EVERYDAY: .*other\.json is (no file that|damaged)"):
        everyday.harvested(str(file))


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        ((), 2, "name the program to trace, as in `ulpfuzz trace -- python train.py`"),
        (("--", "train.py"), 2, "train.py is a script, no interpreter: `ulpfuzz trace -- python train.py`"),
        (("--", "torchrun", "train.py"), 2, "torchrun is no Python interpreter"),
        (("--", "python9.9", "train.py"), 2, "python9.9: there is no such interpreter"),
        (("--", sys.executable, "nowhere.py"), 2, "nowhere.py: there is no such file"),
        (("--", sys.executable, "-m"), 2, "-m needs a module"),
        (("--frameworks", "torhc", "--", sys.executable, "nowhere.py"), 2, "unknown framework 'torhc'; did you mean 'torch'?"),
        (("--harvest", "/nowhere/at/all/h.json", "--", sys.executable, "-c", "1"), 2, "its folder does not exist"),
    ],
)
def test_a_mistake_gets_one_clear_line(arguments: tuple[str, ...], status: int, line: str) -> None:
    from typer.testing import CliRunner

    from ulpfuzz.fuzzer.cli.app import app

    result: Any = CliRunner().invoke(app, ["trace", *arguments])
    assert result.exit_code == status
    assert line in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_program_s_own_exit_status_and_arguments_are_kept(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint(sys.argv, __name__)\nsys.exit(int(sys.argv[1]))\n")
    done = command("--", sys.executable, "-u", str(program), "7", "--flag", cwd=tmp_path)
    assert done.returncode == 7
    assert f"['{program}', '7', '--flag'] __main__" in done.stdout
    assert "no framework computed anything" in done.stdout
    failed = command("--", sys.executable, "-c", "1/0", cwd=tmp_path)
    assert failed.returncode == 1
    assert "ZeroDivisionError" in failed.stderr
    assert "ulpfuzz/fuzzer" not in failed.stderr
