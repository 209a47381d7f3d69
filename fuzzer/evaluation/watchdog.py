"""Watchdog: ends a worker process whose framework call does not return in time, whatever holds the interpreter's lock.

It is the kernel's interval timer with SIGALRM's default action, which ends the process. Setting it is one system call, 0.7
microseconds; faulthandler.dump_traceback_later starts a thread, 44 microseconds, as much as a small framework call. There is one
timer in a process, so a worker runs one shard at a time.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds that a shard may spend without calling a framework: between two calls it takes a few.
IDLE = 900.0

_call_timeout: float | None = None


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
def calling(*, hosted: bool = False) -> Iterator[None]:
    """The time of a framework call; no watch where the process is not on guard. hosted: the call runs in another process, which has a
    watch of its own, so that only the long one of this process starts anew."""
    if _call_timeout is None:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, _idle(_call_timeout) if hosted else _call_timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, _idle(_call_timeout))


def _idle(call_timeout: float) -> float:
    return max(IDLE, 3 * call_timeout)  # a hosted call may take the whole timeout, and its host a while to start
