"""Budgets and deadlines go by a clock that nobody sets: a jump of the time of day changes nothing."""

from __future__ import annotations

import itertools
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_shard import shard_of

import ulpfuzz
from ulpfuzz.fuzzer.campaign.shard import run_shard
from ulpfuzz.fuzzer.engine.node import here
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.oracles.arithmetic.time_limit import ending, look_at_clock

#: Modules that compare with times of the day, for others wrote them: those of files, and those by which machines share a database.
OF_OTHERS = {"user_cache.py", "releases.py", "lease.py", "upkeep.py"}


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of day jumps by a day at each look, forth and back."""
    days = itertools.cycle((0.0, 86400.0, -86400.0))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + next(days))


def test_no_module_goes_by_the_time_of_day() -> None:
    root = Path(ulpfuzz.__file__).parent
    modules = [path for part in ("fuzzer", "oracles", "reports") for path in (root / part).rglob("*.py")]
    assert modules
    assert {path.name for path in modules if re.search(r"\btime\.time\b", path.read_text())} <= OF_OTHERS


def test_a_deadline_does_not_jump(jumping: None) -> None:
    deadlines = Deadlines(time.monotonic() + 1000.0, 500.0, 400.0)
    deadlines.begin()
    for _ in range(6):
        assert not any((deadlines.past, deadlines.run_over, deadlines.search_over, deadlines.capped))
        assert 0 < deadlines.seconds_left <= 1000.0
    with ending(time.monotonic() + 1000.0):
        for _ in range(6):
            look_at_clock("no matter")


def test_a_shard_judges_as_much_while_the_clock_jumps(planted: None, jumping: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # ends at once by the time of day; by the monotonic clock it has a thousand seconds
    chosen = shard_of("faulty_calm", verdicts=2000, until=time.monotonic() + 1000.0)
    during = run_shard(chosen)
    monkeypatch.undo()
    assert during.verdicts >= 2000 * during.ran


@dataclass(frozen=True)
class Due:
    until: float | None


def test_a_deadline_is_of_the_clock_of_the_machine_where_the_task_runs() -> None:
    sent = time.monotonic() - 1e6  # by the sender's clock, which began later
    due = here(Due(sent + 60.0), time.monotonic() - sent)
    assert math.isclose(due.until - time.monotonic(), 60.0, abs_tol=1.0)
    assert here(Due(None), 5.0) == Due(None)
