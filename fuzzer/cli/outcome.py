"""Outcome: what a night gave, from its run and all history, before any of it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.cli.campaign import kept_defects, run_for
from ulpfuzz.fuzzer.cli.night import Upgrade, broken, upgrades, with_known_issues
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.defects.history import ever_seen
from ulpfuzz.fuzzer.defects.identity import Known
from ulpfuzz.fuzzer.defects.memory import expire, known_defects
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.history import Comparison, compare, with_status
from ulpfuzz.fuzzer.findings.known_issues import KnownIssues
from ulpfuzz.fuzzer.findings.label import plain
from ulpfuzz.fuzzer.findings.store import Store


@dataclass(frozen=True)
class NightOutcome:
    """What a night gave."""

    record: Run
    #: The id of the run that it is compared with.
    baseline: str | None
    comparison: Comparison
    #: Of the run, with their status by all history.
    found: list[Finding]
    cells: list[CellSummary]
    #: Of the run, by names that the store keeps.
    defects: list[Defect]
    #: What people said of these holds no more since this night.
    expired: list[Known]
    #: Why the night cannot be trusted, a line each.
    faults: list[str]
    upgraded: list[Upgrade]
    issues: KnownIssues

    @cached_property
    def fresh(self) -> list[Finding]:
        """New findings without a label."""
        return [finding for finding in plain(self.found) if finding.status == "new"]

    @property
    def quieted(self) -> int:
        """How many of them are known upstream."""
        return sum(self.issues.match(finding) is not None for finding in self.fresh)

    @property
    def fixed_issues(self) -> list[str]:
        """Links of known issues that show no more; what this night has only not run again may be there still."""
        return [issue.url for issue in self.issues.fixed([*self.found, *self.comparison.not_run], self.cells)]

    @property
    def expired_issues(self) -> list[str]:
        """Links of known issues whose records have expired."""
        return [issue.url for issue in self.issues.expired]


def outcome_of(settings: Settings, store: Store, issues: KnownIssues, *, quiet: bool) -> NightOutcome:
    """Runs a night with these settings, and keeps its defects."""
    reruns: dict[str, dict[str, int]] = {}
    before = settings.baseline
    record = run_for(settings, store, quiet=quiet, reruns=reruns)
    comparison = compare(store, record.id, before)
    cells = store.cells(record.id)
    found = ever_seen(store, record, with_status(store.findings(record.id), comparison), known_defects(store))
    defects = with_known_issues(kept_defects(store, record, before, reruns), found, issues)
    expired = expire(store, record)
    compared = store.run(before) if before else None
    faults = broken(record, cells, compared if settings.targets is None else None)
    return NightOutcome(
        record, before, comparison, found, cells, defects, expired, faults, upgrades(record, compared, defects), issues
    )
