"""Clock: where the seconds of a shard go."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from ulpfuzz.oracles.question import Tally


class Clock:
    """Seconds by phase (framework, compile, oracle, judge, generation, search, certify) and verdicts made.

    A second goes to the innermost phase that is open and to no other, so the phases partition the time under the outermost one.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.verdicts = 0
        self.tally = Tally()
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """The seconds spent inside belong to `name`, except those of phases opened inside."""
        self._settle()
        self._open.append(name)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()

    def move(self, seconds: float, source: str, to: str) -> None:
        """Moves these seconds from the phase `source`, which is or was open, to another."""
        self.seconds[source] -= seconds
        self.seconds[to] += seconds

    def _settle(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now
