"""Shard: a pure function of (cell, targets, seed, round, budget, corpus, known, excluded): one cell searched, its findings certified.
Where its framework calls are run, and how long they may take, changes what becomes of one that does not come back."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace

from fuzzer.campaign.cell import Cell, Subject, subjects_of
from fuzzer.campaign.deadlines import TIME_LIMITED, Deadlines
from fuzzer.campaign.evaluator import Evaluator
from fuzzer.campaign.nondeterminism import end_processes, with_nondeterminism
from fuzzer.campaign.peers import Peers
from fuzzer.campaign.raised import raised_of, short_patience
from fuzzer.campaign.rejected import Rejected
from fuzzer.campaign.search import Search, lengths_of
from fuzzer.campaign.support import Unsupported, misrecorded_of, unsupported_of
from fuzzer.campaign.task import Result
from fuzzer.campaign.verdict_to_finding import findings_of
from fuzzer.case import Case
from fuzzer.findings.finding import CellSummary, Finding
from fuzzer.frameworks.hosts import host

#: Seconds that a framework call may take: a compilation takes up to a minute on a busy machine.
PATIENCE = 120.0
#: Deaths that a subject may cost while its findings are certified: its process starts anew after each.
LIVES = 3


@dataclass(frozen=True)
class Shard:
    """verdicts: the budget of the search, per subject. corpus: cases to replay first. known: finding id -> excess reported before.

    excluded: (target, call) that are not run any more: they died, or do not support the cell. alone: every target in a process of its
    own, so that a death ends no more than that. patience: seconds that a framework call may take. memory: bytes that a process may have,
    None for any. until: the time (time.time) at which a run's budget in time ends, and with it the search and the shrinking; what it has
    found is certified all the same. seconds: its own share of that time. part: which part of a round it is (plan.Visit). peers: targets
    that are asked about its findings alone, where they are none of `targets`.
    """

    cell: Cell
    targets: tuple[str, ...]
    seed: int
    round: int
    verdicts: int
    corpus: tuple[Case, ...] = ()
    known: tuple[tuple[str, float], ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()
    alone: bool = False
    patience: float = PATIENCE
    memory: int | None = None
    until: float | None = None
    seconds: float | None = None
    part: str = ""
    peers: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Stable: the same cell, seed and round have the same id in a resumed run."""
        return f"r{self.round:02d}{self.part} {self.cell.key} s{self.seed}"

    def run(self) -> ShardResult:
        """run_shard."""
        return run_shard(self)

    def apart(self) -> Shard:
        """Alone, with time to meet again what killed it: calls take longer there."""
        return replace(self, alone=True, seconds=None if self.seconds is None else max(self.seconds, TIME_LIMITED / 2))

    def broken(self, failure: str, *, died: bool = False) -> ShardResult:
        """The result of a shard that broke."""
        return ShardResult(self.id, self.cell.key, failure, died)


@dataclass(frozen=True)
class ShardResult(Result):
    """What a shard found. by_phase: seconds, a partition of the shard's time (Clock). A cell whose shard broke is not counted as reached.

    ran: subjects that were run. excluded: (target, call) that the rest of the run leaves out in this cell; unsupported: why, for those
    that do not support it. incidents: a line for each death that did not happen again. dead_peers: (target, call) of peers that died.
    """

    verdicts: int = 0
    seconds: float = 0.0
    by_phase: dict[str, float] = field(default_factory=dict)
    by_tier: dict[str, int] = field(default_factory=dict)
    tier_seconds: dict[str, float] = field(default_factory=dict)
    cells: list[CellSummary] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    corpus: list[Case] = field(default_factory=list)
    ran: int = 0
    excluded: list[tuple[str, str]] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    dead_peers: list[tuple[str, str]] = field(default_factory=list)


def subjects_run(shard: Shard) -> list[Subject]:
    """Those that it may run: they compute its cell and are not left out."""
    return [s for s in subjects_of(shard.cell, shard.targets) if (s.target, s.implementation.call) not in shard.excluded]


def run_shard(shard: Shard) -> ShardResult:
    """Runs a shard in this process. Same arguments, same machine: same verdicts and findings (only the seconds differ)."""
    host.limit(shard.patience, shard.memory)
    subjects = subjects_run(shard)
    peers = Peers(shard.cell, shard.peers, shard.targets, shard.excluded)
    trial = Evaluator(shard.cell, subjects, alone=shard.alone, deadlines=Deadlines(shard.until, shard.seconds), peers=peers)
    try:
        return _run(shard, trial)
    finally:
        if shard.alone:
            end_processes()
            trial.calls.end_hosts([*subjects, *peers.subjects])


def _run(shard: Shard, trial: Evaluator) -> ShardResult:
    start = time.perf_counter()
    refused = unsupported_of(trial, lengths_of(trial.op, shard.cell.order, shard.round))
    trial.subjects = [subject for subject in trial.subjects if subject not in refused]
    trial.deadlines.begin()
    seed = int.from_bytes(hashlib.sha256(f"{shard.seed} {shard.cell.key} {shard.round}".encode()).digest()[:6], "big")
    search = Search(trial, shard.verdicts * max(1, len(trial.subjects)), seed, shard.round)
    if trial.subjects:
        search.run(shard.corpus)
    searched = trial.clock.verdicts
    known = dict(shard.known)
    if any(death.symptom == "hang" for death in trial.calls.deaths.values()):
        host.limit(short_patience(trial, trial.subjects, shard.patience), shard.memory)
    trial.calls.revive(LIVES)
    with trial.proving():
        findings = [
            f for ledger in search.ledgers for f in with_nondeterminism(trial, ledger.subject, findings_of(trial, ledger, known))
        ]
        raised = raised_of(trial, search.errors, shard.patience, shard.memory)
    misrecorded = misrecorded_of(trial, search.errors)
    never = [s for s in misrecorded if not search.ledgers[trial.subjects.index(s)].verdicts]
    dead = trial.peers.dead(trial)
    excluded = {(s.target, s.implementation.call) for s in (*trial.calls.deaths, *refused, *never)} - set(dead)
    seconds = time.perf_counter() - start
    return ShardResult(
        shard.id, shard.cell.key, verdicts=searched, seconds=seconds, by_phase=dict(trial.clock.seconds),
        by_tier=dict(trial.clock.tally.elements), tier_seconds=dict(trial.clock.tally.seconds),
        cells=[ledger.summary() for ledger in search.ledgers], findings=findings + raised.findings, corpus=search.corpus(),
        ran=len(trial.subjects), excluded=sorted(excluded), unsupported=[*refused.values(), *misrecorded.values()],
        rejected=raised.rejected, incidents=raised.incidents, dead_peers=dead,
    )  # fmt: skip
