"""A night that is too short for the whole catalogue goes on where the last one ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ulpfuzz.fuzzer.campaign import schedule
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.plan import CellMemory
from ulpfuzz.fuzzer.campaign.reached import going_on, last_reached, visit_of
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.schedule import Planned, Schedule
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.catalog.registry import select
from ulpfuzz.fuzzer.cell import cells_of
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

OPS = "exp,log,sin,cos"
ALIKE = {"versions": {"torch": "2"}, "targets": ["torch:cpu:eager"], "selection": {"ops": OPS}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'nights.db'}") as opened:
        yield opened


def first_round(seed: int = 1, targets: str = "torch,jax", budget: str = "10s", **reached: int) -> list[Planned]:
    """The visits of a night, whose time is short; reached: by op."""
    settings = Settings(
        Budget.parse(budget), ops=OPS, targets=targets, dtypes=("float32",), orders=("value", "grad"), seed=seed, workers=1
    )
    named = targets_named(targets)
    cells = cells_of(select(OPS), settings.dtypes, settings.orders, named)
    nothing: Any = None  # the store, which says what earlier runs found
    planner = Schedule(settings, cells, {cell.key: CellMemory() for cell in cells}, named, {}, nothing)
    plain = planner.round(0)
    ages = {visit_of(shard.id): reached[shard.cell.op] for _, shards in plain for shard in shards if shard.cell.op in reached}
    planner.reached = lambda: ages
    return planner.round(0)


def ops_of(planned: list[Planned]) -> list[tuple[str, list[str]]]:
    return [(visit.part, [shard.cell.op for shard in shards]) for visit, shards in planned]


def test_what_no_night_has_reached_comes_first_then_what_was_reached_longest_ago() -> None:
    plain = first_round()
    parts = [part for part, _ in ops_of(plain)]
    assert len(parts) > 2
    ((_, ops), *_) = ops_of(plain)
    told = first_round(**{ops[0]: 0, ops[1]: 2})
    (first, second) = ([op for op in ops if op not in ops[:2]], [ops[1]])
    with_programs = {visit.part for visit, _ in plain if visit.compiles_programs}
    eager = [part for part in parts if part not in with_programs]
    assert [(part, some) for part, some in ops_of(told) if part in eager] == [
        *((part, first) for part in eager), *((part, second) for part in eager), *((part, [ops[0]]) for part in eager)
    ]  # fmt: skip
    assert sorted(shard.id for _, shards in told for shard in shards) == sorted(s.id for _, shards in plain for s in shards)
    turns = [visit.turn for visit, _ in told]
    assert turns == sorted(turns)


def test_modes_that_compile_programs_come_after_all_else() -> None:
    planned = first_round(targets="jax,jax:cpu:jit")
    assert [visit.compiles_programs for visit, _ in planned] == sorted(visit.compiles_programs for visit, _ in planned)
    told = going_on(
        planned, {visit_of(shard.id): 0 for visit, shards in planned for shard in shards if not visit.compiles_programs}
    )
    assert [visit.part for visit, _ in told] == [visit.part for visit, _ in planned]


def test_runs_that_are_alike_say_what_was_reached(store: Store) -> None:
    def a_run(day: int, shards: list[str], *, verdicts: int = 1000, **changed: Any) -> Run:
        run = Run(
            f"2026110{day}-0001", day, f"2026-11-0{day}T02:00:00+00:00", "5m", verdicts=verdicts, environment={**ALIKE, **changed}
        )
        store.start_run(run)
        for shard in shards:
            store.save_shard(run.id, f"{shard} s{day}", "{}", [], [])
        return run

    a_run(1, ["r00a exp float32 value", "r00a log float32 value"])
    a_run(2, ["r00a sin float32 value"], versions={"torch": "1"})
    a_run(3, ["r00a cos float32 value"], verdicts=0)  # it judged nothing
    a_run(4, ["r00a log float32 value"], in_vain=["r00a tan float32 value s4"])
    now = a_run(5, ["r00a sinh float32 value"])
    told = last_reached(store, now)
    assert told == {"r00a log float32 value": 0, "r00a tan float32 value": 0, "r00a exp float32 value": 1}
    assert last_reached(store, replace(now, environment={**ALIKE, "selection": {"ops": "exp"}})) == {}


def test_two_short_nights_reach_different_cells(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "yields_of", lambda _: lambda cell: 0.0)  # no op comes first for what it gave before
    settings = Settings(Budget.parse("4s"), targets="numpy", orders=("value",), seed=1, workers=0)
    night = run_campaign(settings, store)
    first = {shard for shard in store.shard_ids(night.id) if shard.startswith("r00")}
    later = run_campaign(replace(settings, seed=2, baseline=night.id), store)
    second = {shard for shard in store.shard_ids(later.id) if shard.startswith("r00")}
    assert first
    assert second
    assert not {visit_of(shard) for shard in first} & {visit_of(shard) for shard in second}
    # A run without a baseline begins as any does.
    plain = run_campaign(replace(settings, seed=3), store)
    assert {visit_of(shard) for shard in first} & {visit_of(shard) for shard in store.shard_ids(plain.id)}
