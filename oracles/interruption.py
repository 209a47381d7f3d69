"""Interruption: an evaluation by mpmath ends at a time, in the midst of one function too.

`mp.ending` looks at the clock between special functions, which is all that a worker needs: whatever holds it longer ends the worker. Who waits for
one point at a terminal has no worker to lose, and one call of mpmath may take hours (zeta(1e178, 1e183) sums as many terms).
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn

from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError, ending

#: Seconds between two interruptions, where library code caught the first.
_AGAIN = 0.5
_until: ContextVar[float] = ContextVar("_until", default=math.inf)


@contextmanager
def interrupted(until: float) -> Iterator[None]:
    """Inside, evaluations by mpmath end at the time `until` (time.monotonic), as `mp.ending` says; those that `interruptible` encloses at once."""
    token = _until.set(until)
    try:
        with ending(until):
            yield
    finally:
        _until.reset(token)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raises TimeIsUpError out of the block at the time of `interrupted`, where there is one, by the kernel's interval timer; outside the
    main thread, which alone hears signals, or where somebody else has set the timer, never. Code in C is not interrupted before it returns."""
    until = _until.get()
    if math.isinf(until) or threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    before = signal.signal(signal.SIGALRM, _raise)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(until - time.monotonic(), 1e-6), _AGAIN)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _raise(*_: object) -> NoReturn:
    raise TimeIsUpError
