"""The benchmarks' own instruments: the processors' share of processes, and what planted hangs cost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests import hanging
from tests.benchmarks.cpu_share import CpuShare
from ulpfuzz.fuzzer.catalog.registry import ops
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
