"""Every order, mode and kind of target reads well in every format: derivatives named, deaths without ulps, both placements."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from planted_axes import axes_cells, axes_run, findings
from planted_findings import planted

from ulpfuzz.fuzzer.cli.screen import finding_whole
from ulpfuzz.fuzzer.findings.headline import arrays_of, element_of, headline
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.reports import build, json_report, markdown
from ulpfuzz.reports.html import files, unpacked
from ulpfuzz.reports.model import Report


@pytest.fixture(scope="module")
def report() -> Report:
    return build(axes_run(), findings(), axes_cells())


def line(**changes: Any) -> str:
    finding = planted(**changes)
    arrays = arrays_of(finding)
    return headline(finding, arrays, element_of(finding, arrays))


def case(**inputs: Any) -> dict[str, Any]:
    return {"dtype": "float32", "inputs": inputs}


@pytest.mark.parametrize(
    ("order", "worst", "begins"),
    [
        ("grad", 1, "d/dy softplus(x=1, y=2) = inf"),
        ("jvp", 1, "d/dy softplus(x=1, y=2), forward mode = inf"),
        ("grad2", 0, "d2/dx2 softplus(x=1, y=2) = inf"),
        ("grad2", 1, "d2/dxdy softplus(x=1, y=2) = inf"),
        ("grad2", 2, "d2/dydx softplus(x=1, y=2) = inf"),
        ("grad2", 3, "d2/dy2 softplus(x=1, y=2) = inf"),
    ],
)
def test_derivatives_of_elementwise_ops_name_their_inputs(order: str, worst: int, begins: str) -> None:
    told = line(order=order, worst=worst, implementation="f(x, y)", case=case(x="0x1p+0", y="0x1p+1"))
    assert told.startswith(begins)


def test_products_with_a_direction_leave_it_out_of_the_call() -> None:
    inputs = case(x=["0x1p+0", "0x1p+1"], tangent=["0x1p+0", "0x0p+0"], cotangent=["0x1p+0"])
    told = line(order="grad2", worst=1, implementation="f(x)", case=inputs)
    assert told.startswith("hvp/dx[1] softplus(x=[1, 2]")
    assert "tangent=[1, 0]" in told
    assert "cotangent" not in told
    assert line(order="jvp", worst=1, implementation="f(x)", case=inputs).startswith("jvp of softplus(x=[1, 2]")


@pytest.mark.parametrize(
    ("symptom", "said"), [("crash", "ends the process"), ("hang", "does not return"), ("exception", "raises")]
)
def test_a_call_without_an_answer_has_no_number(symptom: str, said: str) -> None:
    assert line(symptom=symptom, implementation="f(x)") == f"softplus(100) {said} (float32, numpy)"
    assert line(symptom=symptom, order="jvp", implementation="f(x)").startswith(f"forward mode of softplus(100) {said}")


def test_the_pages_tell_every_axis(report: Report) -> None:
    written = files(report)
    pages = {name: text for path, chunk in written.items() if path.startswith("pages/") for name, text in unpacked(chunk).items()}
    text = "".join(pages.values())
    for expected in (
        "Hessian-vector product of jax.scipy.special.logsumexp(x, axis=-1) at x[1]",
        'none: the call <span class="wrong">ends the process</span>',
        "same bits, right",
        "position 8 of 9 equal rows",
        "tensorflow:cpu:xla;onednn=off",
        "Python 3.9.18, /opt/old/bin/python",
        "Unsupported: inductor has no forward mode of cumsum",
        "<td>83 s",
    ):
        assert expected in text, expected
    crash = pages["jax-exp-value-float32-crash-aa06"].partition("Every installed target")[0]
    assert "ulps" not in crash


def test_the_digest_and_the_json_tell_them_too(report: Report) -> None:
    text = markdown.render(report, top=20)
    assert "- no answer: the call does not return" in text
    assert "- the same bits, right: `2.7182817` (0x1.5bf0a80000000p+1), alone in its call, contiguous" in text
    assert "jax@old:cpu:jit (0.4.30) (Python 3.9.18, /opt/old/bin/python)" in text
    told = json.loads(json_report.render(report))
    assert told["summary"]["compile_seconds"] == 83.0
    assert (told["summary"]["compared"], told["summary"]["differing"]) == (480, 12)
    assert told["unsupported"][0]["target"] == "torch:cpu:compile"
    assert {t["target"] for t in told["targets"]} == {f.target for f in findings()}
    (both,) = [f for f in told["findings"] if f["symptom"] == "inconsistent"]
    assert both["case"]["right"]["placement"]["length"] == 1
    assert set(told["summary"]["symptoms"]) == {"jax", "numpy", "tensorflow", "torch"}


def test_hosts_stand_in_the_table_where_no_detail_is_recorded() -> None:
    environment = {
        "targets": ["jax@old:cpu:jit"],
        "versions": {"jax@old": "0.4.1"},
        "hosts": {"jax@old:cpu:jit": {"python": "3.9.1"}},
    }
    (target,) = build(axes_run().__class__(**{**vars(axes_run()), "environment": environment}), [], []).targets
    assert (target["version"], target["interpreter"]) == ("0.4.1", "Python 3.9.1")


def test_show_tells_both_answers_and_no_ulps_of_a_death() -> None:
    from rich.console import Console

    def shown(symptom: str) -> str:
        console = Console(width=160, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
        console.print(finding_whole(next(f for f in findings() if f.symptom == symptom)))
        return console.export_text()

    assert "length 1, position 0, stride 1: 2.7182817 = 0x1.5bf0a80000000p+1" in shown("inconsistent")
    facts = shown("crash").partition("every target")[0]
    assert "ulps" not in facts
    assert math.isnan(next(f for f in findings() if f.symptom == "crash").output)


@pytest.mark.parametrize("text", ["jax", "jax:cpu", "jax:cpu:jit", "jax@old:cpu:jit", "jax:cpu:jit;matmul=high;x=a:b", "jax@old"])
def test_the_framework_of_a_target(text: str) -> None:
    assert framework_of(text) == "jax"
