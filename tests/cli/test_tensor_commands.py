"""probe and judge on files of arrays: contracts, exit statuses, and one clear line for every mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from typer.testing import CliRunner

from ulpfuzz.fuzzer.cli.app import app

ROOT = Path(__file__).parents[2]
X = np.linspace(-4, 4, 24).astype(np.float32).reshape(6, 4)
NUMPY = ("--targets", "numpy")


def softmax(x: np.ndarray) -> np.ndarray:
    wide = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    return np.asarray((wide / wide.sum(axis=-1, keepdims=True)).astype(np.float32))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.save("row.npy", X[0])
    y = softmax(X)
    np.save("y.npy", y)
    spoiled = y.copy()
    spoiled[2, 1] = 0.9
    np.save("spoiled.npy", spoiled)
    np.savez("run.npz", logits=X, out=spoiled, other=X)
    np.savez("named.npz", x=X, more=X)
    return tmp_path


def call(*args: str, **options: Any) -> Any:
    return CliRunner().invoke(app, list(args), **options)


def loaded(*args: str, **options: Any) -> Any:
    result = call(*args, "--json", **options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_one_row_of_a_file_is_a_point(folder: Path) -> None:
    written = json.dumps({"x": [float(v) for v in X[0]]})
    assert loaded("probe", "softmax", "--inputs", "@row.npy", *NUMPY) == loaded("probe", "softmax", "--inputs", written, *NUMPY)
    assert "truth" in call("probe", "softmax", "--inputs", "@row.npy", *NUMPY).stdout


def test_a_file_of_rows_is_judged_row_by_row(folder: Path) -> None:
    told = loaded("probe", "softmax", "--inputs", "@x.npy", *NUMPY)
    assert (told["shape"], told["rows"], told["dtype"], told["targets"][0]["judged"]) == ([6], 6, "float32", 6)
    assert len(told["worst"]) == 5
    assert len(loaded("probe", "softmax", "--inputs", "@x.npy", "--rows", "2", *NUMPY)["worst"]) == 2
    piped = call("probe", "softmax", "--inputs", "-", "--json", *NUMPY, input=(folder / "x.npy").read_bytes())
    assert json.loads(piped.stdout) == told
    named = loaded("probe", "softmax", "--inputs", "x=@run.npz:logits", *NUMPY)
    assert named == loaded("probe", "softmax", "--inputs", "@run.npz:logits", *NUMPY) == told
    people = call("probe", "softmax", "--inputs", "@x.npy", *NUMPY).stdout
    for words in (
        "softmax, value, float32",
        "6 rows each answered by 4 numbers",
        "elements by error in ulps",
        "row [",
        "no row is wrong",
    ):
        assert words in people
    assert all(line == line.rstrip() for line in people.splitlines())


def test_lists_are_judged_row_by_row_on_request() -> None:
    told = loaded("probe", "exp", "--inputs", '{"x": [[0, 1], [2, 3]]}', "--rows", "1", *NUMPY)
    assert (told["shape"], told["rows"], len(told["worst"])) == ([2, 2], 4, 1)


def test_the_dtype_is_that_of_the_arrays(folder: Path) -> None:
    np.save("half.npy", X.astype(ml_dtypes.bfloat16))
    assert loaded("judge", "softmax", "--inputs", "half.npy", "--answers", "half.npy")["dtype"] == "bfloat16"
    np.save("double.npy", X.astype(np.float64) * np.pi)
    assert loaded("probe", "softmax", "--inputs", "@double.npy", *NUMPY)["dtype"] == "float64"
    rounded = call("probe", "softmax", "--inputs", "@double.npy", "--dtypes", "float32", "--json", *NUMPY)
    assert json.loads(rounded.stdout)["rounded"] == [
        said := "24 of 24 numbers of x, float64, are none of float32, and were rounded"
    ]
    assert rounded.stderr == f"ulpfuzz: note: {said}\n"


def test_stored_answers_are_judged(folder: Path) -> None:
    told = loaded("judge", "softmax", "--inputs", "x.npy", "--answers", "spoiled.npy")
    (target,) = told["targets"]
    assert (target["target"], target["implementation"], target["defects"]) == ("answers", "spoiled.npy", [[2]])
    assert target["rows"] == {"ok": 5, "unstable": 1}
    worst = told["worst"][0]
    assert (worst["row"], worst["targets"][0]["element"], worst["targets"][0]["certified_by"]) == ([2], "[1]", "arb+mpmath")
    same = loaded("judge", "softmax", "--inputs", "run.npz:logits", "--answers", "@run.npz:out")
    assert same["worst"] == [
        {**row, "targets": [{**row["targets"][0], "implementation": "@run.npz:out"}]} for row in told["worst"]
    ]
    people = call("judge", "softmax", "--inputs", "x.npy", "--answers", "spoiled.npy").stdout
    for words in ("1 row is certified to be wrong: [2]", "unstable, precision", "[1] 0.9"):
        assert words in people
    assert "no row is wrong" in call("judge", "softmax", "--inputs", "x.npy", "--answers", "y.npy").stdout


def test_answers_may_be_written() -> None:
    told = loaded("judge", "exp", "--inputs", '{"x": [0, 1]}', "--answers", "[1, 3]")
    assert (told["targets"][0]["defects"], told["dtype"]) == ([[1]], "float32")


def test_gradients_are_answered_by_name(folder: Path) -> None:
    np.savez("grad.npz", x=X, other=X)
    told = loaded("judge", "dot", "--orders", "grad", "--inputs", "x=x.npy,y=x.npy", "--answers", "grad.npz")
    assert (told["order"], told["targets"][0]["defects"]) == ("grad", [])
    alone = loaded("judge", "exp", "--orders", "grad", "--inputs", "x.npy", "--answers", "y.npy")
    assert len(alone["targets"][0]["defects"]) == 24


def test_what_a_file_holds_beside_the_inputs_is_said(folder: Path) -> None:
    result = call("probe", "softmax", "--inputs", "@named.npz", "--json", *NUMPY)
    assert result.stderr == "ulpfuzz: note: --inputs of named.npz holds more than softmax takes; left out: more\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("probe", "softmax", "--inputs", "@y.npz"), "no such file or directory, did you mean @y.npy"),
        (("probe", "softmax", "--inputs", "@run.npz"), "holds logits, out, other; softmax takes x: --inputs x=@FILE:KEY says which"),
        (("probe", "softmax", "--inputs", "@run.npz:logit"), "unknown array of --inputs of run.npz 'logit'; did you mean 'logits'?"),
        (("probe", "softmax", "--inputs", "x=@run.npz"), "run.npz:KEY says which is meant"),
        (("probe", "softmax", "--inputs", "x=@x.npy,cotangnt=@y.npy"), "unknown input of softmax 'cotangnt'; "),
        (("probe", "det", "--inputs", "@x.npy"), "input a of det ends with the axes n by n"),
        (("probe", "softmax", "--inputs", "@x.npy", "--rows", "-1"), "--rows"),
        (("judge", "softmax", "--inputs", "x.npy"), "--answers"),
        (("judge", "softmax", "--inputs", "x.npy", "--answers", "row.npy"), "6 rows of 4 numbers each; given: shape 4"),
        (("judge", "softmax", "--inputs", "x.npy", "--answers", "run.npz"), "the answers are one array: --answers FILE:KEY says which"),
        (("judge", "sofmax", "--inputs", "x.npy", "--answers", "y.npy"), "unknown op 'sofmax'; did you mean 'softmax"),
        (("judge", "softmax", "--inputs", "x.npy", "--answers", "y.npy", "--contract", "toch"), "did you mean 'torch'?"),
        (("judge", "softmax", "--inputs", "x.npy", "--answers", "y.npy", "--flush", "input"), "did you mean 'inputs'?"),
        (("judge", "softmax", "--inputs", "x.npy", "--answers", "y.npy", "--orders", "gard"), "did you mean 'grad'?"),
        (("judge", "softmax", "--inputs", "-", "--answers", "-"), "standard input is read once"),
        (("judge", "softmax", "--inputs", "x.npy", "--answers", "y.npy", "--dtypes", "float16"), "are none of float16; rounding them would"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_status_2(folder: Path, args: tuple[str, ...], words: str) -> None:
    result = call(*args)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert words in result.stderr
    assert not result.stdout


def test_mixed_dtypes_are_asked_about(folder: Path) -> None:
    np.save("half.npy", softmax(X).astype(np.float16))
    result = call("judge", "softmax", "--inputs", "x.npy", "--answers", "half.npy")
    assert result.exit_code == 2
    assert "x is float32, the array of answers is float16; --dtypes says in which of them all are meant" in result.stderr


def test_ctrl_c_tells_what_was_judged(folder: Path) -> None:
    rows = np.zeros((1 << 17, 24), np.float32)  # so many chunks that they do not end before the signal comes
    np.save("many.npy", rows)
    np.save("answers.npy", np.full_like(rows, 1 / 24))
    code = """
import sys
from ulpfuzz.fuzzer.cli import main, progress
from ulpfuzz.fuzzer.point import row_judge
progress.EVERY, row_judge.MOST_ROWS = 0.0, 16
main()
"""
    arguments = ("judge", "log_softmax", "--inputs", "many.npy", "--answers", "answers.npy", "--json")
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True) as running:
        assert running.stderr is not None
        assert "rows judged" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    told = json.loads(out)
    assert told["interrupted"]
    assert 0 < told["targets"][0]["judged"] < 1 << 17
    assert told["targets"][0]["defects"] == []
