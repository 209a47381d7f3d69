"""Complex numbers: errors of a part and of the whole, infinities, branch cuts and poles; all planted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.planted_framework import batch_of, evaluator_of, judge_answers
from ulpfuzz.fuzzer.catalog.op import COMPLEX_DTYPES
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.verdict import Class

INF, NAN = math.inf, math.nan


def classes(op: str, dtype: str, order: str, answers: list[float], **inputs: Any) -> list[Class]:
    """What the screen says of every answer to one row."""
    (outcome,) = judge_answers(evaluator_of(op, dtype, order), batch_of(dtype, **inputs), [answers]).outcomes
    assert outcome.judged is not None
    return [Class(int(c)) for c in outcome.judged.verdicts.classes[0]]


@pytest.mark.parametrize("dtype", COMPLEX_DTYPES)
@pytest.mark.parametrize(("roundings", "expected"), [(0.0, Class.ok), (2.0, Class.inaccurate), (1000.0, Class.unstable)])
def test_an_error_small_beside_the_modulus_is_inaccurate_only(dtype: str, roundings: float, expected: Class) -> None:
    """sin(z) = sin x cosh y + i cos x sinh y at x near pi: the real part is tiny beside the imaginary one, and well-conditioned in y."""
    x, y = (float(format_named(dtype).round(np.asarray([v]))[0]) for v in (2.0**-20, 1.0))
    real, imag = math.sin(x) * math.cosh(y), math.cos(x) * math.sinh(y)
    answer = real + roundings * format_named(dtype).unit_roundoff * math.hypot(real, imag)
    assert classes("sin_complex", dtype, "value", [answer, imag], z=[x, y]) == [expected, Class.ok]


@pytest.mark.parametrize("dtype", COMPLEX_DTYPES)
def test_gradients_of_a_modulus_are_judged_as_complex_numbers(dtype: str) -> None:
    x, y = 2.0**-20, 1.0
    slope, other = x / math.hypot(x, y), y / math.hypot(x, y)
    off = slope + 2 * format_named(dtype).unit_roundoff
    assert classes("abs_complex", dtype, "grad", [off, other], z=[x, y], cotangent=[1.0]) == [Class.inaccurate, Class.ok]
    assert classes("abs_complex", dtype, "grad", [0.5, other], z=[x, y], cotangent=[1.0]) == [Class.unstable, Class.ok]


@pytest.mark.parametrize("dtype", COMPLEX_DTYPES)
def test_a_nan_beside_an_infinity_is_an_infinity(dtype: str) -> None:
    huge = float(format_named(dtype).max)
    assert classes("mul_complex", dtype, "value", [NAN, INF], a=[huge, huge], b=[2.0, 2.0]) == [Class.ok, Class.ok]
    assert classes("mul_complex", dtype, "value", [INF, INF], a=[huge, huge], b=[2.0, 1.0]) == [Class.ok, Class.ok]
    assert classes("mul_complex", dtype, "value", [NAN, 4.0], a=[1.0, 1.0], b=[2.0, 2.0]) == [Class.unstable, Class.ok]
    assert classes("mul_complex", dtype, "value", [NAN, 1.0], a=[huge, huge], b=[2.0, 2.0]) == [Class.unstable, Class.unstable]


@pytest.mark.parametrize("dtype", COMPLEX_DTYPES)
@pytest.mark.parametrize("z", [[INF, 1.0], [1.0, NAN], [-INF, INF]])
def test_every_answer_is_right_at_infinite_and_nan_inputs(dtype: str, z: list[float]) -> None:
    assert classes("exp_complex", dtype, "value", [3.0, NAN], z=z) == [Class.ok, Class.ok]


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(
    ("op", "x", "real", "imag"),
    [
        ("sqrt_complex", -4.0, 0.0, 2.0), ("log_complex", -2.0, math.log(2.0), math.pi), ("asin_complex", 2.0, math.pi / 2, math.acosh(2.0)),
        ("acos_complex", -2.0, math.pi, math.acosh(2.0)), ("acosh_complex", 0.5, 0.0, math.acos(0.5)),
        ("atanh_complex", 2.0, math.atanh(0.5), math.pi / 2), ("log1p_complex", -3.0, math.log(2.0), math.pi),
    ],
)  # fmt: skip
def test_on_a_cut_either_side_is_right_and_no_third(op: str, x: float, real: float, imag: float, zero: float) -> None:
    for side in (1, -1):
        assert classes(op, "complex64", "value", [real, side * imag], z=[x, zero]) == [Class.ok, Class.ok]
        assert classes(op, "complex64", "value", [real, side * imag / 2], z=[x, zero])[1] == Class.unstable
    assert classes(op, "complex64", "grad", [3.0, NAN], z=[x, zero], cotangent=[1.0, 1.0]) == [Class.ok, Class.ok]


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_cuts_on_the_imaginary_axis(zero: float) -> None:
    for side in (1, -1):
        answers = [side * math.pi / 2, math.atanh(0.5)]
        assert classes("atan_complex", "complex64", "value", answers, z=[zero, 2.0]) == [Class.ok, Class.ok]
    assert classes("atan_complex", "complex64", "value", [0.0, math.atanh(0.5)], z=[zero, 2.0])[0] == Class.unstable


def test_beside_a_cut_the_side_counts() -> None:
    assert classes("sqrt_complex", "complex64", "value", [2.0**-32, 2.0], z=[-4.0, 2.0**-30]) == [Class.ok, Class.ok]
    assert classes("sqrt_complex", "complex64", "value", [2.0**-32, -2.0], z=[-4.0, 2.0**-30])[1] == Class.unstable


def test_a_pole_has_no_one_value() -> None:
    for answers in ([INF, NAN], [NAN, NAN], [-INF, INF]):
        assert classes("reciprocal_complex", "complex64", "value", answers, z=[0.0, -0.0]) == [Class.ok, Class.ok]
