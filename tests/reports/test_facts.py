"""Facts in the reports: those of the run's targets and versions, failing ones first; the table of maxima."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from planted_findings import run, summary, text_of

from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.numbers import witness
from ulpfuzz.reports import build, write
from ulpfuzz.reports.markdown import render as markdown
from ulpfuzz.reports.maxima import maxima


def fact(**changes: Any) -> Fact:
    values: dict[str, Any] = {
        "op": "exp", "params": {}, "order": "value", "dtype": "float32", "target": "torch:cpu:eager",
        "implementation": "torch.exp(x)", "space": "all of float32", "proved": True, "inputs": 2**32, "max_ulps": 0.876,
        "bound": 0.877, "at": {"x": "0x1.8p+3"}, "output": 162754.8, "reference": "162754.79141900392",
        "limit": 3.5, "not_correctly_rounded": 12345, "beyond_limit": 0, "failing": 0, "flushed": 0, "undecided": 0,
        "classes": {"ok": 2**32}, "intervals": [], "version": "2.13.0",
    }  # fmt: skip
    return Fact(**{**values, **changes})


WRONG = fact(op="tan", implementation="torch.tan(x)", failing=3, max_ulps=math.inf, at={"x": "-0x1p-1"}, not_correctly_rounded=3)
ENVIRONMENT = {"targets": ["torch:cpu:eager"], "versions": {"torch": "2.13.0", "jax": "0.10.2"}}


def test_facts_of_the_run_failing_ones_first(tmp_path: Path) -> None:
    other = [fact(target="jax:cpu:eager", version="0.10.2"), fact(version="2.12.0")]
    report = build(run(environment=ENVIRONMENT), [], [summary()], facts=[fact(), WRONG, *other])
    assert report.facts == [WRONG, fact()]
    assert report.facts_text.startswith("2 calls run over all inputs, 2 of them proved")
    assert "1 fail" in report.facts_text
    assert report.facts_text in markdown(report)
    write(report, tmp_path, ["json"])
    html = text_of(report)
    assert 'id="facts"' in html
    assert html.index("torch.tan(x)") < html.index("torch.exp(x)")
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [f["max_ulps"] for f in told["facts"]] == ["inf", 0.876]


def test_no_section_without_facts() -> None:
    assert 'id="facts"' not in text_of(build(run(), [], [summary()]))


def test_the_table_of_maxima() -> None:
    jax = fact(target="jax:cpu:eager", implementation="jnp.exp(x)", version="0.10.2", max_ulps=1.25)
    keras = fact(target="tensorflow:cpu:eager", implementation="tf.keras.ops.exp(x)", version="2.21.0", max_ulps=9.0)
    short = fact(target="tensorflow:cpu:eager", implementation="tf.exp(x)", version="2.21.0", max_ulps=2.0)
    left_out = [fact(proved=False, op="sin"), fact(target="torch:cpu:compile", max_ulps=5.0), fact(order="grad", max_ulps=6.0)]
    lines = maxima([keras, fact(), jax, short, WRONG, *left_out]).splitlines()
    assert lines[0] == "| op | format | torch 2.13.0 | tensorflow 2.21.0 | jax 0.10.2 |"
    assert lines[2] == "| exp | float32 | 0.876 at 12 | 2 at 12 | 1.25 at 12 |"
    assert lines[3] == "| tan | float32 | wrong at -0.5 | - | - |"
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("at", "text"), [({"x": "0x1.8p+1"}, "3"), ({"x": "0x1p+0", "y": "-0x1p-1"}, "x = 1, y = -0.5"), ({}, "")]
)
def test_witness(at: dict[str, str], text: str) -> None:
    assert witness(at) == text
