"""Findings and defects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypedDict

from ulpfuzz.fuzzer.defects.case_file import CaseFile, Cause, Way
from ulpfuzz.fuzzer.defects.defect import Kind, State
from ulpfuzz.fuzzer.findings.finding import Finding


@dataclass(frozen=True)
class FindingJson(Finding):
    """A finding."""

    #: What the judge measured, unstable or inaccurate; "class" is the label where there is one.
    measured_class: str = ""


@dataclass(frozen=True)
class ListedFinding(FindingJson):
    """A finding in a list: `ulpfuzz show FINDING --json` has its profile and all answers too."""

    #: Of a record of flushes: how many findings it stands for.
    count: int = 0
    #: Their ids.
    members: tuple[str, ...] = ()

    left_out: ClassVar = ("profile", "answers")
    optional: ClassVar = ("count", "members")


@dataclass(frozen=True)
class FlushJson(FindingJson):
    """What the flushing of one target does to one family of ops below one threshold: the gravest finding."""

    #: How many findings it stands for.
    count: int = 0
    #: Their ids.
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownFinding(FindingJson):
    """A finding, and the defect that it belongs to."""

    #: null where it belongs to none: its label says why.
    defect: DefectJson | None = None


class ShareJson(TypedDict):
    """How often everyday inputs are wrong."""

    #: wrong / samples.
    share: float
    #: The interval of Clopper and Pearson at 95 %.
    low: float
    high: float
    wrong: int
    samples: int
    #: What was sampled, with its source.
    distribution: str


class StatementJson(TypedDict):
    """One experiment and its outcome."""

    experiment: str
    #: One line with its numbers.
    outcome: str
    #: The cause that it speaks for; "" where it speaks for none.
    supports: str
    #: The cause that it rules out.
    refutes: str


CauseJson = TypedDict(
    "CauseJson", {"class": Cause, "step": str, "confirmed": bool, "text": str, "evidence": list[StatementJson]}
)  # fmt: skip
CauseJson.__doc__ = "Why the answer is wrong, with the experiments that say so."


class AdviceJson(TypedDict):
    """A way out that was tried."""

    way: Way
    #: What to write instead.
    call: str
    #: Points around the case on which it was judged.
    verified_on: int
    #: The largest error in ulps of the face's dtype with it, and before.
    worst_ulps: float
    worst_ulps_before: float


class SightingsJson(TypedDict, total=False):
    """Starts of runs."""

    failed: str
    passed: str


class RerunJson(TypedDict, total=False):
    """Of its re-runs in fresh processes, how many did what."""

    failed: int
    passed: int


class DefectJson(TypedDict):
    """A defect: findings that share cause and kernel. What casework has not found out is null or empty; "worked" says whether it looked."""

    #: That of its oldest finding; never used again.
    id: str
    #: Its face in one line.
    title: str
    framework: str
    kind: Kind
    #: From 1 within its framework.
    rank: int
    #: From 0 to 1: how much it concerns ordinary users.
    score: float
    #: Everyday inputs that are wrong.
    ordinary_share: ShareJson | None
    #: The id of the finding that shows it best.
    face: str
    #: Ids of its findings, the face first.
    members: list[str]
    ops: list[str]
    calls: list[str]
    dtypes: list[str]
    orders: list[str]
    #: Targets that answer rightly at the face's bits.
    avoidable_by: list[str]
    cause: CauseJson | None
    advice: list[AdviceJson]
    state: State
    #: new, known, fixed, not-run, ...: what became of it since all earlier runs, or the baseline.
    status: str
    #: Starts of the first and the last run that saw it.
    first_seen: str
    last_seen: str
    #: Versions of the framework that it was seen in.
    versions: list[str]
    #: Why its findings are one defect, a line each.
    because: list[str]
    #: Ids of defects that became this one.
    merged: list[str]
    #: Defects of other frameworks at the same op and symptom.
    similar: list[str]
    #: Whether casework looked.
    worked: bool
    #: What the team said (`ulpfuzz triage`).
    note: str
    url: str
    until: str
    #: "target version" -> where it was last seen failing, and proved passing.
    observed: dict[str, SightingsJson]
    #: Empty where it was not run again.
    rerun: RerunJson
    #: The link of the known issue that it fits, or "".
    known_issue: str


class ReportedDefect(DefectJson):
    """A defect, and all that casework found."""

    case_file: CaseFile | None


class StudyRow(TypedDict):
    """A row of the study DeepStability."""

    index: int
    library: str
    commit: str
    op: str
    root_cause: str
    patch_class: str
    #: In what it is like the finding: always "op".
    like: str


class StudyJson(TypedDict):
    """What the study DeepStability knows of such findings."""

    root_cause: str
    text: str
    #: What replays the rows, or "".
    command: str
    rows: list[StudyRow]


@dataclass(frozen=True)
class ReportedFinding(FindingJson):
    """A finding as the report has it. Profile, answers and advice are those of faces of defects; of others they are empty or null."""

    #: The finding in one line.
    headline: str = ""
    #: Its script, a file beside the report; null where there is none.
    script: str | None = None  # type: ignore[assignment]
    #: "confirmed" or "unconfirmed", what its script showed; null where it was not run yet.
    script_run: str | None = None
    #: What to type to run it again.
    command: str = ""
    advice: StudyJson | None = None


class TriageJson(TypedDict):
    """What the team said of a defect."""

    id: str
    state: State
    url: str
    #: The last day on which the state holds.
    until: str
    note: str
    #: The day on which an earlier state ended.
    expired: str
    #: "" where its runs were removed.
    title: str
    members: list[str]
    first_seen: str
    observed: dict[str, SightingsJson]
    rerun: RerunJson
