"""Today: what is still unstable of the ops that the study speaks of, in the frameworks that are installed, as a Markdown table."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ulpfuzz.corpus.historic.rows import rows
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.reports.maxima import FRAMEWORKS
from ulpfuzz.reports.model import versions_of

#: A case whose JSON is longer is shown only where there is no other.
_SHORT = 160
#: Letters of a truth that is shown as it is; longer are those whose exponents have many digits, and intervals.
_WIDE = 32
#: Symptoms that `ulpfuzz probe` does not judge: of a call that gives no answer, and of two placements.
_NOT_PROBED = ("crash", "hang", "exception", "inconsistent", "nondeterministic")


def ops_of_the_study() -> dict[str, list[int]]:
    """Op of the catalogue -> the rows that speak of it and tell of arithmetic."""
    found: dict[str, list[int]] = {}
    for row in rows().values():
        if row.replayable != "no":
            for name in row.catalogue:
                found.setdefault(name, []).append(row.index)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Still:
    """A line of the table: the gravest finding of an op in a framework that a command line can show."""

    indices: list[int]
    finding: Finding

    @property
    def probe(self) -> str:
        """The command that shows it again."""
        return probe_of(self.finding)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        f = self.finding
        told = {name: getattr(f, name) for name in ("op", "order", "dtype", "target", "implementation", "symptom", "reference")}
        return {"rows": self.indices, **told, "finding": f.id, "output": numbers.decimal(f.output, f.dtype), "probe": self.probe}


def probe_of(finding: Finding) -> str:
    """The `ulpfuzz probe` of a finding's case on its target."""
    words = ["ulpfuzz", "probe", finding.op, "--dtype", finding.dtype]
    if finding.order != "value":
        words += ["--order", finding.order]
    words += ["--inputs", json.dumps(_short(finding.case["inputs"]))]
    if finding.params:
        words += ["--params", json.dumps(finding.params)]
    return shlex.join([*words, "--targets", finding.target])


def _short(value: Any) -> Any:
    """C99 hex numbers without the zeros that say nothing."""
    if isinstance(value, dict):
        return {name: _short(v) for name, v in value.items()}
    return [_short(v) for v in value] if isinstance(value, list) else numbers.hexadecimal(float.fromhex(value))


def still_unstable(findings: Sequence[Finding]) -> list[Still]:
    """A line per op and framework, by op: of the ops of the study alone."""
    known, best = ops_of_the_study(), dict[tuple[str, str], Finding]()
    for finding in findings:
        key = (finding.op, framework_of(finding.target))
        if (
            finding.op in known
            and key[1] in FRAMEWORKS
            and finding.symptom not in _NOT_PROBED
            and (key not in best or _rank(finding) > _rank(best[key]))
        ):
            best[key] = finding
    return [Still(known[op], best[op, framework]) for op, framework in sorted(best)]


def _rank(finding: Finding) -> tuple[bool, float, str]:
    return len(probe_of(finding)) <= _SHORT + len(finding.target), finding.severity, finding.id


def markdown(run: Run, found: Sequence[Still]) -> str:
    """The table, and what it was made with."""
    versions = ", ".join(f"{name} {v}" for name, v in versions_of(run.environment).items() if name in FRAMEWORKS)
    ops = {still.finding.op for still in found}
    lines = [
        f"{len(found)} lines for {len(ops)} of the {len(ops_of_the_study())} ops: {versions}; seed {run.seed}, {run.verdicts:,} verdicts in "
        f"{run.seconds / 60:.0f} minutes. Other CPUs have other kernels.",
        "",
        "| rows | op | call | answer | truth | probe |",
        "|---|---|---|---|---|---|",
    ]
    for still in found:
        f = still.finding
        order = "" if f.order == "value" else f" {f.order}"
        truth = numbers.truth(f.reference, 6)
        truth = truth if len(truth) <= _WIDE else "about 0" if "e-" in truth else f"beyond {f.dtype}"
        answer = numbers.decimal(f.output, f.dtype)
        cells = [
            ", ".join(map(str, still.indices)),
            f"{f.op}{order}, {f.dtype}",
            f"`{f.implementation}`",
            answer,
            truth,
            f"`{still.probe}`",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
