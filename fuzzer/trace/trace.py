"""Trace: which call of a real training step lost the digits."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.trace.harvest import Harvest
from ulpfuzz.fuzzer.trace.imported import WhenImported
from ulpfuzz.fuzzer.trace.result import TraceFinding, TraceResult

Mode = Literal["full", "sampled"]
MODES = ("full", "sampled")
#: Frameworks that can be traced, with the module of each one's listener.
LISTENERS = {"torch": "torch_listener", "jax": "jax_listener", "tensorflow": "tensorflow_listener"}


class Listener(Protocol):
    """One framework while it is traced."""

    def start(self) -> None:
        """Listens from now on, on this thread."""

    def stop(self) -> None:
        """Listens no more; the last step is over."""

    def step(self) -> None:
        """A step ends here."""

    def result(self) -> TraceResult:
        """What was found up to now."""


class Trace:
    """A context manager: everything that the frameworks compute inside it, on this thread, is traced.

    `result` is what was found, `findings` of it the accusations; printed, it is the report. A step ends with an optimizer's `step`, or by `step()`.
    """

    def __init__(self, mode: Mode = "full", frameworks: str | None = None, harvest: str | Path | None = None) -> None:
        if mode not in MODES:
            raise UnknownName("mode", mode, MODES)
        self.mode: Mode = mode
        self.seconds = 0.0
        self._file = None if harvest is None else Path(harvest)
        if self._file is not None and not self._file.absolute().parent.is_dir():
            raise UserError(f"{harvest}: its folder does not exist")
        self._harvest = None if harvest is None else Harvest()
        self._names = chosen(frameworks)
        self._listeners: dict[str, Listener] = {}
        self._imports = WhenImported([n for n in self._names if not _is_imported(n)], self._listen)

    def __enter__(self) -> Trace:
        self._began = time.perf_counter()
        self._imports.start()
        for name in filter(_is_imported, self._names):
            self._listen(name)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._imports.stop()
        for listener in reversed(self._listeners.values()):
            listener.stop()
        self.seconds = time.perf_counter() - self._began
        if self._harvest is not None and self._file is not None:
            self._harvest.write(self._file, Path(sys.argv[0] or "python").name)

    def _listen(self, name: str) -> None:
        module = importlib.import_module(f"{__package__}.{LISTENERS[name]}")
        listener: Listener = module.Listener(self.mode, self._harvest)
        listener.start()
        self._listeners[name] = listener

    def step(self) -> None:
        """A step ends here: for loops without an optimizer of the framework's own."""
        for listener in self._listeners.values():
            listener.step()

    @property
    def result(self) -> TraceResult:
        """All of it, the frameworks one after another."""
        parts = [listener.result() for listener in self._listeners.values()]
        return TraceResult(
            tuple(f for p in parts for f in p.findings), max((p.steps for p in parts), default=0), max((p.traced for p in parts), default=0),
            sum(p.calls for p in parts), sum(p.kernels for p in parts), tuple(n for p in parts for n in p.notes), tuple(self._listeners),
        )  # fmt: skip

    @property
    def findings(self) -> tuple[TraceFinding, ...]:
        """What is accused."""
        return self.result.findings

    def __str__(self) -> str:
        return str(self.result)


def _is_imported(name: str) -> bool:
    module = sys.modules.get(name)
    return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)


def chosen(text: str | None) -> list[str]:
    """The frameworks to trace, all installed ones where none is named. Raises UserError."""
    if text:
        names = [n.strip() for n in text.split(",") if n.strip()]
        for name in names:
            if name not in LISTENERS:
                raise UnknownName("framework", name, LISTENERS)
            if importlib.util.find_spec(name) is None:
                raise UserError(f"{name} is not installed")
        return names
    found = [n for n in LISTENERS if importlib.util.find_spec(n) is not None]
    if not found:
        raise UserError(f"none of {', '.join(LISTENERS)} is installed: there is nothing to trace")
    return found


def trace(mode: Mode = "full", frameworks: str | None = None, harvest: str | Path | None = None) -> Trace:
    """A trace of what runs inside it: `with ulpfuzz.trace() as t: ...`, then `print(t)`.

    mode: full traces every step; sampled traces one step in SAMPLED in full and keeps the calls of the others, to replay those of a step whose
    gradients are NaN or infinite. frameworks: "torch", or several, separated by commas (default: all installed ones, from when the program imports
    them). harvest: a file for the ranges and shapes of every op's inputs (harvest.Harvest). Raises UserError where there is none of them. The
    program's own numbers are not changed. What it accuses is proved (docs/how-to/nan-in-training.md).
    """
    return Trace(mode, frameworks, harvest)
