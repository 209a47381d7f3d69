"""Host: a framework in a process of its own, of this interpreter or another. Bits travel; no framework object does."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import math
import os
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from fuzzer.case import Batch, Placement
from fuzzer.frameworks.framework import FrameworkDied, FrameworkError, Job
from fuzzer.frameworks.host_main import array_of

#: Seconds in which a host must have started its framework; importing TensorFlow on a busy machine takes 30.
STARTUP = 180.0
#: Seconds between two looks at a host that has not answered.
TICK = 0.1
#: Seconds that a host gives itself beyond those it is given, before it ends itself: if nobody is left to do it.
_SPARE = 60.0
#: Jobs that a host remembers, so that a job travels once and not with every call.
_SLOTS = 512

_GIB = 2.0**30


@dataclass
class _Limits:
    patience: float = 120.0
    memory: int | None = None


_limits = _Limits()


def limit(patience: float, memory: int | None) -> None:
    """For all hosts of this process: the seconds that a call may take, and the bytes of resident memory that a host and its children
    may have (None: no limit; looked at while a call takes longer than TICK)."""
    if not patience > 0 or (memory is not None and memory <= 0):
        raise ValueError(f"a host needs time and memory: {patience} s, {memory} bytes")
    _limits.patience, _limits.memory = patience, memory


@dataclass(frozen=True)
class Launch:
    """How a host is started. variables: changes of the environment, None takes one out; paths: folders to import from after the
    interpreter's own."""

    python: str
    variables: Mapping[str, str | None] = field(default_factory=dict)
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backend:
    """What is built in a host: the class or factory, its keyword arguments, and what sets switches and reads them back
    (switches.Setting)."""

    framework: str
    module: str
    attribute: str
    options: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    switches: tuple[tuple[str, str], ...] = ()


class Process:
    """One host process; started by the first message, and afresh by the first after its death. `generation` counts the starts."""

    def __init__(self, launch: Launch, name: str) -> None:
        self.launch, self.name = launch, name
        self.generation = 0
        self.python_version = ""
        self._running: _Running | None = None

    @property
    def pid(self) -> int | None:
        """Of the running process; None where it is not running."""
        return self._running.pid if self._running else None

    def start(self) -> None:
        """Starts it unless it runs. Raises FrameworkError, which says why in one line."""
        if self._running is not None and self._running.owner == os.getpid():
            return
        running = _Running(self.launch, self.name)
        weakref.finalize(self, running.end)
        self._running, self.python_version = running, running.python_version
        self.generation += 1

    def ask(self, *message: Any, patience: float, memory: int | None = None) -> tuple[Any, ...]:
        """The answer to a message, without its first word. Raises FrameworkError, FrameworkDied, ValueError, RuntimeError."""
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
        raise {"error": FrameworkError, "refused": ValueError}.get(word, RuntimeError)(*answer)

    def end(self) -> None:
        """Ends the process and its children at once."""
        if self._running is not None:
            self._running.end()
            self._running = None


class _Running:
    """A host process while it runs, and its channel."""

    def __init__(self, launch: Launch, name: str) -> None:
        import execnet

        self.owner, self.name, self.ended = os.getpid(), name, False
        self.pid: int | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="ulpfuzz-host-"))
        spec = execnet.XSpec("popen")
        spec.python = shlex.join(_command(launch, self.folder))
        self._gateway: Any = None
        guard = threading.Timer(STARTUP, lambda: _kill(self._pid_written()))
        guard.daemon = True
        guard.start()
        try:
            self._gateway = _group().makegateway(spec)
            self._channel: Any = self._gateway.remote_exec(_BOOTSTRAP)
            self._channel.send((str(Path(__file__).parents[1]), list(launch.paths)))
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

    def ask(self, message: tuple[Any, ...], patience: float, memory: int | None) -> tuple[Any, ...]:
        began = time.monotonic()
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

    def _look(self, waited: float, patience: float, memory: int | None) -> None:
        """Raises FrameworkDied where the process is gone, has too much memory, or has had its time."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                raise EOFError
            if memory is not None:
                resident = _resident(process)
                if resident > memory:
                    used, allowed = (f"{size / _GIB:.2g} GiB" for size in (resident, memory))
                    raise FrameworkDied(f"killed at {used} of resident memory, the limit is {allowed}", "crash")
        except psutil.NoSuchProcess:
            raise EOFError from None
        if waited > patience:
            raise FrameworkDied(f"no answer within {patience:g} s", "hang")

    def _died(self) -> FrameworkDied:
        """What ended the process."""
        how = "ended"
        with contextlib.suppress(psutil.Error, psutil.TimeoutExpired):
            code = psutil.Process(self.pid).wait(timeout=5)
            if code is not None:
                how = f"ended by {_signal_name(-code)}" if code < 0 else f"ended with exit status {code}"
        words = self._last_words()
        return FrameworkDied(f"the process {how}" + (f"; its last words: {words}" if words else ""), "crash")

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


# The far side imports this project's package from our folder, and nothing else of ours: neither sys.path nor site-packages change.
_BOOTSTRAP = """
import importlib.util, sys
folder, paths = channel.receive()
found = importlib.util.spec_from_file_location("fuzzer", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["fuzzer"] = importlib.util.module_from_spec(found)
found.loader.exec_module(sys.modules["fuzzer"])
from fuzzer.frameworks.host_main import serve
serve(channel, paths)
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


class Hosted:
    """Implements Framework: one that runs in a host process, which is started by the first use of it.

    A host that dies, has more memory than `limit` allows or does not answer in time raises FrameworkDied, is ended, and starts
    afresh at the next call. Where it does not start, FrameworkError, `Unsupported: ...`: the machine's fault, never a finding.
    """

    def __init__(self, backend: Backend, process: Process) -> None:
        self.name = backend.framework
        self.backend, self.process = backend, process
        self._built = 0
        self._facts: dict[str, Any] = {}
        self._slots: dict[Any, int] = {}
        self._compiled = self._compiled_before = 0.0

    @property
    def version(self) -> str:
        return str(self._told("version"))

    @property
    def lengths(self) -> tuple[int, ...] | None:
        lengths = self._told("lengths")
        return None if lengths is None else tuple(lengths)

    @property
    def switches(self) -> dict[str, Any]:
        """What the framework says of itself, and the target's switches as they were read back."""
        return {**self._told("switches"), **self._told("read")}

    @property
    def compile_seconds(self) -> float:
        return self._compiled_before + self._compiled

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        return self._evaluate(job, batch, None)

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self._evaluate(job, batch, (placement.length, placement.position, placement.stride))

    def ask(self, expression: str) -> Any:
        """The value of an expression over the framework's modules; a number, text, bool or None, all else as text."""
        self.start()
        (value,) = self.process.ask("ask", self.name, expression, patience=_limits.patience)
        return value

    def start(self) -> None:
        """Starts the process and builds the framework in it, unless that is done. Raises FrameworkError."""
        self.process.start()
        if self._built == self.process.generation:
            return
        b = self.backend
        message = ("build", self._key, b.framework, b.module, b.attribute, dict(b.options), list(b.before), list(b.after),
                   dict(b.reads))  # fmt: skip
        try:
            (facts,) = self.process.ask(*message, patience=STARTUP)
        except (FrameworkError, RuntimeError) as error:
            raise FrameworkError(f"Unsupported: {self.process.name} does not start: {error}") from error
        ignored = [f"{name}={value} is {facts['read'][name]} there" for name, value in b.switches if facts["read"][name] != value]
        if ignored:
            raise FrameworkError(f"Unsupported: {self.process.name} does not start: the switch {ignored[0]}, it has no effect")
        self._built, self._facts = self.process.generation, facts
        self._compiled_before, self._compiled = self.compile_seconds, float(facts["compile_seconds"])
        self._slots = {}

    def end(self) -> None:
        """Ends the process; the next use starts another."""
        self.process.end()

    @property
    def _key(self) -> str:
        return ":".join((self.name, *self.backend.options.values()))

    def _told(self, name: str) -> Any:
        if not self._facts:
            self.start()
        return self._facts[name]

    def _evaluate(self, job: Job, batch: Batch, placement: tuple[int, int, int] | None) -> NDArray[Any]:
        self.start()
        slot, told = self._slot(job)
        inputs = [(name, values.shape, values.tobytes()) for name, values in batch.inputs.items()]
        dtype, shape, bits, self._compiled = self.process.ask(
            "call", self._key, slot, told, batch.dtype, inputs, placement, patience=_limits.patience, memory=_limits.memory
        )
        return array_of(dtype, shape, bits)

    def _slot(self, job: Job) -> tuple[int, dict[str, Any] | None]:
        """The number under which the host knows the job, and the job itself where it does not know it yet."""
        op, implementation, params = job.op, job.implementation, _plain(dict(job.params))
        key = (op.inputs, op.name, implementation.call, implementation.framework, job.order, _hashable(params))
        if key in self._slots:
            return self._slots[key], None
        if len(self._slots) == _SLOTS:
            self._slots.clear()
        slot = self._slots[key] = len(self._slots)
        return slot, {"implementation": _fields(implementation), "inputs": [_fields(i) for i in op.inputs],
                      "op": _fields(op, without=("inputs", "implementations")), "params": params, "order": job.order}  # fmt: skip


def _fields(record: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """A dataclass as a dict of plain data."""
    return {f.name: _plain(getattr(record, f.name)) for f in dataclasses.fields(record) if f.name not in without}


def _plain(value: Any) -> Any:
    """The value in the types that travel: numbers, texts, None, and tuples, lists and dicts of them. Raises TypeError."""
    if value is None or isinstance(value, (bool, str, bytes)):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, (int, float, complex)):
        return value
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(item) for item in value)
    raise TypeError(f"a {type(value).__name__} cannot be sent to a host: {value!r}")


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, type(item), _hashable(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple((type(item), _hashable(item)) for item in value)
    return str(value) if isinstance(value, float) and (math.isnan(value) or not value) else value


def importable(factory: Any) -> tuple[str, str] | None:
    """Module and attribute under which a host can import a factory; None for one that exists in this process only."""
    module, attribute = getattr(factory, "__module__", ""), getattr(factory, "__qualname__", "")
    if not module or not attribute or "<" in attribute or module == "__main__":
        return None
    return (module, attribute) if module in sys.modules or importlib.util.find_spec(module) else None


@contextlib.contextmanager
def limited(patience: float, memory: int | None = None) -> Iterator[None]:
    """`limit` for the time of a block."""
    before = dataclasses.replace(_limits)
    limit(patience, memory)
    try:
        yield
    finally:
        _limits.patience, _limits.memory = before.patience, before.memory
