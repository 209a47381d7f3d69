"""Impossible answers: what no input at all gives is unstable where conditioning explains everything, and nothing else is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted_framework import Judged, batch_of, evaluator_of, judge_planted
from ulpfuzz.fuzzer.catalog.op import Op, scalar, vector
from ulpfuzz.fuzzer.catalog.range_of_values import Range
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.judge.judge import judge
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.ranges import evaluated, extremes, inside_domain, is_outside, told
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.ball64 import Ball64

LAST = 1 - 2.0**-24
EQUAL = [7.5e10, 7.5e10, 7.5e10]

#: op, order, inputs, an impossible answer, one that conditioning explains.
ILL_CONDITIONED: list[tuple[str, str, dict[str, Any], float, float]] = [
    ("half_cauchy_ppf", "value", {"q": LAST, "scale": 1.0}, -2.2877332e7, 2.2877332e7),
    ("instance_norm", "value", {"x": EQUAL}, 376935.75, 0.5),
    ("batch_norm", "value", {"x": EQUAL}, -376935.75, -0.5),
    ("standardize", "value", {"x": EQUAL}, -2590537.75, 0.5),
    ("layer_norm", "value", {"x": EQUAL}, math.inf, 1.25),
    ("continuous_bernoulli_ppf", "value", {"q": 1.0, "p": 0.001}, 1.25, 0.9999999),
]


def planted(op: str, order: str, inputs: dict[str, Any], answer: float, dtype: str = "float32") -> Judged:
    """The verdict on the first output; the others are zero."""
    evaluator, batch = evaluator_of(op, dtype, order), batch_of(dtype, **inputs)
    widths = [np.size(v) for v in inputs.values() if np.size(v) > 1]
    return judge_planted(evaluator, batch, [answer, *[0.0] * (max(widths, default=1) - 1)])


@pytest.mark.parametrize(("op", "order", "inputs", "impossible", "explained"), ILL_CONDITIONED)
def test_an_impossible_answer_is_unstable_whatever_conditioning_says(
    op: str, order: str, inputs: dict[str, Any], impossible: float, explained: float
) -> None:
    found = planted(op, order, inputs, impossible)
    expected = Symptom.inf if math.isinf(impossible) else Symptom.out_of_range
    assert (found.class_, found.certified, found.symptom) == (Class.unstable, Class.unstable, expected)
    assert not planted(op, order, inputs, explained).certified.is_finding


def test_an_end_is_crossed_by_more_than_the_limit_or_not_at_all() -> None:
    """cos's limit in float32 is 3.5 ulps, softmax's that of an excess of 16: 8 ulps."""
    ulp = 2.0**-23
    assert planted("cos", "value", {"x": 0.0}, 1 + 3 * ulp).symptom is Symptom.none
    assert planted("cos", "value", {"x": 0.0}, 1 + 5 * ulp).symptom is Symptom.out_of_range
    assert planted("softmax", "value", {"x": [200.0, 0.0]}, 1 + 8 * ulp).symptom is not Symptom.out_of_range
    assert planted("softmax", "value", {"x": [200.0, 0.0]}, 1 + 10 * ulp).symptom is Symptom.out_of_range


def test_an_infinity_counts_as_the_overflow_threshold() -> None:
    """|v_i| g / ||v|| is below the largest number, and W within the limit of it: an overflow that rounding explains."""
    evaluator, batch = evaluator_of("weight_norm", "float16"), batch_of("float16", v=[10.0, 1.0, 0.0], g=-65504.0)
    assert judge_planted(evaluator, batch, [-math.inf, -6519.0, -0.0]).symptom is Symptom.none


def test_a_symptom_that_says_more_stays() -> None:
    assert planted("exp", "value", {"x": 1.0}, -1.0).symptom is Symptom.wrong_sign
    assert planted("softmax", "value", {"x": [1.0, 0.0]}, math.nan).symptom is Symptom.nan


RULE = Rule(
    op_named("sigmoid"), "value", format_named("float32"), accuracy_limit(op_named("sigmoid"), "value", format_named("float32"))
)


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_nothing_is_claimed_at_infinities_and_nans(x: float) -> None:
    assert not is_outside(RULE, {}, {"x": np.asarray(x)}, 0, 3.0, 0.5)


def test_nothing_is_claimed_without_a_truth_or_where_it_lies_outside_itself() -> None:
    single = {"x": np.asarray(1.0)}
    assert is_outside(RULE, {}, single, 0, 3.0, 0.73)
    assert not is_outside(RULE, {}, single, 0, 3.0, math.nan)
    assert not is_outside(RULE, {}, single, 0, 3.0, 2.0)  # the record would be wrong


def test_nothing_is_claimed_outside_the_domain() -> None:
    op = op_named("poisson_pmf")
    inputs = {"k": np.asarray([1.0, 1.5, -1.0, 2.0]), "mu": np.asarray([1.0, 1.0, 1.0, -1.0])}
    assert inside_domain(op, inputs).tolist() == [True, False, False, False]


def test_the_end_and_its_reason_are_told() -> None:
    single = {"x": np.asarray(EQUAL)}
    line = told(op_named("instance_norm"), "value", {"eps": 1e-5}, single, 0, 376935.75)
    assert line.startswith("no value lies above 1.41421356: Samuelson")
    assert told(op_named("sigmoid"), "grad", {}, {"x": np.asarray(1.0)}, 0, 0.375).startswith("no slope lies above 0.25")
    assert told(op_named("sigmoid"), "value", {}, {"x": np.asarray(1.0)}, 0, 0.5) == ""


OP = Op("anything", (scalar("x"), vector("v")), (), params={"eps": (0.25,)})
NUMBERS = st.floats(-1e6, 1e6)


@settings(max_examples=80, deadline=None)
@given(x=NUMBERS, v=st.lists(NUMBERS, min_size=3, max_size=3), text=st.sampled_from([
    "x", "-x", "max(v)", "min(abs(v))", "max(x, 0)", "-max(abs(v)) * sqrt(length - 1) - abs(x)", "1 / 3", "pi / 2", "0.1 + eps", "exp(-1)",
    "log(length)", "min(x, max(v))",
]))  # fmt: skip
def test_columns_and_arb_agree_on_an_end(x: float, v: list[float], text: str) -> None:
    """The vectorised ends enclose the rigorous ones."""
    inputs = {"x": np.asarray([x]), "v": np.asarray([v])}
    m = Ball64()
    column = m.num(evaluated(m, text, OP, {"eps": 0.25}, inputs))
    with Arb(256) as arb:
        exact = arb.num(evaluated(arb, text, OP, {"eps": 0.25}, inputs)).v
    mid, rad = float(np.ravel(column.mid)[0]), float(np.ravel(column.radius())[0])
    assert abs(float(exact.mid()) - mid) <= rad + 2.0**-52 * abs(mid)
    assert rad <= 2.0**-40 * max(1.0, abs(mid))


@pytest.mark.parametrize("text", ["y", "x ** 2", "open('f')", "max(v, 1)", "min(x)", "x.real"])
def test_other_expressions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no "):
        evaluated(Ball64(), text, OP, {}, {"x": np.asarray([1.0]), "v": np.asarray([[1.0, 2.0]])})


@settings(max_examples=40, deadline=None)
@given(answer=st.floats(-4, 4), low=st.sampled_from(["", "-1", "0"]), high=st.sampled_from(["", "1", "0.5"]))
def test_what_the_columns_accuse_arb_accuses(answer: float, low: str, high: str) -> None:
    op = replace(op_named("sin"), ranges=(Range(low, high, "made up"),))
    rule = Rule(op, "value", format_named("float32"), accuracy_limit(op, "value", format_named("float32")))
    least, most = extremes(rule, {}, {"x": np.asarray([1.0])}, 0)
    accused = not least[0] <= answer <= most[0]
    assert is_outside(rule, {}, {"x": np.asarray(1.0)}, 0, answer, 0.25) is accused


def test_what_a_flush_of_the_inputs_leaves_unknown_is_not_accused() -> None:
    """Weights that are read as zeros have no average: 0 / 0."""
    evaluator = evaluator_of("average", "float32")
    tiny = 2.0**-149
    batch = batch_of("float32", x=[1.0, 1.0, 1.0], w=[tiny, tiny, tiny])
    answers = np.asarray([[0.0]], np.float32)
    evidence = evaluator.references.evidence(batch, [answers])
    for flushes, expected in ((FlushPolicy(True, True), Class.undecided), (FlushPolicy(False, False), Class.unstable)):
        judged = judge(answers, evidence.rule, evidence, Policy(flushes))
        assert judged.verdicts.classes[0, 0] == expected
