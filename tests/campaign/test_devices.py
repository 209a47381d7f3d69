"""Targets on a device in a night: a shard of their own, handed out one after another, with the CPU beside what they find."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.defects.planted import a_finding
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.due import Due
from ulpfuzz.fuzzer.campaign.plan import CellMemory, Visit, groups_of
from ulpfuzz.fuzzer.campaign.rerun import reruns
from ulpfuzz.fuzzer.campaign.schedule import Schedule
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import Shard
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.target import target_named

CPU, CUDA, JAX = "torch:cpu:eager", "torch:cuda:eager", "jax:cuda:jit"
CELLS = [Cell(op, (), "float32", "value") for op in ("exp", "log", "sin")]


def schedule(targets: Sequence[str], budget: str = "1M") -> Schedule:
    settings = Settings(Budget.parse(budget), targets=",".join(targets), workers=2, memory_limit=1 << 30)
    memory = {cell.key: CellMemory() for cell in CELLS}
    with Store("sqlite://") as store:
        return Schedule(settings, CELLS, memory, [target_named(name) for name in targets], {}, store)


def test_each_device_has_shards_of_its_own_beside_those_of_the_cpu() -> None:
    planned = schedule((CPU, CUDA, JAX))
    ((visit, shards),) = planned.round(0)
    _, prepared = planned.prepared((visit, shards))
    assert [(s.cell.op, s.targets, s.device) for s in shards[:2]] == [("exp", (CPU,), ""), ("exp", (CUDA, JAX), "cuda")]
    assert len({shard.id for shard in shards}) == len(shards) == 6
    assert [CUDA in shard.peers for shard in prepared] == [bool(shard.device) for shard in prepared]
    assert all(CPU in shard.peers for shard in prepared)
    assert [s.targets for s in schedule((CPU, "numpy:cpu:eager")).round(0)[0][1]] == [(CPU, "numpy:cpu:eager")] * 3


def test_what_waits_for_a_device_lets_the_others_go_first() -> None:
    planned = schedule((CPU, CUDA))
    ((visit, shards),) = planned.round(0)
    flow = planned.groups([planned.prepared((visit, shards))])
    first = [next(flow)[0] for _ in range(3)]
    assert sorted(shard.device for shard in first) == ["", "", "cuda"]
    (at,) = [shard for shard in first if shard.device]
    planned.returned(at)
    rest = [group[0] for group in flow]
    assert rest[0].device == "cuda"
    assert sorted(shard.id for shard in (*first, *rest)) == sorted(shard.id for shard in shards)


@pytest.mark.parametrize("number", [0, 1])
def test_the_plan_is_the_same_each_time(number: int) -> None:
    one, other = ([s.id for _, shards in schedule((CUDA, CPU), "20s").round(number) for s in shards] for _ in range(2))
    assert one == other


def test_a_group_holds_shards_of_one_device() -> None:
    shards = [Shard(cell, (target,), 0, 0, 1) for cell in CELLS for target in (CPU, CUDA)]
    assert all(len({shard.device for shard in group}) == 1 for group in groups_of(shards))
    assert [visit.device for visit in Visit((CUDA, CPU)).by_device()] == ["", "cuda"]


def test_earlier_findings_are_run_again_by_device() -> None:
    due = [Due(a_finding(target=target), "2026-11-01") for target in (CPU, CUDA, "torch@gone:cuda:eager")]
    tasks = reruns(due, (CPU, CUDA), (CPU, CUDA), 1.0, None)
    assert [(task.device, len(task.findings), task.peers) for task in tasks] == [("", 2, (CPU,)), ("cuda", 1, (CPU, CUDA))]
    assert len({task.id for task in tasks}) == 2
