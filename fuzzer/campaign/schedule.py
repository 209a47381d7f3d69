"""Schedule: what is handed out to workers, in which order, with how much time; and what is left out because it has died before."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, groupby

from ulpfuzz.fuzzer.campaign.aside import Aside
from ulpfuzz.fuzzer.campaign.modes import compiled_beside
from ulpfuzz.fuzzer.campaign.pace import Pace
from ulpfuzz.fuzzer.campaign.plan import (
    COSTS,
    GROWTH,
    CellMemory,
    Visit,
    first_visits,
    groups_of,
    longest_visit,
    round_of,
    side_by_side,
)
from ulpfuzz.fuzzer.campaign.reached import going_on
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT, Shard, ShardResult, subjects_run
from ulpfuzz.fuzzer.campaign.yields import yields_of
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.engine.task import Death
from ulpfuzz.fuzzer.engine.worker_process import own_share
from ulpfuzz.fuzzer.evaluation.peers import of_cpu, peer_targets
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.target import Target

#: Seconds that a framework call may take in a run that is short of time. Compiling an op takes up to 20 on a busy machine.
SHORT_CALL_TIMEOUT = 45.0
#: Seconds that a call may take in cells of an op of which a call has crashed or hung before.
RETRY_CALL_TIMEOUT = 20.0
#: Seconds that a call may take once one like it has returned; a call that takes longer is set aside.
PATIENCE = 5.0
#: A first visit makes no further call of its search after so many seconds, or so many times those that it was granted, compiling included.
CAP, GRANTS = 0.5, 4.0
#: Seconds beyond the search in which what was set aside may still be proved, before casework begins.
PROOFS = 20.0
#: The same where no casework follows, and seconds beyond the end of a run after which what still runs is ended; each at least so many, and a share
#: of the run's time beyond.
LATE, LATE_SHARE = 5.0, 0.05
#: The share of the time left within which a round is expected to end, that is ordered by what its shards take.
SURE = 0.5
#: The letter of the visits of compiled modes where the time suffices for all else at once.
MODES = "m"

#: A visit, and the shards that it consists of.
Planned = tuple[Visit, list[Shard]]


class Schedule:
    """The shards of one run. memory: what is known of each cell, by its key. took: seconds that cells took, by their keys. store: of earlier
    runs, which say where most is to be found."""

    def __init__(
        self, settings: Settings, cells: Sequence[Cell], memory: Mapping[str, CellMemory], targets: Sequence[Target], took: Mapping[str, float],
        store: Store,
    ) -> None:  # fmt: skip
        self.settings, self.cells, self.memory, self.took, self.store = settings, cells, memory, took, store
        self.targets = tuple(map(str, targets))
        self.modes = tuple(map(str, compiled_beside(targets, settings)))
        self.peers = peer_targets(self.targets)
        self.memory_limit = own_share(settings.memory_limit, settings.workers, settings.scheduler)
        self.workers = max(1, settings.workers)  # of a cluster those that there are as a round begins
        self.fatal: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)  # by op the (target, call) that crashed or hung
        self.slow: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)  # those of them that were only slow
        self.dead_peers: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)  # by op; they are called no more
        self.aside = Aside(settings.case_timeout)
        self.shards: dict[str, Shard] = {}  # by id, what was handed out
        self._at: defaultdict[str, set[str]] = defaultdict(set)  # by device the ids of what is there
        self.pace: Pace | None = None  # of the parts of round 0, where the time is short
        self.until: float | None = None
        self.proved_until: float | None = None  # what was set aside
        self.ends: float | None = None  # what still runs
        self.reached: Callable[[], Mapping[str, int]] = (
            dict  # by earlier nights (reached.last_reached); read where the time is short
        )
        self.begin(time.monotonic())

    def begin(self, start: float) -> None:
        """The run's time counts from then on (time.monotonic)."""
        seconds = self.settings.discovery_seconds
        self.until = None if seconds is None else start + seconds
        late = 0.0 if seconds is None else LATE + LATE_SHARE * seconds
        self.proved_until = None if self.until is None else self.until + (PROOFS if self.settings.casework else min(PROOFS, late))
        self.ends = None if self.until is None or self.proved_until is None else max(self.proved_until, self.until + late)

    @cached_property
    def yields(self) -> Callable[[Cell], float]:
        """Findings per second to be expected of a cell; read where the time is short, for that takes a moment."""
        return yields_of(self.store)

    # What there is to do

    def round(self, number: int) -> list[Planned]:
        """The visits of a round."""
        visits = self._visits() if number == 0 else [Visit(self.targets)]
        planned = [(visit, self._shards(number, visit)) for visit in visits]
        return going_on(planned, self.reached()) if number == 0 and self.pace is not None else planned

    def prepared(self, planned: Planned) -> Planned:
        """The shards as they are run."""
        visit, shards = planned
        patience = min(PATIENCE, self.settings.case_timeout or PATIENCE)
        fresh = [
            replace(
                shard,
                until=self.until,
                ends=self.ends,
                peers=self._peers(shard),
                excluded=self._excluded(shard),
                patience=patience,
            )
            for shard in shards
        ]
        if self.until is None:  # all of them are run: those that take longest first, so that no worker waits for the last
            fresh.sort(key=self._seconds, reverse=True)
        elif not visit.part or self.pace is None:
            longest = longest_visit(self.until - time.monotonic(), self.workers, len(fresh))
            cap = CAP if visit.part == MODES else None
            fresh = [replace(shard, seconds=longest, cap=cap) for shard in fresh]
            if self._fits(fresh, self.until - time.monotonic()):
                fresh.sort(key=self._seconds, reverse=True)  # stable: of equals the productive ones first
        self.shards.update({shard.id: shard for shard in fresh})
        return visit, fresh

    def groups(self, planned: Sequence[Planned]) -> Iterator[list[Shard]]:
        """The tasks of workers. What needs a device that is in use comes later, as long as there is something else to hand out: a device has one
        worker (WorkerProcesses.take), and what waits for it holds up another."""
        later: dict[str, deque[list[Shard]]] = defaultdict(deque)
        for group in self._groups(planned):
            for device, waiting in later.items():
                if waiting and not self._at[device]:
                    yield self._given(waiting.popleft())
            device = group[0].device
            if device and not group[0].waits and (self._at[device] or later[device]):
                later[device].append(group)
            else:
                yield self._given(group)
        for waiting in later.values():
            yield from map(self._given, waiting)

    def _given(self, group: list[Shard]) -> list[Shard]:
        """Notes what is at a device."""
        if group[0].device:
            self._at[group[0].device].update(shard.id for shard in group)
        return group

    def returned(self, shard: Shard) -> None:
        """It has been run, or was given up."""
        self._at[shard.device].discard(shard.id)

    def _groups(self, planned: Sequence[Planned]) -> Iterator[list[Shard]]:
        """The tasks of workers, in their order. Where the time is short each shard has its seconds as it is handed out, and what was set aside goes
        beside them as it comes, for it only waits."""
        for _, of_one_turn in groupby(planned, key=lambda pair: pair[0].turn):
            parts = list(of_one_turn)
            if self.pace is None or not parts[0][0].part:
                yield from ([shard] for _, shards in parts for shard in shards)
                continue
            for visit, group in side_by_side([[(v, g) for g in groups_of(shards, self.yields)] for v, shards in parts]):
                yield from self.set_aside()
                yield [self._paced(shard, visit, self.pace) for shard in group]

    def set_aside(self) -> Iterator[list[Shard]]:
        """The proofs that are due."""
        for group in self.aside.due(self.proved_until):
            self.shards.update({shard.id: shard for shard in group})
            yield group

    # What died

    def died(self, shard: Shard, deaths: Sequence[Death]) -> None:
        """These calls ended the worker of this shard: they are proved by themselves, and left out of the other cells of the op."""
        for death in deaths:
            self.aside.set(shard, death)
            if death.target:
                self.fatal[shard.cell.op].add((death.target, death.call))

    def judged(self, shard: Shard, result: ShardResult) -> None:
        """A call that ended a worker and returned in short calls is slow: it is left out of the other cells of its op, but visited beside them."""
        if shard.waits and result.verdicts and not any(finding.symptom in ("crash", "hang") for finding in result.findings):
            calls = {(s.target, s.implementation.call) for s in subjects_run(shard)}
            self.slow[shard.cell.op] |= calls.difference(map(tuple, result.excluded))

    def found(self, finding: Finding) -> None:
        """A crash or a hang is left out of the other cells of its op."""
        if finding.symptom in ("crash", "hang"):
            self.fatal[finding.op].add((finding.target, finding.implementation))

    def without_fatal(self, shard: Shard) -> Shard:
        """The shard without the calls that died in another cell of its op: a minute each for what is known. A later round, where the time
        of the run allows for one, meets them again. Where there are no others, with these only and a short timeout."""
        fatal = self.fatal[shard.cell.op]
        if not fatal:
            return shard
        excluded = fatal | set(shard.excluded)
        calls = [(s.target, s.implementation.call) for s in subjects_of(shard.cell, shard.targets)]
        if any(call not in excluded for call in calls):
            for call in sorted(self.slow[shard.cell.op].intersection(calls)):
                self.aside.visit(shard, *call)
            return replace(shard, excluded=tuple(sorted(excluded)))
        call_timeout = shard.call_timeout if self.settings.case_timeout else min(shard.call_timeout, RETRY_CALL_TIMEOUT)
        return replace(shard, isolated=True, waits=True, cap=None, call_timeout=call_timeout)

    # How

    def _visits(self) -> list[Visit]:
        """Those of round 0; of compiled modes last."""
        names = self.targets + self.modes
        seconds = self.settings.discovery_seconds
        visits = first_visits(self.cells, names, None if seconds is None else seconds * self.workers)
        if not visits[0].part:
            return [Visit(self.targets), *([Visit(self.modes, MODES)] if self.modes else [])]
        if seconds is not None and self.until is not None:
            # What a C++ compiler takes is not saved from the others' shares: it comes last, in what is left.
            work = sum(v.weight * len(self._shards(0, v)) for v in visits if v.weight < COSTS[-1])
            self.pace = Pace(work, self.until, self.workers)
        return visits

    def _shards(self, number: int, visit: Visit) -> list[Shard]:
        """Of each cell one on the CPU, then one on each other device."""
        call_timeout = self._call_timeout(visit)
        shards = [
            round_of(number, self.cells, self.memory, own.targets, self.settings.seed, call_timeout, self.memory_limit, visit=own)
            for own in visit.by_device()
        ]
        if len(shards) == 1:
            return shards[0]
        place = {key: number for number, key in enumerate(dict.fromkeys(shard.cell.key for shard in chain(*shards)))}
        return sorted(chain(*shards), key=lambda shard: place[shard.cell.key])

    def _peers(self, shard: Shard) -> tuple[str, ...]:
        return self.peers if shard.device else of_cpu(self.peers)

    def _call_timeout(self, visit: Visit) -> float:
        """Seconds of a call: as requested; few in a visit that has a second or two, for a call that hangs costs a worker all of them."""
        return self.settings.case_timeout or (SHORT_CALL_TIMEOUT if visit.part else CALL_TIMEOUT)

    def _excluded(self, shard: Shard) -> tuple[tuple[str, str], ...]:
        """What the shard leaves out: of its targets what died in its cell, of its peers what died beside any finding of its op."""
        dead = {(target, call) for target, call in self.dead_peers[shard.cell.op] if target not in shard.targets}
        return tuple(sorted({*shard.excluded, *dead}))

    def _seconds(self, shard: Shard) -> tuple[float, bool]:
        """What a shard may take beside the others: what its cell took before, else vectors, whose every length is compiled, more than
        scalars."""
        return self.took.get(shard.cell.key, 0.0), not shard.cell.record.elementwise

    def _fits(self, shards: Sequence[Shard], left: float) -> bool:
        """Whether a later round is over long before its time is, so that its order may serve its end: of a thousand workers, 30 % of their time
        goes into waiting for the last of each round where these come as they come (measured, docs/explanation/scale.md). A cell takes GROWTH times
        what it took at most."""
        if not shards or not shards[0].round:
            return False
        expected = GROWTH * sum(self.took.get(shard.cell.key, 0.0) for shard in shards) / self.workers
        return expected < SURE * left

    def _paced(self, shard: Shard, visit: Visit, pace: Pace) -> Shard:
        """The shard with its seconds, where the visit is a part of a round whose time is short."""
        seconds = pace.next(visit.weight, visit.times)
        paced = self.without_fatal(replace(shard, seconds=seconds, cap=max(CAP, GRANTS * seconds)))
        self.shards[shard.id] = paced  # what it is set aside from has little time too
        return paced
