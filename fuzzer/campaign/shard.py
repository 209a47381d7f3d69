"""Shard: a pure function of (cell, targets, seed, round, budget, corpus, known): one cell searched, its findings certified."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

from fuzzer.campaign.cell import Cell, subjects_of
from fuzzer.campaign.raised import exceptions_of
from fuzzer.campaign.search import Search
from fuzzer.campaign.trial import Trial
from fuzzer.campaign.verdict_to_finding import findings_of
from fuzzer.case import Case
from fuzzer.findings.finding import CellSummary, Finding


@dataclass(frozen=True)
class Shard:
    """verdicts: the budget of the search, per subject. corpus: cases to replay first. known: finding id -> excess reported before."""

    cell: Cell
    targets: tuple[str, ...]
    seed: int
    round: int
    verdicts: int
    corpus: tuple[Case, ...] = ()
    known: tuple[tuple[str, float], ...] = ()

    @property
    def id(self) -> str:
        """Stable: the same cell, seed and round have the same id in a resumed run."""
        return f"r{self.round:02d} {self.cell.key} s{self.seed}"


@dataclass(frozen=True)
class ShardResult:
    """What a shard found. by_phase: seconds, a partition of the shard's time (Clock). failure: one line where the shard itself broke
    (its cell is then not counted as reached)."""

    shard: str
    cell: str
    verdicts: int = 0
    seconds: float = 0.0
    by_phase: dict[str, float] = field(default_factory=dict)
    by_tier: dict[str, int] = field(default_factory=dict)
    tier_seconds: dict[str, float] = field(default_factory=dict)
    cells: list[CellSummary] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    corpus: list[Case] = field(default_factory=list)
    failure: str = ""


def run_shard(shard: Shard) -> ShardResult:
    """Runs a shard in this process. Same arguments, same machine: same verdicts and findings (only the seconds differ)."""
    start = time.perf_counter()
    subjects = subjects_of(shard.cell, shard.targets)
    trial = Trial(shard.cell, subjects)
    seed = int.from_bytes(hashlib.sha256(f"{shard.seed} {shard.cell.key} {shard.round}".encode()).digest()[:6], "big")
    search = Search(trial, shard.verdicts * max(1, len(subjects)), seed, shard.round)
    search.run(shard.corpus)
    searched = trial.clock.verdicts
    known = dict(shard.known)
    with trial.clock.phase("certify"):
        findings = [f for ledger in search.ledgers for f in findings_of(trial, ledger, known)]
        findings += exceptions_of(trial, search.errors)
    seconds = time.perf_counter() - start
    return ShardResult(
        shard.id, shard.cell.key, searched, seconds, dict(trial.clock.seconds), dict(trial.clock.tally.elements),
        dict(trial.clock.tally.seconds), [ledger.summary() for ledger in search.ledgers], findings, search.corpus(),
    )  # fmt: skip
