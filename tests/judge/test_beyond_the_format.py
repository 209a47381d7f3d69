"""Finite answers that are wrong although nothing ordinary measures them: at infinite inputs, where |x f'| overflows, where no derivative
exists."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.planted_framework import batch_of, evaluator_of, judge_answers
from ulpfuzz.fuzzer.judge.verdict import Class

INF, NAN = math.inf, math.nan
IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

#: op, inputs, right answers, wrong ones.
POINTS: list[tuple[str, dict[str, Any], list[float], list[list[float]]]] = [
    ("tanh", {"x": INF}, [1.0], [[0.5], [-1.0], [NAN]]),
    ("sigmoid", {"x": -INF}, [0.0], [[0.5], [NAN]]),
    ("erf", {"x": -INF}, [-1.0], [[0.0], [1.0]]),
    ("atan2", {"x": 1.0, "y": INF}, [0.0], [[0.3]]),
    ("softmax", {"x": [-INF, 1.0, 1.0]}, [0.0, 0.5, 0.5], [[0.2, 0.4, 0.4], [NAN, NAN, NAN]]),
    ("softmin", {"x": [INF, 1.0, 1.0]}, [0.0, 0.5, 0.5], [[0.2, 0.4, 0.4]]),
    ("logsumexp", {"x": [-INF, 2.0, 2.0]}, [2 + math.log(2)], [[2.0], [0.0]]),
    ("eigvalsh", {"a": IDENTITY}, [1.0, 1.0, 1.0], [[5.0, 5.0, 5.0], [0.0, 1.0, 1.0]]),
    ("svdvals", {"a": IDENTITY}, [1.0, 1.0, 1.0], [[5.0, 5.0, 5.0]]),
    ("betainc", {"a": 1.0, "b": 1.0, "x": 1.0}, [1.0], [[0.5], [0.0]]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "inputs", "right", "wrong"), POINTS)
def test_a_wrong_number_is_a_finding(
    op: str, inputs: dict[str, Any], right: list[float], wrong: list[list[float]], dtype: str
) -> None:
    evaluator, batch = evaluator_of(op, dtype), batch_of(dtype, **inputs)

    def classes(answers: list[float]) -> list[Class]:
        (outcome,) = judge_answers(evaluator, batch, [answers]).outcomes
        assert outcome.judged is not None
        return [Class(c) for c in outcome.judged.verdicts.classes[0]]

    assert classes(right) == [Class.ok] * len(right)
    for answers in wrong:
        found = classes(answers)
        for output, (answer, exact) in enumerate(zip(answers, right, strict=True)):
            assert found[output].is_finding is (answer != exact), (answers, found)


@pytest.mark.parametrize(
    ("op", "x"), [("exp", 704.0), ("exp", 709.5), ("expm1", 709.0), ("sinh", 710.0), ("cosh", -709.9), ("square", 1.3e154)]
)
def test_what_is_measured_beside_x_f_prime_is_measured_where_that_overflows(op: str, x: float) -> None:
    """Of exp from 703.3 on |x f'| is beyond binary64, and no error was too large beside it."""
    evaluator, batch = evaluator_of(op, "float64"), batch_of("float64", x=x)
    truth = float(evaluator.references.reference(batch, []).value[0, 0])
    for answer, finding in (
        (truth, False),
        (truth * (1 + 2.0**-30), True),
        (0.0, True),
        (truth / 2, True),
        (INF, True),
        (-truth, True),
    ):
        (outcome,) = judge_answers(evaluator, batch, [[answer]]).outcomes
        assert outcome.judged is not None
        class_ = Class(outcome.judged.verdicts.classes[0, 0])
        assert class_ is (Class.unstable if finding else Class.ok), (answer, class_)


@pytest.mark.parametrize("op", ["cast_float16", "cast_bfloat16", "cast_float8_e5m2"])
def test_a_cast_beyond_the_format_is_an_infinity_and_no_nan(op: str) -> None:
    evaluator = evaluator_of(op, "float64")
    for x, right in ((1e300, INF), (-1e300, -INF)):
        for answer, finding in ((right, False), (NAN, True), (-right, True), (1.0, True)):
            (outcome,) = judge_answers(evaluator, batch_of("float64", x=x), [[answer]]).outcomes
            assert outcome.judged is not None
            assert Class(outcome.judged.verdicts.classes[0, 0]).is_finding is finding, (x, answer)
