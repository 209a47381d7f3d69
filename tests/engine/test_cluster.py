"""A running Dask cluster: scheduler and workers are processes of their own on the loopback, as a user starts them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tasks import Deed

import ulpfuzz
from ulpfuzz.fuzzer.engine import cluster
from ulpfuzz.fuzzer.engine.engine import SchedulerError, engine

#: Seconds in which a process of Dask has started, on a busy machine.
STARTED = 120.0


class Processes:
    """A scheduler and workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        until = time.monotonic() + STARTED
        while time.monotonic() < until:
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        raise AssertionError("no scheduler")

    def worker(self, *, without: bool = False) -> subprocess.Popen[bytes]:
        """A worker without a nanny; `without`: without ulpfuzz."""
        return self._start("worker", self.address, "--no-nanny", "--no-dashboard", "--nthreads", "1", without=without)

    def _start(self, *arguments: str, without: bool = False) -> subprocess.Popen[bytes]:
        paths = [] if without else [str(Path(ulpfuzz.__file__).parent.parent), str(Path(__file__).parent)]
        hide = "import sys; sys.meta_path.insert(0, Hidden()); "
        hidden = "class Hidden:\n  def find_spec(self, name, *rest):\n    if name.startswith('ulpfuzz'): raise ModuleNotFoundError(name)\n"
        versions = (
            "import importlib.metadata as m; old = m.version\n"
            "def version(name):\n  if name == 'ulpfuzz': raise m.PackageNotFoundError(name)\n  return old(name)\nm.version = version\n"
        )
        code = (hidden + hide + "\n" + versions if without else "") + "from distributed.cli import dask_scheduler, dask_worker\n"
        code += f"import sys; sys.argv = ['dask', *{list(arguments[1:])!r}]\ndask_{arguments[0]}.main()\n"
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)}, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            rest = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.kill()
            process.wait()
            for one in rest:
                if one.is_running():
                    one.kill()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    made.end()


def run(processes: Processes, *groups: Any) -> dict[str, Any]:
    with engine(1, processes.address) as execute:
        return {result.task: result for result in execute(groups, lambda: False)}


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "10.1.2.3:8786", "tcp://night.example:8786", "tcp://[fe80::1]:8786"])
def test_tls_is_demanded_of_another_machine(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SchedulerError, match=r"without TLS: use tls://.* or say --insecure-cluster"):
        cluster.check_secure(address)
    monkeypatch.setattr(cluster, "insecure_allowed", True)
    cluster.check_secure(address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "localhost:8786", "tcp://[::1]:8786", "tls://night.example:8786"])
def test_tls_is_not_demanded_of_this_machine(address: str) -> None:
    cluster.check_secure(address)


def test_a_scheduler_without_workers_is_told(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 2.0)
    with pytest.raises(SchedulerError, match=f"has had no worker for 2 s; start one: dask worker {processes.address}"):
        run(processes, [Deed(1)])


def test_a_worker_without_ulpfuzz_is_refused_and_a_late_one_is_used(
    processes: Processes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    processes.worker(without=True)
    with engine(1, processes.address) as execute:
        flow = execute([[Deed(k)] for k in range(6)], lambda: False)
        time.sleep(10.0)  # the one without is there first, as far as the machine's speed allows
        processes.worker()
        assert {result.failure for result in flow} == {""}
    err = capfd.readouterr().err
    if "is not used" in err:
        assert err.count("is not used") == 1
        assert f"ulpfuzz not at all instead of {ulpfuzz.__version__}" in err


def test_a_call_that_ends_its_process_does_not_end_the_worker(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    worker = processes.worker()
    told = run(processes, [Deed(1, "dies")], [Deed(2)], [Deed(3, "dies")], [Deed(4)])
    assert len(told) == 4
    assert not [result.failure for result in told.values() if "node" in result.failure]
    assert worker.poll() is None


def test_a_cluster_whose_workers_died_ends_the_run(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    worker = processes.worker()
    with engine(1, processes.address) as execute:
        flow = execute([[Deed(k)] for k in range(200)], lambda: False)
        next(flow)
        monkeypatch.setattr(cluster, "PATIENCE", 2.0)
        worker.send_signal(signal.SIGKILL)
        with pytest.raises(SchedulerError, match="has had no worker for 2 s"):
            list(flow)


def test_a_lost_scheduler_ends_the_run(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    processes.worker()
    with engine(1, processes.address) as execute:
        flow = execute([[Deed(k)] for k in range(200)], lambda: False)
        next(flow)
        processes.scheduler.send_signal(signal.SIGKILL)
        monkeypatch.setattr(cluster, "PATIENCE", 2.0)
        with pytest.raises(SchedulerError, match="scheduler"):
            list(flow)
