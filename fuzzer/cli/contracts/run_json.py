"""Runs, nights, sweeps, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NotRequired, TypedDict

from ulpfuzz.fuzzer.cli.contracts.finding_json import FindingJson, FlushJson, ListedFinding, ReportedDefect, ReportedFinding
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run


class FindingCounts(TypedDict):
    """Findings of a run. "total" and "new" count those without a label."""

    total: int
    new: int
    composed: int
    documented: int
    flush: int
    #: Of a night: new ones that a record of known issues has.
    known_issues: NotRequired[int]


class DefectCounts(TypedDict):
    """Defects that a run shows."""

    total: int
    new: int
    ordinary: int


class UnsupportedCall(TypedDict):
    """What a target does not support, though the catalogue offers it."""

    cell: str
    target: str
    call: str
    message: str


class RejectedCall(UnsupportedCall):
    """A call that checks an argument at the edge of its domain or beyond."""

    reason: str


class RunJson(TypedDict):
    """A run."""

    #: Its id.
    run: str
    #: finished, interrupted or failed.
    state: str
    seed: int
    #: As it was given.
    budget: str
    seconds: float
    #: Elements that were judged.
    verdicts: int
    #: Cells that were reached.
    cells: int
    cells_not_reached: int
    #: Cells that no target supports.
    cells_unsupported: list[str]
    findings: FindingCounts
    defects: DefectCounts
    verdicts_per_second: float
    #: Elements by the tier that knew their truth.
    by_tier: dict[str, int]
    #: Seconds by phase.
    by_phase: dict[str, float]
    #: What broke, a line each.
    failures: list[str]
    unsupported: list[UnsupportedCall]
    rejected: list[RejectedCall]
    #: The share of the processors that the workers got.
    cpu_share: float | None
    unaccounted_share: float | None
    cells_by_part: dict[str, int]
    #: What makes the run untrustworthy, a line each; then the exit status is 2.
    broken: list[str]


Upgrade = TypedDict(
    "Upgrade", {"name": str, "from": str, "to": str, "new": list[str], "reopened": list[str], "fixed": list[str]}
)  # fmt: skip
Upgrade.__doc__ = "What another version of a framework changed: ids of defects."

StatusCounts = TypedDict("StatusCounts", {"new": int, "worse": int, "known": int, "better": int, "fixed": int, "not-run": int})
StatusCounts.__doc__ = "Findings by what became of them since the baseline."


class KnownIssueLinks(TypedDict):
    """Links of records of known issues."""

    #: That show no more.
    fixed: list[str]
    #: Whose day is past.
    expired: list[str]


class NightJson(RunJson):
    """A night: a run, and what it is against all that was ever seen."""

    #: The run that it is compared with.
    baseline: str | None
    statuses: StatusCounts
    #: Ids of defects whose state has ended: they are open again.
    expired: list[str]
    upgraded: list[Upgrade]
    known_issues: KnownIssueLinks
    #: Files that were written.
    report: list[str]


ComparisonJson = TypedDict(
    "ComparisonJson",
    {
        "run": str, "baseline": str | None, "targets": list[str] | None, "counts": StatusCounts, "new": list[ListedFinding],
        "worse": list[ListedFinding], "known": list[ListedFinding], "better": list[ListedFinding], "fixed": list[ListedFinding],
        "not-run": list[ListedFinding],
    },
)  # fmt: skip
ComparisonJson.__doc__ = "What changed from one run, or one target, to another."


class SummaryJson(TypedDict):
    """The counts of a report."""

    #: The run in one sentence.
    sentence: str
    judged: int
    undecided: int
    verdicts_per_second: float
    #: Elements by class.
    classes: dict[str, int]
    #: Findings by status.
    statuses: dict[str, int]
    #: Framework -> symptom -> findings.
    symptoms: dict[str, dict[str, int]]
    #: Findings by label.
    labels: dict[str, int]
    compile_seconds: float
    #: Elements that were compared by placement, and of these those whose bits differ within the limits.
    compared: int
    differing: int


class ReportTarget(TypedDict):
    """What is recorded of a target."""

    target: str
    version: str
    interpreter: str
    switches: str


class ReportJson(TypedDict):
    """The report, as `report.json` has it."""

    schema: Literal["ulpfuzz-report"]
    #: Raised where a key is renamed.
    schema_version: Literal[1]
    run: Run
    baseline: str | None
    targets: list[ReportTarget]
    unsupported: list[UnsupportedCall]
    rejected: list[RejectedCall]
    summary: SummaryJson
    #: Those that changed since the baseline first, then by kind and score.
    defects: list[ReportedDefect]
    #: The worst first, those of composed calls last.
    findings: list[ReportedFinding]
    #: Findings whose script was run and did not show the defect: a fault of ulpfuzz.
    unconfirmed: list[ReportedFinding]
    #: No findings: the framework's page says so.
    documented: list[FindingJson]
    #: No findings: the target's flushing of subnormal numbers explains them.
    flush: list[FlushJson]
    #: Findings of the baseline that pass now.
    fixed: list[Finding]
    #: Findings of the baseline that were not run again.
    not_run: list[Finding]
    cells: list[CellSummary]
    #: What sweeps proved.
    facts: list[Fact]


@dataclass(frozen=True)
class SweptCall(Fact):
    """One call on one target over every input."""

    left_out: ClassVar = ("op", "order", "dtype", "sweep", "date", "seconds")


class SweptJson(TypedDict):
    """A sweep of one op at one dtype and order. Where nothing was judged, op, dtype, order and seconds are missing."""

    op: NotRequired[str]
    dtype: NotRequired[str]
    order: NotRequired[str]
    seconds: NotRequired[float]
    #: The sweep's id.
    sweep: str
    state: str
    failures: list[str]
    targets: list[SweptCall]


class WorkedJson(TypedDict):
    """Casework on a run."""

    run: str
    #: Defects whose turn it was or is to come.
    due: int
    #: Case files that were written.
    worked: int
    #: Ids of defects whose face does not fail any more.
    gone: list[str]
    #: Parts of the work that broke, a line each.
    faults: list[str]
    seconds: float
    #: Defects that are still due.
    left: int


class UnstableMethod(TypedDict):
    """An old method of the study."""

    #: Whether it was found.
    flagged: bool
    finding: str | None
    verdicts: int


class StableMethod(TypedDict):
    """A method that is right."""

    #: Whether nothing was found.
    silent: bool
    verdicts: int


class FixMethod(TypedDict):
    """What mended the old one, where that is not the right one."""

    #: Whether something was found.
    incomplete: bool
    finding: str | None
    verdicts: int


class ReplayedRow(TypedDict):
    """A row of the study."""

    index: int
    op: str
    #: yes, partly or no.
    replayable: str
    #: Why not.
    reason: str
    #: null where the row is not replayed.
    unstable: UnstableMethod | None
    stable: StableMethod | None
    #: null where it is the right method.
    fix: FixMethod | None


class ReplayCounts(TypedDict):
    """Rows with methods."""

    rows: int
    flagged: int
    silent: int


class ReplayTotals(TypedDict):
    """Counts of the rows that were asked for."""

    #: Rows by whether they can be replayed.
    yes: int
    partly: int
    no: int
    replayed: int
    flagged: int
    silent: int
    by_topic: dict[str, ReplayCounts]
    by_root_cause: dict[str, ReplayCounts]
    by_patch_class: dict[str, ReplayCounts]
    by_op: dict[str, ReplayCounts]


class ReplayJson(TypedDict):
    """The study DeepStability replayed."""

    run: str
    seed: int
    rows: list[ReplayedRow]
    totals: ReplayTotals


class StillUnstable(TypedDict):
    """An op that the study speaks of and that is still unstable in a framework of today."""

    #: Rows of the study.
    rows: list[int]
    op: str
    order: str
    dtype: str
    target: str
    implementation: str
    symptom: str
    #: The truth, decimal.
    reference: str
    #: The finding's id.
    finding: str
    output: str
    #: The command that shows it.
    probe: str
