"""Scripts of findings, run once before they are shown, and what they say kept in the store."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.findings.finding import Finding
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.reports.script_run import Ran

#: Findings whose words are kept in the store at a time: a report that is broken off loses no more.
KEPT = 50


def run_scripts(store: Store, run_id: str, found: Sequence[Finding], texts: Mapping[str, str], seconds: float) -> list[Finding]:
    """The findings with what their scripts say, in their order; those of which the store knows it are not run again, and none is begun after
    so many seconds."""
    from ulpfuzz.fuzzer.defects.memory import save_scripts
    from ulpfuzz.reports.script_run import run_all, run_fresh

    until = time.monotonic() + seconds
    due = {f.id: texts[f.id] for f in found if not f.script and f.id in texts and "@" not in f.target.partition(":")[0]}
    by_id = {f.id: f for f in found}
    new: list[Finding] = []

    def keep(name: str, ran: Ran) -> None:
        by_id[name] = told = with_script(by_id[name], ran)
        new.append(told)
        if len(new) % KEPT == 0:
            save_scripts(store, run_id, new[-KEPT:])

    if seconds > 0:
        for name, ran in run_all(due, until=until):
            keep(name, ran)
        for finding in found:
            due_elsewhere = not finding.script and finding.id in texts and finding.id not in due
            if due_elsewhere and (elsewhere := interpreter_for(finding)) and time.monotonic() < until:
                keep(finding.id, run_fresh(texts[finding.id], elsewhere))
    save_scripts(store, run_id, new[len(new) - len(new) % KEPT :])
    return [by_id[f.id] for f in found]


def interpreter_for(finding: Finding) -> str:
    """The interpreter that a finding's script is run with: that of its target here, "" where there is no such target. What the database says
    of interpreters is shown, and never started."""
    from ulpfuzz.fuzzer.frameworks.targets.launch import python_of
    from ulpfuzz.fuzzer.frameworks.targets.target import target_named

    try:
        return python_of(target_named(finding.target))
    except UserError:
        return ""


def with_script(finding: Finding, ran: Ran) -> Finding:
    """A finding with what its script says. One that cannot run here, for want of a framework or device, is not run yet."""
    return replace(finding, script=ran.verdict, script_says=ran.says)
