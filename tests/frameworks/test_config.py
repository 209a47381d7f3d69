"""ulpfuzz.toml: what it may say, and one clear line for what it may not."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ulpfuzz.fuzzer.frameworks.targets import config
from ulpfuzz.fuzzer.frameworks.targets.config import Config, ConfigError, Spec
from ulpfuzz.fuzzer.frameworks.targets.target import Target, declared_targets, target_named, targets_named

WHOLE = """
default = ["numpy", "old"]

[[target]]
name = "old"
framework = "jax"
mode = "jit"
python = "venvs/old/bin/python"
switches = "matmul=highest;threads=2"
environment = { PYTHONPATH = "/mine" }

[[target]]
name = "loose"
framework = "torch"
switches = { tf32 = true, threads = 4 }
"""


@pytest.fixture(autouse=True)
def no_memory() -> Iterator[None]:
    config.forget()
    yield
    config.forget()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(config.VARIABLE, raising=False)
    monkeypatch.setattr(config, "is_allowed", lambda path, content: True)  # tests/security/test_trust.py
    return tmp_path


def test_a_whole_file(folder: Path) -> None:
    (folder / "ulpfuzz.toml").write_text(WHOLE)
    read = config.config()
    assert read.default == ("numpy", "old")
    assert read.specs["old"] == Spec(
        "old", "jax", "cpu", "jit", str(folder / "venvs/old/bin/python"), "matmul=highest;threads=2", (("PYTHONPATH", "/mine"),),
        "ulpfuzz.toml, target 1",
    )  # fmt: skip
    assert declared_targets() == [
        Target("jax", "cpu", "jit", (("matmul", "highest"), ("threads", "2")), "old"),
        Target("torch", switches=(("tf32", "on"), ("threads", "4")), host="loose"),
    ]
    assert str(target_named("old")) == "jax@old:cpu:jit;matmul=highest;threads=2"
    with pytest.raises(ValueError, match=r"^ulpfuzz\.toml, target 1: there is no interpreter .*venvs/old/bin/python$"):
        targets_named(None)


def test_no_file_names_nothing(folder: Path) -> None:
    assert config.config() == Config()
    assert target_named("numpy") == Target("numpy")


def test_the_variable_names_another_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ulpfuzz.toml").write_text('default = ["torch"]')
    (folder / "mine.toml").write_text('default = ["numpy"]')
    monkeypatch.setenv(config.VARIABLE, "mine.toml")
    assert config.config().default == ("numpy",)
    monkeypatch.setenv(config.VARIABLE, "none.toml")
    with pytest.raises(ConfigError, match=r"^ULPFUZZ_CONFIG names none\.toml, which is no file$"):
        config.config()


def test_a_change_of_the_file_is_seen(folder: Path) -> None:
    import os

    path = folder / "ulpfuzz.toml"
    for number, text in enumerate(('default = ["numpy"]', 'default = ["torch"]')):
        path.write_text(text)
        os.utime(path, ns=(number, number))
        assert config.config().default == (text.split('"')[1],)


def test_what_is_declared_wins_over_any_file(folder: Path) -> None:
    """As in a worker, wherever it works: what is sent there is the same after its journey."""
    (folder / "ulpfuzz.toml").write_text(WHOLE)
    sent = pickle.loads(pickle.dumps(config.config()))
    (folder / "ulpfuzz.toml").write_text("mistake = 1")
    config.declare(sent)
    assert target_named("loose").host == "loose"


TABLE = '[[target]]\nname = "a"\nframework = "numpy"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[target]\n", "ulpfuzz.toml is not TOML: "),
        ("defualt = []\n", "ulpfuzz.toml: unknown key 'defualt'; did you mean 'default'?"),
        ('default = "torch"\n', "ulpfuzz.toml: default must be a list of targets"),
        ('[target]\nname = "a"\n', "ulpfuzz.toml: target must be a list of tables, written [[target]]"),
        (TABLE + 'pyhton = "x"\n', "ulpfuzz.toml, target 1: unknown key 'pyhton'; did you mean 'python'?"),
        ('[[target]]\nframework = "numpy"\n', "ulpfuzz.toml, target 1: name is missing"),
        ('[[target]]\nname = "a"\n', "ulpfuzz.toml, target 1: framework is missing"),
        (TABLE + TABLE, "ulpfuzz.toml, target 2: the name 'a' stands twice"),
        ('[[target]]\nname = "a:b"\nframework = "numpy"\n', "ulpfuzz.toml, target 1: a name is made of letters, digits and -_."),
        ('[[target]]\nname = "torch"\nframework = "torch"\n', "ulpfuzz.toml, target 1: torch is the name of a framework"),
        ('[[target]]\nname = "a"\nframework = "jx"\n', "ulpfuzz.toml, target 1: unknown framework 'jx'; did you mean 'jax'?"),
        (TABLE + "device = 1\n", "ulpfuzz.toml, target 1: device must be a text, not 1"),
        (TABLE + 'device = "gpu0"\n', "ulpfuzz.toml, target 1: unknown device 'gpu0'"),
        (TABLE + 'mode = "jit"\n', "ulpfuzz.toml, target 1: unknown mode 'jit'"),
        (TABLE + "switches = 3\n", "ulpfuzz.toml, target 1: switches must be a table or a text"),
        (TABLE + "switches = { a = [1] }\n", "ulpfuzz.toml, target 1: switch a must be a text or a number, not [1]"),
        ('[[target]]\nname = "a"\nframework = "jax"\nswitches = "matmull=high"\n', "target 1: unknown switch of jax 'matmull'; did you mean"),
        (TABLE + "environment = 3\n", "ulpfuzz.toml, target 1: environment must be a table of variables"),
        (TABLE + "environment = { A = 3 }\n", "ulpfuzz.toml, target 1: variable A must be a text, not 3"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(folder: Path, text: str, message: str) -> None:
    (folder / "ulpfuzz.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        declared_targets()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_line_tells_them(folder: Path) -> None:
    from typer.testing import CliRunner

    from ulpfuzz.fuzzer.cli.app import app

    (folder / "ulpfuzz.toml").write_text(TABLE + 'pyhton = "x"\n')
    for command in (["targets"], ["run", "--ops", "exp"], ["probe", "exp", "--inputs", '{"x": 1}']):
        result = CliRunner().invoke(app, command)
        assert (result.exit_code, result.stderr) == (
            2, "ulpfuzz: ulpfuzz.toml, target 1: unknown key 'pyhton'; did you mean 'python'?\n"
        ), command  # fmt: skip
    assert CliRunner().invoke(app, ["ops", "exp"]).exit_code == 0


def test_this_interpreter_may_be_named(folder: Path) -> None:
    (folder / "ulpfuzz.toml").write_text(f'[[target]]\nname = "a"\nframework = "numpy"\npython = "{sys.executable}"\n')
    assert targets_named("a") == [Target("numpy", host="a")]
