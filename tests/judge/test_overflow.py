"""Overflow: beyond the format the infinity is right, and NaN where the formula itself gives it; nowhere else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.planted_framework import batch_of, evaluator_of, judge_answers, judge_planted
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.evidence import Effort
from ulpfuzz.fuzzer.judge.row_by_row import RowByRow
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.question import Caps
from ulpfuzz.oracles.reference import Reference

INF, NAN = math.inf, math.nan

#: op, order, inputs (multiples of the format's largest number), whether the formula gives NaN there.
BEYOND = [
    ("exp", "value", {"x": 1.0}, False),
    ("square", "value", {"x": 0.5}, False),
    ("mul", "value", {"x": 0.5, "y": -0.5}, False),
    ("prod", "value", {"x": [0.5, 0.25, -0.5]}, False),
    ("polyval", "value", {"p": [0.5, -0.5, 0.25], "x": 0.5}, True),  # inf - inf in Horner's scheme
    ("hermite_polynomial_he", "value", {"x": 0.25}, True),  # and in the recurrence
    ("dot", "value", {"x": [0.5, -0.25, 0.5], "y": [0.5, 0.5, 0.5]}, True),  # in whatever order it is summed
]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(("op", "order", "inputs", "excused"), BEYOND)
def test_nan_is_right_where_the_formula_overflows_to_it(
    op: str, order: str, inputs: dict[str, object], excused: bool, dtype: str
) -> None:
    evaluator = evaluator_of(op, dtype, order)
    if dtype not in evaluator.op.dtypes:
        pytest.skip(f"{op} has no {dtype}")

    def scaled(value: object) -> object:
        return [scaled(v) for v in value] if isinstance(value, list) else value * format_named(dtype).max  # type: ignore[operator]

    batch = batch_of(dtype, **{name: scaled(v) for name, v in inputs.items()})
    found = judge_planted(evaluator, batch, [NAN])
    assert found.class_ is (Class.ok if excused else Class.unstable), found
    truth = evaluator.references.reference(batch, [])
    right = math.copysign(INF, float(truth.value[0, 0]))
    assert judge_planted(evaluator, batch, [right]).class_ is Class.ok
    for wrong in (-right, 1.0):
        assert judge_planted(evaluator, batch, [wrong]).class_ is Class.unstable


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("polyval", {"p": [1.0, -1.0, 0.0], "x": 1.0}),
        ("norm", {"x": [1e30, 1e30]}),  # the squares overflow, the norm does not
        ("softmax", {"x": [3e38, 3e38]}),  # exp does
        ("mean", {"x": [3e38, 3e38]}),  # the sum does
    ],
)
def test_nan_is_a_defect_where_only_an_intermediate_overflows(op: str, inputs: dict[str, object]) -> None:
    evaluator = evaluator_of(op, "float32")
    batch = batch_of("float32", **inputs)
    outputs = evaluator.references.reference(batch, []).shape[1]
    found = judge_planted(evaluator, batch, [NAN] * outputs)
    assert (found.class_, found.symptom) == (Class.unstable, Symptom.nan)


def test_a_derivative_of_what_overflows_may_be_anything_but_a_wrong_number() -> None:
    """exp(100) is beyond float32: its derivatives are made of an infinity. 1/x at 1e-30 is a number, and its slope overflows."""
    for order in ("grad", "jvp", "grad2"):
        for answer in (NAN, INF):
            assert judge_planted(evaluator_of("exp", "float32", order), batch_of("float32", x=100.0), [answer]).class_ is Class.ok
        assert judge_planted(evaluator_of("exp", "float32", order), batch_of("float32", x=100.0), [1.0]).class_ is Class.unstable
    reciprocal = evaluator_of("reciprocal", "float32", "grad")
    assert judge_planted(reciprocal, batch_of("float32", x=1e-30), [NAN]).class_ is Class.unstable
    assert judge_planted(reciprocal, batch_of("float32", x=1e-30), [-INF]).class_ is Class.ok


@pytest.mark.parametrize("order", ["grad", "jvp", "grad2"])
def test_where_it_is_not_known_whether_the_function_overflows_nan_is_undecided(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that needs Arb, where the effort for the batch is spent."""
    batch = batch_of("float32", x=1.0)
    assert judge_planted(evaluator_of("exp", "float32", order), batch, [NAN]).class_ is Class.unstable
    monkeypatch.setattr(RowByRow, "_lower", lambda self, lower, rows: Reference.unknown(len(rows), 1))
    assert judge_planted(evaluator_of("exp", "float32", order), batch, [NAN]).class_ is Class.undecided
    # An infinity is too large, whatever it is made of; and a wrong number is wrong.
    assert judge_planted(evaluator_of("exp", "float32", order), batch, [INF]).class_ is Class.inaccurate
    assert judge_planted(evaluator_of("exp", "float32", order), batch, [-1.0]).class_ is Class.unstable


def test_a_search_without_effort_to_spare_accuses_no_derivative_of_what_overflows() -> None:
    """The divergence is 4e614, which Arb alone knows; its slope by b is a number."""
    inputs = {"a": 1.0, "b": math.nextafter(2.0**512, 0.0), "loc2": -1.0, "scale2": 2.0**-1022}
    for caps, wanted in ((Caps(), Class.ok), (Caps(arb_rows=0), Class.undecided)):
        evaluator = evaluator_of("kl_beta_normal", "float64", "grad")
        evaluator.references.effort = Effort(lambda caps=caps: caps, evaluator.references.effort.timed)  # type: ignore[misc]
        (outcome,) = judge_answers(evaluator, batch_of("float64", **inputs), [[NAN] * 4]).outcomes
        assert outcome.judged is not None
        assert Class(outcome.judged.verdicts.classes[0, 1]) is wanted


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_largest_number_is_no_overflow(dtype: str) -> None:
    batch = batch_of(dtype, x=format_named(dtype).max, y=1.0)
    assert judge_planted(evaluator_of("hypot", dtype, "grad"), batch, [NAN, NAN]).class_ is Class.unstable


def test_of_many_rows_each_is_looked_at() -> None:
    evaluator = evaluator_of("exp", "float32", "grad")
    batch = Batch("float32", {"x": format_named("float32").round(np.asarray([1.0, 100.0, 2.0, 200.0]))})
    (outcome,) = judge_answers(evaluator, batch, [[NAN], [NAN], [2.0], [INF]]).outcomes
    assert outcome.judged is not None
    assert [Class(c) for c in outcome.judged.verdicts.classes[:, 0]] == [Class.unstable, Class.ok, Class.unstable, Class.ok]


def test_a_library_s_nan_excuses_nothing() -> None:
    """scipy's k1e is NaN at the least number, where K_1 is 2e323; the formula of the op is that one function."""
    assert judge_planted(evaluator_of("k1e", "float64"), batch_of("float64", x=5e-324), [NAN]).class_ is Class.unstable
    assert judge_planted(evaluator_of("k1e", "float64"), batch_of("float64", x=5e-324), [INF]).class_ is Class.ok
