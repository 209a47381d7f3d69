"""What a night says beside its summary, and its exit status: broken first, then what was never seen before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.defects.planted import a_finding
from ulpfuzz.fuzzer.cli.night import announced, broken, is_audit, lines, upgrades, with_known_issues
from ulpfuzz.fuzzer.cli.run import _exit
from ulpfuzz.fuzzer.defects.identity import Known
from ulpfuzz.fuzzer.defects.memory import formed
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.known_issues import KnownIssue, KnownIssues
from ulpfuzz.fuzzer.findings.label import labelled
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError

ONE, OTHER = a_finding(), a_finding(call="torch.special.exp2(x)", op="exp2", x="nan", symptom="missed_nan", reference="nan")


def a_run(**environment: Any) -> Run:
    return Run("20261101-0001", 1, "2026-11-01T02:00:00+00:00", "5m", "finished", verdicts=1000, environment=environment)


def a_cell(target: str, verdicts: int = 10) -> CellSummary:
    return CellSummary("exp", {}, "value", "float32", target, "exp(x)", verdicts, {"ok": verdicts}, 0.0, 0.0)


def test_a_failed_audit_breaks_a_run() -> None:
    run = a_run(failures=["exp float32 value: AUDIT: AuditFailure: 2 is not 3", "log float32 value: MemoryError: "])
    assert broken(run, []) == ["the audit of the oracle failed: exp float32 value: AUDIT: AuditFailure: 2 is not 3"]
    assert not is_audit("log float32 value: MemoryError: AUDIT")


def test_a_framework_that_does_not_start_breaks_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Framework:
        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            if self.name == "jax":
                raise FrameworkError("ImportError: libxla is missing\nmore")

        def end(self) -> None:
            pass

    monkeypatch.setattr(
        "ulpfuzz.fuzzer.frameworks.targets.target.framework_for", lambda target, isolated=False: Framework(target.framework)
    )
    names = ["torch:cpu:eager", "jax:cpu:eager", "numpy:cpu:eager"]
    refused = [{"cell": "exp", "target": name, "call": "exp(x)", "message": "ImportError"} for name in names[:2]]
    run = a_run(targets=names, unsupported=refused)
    # numpy was not tried; torch starts, it only does not support the call.
    assert broken(run, [a_cell("torch:cpu:eager", 0)]) == ["jax:cpu:eager does not start: ImportError: libxla is missing"]
    assert broken(run, [a_cell("jax:cpu:eager"), a_cell("torch:cpu:eager")]) == []


def test_a_framework_that_was_removed_breaks_a_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ulpfuzz.fuzzer.frameworks.targets.target.installed", lambda name: None if name == "jax" else "1.0")
    before = replace(a_run(targets=["torch:cpu:eager", "jax:cpu:jit", "numpy:cpu:eager"]), id="before")
    assert broken(a_run(targets=["torch:cpu:eager"]), [a_cell("torch:cpu:eager")], before) == [
        "jax is not installed any more; run before had it"
    ]  # fmt: skip


def test_what_broke_is_an_error_whatever_was_found() -> None:
    defects = formed([ONE], [a_run()])
    with pytest.raises(UserError, match=r"run 20261101-0001 is broken: jax does not start \(and 1 more\)"):
        _exit(a_run(), defects, ["jax does not start", "numpy does not start"])


def alarms(*findings: Finding, issues: KnownIssues | None = None) -> int:
    defects = formed(findings, [a_run()])
    return len(announced(with_known_issues(defects, findings, issues or KnownIssues((), ())), findings))


def test_a_night_fails_on_what_is_new_and_neither_known_upstream_nor_labelled() -> None:
    assert alarms(ONE, OTHER) == 2
    assert alarms(replace(ONE, status="known"), OTHER) == 1
    assert alarms(labelled(ONE, "composed", "a formula of ours"), OTHER) == 1
    issue = KnownIssue({"op": "exp2"}, "https://example.org/1", "reported", date(2999, 1, 1))
    assert alarms(ONE, OTHER, issues=KnownIssues((issue,), ())) == 1


def test_what_a_night_says() -> None:
    one, other = formed([ONE, OTHER], [a_run()])
    run = a_run(replayed={"baseline": "b", "findings": {}, "due": 10, "reached": 4})
    lapsed = Known(ONE.id, triage={"expired": "2026-10-31", "was": "wontfix"})
    told = lines(
        [
            replace(one, rerun={"failed": 3, "passed": 0}), other, replace(one, status="reopened"), replace(one, status="flaky"),
            replace(one, status="fixed"),
        ], run, [lapsed],
    )  # fmt: skip
    assert told == [
        "new, never seen before: 2 (1 failed in every fresh process, 1 not re-run)",
        f"REOPENED: {one.id} was fixed and fails again",
        f"flaky, no alarm: 1: {one.id}",
        f"FIXED, the same bits are right now: 1: {one.id}",
        f"expired: {ONE.id} was wontfix until 2026-10-31, and is open again",
        "run again: 4 of 10 earlier findings, as many as its share of the budget allowed; the others come first next time",
    ]
    assert lines([], a_run(), []) == []


def test_what_another_version_of_a_framework_changed_is_listed() -> None:
    one, other = formed([ONE, OTHER], [a_run()])
    before = a_run(versions={"torch": "2.12.0", "jax": "0.9.0"}, targets=["torch:cpu:eager", "jax:cpu:jit"])
    now = a_run(
        versions={"torch": "2.13.0", "jax": "0.9.0", "numpy": "2.4"},
        targets=["torch:cpu:eager", "jax:cpu:jit", "numpy:cpu:eager"],
    )
    (upgrade,) = upgrades(now, before, [one, replace(other, status="fixed"), replace(other, framework="jax")])
    assert upgrade.lines == [
        "torch 2.12.0 -> 2.13.0: 1 new, 1 fixed",
        f"  new       {one.id}  {one.title}",
        f"  fixed     {other.id}  {other.title}",
    ]
    assert upgrades(now, None, [one]) == upgrades(now, now, [one]) == []
    (quiet,) = upgrades(now, before, [])
    assert quiet.lines == ["torch 2.12.0 -> 2.13.0: nothing new, nothing fixed"]
