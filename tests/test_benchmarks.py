"""The benchmarks' own instruments: the processors' share of processes, and what planted hangs cost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import hanging
from tests.benchmarks import every_cell
from tests.benchmarks.cpu_share import CpuShare
from tests.benchmarks.nights import Night, measured
from tests.benchmarks.runs import WatchedRun, stored
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.finding import CellSummary, Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.target import framework_for, target_named

LINUX = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the accounts are Linux's")


@LINUX
def test_the_share_is_of_the_processes_that_were_started_since() -> None:
    with CpuShare() as cpu:
        assert cpu.seconds < 0.5
        subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
        time.sleep(0)
        work = subprocess.Popen([sys.executable, "-c", "import time\nwhile True: sum(range(100_000))"])
        deadline = time.monotonic() + 60
        while cpu.seconds < 0.3 and time.monotonic() < deadline:
            time.sleep(0.05)
        work.kill()
        work.wait()
        assert cpu.seconds >= 0.3
        assert 0 < cpu.share <= 1


@LINUX
def test_what_waits_for_nothing_wants_no_processor() -> None:
    with CpuShare() as cpu:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True)
        assert cpu.seconds < 0.3


def test_a_hang_is_measured_while_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hanging.VARIABLE, str(tmp_path))
    monkeypatch.setattr(hanging, "LONGEST", 0.4)
    thread = threading.Thread(target=hanging.hang)
    thread.start()
    thread.join()
    (hang,) = hanging.hangs(tmp_path)
    assert 0.3 < hang.seconds < 60


def test_each_call_hangs_where_it_is_planted_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[str] = []
    monkeypatch.setattr(hanging, "hang", lambda: met.append("hang"))
    where = {"one": 1.0, "zero": 0.0, "large": 100.0, "negative": -101.0, "strip": 25.0, "nan": np.nan, "infinity": np.inf,
             "tiny": 1e-44, "small": 1e-35, "vector": -1.0}  # fmt: skip
    assert set(where) == set(hanging.WHERE)
    for name, value in where.items():
        met.clear()
        x = np.full(8, value, np.float32)
        assert hanging.hanging(np.full(8, 0.75, np.float32), name)[0] == np.float32(np.exp(0.75))
        assert not met
        hanging.hanging(x, name)
        assert met == ["hang"]


def test_the_plugin_is_installed_inside_the_block_only(tmp_path: Path) -> None:
    before = dict(os.environ)
    with hanging.installed(tmp_path):
        assert sum(name.startswith("hanging_") for name in ops()) == len(hanging.WHERE) == 10
        assert framework_for(target_named(hanging.NAME)).version == "1"
    assert not any(name.startswith("hanging_") for name in ops())
    assert dict(os.environ) == before


RUN = Run(
    "20260101-000000-0001", 1, "2026-01-01T00:00:00+00:00", "10s", state="finished", seconds=10.0, verdicts=1000, cells=2, cells_planned=5,
    by_phase={"oracle": 9.0, "framework": 6.0, "store": 3.0}, environment={"workers": 2},
)  # fmt: skip


def test_figures_are_read_from_what_a_run_says_of_itself_first() -> None:
    silent = WatchedRun(RUN, 3, {"ok": 990, "undecided": 10}, 0.5, 8.0, 1.0)
    assert silent.inside == pytest.approx(15 / 20)  # what the run spends on its store is no worker's
    assert silent.undecided == pytest.approx(0.01)
    assert silent.by_phase["oracle"] == pytest.approx(9 / 20)
    telling = replace(RUN, environment={"workers": 2, "unaccounted_share": 0.02, "cells_by_part": {"a": 2, "b": 1}})
    told = WatchedRun(telling, 3, {}, 0.5, 8.0, 1.0)
    assert told.inside == pytest.approx(0.98)
    assert (told.told["cells in a"], told.told["cells in b"], told.undecided) == (2.0, 1.0, 0.0)


def night(seed: int, *new: str, seen: tuple[str, ...] = ()) -> Night:
    return Night(seed, new, seen, 10, 20, 12 if seed > 1 else 0, 5 * (seed > 1), 31.0, 6.0, 40.0)


def test_nights_that_repeat_themselves_are_told() -> None:
    good = [night(1, "a", "b", "c"), night(2, "d"), night(3)]
    assert [(m.value, m.holds) for m in measured(good, "30s", 2)] == [
        (0, True), (0, True), (0, True), (5, True), (pytest.approx(1 / 30), True), (pytest.approx(0.1), True),
    ]  # fmt: skip
    bad = [night(1, "a"), night(2, "a", "b", seen=("b",)), night(3, "c", "d")]
    assert [(m.value, m.holds) for m in measured(bad, "1M", 2)] == [(1, False), (1, False), (2.0, False), (5, True)]
    idle = [night(1), replace(night(2), again=0)]
    assert not next(m for m in measured(idle, "30s", 2) if "fewest" in m.bench).holds
    assert good[0].line.startswith("seed 1: 3 new of 10 defects, 20 findings; 31 s, with the report 40 s")


def test_a_stored_run_is_read_in_place_of_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'run.db'}"
    run = replace(RUN, environment={"workers": 2, "cells_unsupported": ["exp float32 jvp"], "cpu_share": 0.9}, seconds=60.0)
    with Store(url) as store:
        store.start_run(replace(run, state="running"))
        cell = CellSummary(
            "exp", {}, "value", "float32", "torch:cpu:eager", "torch.exp(x)", 100, {"ok": 98, "undecided": 2}, 0.5, 0.1
        )
        store.save_shard(run.id, "shard", "{}", [cell], [])
        store.finish_run(run)
    read = stored(url)
    assert (read.run.id, read.findings, read.undecided, read.cpu_share) == (run.id, 0, pytest.approx(0.02), 0.9)
    monkeypatch.setenv("ULPFUZZ_STORED", url)
    reached, minutes, inside = every_cell.measures()
    assert (reached.value, reached.holds, minutes.value) == (
        0.5,
        False,
        pytest.approx(2.0),
    )  # two of four in one minute: all in two at least
    assert inside.value == pytest.approx(15 / 120)
