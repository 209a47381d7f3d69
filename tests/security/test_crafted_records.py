"""Whatever stands in the place of a part of a record: it is damaged, and said to be, or every output takes it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hostile import TEXTS, known
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_findings import run, summary
from sqlalchemy import select, update
from test_html_report import defect, worked_on
from typer.testing import CliRunner

from ulpfuzz import reports
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.cli.bisect import line_of
from ulpfuzz.fuzzer.cli.screen import console, finding_whole, findings_table
from ulpfuzz.fuzzer.defects.grouping import group
from ulpfuzz.fuzzer.defects.identity import Known
from ulpfuzz.fuzzer.defects.memory import case_files, defects_of, keep, known_defects, save_case_file, save_known
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.payload import Damaged, decode, encode
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.point.bisect import Tried
from ulpfuzz.fuzzer.point.stored import checked
from ulpfuzz.reports import issue, json_report, junit, markdown, sarif
from ulpfuzz.reports import summary as screen_of
from ulpfuzz.reports.html import files
from ulpfuzz.reports.script import script_for

ELSEWHERE = {"placement": {"length": 2, "position": 0, "stride": 1}, "output": 1.0, "output_hex": "0x1p+0"}
INPUTS = known().case["inputs"]
FINDINGS = (
    known(extent={"share": 0.5, "count": 3, "judged": 6, "inputs": {"x": [1.0, 2.0]}, "special": 1, "low": "1", "high": "2"}, profile=[[1.0] * 4]),
    known(symptom="joint", case={"inputs": INPUTS, "functional": {"name": "sum", "outputs": [0, 1], "ulp": "0x1p+0"}}),
    known(symptom="inconsistent", case={"inputs": {"x": ["0x1p+0", "0x1p+1"]}, "right": ELSEWHERE, "nth": 1}),
    known(symptom="hang", case={"inputs": INPUTS, "patience": 3.0}),
)  # fmt: skip
LINE = {"cell": "c", "target": "t", "call": "x", "message": "m"}
ENVIRONMENT: dict[str, Any] = {
    "versions": {"torch": "2"}, "targets": ["torch:cpu:eager"], "hosts": {"torch:cpu:eager": {"framework": "2", "switches": {"a": "b"}}},
    "cpu": {"model": "m", "flags": ["avx"]}, "selection": {"ops": None, "dtypes": ["float32"], "orders": ["value"]}, "failures": ["a"],
    "unsupported": [LINE], "rejected": [LINE],
    "replayed": {"baseline": "b", "findings": {"f": {"id": "", "bits_lost": "inf", "class": "ok"}}, "due": 1, "reached": 1},
    "cells_by_part": {"a": 1}, "cells_not_reached": ["c"],
}  # fmt: skip
#: In the place of a part.
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1e308, float("nan"), float("inf"), -0.0, 2**63, "", "x", TEXTS[0], "nan", "inf", "sNaN", "1e999999999999", "1E9999",
    "[1, 2]", "[x", "e", "1e", "1e5e5", "0x1p+5000", "0x1p+0", "9" * 5000, "\u0663", [], [1], ["a"], [[]], ["0x1p+0", ["0x1p+1"]], {}, {"a": 1},
    {"length": 2},
)  # fmt: skip


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of all parts of a record."""
    if at:
        yield at
    for key, part in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(part, (*at, key))


def put(node: Any, at: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(node)
    inner = changed
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return changed


@st.composite
def crafted(draw: st.DrawFn, *records: Any) -> str:
    """The text of a record of which a part is something else."""
    record = json.loads(encode(draw(st.sampled_from(records))))
    top = draw(st.sampled_from(sorted(record)))  # a long profile is not all that there is
    inner = draw(st.sampled_from([(top, *at) for at in places(record[top])] or [(top,)])) if draw(st.booleans()) else (top,)
    return json.dumps(put(record, inner, draw(st.sampled_from(VALUES))))


def shown(run_record: Run, found: list[Finding], cells: list[CellSummary]) -> None:
    """Every output of a run."""
    told = reports.build(run_record, found, cells)
    for render in (sarif.render, junit.render, screen_of.render, markdown.render, json_report.render, files):
        render(told)  # type: ignore[operator]
    group(found, {})
    screen = console()
    screen.print(findings_table(found, 200))
    for finding in found:
        screen.print(finding_whole(finding))
        issue.issue_text(defect(framework="torch"), finding, None, run_record.environment, [finding], "print()\n")
        line_of(
            Tried("1.0", "bad", finding.output, finding.output_hex, finding.ulps, finding.class_, finding.symptom, finding.note)
        )
        for runs in (script_for, checked):
            with suppress(UserError):
                runs(finding)


def read(kind: Any, text: str) -> Any:
    """The record, or None where it is damaged."""
    with suppress(Damaged):
        return decode(kind, text, "name")
    return None


@settings(max_examples=150)
@given(text=crafted(*FINDINGS))
def test_a_crafted_finding_is_damaged_or_shown(text: str) -> None:
    finding = read(Finding, text)
    if finding is None:
        return
    shown(run(), [finding, known(id="other")], [summary()])


@settings(max_examples=60)
@given(text=crafted(run(environment=ENVIRONMENT)))
def test_a_crafted_run_is_damaged_or_shown(text: str) -> None:
    record = read(Run, text)
    if record is None:
        return
    shown(record, [known()], [summary()])


@settings(max_examples=60)
@given(text=crafted(summary(profile=[[1.0] * 4])))
def test_a_crafted_cell_is_damaged_or_shown(text: str) -> None:
    cell = read(CellSummary, text)
    if cell is None:
        return
    shown(run(), [known()], [cell])


# The commands, of a database of which some records are crafted

HURT: tuple[tuple[Any, str, tuple[Any, ...], Any], ...] = (
    (tables.findings, "torch-softplus-value-float32-a", ("reference",), "1e5e5"),
    (tables.findings, "torch-softplus-value-float32-b", ("case", "inputs", "x"), "</script>"),
    (tables.findings, "torch-softplus-value-float32-c", ("profile",), [[]]),
    (tables.defects, "torch-softplus-value-float32-a", ("triage",), {"until": 5}),
    (tables.case_files, "torch-softplus-value-float32-a", ("extent", 0, "low"), "x"),
)  # fmt: skip


def damaged(path: Path) -> str:
    """The URL of a database of a run that is whole but for HURT."""
    url = f"sqlite:///{path / 'crafted.db'}"
    found = [known(id=f"torch-softplus-value-float32-{letter}", params={"beta": n}) for n, letter in enumerate("abcd", 1)]
    with Store(url) as store:
        store.start_run(run())
        store.save_shard(run().id, "s", "{}", [summary()], found)
        keep(store, defects_of(store, run().id), store.run(run().id))
        face = found[0]
        save_case_file(store, replace(worked_on(), defect=face.id, face=face.id, certified=face, worked_on=face.case))
        save_known(store, [Known(f.id, (f.id,)) for f in (face, found[-1])])
        with store.database.transaction(write=True) as connection:
            for table, name, at, value in HURT:
                key = table.c.defect if table is tables.case_files else table.c.id
                record = json.loads(connection.execute(select(table.c.payload).where(key == name)).scalar_one())
                connection.execute(update(table).where(key == name).values(payload=json.dumps(put(record, at, value))))
    return url


def test_a_database_with_damaged_records_is_read_but_for_these(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = damaged(tmp_path)
    whole = "torch-softplus-value-float32-d"
    for command in (
        ["findings"], ["defects"], ["show", whole], ["show", whole, "--issue"], ["triage", whole, "--state", "known", "--url", "https://x.org/1"],
        ["triage"], ["report", "--out", "out", "--format", "html,md,json,sarif,junit,summary"], ["db", "size"],
    ):  # fmt: skip
        result = CliRunner().invoke(app, [*command, "--db", url])
        assert result.exit_code == 0, (command, result.output, result.stderr)
        told = [line for line in result.stderr.splitlines() if "left out" in line]
        assert all(line.startswith("ulpfuzz: ") for line in told), result.stderr
        assert bool(told) == (command != ["db", "size"])
    for command in (["show", "torch-softplus-value-float32-a"], ["repro", "torch-softplus-value-float32-a"],
                    ["bisect", "torch-softplus-value-float32-a", "--versions", "torch==2.9,2.10"]):  # fmt: skip
        result = CliRunner().invoke(app, [*command, "--db", url])
        assert result.exit_code == 2
        assert "damaged Finding" in result.stderr.splitlines()[-1]
    with Store(url) as store:
        assert known_defects(store)[whole].triage == {"url": "https://x.org/1"}
        assert case_files(store) == {}
