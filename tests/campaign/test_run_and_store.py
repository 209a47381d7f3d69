"""A run and its database: ids, who may resume, what is left when the file goes away."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import lease, tables
from ulpfuzz.fuzzer.findings.store import Store, StoreError
from ulpfuzz.fuzzer.findings.union import take
from ulpfuzz.fuzzer.findings.upkeep import prune

pytestmark = pytest.mark.usefixtures("planted")

OPS = "faulty_exp,faulty_calm,faulty_softplus"


def settings_of(budget: str = "400k", **rest: Any) -> Settings:
    chosen = {"ops": OPS, "targets": "faulty", "dtypes": ("float32",), "orders": ("value",), "seed": 5, "workers": 0, **rest}
    return Settings(Budget.parse(budget), **chosen)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


def content(store: Store, run_id: str) -> tuple[Any, ...]:
    """All that a run found and learned, but the times."""
    findings = [dataclasses.replace(f, first_seen="", last_seen="") for f in store.findings(run_id)]
    shards = {shard: {**json.loads(text), "by_phase": {}, "at": 0.0} for shard, text in store.shard_payloads(run_id).items()}
    return findings, store.cells(run_id), shards


def test_runs_of_one_second_and_seed_are_two_runs(store: Store) -> None:
    ids = [run_campaign(settings_of("1k", ops="faulty_calm"), store).id for _ in range(3)]
    assert len(set(ids)) == len(store.runs()) == 3
    assert [i[:15] for i in ids] == sorted(i[:15] for i in ids)
    assert all(len(i) == 22 for i in ids)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ops": "faulty_exp"}, r"has finished with other ops \(faulty_calm\): start a new run for faulty_exp"),
        ({"dtypes": ("float64",)}, r"has finished with other dtypes \(float32\): start a new run for float64"),
        ({"orders": ("value", "grad")}, r"has finished with other orders \(value\)"),
        ({"targets": "faulty,numpy"}, r"has finished with other targets"),
    ],
)
def test_a_finished_run_is_not_rewritten(store: Store, changed: dict[str, Any], message: str) -> None:
    run = run_campaign(settings_of("1k", ops="faulty_calm"), store)
    before = content(store, run.id)
    with pytest.raises(UserError, match=message) as told:
        run_campaign(settings_of("1k", resume=run.id, **{"ops": "faulty_calm", **changed}), store)
    assert "\n" not in str(told.value)
    assert content(store, run.id) == before
    assert run_campaign(settings_of("1k", ops="faulty_calm", resume=run.id), store).state == "finished"


def test_a_run_that_still_runs_is_not_resumed(store: Store) -> None:
    run = run_campaign(settings_of("1k", ops="faulty_calm"), store)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        began = psutil.Process(other.pid).create_time()
        with store.database.transaction(write=True) as connection:
            values = {"host": lease.Lease.own().host, "process": other.pid, "began": began, "beat": time.time()}
            connection.execute(tables.leases.insert().values(run_id=run.id, **values))
        with pytest.raises(UserError, match=f"run {run.id} still runs: process {other.pid}"):
            run_campaign(settings_of("1k", ops="faulty_calm", resume=run.id), store)
    finally:
        other.kill()
        other.wait()
    assert run_campaign(settings_of("1k", ops="faulty_calm", resume=run.id), store).state == "finished"


def test_a_run_has_a_lease_while_it_runs(store: Store) -> None:
    def leases(*_: Any) -> list[Any]:
        with store.database.transaction() as connection:
            return list(connection.execute(tables.leases.select()))

    seen: list[int] = []
    run_campaign(settings_of("1k", ops="faulty_calm"), store, lambda _: seen.append(len(leases())))
    assert set(seen) == {1}
    assert leases() == []


def test_a_pruned_run_is_not_resumed(store: Store) -> None:
    run = run_campaign(settings_of(ops="faulty_exp"), store)
    assert store.findings(run.id)
    with store.database.transaction(write=True) as connection:  # not in the second of the next
        connection.execute(tables.runs.update().values(started="2026-01-01T00:00:00+00:00"))
    run_campaign(settings_of("1k", ops="faulty_calm"), store)
    prune(store.database, 1, None)
    with pytest.raises(UserError, match=f"run {run.id} was pruned"):
        run_campaign(settings_of(ops="faulty_exp", resume=run.id), store)


def test_a_file_that_is_deleted_loses_nothing(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'whole.db'}") as whole:
        unbroken = run_campaign(settings_of(), whole)
        expected = content(whole, unbroken.id)

    def delete(shown: Any) -> None:
        if shown.shards_done == 2:
            (tmp_path / "a.db").unlink()

    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store, pytest.raises(StoreError, match="was deleted, moved or replaced"):
        run_campaign(settings_of(), store, delete)
    (rescued,) = tmp_path.glob("a.db.rescue-*.db")
    with Store(f"sqlite:///{rescued}") as other, Store(f"sqlite:///{tmp_path / 'b.db'}") as store:
        (run_id,) = take(store, other).runs
        assert len(store.shard_payloads(run_id)) == 3
        resumed = run_campaign(settings_of(resume=run_id), store)
        assert (resumed.id, resumed.state) == (run_id, "finished")
        assert content(store, run_id) == expected
