"""Contracts: every JSON that a command prints or writes, by name, with the type that says what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ulpfuzz.fuzzer.cli.contracts import finding_json, point_json, run_json
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.upkeep import Sizes
from ulpfuzz.fuzzer.frameworks.targets.survey import Described
from ulpfuzz.fuzzer.trace.result import TraceResult


@dataclass(frozen=True)
class Contract:
    """What is printed. command: what prints it. form: its type. text: one sentence."""

    command: str
    form: Any
    text: str
    #: Another form that it may have.
    other: Any = None


CONTRACTS: dict[str, Contract] = {
    "run": Contract("ulpfuzz run --json", run_json.RunJson, "A run."),
    "run-impl": Contract("ulpfuzz run --impl ... --json", list[point_json.TestedJson], "An entry for each function and dtype."),
    "nightly": Contract("ulpfuzz nightly --json", run_json.NightJson, "A night."),
    "work": Contract("ulpfuzz work --json", run_json.WorkedJson, "Casework on a run."),
    "sweep": Contract(
        "ulpfuzz sweep --json", run_json.SweptJson, "Of one op an object; of several, and with `--all`, a list of them.", list[run_json.SweptJson],
    ),
    "facts": Contract("ulpfuzz facts --json", list[Fact], "What sweeps have proved."),
    "deepstability": Contract("ulpfuzz deepstability --json", run_json.ReplayJson, "The study replayed."),
    "deepstability-today": Contract(
        "ulpfuzz deepstability --today --json", list[run_json.StillUnstable], "What is still unstable of the study's ops."
    ),
    "defects": Contract("ulpfuzz defects --json", list[finding_json.DefectJson], "The defects of a run."),
    "triage": Contract("ulpfuzz triage --json", list[finding_json.TriageJson], "What the team said."),
    "findings": Contract("ulpfuzz findings --json", list[finding_json.ListedFinding], "The findings of a run."),
    "show": Contract("ulpfuzz show --json", finding_json.ShownFinding, "A finding and its defect."),
    "repro": Contract("ulpfuzz repro --json", point_json.ReproJson, "A finding, run again now."),
    "compare": Contract("ulpfuzz compare --json", run_json.ComparisonJson, "What changed from one run, or one target, to another."),
    "bisect": Contract("ulpfuzz bisect --json", point_json.BisectJson, "The release that brought or mended a defect."),
    "report": Contract("ulpfuzz report --format json, report.json", run_json.ReportJson, "The report."),
    "probe": Contract(
        "ulpfuzz probe --json", point_json.ProbeJson, "Of a point the first, of whole arrays the second form.", point_json.RowsJson,
    ),
    "judge": Contract("ulpfuzz judge --json", point_json.RowsJson, "Stored answers, row by row."),
    "trace": Contract("ulpfuzz trace --json", TraceResult, "Which call of a training step lost the digits."),
    "ops": Contract("ulpfuzz ops --json", list[point_json.OpJson], "The catalogue."),
    "targets": Contract("ulpfuzz targets --json", list[Described], "The targets of this machine."),
    "coverage": Contract("ulpfuzz coverage --json", point_json.CoverageJson, "What of the frameworks' public surface is fuzzed."),
    "db-size": Contract("ulpfuzz db size --json", Sizes, "Bytes of the database."),
}  # fmt: skip
