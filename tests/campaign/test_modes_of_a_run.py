"""Which compiled modes a run visits beside its eager targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ulpfuzz.fuzzer.campaign import modes
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.modes import compiled_beside
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.frameworks.targets.target import Target

EAGER = [Target("torch"), Target("tensorflow"), Target("jax"), Target("numpy"), Target("torch", "cuda")]
TIME, VERDICTS = Budget.parse("5m"), Budget.parse("1M")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of targets: there is none yet."""
    monkeypatch.setattr(modes, "compiler", lambda: "c++")
    monkeypatch.setenv("ULPFUZZ_CONFIG", str(tmp_path / "ulpfuzz.toml"))
    (tmp_path / "ulpfuzz.toml").write_text("")
    return tmp_path


def test_a_run_in_time_that_names_no_targets_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = compiled_beside(EAGER, Settings(TIME))
    assert [str(target) for target in beside] == ["torch:cpu:compile", "tensorflow:cpu:xla", "jax:cpu:jit"]
    monkeypatch.setattr(modes, "compiler", lambda: "")
    assert [target.framework for target in compiled_beside(EAGER, Settings(TIME))] == ["tensorflow", "jax"]


def test_a_run_that_names_its_targets_or_counts_verdicts_has_none(folder: Path) -> None:
    assert compiled_beside(EAGER, Settings(TIME, targets="torch")) == []
    assert compiled_beside(EAGER, Settings(VERDICTS)) == []
    (folder / "ulpfuzz.toml").write_text('default = ["torch"]\n')
    assert compiled_beside(EAGER, Settings(TIME)) == []
