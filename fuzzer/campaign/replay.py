"""Replay: the historical methods of the study through an ordinary campaign, and what it found of each row."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.corpus.historic.rows import Row, rows
from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import Watch, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.catalog import registry as catalogue
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets import registry as frameworks

PLUGIN, FRAMEWORK = "ulpfuzz.corpus.historic", "historic"


@dataclass(frozen=True)
class Outcome:
    """What became of one method: verdicts on it, and the gravest finding."""

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

    row: Row
    unstable: Outcome | None = None
    stable: Outcome | None = None
    fix: Outcome | None = None


@dataclass(frozen=True)
class Replayed:
    """run: the campaign. rows: those that were requested, by index."""

    run: Run
    rows: list[RowOutcome] = field(default_factory=list)


@contextmanager
def historic() -> Iterator[None]:
    """Inside it the historical methods are known here, and in worker processes that are started."""
    before = os.environ.get(plugins.VARIABLE, "")
    os.environ[plugins.VARIABLE] = f"{before},{PLUGIN}"
    _forget()
    try:
        yield
    finally:
        os.environ[plugins.VARIABLE] = before
        _forget()


def _forget() -> None:
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
    """Replays these rows of the study, None: all. No strategy knows a row: the run gets the ops only. Raises UserError for a row that
    is none, or where no row can be replayed."""
    with historic():
        from ulpfuzz.corpus.historic.replays import REPLAYS

        known = rows()
        chosen = sorted(known if wanted is None else set(wanted))
        for index in chosen:
            if index not in known:
                raise UserError(f"no row {index} in the study; its rows are 1 to {max(known)}")
        at = {index: (one, old) for one in REPLAYS for old in one.old for index in old.rows}
        ops = {at[index][0].record.name for index in chosen if index in at}
        if not ops:
            raise UserError(f"none of these rows is replayed; row {chosen[0]}: {known[chosen[0]].reason}")
        settings = Settings(budget, ops=",".join(sorted(ops)), targets=FRAMEWORK, orders=("value",), seed=seed)
        if workers is not None:
            settings = dataclasses.replace(settings, workers=workers)
        run = run_campaign(settings, store, watch)
    worst = {(f.op, f.implementation): f for f in sorted(store.findings(run.id), key=lambda f: f.severity)}
    verdicts: Counter[tuple[str, str]] = Counter()
    for cell in store.cells(run.id):
        verdicts[cell.op, cell.implementation] += cell.verdicts

    def told(index: int) -> RowOutcome:
        if index not in at:
            return RowOutcome(known[index])
        one, old = at[index]
        calls = [(one.record.name, call) for call in (old.call, one.stable, old.fix)]
        unstable, stable, fix = (Outcome(verdicts[key], worst.get(key)) if key[1] else None for key in calls)
        return RowOutcome(known[index], unstable, stable, fix)

    return Replayed(run, [told(index) for index in chosen])


def contract(replayed: Replayed) -> dict[str, Any]:
    """The documented JSON of `ulpfuzz deepstability`."""
    ran = [row for row in replayed.rows if row.unstable is not None]

    def grouped(key: str) -> dict[str, dict[str, int]]:
        names = sorted({getattr(row.row, key) for row in ran})
        return {name: _counts([row for row in ran if getattr(row.row, key) == name]) for name in names}

    kinds = Counter(row.row.replayable for row in replayed.rows)
    totals = {
        **{kind: kinds[kind] for kind in ("yes", "partly", "no")}, "replayed": len(ran),
        **{name: number for name, number in _counts(ran).items() if name != "rows"},
        "by_topic": grouped("topic1"), "by_root_cause": grouped("root_cause"), "by_patch_class": grouped("patch_class"), "by_op": grouped("op"),
    }  # fmt: skip
    return {"run": replayed.run.id, "seed": replayed.run.seed, "rows": [_line(row) for row in replayed.rows], "totals": totals}


def _counts(ran: Sequence[RowOutcome]) -> dict[str, int]:
    """Of rows with methods."""
    flagged = sum(row.unstable is not None and row.unstable.flagged for row in ran)
    silent = sum(row.stable is not None and row.stable.silent for row in ran)
    return {"rows": len(ran), "flagged": flagged, "silent": silent}


def _line(row: RowOutcome) -> dict[str, Any]:
    def of(outcome: Outcome | None, **told: Any) -> dict[str, Any] | None:
        return None if outcome is None else {**told, "verdicts": outcome.verdicts}

    def found(outcome: Outcome | None, name: str) -> dict[str, Any] | None:
        finding = None if outcome is None or outcome.finding is None else outcome.finding.id
        return of(outcome, **{name: finding is not None, "finding": finding})

    return {
        **{name: getattr(row.row, name) for name in ("index", "op", "replayable", "reason")}, "unstable": found(row.unstable, "flagged"),
        "stable": of(row.stable, silent=row.stable is not None and row.stable.silent), "fix": found(row.fix, "incomplete"),
    }  # fmt: skip
