"""The table of what is still unstable: a line per op and framework, and a command that shows it."""

from __future__ import annotations

import shlex
from typing import Any

from planted_findings import planted

from tests.contracts import check
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.strict_json import to_json
from ulpfuzz.fuzzer.point.point import point_of
from ulpfuzz.reports.today import markdown, ops_of_the_study, probe_of, still_unstable

HUGE, ONE = "0x1.fffffe0000000p+127", "0x1.0000000000000p+0"


def of(op: str, **changes: Any) -> Any:
    target = changes.pop("target", "torch:cpu:eager")
    case = {"dtype": "float32", "inputs": {"x": [HUGE, ONE]}, "placement": {"length": 1, "position": 0, "stride": 1}}
    return planted(**{"op": op, "target": target, "implementation": f"{op}(x)", "case": case, **changes})


def test_a_line_per_op_and_framework_the_gravest() -> None:
    findings = [
        of("softmax", id="a", severity=3.0), of("softmax", id="b", severity=9.0), of("softmax", id="c", severity=4.0, target="jax:cpu:eager"),
        of("gelu", id="d"), of("logsumexp", id="e", symptom="hang"), of("softmax", id="f", target="numpy:cpu:eager"),
    ]  # fmt: skip
    found = still_unstable(findings)
    assert [(s.finding.id, s.indices) for s in found] == [("c", [5, 23, 105, 106]), ("b", [5, 23, 105, 106])]
    check("deepstability-today", to_json([s.as_dict() for s in found]))


def test_a_case_that_fits_a_line_comes_before_a_graver_one_that_does_not() -> None:
    long = {"dtype": "float32", "inputs": {"x": [HUGE] * 40}, "placement": {}}
    found = still_unstable([of("softmax", id="long", severity=9.0, case=long), of("softmax", id="short", severity=1.0)])
    assert [s.finding.id for s in found] == ["short"]


def test_the_command_is_one_that_probe_takes() -> None:
    finding = of("normalize", params={"eps": 1e-12}, order="grad", case={
        "dtype": "float32", "inputs": {"x": [HUGE, "-0x1.8p-140"], "cotangent": [ONE, "inf"]}, "placement": {},
    })  # fmt: skip
    words = shlex.split(probe_of(finding))
    assert words[:7] == ["ulpfuzz", "probe", "normalize", "--dtype", "float32", "--order", "grad"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert given["--inputs"] == '{"x": ["0x1.fffffep+127", "-0x1.8p-140"], "cotangent": ["0x1p+0", "inf"]}'
    assert given["--params"] == '{"eps": 1e-12}'
    assert given["--targets"] == "torch:cpu:eager"


def test_the_inputs_are_those_of_the_finding() -> None:
    from ulpfuzz.fuzzer.cli.json_option import json_object

    words = shlex.split(probe_of(of("softmax")))
    point = point_of(
        op_named("softmax"), {}, "float32", "value", json_object("--inputs", words[words.index("--inputs") + 1], exact=True)
    )
    assert point.batch.inputs["x"].tolist() == [[float.fromhex(HUGE), 1.0]]


def test_the_table() -> None:
    run = Run(
        "r", 7, "2026-11-26T00:00:00+00:00", "5m", "finished", 300.0, 1000, 4, 4, environment={"versions": {"torch": "2.13.0"}}
    )
    text = markdown(
        run, still_unstable([of("softmax", implementation="a | b", reference="1e-1234567890123456789012345678901234567890")])
    )
    assert text.startswith("1 lines for 1 of the ")
    assert "torch 2.13.0; seed 7, 1,000 verdicts in 5 minutes" in text
    assert "| 5, 23, 105, 106 | softmax, float32 | `a \\| b` |" in text
    assert "| about 0 |" in text


def test_the_ops_of_the_study_are_ours() -> None:
    assert set(ops_of_the_study()) <= set(ops())
    assert ops_of_the_study()["softmax"] == [5, 23, 105, 106]
