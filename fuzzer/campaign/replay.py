"""Replay: the historical methods of the study through an ordinary campaign, and what it found of each row."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuzzer import plugins
from fuzzer.campaign.budget import Budget
from fuzzer.campaign.run import Settings, Watch, run_campaign
from fuzzer.catalog import registry as catalogue
from fuzzer.findings.finding import Finding, Run
from fuzzer.findings.store import Store
from fuzzer.frameworks import registry as frameworks

PLUGIN, FRAMEWORK = "corpus.historic", "historic"


@dataclass(frozen=True)
class Outcome:
    """What became of one method: verdicts on it, and the gravest finding."""

    call: str
    verdicts: int
    finding: Finding | None

    @property
    def flagged(self) -> bool:
        return self.finding is not None

    @property
    def silent(self) -> bool:
        """Judged, and nothing found."""
        return self.verdicts > 0 and self.finding is None


@dataclass(frozen=True)
class RowOutcome:
    """A row of the study; without methods where nothing of it is replayed. fix None: the stable method is the fix."""

    index: int
    op: str
    replayable: str
    reason: str
    unstable: Outcome | None = None
    stable: Outcome | None = None
    fix: Outcome | None = None


@dataclass(frozen=True)
class Replayed:
    """run: the campaign. rows: those that were asked for, by index."""

    run: Run
    rows: list[RowOutcome] = field(default_factory=list)


def begin() -> None:
    """Makes the historical methods known here and in the workers. Twice is once."""
    named = [name for name in os.environ.get(plugins.VARIABLE, "").split(",") if name]
    if PLUGIN not in named:
        os.environ[plugins.VARIABLE] = ",".join([*named, PLUGIN])
        for cached in (plugins.modules, catalogue.ops, frameworks.plugins):
            cached.cache_clear()


def replay(
    wanted: Iterable[int] | None,
    budget: Budget,
    seed: int,
    store: Store,
    *,
    workers: int | None = None,
    watch: Watch | None = None,
) -> Replayed:
    """Replays these rows of the study, None: all. No strategy knows a row: the ops alone are told to the run. Raises ValueError for a row that
    is none."""
    begin()
    from corpus.historic.replays import REPLAYS
    from corpus.historic.rows import rows

    known = rows()
    chosen = sorted(known if wanted is None else set(wanted))
    for index in chosen:
        if index not in known:
            raise ValueError(f"no row {index} in the study; its rows are 1 to {max(known)}")
    at = {index: (one, old) for one in REPLAYS for old in one.old for index in old.rows}
    ops = sorted({at[index][0].record.name for index in chosen if index in at})
    if not ops:
        raise ValueError("none of these rows is replayed; see `ulpfuzz deepstability --list`")
    settings = Settings(budget, ops=",".join(ops), targets=FRAMEWORK, orders=("value",), seed=seed)
    if workers is not None:
        settings = dataclasses.replace(settings, workers=workers)
    run = run_campaign(settings, store, watch)
    worst = _worst(store.findings(run.id))
    verdicts: Counter[tuple[str, str]] = Counter()
    for cell in store.cells(run.id):
        verdicts[cell.op, cell.implementation] += cell.verdicts

    def outcome(op: str, call: str) -> Outcome:
        return Outcome(call, verdicts[op, call], worst.get((op, call)))

    told = []
    for index in chosen:
        row = known[index]
        if index not in at:
            told.append(RowOutcome(index, row.op, row.replayable, row.reason))
            continue
        one, old = at[index]
        name = one.record.name
        fix = outcome(name, old.fix) if old.fix else None
        told.append(
            RowOutcome(index, row.op, row.replayable, row.reason, outcome(name, old.call), outcome(name, one.stable), fix)
        )
    return Replayed(run, told)


def _worst(findings: Sequence[Finding]) -> dict[tuple[str, str], Finding]:
    """By (op, call) the gravest finding."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda f: f.severity):
        found[finding.op, finding.implementation] = finding
    return found


def contract(replayed: Replayed) -> dict[str, Any]:
    """The documented JSON of `ulpfuzz deepstability`."""
    from corpus.historic.rows import rows

    known, told = rows(), []
    for row in replayed.rows:
        line: dict[str, Any] = {"index": row.index, "op": row.op, "replayable": row.replayable, "reason": row.reason}
        line["unstable"] = row.unstable and {
            "flagged": row.unstable.flagged, "finding": row.unstable.finding and row.unstable.finding.id, "verdicts": row.unstable.verdicts,
        }  # fmt: skip
        line["stable"] = row.stable and {"silent": row.stable.silent, "verdicts": row.stable.verdicts}
        line["fix"] = row.fix and {
            "incomplete": row.fix.flagged, "finding": row.fix.finding and row.fix.finding.id, "verdicts": row.fix.verdicts
        }  # fmt: skip
        told.append(line)
    ran = [row for row in replayed.rows if row.unstable is not None and row.stable is not None]

    def grouped(key: str) -> dict[str, dict[str, int]]:
        groups: dict[str, Counter[str]] = {}
        for row in ran:
            name = row.op if key == "op" else str(getattr(known[row.index], key))
            groups.setdefault(name, Counter(rows=0, flagged=0, silent=0)).update(
                rows=1,
                flagged=int(bool(row.unstable and row.unstable.flagged)),
                silent=int(bool(row.stable and row.stable.silent)),
            )
        return {name: dict(counts) for name, counts in sorted(groups.items())}

    counts = Counter(row.replayable for row in replayed.rows)
    totals = {
        **{kind: counts[kind] for kind in ("yes", "partly", "no")}, "replayed": len(ran),
        "flagged": sum(bool(row.unstable and row.unstable.flagged) for row in ran),
        "silent": sum(bool(row.stable and row.stable.silent) for row in ran), "by_topic": grouped("topic1"),
        "by_root_cause": grouped("root_cause"), "by_patch_class": grouped("patch_class"), "by_op": grouped("op"),
    }  # fmt: skip
    return {"run": replayed.run.id, "seed": replayed.run.seed, "rows": told, "totals": totals}
