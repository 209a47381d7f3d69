"""What workers come from is lost, or fails: nobody waits for ever, and the run goes on."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from tasks import Counted, Deed

from ulpfuzz.fuzzer.engine import engine as module
from ulpfuzz.fuzzer.engine import worker_process
from ulpfuzz.fuzzer.engine.engine import SchedulerError, engine
from ulpfuzz.fuzzer.engine.task import Death
from ulpfuzz.fuzzer.engine.worker_process import Died, WorkerProcesses, run_group
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import ForkServer
from ulpfuzz.fuzzer.frameworks.targets.config import Config


def never() -> bool:
    return False


def own_server() -> ForkServer:
    assert module._node is not None
    return module._node.server


def kill(server: ForkServer) -> None:
    assert server._process is not None
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()


def remove_its_folder(server: ForkServer) -> None:
    shutil.rmtree(Path(server.address).parent)


@pytest.mark.parametrize("lose", [kill, remove_its_folder])
def test_a_server_that_is_lost_is_started_anew_and_its_workers_go_on(lose: Callable[[ForkServer], None]) -> None:
    with engine(1, None) as execute:
        (first,) = execute([[Deed(1)]], never)
        server, before = own_server(), own_server().address
        lose(server)
        (second,) = execute([[Deed(2)]], never)
        assert second.pid == first.pid
        died, after = execute([[Deed(3, "dies"), Deed(4)]], never)
        assert [result.failure for result in (died, after)] == ["", ""]
        assert [death.symptom for death in died.deaths] == ["crash"]
        assert after.pid != first.pid
        assert server.address != before
    assert not Path(server.address).parent.exists()
    assert not Path(before).parent.exists()


def test_a_server_that_dies_while_it_starts_costs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(1, None) as execute:
        kill(own_server())
        (result,) = execute([[Deed(1)]], never)
    assert result.failure == ""


class NoServer:
    """Forks nothing."""

    address = ""

    def fork(self, function: str) -> Any:
        raise RuntimeError("no more processes")


class Dying:
    """A worker process that dies of its first task; there is no second one."""

    made = 0
    ended = False

    def __init__(self, *_: Any) -> None:
        Dying.made += 1
        if Dying.made > 1:
            raise RuntimeError("no more processes")

    def run(self, task: Any) -> Any:
        raise Died(Death("crash", "planted"))


def taken_in_time(processes: WorkerProcesses) -> list[str]:
    """What becomes of taking a worker of a device, or nothing where that waits for ever."""
    said: list[str] = []

    def take() -> None:
        try:
            processes.take("cuda")
        except RuntimeError as error:
            said.append(str(error))

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    thread.join(20)
    return said


def test_a_device_whose_worker_does_not_start_is_free_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    server: Any = NoServer()
    processes = WorkerProcesses(server, Config(), None)
    assert taken_in_time(processes) == ["no more processes"]
    assert taken_in_time(processes) == ["no more processes"]
    monkeypatch.setattr(worker_process, "WorkerProcess", Dying)
    with pytest.raises(RuntimeError, match="no more processes"):
        run_group(processes, (Deed(1, device="cuda"),))
    assert taken_in_time(processes) == ["no more processes"]
    processes.end()


def test_a_task_that_is_given_twice_is_run_twice(tmp_path: Path) -> None:
    """An answer to an earlier call, which Dask may still hold, is none to this one."""
    marks = tmp_path / "marks"
    with engine(2, None) as execute:
        for _ in range(60):
            (result,) = execute([[Counted(1, file=str(marks))]], never)
            assert result.failure == ""
    assert marks.read_text() == 60 * "x"


def test_a_connection_that_was_not_made_is_closed_at_once() -> None:
    """Left to the garbage collector it takes many seconds, and the lock that every engine needs to start."""
    loops = _loops()
    with pytest.raises(SchedulerError), engine(1, "tls://127.0.0.1:1"):  # it has no certificates
        pass
    assert [o.status for o in gc.get_objects() if isinstance(o, Client) and o.status != "closed"] == []
    assert _loops() <= loops


def _loops() -> set[int | None]:
    return {thread.ident for thread in threading.enumerate() if thread.name == "IO loop"}
