"""Process: a host's process: it is started in an interpreter, sent messages, watched while it works, and ended. It knows no framework."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

import ulpfuzz
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.framework import FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host_main
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import ADDRESS, STARTUP, ending_of, forked
from ulpfuzz.fuzzer.own_folders import new_folder

#: Seconds between two looks at a host that has not answered.
TICK = 0.1
#: A host that computes on a busy machine may take so many times its patience.
STARVED = 2.0
#: Seconds beyond its time limit after which a host ends itself, in case its parent is gone.
_SPARE = 60.0
#: The niceness of hosts in the background: what hangs may compute for ever, beside workers that search.
NICE = 10
_GIB = 2**30

#: Whether hosts that are forked from now on are in the background.
in_background = False


@dataclass(frozen=True)
class Launch:
    """How a host is started. variables: changes of the environment, None takes one out; paths: folders to import from instead of the
    interpreter's own (none: its own)."""

    python: str
    variables: Mapping[str, str | None] = field(default_factory=dict)
    paths: tuple[str, ...] = ()

    @property
    def may_be_forked(self) -> bool:
        """Whether a process of the fork server, where there is one, is what this would start: the same interpreter, paths and environment."""
        same = all(os.environ.get(name) == value for name, value in self.variables.items())
        return bool(os.environ.get(ADDRESS) and self.paths and same and self.python == sys.executable)


class Process:
    """One host process; started by the first message, and afresh by the first after its death. `generation` counts the starts."""

    def __init__(self, launch: Launch, name: str) -> None:
        self.launch, self.name = launch, name
        self.generation = 0
        self.python_version = ""
        self._running: _Running | None = None

    @property
    def pid(self) -> int | None:
        """The id of the running process; None where it is not running."""
        return self._running.pid if self._running else None

    def start(self) -> None:
        """Starts it unless it runs. Raises FrameworkError, which says why in one line."""
        if self._running is not None and self._running.owner == os.getpid():
            return
        running = (_Forked if self.launch.may_be_forked else _Running)(self.launch, self.name)
        weakref.finalize(self, running.end)
        self._running, self.python_version = running, running.python_version
        self.generation += 1

    def ask(self, *message: object, patience: float, memory: int | None = None) -> tuple[Any, ...]:
        """The answer to a message, without its first word. Raises FrameworkError, FrameworkDied, UserError, ValueError, RuntimeError."""
        self.start()
        running = self._running
        assert running is not None
        try:
            word, *answer = running.ask((*message, patience + _SPARE), patience, memory)
        except BaseException:  # also Ctrl-C: what comes after it would be the answer to this message
            self.end()
            raise
        if word == "ok":
            return tuple(answer)
        raise {"error": FrameworkError, "refused": UserError, "invalid": ValueError}.get(word, RuntimeError)(*answer)

    def forget_words(self) -> None:
        """Drops its standard error so far, a library's greeting, so that the message of a crash does not hold it."""
        if self._running is not None:
            with contextlib.suppress(OSError):
                os.truncate(self._running.folder / "stderr", 0)

    def end(self) -> None:
        """Ends the process and its children at once."""
        if self._running is not None:
            self._running.end()
            self._running = None


class _Running:
    """A host process while it runs, and its channel."""

    def __init__(self, launch: Launch, name: str) -> None:
        self.owner, self.name, self.ended = os.getpid(), name, False
        self.pid: int | None = None
        self.folder = Path(new_folder("host"))
        self._gateway: Any = None
        self._channel: Any = None
        self._open(launch)

    def _open(self, launch: Launch) -> None:
        """Starts it. Raises FrameworkError."""
        import execnet

        name = self.name
        spec = execnet.XSpec("popen")
        spec.python = shlex.join(_command(launch, self.folder))
        guard = threading.Timer(STARTUP, lambda: _kill(self._pid_written()))
        guard.daemon = True
        guard.start()
        try:
            self._gateway = _group().makegateway(spec)
            self._channel = self._gateway.remote_exec(_BOOTSTRAP)
            self._channel.send((str(Path(ulpfuzz.__file__).parent), list(launch.paths), str(self.folder)))
            _, self.pid, self.python_version = self._channel.receive(STARTUP)
        except Exception as error:
            words = self._last_words() or f"{type(error).__name__}: {str(error).strip().splitlines()[-1:]}"
            self.pid = self._pid_written()
            self.end()
            raise FrameworkError(f"Unsupported: {name} does not start in {launch.python}: {words}") from None
        except BaseException:
            self.pid = self._pid_written()
            self.end()
            raise
        finally:
            guard.cancel()

    def ask(self, message: tuple[object, ...], patience: float, memory: int | None) -> tuple[Any, ...]:
        began = time.monotonic()
        self._spent_before = self._spent()
        try:
            self._channel.send(message)
            while True:
                try:
                    answer: tuple[Any, ...] = self._channel.receive(TICK)
                    return answer
                except self._channel.TimeoutError:
                    self._look(time.monotonic() - began, patience, memory)
        except (EOFError, self._channel.RemoteError):
            raise self._died() from None
        except OSError as error:  # TimeoutError of execnet is one too, but was handled
            raise self._died() from error

    def _spent(self) -> float:
        """Seconds of a processor that it has had."""
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.pid).cpu_times()
            return float(times.user + times.system)
        return 0.0

    def _look(self, waited: float, patience: float, memory: int | None) -> None:
        """Raises FrameworkDied where the process is gone, has too much memory, or has had its time."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                raise EOFError
            if memory is not None:
                resident = _resident(process)
                if resident > memory:
                    raise FrameworkDied(f"killed at {_size(resident)} of resident memory, the limit is {_size(memory)}", "crash")
        except psutil.NoSuchProcess:
            raise EOFError from None
        if waited > patience and not (waited < STARVED * patience and self._starved(process, patience)):
            raise FrameworkDied(f"no answer within {patience:g} s", "hang")

    def _starved(self, process: psutil.Process, patience: float) -> bool:
        """Whether it computes, and had less than half of its patience of a processor: a busy machine is no hang."""
        with contextlib.suppress(psutil.Error, OSError):
            times = process.cpu_times()
            spent = times.user + times.system - self._spent_before
            return spent < patience / 2 and any(_runs(process.pid, thread.id) for thread in process.threads())
        return False

    def _died(self) -> FrameworkDied:
        """What ended the process."""
        how = "ended"
        with contextlib.suppress(psutil.Error, psutil.TimeoutExpired):
            code = self._exit_code()
            if code is not None:
                how = f"ended by {_signal_name(-code)}" if code < 0 else f"ended with exit status {code}"
        words = self._last_words()
        return FrameworkDied(f"the process {how}" + (f"; its last words: {words}" if words else ""), "crash")

    def _exit_code(self) -> int | None:
        code: int | None = psutil.Process(self.pid).wait(timeout=5)
        return code

    def _pid_written(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int((self.folder / "pid").read_text())
        return None

    def _last_words(self) -> str:
        """The last line that the process wrote to its standard error."""
        with contextlib.suppress(OSError), open(self.folder / "stderr", "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
            return lines[-1][:300] if lines else ""
        return ""

    def end(self) -> None:
        if self.ended or self.owner != os.getpid():  # the latter in a fork of the process that started it
            return
        self.ended = True
        _kill(self.pid)
        if self._gateway is not None:
            self._gateway.exit()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Channel:
    """A connection, as execnet's channels are used."""

    TimeoutError = TimeoutError

    class RemoteError(Exception):
        """Never raised: what breaks on the far side of a connection is the end of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, message: object) -> None:
        self._connection.send(message)

    def receive(self, timeout: float | None = None) -> Any:
        if not self._connection.poll(timeout):
            raise TimeoutError
        return self._connection.recv()

    def close(self) -> None:
        self._connection.close()


class _Forked(_Running):
    """A host that the fork server forks: it has imported the frameworks already."""

    def _open(self, launch: Launch) -> None:
        try:
            connection, self.pid = forked(os.environ[ADDRESS], "ulpfuzz.fuzzer.frameworks.hosts.process:serve_fork")
            self._channel = _Channel(connection)
            self._channel.send((str(self.folder), os.getpid(), NICE if in_background else 0))
            _, self.pid, self.python_version = self._channel.receive(STARTUP)
        except (OSError, EOFError, RuntimeError) as error:
            self.end()
            raise FrameworkError(f"Unsupported: {self.name} is not forked: {error}") from None

    def _exit_code(self) -> int | None:
        return None if self.pid is None else ending_of(os.environ[ADDRESS], self.pid)

    def end(self) -> None:
        super().end()
        if self._channel is not None:
            self._channel.close()


def serve_fork(connection: Connection) -> None:
    """The far side of a fork: what it writes to standard error is left in the folder, as a host's is."""
    channel = _Channel(connection)
    folder, owner, niceness = channel.receive()
    os.nice(niceness)
    log = os.open(Path(folder) / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    host_main.serve(channel, [], folder, owner)


# The far side imports this project's package from our folder, and nothing else of ours; what lies in
# the working folder is not meant either.
_BOOTSTRAP = """
import importlib.util, sys
sys.path[:] = [path for path in sys.path if path]
package, paths, folder = channel.receive()
spec = importlib.util.spec_from_file_location("ulpfuzz", package + "/__init__.py", submodule_search_locations=[package])
sys.modules["ulpfuzz"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["ulpfuzz"])
from ulpfuzz.fuzzer.frameworks.hosts.host_main import serve
serve(channel, paths, folder)
"""

# Its own id and what it says while it starts are left in the folder. A terminal's Ctrl-C is for the campaign alone.
_SHELL = 'trap "" INT; echo $$ > "$1/pid"; log="$1/stderr"; shift; exec "$@" 2>> "$log"'


def _command(launch: Launch, folder: Path) -> list[str]:
    removed = [part for name, value in launch.variables.items() if value is None for part in ("-u", name)]
    changed = [f"{name}={value}" for name, value in launch.variables.items() if value is not None]
    return ["/usr/bin/env", *removed, *changed, "/bin/sh", "-c", _SHELL, "sh", str(folder), launch.python]


@cache
def _group() -> Any:
    import execnet

    return execnet.Group()


def _runs(pid: int, thread: int) -> bool:
    """Whether a thread waits for a processor or has one (Linux; elsewhere nobody knows, which counts as no)."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    return False


def _size(memory: int) -> str:
    return f"{memory / _GIB:.1f} GiB" if memory >= _GIB else f"{memory // 2**20} MiB"


def _resident(process: psutil.Process) -> int:
    total: int = process.memory_info().rss
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += child.memory_info().rss
    return total


def _kill(pid: int | None) -> None:
    """Ends a process, its children and its process group at once; waits for it, so that no zombie stays."""
    if pid is None:
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.Error):
                one.kill()
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(psutil.Error, psutil.TimeoutExpired):
        psutil.Process(pid).wait(timeout=5)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
