"""A whole run on a running cluster: all that the same run keeps on this machine, though a worker is killed in its midst."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from content import content, defects

from tests.campaign.test_run import settings_of
from tests.engine.dask_processes import STARTED, Processes
from ulpfuzz.fuzzer.campaign.run import Progress, run_campaign
from ulpfuzz.fuzzer.engine import cluster
from ulpfuzz.fuzzer.findings.store import Store

pytestmark = pytest.mark.usefixtures("planted")

CHOSEN: dict[str, Any] = {"ops": "faulty_exp,faulty_calm", "orders": ("value",), "workers": 2}


@pytest.fixture
def processes(planted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    made = Processes(tmp_path, paths=tuple(filter(None, sys.path)))
    made.scheduler()
    for name in ("one", "two"):
        made.worker(name)
    made.wait_for(2)
    yield made
    made.end()


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database on a PostgreSQL server, or in a file where there is no server."""
    try:
        return str(request.getfixturevalue("postgresql"))
    except pytest.skip.Exception:
        return f"sqlite:///{tmp_path / 'there.db'}"


def test_a_run_on_a_cluster_is_the_same_as_on_this_machine_though_a_worker_was_killed(
    url: str, processes: Processes, tmp_path: Path
) -> None:
    told: list[Progress] = []

    def kill(progress: Progress) -> None:
        if not told:
            processes.started[-1].kill()
        told.append(progress)

    with Store(url) as there, Store(f"sqlite:///{tmp_path / 'here.db'}") as here:
        far = run_campaign(settings_of("100k", **CHOSEN, scheduler=processes.address), there, kill)
        near = run_campaign(settings_of("100k", **CHOSEN), here)
        assert told
        assert content(there, far) == content(here, near)
        assert defects(there, far) == defects(here, near) != []
