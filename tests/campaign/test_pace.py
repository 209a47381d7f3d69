"""Pace: every visit comes before the end, whatever it costs beside its own seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.campaign.pace import LEAST_SECONDS, LEAST_SHARE, Pace


def run(visits: int, total: float, cost: float, workers: int, hang: float = 0.0, heavy: int = 0) -> tuple[float, list[float]]:
    """(when all visits are over, the seconds that each had), simulated: a visit costs its seconds and `cost`, the tenth `hang` more; the
    last `heavy` have weight 3 and cost three times as much."""
    now = 0.0
    pace = Pace(visits + 2 * heavy, total, workers, clock=lambda: now)
    given_: list[float] = []
    free = [0.0] * workers
    for k in range(visits):
        free.sort()
        now = free[0]
        weight = 3.0 if k >= visits - heavy else 1.0
        given_.append(pace.next(weight))
        free[0] = now + given_[-1] + weight * cost + (hang if k == 10 else 0.0)
    return max(free), given_


@given(st.integers(50, 2000), st.integers(1, 8), st.floats(0.0, 0.9), st.floats(0.0, 0.05))
def test_every_visit_comes_before_the_end(visits: int, workers: int, cost: float, hang: float) -> None:
    """Where what a visit costs at least leaves room for what it keeps of its half of a share, and a part of the time for one that hangs."""
    total = visits / workers  # a second of a worker for each
    end, _ = run(visits, total, cost, workers, hang * total)
    if cost + 2 * hang * workers + LEAST_SHARE / 2 < 0.9:
        assert end <= total + 2


@given(st.integers(50, 1000), st.integers(1, 8), st.floats(0.0, 0.9))
def test_visits_that_take_longer_are_planned_for(visits: int, workers: int, cost: float) -> None:
    total = 2 * visits / workers
    end, _ = run(visits, total, cost, workers, heavy=visits // 2)
    if cost + LEAST_SHARE / 2 < 0.9:
        assert end <= total + 6


def test_there_is_no_hurry_where_time_suffices() -> None:
    _, given_ = run(100, 400.0, 0.2, 2)
    assert given_ == [4.0] * 100


def test_what_visits_cost_beside_their_seconds_leaves_them_a_part_of_their_share() -> None:
    """The last visits are not made rather than all of them small."""
    end, given_ = run(100, 100.0, 1.0, 1)
    assert given_[50:] == pytest.approx([LEAST_SHARE / 2] * 50)
    assert end > 100


def test_a_visit_has_the_least_however_short_the_time_is() -> None:
    _, given_ = run(100, 5.0, 1.0, 1)
    assert given_ == pytest.approx([LEAST_SECONDS] * 100)
    assert Pace(1000, 1.0, 1, clock=lambda: 0.0).next(times=2.0) == LEAST_SECONDS
