"""Who kills or stops a part of a run: nothing is left over, and the rest goes on."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
from commands import ENDLESS, command

from ulpfuzz.fuzzer.engine.worker_process import STOPPED
from ulpfuzz.fuzzer.findings.store import Store


def test_nothing_of_a_killed_coordinator_lives_on_and_the_next_run_sweeps_its_folders(tmp_path: Path) -> None:
    with command(tmp_path, *ENDLESS, "--budget", "100M") as run:
        run.wait_for(1)
        run.look()
        run.send(signal.SIGKILL)
        run.process.wait(60)
        assert run.left(30.0)[0] == []
        assert run.seen
    with command(tmp_path, "run", "--resume", "--budget", "20k", "--workers", "1") as resumed:
        status, _, err = resumed.end()
        assert status == 0, err
        assert resumed.run().state == "finished"
        assert resumed.left() == ([], [])


def test_a_worker_that_is_killed_costs_nothing_else(tmp_path: Path) -> None:
    with command(tmp_path, *ENDLESS, "--budget", "60k") as run:
        run.wait_for(1)
        for worker in run.workers():
            worker.send_signal(signal.SIGKILL)
        status, _, err = run.end()
        assert status == 0, err
        record = run.run()
        assert (record.state, record.verdicts >= 60_000) == ("finished", True)
        assert run.left() == ([], [])


def test_a_worker_that_is_stopped_is_replaced(tmp_path: Path) -> None:
    with command(tmp_path, *ENDLESS, "--budget", "120k") as run:
        run.wait_for(1)
        began = time.monotonic()
        stopped = run.workers()
        for worker in stopped:
            worker.send_signal(signal.SIGSTOP)
        status, _, err = run.end()
        assert status == 0, err
        assert stopped
        assert time.monotonic() - began < STOPPED + 200
        assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in stopped)
        with Store(f"sqlite:///{run.database}") as store:
            assert not [f for f in store.findings(run.run().id) if f.symptom in ("crash", "hang")]
        assert run.left() == ([], [])
