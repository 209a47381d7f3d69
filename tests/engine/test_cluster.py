"""A running Dask cluster: scheduler and workers are processes of their own on the loopback, as a user starts them; they come, go, stop and differ."""

from __future__ import annotations

import itertools
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from dask_processes import PACKAGE, STARTED, Processes
from tasks import Deed, Told

import ulpfuzz
from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.engine import cluster
from ulpfuzz.fuzzer.engine.engine import SchedulerError, engine
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED
from ulpfuzz.fuzzer.frameworks.targets import registry

ALPHA, BETA, GAMMA = "alpha:cpu:eager", "beta:cpu:eager", "gamma:cpu:eager"
_PLUGIN = """
from ulpfuzz.fuzzer.frameworks.in_process import InProcess

class Kind(InProcess):
    name, version = "{name}", "1"
    def evaluate(self, call, batch):
        raise NotImplementedError
    evaluate_placed = evaluate

FRAMEWORKS = {{"{name}": "kind_{name}:Kind"}}
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    made.scheduler()
    yield made
    made.end()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are waited for as long as a busy machine needs to start them."""
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)


@pytest.fixture
def kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The frameworks alpha, beta and gamma, plugins of this process and of the workers that name them."""
    names = ("alpha", "beta", "gamma")
    for name in names:
        (tmp_path / f"kind_{name}.py").write_text(_PLUGIN.format(name=name))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(plugins.VARIABLE, ",".join(f"kind_{name}" for name in names))
    for cached in (plugins.modules, registry.plugins):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (plugins.modules, registry.plugins):
        cached.cache_clear()


def run(processes: Processes, *groups: Any, targets: tuple[str, ...] = ()) -> dict[str, Told]:
    with engine(1, processes.address, targets=targets) as execute:
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


@pytest.mark.usefixtures("patient")
def test_workers_without_ulpfuzz_or_of_another_build_are_refused_and_a_late_one_is_used(
    processes: Processes, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(PACKAGE / "ulpfuzz", other / "ulpfuzz", ignore=shutil.ignore_patterns("__pycache__"))
    (other / "ulpfuzz/fuzzer/formats.py").open("a").write("# another line\n")
    processes.worker(without=True)
    processes.worker("other", package=other)
    processes.wait_for(2)
    processes.worker("good")
    told: list[Told] = []
    said: list[str] = []

    def both_were_told() -> bool:
        said.append(capfd.readouterr().err)
        return bool(told) and "".join(said).count("is not used") >= 2

    with engine(1, processes.address) as execute:
        for result in execute(([Deed(k, "sleeps")] for k in itertools.count()), both_were_told):
            told.append(result)
            assert len(told) < 400, said
    err = "".join(said)
    assert {result.where for result in told} == {(((), "good"),)}
    assert {result.failure for result in told} == {""}
    assert err.count("is not used") == 2
    assert f"ulpfuzz not at all instead of {ulpfuzz.__version__}" in err
    assert f"has another build of ulpfuzz {ulpfuzz.__version__}" in err


@pytest.mark.usefixtures("patient", "kinds")
def test_tasks_go_where_their_targets_are_and_what_nobody_has_is_said_once(
    processes: Processes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    workers = [processes.worker("one", plugins=["kind_alpha"]), processes.worker("two", plugins=["kind_beta"])]
    processes.wait_for(2)
    monkeypatch.setattr(cluster, "SETTLED", 5.0)  # a busy machine: both have answered by then
    needs: list[tuple[str, ...]] = [(ALPHA,), (BETA,), (ALPHA, BETA), (GAMMA,), (ALPHA, GAMMA), (ALPHA,), ()]
    deeds = [Deed(k, needs=names) for k, names in enumerate(needs)]
    told = run(processes, *([deed] for deed in deeds[:4]), deeds[4:6], deeds[6:], targets=(ALPHA, BETA, GAMMA))
    where = [sorted(told[f" {k}"].where) for k in range(7)]
    assert where[:3] == [[((ALPHA,), "one")], [((BETA,), "two")], [((ALPHA,), "one"), ((BETA,), "two")]]
    assert where[3:6] == [[], [((ALPHA,), "one")], [((ALPHA,), "one")]]
    assert [bool(told[f" {k}"].missing) for k in range(7)] == [False, False, False, True, True, False, False]
    assert [told[f" {k}"].failure for k in range(7)] == ["", "", "", NOT_JUDGED, "", "", ""]
    ((name, why),) = told[" 4"].missing
    assert name == GAMMA
    assert "gamma" in why
    err = capfd.readouterr().err
    assert [line for line in err.splitlines() if GAMMA in line] == [
        f"ulpfuzz: no worker of the scheduler at {processes.address} has {GAMMA} ({why}): it is not judged until one has"
    ]
    assert "Traceback" not in err
    until = time.monotonic() + 30.0
    while left := [child for worker in workers for child in psutil.Process(worker.pid).children(recursive=True)]:
        assert time.monotonic() < until, left  # the run is over: its processes are too
        time.sleep(0.1)


@pytest.mark.usefixtures("patient")
def test_a_worker_may_come_late_stop_come_back_and_be_killed(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had is done by others, nothing twice, and nobody waits for it."""
    monkeypatch.setattr(cluster, "SILENT", 3.0)
    monkeypatch.setattr(cluster, "LISTEN", 0.5)
    first = processes.worker("first")
    told: list[Told] = []
    over = False
    sent: list[int] = []

    def groups() -> Iterator[list[Deed]]:
        for number in itertools.count():
            sent.append(number)
            yield [Deed(number, "sleeps")]

    with engine(1, processes.address) as execute:
        flow = execute(groups(), lambda: over)

        def of(worker: str, more: int) -> float:
            """Seconds until that worker has done so many more."""
            began, goal = time.monotonic(), _done(told, worker) + more
            while _done(told, worker) < goal:
                told.append(next(flow))
                assert time.monotonic() - began < STARTED
            return time.monotonic() - began

        of("first", 2)
        late = processes.worker("late")
        of("late", 3)
        first.send_signal(signal.SIGSTOP)
        of("late", 20)
        first.send_signal(signal.SIGCONT)
        of("first", 3)
        late.send_signal(signal.SIGKILL)
        began = time.monotonic()
        of("first", 3)
        over = True
        told += flow
        assert time.monotonic() - began < 25.0
    assert sorted(int(result.task.split()[1]) for result in told) == sent
    assert {result.failure for result in told} == {""}


def _done(told: list[Told], worker: str) -> int:
    return sum(result.where == (((), worker),) for result in told)


@pytest.mark.usefixtures("patient")
def test_a_call_that_ends_its_process_does_not_end_the_worker(processes: Processes) -> None:
    worker = processes.worker()
    told = run(processes, [Deed(1, "dies")], [Deed(2)], [Deed(3, "dies")], [Deed(4)])
    assert len(told) == 4
    assert not [result.failure for result in told.values() if "node" in result.failure]
    assert worker.poll() is None


def test_a_cluster_whose_workers_died_ends_the_run(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    worker = processes.worker()
    with engine(1, processes.address) as execute:
        flow = execute([[Deed(k)] for k in range(2000)], lambda: False)
        next(flow)
        monkeypatch.setattr(cluster, "PATIENCE", 2.0)
        worker.send_signal(signal.SIGKILL)
        with pytest.raises(SchedulerError, match="has had no worker for 2 s"):
            list(flow)


def test_a_lost_scheduler_ends_the_run(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    processes.worker()
    with engine(1, processes.address) as execute:
        flow = execute([[Deed(k)] for k in range(2000)], lambda: False)
        next(flow)
        processes.started[0].send_signal(signal.SIGKILL)
        monkeypatch.setattr(cluster, "PATIENCE", 2.0)
        monkeypatch.setattr(cluster, "ANSWERED", 5.0)
        with pytest.raises(SchedulerError, match="scheduler"):
            list(flow)
