"""An ulpfuzz.toml of the working folder starts nothing before the user has allowed it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.frameworks.targets import config
from ulpfuzz.fuzzer.frameworks.targets.config import ConfigError
from ulpfuzz.fuzzer.frameworks.targets.trust import allow, is_allowed, user_settings

STARTS = '[[target]]\nname = "old"\nframework = "numpy"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder; the user's settings lie beside it."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv(config.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    config.forget()
    yield work
    config.forget()


@pytest.mark.parametrize(
    "line", ['python = "/bin/sh"', 'environment = { LD_PRELOAD = "x.so" }', 'switches = "xla=--xla_dump_to=x"']
)
def test_what_starts_programs_must_be_allowed(line: str, folder: Path) -> None:
    text = STARTS + line
    (folder / "ulpfuzz.toml").write_text(text)
    with pytest.raises(
        ConfigError,
        match=r"^ulpfuzz\.toml of this folder is not trusted: target old (starts|sets) .*; read it, then allow it by: ulpfuzz trust$",
    ):
        config.config()
    result = CliRunner().invoke(app, ["targets"])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_it_is_allowed_as_it_stands(folder: Path) -> None:
    file = folder / "ulpfuzz.toml"
    file.write_text(STARTS + 'python = "/bin/sh"\n')
    said = CliRunner().invoke(app, ["trust"])
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines() == ["target old starts /bin/sh", "ulpfuzz.toml is trusted as it stands"]
    assert config.config().specs["old"].python == "/bin/sh"
    file.write_text(STARTS + 'python = "/bin/bash"\n')
    config.forget()
    with pytest.raises(ConfigError, match="not trusted"):
        config.config()


def test_another_folder_is_not_allowed_with_it(folder: Path, tmp_path: Path) -> None:
    allow(str(folder / "ulpfuzz.toml"), b"x")
    assert is_allowed(str(folder / "ulpfuzz.toml"), b"x")
    assert not is_allowed(str(tmp_path / "ulpfuzz.toml"), b"x")
    assert user_settings().stat().st_mode & 0o777 == 0o700


def test_a_list_that_others_may_write_allows_nothing(folder: Path) -> None:
    allow("/a", b"x")
    (user_settings() / "trusted").chmod(0o666)
    assert not is_allowed("/a", b"x")


def test_what_starts_nothing_needs_no_leave(folder: Path) -> None:
    (folder / "ulpfuzz.toml").write_text(STARTS + 'switches = ""\n' + 'mode = "eager"\n')
    assert config.config().specs["old"].python == ""


def test_the_file_that_the_user_names_needs_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine.toml").write_text(STARTS + 'python = "/bin/sh"\n')
    monkeypatch.setenv(config.VARIABLE, "mine.toml")
    assert config.config().specs["old"].python == "/bin/sh"


def test_a_path_is_one_line_of_the_list(folder: Path) -> None:
    allow("/a\n" + "0" * 64 + " '/b'", b"x")
    assert not is_allowed("/b", b"x")
