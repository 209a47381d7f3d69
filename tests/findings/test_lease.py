"""One process runs a run; a run whose process has ended can be resumed."""

import subprocess
import sys
import time

import psutil
import pytest
from example_nouns import a_finding, a_run

from ulpfuzz.fuzzer.findings import lease, tables
from ulpfuzz.fuzzer.findings.store import Store, StoreError

RUN = a_run(1).id


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with Store(url) as opened:
        opened.start_run(a_run(1))
        yield opened


def held_by(store, process, *, host=None, began=None, age=0.0):
    """Another process has the lease since so many seconds."""
    own = lease.Lease.own()
    if began is None:
        began = psutil.Process(process).create_time()
    with store.database.transaction(write=True) as connection:
        connection.execute(tables.leases.delete())
        values = {"host": host or own.host, "process": process, "began": began, "beat": time.time() - age}
        connection.execute(tables.leases.insert().values(run_id=RUN, **values))


@pytest.fixture
def other():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_a_run_that_still_runs_is_not_taken(store, other):
    held_by(store, other.pid)
    with pytest.raises(StoreError, match=f"run {RUN} still runs: process {other.pid} on "), store.lease(RUN):
        pass
    other.kill()
    other.wait()
    with store.lease(RUN):
        assert store.save_shard(RUN, "s", "{}", [], [a_finding()])
    with store.lease(RUN):  # given back
        pass


def test_the_number_of_a_process_is_used_again(store, other):
    held_by(store, other.pid, began=1.0)
    with store.lease(RUN):
        pass


def test_of_another_host_the_heartbeat_tells(store):
    held_by(store, 1, host="elsewhere", began=1.0, age=lease.STALE / 2)
    with pytest.raises(StoreError, match="still runs: process 1 on elsewhere"), store.lease(RUN):
        pass
    held_by(store, 1, host="elsewhere", began=1.0, age=lease.STALE + 1)
    with store.lease(RUN):
        pass


def test_results_of_a_process_that_was_taken_for_dead_are_refused(store, other):
    with store.lease(RUN):
        held_by(store, other.pid)
        with pytest.raises(StoreError, match=f"run {RUN} was taken over by process {other.pid}"):
            store.save_shard(RUN, "s", "{}", [], [a_finding()])
    assert not store.has_shard(RUN, "s")
    with pytest.raises(StoreError, match="still runs"), store.lease(RUN):  # the other's lease is left as it is
        pass


def test_a_lease_is_renewed(store, monkeypatch):
    monkeypatch.setattr(lease, "BEAT", 0.05)

    def beat():
        with store.database.transaction() as connection:
            return connection.execute(tables.leases.select()).one().beat

    with store.lease(RUN):
        first, limit = beat(), time.monotonic() + 60
        while beat() == first and time.monotonic() < limit:
            time.sleep(0.05)
        assert beat() > first
