"""Signals: Ctrl-C, SIGTERM and SIGHUP end a command in the same way, as interrupted; and output that cannot be written does not end it.

While a command has something to keep (`keeping`) they raise KeyboardInterrupt, once: who presses Ctrl-C again within PATIENCE seconds would interrupt
what ends processes and keeps the state. Before and after it the process ends at once: an exception that comes in the midst of an import is printed,
or lost, by whatever is being imported.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import psutil

from ulpfuzz.fuzzer.own_folders import sweep

#: What interrupts a command.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds in which further signals are not heard; after them one is raised again, in case the first was lost in a callback.
PATIENCE = 15.0

_heard: int | None = None
_heard_at = -PATIENCE


_keeping = 0


def listen() -> None:
    """From here on the signals are heard, by the main thread. One that is ignored, as SIGHUP is under nohup, stays ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # not the main thread: a program that calls a command
                signal.signal(number, _interrupt)


def leave(line: str = "", status: object = 0) -> None:
    """The end of the process: no signal is heard any more. Where one was, nothing that the process started or made is left, and it ends at once:
    threads that are in the midst of something would say so. line: the last on standard error."""
    for number in SIGNALS:
        with contextlib.suppress(ValueError):
            signal.signal(number, signal.SIG_IGN)
    if _heard is None and not line:
        return
    _end_children()
    for stream, text in ((sys.stdout, ""), (sys.stderr, line)):
        with contextlib.suppress(OSError, ValueError):
            stream.write(f"{text}\n" if text else "")
            stream.flush()
    os._exit(exit_status() if line or not isinstance(status, int) else status)


def _end_children() -> None:
    children = psutil.Process().children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(children, timeout=5)
    sweep(own=True)


def heard() -> bool:
    """Whether the command was interrupted."""
    return _heard is not None


def raise_lost() -> None:
    """Raises KeyboardInterrupt where a signal was heard and its own was lost: Python ignores what a callback raises, such as one of the garbage
    collector. A batch system sends its signal once."""
    if heard():
        raise KeyboardInterrupt


def exit_status() -> int:
    """That of an interrupted command: 128 and the number of the signal, of Ctrl-C where none was heard."""
    return 128 + (_heard or signal.SIGINT)


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _heard, _heard_at  # a process has one
    now = time.monotonic()
    if now - _heard_at < PATIENCE:
        return
    _heard, _heard_at = _heard or number, now
    if not _keeping:
        leave("ulpfuzz: interrupted")
    raise KeyboardInterrupt


@contextlib.contextmanager
def keeping() -> Iterator[None]:
    """Inside, a signal raises KeyboardInterrupt, for there is something to keep."""
    global _keeping  # noqa: PLW0603 # a process has one
    _keeping += 1
    try:
        yield
    finally:
        _keeping -= 1


# Output


#: By name of a stream what kept it from being written.
unwritten: dict[str, OSError] = {}


class _Lasting:
    """A stream that goes nowhere from the first write on that fails."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError as error:
            self._give_up(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        unwritten.setdefault(self._name, error)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())  # what is buffered goes there too, at the latest when the process ends
        os.close(nowhere)


@contextlib.contextmanager
def lasting_output() -> Iterator[None]:
    """Inside, a standard output or error that cannot be written (a closed pipe or terminal, a full disk) ends nothing; `unwritten` says so."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Lasting(sys.stdout, "standard output"), _Lasting(sys.stderr, "standard error")
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before
