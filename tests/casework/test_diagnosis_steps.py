"""Steps, their exact values, and the culprit of a wrong result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.casework.diagnosis.constants import stands_for
from ulpfuzz.fuzzer.casework.diagnosis.culprit import Culprit, culprit_of
from ulpfuzz.fuzzer.casework.diagnosis.naive import agreement
from ulpfuzz.fuzzer.casework.diagnosis.observed import Observed, TooLongError, named
from ulpfuzz.fuzzer.casework.diagnosis.step import Step
from ulpfuzz.fuzzer.casework.diagnosis.textbook import BOOK
from ulpfuzz.fuzzer.formats import format_named

FLOAT32, FLOAT64 = format_named("float32"), format_named("float64")


def evaluated(formula: Callable[..., Any], fmt: str = "float32", **inputs: Any) -> tuple[Step, Culprit | None]:
    m = Observed(format_named(fmt))
    rounded = {name: np.asarray(m.format.round(np.asarray(v, np.float64)), np.float64) for name, v in inputs.items()}
    with np.errstate(all="ignore"):
        result = m.num(formula(m, *(named(name, v, m) for name, v in rounded.items())))
        return result, culprit_of(result, m.format, m.mp)


@pytest.mark.parametrize(
    ("formula", "inputs", "cause", "step"),
    [
        (lambda m, x: m.exp(x) * m.exp(-x), {"x": 100.0}, "overflow", "exp(x) overflows: 2.69e+43 > 3.4e+38"),
        (lambda m, x: m.sqrt(x * x), {"x": 1e-30}, "underflow", "x * x underflows to 0: 1e-60 < 1.18e-38"),
        (lambda m, x: m.exp(x * x), {"x": 7.777}, "amplification", "exp(x * x)"),
        (lambda m, x: m.sin(x * x), {"x": 12345.678}, "range_reduction", "sin(x * x)"),
        (lambda m, x: m.pow(1 + 1 / x, x), {"x": 3e6}, "lost_addend", "1 + (1 / x) keeps 2 of 24 bits"),
        (lambda m, x: m.log(x), {"x": 3.0}, None, ""),
        (lambda m, x: x - x, {"x": math.inf}, "special", "x - x = inf - inf"),
        (lambda m, x, y: 1 / (x * y), {"x": 1e-30, "y": 1e-30}, "underflow", "x * y underflows to 0"),
        (lambda m, x: m.where(m.eq0(x * x), lambda: x, lambda: 2 * x), {"x": 1e-30}, "underflow", "x * x underflows"),
    ],
)
def test_culprits(formula: Callable[..., Any], inputs: dict[str, float], cause: str | None, step: str) -> None:
    _, culprit = evaluated(formula, **inputs)
    assert (None if culprit is None else culprit.cause) == cause
    assert step in ("" if culprit is None else culprit.step)


def test_a_small_term_that_has_lost_all_digits_is_no_culprit() -> None:
    """1e8 + (exp(x) - 1): the difference is all noise, and the sum is right."""
    result, culprit = evaluated(lambda m, x: 1e8 + (m.exp(x) - 1), x=1e-9)
    assert result.value == 1e8
    assert culprit is None


@settings(max_examples=60, deadline=None)
@given(st.floats(-80, 80, width=32), st.floats(2.0**-10, 1000, width=32))
def test_steps_are_correctly_rounded(x: float, y: float) -> None:
    """+ - * / and sqrt in the format's arithmetic are numpy's."""
    a, b = np.float32(x), np.float32(y)
    result, _ = evaluated(lambda m, x, y: m.sqrt(m.abs((x + y) * x / y)), x=x, y=y)
    with np.errstate(all="ignore"):
        assert result.value == float(np.sqrt(np.abs((a + b) * a / b)))


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1, 1e3))
def test_where_nothing_is_lost_there_is_no_culprit(x: float, y: float) -> None:
    _, culprit = evaluated(lambda m, x, y: m.sqrt(x * x + y * y), "float64", x=x, y=y)
    assert culprit is None


def test_long_evaluations_end() -> None:
    with pytest.raises(TooLongError):
        evaluated(lambda m, x: m.sum([x] * 30_000), x=1.0)


@pytest.mark.parametrize(
    ("value", "fmt", "text"),
    [
        (float(np.float32(math.sqrt(0.5))), FLOAT64, "1 / sqrt(2)"),
        (math.pi, FLOAT64, "pi"),
        (float(np.float32(0.01)), FLOAT64, "0.01"),
        (0.01, FLOAT64, ""),
        (2.0, FLOAT64, ""),
        (float(np.float32(math.log(2))), FLOAT32, "log(2)"),
        (0.123456789, FLOAT64, ""),
        (math.nan, FLOAT64, ""),
    ],
)
def test_what_a_constant_stands_for(value: float, fmt: Any, text: str) -> None:
    assert stands_for(value, fmt, Observed(fmt).mp)[1] == text


@pytest.mark.parametrize(
    ("value", "answer", "truth", "expected"),
    [
        (1.5, 1.5, 1.0, "bits"),
        (0.0, 0.0, 1.0, "kind"),
        (math.nan, math.nan, 1.0, "kind"),
        (math.inf, -math.inf, 1.0, ""),
        (1.5000001, 1.5, 1.0, "ulps"),
        (1.4, 1.5, 1.0, "size"),
        (1.0, 1.5, 1.0, ""),
        (math.nan, 1.5, 1.0, ""),
    ],
)
def test_agreement(value: float, answer: float, truth: float, expected: str) -> None:
    assert agreement(value, answer, truth, FLOAT32) == expected


def test_formulas_that_name_each_other_end() -> None:
    """P(a, x) = 1 - Q(a, x) and Q(a, x) = 1 - P(a, x) are both in the book: inside the one the other is the function itself."""
    book = {name: method for name, _, method in BOOK if name in ("gammainc_p", "gammainc_q")}
    m = Observed(format_named("float64"), 128, book)
    assert m.gammainc_q(m.num(2.0), m.num(1.0)).value == pytest.approx(0.7357588823428847)
