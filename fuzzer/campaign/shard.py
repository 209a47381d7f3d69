"""Shard: a pure function of (cell, targets, seed, round, budget, corpus, known): one cell searched, its findings certified."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

import numpy as np

from fuzzer.campaign.cell import Cell, subjects_of
from fuzzer.campaign.search import Search
from fuzzer.campaign.trial import RECORD_ERRORS, Trial
from fuzzer.campaign.verdict_to_finding import findings_of
from fuzzer.case import Batch, Case
from fuzzer.findings.finding import CellSummary, Finding
from fuzzer.findings.identity import finding_id
from fuzzer.frameworks.framework import FrameworkError


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
        findings += _exceptions(trial, search)
    seconds = time.perf_counter() - start
    return ShardResult(
        shard.id, shard.cell.key, searched, seconds, dict(trial.clock.seconds), dict(trial.clock.tally.elements),
        dict(trial.clock.tally.seconds), [ledger.summary() for ledger in search.ledgers], findings, search.corpus(),
    )  # fmt: skip


def _exceptions(trial: Trial, search: Search) -> list[Finding]:
    """A framework that raised on inputs of the op's domain: the guilty row, found by bisection."""
    found = []
    for number, (message, batch) in search.errors.items():
        if message.startswith(RECORD_ERRORS):
            continue
        subject = trial.subjects[number]
        row = _guilty(trial, number, batch)
        if row is None:
            continue
        cell, case = trial.cell, row.case(0)
        found.append(
            Finding(
                id=finding_id(cell.op, dict(cell.params), cell.order, cell.dtype, subject.target, subject.implementation.call, "exception"),
                op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype, target=subject.target,
                implementation=subject.implementation.call, symptom="exception", class_="unstable", ulps=float("inf"), excess=float("inf"),
                condition=float("nan"), limit=None, severity=30.0,
                case={"dtype": case.dtype, "inputs": case.inputs, "placement": {"length": 1, "position": 0, "stride": 1}}, worst=0,
                reference="an answer", output=float("nan"), output_hex="nan", avoidable_by=[], certified_by="raised", answers=[], note=message,
            )
        )  # fmt: skip
    return found


def _guilty(trial: Trial, number: int, batch: Batch) -> Batch | None:
    """One row that raises alone; None where only the whole batch does."""
    subject = trial.subjects[number]

    def raises(part: Batch) -> bool:
        with trial.clock.phase("framework"):
            try:
                trial.framework(subject).evaluate(trial.job(subject), part)
            except FrameworkError:
                return True
        return False

    while batch.rows > 1:
        half = batch.rows // 2
        left, right = batch.take(np.arange(half)), batch.take(np.arange(half, batch.rows))
        if raises(left):
            batch = left
        elif raises(right):
            batch = right
        else:
            return None
    return batch
