"""Report: what every format tells of a run, gathered once from the nouns of ulpfuzz.fuzzer.findings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.finding import Answer, CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.headline import SILENT, Array, arrays_of, element_of, headline, quantity, vouched
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.label import DOCUMENTED, FlushRecord, flush_records, is_listed_separately
from ulpfuzz.reports.advice import Advice, advice_of
from ulpfuzz.reports.extent import extent_text
from ulpfuzz.reports.reproducer import script

#: The classes of a verdict, best first, as judged elements are counted; see ulpfuzz.fuzzer.judge.verdict.Class.
CLASSES = ("ok", "ill_conditioned", "undecided", "inaccurate", "unstable")
#: Order in which statuses are listed: what asks for action first.
STATUSES = ("new", "worse", "known", "better", "fixed", "not-run")


@dataclass(frozen=True)
class Entry:
    """A finding as every format tells it."""

    finding: Finding
    headline: str
    arrays: list[Array]
    where: str
    script: str

    @property
    def framework(self) -> str:
        return framework_of(self.finding.target)

    @property
    def command(self) -> str:
        return f"ulpfuzz repro {self.finding.id}"

    @property
    def script_name(self) -> str:
        return f"{self.finding.id}.py"

    @property
    def output(self) -> str:
        return numbers.decimal(self.finding.output, self.finding.dtype)

    @property
    def limit_text(self) -> str:
        limit = self.finding.limit
        if limit is not None and self.finding.class_ == "inaccurate" and self.finding.reason and not self.finding.label:
            return f"{numbers.measure(limit)} ulps of {self.finding.dtype}: {self.finding.reason}"
        if limit is None:
            return "none for this op: judged by stability alone (no nearby input has this answer)"
        return f"{numbers.measure(limit)} ulps of {self.finding.dtype}: the accuracy limit of the op's class"

    @property
    def vouched(self) -> str:
        """Who vouches for the truth."""
        return vouched(self.finding)

    @property
    def executed(self) -> str:
        """What its script said when it was run."""
        return f"{self.finding.script}: {self.finding.script_says}" if self.finding.script else "not run yet"

    @property
    def extent(self) -> str:
        """Where it was seen, in words."""
        return extent_text(self.finding)

    @property
    def silent(self) -> str:
        """What the call did instead of answering; "" where it answered."""
        return SILENT.get(self.finding.symptom, "")

    @property
    def quantity(self) -> str:
        """Which derivative is meant, in words; "" for a value."""
        return "" if self.finding.order == "value" else quantity(self.finding, self.where, self.arrays)

    @property
    def placement_text(self) -> str:
        case = self.finding.case
        return _placed(case.get("placement") or {}, int(case.get("nth", 1)), bool(case.get("nth")))

    @property
    def right(self) -> tuple[str, str, str] | None:
        """Of a finding of two placements: the answer, its bits, and the placement where the same bits are right."""
        told = self.finding.case.get("right")
        if not told:
            return None
        where = _placed(told["placement"], int(told.get("nth", 1)), bool(self.finding.case.get("nth") or told.get("nth")))
        return numbers.decimal(float(told["output"]), self.finding.dtype), str(told["output_hex"]), where

    @cached_property
    def advice(self) -> Advice | None:
        """What the study DeepStability knows of such findings."""
        return advice_of(self.finding)

    @property
    def answers(self) -> list[Answer]:
        """Every target's answer, the finding's own first."""
        own = (self.finding.target, self.finding.implementation)
        return sorted(self.finding.answers, key=lambda a: ((a.target, a.implementation) != own, a.target, a.implementation))


def _placed(placed: Mapping[str, Any], call_index: int, repeated: bool) -> str:
    length, position, stride = (int(placed.get(k, d)) for k, d in (("length", 1), ("position", 0), ("stride", 1)))
    text = "alone in its call" if length == 1 else f"position {position} of {length} equal rows"
    text += ", contiguous" if stride == 1 else f", every {stride} elements in memory"
    return text + (f", in the {'first' if call_index == 1 else 'second'} of two equal calls" if repeated else "")


@dataclass(frozen=True)
class Heat:
    """The worst excess error E seen for an op on a target at an order (over dtypes, params and implementations)."""

    op: str
    order: str
    target: str
    excess: float
    text: str
    finding: str


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
    #: The worst excess by op, target and order.
    heat: list[Heat]
    #: What sweeps found of the run's targets, at the versions that it used.
    facts: list[Fact]
    #: The findings of formulas of ours.
    composed: list[Entry] = field(default_factory=list)
    #: What is no finding (findings.label).
    documented: list[Finding] = field(default_factory=list)
    flushes: list[FlushRecord] = field(default_factory=list)
    #: Those whose script was run and did not show the defect, which is a fault of ours; they are no findings.
    unconfirmed: list[Entry] = field(default_factory=list)

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
            found += f" ({self.statuses.get('new', 0)} new since {self.baseline})"
        judged = f"{numbers.count(self.judged)} judged elements"
        undecided = f"{numbers.count(self.undecided)} undecided" if self.undecided else "none undecided"
        found = found[0].upper() + found[1:]
        reached = f"{numbers.count(self.run.cells)} of {numbers.count(self.run.cells_planned)} cells reached"
        return f"{found} in {judged}; {undecided}; {reached}."

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
) -> Report:
    """The report of a run.

    statuses: finding id -> status against the baseline, where the findings do not carry it. fixed, not_run: findings of the
    baseline that are gone, or whose cells this run did not reach. scripts: finding id -> reproducer (default: one without
    the op's definition). differentiable: op -> the inputs that gradients are taken of, in order (default: all). facts: of sweeps; those of
    other targets or versions than the run's are left out.
    """
    given, written, wrt = statuses or {}, scripts or {}, differentiable or {}
    versions = versions_of(run.environment)
    entries, aside = [], []
    for finding in findings:
        if is_listed_separately(finding):
            aside.append(finding)
            continue
        known = replace(finding, status=given.get(finding.id, finding.status))
        text = written.get(finding.id) or _bare_script(known, wrt.get(finding.op), versions)
        entries.append(entry_of(known, text, wrt.get(finding.op)))
    entries.sort(key=lambda e: (-_sortable(e.finding.severity), e.finding.id))
    kept = list(cells)
    shown = [e for e in entries if e.finding.script != "unconfirmed"]
    return Report(
        run, baseline, [e for e in shown if not e.finding.label], list(fixed), list(not_run), kept, _heat(shown, kept), _of_run(facts, run),
        [e for e in shown if e.finding.label], [f for f in aside if f.label == DOCUMENTED], flush_records(aside),
        [e for e in entries if e.finding.script == "unconfirmed"],
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


def entry_of(finding: Finding, text: str = "", differentiable: Sequence[str] | None = None) -> Entry:
    arrays = arrays_of(finding)
    where = element_of(finding, arrays, differentiable)
    return Entry(finding, headline(finding, arrays, where), arrays, where, text)


def _heat(entries: Sequence[Entry], cells: Sequence[CellSummary]) -> list[Heat]:
    worst: dict[tuple[str, str, str], Heat] = {}

    def offer(heat: Heat) -> None:
        key = (heat.op, heat.order, heat.target)
        if key not in worst or _rank(heat) > _rank(worst[key]):
            worst[key] = heat

    for cell in cells:
        text = f"{cell.dtype}, {cell.implementation}: worst {numbers.measure(cell.worst_ulps)} ulps"
        text += f" in {numbers.count(cell.verdicts)} verdicts"
        offer(Heat(cell.op, cell.order, cell.target, cell.worst_excess, text, ""))
    for entry in entries:
        f = entry.finding
        # A wrong special value has no finite excess; the map shows it as the worst there is.
        excess = math.inf if math.isinf(f.ulps) else f.excess
        offer(Heat(f.op, f.order, f.target, excess, entry.headline, f.id))
    return [worst[key] for key in sorted(worst)]


def _rank(heat: Heat) -> tuple[float, bool]:
    return (-1.0 if math.isnan(heat.excess) else heat.excess, bool(heat.finding))


def _sortable(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _plural(number: int, noun: str) -> str:
    return f"{numbers.count(number) if number else 'no'} {noun}{'' if number == 1 else 's'}"
