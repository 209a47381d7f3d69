"""Deadlines: until when a shard may search, prove and use the oracle."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: The share of a shard's seconds that goes to the search; the rest goes to proofs.
SEARCH_SHARE = 0.6
#: A shard with fewer seconds is limited by time: first the usual inputs, in small batches, and proofs end too.
TIME_LIMITED = 8.0
#: Seconds that the oracle has for a batch even if the search should have ended.
LEAST_ORACLE = 0.25
#: Seconds for the proofs of all candidates of a shard that is limited by time, and of one whose search is capped, for it is a first visit.
PROOF_SECONDS, FIRST_PROOF_SECONDS = 10.0, 4.0


class Deadlines:
    """The deadlines of one shard.

    until: the end of the run (time.monotonic), None: none. seconds: those of the shard, None: no limit. cap: seconds after which no further call of
    the search is begun, whatever was compiled, None: no limit. searching: whether the search is on, whose deadline ends the oracle's
    work row by row too. cut: whether the cap ended the search. patience: seconds that a call may take whose like has returned, in a worker's own
    process; None: what the worker allows.
    """

    def __init__(
        self, until: float | None = None, seconds: float | None = None, cap: float | None = None, patience: float | None = None
    ) -> None:
        self.seconds, self.patience = seconds, patience
        self.cut = False
        self.cap = math.inf if cap is None else cap
        self._cap_until = time.monotonic() + self.cap
        self.searching = False
        self._run_until = self._until = self._search_until = math.inf if until is None else until
        self._proof_until = math.inf

    def begin(self) -> None:
        """The shard's own seconds count from here: what a framework takes to start, or to compile, is not theirs."""
        if self.seconds is not None:
            now = time.monotonic()
            self._search_until = min(self._until, now + self.seconds * SEARCH_SHARE)
            self._until = min(self._until, now + self.seconds)

    def put_off(self, seconds: float) -> None:
        """Seconds that a framework took to compile are not the shard's, as those to start are not."""
        if self.seconds is not None:
            self._search_until = min(self._run_until, self._search_until + seconds)
            self._until = min(self._run_until, self._until + seconds)

    @property
    def time_limited(self) -> bool:
        """Whether the search has little time."""
        return self.seconds is not None and self.seconds < TIME_LIMITED

    @property
    def run_over(self) -> bool:
        """Whether the time of the run is over."""
        return time.monotonic() >= self._run_until

    @property
    def seconds_left(self) -> float:
        """Seconds until the end of the run."""
        return self._run_until - time.monotonic()

    @property
    def past(self) -> bool:
        """Whether the time of the run, or of the shard, is over."""
        return time.monotonic() >= self._until

    @property
    def search_over(self) -> bool:
        """Whether the search is over: the rest of a shard's own time is for certifying its candidates."""
        return time.monotonic() >= self._search_until or self.capped

    @property
    def capped(self) -> bool:
        """Whether the search has had all that a first visit may take."""
        capped = time.monotonic() >= self._cap_until
        self.cut = self.cut or capped
        return capped

    @property
    def oracle_until(self) -> float:
        """When the oracle begins no further row beyond its vectorised tiers."""
        if not self.searching or self.seconds is None:
            return self._proof_until
        return max(self._search_until, time.monotonic() + LEAST_ORACLE)

    @contextmanager
    def search(self) -> Iterator[None]:
        """The search is on inside."""
        self.searching = True
        try:
            yield
        finally:
            self.searching = False

    def prove(self) -> float:
        """A proof begins: it may take whatever it takes; after a search that was limited by time it has an end, which is
        returned."""
        seconds = PROOF_SECONDS if math.isinf(self._cap_until) else FIRST_PROOF_SECONDS
        self._cap_until = math.inf
        self._proof_until = time.monotonic() + seconds if self.time_limited else math.inf
        return self._proof_until
