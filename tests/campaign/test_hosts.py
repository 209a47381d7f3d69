"""A campaign on a target of ulpfuzz.toml: workers know it, the run records it, a finding on it can be run again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.engine.environment import fingerprint
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets import config, target
from ulpfuzz.fuzzer.frameworks.targets.config import Config, Spec
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.point.reproduce import reproduce

HERE, THERE = "numpy:cpu:eager", "numpy@own:cpu:eager"


@pytest.fixture
def own() -> Iterator[None]:
    """Known to this process alone: no file says so."""
    config.declare(Config({"own": Spec("own", "numpy")}))
    yield
    config.forget()
    target.forget()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_campaign_on_a_host(own: None, workers: int, tmp_path: Path) -> None:
    settings = Settings(
        Budget.parse("60k"), ops="norm", targets="own,numpy", dtypes=("float32",), orders=("value",), seed=3, workers=workers
    )
    with Store(f"sqlite:///{tmp_path / 'u.db'}") as store:
        run = run_campaign(settings, store)
        assert run.environment["failures"] == []
        assert {cell.target for cell in store.cells(run.id)} == {HERE, THERE}
        found = {f.target: f for f in store.findings(run.id) if f.params["ord"] == 2 and f.symptom == "inf"}
        assert set(found) == {HERE, THERE}, "squares overflow in both processes"
        told = compare(store, run.id, run.id, (THERE, HERE))
    # The same kernels got the same bits, so that nothing has changed from one to the other.
    assert {status: count for status, count in told.counts().items() if count} == {"known": len(told.known)}
    assert reproduce(found[THERE]).still_fails


def test_the_run_records_its_hosts(own: None) -> None:
    told = fingerprint(targets_named("own,numpy"), Settings(Budget.parse("1k")))
    assert told["targets"] == [THERE, HERE]
    assert told["versions"]["numpy@own"] == told["versions"]["numpy"]
    assert told["hosts"][THERE] == {
        "framework": told["versions"]["numpy"], "interpreter": sys.executable, "python": sys.version.split()[0], "switches": {}
    }  # fmt: skip
    assert set(told["hosts"]) == {THERE}
