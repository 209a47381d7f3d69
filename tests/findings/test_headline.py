"""Headlines: short, in decimals, with everything that a reader needs to know what is wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.headline import WIDTH, headline
from ulpfuzz.fuzzer.formats import FORMATS


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "id": "torch-gelu-value-float32-precision-abcdef", "op": "gelu", "params": {"approximate": "tanh"}, "order": "value",
        "dtype": "float32", "target": "torch:cpu:eager", "implementation": "torch.nn.functional.gelu(x, approximate=approximate)",
        "symptom": "precision", "class_": "unstable", "ulps": 1e6, "excess": 1e6, "condition": 1.0, "limit": 4.0, "severity": 1.0,
        "case": {"inputs": {"x": "-0x1.6p+2"}}, "worst": 0, "reference": "-1.0444e-07", "output": -1.639e-07, "output_hex": "",
        "avoidable_by": [], "certified_by": "arb+mpmath", "answers": [],
    }  # fmt: skip
    return Finding(**{**values, **changes})


def inputs(**values: Any) -> dict[str, Any]:
    return {"inputs": values}


def test_op_decimals_params_and_call() -> None:
    assert headline(finding()) == (
        "gelu(x=-5.5, approximate='tanh') = -1.639e-7, true value -1.044e-7 (float32, torch.nn.functional.gelu)"
    )


def test_a_formula_or_a_lambda_is_never_shown() -> None:
    text = headline(finding(implementation="(lambda p: p @ p)(torch.tanh(x)) + x"))
    assert "lambda" not in text
    assert text.endswith("(float32, torch)")


@pytest.mark.parametrize(
    ("reference", "dtype", "says"),
    [
        ("8.81e4342", "float32", "8.81e4342 (overflows: inf is right)"),
        ("-3.5e38", "float32", "-3.5e38 (overflows: -inf is right)"),
        ("3.4028234e38", "float32", "3.4e38 (float32"),
        ("1e46", "float64", "1e46 (float64"),
        ("-1e-400", "float64", "-1e-400 (underflows: -0 is right)"),
        ("3.24e-310880102", "float64", "tiny (underflows: 0 is right)"),
        ("-8.2e99999999999999999999999", "float64", "huge (overflows: -inf is right)"),
        ("[0.29289321881345, 1.0]", "float64", "in [0.2929, 1.0] (float64"),
    ],
)
def test_a_truth_beyond_the_format_says_what_is_right(reference: str, dtype: str, says: str) -> None:
    assert f"= nan, true value {says}" in headline(finding(output=math.nan, reference=reference, dtype=dtype))


def test_the_end_of_a_format_is_exact() -> None:
    # W of float32 is 2^128 - 2^103: there infinity is right, a little below it the largest number.
    w = 2**128 - 2**103
    assert numbers.beyond_format(str(w), "float32") == "inf"
    assert numbers.beyond_format(str(w - 1), "float32") == ""
    assert numbers.beyond_format("7.0064923216240853e-46", "float32") == "0"
    assert numbers.beyond_format("7.0064923216240854e-46", "float32") == ""
    assert numbers.beyond_format("nan", "float32") == numbers.beyond_format("0.0", "float16") == ""


def test_vectors_show_their_runs_or_their_range() -> None:
    vector = finding(op="softmax", params={}, case=inputs(x=["0x1p+0"] * 3 + ["inf"] + ["0x0p+0"] * 5), worst=3)
    assert headline(vector).startswith("softmax(x=[1 x3, inf, 0 x5])[3] = ")
    long = finding(op="softmax", params={}, case=inputs(x=[float(n).hex() for n in range(100)] + ["nan"]))
    assert headline(long).startswith("softmax(x=101[1 nan, 0..99]) = ")
    matrix = finding(op="matrix_exp", params={}, case=inputs(a=[["0x1p+0", "0x0p+0"], ["0x0p+0", "0x1p+0"]]), worst=2)
    assert headline(matrix).startswith("matrix_exp(a=2x2[1, 0 x2, 1]) element 2 = ")


def test_complex_bins_have_names() -> None:
    text = headline(
        finding(op="fft", params={}, dtype="complex64", case=inputs(x=[["0x1p+0", "inf"], ["0x1p+1", "-0x1p+0"]]), worst=3)
    )
    assert text.startswith("fft(x=[1+infj, 2-1j]) bin 1, imaginary part = ")


@pytest.mark.parametrize(
    ("value", "dtype", "digits", "text"),
    [
        (1.0000001192092896, "float32", 0, "1.0000001"),
        (1.0000001192092896, "float32", 3, "1+1ulp"),
        (-0.99999994039535522, "float32", 3, "-1+1ulp"),
        (1.7976931348623157e308, "float64", 2, "1.7e308"),
        (1.7976931348623157e308, "float64", 4, "1.797e308"),
        (6922.9489, "float64", 3, "6920"),
        (-0.0, "float16", 3, "-0"),
        (0.0, "float16", 3, "0"),
        (100.0, "float32", 0, "100"),
        (math.nan, "float32", 3, "nan"),
    ],
)
def test_brief_numbers(value: float, dtype: str, digits: int, text: str) -> None:
    assert numbers.brief(value, dtype, digits) == text


def test_answers_that_differ_late_are_told_apart() -> None:
    assert numbers.contrast(2.41698706424915, "2.41698706424916") == ("2.41698706424915", "2.41698706424916")
    left, right = numbers.contrast(0.00435950001, "0.0043594999")
    assert left != right


NUMBERS = st.floats().map(lambda v: v.hex() if math.isfinite(v) else str(v))


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    op=st.sampled_from([*ops(), "an_op_of_a_plugin"]), dtype=st.sampled_from([*FORMATS, "complex64"]),
    order=st.sampled_from(["value", "grad", "jvp", "grad2"]), symptom=st.sampled_from(["nan", "hang", "precision", "inconsistent"]),
    shape=st.lists(st.integers(1, 4), max_size=3), data=st.data(), worst=st.integers(0, 70), output=st.floats(),
    reference=st.one_of(st.floats().map(str), st.sampled_from(["8e99999999999999999999", "[0.1, 2.0]", "nan", "1.5e-400", "0e-52015210"])),
    params=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=30), st.one_of(st.floats(), st.text(max_size=60), st.lists(st.integers()))),
    names=st.lists(st.text("xyzw", min_size=1, max_size=20), min_size=1, max_size=6, unique=True), label=st.sampled_from(["", "composed"]),
)  # fmt: skip
def test_no_headline_is_longer_than_its_line(
    op: str, dtype: str, order: str, symptom: str, shape: list[int], data: st.DataObject, worst: int, output: float, reference: str,
    params: dict[str, Any], names: list[str], label: str,
) -> None:  # fmt: skip
    size = math.prod(shape)
    arrays: dict[str, Any] = {}
    for name in names:
        flat: Any = data.draw(st.lists(NUMBERS, min_size=size, max_size=size))
        for axis in reversed(shape):
            flat = [flat[i : i + axis] for i in range(0, len(flat), axis)]
        arrays[name] = flat[0]
    drawn = finding(
        op=op, dtype=dtype, order=order, symptom=symptom, case=inputs(**arrays), worst=worst, output=output, reference=reference,
        params=params, label=label, implementation="(lambda q: f(q))(x)",
    )  # fmt: skip
    line = headline(drawn)
    assert len(line) <= WIDTH
    assert "\n" not in line
    assert "lambda" not in line
    assert line.startswith(f"{label}: " if label else "")
    assert dtype in line or line.endswith("…")
