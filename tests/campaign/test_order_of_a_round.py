"""What takes longest comes first in a round that surely ends in time: of many workers none waits for the last."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.plan import CellMemory
from ulpfuzz.fuzzer.campaign.schedule import Schedule
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.catalog.registry import select
from ulpfuzz.fuzzer.cell import cells_of
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

OPS = "exp,log,sin,cos,tanh"


def order(took: dict[str, float], number: int) -> list[str]:
    settings = Settings(Budget.parse("1h"), ops=OPS, targets="numpy", dtypes=("float32",), orders=("value",), workers=4)
    targets = targets_named("numpy")
    cells = cells_of(select(OPS), settings.dtypes, settings.orders, targets)
    nothing: Any = None  # the store, which says what earlier runs found
    schedule = Schedule(settings, cells, {cell.key: CellMemory() for cell in cells}, targets, took, nothing)
    ((_, shards),) = map(schedule.prepared, schedule.round(number))
    return [shard.cell.op for shard in shards]


def test_what_takes_longest_comes_first_where_there_is_time_for_all() -> None:
    planned = order({}, 1)
    seconds = {f"{op} float32 value": float(k) for k, op in enumerate(planned)}
    assert order(seconds, 1) == planned[::-1]
    assert order(seconds, 0) == planned  # round 0 has the plan's order
    assert (
        order({name: 1000 * took for name, took in seconds.items()}, 1) == planned
    )  # who knows how many of them there is time for
