"""Fork server: a process that has imported the frameworks once, and forks off itself what serves a connection: workers, and hosts.

A fork is ready in a tenth of a second and shares the memory of what was imported; a process of its own would import for six to ten seconds.
The server itself never starts a framework, so that it has one thread and may be forked. It listens in a folder that only its user can open.

Its standard input is its life line: when whoever started it ends, however, the server ends all that it forked and all that those started, removes
its folder, and ends. What a killed worker leaves behind becomes the server's child (Linux), so that it is found.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any, NoReturn

import psutil

from ulpfuzz.fuzzer.own_folders import new_folder

#: The variable that names the server's address to the processes that it forked, so that they can have hosts of it.
ADDRESS = "ULPFUZZ_FORK_SERVER"
#: Seconds in which a server has imported everything, or a host started its framework; importing TensorFlow on a busy machine takes 30.
STARTUP = 180.0
#: Seconds that a process may take to end after it closed its connection.
ENDING = 5.0
#: Seconds that a server may take to end by itself, with all that it forked.
PARTING = 0.5
#: Characters of its folder's path: with the socket's name it is below the 104 of macOS and the 108 of Linux.
LONGEST_FOLDER = 90
#: Of prctl(2).
_PR_SET_CHILD_SUBREAPER = 36

_START = """
import json, sys
given = json.loads(sys.stdin.readline())
sys.path[:] = given["paths"]
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import serve
serve(given["address"], given["modules"])
"""


class ForkServer:
    """The near side of a server; started at its first use, and anew where it died or its folder was removed. modules: what it imports before it
    forks; one that cannot be imported is left out, and says so where it is used."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = list(modules)
        self._process: subprocess.Popen[str] | None = None
        self._folder: str | None = None
        self._starting = threading.Lock()
        self._ended = False
        self._before: list[tuple[subprocess.Popen[str], str | None]] = []  # whose workers may still run

    @property
    def address(self) -> str:
        return str(Path(self._folder or "") / "server")

    def start(self) -> None:
        """Starts it unless it runs; does not wait until it has imported everything. Raises RuntimeError once it was ended."""
        with self._starting:
            if self._ended:
                raise RuntimeError("the fork server has ended")
            if self._process is not None:
                if not self._is_lost():
                    return
                self._before.append((self._process, self._folder))
            self._folder = new_folder("fork", longest=LONGEST_FOLDER)
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                env={**os.environ, ADDRESS: self.address}, start_new_session=True,
            )  # fmt: skip
            assert self._process.stdin is not None
            paths = [path or os.getcwd() for path in sys.path]
            self._process.stdin.write(json.dumps({"paths": paths, "address": self.address, "modules": self.modules}) + "\n")
            self._process.stdin.flush()

    def fork(self, function: str) -> tuple[Connection, int]:
        """A new process that runs `function` (module:name) with its end of a connection; the other end, and its id. Raises RuntimeError."""
        self.start()
        return forked(self.address, function, gone=self._is_lost)

    def _is_lost(self) -> bool:
        """Whether nobody will answer: its process has ended, or where it listens was removed."""
        process, folder = self._process, self._folder
        return process is None or process.poll() is not None or not Path(folder or "").is_dir()

    def end(self) -> None:
        """Ends the server and all that it forked."""
        with self._starting:
            self._ended = True
            servers, self._before = self._before, []
            if self._process is not None:
                servers.append((self._process, self._folder))
            self._process = None
        for process, folder in servers:
            _end(process, folder)


def _end(process: subprocess.Popen[str], folder: str | None) -> None:
    assert process.stdin is not None
    rest = descendants(process.pid)
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(PARTING)
    except subprocess.TimeoutExpired:  # it imports, or is stopped
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    end_all(rest)
    shutil.rmtree(folder or "", ignore_errors=True)


def descendants(pid: int) -> list[psutil.Process]:
    """The children of a process, theirs, and so on."""
    with contextlib.suppress(psutil.Error):
        return list(psutil.Process(pid).children(recursive=True))
    return []


def end_all(processes: Iterable[psutil.Process]) -> None:
    """Kills processes; one whose id another has by now is left alone (psutil looks at its start)."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def forked(address: str, function: str, gone: Callable[[], bool] = lambda: False) -> tuple[Connection, int]:
    """Asks the server at this address for a process (ForkServer.fork). gone: whether the server is no more."""
    connection: Any = _connected(address, gone)
    connection.send(("fork", function))
    if not connection.poll(STARTUP):
        connection.close()
        raise RuntimeError(f"the fork server has not forked within {STARTUP:g} s")
    pid = connection.recv()
    return connection, int(pid)


def ending_of(address: str, pid: int) -> int | None:
    """How a process of the server ended, as os.waitstatus_to_exitcode has it (-9: by signal 9); None where it has not, or nobody knows."""
    with contextlib.suppress(OSError, EOFError), _connected(address, lambda: False, seconds=ENDING) as connection:
        connection.send(("ending", pid))
        if connection.poll(2 * ENDING):
            status: int | None = connection.recv()
            return status
    return None


def _connected(address: str, gone: Callable[[], bool], seconds: float = STARTUP) -> Any:
    until = time.monotonic() + seconds
    while True:
        try:
            return Client(address, family="AF_UNIX")
        except OSError as error:  # not listening yet: it imports
            if gone() or time.monotonic() > until:
                raise RuntimeError(f"the fork server does not answer: {error}") from error
            time.sleep(0.02)


# The far side


def serve(address: str, modules: Sequence[str]) -> None:
    """Imports, then forks at each request until standard input closes; then everything that it forked ends with it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a terminal's are for the campaign alone
    _adopt_orphans()
    folder = str(Path(address).parent)
    signal.signal(signal.SIGALRM, lambda *_: _parted() and _leave(folder))
    signal.setitimer(signal.ITIMER_REAL, PARTING, PARTING)  # importing takes long, and who started this may end meanwhile
    errors = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # what frameworks say when they are imported
        os.dup2(nowhere.fileno(), 2)
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.dup2(errors, 2)
    os.close(errors)
    warnings.simplefilter("ignore")  # JAX warns of forks where it may have threads; here it has none
    gc.collect()
    gc.freeze()  # else the collector of every child would touch, and so copy, all of these pages
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    _Server(listener).loop()
    _leave(folder)


def _parted() -> bool:
    """Whether standard input is closed: whoever started this has ended."""
    return bool(select.select([sys.stdin], [], [], 0)[0])


def _leave(folder: str) -> NoReturn:
    # Twice: what is being forked or started while the first list is read is in the second.
    for _ in range(2):
        end_all(descendants(os.getpid()))
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _adopt_orphans() -> None:
    """Processes whose parent, a worker, was killed become children of this one, so that they end with it. Linux; elsewhere they end by themselves,
    at the latest when their time for a call is over."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class _Server:
    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.alive: set[int] = set()
        self.ended: dict[int, int] = {}

    def loop(self) -> None:
        while True:
            ready, _, _ = select.select([self.listener, sys.stdin], [], [], 0.5)
            self._reap()
            if sys.stdin in ready:  # closed: whoever started this has ended
                break
            if self.listener in ready:
                with contextlib.suppress(OSError, EOFError):
                    self._answer(Connection(self.listener.accept()[0].detach()))

    def _answer(self, connection: Connection) -> None:
        with connection:
            word, what = connection.recv()
            if word == "ending":
                connection.send(self._ending(int(what)))
                return
            pid = os.fork()
            if pid == 0:
                self.listener.close()
                _become(connection, str(what))
            self.alive.add(pid)

    def _ending(self, pid: int) -> int | None:
        until = time.monotonic() + ENDING
        while pid in self.alive and time.monotonic() < until:
            self._reap()
            time.sleep(0.002)
        return self.ended.pop(pid, None)

    def _reap(self) -> None:
        """Reads how processes ended; of orphans nobody asks."""
        with contextlib.suppress(ChildProcessError):
            while (done := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = done
                if pid in self.alive:
                    self.alive.discard(pid)
                    self.ended[pid] = os.waitstatus_to_exitcode(status)


def _become(connection: Connection, function: str) -> None:
    """What a fork does in its life."""
    status = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)  # the server's standard input is its life line
        connection.send(os.getpid())
        module, _, name = function.partition(":")
        getattr(importlib.import_module(module), name)(connection)
        status = 0
    except (EOFError, OSError, KeyboardInterrupt):
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        os._exit(status)
