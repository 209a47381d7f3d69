"""Pace: every visit comes before the end, whatever it costs beside its own seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.campaign.pace import LEAST, Pace


def run(visits: int, share: float, total: float, cost: float, workers: int, hang: float = 0.0) -> tuple[float, list[float]]:
    """(when all visits are over, the seconds that each had), simulated: a visit costs its seconds and `cost`, the tenth `hang` more."""
    now = 0.0
    pace = Pace(visits, share, total, workers, clock=lambda: now)
    given_: list[float] = []
    free = [0.0] * workers
    for k in range(visits):
        free.sort()
        now = free[0]
        given_.append(pace.next())
        free[0] = now + given_[-1] + cost + (hang if k == 10 else 0.0)
    return max(free), given_


@given(st.integers(50, 2000), st.integers(1, 8), st.floats(0.0, 0.9), st.floats(0.0, 0.05))
def test_every_visit_comes_before_the_end(visits: int, workers: int, cost: float, hang: float) -> None:
    """Where what a visit costs at least leaves room, a part of the time for one that hangs too."""
    total = visits / workers  # a second of a worker for each
    end, _ = run(visits, 0.5, total, cost, workers, hang * total)
    if cost + 2 * hang * workers + LEAST < 0.9:
        assert end <= total + 2


def test_there_is_no_hurry_where_time_suffices() -> None:
    _, given_ = run(100, 0.5, 1000.0, 0.2, 2)
    assert given_ == [0.5] * 100


def test_where_visits_alone_take_longer_each_has_the_least() -> None:
    _, given_ = run(100, 0.5, 10.0, 1.0, 1)
    assert given_[50:] == pytest.approx([LEAST] * 50)
