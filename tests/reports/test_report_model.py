"""What every format tells, from planted findings."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_findings import planted, run, summary

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.headline import arrays_of, element_of, headline
from ulpfuzz.fuzzer.formats import FORMATS, UnknownName
from ulpfuzz.reports import ReportError, build, write


def line(**changes: object) -> str:
    finding = planted(**changes)
    arrays = arrays_of(finding)
    return headline(finding, arrays, element_of(finding, arrays))


def test_a_headline_reads_like_the_code() -> None:
    gelu = line(
        implementation="torch.nn.functional.gelu(x)",
        reference="1.8680902e38",
        case={"dtype": "float32", "inputs": {"x": "0x1.1900000000000p+127"}},
    )
    assert gelu == "softplus(1.8675653e38) = inf, true value 1.87e38 (float32, torch.nn.functional.gelu)"


def test_a_headline_shows_the_digits_that_differ_and_one_more() -> None:
    text = line(output=0.09614693775765294, reference="0.096145378007668879900", implementation="f(x)", dtype="float64")
    assert text.startswith("softplus(100) = 0.0961469, true value 0.0961454 ")


def test_a_gradient_names_the_input_that_it_belongs_to() -> None:
    inputs = {"x": ["0x1p+0", "0x1p+1"], "n": "0x1p+0", "y": ["0x1p+0"] * 40, "cotangent": ["0x1p+0"]}
    finding = planted(order="grad", worst=4, implementation="f(x, n, y)", case={"dtype": "float32", "inputs": inputs})
    arrays = arrays_of(finding)
    assert element_of(finding, arrays) == "y[1]"
    assert element_of(finding, arrays, ("x", "y")) == "y[2]"
    text = headline(finding, arrays, "y[2]")
    assert text.startswith("d/dy[2] softplus(x=[1, 2], n=1, y=[1 x40]) = inf")
    assert "cotangent" not in text


def test_findings_are_ranked_by_severity_and_counted() -> None:
    findings = [
        planted(id="low", severity=1.0),
        planted(id="odd", severity=math.nan),
        planted(id="high", severity=9.0, symptom="nan", target="jax:cpu:jit"),
    ]
    report = build(
        run(),
        findings,
        [summary(), summary(target="jax:cpu:jit")],
        statuses={"low": "known"},
        fixed=[planted(id="gone")],
        baseline="r1",
    )
    assert [e.finding.id for e in report.entries] == ["high", "low", "odd"]
    assert report.statuses == {"new": 2, "known": 1, "fixed": 1}
    assert report.symptoms == (["inf", "nan"], {"jax": {"nan": 1}, "numpy": {"inf": 2}})
    assert report.classes["ok"] == 6000
    assert report.undecided == 14
    assert "3 findings (2 new, never seen before)" in report.sentence
    assert "1 planned cell not reached" in report.partial


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(FORMATS)))
def test_decimals_round_back(value: float, dtype: str) -> None:
    fmt = FORMATS[dtype]
    number = float(fmt.round(value))
    if math.isfinite(number):
        assert float(fmt.round(float(numbers.decimal(number, dtype)))) == number
        assert float.fromhex(numbers.hexadecimal(number)) == number


@given(st.floats())
def test_measures_are_short(value: float) -> None:
    assert len(numbers.measure(value)) <= 10


def test_shortest_decimals() -> None:
    assert numbers.decimal(0.10000000149011612, "float32") == "0.1"
    assert numbers.decimal(1e38, "float64") == "1e38"
    assert numbers.decimal(-0.0, "float32") == "-0.0"
    assert numbers.share(1e-9) == "1e-07 %"


def test_json_is_strict_and_versioned(tmp_path: Path) -> None:
    paths = write(build(run(), [planted(condition=math.nan)], [summary()]), tmp_path, ["json"])
    assert {p.name for p in paths} == {"report.json", f"{planted().id}.py"}

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert (data["schema"], data["schema_version"]) == ("ulpfuzz-report", 1)
    [finding] = data["findings"]
    assert (finding["class"], finding["ulps"], finding["condition"]) == ("unstable", "inf", "nan")
    assert finding["answers"][1]["class"] == "unstable"
    assert data["summary"]["undecided"] == 7


def test_markdown_tells_case_and_command() -> None:
    from ulpfuzz.reports.markdown import render

    findings = [planted(id=f"numpy-softplus-{k:02d}", severity=50.0 - k) for k in range(30)]
    text = render(build(run(), findings, [summary()]), top=3)
    assert "| numpy | 30 | 30 |" in text
    assert "The 3 first of 30 defects" in text
    assert text.count("ulpfuzz repro ") == 3
    assert "x = `0x1.9p+6` (100.0)" in text
    assert "torch:cpu:eager" in text


def test_markdown_of_a_run_without_findings() -> None:
    from ulpfuzz.reports.markdown import render

    clean = summary(classes={"ok": 10, "undecided": 2})
    text = render(build(run(), [], [clean]))
    assert "No findings. Every judged element" in text
    assert "2 undecided" in text
    rendered = render(build(run(), [], [summary()]))
    assert "1,983 elements looked wrong on screening" in rendered


def test_an_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=re.escape(str(tmp_path / "file"))) as caught:
        write(build(run(), [], []), tmp_path / "file", ["md"])
    assert "\n" not in str(caught.value)


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'html'"):
        write(build(run(), [], []), "unused", ["htm"])


def test_a_plugin_target_is_reported_without_a_script(tmp_path: Path) -> None:
    report = build(run(), [planted(target="mine:cpu:eager")], [])
    assert report.entries[0].script == ""
    assert [p.name for p in write(report, tmp_path, ["md", "html"])] == ["report.md", "report.html", "00.js", "run.js"]


@pytest.mark.parametrize(
    ("stored", "told"),
    [("1.6310120093e+80516441582630358", "1.63e80516441582630358"),
     ("1.02738990e-15570470179182715165410831699251719493", "1.03e-15570470179182715165410831699251719493"),
     ("9.9996e+30992289862567320954927", "1e30992289862567320954928"),
     ("-2.960373934e-170644815716037661052973", "-2.96e-170644815716037661052973"),
     ("1.5421122683e-522431665", "1.54e-522431665"), ("2.5e-100001", "2.5e-100001"), ("2.5e100000", "2.5e100000"),
     ("0e-5201521077023998475339450886023912766444", "0.0"), ("1.2345", "1.23"), ("1.5e40", "1.5e40"), ("nan", "nan"), ("-inf", "-inf"),
     ("[0.0, 1.0]", "[0.0, 1.0]"), ("-6922.9489", "-6922.9"), ("707.4834", "707.5"), ("0.99999999473", "0.99999999"), ("1500.0", "1500.0")],
)  # fmt: skip
def test_a_truth_is_told_whatever_its_exponent(stored: str, told: str) -> None:
    assert numbers.truth(stored, 3) == told
    assert numbers.contrast(float("nan"), stored) == ("nan", told)


def test_a_finite_answer_beside_a_far_truth() -> None:
    assert numbers.contrast(0.25, "1.6310120093e+80516441582630358") == ("0.25", "1.63e80516441582630358")
    assert numbers.contrast(-1.0, "2.07605e-309922880152828929206621576997867862266785861")[1].startswith("2.08e-3099228801528")
