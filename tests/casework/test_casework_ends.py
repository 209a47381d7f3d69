"""Casework ends in its time, though what it works on does not come back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import waiting
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.casework import casework
from ulpfuzz.fuzzer.casework.casework import CaseworkSettings, due, work
from ulpfuzz.fuzzer.defects.memory import case_files
from ulpfuzz.fuzzer.engine.task import OUT_OF_TIME
from ulpfuzz.fuzzer.findings.store import Store

#: Seconds of the work, beyond it, and that a busy machine may take on top: far below those of a call (casework.CALL_TIMEOUT).
SECONDS, LATE, BUSY = 1.5, 1.0, 8.0


@pytest.mark.parametrize("place", ["call", "truth"])
def test_what_does_not_come_back_is_ended_with_the_time_and_is_due_again(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casework, "LATE", LATE)
    with waiting.installed(tmp_path) as said, Store(f"sqlite:///{tmp_path / 'run.db'}") as store:
        run = run_campaign(
            Settings(Budget(verdicts=20_000), "waiting_log1p", "numpy", ("float32",), ("value",), 1, workers=0), store
        )
        said.write_text(place)
        with waiting.warm(workers=1) as execute:
            limits = CaseworkSettings(SECONDS, workers=1)
            tasks, began = due(store, run, limits), time.monotonic()
            worked = work(execute, tasks, store, limits.seconds)
            took = time.monotonic() - began
        assert waiting.waited(said)
        assert SECONDS + LATE <= took < SECONDS + LATE + BUSY
        assert (worked.done, worked.gone, worked.faults, worked.left) == (0, [], [], len(tasks))
        assert case_files(store) == {}
        assert {task.defect for task in due(store, run, limits)} == {task.defect for task in tasks}


def test_what_is_worked_on_beside_a_search_is_ended_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casework, "LATE", LATE)
    monkeypatch.setattr(casework, "BESIDE", 60.0)
    with waiting.installed(tmp_path) as said, Store(f"sqlite:///{tmp_path / 'run.db'}") as store:
        run = run_campaign(
            Settings(Budget(verdicts=20_000), "waiting_log1p", "numpy", ("float32",), ("value",), 1, workers=0), store
        )
        said.write_text("truth")
        with waiting.warm(workers=1) as execute:
            beside, began = casework.Beside(store, CaseworkSettings(600.0, workers=1)), time.monotonic()
            results = list(execute(beside.groups(run, began + SECONDS), lambda: time.monotonic() >= began + SECONDS))
            took = time.monotonic() - began
        assert waiting.waited(said)
        assert {result.failure for result in results} == {OUT_OF_TIME}
        assert took < SECONDS + LATE + BUSY
        # Where the search goes on, each has BESIDE seconds.
        monkeypatch.setattr(casework, "BESIDE", 5.0)
        ((task,), *_) = casework.Beside(store, CaseworkSettings(600.0, workers=1)).groups(run, time.monotonic() + 300.0)
        assert task.until is not None
        assert task.until < time.monotonic() + 5.1
        assert task.ends == task.until + LATE
