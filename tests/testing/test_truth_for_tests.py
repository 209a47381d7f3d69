"""cases, reference and ulps: what a test of one's own asks."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ulpfuzz
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import FLOAT32


@settings(max_examples=50)
@given(ulpfuzz.cases("layer_norm", "float32"))
def test_a_case_is_a_row_of_arrays(case: dict[str, np.ndarray]) -> None:
    assert [*case] == ["x"]
    assert case["x"].dtype == np.float32
    assert case["x"].ndim == 1
    assert 3 <= len(case["x"]) <= 8
    assert np.isfinite(case["x"]).all()


@settings(max_examples=50)
@given(ulpfuzz.cases("hypot", "float64", inputs="all"))
def test_scalars_have_no_axes(case: dict[str, np.ndarray]) -> None:
    assert [*case] == ["x", "y"]
    assert case["x"].shape == ()


def test_all_inputs_are_drawn_where_they_are_asked_for() -> None:
    seen: list[float] = []

    @settings(max_examples=300, database=None)
    @given(ulpfuzz.cases("exp", "float32", inputs="all"))
    def collect(case: dict[str, np.ndarray]) -> None:
        seen.append(float(case["x"]))

    collect()
    assert any(not math.isfinite(x) for x in seen)
    assert any(0 < abs(x) < 1e-30 for x in seen)


@given(st.floats(-50, 50, width=32))
def test_a_reference_is_what_mpmath_says(x: float) -> None:
    (digits,) = ulpfuzz.reference("exp", x, digits=20)
    with mpmath.workdps(40):
        assert abs(mpmath.mpf(digits) / mpmath.exp(mpmath.mpf(x)) - 1) < 1e-19


def test_a_reference_takes_rows_names_and_strings() -> None:
    assert ulpfuzz.reference("hypot", {"x": 3, "y": 4}, digits=5) == ("5.0000",)
    assert ulpfuzz.reference("hypot", (3, 4), digits=5) == ("5.0000",)
    assert len(ulpfuzz.reference("softmax", np.zeros((2, 3), np.float32))) == 6
    assert ulpfuzz.reference("square", "1e-30", digits=5)[0].startswith("1.0000e-60")
    assert ulpfuzz.reference("exp", np.float32(0.1), digits=9) == ("1.10517092",)  # of the binary32 number
    assert ulpfuzz.reference("square", 3, order="grad", digits=5) == ("6.0000",)
    assert ulpfuzz.reference("log", [0.0, -1.0, math.nan]) == ("-inf", "nan", "nan")


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_the_errors_of_squares_are_exact(numbers: list[float]) -> None:
    x = np.asarray(numbers, np.float32)
    with np.errstate(all="ignore"):
        y = x * x
    errors = ulpfuzz.ulps(y, "square", x)
    for given_x, answer, error in zip(x, y, errors, strict=True):
        exact = Fraction(float(given_x)) ** 2
        if exact >= FLOAT32.overflow_threshold:
            assert error == (0.0 if math.isinf(answer) else math.inf)
        else:
            assert error == FLOAT32.error_exact(float(answer), exact)


def test_errors_keep_the_shape_and_take_every_framework() -> None:
    x = np.asarray([[1, 2], [3, 4]], np.float32)
    assert ulpfuzz.ulps(x * x, "square", x.reshape(-1)).shape == (2, 2)
    half = np.asarray([0.5, 3], ml_dtypes.bfloat16)
    assert ulpfuzz.ulps(half * half, "square", half).max() <= 0.5
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([0.5, 3.0], dtype=torch.bfloat16, requires_grad=True)
    assert ulpfuzz.ulps(tensor * tensor, "square", tensor).max() <= 0.5


def test_wrong_kinds_are_off_by_infinity() -> None:
    answers = np.asarray([np.nan, np.inf, 1.0, np.inf], np.float32)
    errors = ulpfuzz.ulps(answers, "exp", np.asarray([1.0, 1.0, 0.0, 1000.0], np.float32))
    assert errors.tolist() == [math.inf, math.inf, 0.0, 0.0]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: ulpfuzz.reference("exq", 1), "did you mean 'exp'?"),
        (lambda: ulpfuzz.reference("hypot", 1), "hypot takes x, y: give them by name, or as a tuple in this order"),
        (lambda: ulpfuzz.reference("exp", [[1, 2]]), "a number or a list of numbers"),
        (lambda: ulpfuzz.ulps(np.zeros(2, np.float32), "exp", [1.0]), "has 1 by 1 numbers here, the answer has 2"),
        (lambda: ulpfuzz.ulps(np.zeros(1, np.int64), "exp", [1.0]), "unknown dtype 'int64'"),
        (lambda: ulpfuzz.cases("exp", "float31"), "did you mean 'float32'?"),
        (lambda: ulpfuzz.cases("exp", order="garden"), "unknown order 'garden'"),
        (lambda: ulpfuzz.cases("exp", inputs="most"), "unknown kind of inputs 'most'"),
    ],
)
def test_a_mistake_is_one_line(ask: object, said: str) -> None:
    assert callable(ask)
    with pytest.raises(UserError) as raised:
        ask()
    assert said in str(raised.value)
