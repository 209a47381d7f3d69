"""Time limit: until when an evaluation may go on that no cap in rows or digits bounds.

One row may need hundreds of special functions, of a tenth of a second each; whoever has a worker to keep looks at the clock between them.

Every deadline of the project is a time of `time.monotonic`: nobody sets that clock, and all processes of a machine share it. Deadlines that are sent
to another machine are converted there (engine.on_node).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class TimeIsUpError(Exception):
    """A special function was called after the time that its caller set (`ending`)."""


_until: ContextVar[float] = ContextVar("_until", default=math.inf)


@contextmanager
def ending(until: float) -> Iterator[None]:
    """Inside, special functions of mpmath, and derivatives by differences in Arb, raise TimeIsUpError from the time `until` (time.monotonic) on. One
    inside another ends no later."""
    token = _until.set(min(until, _until.get()))
    try:
        yield
    finally:
        _until.reset(token)


def look_at_clock(name: str) -> None:
    """Raises TimeIsUpError, which names what was about to be evaluated, where the time is over."""
    if time.monotonic() >= _until.get():
        raise TimeIsUpError(name)
