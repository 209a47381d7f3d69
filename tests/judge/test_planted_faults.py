"""One planted fault per symptom and class, at each dtype: the judge sees it, after screen and ball test. And DESIGN's separations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.planted_framework import IMPLEMENTATION, NAME, CorrectlyRounded, batch_of, evaluator_of, judge_planted
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import DTYPES, Implementation
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import register, unregister
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

INF, NAN = math.inf, math.nan
Fault = Callable[[float, Format], float]  # (right answer, format) -> faulty answer


def constant(value: float) -> Fault:
    return lambda right, fmt: value


def ulps_off(count: float) -> Fault:
    return lambda right, fmt: right + count * float(fmt.ulp(np.asarray(right)))


def times(factor: float) -> Fault:
    return lambda right, fmt: right * factor


#: op, order, inputs (functions of the Format stand for their values), fault, class, symptom; the same at every dtype.
EVERYWHERE: list[tuple[str, str, dict[str, Any], Fault, Class, Symptom]] = [
    # values
    ("exp", "value", {"x": 1.0}, constant(NAN), Class.unstable, Symptom.nan),
    ("exp", "value", {"x": 1.0}, constant(INF), Class.unstable, Symptom.inf),
    ("exp", "value", {"x": 1.0}, constant(0.0), Class.unstable, Symptom.zero),
    ("log", "value", {"x": -1.0}, constant(0.0), Class.unstable, Symptom.missed_nan),
    ("log", "value", {"x": 0.0}, constant(-1e4), Class.unstable, Symptom.missed_inf),
    ("exp", "value", {"x": lambda fmt: 1.1 * math.log(fmt.max)}, constant(1.0), Class.unstable, Symptom.missed_inf),
    ("sin", "value", {"x": 3.0}, times(-1), Class.unstable, Symptom.wrong_sign),
    ("erf", "value", {"x": -1.0}, times(0.25), Class.unstable, Symptom.precision),
    ("sin", "value", {"x": 1.0}, ulps_off(8), Class.inaccurate, Symptom.precision),
    ("mul", "value", {"x": 3.0, "y": 1.25}, ulps_off(1), Class.inaccurate, Symptom.precision),
    ("sin", "value", {"x": -0.0}, constant(0.0), Class.inaccurate, Symptom.signed_zero),
    ("expm1", "value", {"x": 0.0}, constant(-0.0), Class.inaccurate, Symptom.signed_zero),
    ("gelu", "value", {"x": -5.0}, constant(-0.0), Class.unstable, Symptom.zero),  # 1 + erf, cancelled
    ("softplus", "value", {"x": -8.0}, constant(0.0), Class.unstable, Symptom.zero),  # log(1 + tiny)
    ("sum", "value", {"x": [1024.0, 0.0009765625, -1024.0]}, times(1), Class.ok, Symptom.none),
    ("softmax", "value", {"x": [INF, 1.0]}, constant(NAN), Class.ok, Symptom.none),
    ("softmax", "value", {"x": [1.0, 1.0]}, constant(NAN), Class.unstable, Symptom.nan),
    # gradients
    ("tanh", "grad", {"x": 4.0}, constant(NAN), Class.unstable, Symptom.nan),
    ("sqrt", "grad", {"x": 2.0}, times(2), Class.unstable, Symptom.precision),  # a wrong formula
    ("sqrt", "grad", {"x": 0.0}, constant(NAN), Class.unstable, Symptom.missed_inf),
    ("sqrt", "grad", {"x": 0.0}, constant(1.0), Class.unstable, Symptom.missed_inf),
    ("softplus", "grad", {"x": -8.0}, constant(0.0), Class.unstable, Symptom.zero),  # 1 - 1/(1 + e^x), cancelled
    ("norm", "grad", {"x": [0.0, 1.0], "cotangent": [1.0]}, constant(NAN), Class.unstable, Symptom.nan),  # 0 * inf
    ("atan", "grad", {"x": 2.0}, times(-1), Class.unstable, Symptom.wrong_sign),
    ("cos", "value", {"x": 0.5}, constant(1.25), Class.unstable, Symptom.out_of_range),
    ("var", "value", {"x": [1.0, 2.0]}, constant(-0.25), Class.unstable, Symptom.wrong_sign),
    ("softmax", "value", {"x": [1.0, 2.0]}, constant(1.5), Class.unstable, Symptom.out_of_range),
    ("softmax", "value", {"x": [1.0, 2.0]}, constant(INF), Class.unstable, Symptom.inf),
    ("sigmoid", "grad", {"x": 1.0}, constant(0.375), Class.unstable, Symptom.out_of_range),
    ("tanh", "grad", {"x": 3.0}, times(1), Class.ok, Symptom.none),
    # forward mode
    ("sqrt", "jvp", {"x": 2.0}, times(2), Class.unstable, Symptom.precision),
    ("hypot", "jvp", {"x": 3.0, "y": 4.0}, constant(NAN), Class.unstable, Symptom.nan),
    ("norm", "jvp", {"x": [0.0, 1.0], "tangent": [1.0, 1.0]}, constant(NAN), Class.unstable, Symptom.nan),  # 0 * inf
    ("softmax", "jvp", {"x": [1.0, 0.0], "tangent": [1.0, 0.0]}, times(-1), Class.unstable, Symptom.wrong_sign),
    ("logsumexp", "jvp", {"x": [2.0, 0.5], "tangent": [1.0, 2.0]}, times(1), Class.ok, Symptom.none),
    # second derivatives
    ("sin", "grad2", {"x": 1.0}, times(-1), Class.unstable, Symptom.wrong_sign),
    ("exp", "grad2", {"x": 1.0}, times(2), Class.unstable, Symptom.precision),  # a wrong formula
    ("softplus", "grad2", {"x": -8.0}, constant(0.0), Class.unstable, Symptom.zero),  # s - s^2 of a rounded s, cancelled
    ("relu6", "grad2", {"x": 0.0}, constant(NAN), Class.unstable, Symptom.nan),  # a kink of the function: 0 on both sides
    ("elu", "grad2", {"x": 0.0}, constant(NAN), Class.unstable, Symptom.nan),  # a kink of the gradient: between 0 and 1
    ("elu", "grad2", {"x": 0.0}, constant(0.5), Class.ok, Symptom.none),
    ("elu", "grad2", {"x": 0.0}, constant(2.0), Class.unstable, Symptom.precision),
    ("sqrt", "grad2", {"x": 0.0}, constant(NAN), Class.ok, Symptom.none),  # the gradient itself is infinite
    ("mul", "grad2", {"x": 3.0, "y": 2.0}, constant(1.0), Class.unstable, Symptom.precision),
    ("norm", "grad2", {"x": [3.0, 4.0], "cotangent": [1.0], "tangent": [1.0, 0.0]}, constant(NAN), Class.unstable, Symptom.nan),
    ("var", "grad2", {"x": [1.0, 2.0], "cotangent": [1.0], "tangent": [1.0, 0.0]}, times(1), Class.ok, Symptom.none),
]  # fmt: skip


def judged(op: str, dtype: str, order: str, inputs: dict[str, Any], fault: Fault, output: int = 0, **params: Any) -> Any:
    """The verdict on the right answers with one of them faulty."""
    fmt = format_named(dtype)
    evaluator = evaluator_of(op, dtype, order, **params)
    batch = batch_of(dtype, **{name: v(fmt) if callable(v) else v for name, v in inputs.items()})
    answers = (
        CorrectlyRounded()
        .evaluate(Call(evaluator.op, IMPLEMENTATION, dict(evaluator.cell.params), order), batch)[0]
        .astype(np.float64)
    )
    answers[output] = fault(float(answers[output]), fmt)
    return judge_planted(evaluator, batch, answers, output)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("op", "order", "inputs", "fault", "class_", "symptom"), EVERYWHERE)
def test_the_judge_sees_a_planted_fault(
    op: str, order: str, inputs: dict[str, Any], fault: Fault, class_: Class, symptom: Symptom, dtype: str
) -> None:
    found = judged(op, dtype, order, inputs, fault)
    symptom = Symptom.nan if symptom is Symptom.missed_inf and math.isnan(fault(0.0, format_named(dtype))) else symptom
    assert (found.certified, found.symptom) == (class_, symptom), found


# Separations measured with the error model, as planted float32 answers of the algorithms themselves.

F = np.float32


def naive_silu(x: float) -> float:
    with np.errstate(over="ignore"):
        return float(F(x) / (F(1) + np.exp(-F(x))))


SPREAD = np.asarray([1e4, 1e4 + 0.1, 1e4 + 0.2, 1e4 + 0.3], F)
LOGITS = np.asarray([30.0, 12.5, -80.0, 29.9], F)


def one_pass_variance(x: Any) -> float:
    return float(np.mean(x * x, dtype=F) - np.mean(x, dtype=F) ** 2)


def softmax32(x: Any) -> Any:
    powers = np.exp(x - x.max())
    return powers / powers.sum(dtype=F)


SEPARATIONS: list[tuple[str, dict[str, Any], Any, Class]] = [
    ("norm", {"x": [1e30, 1e30]}, [INF], Class.unstable),
    ("norm", {"x": [1e-30, 1e-30]}, [0.0], Class.unstable),
    ("silu", {"x": -89.05}, [naive_silu(-89.05)], Class.unstable),
    ("gelu", {"x": -8.0}, [-0.0], Class.unstable),
    ("var", {"x": SPREAD}, [one_pass_variance(SPREAD)], Class.unstable),
    ("var", {"x": SPREAD}, [float(np.var(SPREAD))], Class.ill_conditioned),
    ("sum", {"x": [1e30, 1, -1e30]}, [0.0], Class.ill_conditioned),
    ("softmax", {"x": LOGITS}, softmax32(LOGITS), Class.ok),
    ("exp", {"x": 100.0}, [INF], Class.ok),
    ("sin", {"x": 1e22}, [float(np.sin(np.float64(F(1e22))))], Class.ok),
    ("exp2", {"x": 100.3}, [float(np.exp(F(100.3) * F(math.log(2))))], Class.inaccurate),
    ("digamma", {"x": 1.4616321449683623}, [-1.20360522e-08 + 4e-7], Class.ill_conditioned),
    ("cosine_similarity", {"x": [1e-20, 1e-20], "y": [1e-20, 1e-20]}, [1.9999998e-24 * (1 + 2**-22)], Class.ok),
]  # fmt: skip


@pytest.mark.parametrize(("op", "inputs", "answers", "class_"), SEPARATIONS)
def test_separations_of_the_error_model(op: str, inputs: dict[str, Any], answers: Any, class_: Class) -> None:
    found = judge_planted(evaluator_of(op, "float32"), batch_of("float32", **inputs), answers)
    assert found.certified is class_, found


def test_an_overflow_that_conditioning_explains_is_not_unstable() -> None:
    """x^y of the last numbers below the threshold: 4 ulps of x or y more, and it does overflow."""
    x, y = 2.0, float(np.nextafter(F(128), F(0)))
    found = judge_planted(evaluator_of("pow", "float32"), batch_of("float32", x=x, y=y), [INF])
    assert found.certified < Class.unstable
    assert judge_planted(evaluator_of("pow", "float32"), batch_of("float32", x=x, y=127.0), [INF]).class_ is Class.unstable


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_half_an_ulp_exactly_is_right(dtype: str) -> None:
    """A tie: rounding up and down are both within 0.5 ulp of the sum, the next number on either side is not."""
    fmt = format_named(dtype)
    evaluator = evaluator_of("add", dtype)
    batch = batch_of(dtype, x=1.0, y=fmt.unit_roundoff)
    step = 2 * fmt.unit_roundoff
    for answer, right in ((1.0, True), (1 + step, True), (1 - step / 2, False), (1 + 2 * step, False)):
        found = judge_planted(evaluator, batch, [answer])
        assert found.certified.is_finding is not right
        assert (found.certified is Class.ok) is right


# What a framework does as a whole: raises, flushes, answers by position.


class Faulty(CorrectlyRounded):
    """The faults are written in the call."""

    def evaluate(self, call: Call, batch: Batch) -> Any:
        if call.implementation.call == "raises":
            raise FrameworkError("RuntimeError: not implemented for this device")
        if call.implementation.call == "x * y":  # flushes subnormals, given and made
            tiny = batch.format.min_normal
            with np.errstate(all="ignore"):
                x, y = (np.where(np.abs(v) < tiny, 0, v.astype(np.float64)) for v in batch.inputs.values())
                product = x * y
                return np.where(np.abs(product) < tiny, 0, product).astype(batch.format.dtype)[:, np.newaxis]
        return super().evaluate(call, batch)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Any:
        answers = super().evaluate_placed(call, batch, placement)
        if call.implementation.call == "wrong from position 8":
            answers[8:] = np.inf
        return answers


@pytest.fixture
def faulty() -> Any:
    register("faulty", Faulty)
    yield "faulty"
    unregister("faulty")


def evaluator_with(call: str, framework: str, op: str = "exp", dtype: str = "float32", order: str = "value") -> Evaluator:
    return Evaluator(
        Cell(op, tuple(evaluator_of(op, dtype).cell.params), dtype, order), [Subject(framework, Implementation(framework, call))]
    )


def test_an_exception_is_an_outcome_of_its_subject(faulty: str) -> None:
    (outcome,) = evaluator_with("raises", faulty).run(batch_of("float32", x=1.0)).outcomes
    assert outcome.error == "RuntimeError: not implemented for this device"
    assert outcome.judged is None


def test_an_answer_by_position_is_judged_by_position(faulty: str) -> None:
    evaluator = evaluator_with("wrong from position 8", faulty)
    (outcome,) = evaluator.run_placed(batch_of("float32", x=1.0), evaluator.subjects[0], Placement(17, 8)).outcomes
    assert outcome.judged is not None
    classes, symptoms = outcome.judged.verdicts.classes[:, 0], outcome.judged.verdicts.symptoms[:, 0]
    assert (classes[:8] == Class.ok).all()
    assert (classes[8:] == Class.unstable).all()
    assert (symptoms[8:] == Symptom.inf).all()


FLUSHES: list[tuple[str, float, float, Class, bool, Symptom]] = [
    ("exp", -100.0, 0.0, Class.ok, True, Symptom.none),  # a subnormal result read as zero
    ("exp", -100.0, -0.0, Class.ok, True, Symptom.none),
    ("log", 1e-40, -INF, Class.ok, True, Symptom.none),  # f(0) for a subnormal input
    ("log", 1e-40, -103.97, Class.unstable, False, Symptom.precision),  # neither f(x) nor f(0): the exponent of a flushed number
    ("reciprocal", 1e-40, INF, Class.ok, False, Symptom.none),
    ("square", 1.2e-19, 0.0, Class.unstable, False, Symptom.internal_flush),  # a normal result, the least of them
    ("sin", 1e-20, 0.0, Class.unstable, False, Symptom.zero),
    ("sin", -1e-40, 0.0, Class.ok, True, Symptom.none),
]  # fmt: skip


@pytest.mark.parametrize(("op", "x", "answer", "class_", "flushed", "symptom"), FLUSHES)
def test_what_a_flush_policy_explains(
    faulty: str, op: str, x: float, answer: float, class_: Class, flushed: bool, symptom: Symptom
) -> None:
    evaluator = evaluator_with("given", faulty, op)
    batch = batch_of("float32", x=x)
    (outcome,) = evaluator.judge(batch, [(evaluator.subjects[0], np.asarray([[answer]], F), "")]).outcomes
    assert outcome.judged is not None
    found = outcome.judged
    assert (found.verdicts.classes[0, 0], bool(found.flushed[0, 0]), found.verdicts.symptoms[0, 0]) == (class_, flushed, symptom)


@pytest.mark.parametrize(("op", "x"), [("exp", -100.0), ("log", 1e-40), ("sin", -1e-40)])
def test_no_policy_excuses_no_flush(op: str, x: float) -> None:
    assert NAME == "correctly_rounded"  # which keeps subnormals
    answer = {"exp": 0.0, "log": -INF, "sin": 0.0}[op]
    assert judge_planted(evaluator_of(op, "float32"), batch_of("float32", x=x), [answer]).certified.is_finding


def test_a_second_derivative_rebuilt_from_a_saved_output_is_inaccurate() -> None:
    """tanh'' = -2 y (1 - y^2) from the rounded y: at 6 the error is 1.1 u, of a supremum of 0.77."""
    y = F(np.tanh(6.0))
    found = judge_planted(evaluator_of("tanh", "float32", "grad2"), batch_of("float32", x=6.0), [float(-2 * y * (1 - y * y))])
    assert found.certified is Class.inaccurate
    found = judge_planted(evaluator_of("tanh", "float32", "grad2"), batch_of("float32", x=6.0), [1e-3])
    assert found.certified is Class.unstable
