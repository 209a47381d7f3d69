"""Planted faults are diagnosed with the planted cause, classics name the step that goes wrong, and right kernels have no cause."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.casework.planted_kernels import finding_of, planted_ops
from ulpfuzz.fuzzer.casework.diagnosis.diagnose import Evidence, decided, diagnose
from ulpfuzz.fuzzer.defects.case_file import Statement

CENTURY = [100.0, 99.0, 98.0]


@pytest.fixture(autouse=True, scope="module")
def _ops() -> Iterator[None]:
    with planted_ops():
        yield


#: (op, call, dtype, inputs, cause, a piece of the step)
CLASSICS = [
    ("expm1", "np.exp(x) - one", "float32", {"x": 1e-4}, "cancellation", "exp(x) - 1 cancels"),
    ("log1p", "np.log(one + x)", "float32", {"x": 1e-5}, "lost_addend", "1 + x keeps 7 of 24 bits of x"),
    ("planted_cosine_distance", "one - np.cos(x)", "float32", {"x": 1e-3}, "cancellation", "1 - cos(x) cancels"),
    (
        "planted_root_difference",
        "np.sqrt(x + one) - np.sqrt(x)",
        "float32",
        {"x": 1e5},
        "cancellation",
        "sqrt(x + 1) - sqrt(x) cancels",
    ),
    ("planted_quadratic", "(-b + np.sqrt(b * b - 4 * c)) / 2", "float32", {"b": 1e5, "c": 1.0}, "cancellation", "-b) + sqrt("),
    ("softmax", "softmax(x)", "float32", {"x": CENTURY}, "overflow", "exp(x[0]) overflows: 2.69e+43 > 3.4e+38"),
    ("logsumexp", "np.log(np.exp(x).sum(-1))", "float32", {"x": CENTURY}, "overflow", "exp(x[0]) overflows"),
    ("var", "variance(x)", "float32", {"x": [10000.0, 10001.0, 10002.0]}, "cancellation", "cancels 24 of 24 bits"),
    ("hypot", "np.sqrt(x * x + y * y)", "float32", {"x": 1e30, "y": 1e20}, "overflow", "^2 overflows: 1e+60 > 3.4e+38"),
    ("hypot", "np.sqrt(x * x + y * y)", "float32", {"x": 1e-30, "y": 1e-30}, "underflow", "^2 underflows to 0"),
    ("log_sigmoid", "np.log(one / (one + np.exp(-x)))", "float32", {"x": -100.0}, "overflow", "exp(-x) overflows"),
    ("log_sigmoid", "np.log(one / (one + np.exp(-x)))", "float32", {"x": 10.0}, "cancellation", "lacks to 1"),
    ("silu", "x * (one / (one + np.exp(-x)))", "float32", {"x": -math.inf}, "special", "-inf * 0"),
    ("gelu", "gelu_of_binary32(x)", "float64", {"x": -3.0}, "constant", "is rounded to"),
]


@pytest.mark.parametrize(("op", "call", "dtype", "inputs", "cause", "step"), CLASSICS)
def test_classics_name_the_step(op: str, call: str, dtype: str, inputs: dict[str, Any], cause: str, step: str) -> None:
    diagnosis = diagnose(finding_of(op, call, dtype, **inputs))
    assert (diagnosis.cause, diagnosis.confirmed) == (cause, True), diagnosis
    assert step in diagnosis.step


def test_range_reduction() -> None:
    """The judge lays it to conditioning, so that nothing is confirmed; the step is told all the same."""
    diagnosis = diagnose(finding_of("planted_sine_of_pi", "sine_of_pi(x)", x=12345.125))
    assert diagnosis.cause == "range_reduction"
    assert "sin(pi * x)" in diagnosis.step


#: (call, dtype, inputs of exp, symptom, cause, confirmed)
KERNELS = [
    ("unwritten(x)", {"x": 1.0}, "precision", "uninitialised", True),
    ("in_long_calls(x)", {"x": 1.0}, "inconsistent", "kernel", True),
    ("in_long_calls(x)", {"x": 1.0}, "precision", "kernel", False),  # right in its own place
    ("flushing(x)", {"x": -90.0}, "internal_flush", "flush", True),
    ("np.exp(np.clip(x, -5, 5))", {"x": 8.0}, "precision", "clamp", True),
    ("one_wrong(x)", {"x": 1.5}, "precision", "branch", False),
    ("np.exp(x)", {"x": 1.5}, "precision", "unknown", False),
]


@pytest.mark.parametrize(("call", "inputs", "symptom", "cause", "confirmed"), KERNELS)
def test_kernels(call: str, inputs: dict[str, Any], symptom: str, cause: str, confirmed: bool) -> None:
    placed = finding_of("exp", call, "float32", symptom, **inputs)
    if symptom == "inconsistent":
        placed.case["placement"] = {"length": 16, "position": 0}
    diagnosis = diagnose(placed)
    assert (diagnosis.cause, diagnosis.confirmed) == (cause, confirmed), diagnosis


@pytest.mark.parametrize(
    ("op", "call", "inputs"),
    [
        ("expm1", "np.expm1(x)", {"x": 1e-4}),
        ("log1p", "np.log1p(x)", {"x": 1e-5}),
        ("hypot", "np.hypot(x, y)", {"x": 1e30, "y": 1e20}),
        ("planted_harmonic", "x * (one / (one + x / 3))", {"x": 1.7}),
    ],
)
def test_stable_calls_have_no_cause(op: str, call: str, inputs: dict[str, float]) -> None:
    diagnosis = diagnose(finding_of(op, call, **inputs))
    assert (diagnosis.cause, diagnosis.confirmed) == ("unknown", False), diagnosis


def _decided(*statements: Statement, derivative: bool = False) -> tuple[str, bool]:
    diagnosis = decided(Evidence(statements, True, derivative, False, 1.0))
    return diagnosis.cause, diagnosis.confirmed


def test_the_order_of_the_rules() -> None:
    compiler = Statement("eager", "eager is right", "compiler")
    twice = Statement("repeated", "two answers", "uninitialised")
    clamp = Statement("scaled", "stays", "clamp")
    assert _decided(clamp, compiler, twice) == ("uninitialised", True)
    assert _decided(clamp, compiler) == ("compiler", True)
    assert _decided(clamp) == ("clamp", True)
    assert _decided(Statement("neighbours", "4 of 4 are wrong")) == ("unknown", False)


def test_an_exception_has_no_number_to_explain() -> None:
    diagnosis = diagnose(finding_of("exp", "np.exp(x)", symptom="exception", x=1.0))
    assert (diagnosis.cause, diagnosis.confirmed) == ("unknown", False)


def test_the_same_finding_has_the_same_diagnosis() -> None:
    finding = finding_of("expm1", "np.exp(x) - one", x=1e-4)
    assert repr(diagnose(finding)) == repr(diagnose(finding))


def test_a_nan_that_is_swallowed() -> None:
    diagnosis = diagnose(finding_of("exp", "np.exp(np.fmax(x, -5))", symptom="missed_nan", x=math.nan))
    assert diagnosis.cause in ("branch", "clamp")
    assert any("NaN in x" in s.outcome for s in diagnosis.evidence)


def test_a_call_that_cannot_be_made_again_says_so() -> None:
    diagnosis = diagnose(finding_of("exp", "np.no_such_function(x)", x=1.0))
    assert (diagnosis.cause, diagnosis.confirmed) == ("unknown", False)
    assert "could not be made again" in diagnosis.text
    assert "no_such_function" in diagnosis.text
