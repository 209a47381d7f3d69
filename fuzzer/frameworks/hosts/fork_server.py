"""Fork server: a process that has imported the frameworks once, and forks off itself what serves a connection: workers, and hosts.

A fork is ready in a tenth of a second and shares the memory of what was imported; a process of its own would import for six to ten seconds.
The server itself never starts a framework, so that it has one thread and may be forked. It listens in a folder that only its user can open.
"""

from __future__ import annotations

import contextlib
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
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

#: The variable that names the server's address to the processes that it forked, so that they can have hosts of it.
ADDRESS = "ULPFUZZ_FORK_SERVER"
#: Seconds in which a server has imported everything, or a host started its framework; importing TensorFlow on a busy machine takes 30.
STARTUP = 180.0
#: Seconds that a process may take to end after it closed its connection.
ENDING = 5.0
#: Seconds that a server may take to end by itself, with all that it forked.
PARTING = 0.5

_START = """
import json, sys
given = json.loads(sys.stdin.readline())
sys.path[:] = given["paths"]
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import serve
serve(given["address"], given["modules"])
"""


class ForkServer:
    """The near side of a server; started at its first use. modules: what it imports before it forks; one that cannot be imported is left
    out, and says so where it is used."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = list(modules)
        self._process: subprocess.Popen[str] | None = None
        self._folder: str | None = None
        self._starting = threading.Lock()
        self._ended = False

    @property
    def address(self) -> str:
        return str(Path(self._folder or "") / "server")

    def start(self) -> None:
        """Starts it unless it runs; does not wait until it has imported everything. Raises RuntimeError once it was ended."""
        with self._starting:
            if self._ended:
                raise RuntimeError("the fork server has ended")
            if self._process is not None:
                return
            self._folder = tempfile.mkdtemp(prefix="ulpfuzz-fork-")
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
        assert self._process is not None
        return forked(self.address, function, gone=lambda: self._process is None or self._process.poll() is not None)

    def end(self) -> None:
        """Ends the server and all that it forked."""
        with self._starting:
            self._ended = True
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(PARTING)
        except subprocess.TimeoutExpired:  # it imports, or forks wait for it
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self._folder or "", ignore_errors=True)


def forked(address: str, function: str, gone: Callable[[], bool] = lambda: False) -> tuple[Connection, int]:
    """Asks the server at this address for a process (ForkServer.fork). gone: whether the server is no more."""
    connection: Any = _connected(address, gone)
    connection.send(("fork", function))
    pid = connection.recv()
    return connection, int(pid)


def ending_of(address: str, pid: int) -> int | None:
    """How a process of the server ended, as os.waitstatus_to_exitcode has it (-9: by signal 9); None where it has not, or nobody knows."""
    with contextlib.suppress(OSError, EOFError), _connected(address, lambda: False, seconds=ENDING) as connection:
        connection.send(("ending", pid))
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the campaign alone
    errors = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # what frameworks say when they are imported
        os.dup2(nowhere.fileno(), 2)
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    os.dup2(errors, 2)
    os.close(errors)
    warnings.simplefilter("ignore")  # JAX warns of forks where it may have threads; here it has none
    gc.collect()
    gc.freeze()  # else the collector of every child would touch, and so copy, all of these pages
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    _Server(listener).loop()


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
        for pid in self.alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        os._exit(0)

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
        for pid in list(self.alive):
            with contextlib.suppress(ChildProcessError):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
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
