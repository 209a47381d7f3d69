"""Shard: a pure function of (cell, targets, seed, round, budget, corpus, known, excluded): one cell searched, its findings certified.
Where its framework calls are run, and how long they may take, changes what becomes of one that does not come back."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from ulpfuzz.fuzzer.case import Case
from ulpfuzz.fuzzer.cell import Cell, Subject, subjects_of
from ulpfuzz.fuzzer.engine.task import OUT_OF_TIME, Death, Result, united
from ulpfuzz.fuzzer.evaluation.deadlines import TIME_LIMITED, Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.grid_memory import remembering
from ulpfuzz.fuzzer.evaluation.peers import Peers
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding
from ulpfuzz.fuzzer.findings.identity import device_of
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.proof.failures import failures_of, short_call_timeout
from ulpfuzz.fuzzer.proof.nondeterminism import end_processes, with_nondeterminism
from ulpfuzz.fuzzer.proof.rejected import Rejected
from ulpfuzz.fuzzer.proof.verdict_to_finding import findings_of
from ulpfuzz.fuzzer.search.search import Search, search_lengths
from ulpfuzz.fuzzer.search.support import Unsupported, first_calls, misrecorded_of

#: Seconds that a framework call may take: a compilation takes up to a minute on a busy machine.
CALL_TIMEOUT = 120.0
#: Times its patience that a call of a proof may take in its search; it may compile there.
SEARCHED = 2.0
#: Deaths that a subject may cost while its findings are certified: its process starts anew after each.
MAX_CRASHES = 3


@dataclass(frozen=True)
class Shard:
    """A pure function of its fields: one cell searched, its findings certified."""

    #: What is searched.
    cell: Cell
    #: Full names.
    targets: tuple[str, ...]
    #: Of the run.
    seed: int
    #: The number of the round, from 0.
    round: int
    #: The budget of the search, per subject.
    verdicts: int
    #: Cases to replay first.
    corpus: tuple[Case, ...] = ()
    #: Finding id -> excess reported before.
    known: tuple[tuple[str, float], ...] = ()
    #: (target, call) that are not run any more: they died, or do not support the cell.
    excluded: tuple[tuple[str, str], ...] = ()
    #: Every target in a process of its own, so that a crash ends no more than that.
    isolated: bool = False
    #: Seconds that a framework call may take.
    call_timeout: float = CALL_TIMEOUT
    #: Bytes that a process may have, None for any.
    memory: int | None = None
    #: The time (time.monotonic) at which a run's budget in time ends, and with it the search; what it has found is certified all the same, as it
    #: was seen.
    until: float | None = None
    #: The time (time.monotonic) at which its worker process is ended, whatever it does: a compiler takes a minute beyond `until`. None: never.
    ends: float | None = None
    #: Its own share of that time.
    seconds: float | None = None
    #: Seconds after which its search begins no further call, compiling included; None: no such limit.
    cap: float | None = None
    #: Seconds that a call may take once one like it has returned, in the worker's own process; the call that takes longer is set aside.
    patience: float | None = None
    #: Whether it only waits for the processes of its targets: the proof of a hang.
    waits: bool = False
    #: Which part of a round it is (plan.Visit).
    part: str = ""
    #: Targets that answer the bits of its findings only, where they are none of `targets`.
    peers: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Stable: the same cell, seed and round have the same id in a resumed run."""
        return f"r{self.round:02d}{self.part} {self.cell.key} s{self.seed}"

    @property
    def device(self) -> str:
        """The device of its targets, where it is not the CPU (plan.Visit.by_device)."""
        return device_of(self.targets)

    def run(self) -> ShardResult:
        """run_shard."""
        return run_shard(self)

    def after(self, death: Death, deaths: int) -> Shard | None:
        """Without the call that ended the worker, which is proved later by itself (`proof_of`); where it ended outside of a call, once more
        with every target in a process of its own, and time to meet it again."""
        if death.target and (death.target, death.call) not in self.excluded:
            return replace(self, excluded=tuple(sorted({*self.excluded, (death.target, death.call)})))
        if deaths > 1 or self.isolated:
            return None
        return replace(self, isolated=True, seconds=None if self.seconds is None else max(self.seconds, TIME_LIMITED / 2))

    def leaving_out(self, deaths: Sequence[Death]) -> Shard:
        """Without these calls: other cells of an op die of the same."""
        excluded = {*self.excluded, *((death.target, death.call) for death in deaths if death.target)}
        left = any((s.target, s.implementation.call) not in excluded for s in subjects_of(self.cell, self.targets))
        return replace(self, excluded=tuple(sorted(excluded))) if left else self

    @property
    def needs(self) -> tuple[str, ...]:
        """Its targets that compute the cell."""
        return tuple(dict.fromkeys(subject.target for subject in subjects_run(self)))

    def only(self, targets: Collection[str]) -> Shard:
        """Of these targets alone; each finds what it finds without the others."""
        return replace(self, targets=tuple(name for name in self.targets if name in targets))

    def joined(self, results: Sequence[ShardResult]) -> ShardResult:
        """Where some parts break, what the others found counts, and these are incidents; what was ended with the run is none."""
        whole = [result for result in results if not result.failure]
        if not whole:
            return united(results)
        broken = [result.failure for result in results if result.failure not in ("", OUT_OF_TIME)]
        kept = united(whole)
        return replace(kept, incidents=[*kept.incidents, *broken])

    def proof_of(self, target: str, call: str, call_timeout: float) -> Shard:
        """The shard of this call alone, in a process of its own that may take call_timeout seconds: what ended a worker is met again there,
        and is a finding if it ends that process too."""
        others = {(s.target, s.implementation.call) for s in subjects_of(self.cell, (target,))} - {(target, call)}
        return replace(
            self, targets=(target,), excluded=tuple(sorted(others)), isolated=True, waits=True, call_timeout=call_timeout, cap=None,
            seconds=None if self.seconds is None else max(self.seconds, TIME_LIMITED / 2), part=f"{self.part}!{_digest(target, call)}",
        )  # fmt: skip

    def broken(self, failure: str, *, died: bool = False) -> ShardResult:
        """The result of a shard that broke."""
        return ShardResult(self.id, self.cell.key, failure, died)


@dataclass(frozen=True)
class ShardResult(Result):
    """What a shard found. A cell whose shard broke is not counted as reached."""

    #: Elements judged.
    verdicts: int = 0
    #: Of the whole shard.
    seconds: float = 0.0
    #: Seconds, a partition of the shard's time (Clock).
    by_phase: dict[str, float] = field(default_factory=dict)
    #: Elements by the tier that knew their truth.
    by_tier: dict[str, int] = field(default_factory=dict)
    #: Seconds by tier.
    tier_seconds: dict[str, float] = field(default_factory=dict)
    #: A summary per subject.
    cells: list[CellSummary] = field(default_factory=list)
    #: Certified.
    findings: list[Finding] = field(default_factory=list)
    #: The worst points, for later rounds.
    corpus: list[Case] = field(default_factory=list)
    #: Subjects that were run.
    ran: int = 0
    #: (target, call) that the rest of the run leaves out in this cell.
    excluded: list[tuple[str, str]] = field(default_factory=list)
    #: Those that do not support the cell, and why.
    unsupported: list[Unsupported] = field(default_factory=list)
    #: Checks of arguments, which are no findings.
    rejected: list[Rejected] = field(default_factory=list)
    #: A line for each crash that did not happen again.
    incidents: list[str] = field(default_factory=list)
    #: (target, call) of peers that died.
    dead_peers: list[tuple[str, str]] = field(default_factory=list)
    #: Whether its cap ended the search before its share of the time was used.
    cut: bool = False


def _digest(target: str, call: str) -> str:
    return hashlib.sha256(f"{target} {call}".encode()).hexdigest()[:8]


def subjects_run(shard: Shard) -> list[Subject]:
    """Those that it may run: they compute its cell and are not left out."""
    return [s for s in subjects_of(shard.cell, shard.targets) if (s.target, s.implementation.call) not in shard.excluded]


def run_shard(shard: Shard) -> ShardResult:
    """Runs a shard in this process. Same arguments, same machine: same verdicts and findings (only the seconds differ)."""
    # What waits meets the hang again first, and only then waits for it with the whole timeout (failures_of).
    searched = min(shard.call_timeout, SEARCHED * shard.patience) if shard.waits and shard.patience else shard.call_timeout
    host.limit(searched, shard.memory, background=shard.waits)
    subjects = subjects_run(shard)
    peers = Peers(shard.cell, shard.peers, shard.targets, shard.excluded)
    deadlines = Deadlines(shard.until, shard.seconds, shard.cap, shard.patience)
    evaluator = Evaluator(shard.cell, subjects, isolated=shard.isolated, deadlines=deadlines, peers=peers)
    try:
        with remembering():
            return _run(shard, evaluator)
    finally:
        if shard.isolated:
            end_processes()
            evaluator.calls.end_hosts([*subjects, *peers.subjects])


def _run(shard: Shard, evaluator: Evaluator) -> ShardResult:
    start = time.perf_counter()
    # What waits is tried in short calls: where a thousand rows take too long, each of sixty-four may return and can be judged.
    evaluator.shapes.one = shard.round == 0 and evaluator.deadlines.time_limited and not shard.waits
    first = first_calls(evaluator, search_lengths(evaluator, shard.round))
    refused = first.unsupported
    evaluator.subjects = [subject for subject in evaluator.subjects if subject not in refused and subject not in first.slow]
    evaluator.deadlines.begin()
    seed = int.from_bytes(hashlib.sha256(f"{shard.seed} {shard.cell.key} {shard.round}".encode()).digest()[:6], "big")
    search = Search(evaluator, shard.verdicts * max(1, len(evaluator.subjects)), seed, shard.round)
    if evaluator.subjects:
        search.run(shard.corpus)
    searched = evaluator.clock.verdicts
    known = dict(shard.known)
    if any(crash.symptom == "hang" for crash in evaluator.calls.crashes.values()):
        host.limit(short_call_timeout(evaluator, evaluator.subjects, shard.call_timeout), shard.memory, background=shard.waits)
    evaluator.calls.reset_crashes(MAX_CRASHES)
    with evaluator.proving():
        findings = [
            f
            for ledger, found in zip(search.ledgers, findings_of(evaluator, search.ledgers, known), strict=True)
            for f in with_nondeterminism(evaluator, ledger.subject, found)
        ]
        failures = failures_of(evaluator, search.errors, shard.call_timeout, shard.memory)
    misrecorded = misrecorded_of(evaluator, search.errors)
    never = [s for s in misrecorded if not search.ledgers[evaluator.subjects.index(s)].verdicts]
    dead = evaluator.peers.dead(evaluator)
    excluded = {(s.target, s.implementation.call) for s in (*evaluator.calls.crashes, *refused, *never)} - set(dead)
    seconds = time.perf_counter() - start
    return ShardResult(
        shard.id, shard.cell.key, verdicts=searched, seconds=seconds, by_phase=dict(evaluator.clock.seconds),
        by_tier=dict(evaluator.clock.tally.elements), tier_seconds=dict(evaluator.clock.tally.seconds),
        cells=[ledger.summary() for ledger in search.ledgers], findings=findings + failures.findings, corpus=search.corpus(),
        cut=evaluator.deadlines.cut, ran=len(evaluator.subjects), excluded=sorted(excluded), unsupported=[*refused.values(), *misrecorded.values()],
        rejected=failures.rejected, incidents=failures.incidents, dead_peers=dead,
    )  # fmt: skip
