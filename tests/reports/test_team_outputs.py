"""What a team's tools read: SARIF against the schema of OASIS, JUnit XML against that of the CI servers, a summary of one screen."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from planted_findings import planted, run

from ulpfuzz.fuzzer.defects.defect import KINDS, Defect
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.reports import build, junit, sarif, summary, write
from ulpfuzz.reports.code_text import code_block, code_span
from ulpfuzz.reports.defect_entry import alone
from ulpfuzz.reports.model import Report

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text()))
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
#: Markup, quotes, line ends, pipes, fences, an escape of a terminal, a mark of direction, a lone surrogate.
HOSTILE = '<script>alert(1)</script>\'"""]]> | `` ``` a\r\n# b & \x1b[31m \x00\u202e\u2028 $(reboot) @everyone \ud800 \\'
STATUSES = ("new", "reopened", "known", "fixed", "not-run")


def report_of(*changes: dict[str, Any], text: str = "", **of_run: Any) -> Report:
    """A report of a defect per dict: fields of its Defect. text: stands in every text of findings, defects and the run."""
    findings = [
        planted(id=f"numpy-softplus-{n}{text}", reference="1", note=text, **({"implementation": f"f{text}", "op": f"softplus{text}",
                "target": "numpy:cpu:eager", "case": {"dtype": "float32", "inputs": {f"x{text}": "0x1p+0"}},
                "output_hex": text, "first_seen": text, "certified_by": text, "avoidable_by": [text]} if text else {}))
        for n in range(len(changes))
    ]  # fmt: skip
    base = alone(findings) if not text else [_hostile(f.id, text) for f in findings]
    defects = [replace(d, **change) for d, change in zip(base, changes, strict=True)]
    environment = {"versions": {f"numpy{text}": f"2.4.6{text}"}, "targets": ["numpy:cpu:eager"], **of_run.pop("environment", {})}
    return build(
        run(environment=environment, **of_run),
        findings,
        [],
        defects=defects,
        baseline="r1",
        scripts={f.id: "print()" for f in findings[:1]},
    )


def _hostile(name: str, text: str) -> Defect:
    return Defect(
        id=name, title=text, framework=f"numpy{text}", kind="range", score=0.5, rank=1, face=name, members=(name,), ops=(text,), calls=(text,),
        dtypes=(text,), orders=(text,), first_seen=text, last_seen=text, versions=(text,), avoidable_by=(text,),
    )  # fmt: skip


def results(report: Report, folder: str = "") -> list[dict[str, Any]]:
    log = json.loads(sarif.render(report, folder))
    SARIF.validate(log)
    return list(log["runs"][0]["results"])


def cases(report: Report) -> dict[str, ET.Element]:
    """Of the XML that the schema accepts: name -> test case."""
    text = junit.render(report)
    JUNIT.validate(text)
    return {case.attrib["name"]: case for case in ET.fromstring(text).iter("testcase")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_per_defect(kind: Any) -> None:
    first, second = results(report_of({"kind": kind, "status": "new"}, {"state": "wontfix", "status": "known"}), "night/a b")
    assert (first["ruleId"], KINDS[first["ruleIndex"]], first["baselineState"]) == (kind, kind, "new")
    assert first["partialFingerprints"]["ulpfuzzDefect/v1"] == "numpy-softplus-0"
    (place,) = first["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "night/a%20b/repro/numpy-softplus-0.py"
    assert place["logicalLocations"][0]["name"] == "np.log(np.exp(x) + 1)"
    told = first["properties"]
    assert (told["op"], told["dtype"], told["order"], told["ulps"]) == ("softplus", "float32", "value", "inf")
    assert (told["truth"], told["answer"], told["versions"]) == ("1", "inf", {"numpy": "2.4.6"})
    assert "suppressions" not in first
    assert (second["baselineState"], second["suppressions"][0]["status"]) == ("unchanged", "accepted")
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "night/a%20b/report.html"


def test_levels_and_rules() -> None:
    log = json.loads(sarif.render(report_of({"kind": "ordinary"}, {"kind": "range"}, {"kind": "flush"})))
    rules = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert list(rules) == list(KINDS)
    assert [rules[kind] for kind in ("ordinary", "crash", "range", "accuracy", "special", "flush")] == ["error"] * 2 + [
        "warning"
    ] * 2 + ["note"] * 2
    assert [(r["ruleId"], r["level"]) for r in log["runs"][0]["results"]] == [
        ("ordinary", "error"),
        ("range", "warning"),
        ("flush", "note"),
    ]


def test_a_fixed_defect_is_no_result_and_one_that_was_not_run_stays() -> None:
    shown = results(report_of(*({"status": status} for status in STATUSES)))
    assert {r["properties"]["status"] for r in shown} == set(STATUSES) - {"fixed"}


def test_fingerprints_differ_between_defects_and_stay_between_nights() -> None:
    first, second = results(report_of({}, {}))
    assert first["partialFingerprints"] != second["partialFingerprints"]
    assert results(report_of({"status": "known", "title": "other"}))[0]["partialFingerprints"] == first["partialFingerprints"]


def test_a_test_case_per_defect() -> None:
    states = [
        *({"status": status} for status in STATUSES),
        {"status": "new", "state": "known"},
        {"status": "new", "state": "wontfix"},
    ]
    told = cases(report_of(*states))
    outcomes = {
        name.rpartition("-")[2]: [child.tag for child in case if child.tag != "system-out"] for name, case in told.items()
    }
    failing, skipped, passing = ["failure"], ["skipped"], []
    assert outcomes == {
        "run": passing, "0": failing, "1": failing, "2": skipped, "3": passing, "4": skipped, "5": skipped, "6": skipped,
    }  # fmt: skip
    failure = told["numpy-softplus-0"].find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "again: ulpfuzz repro numpy-softplus-0" in failure.text
    assert "x = 0x1.9000000000000p+6" in failure.text
    suite = ET.fromstring(junit.render(report_of(*states)))[0]
    assert (suite.attrib["name"], suite.attrib["tests"], suite.attrib["failures"], suite.attrib["skipped"]) == (
        "numpy",
        "8",
        "2",
        "4",
    )
    assert {p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")}["version"] == "2.4.6"


def test_a_run_that_judged_nothing_is_an_error_and_no_defects_pass() -> None:
    assert [child.tag for child in cases(report_of(verdicts=0))["run"]] == ["error"]
    assert list(cases(report_of())["run"]) == []


def test_the_summary_tells_what_changed_and_what_to_type() -> None:
    told = summary.render(
        report_of(*({"status": status} for status in STATUSES), environment={"failures": ["a shard <b>failed</b>"]}), " --db x"
    )
    assert told.startswith("# ulpfuzz: 1 new, 1 reopened, 1 fixed, 1 known\n")
    for words in ("against run `r1`", "3 of 4 cells", "| numpy | 1 | 1 | 1 | 1 | 1 |", "**New (1)**", "**Reopened (1)**", "**Fixed (1)**",
                  "`numpy-softplus-0`", "- `a shard <b>failed</b>`", "ulpfuzz repro numpy-softplus-0 --db x"):  # fmt: skip
        assert words in told


@pytest.mark.parametrize("text", ["", HOSTILE * 30])
def test_the_summary_is_one_screen(text: str) -> None:
    many = [{"status": STATUSES[n % 4], "framework": f"f{n % 7}{text}"} for n in range(400)]
    told = summary.render(report_of(*many, text=text, environment={"failures": [f"failed {text}"] * 50}))
    assert len(told.splitlines()) <= 65
    assert len(told.encode("utf-8")) < 2**16


def test_every_field_is_data() -> None:
    report = report_of(
        *({"status": status} for status in STATUSES), text=HOSTILE, id=f"r2{HOSTILE}", state=HOSTILE, started=HOSTILE
    )
    log = sarif.render(report)
    SARIF.validate(json.loads(log))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", log)
    for location in (r["locations"][0] for r in json.loads(log)["runs"][0]["results"]):
        assert re.fullmatch(r"[\w./%~-]+", location["physicalLocation"]["artifactLocation"]["uri"])
    for name, case in cases(report).items():
        assert name == "run" or "<script>" in name  # escaped, and read back
        assert case.find("script") is None
    shown = summary.render(report)
    rendered = MarkdownIt("js-default").enable("table").render(shown)
    assert "<script>" not in MarkdownIt("commonmark").render(shown)  # where HTML of the text would go through
    assert rendered.count("<h1>") == 1  # no line of a text begins one of the document
    assert "<h2>" not in rendered
    assert "\x1b" not in shown


@settings(max_examples=200)
@given(st.text(), st.text(alphabet="`|<\\ \n\x00a"))
def test_inline_code_shows_the_text_and_nothing_else(text: str, ticks: str) -> None:
    for given_text in (text, ticks):
        plain = one_line(given_text, 200)
        (paragraph,) = [t for t in MarkdownIt("commonmark").parse(f"- x {code_span(given_text)} y") if t.type == "inline"]
        assert [child.type for child in paragraph.children or []] == ["text", "code_inline", "text"]
        assert (paragraph.children or [])[1].content.strip() == plain.strip()


def test_a_block_ends_where_its_fence_does() -> None:
    tokens = MarkdownIt("commonmark").parse("\n".join(code_block(["a", "```", "```` b"])))
    assert [t.type for t in tokens] == ["fence"]
    assert tokens[0].content == "a\n```\n```` b\n"


def test_write_has_the_formats(tmp_path: Path) -> None:
    written = write(report_of({}), tmp_path, ("sarif", "junit", "summary"))
    assert [path.name for path in written] == ["report.sarif", "junit.xml", "summary.md", "numpy-softplus-0.py"]


def test_a_defect_in_the_state_reopened_is_told_as_reopened_and_one_that_people_settled_is_not() -> None:
    report = report_of({"status": "reopened", "state": "reopened"}, {"status": "reopened", "state": "known"})
    assert summary.render(report).startswith("# ulpfuzz: 1 reopened, 1 known\n")
    assert "**Reopened (1)**" in summary.render(report)
