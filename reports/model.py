"""Report: what every format tells of a run, gathered once from the nouns of ulpfuzz.fuzzer.findings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.defects.history import CHANGED, NEW
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.label import DOCUMENTED, FlushRecord, flush_records, is_listed_separately
from ulpfuzz.reports.defect_entry import DefectEntry, alone, entries_of
from ulpfuzz.reports.entry import Entry, entry_of
from ulpfuzz.reports.reproducer import script

#: The classes of a verdict, best first, as judged elements are counted; see ulpfuzz.fuzzer.judge.verdict.Class.
CLASSES = ("ok", "ill_conditioned", "undecided", "inaccurate", "unstable")
#: Order in which statuses are listed: what asks for action first.
STATUSES = ("new", "worse", "known", "better", "fixed", "not-run")


@dataclass(frozen=True)
class Report:
    """One run, its findings ranked by severity, and what changed since the baseline ("" where there is none)."""

    run: Run
    #: The id of the run that it is compared with; "" where there is none.
    baseline: str
    #: The findings, gravest first.
    entries: list[Entry]
    #: Findings of the baseline that passed when they were run again.
    fixed: list[Finding]
    #: Findings of the baseline that were not run again.
    not_run: list[Finding]
    #: The summaries of all cells.
    cells: list[CellSummary]
    #: What sweeps found of the run's targets, at the versions that it used.
    facts: list[Fact]
    #: The findings of formulas of ours.
    composed: list[Entry] = field(default_factory=list)
    #: What is no finding (findings.label).
    documented: list[Finding] = field(default_factory=list)
    flushes: list[FlushRecord] = field(default_factory=list)
    #: Those whose script was run and did not show the defect, which is a fault of ours; they are no findings.
    unconfirmed: list[Entry] = field(default_factory=list)
    #: The defects: what changed since the baseline first, then `ordinary` ones, then the rest by kind and score.
    defects: list[DefectEntry] = field(default_factory=list)

    @property
    def labels(self) -> dict[str, int]:
        """How many there are of each label."""
        return {"composed": len(self.composed), "documented": len(self.documented), "flush": len(self.flushes)}

    @property
    def rejected(self) -> list[dict[str, str]]:
        """Calls that check an argument at the edge of its domain or beyond: cell, target, call, message, reason."""
        return _lines(self.run.environment.get("rejected", []), ("cell", "target", "call", "message", "reason"))

    @property
    def labels_text(self) -> str:
        """What is counted apart, in one line; "" where there is nothing."""
        parts = [
            (len(self.composed), "composed: formulas of ours over several calls"),
            (len(self.documented), "documented by the framework's own page"),
            (len(self.flushes), "explained by a target's flushing of subnormal numbers"),
            (len(self.rejected), "rejected: a check of an argument"),
        ]
        return "; ".join(f"{numbers.count(n)} {said}" for n, said in parts if n)

    @property
    def scripts_text(self) -> str:
        """How many scripts were run and what they showed; "" where none was."""
        shown = [e for e in (*self.entries, *self.composed) if e.finding.script]
        if not shown and not self.unconfirmed:
            return ""
        left = len(self.entries) + len(self.composed) - len(shown)
        parts = [f"{_plural(len(shown), 'script')} run once showed the defect"]
        parts += [f"{numbers.count(left)} not run yet"] if left else []
        parts += (
            [f"{numbers.count(len(self.unconfirmed))} unconfirmed, listed apart: a fault of ulpfuzz"] if self.unconfirmed else []
        )
        return "; ".join(parts)

    @property
    def facts_text(self) -> str:
        """The facts in one sentence; "" where there are none."""
        if not self.facts:
            return ""
        proved = [fact for fact in self.facts if fact.proved]
        failing = sum(fact.failing > 0 for fact in self.facts)
        whole = sum(fact.exact for fact in proved)
        return (
            f"{_plural(len(self.facts), 'call')} run over all inputs, {numbers.count(len(proved))} of them proved: "
            f"{numbers.count(whole)} are correctly rounded everywhere, {numbers.count(failing)} fail somewhere"
        )

    @cached_property
    def classes(self) -> dict[str, int]:
        """Judged elements by class, over all cells and targets."""
        total: Counter[str] = Counter()
        for cell in self.cells:
            total.update(cell.classes)
        return {name: total[name] for name in (*CLASSES, *sorted(set(total) - set(CLASSES))) if name in CLASSES or total[name]}

    @property
    def judged(self) -> int:
        return sum(self.classes.values()) or self.run.verdicts

    @property
    def consistency(self) -> str:
        """What the comparison of placements counted; "" where there was none."""
        compared, differing = (sum(getattr(cell, name) for cell in self.cells) for name in ("compared", "differing"))
        if not compared:
            return ""
        return (
            f"{numbers.count(compared)} elements compared by position, length, stride and repetition: the bits of "
            f"{numbers.count(differing)} differ within the limits"
        )

    @property
    def compile_seconds(self) -> float:
        """Seconds of the run that went into compiling."""
        return self.run.by_phase.get("compile", 0.0)

    @property
    def unsupported(self) -> list[dict[str, str]]:
        """What targets do not support, though the catalogue offers it: cell, target, call, message."""
        return _lines(self.run.environment.get("unsupported", []), ("cell", "target", "call", "message"))

    @property
    def unsupported_text(self) -> str:
        return f"{_plural(len(self.unsupported), 'call')} that a target does not support: counted, never findings"

    @property
    def targets(self) -> list[dict[str, str]]:
        """The targets with what is recorded of each: target, version, interpreter, switches."""
        environment = self.run.environment
        told = environment.get("targets_detail") or environment.get("hosts") or {}
        if isinstance(told, Mapping):
            told = [{"target": name, **(detail if isinstance(detail, Mapping) else {})} for name, detail in told.items()]
        known = {str(line.get("target", "")): line for line in told if isinstance(line, Mapping)}
        names = dict.fromkeys([*map(str, environment.get("targets", [])), *known])
        versions = versions_of(environment)
        return [_target(name, known.get(name, {}), versions) for name in names]

    @property
    def undecided(self) -> int:
        return self.classes["undecided"]

    @property
    def throughput(self) -> float:
        """Verdicts per second of the whole run."""
        return self.run.verdicts / self.run.seconds if self.run.seconds > 0 else 0.0

    @cached_property
    def statuses(self) -> dict[str, int]:
        total = Counter(e.finding.status for e in self.entries)
        total.update({"fixed": len(self.fixed), "not-run": len(self.not_run)})
        return {s: total[s] for s in (*STATUSES, *sorted(set(total) - set(STATUSES))) if total[s]}

    @cached_property
    def symptoms(self) -> tuple[list[str], dict[str, dict[str, int]]]:
        """The symptoms seen, the most frequent first, and findings by framework and symptom."""
        total = Counter(e.finding.symptom for e in self.entries)
        table: dict[str, dict[str, int]] = {}
        for entry in self.entries:
            row = table.setdefault(entry.framework, {})
            row[entry.finding.symptom] = row.get(entry.finding.symptom, 0) + 1
        return sorted(total, key=lambda s: (-total[s], s)), dict(sorted(table.items()))

    @property
    def sentence(self) -> str:
        """The run in one sentence."""
        found = _plural(len(self.entries), "finding")
        if self.baseline:
            found += f" ({self.statuses.get(NEW, 0)} new, never seen before)"
        judged = f"{numbers.count(self.judged)} judged elements"
        undecided = f"{numbers.count(self.undecided)} undecided" if self.undecided else "none undecided"
        found = found[0].upper() + found[1:]
        reached = f"{numbers.count(self.run.cells)} of {numbers.count(self.run.cells_planned)} cells reached"
        return f"{found} in {judged}; {undecided}; {reached}."

    @property
    def defects_text(self) -> str:
        """The defects in one sentence; "" where there are none."""
        if not self.defects:
            return ""
        ordinary = sum(e.defect.kind == "ordinary" for e in self.defects)
        first = f"{_plural(len(self.defects), 'defect')}, {numbers.count(ordinary)} of them within everyday inputs"
        changed = {status: sum(e.defect.status == status for e in self.defects) for status in CHANGED}
        told = ", ".join(f"{numbers.count(n)} {status}" for status, n in changed.items() if n)
        return f"{first}{f' ({told})' if self.baseline and told else ''}."

    @property
    def silence(self) -> str:
        """What it means that there are no findings."""
        beyond = self.classes["inaccurate"] + self.classes["unstable"]
        if beyond:
            return f"No findings: {_plural(beyond, 'element')} looked wrong on screening, none could be certified as a defect."
        if not self.judged:
            return "No findings, and nothing was judged."
        return (
            "No findings. Every judged element was within its limit, or its error is explained by the conditioning "
            "of the problem, or it is counted as undecided."
        )

    @property
    def partial(self) -> str:
        """Why the run does not speak for the whole plan; "" where it does."""
        missing = self.run.cells_planned - self.run.cells
        if missing <= 0:
            return "" if self.run.state in ("done", "finished", "complete") else f"The run is {self.run.state}."
        return f"{_plural(missing, 'planned cell')} not reached within the budget: nothing is said of them."


def _target(name: str, told: Mapping[str, Any], versions: Mapping[str, str]) -> dict[str, str]:
    """One line of the table of targets; what the detail does not say comes from the name and the versions of the run."""
    framework, host = framework_of(name), name.partition(";")[0].partition(":")[0]
    version = told.get("version") or told.get("framework") or versions.get(host) or versions.get(framework, "")
    python = f"Python {told['python']}" if told.get("python") else ""
    interpreter = ", ".join(str(part) for part in (python, told.get("interpreter", "")) if part)
    switches = told.get("switches") or {}
    shown = ", ".join(f"{k}={v}" for k, v in switches.items()) if isinstance(switches, Mapping) else str(switches)
    given = name.partition(";")[2].replace(";", ", ")
    return {"target": name, "version": str(version), "interpreter": interpreter, "switches": shown or given}


def build(
    run: Run,
    findings: Iterable[Finding],
    cells: Iterable[CellSummary],
    *,
    statuses: Mapping[str, str] | None = None,
    fixed: Iterable[Finding] = (),
    not_run: Iterable[Finding] = (),
    baseline: str = "",
    scripts: Mapping[str, str] | None = None,
    differentiable: Mapping[str, Sequence[str]] | None = None,
    facts: Iterable[Fact] = (),
    defects: Iterable[Defect] | None = None,
    case_files: Mapping[str, CaseFile] | None = None,
) -> Report:
    """The report of a run.

    statuses: finding id -> status against the baseline, where the findings do not carry it. fixed, not_run: findings of the
    baseline that are gone, or whose cells this run did not reach. scripts: finding id -> reproducer (default: one without the op's
    definition for each defect's face). differentiable: op -> the inputs that gradients are taken of, in order (default: all). facts: of
    sweeps; those of other targets or versions than the run's are left out. defects: default: each finding is one. case_files: defect -> what
    casework found.
    """
    given, wrt = statuses or {}, differentiable or {}
    versions = versions_of(run.environment)
    found = [replace(f, status=given.get(f.id, f.status)) for f in findings]
    found.sort(key=lambda f: (-_sortable(f.severity), f.id))
    gone, missed = list(fixed), list(not_run)
    listed = [f for f in found if not is_listed_separately(f)]
    aside = [f for f in found if is_listed_separately(f)]
    shown = {f.id: f for f in listed if f.script != "unconfirmed"}
    grouped = alone(list(shown.values())) if defects is None else defects
    known = {f.id: f for f in (*gone, *missed)} | shown
    told = entries_of(grouped, known, case_files or {}, compared=bool(baseline))
    if scripts is None:
        faces = [*(e.face for e in told if e.face.id in shown), *(f for f in listed if f.id not in shown)]
        scripts = {f.id: text for f in faces if (text := _bare_script(f, wrt.get(f.op), versions))}
    entries = [entry_of(f, scripts.get(f.id, ""), wrt.get(f.op)) for f in listed]
    kept = [e for e in entries if e.finding.id in shown]
    return Report(
        run, baseline, [e for e in kept if not e.finding.label], gone, missed, list(cells), _of_run(facts, run),
        [e for e in kept if e.finding.label], [f for f in aside if f.label == DOCUMENTED], flush_records(aside),
        [e for e in entries if e.finding.id not in shown], told,
    )  # fmt: skip


def _lines(told: Iterable[Any], names: Sequence[str]) -> list[dict[str, str]]:
    """Lines of a run's environment, with these keys."""
    return [{k: str(line.get(k, "")) for k in names} for line in told if isinstance(line, Mapping)]


def _of_run(facts: Iterable[Fact], run: Run) -> list[Fact]:
    """The facts of a run's targets and versions, failing calls first, by the size of their error."""
    targets, versions = set(map(str, run.environment.get("targets", []))), versions_of(run.environment)
    kept = [f for f in facts if f.target in targets and versions.get(f.target.partition(":")[0], f.version) == f.version]
    return sorted(
        kept, key=lambda f: (f.failing == 0, -_sortable(f.max_ulps), f.op, f.order, f.dtype, f.target, f.implementation)
    )


def _bare_script(finding: Finding, differentiable: Sequence[str] | None, versions: Mapping[str, str]) -> str:
    """A script without the definition; "" for a target that scripts are not written for (a plugin's framework)."""
    try:
        return script(finding, None, differentiable=differentiable, versions=versions)
    except ValueError:
        return ""


def versions_of(environment: Mapping[str, Any]) -> dict[str, str]:
    """The library versions that a run's environment records under "versions"."""
    found = environment.get("versions", {})
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, Mapping) else {}


def _sortable(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _plural(number: int, noun: str) -> str:
    return f"{numbers.count(number) if number else 'no'} {noun}{'' if number == 1 else 's'}"
