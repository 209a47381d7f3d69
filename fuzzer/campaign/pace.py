"""Pace: how long each next visit may search, so that every cell is visited before a run's time is over."""

from __future__ import annotations

import time
from collections.abc import Callable

#: The share of what is left that is not planned: for what takes longer than all before it.
RESERVE = 0.05
#: A visit has at least so many seconds, and at least so much of the share that it would have if visits cost nothing else: a visit
#: that only judges its first rows finds little, so that where the time is short the last visits are not made rather than all of them small.
LEAST, KEPT = 0.04, 0.75


class Pace:
    """work: the weights of all visits to come, together; ends: when the time is over, as `clock` tells it.

    Where time suffices each visit may search for half of an equal share. What a visit costs beside its own seconds (starting,
    compiling, certifying, the engine, a call that hangs) is measured as it goes: what is left of the time, less that for every visit to come,
    is what they may search, but never less than KEPT of that half.
    """

    def __init__(self, work: float, ends: float, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.work, self.ends, self.workers, self.clock = work, ends, max(1, workers), clock
        self.began = clock()
        self.share = (ends - self.began) * self.workers / max(1.0, work) / 2
        self.granted = self.given = 0.0

    def next(self, weight: float = 1.0, times: float = 1.0) -> float:
        """The seconds of the next visit, which is worth so many times another's."""
        seconds = max(LEAST, times * max(KEPT * self.share, min(self.share, self._fair() - self._overhead())))
        self.given += weight
        self.granted += seconds
        return seconds

    def _fair(self) -> float:
        """Worker seconds for a visit of weight 1."""
        return max(0.0, self.ends - self.clock()) * (1 - RESERVE) * self.workers / max(1.0, self.work - self.given)

    def _overhead(self) -> float:
        """Worker seconds that a visit of weight 1 cost beside those that it was given."""
        done = self.given - (self.workers - 1) / 2  # the others are out, half done
        if done <= 0:
            return 0.0
        spent = (self.clock() - self.began) * self.workers
        return max(0.0, spent / done - self.granted / self.given)
