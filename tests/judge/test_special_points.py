"""Special points: what is right there is silent, whichever of the right answers a framework chose; what is wrong is seen."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import pytest

from tests.planted_framework import batch_of, evaluator_of, judge_answers, judge_planted
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits.native import native

INF, NAN = math.inf, math.nan

#: op, params, inputs, answers that are no finding.
RIGHT: list[tuple[str, dict[str, Any], dict[str, Any], list[float]]] = [
    ("factorial", {}, {"n": -INF}, [INF, NAN, 0.0]),
    ("cauchy_ppf", {}, {"q": 1.0, "loc": 0.0, "scale": 1.0}, [INF]),
    ("cauchy_ppf", {}, {"q": 1.0, "loc": 2.0**-1022, "scale": 1.0}, [INF]),
    ("logistic_ppf", {}, {"q": 1.0, "loc": 0.0, "scale": 1.0}, [INF]),
    ("logistic_ppf", {}, {"q": 1.0, "loc": 1.7e308, "scale": 2.0**-511}, [INF]),
    ("half_cauchy_ppf", {}, {"q": 1.0, "scale": 2.0**511}, [INF]),
    ("weibull_ppf", {}, {"q": 1.0, "scale": 1e308, "k": 1.0}, [INF]),
    ("beta", {}, {"a": 5.0, "b": -0.0}, [INF, -INF]),
    ("correlation", {}, {"x": [3.0] * 3, "y": [1.0] * 3}, [NAN, 0.0, 1.0]),
    ("geomspace", {"num": 5}, {"x": [0.0, 0.0]}, [NAN, 0.0]),
    ("average", {}, {"x": [0.0], "w": [0.0]}, [NAN, 0.0]),
    ("layer_norm", {"eps": 0.0}, {"x": [0.0, -0.0, 0.0]}, [NAN, 0.0]),
    ("kl_bernoulli_poisson", {}, {"p": 1.0, "rate2": 2.0**-63}, [43.66827237527655]),
    ("fake_quantize_gradient", {"scale": 0.75, "zero_point": 0}, {"g": 1.0, "x": NAN}, [NAN, 0.0]),
    ("hypot", {}, {"x": INF, "y": NAN}, [INF, NAN]),
    ("pow", {}, {"x": NAN, "y": 0.0}, [1.0, NAN]),
    ("sin", {}, {"x": INF}, [NAN]),
    ("gammainc_grad_a", {}, {"a": -0.0, "x": 0.5}, [-0.5597735947761608, NAN]),  # a derivative with one side in the domain
    ("gammainc_grad_a", {}, {"a": 0.0, "x": 3.0}, [-0.013048381094197037, NAN]),
    ("gammainc_grad_a", {}, {"a": -0.0, "x": 0.0}, [NAN, -INF, 0.0]),
    ("gamma_sample_grad", {}, {"a": -0.0, "x": 0.5}, [INF, NAN]),
    ("gammainc", {}, {"a": 0.0, "x": -0.0}, [NAN, 0.0, 1.0]),
    ("betainc", {}, {"a": 0.0, "b": 1.0, "x": 0.0}, [0.0, 1.0, 0.5, NAN]),
    ("betainc", {}, {"a": -0.0, "b": 0.0, "x": 0.0}, [0.0, 1.0, 0.5, NAN]),
    ("betainc", {}, {"a": 1.0, "b": 0.0, "x": 1.0}, [0.0, 1.0, 0.5, NAN]),
    ("betaln", {}, {"a": 0.0, "b": INF}, [INF, -INF, 2.0, NAN]),
    ("normal_ppf", {}, {"q": 1.0, "loc": -INF, "scale": 1.0}, [INF, -INF, 0.0, NAN]),
    ("kumaraswamy_ppf", {}, {"q": 0.5, "a": INF, "b": INF}, [1.0, 0.0, 0.5, NAN]),
    ("kumaraswamy_ppf", {}, {"q": 0.0, "a": INF, "b": 1.0}, [1.0, 0.0, 0.5, NAN]),
    ("swiglu", {}, {"x": -INF, "y": -INF}, [0.0, INF, NAN]),
    ("geglu", {}, {"x": -INF, "y": INF}, [-0.0, -INF, NAN]),
    ("lerp", {}, {"x": -INF, "y": INF, "w": 0.0}, [NAN, INF, -INF]),
    ("pareto_sf", {}, {"x": 1.0, "b": INF}, [1.0, 0.0, NAN]),
    ("beta_pdf", {}, {"x": 1.0, "a": INF, "b": 2.5}, [0.0, INF, NAN]),
    ("pow", {}, {"x": INF, "y": 0.0}, [1.0]),
    ("multivariate_betaln", {}, {"x": [-0.0, 0.0, 0.0]}, [INF, NAN]),  # to whom a sign is a side: lower and upper limits differ
    ("beta", {}, {"a": 0.0, "b": -0.0}, [INF, NAN]),
    ("beta", {}, {"a": -0.0, "b": -0.0}, [INF, -INF, NAN]),  # 1/a + 1/b outside the domain: from its other side, along a = -b
    ("hurwitz_zeta", {}, {"s": -0.0, "q": 0.0}, [INF, NAN, 0.5]),  # the series diverges, the continuation is 1/2 - q
    ("hurwitz_zeta", {}, {"s": 0.5, "q": 2.0}, [NAN, -2.46]),
    ("gammainc", {}, {"a": -0.5, "x": 2.0}, [NAN, 1.0]),
    ("laguerre_polynomial_l", {"n": 5}, {"x": INF}, [-INF, NAN]),  # inf - inf of its recurrence
    ("matrix_exp", {}, {"a": [[1e4, 1e4], [0.0, 1.0]]}, [NAN, INF]),  # the norm is beyond the format
]  # fmt: skip

#: op, params, inputs, a wrong answer, its symptom.
WRONG: list[tuple[str, dict[str, Any], dict[str, Any], float, Symptom]] = [
    ("silu", {}, {"x": -INF}, NAN, Symptom.nan),
    ("softsign", {}, {"x": INF}, NAN, Symptom.nan),
    ("gelu", {}, {"x": -INF}, NAN, Symptom.nan),
    ("hypot", {}, {"x": INF, "y": -INF}, NAN, Symptom.nan),
    ("expi", {}, {"x": 0.0}, NAN, Symptom.nan),
    ("betaln", {}, {"a": 0.0, "b": 8.0}, NAN, Symptom.nan),
    ("i0", {}, {"x": -INF}, NAN, Symptom.nan),
    ("sin", {}, {"x": INF}, 0.5, Symptom.missed_nan),
    ("cos", {}, {"x": -INF}, 1.0, Symptom.missed_nan),
    ("exp", {}, {"x": NAN}, 0.0, Symptom.missed_nan),
    ("soft_shrink", {"threshold": 0.5}, {"x": NAN}, 0.0, Symptom.missed_nan),
    ("softmax", {}, {"x": [NAN, 1.0]}, 0.0, Symptom.missed_nan),
    ("max_pool1d", {"stride": 3}, {"x": [NAN, 0.0, 0.0, 0.0, 0.0]}, 0.0, Symptom.missed_nan),
    ("laguerre_polynomial_l", {"n": 5}, {"x": NAN}, 0.0, Symptom.missed_nan),
    ("trigamma", {}, {"x": -2.0}, 3.2e14, Symptom.missed_inf),
    ("gumbel_r_ppf", {}, {"q": 1.0, "loc": 1.0, "scale": 1.5}, 24.9, Symptom.missed_inf),
    ("logistic_ppf", {}, {"q": 1.0, "loc": 0.0, "scale": 1.0}, 36.7, Symptom.missed_inf),
    ("reciprocal", {}, {"x": -0.0}, INF, Symptom.missed_inf),
    ("rel_entr", {}, {"x": 1.0, "y": 0.0}, NAN, Symptom.nan),
    ("gammainc_grad_a", {}, {"a": -0.0, "x": 3.0}, 0.0, Symptom.zero),
    ("gammainc_grad_a", {}, {"a": 0.0, "x": 3.0}, 0.0, Symptom.zero),
    ("betainc", {}, {"a": 0.0, "b": 1.0, "x": 0.5}, NAN, Symptom.nan),
    ("betaln", {}, {"a": 0.0, "b": 0.0}, NAN, Symptom.nan),
    ("beta", {}, {"a": 0.0, "b": 0.0}, 1.0, Symptom.missed_inf),
    ("pow", {}, {"x": INF, "y": INF}, 1.0, Symptom.missed_inf),
    ("pow", {}, {"x": INF, "y": 0.0}, NAN, Symptom.nan),
    ("normal_ppf", {}, {"q": 1.0, "loc": 0.0, "scale": 1.0}, 8.2, Symptom.missed_inf),
    ("xlogy", {}, {"x": 0.0, "y": INF}, NAN, Symptom.nan),
    ("i0", {}, {"x": INF}, NAN, Symptom.nan),
    ("exp", {}, {"x": INF}, NAN, Symptom.nan),
    ("laguerre_polynomial_l", {"n": 5}, {"x": INF}, 1.0, Symptom.missed_inf),
    ("matrix_exp", {}, {"a": [[0.0, 1.0], [0.0, 0.0]]}, NAN, Symptom.nan),
]  # fmt: skip


def judged(name: str, params: dict[str, Any], inputs: dict[str, Any], answer: float, dtype: str = "float64") -> Any:
    evaluator = evaluator_of(name, dtype, "value", **params)
    batch = batch_of(dtype, **{i.name: inputs[i.name] for i in op_named(name).inputs})
    outputs = len(native(evaluator.function, {n: v[0] for n, v in batch.exact().items()})[0])
    return judge_planted(evaluator, batch, [answer] * outputs, 0)


def rows_of(table: list[Any]) -> list[Any]:
    """As parameters; limits of derivatives of special functions take mpmath seconds."""
    slow = [pytest.mark.slow]
    return [
        pytest.param(*r, id=f"{r[0]}-{i}", marks=slow if r[0].endswith(("grad_a", "sample_grad")) else [])
        for i, r in enumerate(table)
    ]


@pytest.mark.parametrize(("name", "params", "inputs", "answers"), rows_of(RIGHT))
def test_right_answers_are_silent(name: str, params: dict[str, Any], inputs: dict[str, Any], answers: list[float]) -> None:
    for answer in answers:
        assert not judged(name, params, inputs, answer).class_.is_finding, answer


@pytest.mark.parametrize(("name", "params", "inputs", "answer", "symptom"), rows_of(WRONG))
def test_wrong_answers_are_seen(
    name: str, params: dict[str, Any], inputs: dict[str, Any], answer: float, symptom: Symptom
) -> None:
    found = judged(name, params, inputs, answer)
    assert (found.class_, found.symptom) == (Class.unstable, symptom)


@pytest.mark.parametrize("x", [0.0, -0.0])
def test_where_there_is_no_slope_there_is_no_second_derivative_of_it(x: float) -> None:
    """x log(x / y) - x + y has no slope in x at x = 0: the mixed derivatives are -1/y in one order and are none in the other."""
    evaluator, batch = evaluator_of("relative_entropy", "float64", "grad2"), batch_of("float64", x=x, y=0.5)
    for answers in ([INF, -2.0, -2.0, 0.0], [0.0, 0.0, 0.0, 0.0], [NAN, NAN, NAN, 0.0]):
        (outcome,) = judge_answers(evaluator, batch, [answers]).outcomes
        assert outcome.judged is not None
        assert not (outcome.judged.verdicts.classes >= Class.inaccurate).any(), answers
    (outcome,) = judge_answers(evaluator, batch, [[INF, -2.0, -2.0, 3.0]]).outcomes
    assert outcome.judged is not None
    assert Class(int(outcome.judged.verdicts.classes[0, 3])).is_finding, "along x = 0 the function is y"


def _sampled() -> list[Op]:
    """Every seventh op that takes NaN and promises nothing special there."""
    fit = [
        op for op in ops().values()
        if "value" in op.orders and not op.accepts and op.inputs[0].draws_special_values and not any(i.complex or i.structure for i in op.inputs)
    ]  # fmt: skip
    return [op for op in fit if zlib.crc32(op.name.encode()) % 7 == 0]


def _row(op: Op, number: float) -> dict[str, Any]:
    """Ordinary numbers inside the domains, and `number` as the first of the first input."""
    row = {}
    for place, one in enumerate(op.inputs):
        low, high = max(one.low, -2.0), min(one.high, 2.0)
        sizes = one.sizes(max(op.min_length, (op.lengths or (3,))[0]))
        count = math.prod(sizes)
        values = low + (high - low) * ((np.arange(count) * 0.37 + 0.21 + 0.11 * place) % 1.0)
        values = np.round(values) if one.integers else values
        values = values.astype(np.float32).astype(np.float64)
        if place == 0:
            values[0] = number
        row[one.name] = values.reshape(sizes)
    return row


def _in_binary64(function: Function, op: Op, numbers: list[float]) -> list[float]:
    """What an implementation of the formula makes of the row with its first number missing: a number where it is always the same, else
    NaN."""
    outputs = zip(*(native(function, _row(op, number))[0] for number in numbers), strict=True)
    return [several[0] if len(set(several)) == 1 else NAN for several in outputs]


@pytest.mark.parametrize("op", _sampled(), ids=lambda op: op.name)
def test_a_framework_that_knows_what_a_nan_reaches_is_silent_and_one_that_does_not_is_seen(op: Op) -> None:
    dtype = "float64" if "float64" in op.dtypes else op.dtypes[0]
    low, high = max(op.inputs[0].low, -2.0), min(op.inputs[0].high, 2.0)
    far = [v for v in (-1e300, 1e300) if op.inputs[0].low <= v <= op.inputs[0].high]
    numbers = [low + 0.29 * (high - low), low + 0.83 * (high - low), *far]
    evaluator = evaluator_of(op.name, dtype, "value")
    batch = Batch(dtype, {n: format_named(dtype).round(v[np.newaxis]) for n, v in _row(op, NAN).items()})
    right = _in_binary64(evaluator.function, op, numbers)
    for answers in (right, [NAN] * len(right)):  # a NaN may be handed on
        (outcome,) = judge_answers(evaluator, batch, [answers]).outcomes
        assert outcome.judged is not None
        assert not (outcome.judged.verdicts.classes >= Class.inaccurate).any(), answers
    wrong = [12345.0 if math.isnan(v) else v for v in right]
    formula = native(evaluator.function, {n: v[0] for n, v in batch.exact().items()})[0]
    (outcome,) = judge_answers(evaluator, batch, [wrong]).outcomes
    assert outcome.judged is not None
    for k, (value, made) in enumerate(zip(right, formula, strict=True)):
        if math.isnan(value) and math.isnan(made) and not math.isnan(native(evaluator.function, _row(op, numbers[0]))[0][k]):
            assert outcome.judged.verdicts.classes[0, k] in (Class.unstable, Class.undecided)


#: op, an end of its domain, steps of float32 beyond that end, an answer, whether the end explains it.
BEYOND: list[tuple[str, float, int, float, bool]] = [
    ("erfinv", 1.0, 1, INF, True),
    ("erfinv", -1.0, -1, -INF, True),
    ("erfinv", 1.0, 1, -INF, False),
    ("erfinv", 1.0, 64, INF, False),
    ("erfinv", 1.0, 1, 3.9, False),
    ("acosh", 1.0, -1, 0.0, True),
    ("acosh", 1.0, -1, 0.5, False),
    ("asin", 1.0, 1, math.asin(1.0), True),
    ("asin", 1.0, 512, math.asin(1.0), False),
]


@pytest.mark.parametrize(("name", "end", "steps", "answer", "explained"), BEYOND)
def test_an_answer_of_the_end_of_the_domain_is_explained_within_k_ulps(
    name: str, end: float, steps: int, answer: float, explained: bool
) -> None:
    fmt = format_named("float32")
    x = float(fmt.from_ordinals(fmt.ordinals(np.float32([end])) + steps)[0])
    verdict = judge_planted(evaluator_of(name, "float32"), batch_of("float32", x=x), [float(np.float32(answer))])
    assert (verdict.certified is Class.ill_conditioned) == explained, verdict
    assert explained or verdict.certified is Class.unstable
