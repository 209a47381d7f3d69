"""Ten planted hangs: all are found, each as the call that it is, and none costs the run more than its timeouts."""

from __future__ import annotations

import itertools
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import hanging
from tests.engine.tasks import Deed, Told
from tests.planted_framework import SUBJECT
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import Shard, run_shard, subjects_run
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.engine.task import Death
from ulpfuzz.fuzzer.evaluation import calls, watchdog
from ulpfuzz.fuzzer.evaluation.calls import Calls
from ulpfuzz.fuzzer.evaluation.clock import Clock
from ulpfuzz.fuzzer.evaluation.crash import Crash
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks import compilation
from ulpfuzz.fuzzer.proof.failures import failures_of

#: Seconds of a call; a busy machine takes some of them for a call that returns.
CALL_TIMEOUT = 3.0


@pytest.mark.slow
def test_every_planted_hang_is_found_and_nothing_else_is_accused(tmp_path: Path) -> None:
    (tmp_path / "signs").mkdir()
    with hanging.installed(tmp_path / "signs"), Store(f"sqlite:///{tmp_path / 'hangs.db'}") as store:
        settings = Settings(
            Budget(verdicts=40_000 * 2 * len(hanging.WHERE)), ops="hanging_*", targets=hanging.NAME, dtypes=("float32",), orders=("value",),
            seed=1, workers=2, case_timeout=CALL_TIMEOUT,
        )  # fmt: skip
        run = run_campaign(settings, store)
        found = store.findings(run.id)
        signs = hanging.hangs(tmp_path / "signs")
    assert sorted((f.op, f.symptom) for f in found) == sorted((f"hanging_{where}", "hang") for where in hanging.WHERE)
    for finding in found:
        assert finding.implementation == f"hanging.hanging(x, '{finding.op.removeprefix('hanging_')}')"
    assert run.cells == len(hanging.WHERE)
    assert max(hang.seconds for hang in signs) < 2 * CALL_TIMEOUT + 5


def test_a_call_that_is_slow_for_each_row_does_not_hang(tmp_path: Path) -> None:
    seconds = 1.5
    ones = Batch("float32", {"x": np.ones(2 * int(seconds / hanging.PER_ROW), np.float32)})
    with hanging.installed(tmp_path):
        subject = Subject("hanging:cpu:eager", Implementation(hanging.NAME, "hanging.slow(x)", grad=False))
        evaluator = Evaluator(Cell("slow_exp", (), "float32", "value"), [subject], isolated=True)
        evaluator.calls.crashes[subject] = Crash("hang", "no answer in time", ones)
        try:
            failures = failures_of(evaluator, {}, seconds, None)
        finally:
            evaluator.calls.end_hosts([subject])
    assert failures.findings == []
    (line,) = failures.incidents
    assert re.search(r"; \d+ rows may take \d+ s, by what \d+ took: slow, which is no hang$", line)


class _Deeds:
    """What is done beside: nothing, again and again."""

    def __init__(self) -> None:
        self.kept: list[Told] = []

    def groups(self, run: Run, ends: float | None) -> Iterator[list[Deed]]:
        assert run.state == "running"
        yield from ([Deed(number)] for number in itertools.count())

    def keep(self, result: Told) -> None:
        self.kept.append(result)


def test_workers_that_would_wait_for_the_proof_of_a_hang_do_what_is_beside(tmp_path: Path) -> None:
    (tmp_path / "signs").mkdir()
    beside = _Deeds()
    with hanging.installed(tmp_path / "signs"), Store(f"sqlite:///{tmp_path / 'hangs.db'}") as store:
        settings = Settings(
            Budget(verdicts=80_000), ops="hanging_one", targets=hanging.NAME, dtypes=("float32",), orders=("value",), seed=1, workers=1,
            case_timeout=1.5,
        )  # fmt: skip
        run = run_campaign(settings, store, beside=beside)
        found = store.findings(run.id)
    assert [f.symptom for f in found] == ["hang"]
    assert run.state == "finished"
    assert len(beside.kept) > 10
    assert {told.failure for told in beside.kept} == {""}


def test_other_cells_of_the_op_leave_out_what_died_where_that_leaves_a_call(tmp_path: Path) -> None:
    with hanging.installed(tmp_path):
        shard = Shard(Cell("hanging_one", (), "float64", "value"), ("hanging:cpu:eager",), 0, 0, 1000)
        guilty = Death("hang", "no answer in time", "hanging:cpu:eager", "hanging.hanging(x, 'one')")
        innocent = replace(guilty, call="hanging.exp(x)")
        assert shard.leaving_out([guilty]).excluded == ((guilty.target, guilty.call),)
        assert [s.implementation.call for s in subjects_run(shard.leaving_out([guilty]))] == ["hanging.exp(x)"]
        assert shard.leaving_out([guilty, innocent]) == shard  # nobody would be left: it is tried again
        assert shard.leaving_out([]) == shard.leaving_out([Death("crash", "outside of calls")]) == shard


def test_only_what_may_compile_or_start_a_runtime_has_more_than_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_started", set())
    batch = Batch("float32", {"x": np.ones(4, np.float32)})

    def fresh() -> Calls:
        return Calls(Cell("exp", (), "float32", "value"), Clock(), Deadlines(patience=5.0))

    first = fresh()
    assert first._seconds(SUBJECT, batch, None) is None  # the runtime starts
    first.call(SUBJECT, batch)
    assert first._seconds(SUBJECT, batch, None) == 5.0
    second = fresh()
    assert second._seconds(SUBJECT, batch, None) == 5.0  # in another cell too: nothing compiles
    monkeypatch.setattr(Calls, "lengths", lambda calls, subject: (4, 8))
    assert second._seconds(SUBJECT, batch, None) is None
    second.call(SUBJECT, batch)
    assert second._seconds(SUBJECT, batch, None) == 5.0
    assert second._seconds(SUBJECT, Batch("float32", {"x": np.ones((4, 3), np.float32)}), None) is None  # another shape


def test_a_call_that_is_traced_has_little_more_than_the_patience_where_compiling_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "_started", {SUBJECT.target})
    monkeypatch.setattr(Calls, "lengths", lambda calls, subject: (4, 8))
    monkeypatch.setattr(compilation, "announcing", {SUBJECT.implementation.framework})
    batch = Batch("float32", {"x": np.ones(4, np.float32)})
    short = Calls(Cell("exp", (), "float32", "value"), Clock(), Deadlines(seconds=1.0, patience=5.0))
    assert short._seconds(SUBJECT, batch, None) == calls.TRACING * 5.0
    ample = Calls(Cell("exp", (), "float32", "value"), Clock(), Deadlines(patience=5.0))
    assert ample._seconds(SUBJECT, batch, None) is None


def test_compiling_counts_apart_where_it_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[float] = []
    monkeypatch.setattr(signal, "setitimer", lambda which, seconds: set_to.append(seconds))
    with watchdog.on_guard(45.0):
        compilation.announce(begins=True)  # outside of calls: nobody's time
        with watchdog.calling(seconds=5.0):
            compilation.announce(begins=True)
            compilation.announce(begins=False)
        with watchdog.calling(hosted=True, seconds=5.0):
            compilation.announce(begins=True)
        with watchdog.calling(seconds=10.0, compiled=5.0):  # traced first, then compiled, then run
            compilation.announce(begins=True)
            compilation.announce(begins=False)
    assert set_to == [900.0, 5.0, 45.0, 5.0, 900.0, 900.0, 900.0, 10.0, 45.0, 5.0, 900.0, 0]


def test_a_shards_calls_have_its_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float | None] = []

    def attempt(self: Calls, subject: Subject, batch: Batch, placement: Placement | None = None) -> NDArray[Any]:
        seen.append(self.deadlines.patience)
        return original(self, subject, batch, placement)

    original = Calls.attempt
    monkeypatch.setattr(Calls, "attempt", attempt)
    run_shard(Shard(Cell("exp", (), "float32", "value"), ("numpy:cpu:eager",), 0, 0, 1000, patience=5.0))
    assert set(seen) == {5.0}
