"""The engine: groups of tasks in processes that are forked off one that imported everything, and what becomes of those that end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import psutil
import pytest
from tasks import Deed, Timed, Told

from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.engine.task import OUT_OF_TIME, Death

MIB = 1 << 20


def run(
    groups: Iterable[list[Deed]], workers: int = 2, memory: int | None = None, modules: tuple[str, ...] = ()
) -> dict[str, Told]:
    with engine(workers, None, memory, modules=modules) as execute:
        return {result.task: result for result in execute(groups, lambda: False)}


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    """The results of groups in which tasks end their processes in every way, beside such that do nothing."""
    deeds = ("", "hangs", "dies", "dies outside", "raises", "")
    return run(
        [[Deed(10 * k), Deed(10 * k + 1, deed), Deed(10 * k + 2)] for k, deed in enumerate(deeds)],
        modules=("colorsys", "no_such_module"),
    )


def test_every_task_has_its_result_whatever_became_of_the_others(told: dict[str, Told]) -> None:
    assert len(told) == 18
    failures = {task: result.failure for task, result in told.items() if result.failure}
    assert failures == {
        "dies outside 31": "crash: the process ended with exit status 3, outside of the frameworks",
        "raises 41": "ValueError: no",
    }
    assert [result.died for task, result in told.items() if result.failure] == [task.startswith("dies") for task in failures]


def test_a_call_that_ends_its_process_is_named_and_the_task_goes_on_without_it(told: dict[str, Told]) -> None:
    (hang,), (crash,) = told["hangs 11"].deaths, told["dies 21"].deaths
    assert hang == Death("hang", "no answer in time", "torch:cpu:eager", "guilty")
    assert crash == Death("crash", "the process ended by signal 11", "torch:cpu:eager", "guilty")
    assert told["hangs 11"].without == told["dies 21"].without == "guilty"
    assert told[" 12"].without == told[" 22"].without == "guilty"  # those that follow in the group do not meet it
    assert (told[" 10"].without, told[" 32"].without, told[" 12"].deaths) == ("", "", ())


def test_a_device_has_one_worker_and_the_others_do_the_rest() -> None:
    groups = [[Deed(k, "sleeps", device="cuda" if k % 2 else "")] for k in range(6)]
    groups[3] = [Deed(3, "dies", device="cuda")]
    told = run(groups, workers=3)
    assert not [result.failure for result in told.values() if result.failure]
    before, after = told["sleeps 1"].pid, {told["dies 3"].pid, told["sleeps 5"].pid}
    others = {told[f"sleeps {number}"].pid for number in (0, 2, 4)}
    assert before not in others
    assert before not in after  # it died
    assert len(after) == 1


def test_a_group_stays_in_one_process_which_has_imported_everything_before(told: dict[str, Told]) -> None:
    calm = [told[f" {number}"] for number in (50, 51, 52)]
    assert len({result.pid for result in calm}) == 1
    assert calm[0].pid != os.getpid()
    assert calm[0].modules == ("colorsys",)
    assert told[" 10"].pid != told[" 12"].pid  # another one after the hang


def test_a_task_that_waits_needs_no_worker() -> None:
    began = time.monotonic()
    groups = [[Deed(k, "sleeps", waits=True)] for k in range(4)] + [[Deed(k)] for k in range(4, 8)]
    order = list(run(groups, workers=1))
    assert len(order) == 8
    assert order.index(" 7") < max(order.index(f"sleeps {k}") for k in range(4))
    assert time.monotonic() - began < 60


def test_a_process_that_eats_memory_ends() -> None:
    (result,) = run([[Deed(1, "eats", call_timeout=60.0)]], workers=1, memory=700 * MIB).values()
    assert result.died
    assert "resident memory, the limit is 0.7 GiB" in result.failure


def test_what_is_not_begun_when_a_run_stops_is_left_and_nothing_lives_on() -> None:
    before = {process.pid for process in psutil.process_iter()}
    seen: list[str] = []
    with engine(2, None) as execute:
        for result in execute(([Deed(k, "sleeps")] for k in range(100)), lambda: len(seen) >= 2):
            seen.append(result.task)
    assert len(seen) < 10
    mine = [
        p
        for p in psutil.process_iter(["pid", "cmdline"])
        if p.pid not in before and "fork_server" in " ".join(p.info["cmdline"] or ())
    ]
    assert [
        p for p in mine if p.is_running() and p.environ().get("PYTEST_CURRENT_TEST", "") == os.environ.get("PYTEST_CURRENT_TEST")
    ] == []


def test_what_still_runs_when_its_time_is_over_is_ended_and_is_no_hang() -> None:
    slow = Timed(1, "hangs", call_timeout=600.0, ends=time.monotonic() + 4.0)
    told = run([[slow, Timed(2, "hangs", ends=slow.ends)], [Deed(3)]], workers=1)
    assert {task: result.failure for task, result in told.items()} == {"hangs 1": OUT_OF_TIME, "hangs 2": OUT_OF_TIME, " 3": ""}
    assert not any(result.deaths for result in told.values())
