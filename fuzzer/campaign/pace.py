"""Pace: how long each next visit may search, so that every cell is visited before a run's time is over."""

from __future__ import annotations

import time
from collections.abc import Callable

#: The share of the remaining time that is held back for visits that take longer than any before.
RESERVE = 0.05
#: The shortest search of a visit in seconds, and as a share of `Pace.share`. A visit that judges only its first rows finds little, so where
#: the time is short it is better to drop the last visits than to shorten all of them.
LEAST_SECONDS, LEAST_SHARE = 0.04, 0.75


class Pace:
    """Gives each visit its seconds of search.

    work: sum of the weights of all visits. ends: the end of the run by `clock`.

    A visit searches for half of an equal share of the time, if there is enough. Starting, compiling, certifying and hanging calls cost time
    as well; this overhead is measured as the run goes on. The remaining time, less the overhead of all visits to come, is divided among
    these, but none gets less than LEAST_SHARE of its half.
    """

    def __init__(self, work: float, ends: float, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.work, self.ends, self.workers, self.clock = work, ends, max(1, workers), clock
        self.began = clock()
        self.share = (ends - self.began) * self.workers / max(1.0, work) / 2
        self.granted = self.given = 0.0

    def next(self, weight: float = 1.0, times: float = 1.0) -> float:
        """The seconds of search of the next visit. weight: its cost, times: its search time, both in those of an ordinary visit."""
        seconds = max(LEAST_SECONDS, times * max(LEAST_SHARE * self.share, min(self.share, self._fair() - self._overhead())))
        self.given += weight
        self.granted += seconds
        return seconds

    def _fair(self) -> float:
        """Worker seconds of a visit of weight 1 if the remaining time is divided equally."""
        return max(0.0, self.ends - self.clock()) * (1 - RESERVE) * self.workers / max(1.0, self.work - self.given)

    def _overhead(self) -> float:
        """Worker seconds that a visit of weight 1 cost beyond its search, on average so far."""
        done = self.given - (self.workers - 1) / 2  # the other workers are in the middle of a visit, on average
        if done <= 0:
            return 0.0
        spent = (self.clock() - self.began) * self.workers
        return max(0.0, spent / done - self.granted / self.given)
