"""Findings with a label in reports: in sections of their own, with their reason, in no count."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from planted_findings import planted, run, summary, text_of

from ulpfuzz.fuzzer.findings.label import labelled
from ulpfuzz.reports import build, markdown, write
from ulpfuzz.reports.model import Report

REJECTED = {
    "cell": "sqrt float32 value",
    "target": "numpy:cpu:eager",
    "call": "np.sqrt(x)",
    "message": "ValueError: no",
    "reason": "x is at an end",
}


def report() -> Report:
    own = replace(run(), environment={**run().environment, "rejected": [REJECTED]})
    labels = [
        ("composed", "a formula of ours"),
        ("documented", "the page says so"),
        ("flush", "losses: below 2^-126"),
        ("flush", "losses: below 2^-126"),
    ]
    beside = [labelled(planted(id=f"{name}-{number}"), name, why) for number, (name, why) in enumerate(labels)]
    inaccurate = planted(id="beyond", class_="inaccurate", symptom="precision", output=100.5, ulps=9.0, severity=1.0,
                         reason="no promise of numpy; the limit is SLEEF's: u10, u35")  # fmt: skip
    return build(own, [*beside, planted(id="plain"), inaccurate], [summary()])


def test_counts_and_sections() -> None:
    told = report()
    assert [e.finding.id for e in told.entries] == ["plain", "beyond"]
    assert [e.finding.id for e in told.composed] == ["composed-0"]
    assert told.labels == {"composed": 1, "documented": 1, "flush": 1}
    assert told.flushes[0].members == ("flush-2", "flush-3")
    assert told.sentence.startswith("2 findings")
    assert told.composed[0].headline.startswith("composed: ")
    assert "SLEEF" in told.entries[1].limit_text


def test_every_format_tells_them_apart(tmp_path: Path) -> None:
    told = report()
    paths = write(told, tmp_path, ("json",))
    assert tmp_path / "repro" / "composed-0.py" in paths
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [(f["class"], f["measured_class"]) for f in data["findings"]] == [
        ("unstable", "unstable"), ("inaccurate", "inaccurate"), ("composed", "unstable"),
    ]  # fmt: skip
    assert data["documented"][0]["reason"] == "the page says so"
    assert data["flush"][0]["count"] == 2
    assert data["rejected"] == [REJECTED]
    for page in (text_of(told), markdown.render(told)):
        for words in ("a formula of ours", "the page says so", "losses: below 2^-126", "no promise of numpy"):
            assert words in page
    assert "x is at an end" in text_of(told)
