"""Beside a finding stand the answers of every installed target, visited or not; who is right there is always named."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from planted_frameworks import Planted
from planted_frameworks import planted as planted_as_torch
from test_run import stores
from test_shard import TARGET, numbers

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult, run_shard
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.defects.kind import kind_of
from ulpfuzz.fuzzer.evaluation.peers import Peers, peer_targets
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.in_process import adopted
from ulpfuzz.fuzzer.frameworks.targets import target as target_module
from ulpfuzz.fuzzer.frameworks.targets.config import Config, Spec, declare, forget

__all__ = ["stores"]

CUDA, TORCH, NUMPY, JAX = "torch:cuda:eager", "torch:cpu:eager", "numpy:cpu:eager", "jax:cpu:eager"


def half(right: np.ndarray, batch: object) -> np.ndarray:
    """Loses half the digits of every number."""
    return (right * right.dtype.type(1.001)).astype(right.dtype)


def shard(op: str, target: str, *peers: str, order: str = "value", **rest: object) -> ShardResult:
    return run_shard(Shard(Cell(op, (), "float32", order), (target,), 0, 0, 20_000, peers=peers, **rest))  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [None, 2.0])
def test_who_is_right_is_named_though_nobody_visits_it(seconds: float | None) -> None:
    with planted_as_torch(np.exp, half):
        result = shard("exp", TORCH, NUMPY, JAX, seconds=seconds)
    assert {cell.target for cell in result.cells} == {TORCH}
    (finding,) = [f for f in result.findings if f.symptom == "precision" and f.implementation == "torch.exp(x)"]
    asked = {NUMPY, JAX} if seconds is None else {NUMPY}  # a first visit compiles nothing for others' findings
    assert {answer.target for answer in finding.answers} & {NUMPY, JAX} == asked
    assert set(finding.avoidable_by) & {NUMPY, JAX} == asked
    assert {a.class_ for a in finding.answers if a.target in (NUMPY, JAX)} == {"ok"}


def test_a_run_on_one_target_asks_the_others(stores: Callable[[], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    assert {TORCH, NUMPY} <= set(peer_targets([TORCH]))
    assert peer_targets(["torch:cpu:compile"])[0] != "torch:cpu:compile"
    monkeypatch.setattr(
        "ulpfuzz.fuzzer.campaign.schedule.peer_targets", lambda targets: (*targets, NUMPY)
    )  # the others take seconds to import
    store = stores()
    with planted_as_torch(np.exp, half):
        run = run_campaign(
            Settings(
                Budget(verdicts=1000), ops="exp", targets="torch", dtypes=("float32",), orders=("value",), seed=1, workers=0
            ),
            store,
        )
    assert {cell.target for cell in store.cells(run.id)} == {TORCH}
    assert all(NUMPY in finding.avoidable_by for finding in store.findings(run.id))
    assert store.findings(run.id)


def test_what_only_the_device_gets_wrong_is_a_defect_of_its_own_kind_with_the_cpu_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(target_module, "hosted", lambda target: adopted(Planted(np.exp, half)))
    with planted_as_torch(np.exp):
        peers = peer_targets([CUDA])
        assert {CUDA, TORCH} <= set(peers)
        result = shard("exp", CUDA, *peers)
    assert {cell.target for cell in result.cells} == {CUDA}
    (finding,) = [f for f in result.findings if f.symptom == "precision" and f.implementation == "torch.exp(x)"]
    assert {a.class_ for a in finding.answers if a.target == TORCH and a.implementation == finding.implementation} == {"ok"}
    assert TORCH in finding.avoidable_by
    assert kind_of(finding) == "device"


def test_the_peers_of_a_device_are_the_same_framework_eager_there_and_on_the_cpu() -> None:
    declare(Config({"new": Spec("new", "torch", "cuda", "compile", sys.executable, where="test")}, ()))
    try:
        assert peer_targets(["torch@new:cuda:compile;tf32=on"])[:2] == ("torch@new:cuda:eager", "torch@new:cpu:eager")
        assert peer_targets([TORCH])[0] == TORCH
    finally:
        forget()


@pytest.mark.usefixtures("planted")
def test_a_peer_that_dies_takes_nothing_with_it() -> None:
    result = shard("faulty_beside", NUMPY, TARGET, isolated=True, call_timeout=20.0)
    (finding,) = [f for f in result.findings if f.symptom == "precision"]
    told = {answer.implementation: answer.symptom for answer in finding.answers}
    assert told == {"np.exp(x) * np.float32(1.001)": "precision", "faulty.exp_dies(x)": "crash", "faulty.exp_right(x)": "none"}
    assert finding.avoidable_by == [TARGET]
    assert np.isfinite(numbers(finding)).all()
    assert (result.excluded, result.dead_peers) == ([], [(TARGET, "faulty.exp_dies(x)")])


def test_a_target_that_only_another_process_knows_is_no_peer() -> None:
    """The coordinator names its targets to the workers; a target registered in one process only is not run elsewhere."""
    cell = Cell("exp", (), "float32", "value")
    assert Peers(cell, ("nobody:cpu:eager",)).subjects == []
