"""Exact operations have no input error: a whole number that the bits determine is right or wrong, whatever a nearby input would give."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.planted_framework import batch_of, evaluator_of, judge_planted
from ulpfuzz.fuzzer.catalog.op import DTYPES
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.judge.verdict import Class

#: Families and ops whose values are determined by comparisons and whole numbers; round_decimals and isclose are formulas that round.
BY_FAMILY = ("comparisons", "integers")
BY_NAME = (
    "fmod", "remainder", "floor_divide", "trunc_divide", "divmod", "floor", "ceil", "trunc", "round", "round_half_away", "frac", "modf", "sign",
    "signbit", "heaviside", "frexp", "ldexp", "nextafter", "spacing", "cast_float16", "cast_int8", "cast_int32", "argmax", "sort",
    "searchsorted", "histogram", "quantize_and_dequantize",
)  # fmt: skip


def quotient(op: str, x: Fraction, y: Fraction) -> int:
    return math.trunc(x / y) if op == "trunc_divide" else math.floor(x / y)


def test_conditioning_excuses_no_exact_operation() -> None:
    records = catalogue()
    exact = [op for op in records.values() if op.family in BY_FAMILY] + [records[name] for name in BY_NAME]
    for op in exact:
        limit = accuracy_limit(op, "value", format_named("float32"))
        assert (limit.ulps, limit.strict, limit.absolute_near_zeros) == (0.5, True, False), op.name


def test_what_is_right_up_to_roundoff_only_has_a_source() -> None:
    assert {op.name for op in catalogue().values() if op.roundoff} == {"floor_divide", "trunc_divide", "divmod"}
    assert {op.name for op in catalogue().values() if op.exact_slopes} == {"fmod", "remainder"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["floor_divide", "trunc_divide"])
def test_a_wrong_whole_number_beside_a_jump_is_a_finding(op: str, dtype: str) -> None:
    """6 / 0.1: a tenth rounds up or down, and the quotient of the bits is below 60 or not; the neighbour's answer is wrong in both cases."""
    batch = batch_of(dtype, x=6.0, y=0.1)
    right = quotient(op, Fraction(6), Fraction(float(batch.exact()["y"][0])))
    assert judge_planted(evaluator_of(op, dtype), batch, [right]).class_ is Class.ok
    assert judge_planted(evaluator_of(op, dtype), batch, [119 - right]).certified >= Class.inaccurate


@settings(max_examples=60, deadline=None)
@given(dtype=st.sampled_from(DTYPES), q=st.integers(2, 2**24), part=st.floats(0.001, 1), steps=st.integers(-1, 1))
def test_one_more_or_less_is_wrong_below_2_to_the_p(dtype: str, q: int, part: float, steps: int) -> None:
    fmt = format_named(dtype)
    assume(q < 2**fmt.precision - 1)
    batch = batch_of(dtype, x=q * part, y=part)
    x, y = (Fraction(float(values[0])) for values in batch.exact().values())
    assume(y > 0 and 1 < x / y < 2**fmt.precision - 1 and x < Fraction(fmt.max))
    answer = math.floor(x / y) + steps
    found = judge_planted(evaluator_of("floor_divide", dtype), batch, [answer])
    assert found.certified.is_finding is (steps != 0), found


def test_beyond_2_to_the_p_a_quotient_is_right_up_to_roundoff() -> None:
    """(a - fmod(a, b)) / b, rounded twice: not every whole number there is a number of the format."""
    evaluator, batch = evaluator_of("floor_divide", "float32"), batch_of("float32", x=1e20, y=0.3)
    exact = math.floor(Fraction(float(batch.exact()["x"][0])) / Fraction(float(batch.exact()["y"][0])))
    near, ulp = float(np.float32(exact)), float(np.spacing(np.float32(exact)))
    classes = [judge_planted(evaluator, batch, [near + k * ulp]).certified for k in (-3, 0, 3, 6)]
    assert classes[:3] == [Class.ok] * 3
    assert classes[3].is_finding


@pytest.mark.parametrize(("op", "wrong"), [("fmod", -60.0), ("remainder", -60.0)])
def test_a_slope_that_is_a_whole_number_is_right_or_wrong(op: str, wrong: float) -> None:
    evaluator, batch = evaluator_of(op, "float32", "grad"), batch_of("float32", x=6.0, y=0.1)
    assert judge_planted(evaluator, batch, [1.0, -59.0], 1).class_ is Class.ok
    assert judge_planted(evaluator, batch, [1.0, wrong], 1).certified is Class.inaccurate


def test_a_remainder_is_rounded_once() -> None:
    """fmod(-1, 10) + 10 is 9 exactly; an answer one ulp away is a neighbour's."""
    evaluator, batch = evaluator_of("remainder", "float32"), batch_of("float32", x=-1.0, y=10.0)
    assert judge_planted(evaluator, batch, [9.0]).class_ is Class.ok
    assert judge_planted(evaluator, batch, [float(np.nextafter(np.float32(9), np.float32(10)))]).certified is Class.inaccurate
