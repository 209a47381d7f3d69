"""Targets that no worker of a cluster has: said once, among the failures, and never called unsupported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import _Campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.cli.night import broken
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED
from ulpfuzz.fuzzer.engine.worker_process import guarded
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store

pytestmark = pytest.mark.usefixtures("planted")
TARGET, WHY = "faulty:cpu:eager", "faulty is not installed"


class Lacking:
    """An engine whose workers have nothing, or all but a part (whole: False)."""

    workers = 3

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole

    def __call__(self, groups: Iterable[Sequence[Any]], stop: Callable[[], bool]) -> Iterator[Any]:
        for task in (task for group in groups for task in group):
            result = task.broken(NOT_JUDGED) if self.whole else guarded(task)
            yield replace(result, missing=((TARGET, WHY),))


def settings_of(**rest: Any) -> Settings:
    chosen = {
        "ops": "faulty_calm,faulty_exp",
        "targets": "faulty",
        "dtypes": ("float32",),
        "orders": ("value",),
        "seed": 5,
        "workers": 0,
    }
    return Settings(Budget.parse("20k"), **{**chosen, **rest})


def run_of(store: Store, engine: Lacking, **rest: Any) -> Run:
    return _Campaign(settings_of(**rest), store, None).run(engine)


def test_what_nobody_has_ends_a_night_with_an_error(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/night.db") as store:
        run = run_of(store, Lacking(whole=True))
        environment = run.environment
        assert (run.state, run.verdicts, len(environment["failures"])) == ("failed", 0, 1)
        assert (
            environment["failures"][0] == f"{TARGET} was not judged, or not everywhere: no worker of the cluster has it ({WHY})"
        )
        assert environment["not_judged"] == {TARGET: WHY}
        assert (len(environment["cells_not_reached"]), environment["cells_unsupported"]) == (run.cells_planned, [])
        assert broken(run, store.cells(run.id)) == [f"{TARGET} was not judged: no worker of the cluster has it ({WHY})"]
        assert store.shard_payloads(run.id) == {}  # all of it is due when the run is resumed


def test_what_is_missing_in_part_is_a_failure_after_resuming_too(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/night.db") as store:
        run = run_of(store, Lacking(whole=False))
        assert (run.state, len(run.environment["failures"])) == ("finished", 1)
        assert broken(run, store.cells(run.id)) == []
        resumed = run_of(store, Lacking(whole=False), resume=run.id)
        assert resumed.environment["failures"] == run.environment["failures"]
