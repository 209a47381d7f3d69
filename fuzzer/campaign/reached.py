"""Reached: what earlier nights have visited, so that a night that is too short for the whole catalogue goes on where the last one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ulpfuzz.fuzzer.campaign.plan import Visit
from ulpfuzz.fuzzer.campaign.shard import Shard
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store

#: Earlier runs that are looked at, the latest ones; what was reached before is as good as never.
RUNS = 32
#: What two runs must have alike for the one to go on where the other ended: of another version all is to be visited anew, and other targets or
#: another selection are visited in other parts.
ALIKE = ("versions", "targets", "selection")
#: More than the turns of one run (plan.first_visits).
APART = 1000


def last_reached(store: Store, current: Run) -> dict[str, int]:
    """By shard of round 0 (visit_of) the number of runs like this one since the last that visited it; 0: the last one did. What broke, or did not
    come back, counts as visited: it must not be the first of every night."""
    told: dict[str, int] = {}
    for age, run in enumerate(_alike(store, current)[:RUNS]):
        for shard in (*store.shard_ids(run.id), *run.environment.get("in_vain", [])):
            told.setdefault(visit_of(shard), age)
    return told


def visit_of(shard: str) -> str:
    """What a shard visits, by its id: without the seed."""
    return shard.rpartition(" s")[0]


def going_on(planned: Sequence[tuple[Visit, list[Shard]]], reached: Mapping[str, int]) -> list[tuple[Visit, list[Shard]]]:
    """The visits of round 0 with what no earlier run has reached first, then what was reached longest ago; each of these in the order that the
    whole had. Modes that compile whole programs come after all else, as in every run: a visit costs three to twenty others (plan.COSTS). reached:
    see last_reached."""

    def place(visit: Visit, shard: Shard) -> tuple[bool, int]:
        return visit.compiles_programs, -reached.get(visit_of(shard.id), RUNS)

    at = [[place(visit, shard) for shard in shards] for visit, shards in planned]
    told = []
    for number, here in enumerate(sorted({one for places in at for one in places})):
        for (visit, shards), places in zip(planned, at, strict=True):
            some = [shard for shard, one in zip(shards, places, strict=True) if one == here]
            if some:
                told.append((replace(visit, turn=visit.turn + APART * number), some))
    return told


def _alike(store: Store, current: Run) -> list[Run]:
    """The earlier runs that this one goes on after, the latest first."""
    wanted = _facts(current.environment)
    return [
        run
        for run in store.runs()
        if run.verdicts and (run.started, run.id) < (current.started, current.id) and _facts(run.environment) == wanted
    ]


def _facts(environment: Mapping[str, Any]) -> list[Any]:
    return [environment.get(name) for name in ALIKE]
