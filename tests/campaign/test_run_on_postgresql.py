"""A whole run in a PostgreSQL database: all that the same run keeps in a SQLite file, also where its process was killed and it was resumed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import faulty
import pytest
from commands import command, of_ops
from content import content, defects

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.findings.store import Store

pytestmark = pytest.mark.usefixtures("planted")

OPS = "faulty_exp,faulty_softplus,faulty_xlog1py,faulty_calm"
#: Of the command's run: slow enough to be killed in its midst.
SLOW, BUDGET = "faulty_exp,faulty_sleeps", "380k"


def settings_of(**rest: Any) -> Settings:
    chosen = {"ops": OPS, "targets": "faulty", "dtypes": ("float32",), "orders": ("value",), "seed": 5, "workers": 0, **rest}
    return Settings(**{"budget": Budget.parse("500k"), **chosen})


def test_a_run_is_the_same_on_postgresql_as_in_a_file(postgresql: str, tmp_path: Path) -> None:
    with Store(postgresql) as server, Store(f"sqlite:///{tmp_path / 'a.db'}") as file:
        there, here = (run_campaign(settings_of(), store) for store in (server, file))
        assert content(server, there) == content(file, here)
        assert content(file, here)["findings"]
        assert defects(server, there) == defects(file, here) != []
        # The next night: nothing is new, and each case is run again.
        again = [run_campaign(settings_of(baseline=run.id), store) for run, store in ((there, server), (here, file))]
        assert content(server, again[0]) == content(file, again[1])
        counts = [
            compare(s, late.id, early.id).counts() for s, late, early in ((server, again[0], there), (file, again[1], here))
        ]
        assert counts[0] == counts[1]
        assert counts[0]["new"] == 0


def test_a_run_that_was_killed_is_resumed_on_postgresql_as_if_nothing_had_happened(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = of_ops(SLOW, seed=5)
    with command(tmp_path, *words, "--budget", BUDGET, url=postgresql) as run:
        run.wait_for(1)
        run.send(signal.SIGKILL)
        run.process.wait(60)
        broken = run.run()
        assert broken.state == "running"
    with command(tmp_path, "run", "--resume", "--workers", "1", url=postgresql) as resumed:
        status, _, err = resumed.end()
        assert status == 0, err
        assert resumed.run().id == broken.id
    monkeypatch.setattr(faulty, "exp_sleeps", faulty.exp_right)  # the same answers, at once
    settings = settings_of(ops=SLOW, budget=Budget.parse(BUDGET))
    with Store(postgresql) as server, Store(f"sqlite:///{tmp_path / 'a.db'}") as file:
        unbroken = run_campaign(settings, file)
        assert content(server, broken) == content(file, unbroken)
