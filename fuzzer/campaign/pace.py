"""Pace: how long each next visit of a part may search, so that every cell is visited before a run's time is over."""

from __future__ import annotations

import time
from collections.abc import Callable

#: The share of what is left that is not planned: for what takes longer than all before it.
RESERVE = 0.05
#: A visit has at least so many seconds beside the batch that it always makes.
LEAST = 0.01


class Pace:
    """visits: how many are to come; share: the seconds that each has where time suffices; ends: when the time is over, as `clock` tells it.

    What a visit costs beside its own seconds (starting, compiling, certifying, the engine, a call that hangs) is measured as it goes: what is
    left of the time, less that for every visit to come, is what they may search.
    """

    def __init__(self, visits: int, share: float, ends: float, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.visits, self.share, self.ends, self.workers, self.clock = visits, share, ends, max(1, workers), clock
        self.began = clock()
        self.granted = 0.0
        self.given = 0

    def next(self) -> float:
        """The seconds of the next visit."""
        seconds = max(LEAST, min(self.share, self._fair() - self._overhead()))
        self.given += 1
        self.granted += seconds
        return seconds

    def _fair(self) -> float:
        return max(0.0, self.ends - self.clock()) * (1 - RESERVE) * self.workers / max(1, self.visits - self.given)

    def _overhead(self) -> float:
        """Worker seconds that a visit cost beside those that it was given."""
        done = self.given - self.workers  # the others are out
        if done <= 0:
            return 0.0
        spent = (self.clock() - self.began) * self.workers
        return max(0.0, spent / done - self.granted / self.given)
