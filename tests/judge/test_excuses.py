"""What conditioning excuses, and what it does not: beside exact roots, near the ends of a format, where enclosures are wide, beside a modulus."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import pytest

from tests.planted_framework import batch_of, evaluator_of, judge_answers, judge_planted
from ulpfuzz.fuzzer.catalog.op import COMPLEX_DTYPES
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles.confirmation import confirm

INF, NAN = math.inf, math.nan
FINDING = (Class.inaccurate, Class.unstable)


def truths(op: str, dtype: str, order: str, inputs: dict[str, Any]) -> tuple[Any, Any, list[float]]:
    """(the evaluator, the row, its exact results rounded to binary64, infinite beyond it)."""
    evaluator, batch = evaluator_of(op, dtype, order), batch_of(dtype, **inputs)
    single = {name: values[0] for name, values in batch.exact().items()}
    outputs = evaluator.references.reference(batch, []).shape[1]
    return evaluator, batch, [confirm(evaluator.function, single, output).near for output in range(outputs)]


def certified(op: str, dtype: str, order: str, inputs: dict[str, Any], answer: float, output: int = 0) -> Class:
    """The class of a planted answer beside the right ones."""
    evaluator, batch, answers = truths(op, dtype, order, inputs)
    answers[output] = answer
    with np.errstate(over="ignore"):
        return judge_planted(evaluator, batch, answers, output).certified


# Beside exact roots


@pytest.mark.parametrize("order", ["grad", "jvp", "grad2"])
@pytest.mark.parametrize(
    ("dtype", "x"),
    [
        ("float32", 1e-6),
        ("float32", -1e-20),
        ("float64", 1e-12),
        ("float64", 1e-26),
        ("float64", 1e-100),
        ("float64", 1e-250),
        ("bfloat16", 1e-4),
        ("float16", 2.0**-9),
    ],
)
def test_a_slope_beside_its_root_at_zero_is_no_zero(order: str, dtype: str, x: float) -> None:
    evaluator, batch, (truth,) = truths("sinc", dtype, order, {"x": x})
    for answer, wrong in ((truth, False), (0.0, True), (-truth, True), (2 * truth, True), (INF, True)):
        assert judge_planted(evaluator, batch, [answer]).certified.is_finding is wrong, (answer, truth)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("op", "root", "excused"),
    [
        ("lgamma", 1.0, False), ("lgamma", 2.0, False), ("erfcinv", 1.0, False), ("ndtri", 0.5, False),
        ("lgamma", -2.4570247382208004, True), ("digamma", 1.4616321449683623, True), ("bessel_j0", 2.404825557695773, True),
    ],
)  # fmt: skip
def test_an_absolute_limit_is_for_roots_that_are_no_numbers(op: str, root: float, excused: bool, dtype: str) -> None:
    """How far x is from 1 is exact, so log Gamma keeps its published limit there; 1.46163... has no such neighbour."""
    (name,) = evaluator_of(op, dtype).op.inputs
    for distance in (2.0**-7, -(2.0**-9), 2.0**-14):
        evaluator, batch, (truth,) = truths(op, dtype, "value", {name.name: root + distance})
        ulp = float(evaluator.format.ulp(np.asarray(truth)))
        for off, wrong in ((0, False), (4, False), (40, not excused)):
            found = judge_planted(evaluator, batch, [truth + off * ulp])
            assert found.certified.is_finding is wrong, (distance, off, found)


@pytest.mark.parametrize("op", ["bessel_j0", "bessel_j1"])
@pytest.mark.parametrize("x", [2.0**512, 2.0**1000, 1e300])
def test_where_neighbours_are_periods_apart_there_is_no_root_beside(op: str, x: float) -> None:
    """J_0(2^512) is less than any absolute measure of zero, and its argument is no root: to be beside one is to be small beside the value."""
    evaluator, batch, (truth,) = truths(op, "float64", "value", {"x": x})
    assert truth != 0
    for answer in (truth, 2 * truth, -truth):
        assert not judge_planted(evaluator, batch, [answer]).certified.is_finding


# Near the ends of a format


@pytest.mark.parametrize(
    ("op", "dtype", "order", "inputs", "output"),
    [
        ("pow", "float64", "grad", {"x": 2.0, "y": 1024.0}, 1), ("pow", "float32", "grad", {"x": 2.0, "y": 128.0}, 1),
        ("exp2", "float64", "grad", {"x": 1024.0}, 0), ("exp2", "float16", "jvp", {"x": 16.0}, 0), ("exp2", "float32", "grad2", {"x": 128.0}, 0),
        ("prod", "float32", "grad", {"x": [1e30, 1e30], "cotangent": [1.0]}, 0),
    ],
)  # fmt: skip
def test_an_infinite_slope_beside_a_number_is_inaccurate(
    op: str, dtype: str, order: str, inputs: dict[str, Any], output: int
) -> None:
    """The function overflows, its slope does not: rebuilt from the infinity, it is too large, and nothing more is lost than before."""
    assert certified(op, dtype, order, inputs, INF, output) is Class.inaccurate
    below = certified(op, dtype, order, inputs, -INF, output)  # unstable where the record says that no slope is negative
    assert below is (Class.unstable if op == "exp2" and order != "grad2" else Class.inaccurate)
    assert certified(op, dtype, order, inputs, NAN, output) is Class.ok
    assert certified(op, dtype, order, inputs, 0.0, output) is Class.unstable
    truth = truths(op, dtype, order, inputs)[2][output]
    assert certified(op, dtype, order, inputs, truth, output) is Class.ok


def test_an_infinite_slope_is_right_where_the_slope_overflows_too() -> None:
    for order in ("grad", "jvp", "grad2"):
        assert certified("exp", "float32", order, {"x": 100.0}, INF) is Class.ok
    assert certified("pow", "float64", "grad", {"x": 2.0, "y": 1024.0}, INF, 0) is Class.ok


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "x", "wrong"), [("logsumexp", 0.01, INF), ("logsumexp", -0.5, 0.0), ("log_sigmoid", -0.01, INF)])
def test_arguments_too_large_for_an_exponential_are_judged(op: str, x: float, wrong: float, dtype: str) -> None:
    """The box around 1e36 is 1e30 wide, and no midpoint and radius hold e^(+-1e30)."""
    size = x * format_named(dtype).max
    row = {"x": [size, size, size] if op == "logsumexp" else size}
    evaluator, batch, (truth,) = truths(op, dtype, "value", row)
    assert judge_planted(evaluator, batch, [truth]).certified is Class.ok
    for answer in (wrong, NAN, truth / 2):
        assert judge_planted(evaluator, batch, [answer]).certified is Class.unstable, answer


def test_a_condition_number_is_known_beyond_the_range_of_numbers() -> None:
    for op, dtype, order, inputs, output, expected in (
        ("pow", "float64", "grad", {"x": 2.0, "y": 1024.0}, 0, 1024 + 1024 * math.log(2)),  # y x^(y-1) is 9e310
        ("exp", "float64", "value", {"x": 1e5}, 0, 1e5),
        ("exp", "float32", "value", {"x": -1e5}, 0, 1e5),
        ("mul", "float64", "value", {"x": 1e-300, "y": 1e-300}, 0, 2.0),
        ("sinc", "float64", "grad", {"x": 1e-26}, 0, 1.0),
    ):
        evaluator = evaluator_of(op, dtype, order)
        assert evaluator.references.condition(batch_of(dtype, **inputs), output) == pytest.approx(expected, rel=0.01)


# Beside a modulus


@pytest.mark.parametrize("dtype", COMPLEX_DTYPES)
@pytest.mark.parametrize(("op", "published"), [("cosh", True), ("exp", True), ("sin", True), ("exp2", False)])
def test_a_published_limit_holds_beside_the_modulus(op: str, published: bool, dtype: str) -> None:
    """exp(x + log 1/2) in the place of exp(x) / 2 loses what x is larger than 1, which rounding x explains; the published limit does not allow it."""
    fmt = format_named(dtype)
    x = 0.9 * math.log(fmt.max)
    z = [1.0, x] if op == "sin" else [x, 1.0]
    evaluator, batch, answers = truths(f"{op}_complex", dtype, "value", {"z": z})
    modulus = math.hypot(*answers)
    for part in (0, 1):
        for off, wrong in ((0.0, False), (2.0, False), (40.0, published)):
            moved = [a + off * 2 * fmt.unit_roundoff * modulus * (k == part) for k, a in enumerate(answers)]
            assert judge_planted(evaluator, batch, moved, part).certified.is_finding is wrong, (off, part)


@pytest.mark.parametrize("dtype", COMPLEX_DTYPES)
@pytest.mark.parametrize(("op", "z", "answers"), [("atan", [0.0, 1.0], [0.0, INF]), ("atanh", [1.0, 0.0], [INF, 0.0])])
def test_at_a_pole_there_is_no_modulus(op: str, z: list[float], answers: list[float], dtype: str) -> None:
    (outcome,) = judge_answers(evaluator_of(f"{op}_complex", dtype), batch_of(dtype, z=z), [answers]).outcomes
    assert outcome.judged is not None
    assert not (outcome.judged.verdicts.classes >= Class.inaccurate).any()


PLAIN = (
    "exp",
    "log",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "asin",
    "acos",
    "atan",
    "asinh",
    "acosh",
    "atanh",
)


@pytest.mark.parametrize("op", PLAIN)
def test_textbook_algorithms_keep_the_limits_of_complex_functions(op: str) -> None:
    """Python's cmath is such a textbook (Kahan 1987; Hull, Fairgrieve and Tang 1997)."""
    evaluator, random = evaluator_of(f"{op}_complex", "complex128"), np.random.default_rng(7)
    z = np.exp2(random.uniform(-12, 8, (160, 2))) * random.choice([-1.0, 1.0], (160, 2))
    batch = batch_of("complex128", z=[0.0, 0.0]).take(np.zeros(160, np.int64))
    batch.inputs["z"][...] = z
    function = getattr(cmath, op)
    answers = [[w.real, w.imag] for w in (function(complex(x, y)) for x, y in z.tolist())]
    (outcome,) = judge_answers(evaluator, batch, answers).outcomes
    assert outcome.judged is not None
    wrong = np.argwhere(outcome.judged.verdicts.classes == Class.unstable)
    assert not len(wrong), [(z[row], answers[row]) for row, _ in wrong[:3]]
    modulus = np.hypot(*np.asarray(answers).T)[:, np.newaxis]
    small = outcome.judged.verdicts.ulps * evaluator.format.ulp(np.abs(np.asarray(answers))) <= 9.5 * evaluator.format.ulp(
        modulus
    )
    assert small.all()
