"""Folders of processes that are dead are removed; those of the living, of others and of other machines stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ulpfuzz.fuzzer import own_folders as folders

MAKE = "from ulpfuzz.fuzzer.own_folders import new_folder; print(new_folder('host'), flush=True)"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(folders, "SHORT", str(tmp_path))


def of_another(then: str = "") -> tuple[Path, subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", MAKE + then], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Path(process.stdout.readline().strip()), process


def test_what_a_dead_process_left_is_removed_and_what_the_living_have_stays() -> None:
    left, dead = of_another()
    dead.communicate(timeout=60)
    (left / "stderr").write_text("last words")
    kept, alive = of_another("; input()")
    try:
        own = Path(folders.new_folder("fork"))
        assert folders.sweep() == [str(left)]
        assert not left.exists()
        assert kept.exists()
        assert own.exists()
        assert folders.sweep(own=True) == [str(own)]
    finally:
        alive.communicate("", timeout=60)


def test_an_id_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    before = tmp_path / f"ulpfuzz-host-{folders._realm()}-{os.getpid()}-1-abc"
    before.mkdir()
    assert folders.sweep() == [str(before)]


@pytest.mark.parametrize(
    "name", ["ulpfuzz-host-{other}-1-1-abc", "ulpfuzz-note-abc", "ulpfuzz-report", "ulpfuzz-host-{realm}-x-1-a"]
)
def test_what_may_be_of_others_stays(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name.format(other="0" * 8, realm=folders._realm())
    folder.mkdir()
    assert folders.sweep() == []
    assert folder.exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    (tmp_path / f"ulpfuzz-host-{folders._realm()}-999999-1-abc").symlink_to(elsewhere)
    assert folders.sweep() == []
    assert elsewhere.exists()


def test_a_folder_whose_path_must_be_short_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = tmp_path / ("far" * 30)
    far.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(far))
    near = Path(folders.new_folder("fork", longest=len(str(tmp_path)) + 60))
    assert near.parent == tmp_path
    assert list(far.iterdir()) == []
    assert Path(folders.new_folder("host")).parent == far
    assert folders.sweep(own=True)
    assert not near.exists()
