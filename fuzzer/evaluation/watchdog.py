"""Watchdog: ends a worker process whose framework call does not return in time, whatever holds the interpreter's lock.

It is the kernel's interval timer with SIGALRM's default action, which ends the process. Setting it is one system call, 0.7
microseconds; faulthandler.dump_traceback_later starts a thread, 44 microseconds, as much as a small framework call. There is one
timer in a process, so a worker runs one shard at a time. Which call is being made stands in a note, a page of memory that is shared with the
process that watches this one.
"""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ulpfuzz.fuzzer.frameworks import compilation

#: Seconds that a shard may spend without calling a framework: between two calls it takes a few.
IDLE = 900.0
#: Bytes of the note.
NOTE = 4096

_call_timeout: float | None = None
_limit: float | None = None  # of the call that is being made in this process, from the end of a compilation
_note: mmap.mmap | None = None


@contextmanager
def on_guard(call_timeout: float) -> Iterator[None]:
    """Inside, this process ends if a framework call (`calling`) takes longer than `call_timeout` seconds, or anything else IDLE seconds."""
    global _call_timeout  # noqa: PLW0603 # a process has one timer
    _call_timeout = call_timeout
    signal.setitimer(signal.ITIMER_REAL, _idle(call_timeout))
    try:
        yield
    finally:
        _call_timeout = None
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def calling(
    who: str = "", *, hosted: bool = False, seconds: float | None = None, compiled: float | None = None
) -> Iterator[None]:
    """The time of a framework call; no watch where the process is not on guard. who: the target and the call, a line each, for the note.
    hosted: the call runs in another process, which has a watch of its own, so that only the long one of this process starts anew.
    seconds: that this call may take where they are fewer than those of the guard; compiling, where it is announced, has the guard's. compiled: those
    that count from the end of a compilation, where they are fewer: what was traced is run then."""
    global _limit  # noqa: PLW0603 # a process has one timer
    if _call_timeout is None:
        yield
        return
    limit = _call_timeout if seconds is None else min(seconds, _call_timeout)
    signal.setitimer(signal.ITIMER_REAL, _idle(_call_timeout) if hosted else limit)
    _limit = None if hosted else limit if compiled is None else min(limit, compiled)
    _write(who)
    try:
        yield
    finally:
        _limit = None
        _write("")
        signal.setitimer(signal.ITIMER_REAL, _idle(_call_timeout))


def _compiles(begins: bool) -> None:  # a listener of compilation
    if _call_timeout is not None and _limit is not None:
        signal.setitimer(signal.ITIMER_REAL, _call_timeout if begins else _limit)


compilation.listen(_compiles)


def _idle(call_timeout: float) -> float:
    return max(IDLE, 3 * call_timeout)  # a hosted call may take the whole timeout, and its host a while to start


# The note


def take_notes(path: str) -> None:
    """From here on this process writes its calls into the file at this path, of NOTE bytes."""
    global _note  # noqa: PLW0603 # a process has one
    descriptor = os.open(path, os.O_RDWR)
    _note = mmap.mmap(descriptor, NOTE)
    os.close(descriptor)


def read_note(note: mmap.mmap) -> str:
    """What the process wrote last."""
    length = int.from_bytes(note[:2], "little")
    return note[2 : 2 + length].decode("utf-8", "replace")


def _write(who: str) -> None:
    if _note is not None:
        text = who.encode()[: NOTE - 2]
        _note[2 : 2 + len(text)] = text
        _note[:2] = len(text).to_bytes(2, "little")
