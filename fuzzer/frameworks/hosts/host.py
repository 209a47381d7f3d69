"""Host: a framework in a process of its own, of this interpreter or another. Bits travel; no framework object does."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import math
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.framework import Call, DeviceSweep, Framework, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import process
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import STARTUP
from ulpfuzz.fuzzer.frameworks.hosts.host_main import Facts, Plain, PlainJob, array_of
from ulpfuzz.fuzzer.frameworks.hosts.process import Process

P = ParamSpec("P")
T = TypeVar("T")

#: Jobs that a host remembers, so that a call travels once and not with every call.
_SLOTS = 512


@dataclass
class _Limits:
    patience: float = 120.0
    memory: int | None = None


_limits = _Limits()


def limit(patience: float, memory: int | None, *, background: bool | None = None) -> None:
    """For all hosts of this process: the seconds that a call may take, and the bytes of device_sweep memory that a host and its children
    may have (None: no limit; looked at while a call takes longer than TICK). background: whether hosts that are forked from now on leave the
    processors to others; None: as before."""
    if not patience > 0 or (memory is not None and memory <= 0):
        raise UserError(f"a host needs time and memory: {patience} s, {memory} bytes")
    _limits.patience, _limits.memory = patience, memory
    if background is not None:
        process.in_background = background


@dataclass(frozen=True)
class Backend:
    """What is built in a host, with what sets switches and reads them back (switches.Setting)."""

    #: Its name.
    framework: str
    #: The module of its class.
    module: str
    #: The class or factory.
    attribute: str
    #: Its keyword arguments.
    options: Mapping[str, str] = field(default_factory=dict)
    #: Statements that precede the first tensor.
    before: tuple[str, ...] = ()
    #: Statements when the framework is set up.
    after: tuple[str, ...] = ()
    #: Switch -> an expression whose text is the value in effect.
    reads: Mapping[str, str] = field(default_factory=dict)
    #: Name -> value, as they must read.
    switches: tuple[tuple[str, str], ...] = ()


class Hosted:
    """Implements Framework: one that runs in a host process, which is started by the first use of it.

    A host that dies, has more memory than `limit` allows or does not answer in time raises FrameworkDied, is ended, and starts
    afresh at the next call. Where it does not start, FrameworkError, `Unsupported: ...`: the machine's fault, never a finding.
    """

    in_own_process = True

    def __init__(self, backend: Backend, process: Process) -> None:
        self.name = backend.framework
        self.backend, self.process = backend, process
        self._built = 0
        self._facts: Facts | None = None
        self._slots: dict[Hashable, int] = {}
        self._compiled = self._compiled_before = 0.0

    @property
    def version(self) -> str:
        return self._said["version"]

    @property
    def lengths(self) -> tuple[int, ...] | None:
        lengths = self._said["lengths"]
        return None if lengths is None else tuple(lengths)

    @property
    def switches(self) -> dict[str, object]:
        """What the framework says of itself, and the target's switches as they were read back."""
        return {**self._said["switches"], **self._said["read"]}

    @property
    def compile_seconds(self) -> float:
        return self._compiled_before + self._compiled

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        return self._evaluate(call, batch, None)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        return self._evaluate(call, batch, (placement.length, placement.position, placement.stride))

    def device_sweep(self, call: Call) -> DeviceSweep | None:
        """None: its tensors are the host's (see apply)."""
        return None

    def apply(
        self, function: Callable[Concatenate[Framework, Call, P], T], call: Call, *arguments: P.args, **named: P.kwargs
    ) -> T | None:
        """See Framework; in the host."""
        if not self.process.launch.paths:
            return None
        self.start()
        slot, job = self._slot(call)
        where = (function.__module__, function.__qualname__)
        message = ("apply", self._key, slot, job, *where, _plain(arguments), _plain(named))
        value: T
        (value,) = self.process.ask(*message, patience=_limits.patience, memory=_limits.memory)
        return value

    def ask(self, expression: str) -> Plain:
        """The value of an expression over the framework's modules; a number, text, bool or None, all else as text."""
        self.start()
        value: Plain
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
        facts: Facts
        try:
            (facts,) = self.process.ask(*message, patience=STARTUP)
        except (FrameworkError, RuntimeError) as error:
            raise FrameworkError(f"Unsupported: {self.process.name} does not start: {error}") from error
        ignored = [f"{name}={value} is {facts['read'][name]} there" for name, value in b.switches if facts["read"][name] != value]
        if ignored:
            raise FrameworkError(f"Unsupported: {self.process.name} does not start: the switch {ignored[0]}, it has no effect")
        self._built, self._facts = self.process.generation, facts
        self._compiled_before, self._compiled = self.compile_seconds, facts["compile_seconds"]
        self._slots = {}
        self.process.forget_words()

    def end(self) -> None:
        """Ends the process; the next use starts another."""
        self.process.end()

    @property
    def _key(self) -> str:
        return ":".join((self.name, *self.backend.options.values()))

    @property
    def _said(self) -> Facts:
        """What the framework said of itself when it was started last."""
        if self._facts is None:
            self.start()
        assert self._facts is not None
        return self._facts

    def _evaluate(self, call: Call, batch: Batch, placement: tuple[int, int, int] | None) -> Floats:
        self.start()
        slot, job = self._slot(call)
        inputs = [(name, values.dtype.name, values.shape, values.tobytes()) for name, values in batch.inputs.items()]
        dtype, shape, bits, self._compiled = self.process.ask(
            "call", self._key, slot, job, batch.dtype, inputs, placement, patience=_limits.patience, memory=_limits.memory
        )
        return array_of(dtype, shape, bits)

    def _slot(self, call: Call) -> tuple[int, PlainJob | None]:
        """The number under which the host knows the call, and the call itself where it does not know it yet."""
        op, implementation, params = call.op, call.implementation, _plain(dict(call.params))
        key = (
            op.inputs,
            op.name,
            implementation.call,
            implementation.framework,
            call.order,
            _hashable(params),
            op.error_norm,
            op.complex_result,
        )
        if key in self._slots:
            return self._slots[key], None
        if len(self._slots) == _SLOTS:
            self._slots.clear()
        slot = self._slots[key] = len(self._slots)
        return slot, plain_job(call)


def plain_job(call: Call) -> PlainJob:
    """What the far side must know of a call, in the types that travel (host_main.received undoes it). What is documented of a call is the
    judge's to know."""
    op = call.op
    return {"implementation": _fields(dataclasses.replace(call.implementation, documented=())), "inputs": [_fields(i) for i in op.inputs],
            "op": op.name, "params": {name: _plain(value) for name, value in call.params.items()}, "order": call.order, "whole": op.error_norm,
            "complex_result": op.complex_result}  # fmt: skip


def _fields(record: Any) -> dict[str, Any]:
    """A dataclass as a dict of plain data."""
    return {f.name: _plain(getattr(record, f.name)) for f in dataclasses.fields(record)}


def _plain(value: object) -> Plain:
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


def _hashable(value: Plain) -> Hashable:
    if isinstance(value, dict):
        return tuple((key, type(item), _hashable(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple((type(item), _hashable(item)) for item in value)
    return str(value) if isinstance(value, float) and (math.isnan(value) or not value) else value


def start_together(frameworks: Iterable[Framework]) -> None:
    """Starts those that run in processes of their own, all at once, for each imports a library for seconds. One that does not start says so when
    it is used."""

    def start(framework: Framework) -> None:
        with contextlib.suppress(FrameworkError):
            framework.start()

    hosts = list({id(f): f for f in frameworks if f.in_own_process}.values())
    if hosts:
        with ThreadPoolExecutor(len(hosts)) as pool:
            list(pool.map(start, hosts))


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
