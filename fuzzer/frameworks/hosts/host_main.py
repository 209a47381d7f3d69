"""The far side of a host: one framework in one interpreter, answering messages. Runs where only numpy and ml_dtypes are sure.

It may be another version of Python (3.10 or later) without this project installed, so that it imports the standard library, numpy
and of this project only the pure modules: case, formats, catalog.{axes,op}, frameworks.{framework,in_process} and frameworks.backends.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import platform
import resource
import shutil
import signal
import sys
import threading
import time
from typing import Any, Literal, TypeAlias, TypedDict, Union

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Input, Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import FORMATS, Floats
from ulpfuzz.fuzzer.frameworks.backends.expression import described
from ulpfuzz.fuzzer.frameworks.framework import Call, Framework, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import adopted

#: What travels between a host and the process that started it.
Plain: TypeAlias = Union[bool, int, float, complex, str, bytes, "tuple[Plain, ...]", "list[Plain]", "dict[Plain, Plain]", None]


class PlainJob(TypedDict):
    """A Call as it travels: of the op, what a backend looks at."""

    implementation: dict[str, Any]
    inputs: list[dict[str, Any]]
    op: str
    params: dict[str, Any]
    order: str
    whole: Literal["", "parts", "all"]
    complex_result: bool


class Facts(TypedDict):
    """What a framework that was started says of itself. read: the target's switches as they were read back."""

    version: str
    lengths: list[int] | None
    switches: dict[str, Plain]
    read: dict[str, str]
    compile_seconds: float


#: What the expressions of switches may name, by framework.
_NAMES = {"torch": {"torch": "torch"}, "tensorflow": {"tf": "tensorflow"}, "jax": {"jax": "jax"}, "numpy": {"np": "numpy"}}

#: How often it is looked whether the process that started this one is still there.
_LOOKS_UP = 0.5


def serve(channel: Any, paths: list[str], folder: str, owner: int | None = None) -> None:
    """Answers the messages of a channel until it closes. paths: folders to import from instead of this interpreter's own, if any.
    folder: of this process, removed here where the parent is gone. owner: the process that ends this one by its end; None: the parent.

    Messages: ("build", name, module, attribute, options, before, after, reads, seconds) -> ("ok", facts);
    ("call", name, slot, call or None, dtype, inputs, placement or None, seconds) -> ("ok", dtype, shape, bytes, compile seconds);
    ("apply", name, slot, call or None, module, function, arguments, named arguments, seconds) -> ("ok", value), of this project's modules where there
    are all;
    ("ask", framework, expression, seconds) -> ("ok", value). All may be answered by ("error", text), the framework's;
    ("refused", text): a UserError; ("invalid", text): another ValueError; ("broken", text): a fault of this program.
    """
    _live_with(owner, folder)
    sys.path[:] = paths or sys.path
    adapters: dict[str, Framework] = {}
    jobs: dict[tuple[str, int], Call] = {}
    channel.send(("started", os.getpid(), platform.python_version()))
    while True:
        try:
            kind, *rest, seconds = channel.receive()
        except EOFError:
            os._exit(0)
        # A call that holds the interpreter's lock for ever hears neither its channel nor its parent's end.
        faulthandler.dump_traceback_later(seconds, exit=True, file=_nowhere)
        try:
            if kind == "build":
                reply: tuple[object, ...] = ("ok", _build(adapters, *rest))
            elif kind == "call":
                reply = ("ok", *_call(adapters, jobs, *rest))
            elif kind == "apply":
                reply = ("ok", _applied(adapters, jobs, *rest))
            else:
                reply = ("ok", _evaluated(*rest))
        except FrameworkError as error:
            reply = ("error", str(error))
        except UserError as error:
            reply = ("refused", str(error))
        except ValueError as error:
            reply = ("invalid", str(error))
        except SystemExit as leaving:  # the framework, or the op, has ended the process
            os._exit(leaving.code if isinstance(leaving.code, int) else 1)
        except Exception as error:
            reply = ("broken", described(error))
        faulthandler.cancel_dump_traceback_later()
        channel.send(reply)


_nowhere = open(os.devnull, "w")  # noqa: SIM115 # faulthandler writes to it when this process ends


def _live_with(owner: int | None, folder: str) -> None:
    """This process ends with its owner, the one that started it, hears no Ctrl-C of the terminal's, and leaves no core file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parent = os.getppid()

    def lives() -> bool:
        if os.getppid() != parent:
            return False
        with contextlib.suppress(PermissionError):
            try:
                os.kill(parent if owner is None else owner, 0)
            except ProcessLookupError:
                return False
        return True

    def watch() -> None:
        while lives():
            time.sleep(_LOOKS_UP)
        shutil.rmtree(folder, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _build(
    adapters: dict[str, Framework], name: str, framework: str, module: str, attribute: str, options: dict[str, str], before: list[str],
    after: list[str], reads: dict[str, str],
) -> Facts:  # fmt: skip
    """Starts a framework under a name; the statements run before and after it is made, and `reads` are evaluated at the end."""
    try:
        factory: Any = importlib.import_module(module)
        for part in attribute.split("."):
            factory = getattr(factory, part)
        _executed(framework, before)
        made = adapters[name] = adopted(factory(**options))
        _executed(framework, after)
        read = {switch: str(_evaluated(framework, expression)) for switch, expression in reads.items()}
    except FrameworkError:
        raise
    except Exception as error:
        raise FrameworkError(described(error)) from error
    lengths = None if made.lengths is None else [int(length) for length in made.lengths]
    switches = {str(name): _plain(value) for name, value in made.switches.items()}
    return {"version": str(made.version), "lengths": lengths, "switches": switches, "read": read,
            "compile_seconds": made.compile_seconds}  # fmt: skip


def _executed(framework: str, statements: list[str]) -> None:
    for statement in statements:
        exec(statement, _modules(framework))


def _evaluated(framework: str, expression: str) -> Plain:
    return _plain(eval(expression, _modules(framework)))


def _modules(framework: str) -> dict[str, object]:
    return {name: importlib.import_module(module) for name, module in _NAMES.get(framework, {}).items()}


def _plain(value: object) -> Plain:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _call(
    adapters: dict[str, Framework], jobs: dict[tuple[str, int], Call], name: str, slot: int, call: PlainJob | None, dtype: str,
    inputs: list[tuple[str, str, tuple[int, ...], bytes]], placement: tuple[int, int, int] | None,
) -> tuple[str, tuple[int, ...], bytes, float]:  # fmt: skip
    if call is not None:
        jobs[name, slot] = received(call)
    # The numbers of a complex batch are real pairs.
    batch = Batch(dtype, {key: array_of(numbers, shape, bits) for key, numbers, shape, bits in inputs})
    framework = adapters[name]
    if placement is None:
        result = framework.evaluate(jobs[name, slot], batch)
    else:
        result = framework.evaluate_placed(jobs[name, slot], batch, Placement(*placement))
    array = np.ascontiguousarray(result)
    if array.dtype.hasobject:
        raise FrameworkError(f"DtypeMismatch: returned {array.dtype} for {dtype} inputs")
    return array.dtype.name, array.shape, array.tobytes(), framework.compile_seconds


def _applied(
    adapters: dict[str, Framework], jobs: dict[tuple[str, int], Call], name: str, slot: int, call: PlainJob | None, module: str,
    function: str, arguments: tuple[Plain, ...], named: dict[str, Plain],
) -> Plain:  # fmt: skip
    if call is not None:
        jobs[name, slot] = received(call)
    value: Plain = getattr(importlib.import_module(module), function)(adapters[name], jobs[name, slot], *arguments, **named)
    return value


def received(plain: PlainJob) -> Call:
    """The call of what host.plain_job made of it."""
    implementation = Implementation(**plain["implementation"])
    inputs = tuple(Input(**fields) for fields in plain["inputs"])
    op = Op(plain["op"], inputs, (implementation,), error_norm=plain["whole"], complex_result=plain["complex_result"])
    return Call(op, implementation, plain["params"], plain["order"])


def array_of(dtype: str, shape: tuple[int, ...], bits: bytes) -> Floats:
    """An array of its own from its bits: writable, and aligned as numpy aligns, for kernels look at both."""
    numpy_dtype = FORMATS[dtype].dtype if dtype in FORMATS else np.dtype(dtype)
    return np.frombuffer(bits, numpy_dtype).reshape(shape).copy()
