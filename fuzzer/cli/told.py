"""Told: what `--json` tells of a run and of a night (contracts.run_json has the types)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.cli.night import Upgrade
from ulpfuzz.fuzzer.cli.outcome import NightOutcome
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.defects.history import ABSENT, ANNOUNCED
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.label import counts, plain
from ulpfuzz.fuzzer.findings.strict_json import jsonable


def of_run(record: Run, found: Sequence[Finding], defects: Sequence[Defect], faults: Sequence[str]) -> dict[str, Any]:
    """What is told of a run. Of the findings "total" and "new" count those without a label; each label has a count of its own. Of the defects those
    count that the run shows."""
    told = {**_of_record(record), "findings": _of_findings(found), "defects": _of_defects(defects)}
    return {**{name: jsonable(value) for name, value in told.items()}, "broken": list(faults)}


def of_night(night: NightOutcome, reports: Iterable[Path]) -> dict[str, Any]:
    """What is told of a night: as of its run, and what it is beside the one that it is compared with. reports: the files that were written."""
    told = of_run(night.record, night.found, night.defects, night.faults)
    told |= {
        "baseline": night.baseline, "statuses": night.comparison.counts(), "expired": [d.id for d in night.expired],
        "upgraded": [_of_upgrade(upgrade) for upgrade in night.upgraded],
        "known_issues": {"fixed": night.fixed_issues, "expired": night.expired_issues},
        "report": [str(path) for path in reports if path.suffix != ".py"],
    }  # fmt: skip
    told["findings"] |= {"new": len(night.fresh), "known_issues": night.quieted}
    return told


def _of_record(record: Run) -> dict[str, Any]:
    environment = record.environment
    nobody = environment.get("cells_unsupported", [])
    return {
        "run": record.id, "state": record.state, "seed": record.seed, "budget": record.budget, "seconds": record.seconds,
        "verdicts": record.verdicts, "cells": record.cells, "cells_not_reached": record.cells_planned - record.cells - len(nobody),
        "cells_unsupported": nobody, "verdicts_per_second": record.verdicts / record.seconds if record.seconds > 0 else 0.0,
        "by_tier": record.by_tier, "by_phase": record.by_phase, "failures": environment.get("failures", []),
        "unsupported": environment.get("unsupported", []), "rejected": environment.get("rejected", []),
        "cpu_share": environment.get("cpu_share"), "unaccounted_share": environment.get("unaccounted_share"),
        "cells_by_part": environment.get("cells_by_part", {}),
    }  # fmt: skip


def _of_findings(found: Sequence[Finding]) -> dict[str, int]:
    own = plain(found)
    return {"total": len(own), "new": sum(f.status == "new" for f in own), **counts(found)}


def _of_defects(defects: Iterable[Defect]) -> dict[str, int]:
    shown = [d for d in defects if d.status not in ABSENT]
    fresh = sum(d.status in ANNOUNCED for d in shown)
    return {"total": len(shown), "new": fresh, "ordinary": sum(d.kind == "ordinary" for d in shown)}


def _of_upgrade(upgrade: Upgrade) -> dict[str, Any]:
    changed = {status: [d.id for d in some] for status, some in upgrade.changed.items()}
    return {"name": upgrade.name, "from": upgrade.before, "to": upgrade.now, **changed}
