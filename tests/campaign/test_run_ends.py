"""A run ends in its time, though a cell of it does not come back from where no call's timeout ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import waiting
from ulpfuzz.fuzzer.campaign import earlier, rerun, schedule
from ulpfuzz.fuzzer.campaign import run as campaign
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.due import due_again
from ulpfuzz.fuzzer.campaign.rerun import reruns
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.findings.store import Store

#: Seconds of the run, beyond it, and that a busy machine may take on top.
SECONDS, LATE, BUSY = 6.0, 1.0, 8.0


@contextmanager
def ready(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs have an engine that has started."""
    with waiting.warm(workers=2) as execute:

        @contextmanager
        def started(*_: Any, **__: Any) -> Iterator[Any]:
            yield execute

        monkeypatch.setattr(campaign, "engine", started)
        yield


@pytest.mark.parametrize("replayed", [False, True])
def test_what_hangs_in_its_truth_is_ended_with_its_time(replayed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((schedule, "LATE"), (rerun, "LATE")):
        monkeypatch.setattr(module, name, LATE)
    monkeypatch.setattr(earlier, "REPLAY_SHARE", 0.4)
    common: Any = {"ops": "waiting_*", "targets": "numpy", "dtypes": ("float32",), "orders": ("value",), "seed": 1}
    with waiting.installed(tmp_path) as said, Store(f"sqlite:///{tmp_path / 'run.db'}") as store:
        before = run_campaign(Settings(Budget(verdicts=100_000), **common, workers=0), store).id if replayed else None
        said.write_text("truth")
        with ready(monkeypatch):
            began = time.monotonic()
            run = run_campaign(Settings(Budget(seconds=SECONDS), **common, workers=2, baseline=before), store)
            took = time.monotonic() - began
        assert waiting.waited(said)
        assert SECONDS <= took < SECONDS + LATE + BUSY
        assert run.state == "finished"
        assert {cell.op for cell in store.cells(run.id)} == {"waiting_not"}  # the other cell goes on
        assert run.environment["cells_not_reached"] == ["waiting_log1p float32 value"]
        assert run.environment["failures"] == []  # it is nobody's fault
        if before is not None:
            told = run.environment["replayed"]
            assert set(told["findings"]) == {
                f.id for f in store.findings(before, op="waiting_not")
            }  # of the others nothing is known
            assert 0 < told["reached"] < told["due"]
            # The next night runs each of those alone, after all others.
            hung = {f.id for f in store.findings(before, op="waiting_log1p")}
            assert {*told["in_vain"]} == hung
            due = due_again(store, before, replace(run, id="9", started="9"))
            assert [item.finding.id in hung for item in due] == sorted(item.finding.id in hung for item in due)
            tasks = reruns(due, ("numpy:cpu:eager",), (), 1.0, None)
            assert {task.findings[0].id for task in tasks if len(task.findings) == 1} >= hung
