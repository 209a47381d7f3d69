"""The defects as JUnit XML, which the CI of GitLab, Jenkins, Azure and others show as tests.

A test suite per framework; in it a test case `run`, and one per defect, named by its id, which stays the same from night to night. A defect that
is new or reopened fails, one that was seen before or that people have called known or wontfix is skipped, one that is fixed passes.
"""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ulpfuzz.fuzzer.defects.defect import SETTLED, Defect
from ulpfuzz.fuzzer.defects.history import ANNOUNCED, FIXED, NOT_RUN
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.reports.code_text import quoted
from ulpfuzz.reports.defect_entry import DefectEntry
from ulpfuzz.reports.model import Report, versions_of


def render(report: Report) -> str:
    """The XML document; every text in it is one line of characters that XML has."""
    frameworks = [framework_of(line["target"]) for line in report.targets]
    told = JUnitXml("ulpfuzz")
    for framework in dict.fromkeys([*frameworks, *(e.defect.framework for e in report.defects)]):
        told.add_testsuite(_suite(report, framework))
    return str(told.tostring().decode("utf-8"))


def _suite(report: Report, framework: str) -> TestSuite:
    run = report.run
    suite = TestSuite(one_line(framework))
    version = versions_of(run.environment).get(framework, "")
    for name, value in (("run", run.id), ("started", run.started), ("seed", run.seed), ("budget", run.budget), ("state", run.state),
                        ("baseline", report.baseline), ("version", version)):  # fmt: skip
        if value != "":
            suite.add_property(name, one_line(value))
    whole = TestCase("run", one_line(framework))
    if not run.verdicts:
        whole.result = [Error(f"run {one_line(run.id)} judged nothing", "NothingJudged")]
    suite.add_testcase(whole)
    for entry in report.defects:
        if entry.defect.framework == framework:
            suite.add_testcase(_case(entry))
    suite.update_statistics()  # not of the document: the XSD that CI servers validate against knows no "skipped" there
    return suite


def _case(entry: DefectEntry) -> TestCase:
    d = entry.defect
    case = TestCase(one_line(d.id), one_line(f"{d.framework}.{d.kind}"))
    title = one_line(d.title)
    if d.state in SETTLED:
        case.result = [Skipped(f"{d.state}: {title}")]
    elif d.status in ANNOUNCED:
        failure = Failure(title, one_line(d.kind))
        failure.text = "\n".join(_lines(entry))
        case.result = [failure]
    elif d.status != FIXED:
        case.result = [Skipped(f"{_seen(d)}: {title}")]
    # Not as properties: the XSD that CI servers validate against has them of suites alone.
    case.system_out = "\n".join(f"{name}: {one_line(value)}" for name, value in _facts(entry) if value != "")
    return case


def _facts(entry: DefectEntry) -> list[tuple[str, object]]:
    d, f = entry.defect, entry.face
    return [
        ("title", d.title), ("kind", d.kind), ("status", d.status), ("state", d.state), ("op", f.op), ("call", f.implementation),
        ("target", f.target), ("dtype", f.dtype), ("order", f.order), ("ulps", numbers.measure(f.ulps)), ("truth", f.reference),
        ("answer", f.output_hex), ("findings", len(d.members)), ("first seen", d.first_seen),
    ]  # fmt: skip


def _seen(defect: Defect) -> str:
    if defect.status == NOT_RUN:
        return "not run again"
    return f"seen since {one_line(defect.first_seen)}" if defect.first_seen else "seen before"


def _lines(entry: DefectEntry) -> list[str]:
    """What a reader of a failed test wants: the case, the truth, how to run it again."""
    f = entry.face
    inputs = [f"{one_line(name)} = {one_line(value)}" for name, value in dict(f.case.get("inputs", {})).items()]
    return [
        f"call: {one_line(f.implementation)} ({one_line(f.target)}, {one_line(f.dtype)}, {one_line(f.order)})",
        *inputs,
        f"answer: {one_line(numbers.decimal(f.output, f.dtype))} ({one_line(f.output_hex)})",
        f"truth: {one_line(f.reference)}",
        f"error: {numbers.measure(f.ulps)} ulps",
        f"again: ulpfuzz repro {quoted(f.id)}",
    ]
