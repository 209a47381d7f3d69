"""The judge: symmetric in sign, exact in its ulps, and never a pass where the truth is not known well enough."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judge.known import evidence_of, rule_of
from tests.planted_framework import batch_of, evaluator_of, judge_answers, op_named
from ulpfuzz.fuzzer.catalog.op import DTYPES
from ulpfuzz.fuzzer.formats import FORMATS, Format, format_named
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.judge.judge import judge
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.steps.within_limit import needs_sharper_reference
from ulpfuzz.fuzzer.judge.ulps import error, error_scale
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, Reference

DTYPE = st.sampled_from(DTYPES)
ORDINALS = st.integers(min_value=0, max_value=2**63 - 1)


def number(fmt: Format, ordinal: int) -> float:
    """A finite number of the format, of either sign, for any integer."""
    span = 2 * fmt.max_ordinal + 1
    return float(fmt.from_ordinals(np.asarray([ordinal % span - fmt.max_ordinal]))[0])


def truth_of(value: float, low: float = 0.0, radius: float = 0.0, accepts: int = FINITE) -> Reference:
    def full(x: float) -> np.ndarray:
        return np.full((1, 1), x)

    return Reference(
        full(value),
        full(low),
        full(radius),
        np.full((1, 1), accepts, np.uint8),
        np.zeros((1, 1), bool),
        np.ones((1, 1), np.uint8),
    )


def exact_ulp(y: Fraction, fmt: Format) -> Fraction:
    """Goldberg's ulp on reals, by integers alone."""
    exponent = fmt.emin
    while y and abs(y) >= Fraction(2) ** (exponent + 1) and exponent < fmt.emax:
        exponent += 1
    return Fraction(2) ** (exponent - fmt.precision + 1)


@given(st.sampled_from(["float16", "bfloat16", "float32"]), ORDINALS, st.integers(-40, 40), st.integers(-(2**30), 2**30))
def test_ulps_agree_with_exact_fractions(dtype: str, ordinal: int, steps: int, beside: int) -> None:
    fmt = format_named(dtype)
    answer = number(fmt, ordinal)
    near = int(np.clip(fmt.ordinals(np.asarray([answer]).astype(fmt.dtype))[0] + steps, -fmt.max_ordinal, fmt.max_ordinal))
    value = float(fmt.from_ordinals(np.asarray([near]))[0])
    value += beside * 2.0**-33 * float(fmt.ulp(np.asarray(value)))  # between two numbers of the format
    gap, _, ulp = error(np.asarray([[answer]]), truth_of(value), fmt)
    exact = abs(Fraction(answer) - Fraction(value))
    assert Fraction(float(ulp[0, 0])) == exact_ulp(Fraction(value), fmt)
    assert abs(Fraction(float(gap[0, 0])) - exact) <= exact / 2**50


@given(ORDINALS, st.integers(-8, 8), st.floats(-0.5, 0.5))
def test_the_low_part_of_a_float64_truth_counts(ordinal: int, steps: int, part: float) -> None:
    fmt = FORMATS["float64"]
    value = number(fmt, ordinal)
    if abs(value) < 2.0**-900 or abs(value) > 2.0**900:
        return
    ulp = float(fmt.ulp(np.asarray(value)))
    answer, low = value + steps * ulp, part * ulp
    gap, _, _ = error(np.asarray([[answer]]), truth_of(value, low), fmt)
    exact = abs(Fraction(answer) - Fraction(value) - Fraction(low))
    assert abs(Fraction(float(gap[0, 0])) - exact) <= exact / 2**50


ODD = (
    "sin",
    "tan",
    "asin",
    "atan",
    "sinh",
    "tanh",
    "asinh",
    "atanh",
    "erf",
    "erfinv",
    "cbrt",
    "softsign",
    "tanhshrink",
    "reciprocal",
)


@pytest.mark.parametrize("name", ODD)
@settings(max_examples=20, deadline=None)
@given(dtype=DTYPE, seed=st.integers(0, 2**32 - 1))
def test_the_judge_is_symmetric_in_sign(name: str, dtype: str, seed: int) -> None:
    """An odd function, judged at x and -x with answers and -answers, good and bad: the same verdicts."""
    from ulpfuzz.fuzzer.case import Batch

    op = op_named(name)
    evaluator, fmt = evaluator_of(name, dtype), format_named(dtype)
    rng = np.random.default_rng(seed)
    limit = int(fmt.ordinals(np.asarray([min(op.inputs[0].high, fmt.max)]).astype(fmt.dtype))[0])
    x = fmt.from_ordinals(rng.integers(0, limit + 1, 24))
    answers = fmt.from_ordinals(rng.integers(-fmt.max_ordinal, fmt.max_ordinal + 1, 24))
    answers[::3] = x[::3]  # right for the tiny ones
    (one,) = judge_answers(evaluator, Batch(dtype, {"x": x}), answers[:, np.newaxis]).outcomes
    (two,) = judge_answers(evaluator, Batch(dtype, {"x": -x}), -answers[:, np.newaxis]).outcomes
    assert one.judged is not None
    assert two.judged is not None
    for field in ("classes", "symptoms", "ulps", "excess"):
        np.testing.assert_array_equal(getattr(one.judged.verdicts, field), getattr(two.judged.verdicts, field))


def verdict(answer: float, truth: Reference, dtype: str = "float32", accuracy: str = "sin") -> tuple[Class, float]:
    rule = rule_of(accuracy, dtype=dtype)
    found = judge(np.asarray([[answer]]), rule, evidence_of(truth, rule), Policy())
    return Class(int(found.verdicts.classes[0, 0])), float(found.verdicts.ulps[0, 0])


U = 2.0**-23  # the ulp of float32 above 1


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        (1.0, truth_of(1.0, radius=4 * U)),  # may be wrong by 4 ulps, the limit is 3.5
        (1 + 8 * U, truth_of(1.0, radius=6 * U)),  # may be right by 2
        (1.0, truth_of(math.nan, radius=math.inf, accepts=0)),
        (math.nan, truth_of(math.nan, radius=math.inf, accepts=0)),
        (math.inf, truth_of(math.nan, radius=math.inf, accepts=0)),
        (1.0, truth_of(1.0, radius=math.inf)),
    ],
)
def test_undecided_is_never_passed(answer: float, truth: Reference) -> None:
    class_, ulps = verdict(answer, truth)
    assert class_ is Class.undecided
    assert math.isnan(ulps)


def test_an_unknown_condition_is_undecided() -> None:
    rule = rule_of("sin")
    found = judge(np.asarray([[2.0]]), rule, evidence_of(truth_of(1.0), rule, amplification=math.nan), Policy())
    assert found.verdicts.classes[0, 0] == Class.undecided


def test_more_is_asked_for_exactly_where_it_would_help() -> None:
    rule = rule_of("sin")

    def asks(answer: float, truth: Reference) -> bool:
        evidence = evidence_of(truth, rule)
        return bool(needs_sharper_reference([np.asarray([[answer]])], rule, evidence, np.zeros(1, np.int64), settle=False)[0])

    assert not asks(1.0, truth_of(1.0, radius=3 * U))
    assert asks(1.0, truth_of(1.0, radius=4 * U))
    assert asks(1 + 8 * U, truth_of(1.0, radius=4 * U))
    assert asks(1 + 8 * U, truth_of(1.0, radius=U))  # surely beyond, but by how much?
    assert not asks(1 + 800 * U, truth_of(1.0, radius=U))
    assert not asks(math.nan, truth_of(1.0, radius=4 * U))  # wrong whatever the number is


KINDS = [
    (NAN, math.nan, Class.ok), (NAN, 1.0, Class.unstable), (PINF, math.inf, Class.ok), (PINF, -math.inf, Class.unstable),
    (PINF, 3e38, Class.unstable), (NINF, -math.inf, Class.ok), (NAN | PINF, math.nan, Class.ok), (NAN | PINF, -math.inf, Class.unstable),
    (FINITE, math.nan, Class.unstable), (FINITE | NAN, math.nan, Class.ok), (FINITE | NAN, 1.0, Class.ok),
    (FINITE | NAN, math.inf, Class.unstable), (FINITE | PINF, math.inf, Class.ok), (FINITE | PINF, -math.inf, Class.unstable),
]  # fmt: skip


@pytest.mark.parametrize(("accepts", "answer", "class_"), KINDS)
def test_special_values_first(accepts: int, answer: float, class_: Class) -> None:
    assert verdict(answer, truth_of(1.0 if accepts & FINITE else math.nan, accepts=accepts))[0] is class_


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_overflow_threshold(dtype: str) -> None:
    """IEEE 754-2019, 7.4: an infinity is right from W - T ulp on, the largest number up to W + T ulp."""
    fmt = format_named(dtype)
    top, ulp = fmt.max, float(fmt.ulp(np.asarray(fmt.max)))
    assert verdict(math.inf, truth_of(top), dtype)[0] is Class.ok  # half an ulp below W
    assert verdict(math.inf, truth_of(top - 40 * ulp), dtype)[0].is_finding
    assert verdict(top, truth_of(math.inf), dtype)[0] is Class.ok
    assert verdict(top - 40 * ulp, truth_of(math.inf), dtype)[0].is_finding
    assert verdict(-math.inf, truth_of(math.inf), dtype)[0] is Class.unstable


def test_a_truth_that_may_be_anything_is_not_beyond_the_range() -> None:
    """An enclosure of -1e50 +- 1e51, as a cancelling formula gives at too few bits, does not say that the result overflows."""
    truth = Reference.unknown(1, 1)
    truth.value[...], truth.radius[...], truth.accepts[...] = -1e50, 1e51, FINITE
    yard = error_scale(truth, format_named("float32"))
    assert yard.radius[0, 0] == 1e51
    truth.radius[...] = 1e40
    assert error_scale(truth, format_named("float32")).radius[0, 0] == 0


def derivative(
    answer: float, truth: Reference, amplification: float, order: str = "grad2", op: str = "var", directions: float = 1.0
) -> Class:
    """The verdict on one derivative whose least amplification is known, as a campaign gives it."""
    rule = rule_of(op, order, length=2)
    batch = batch_of("float32", x=[1.0, 1.0], cotangent=[directions], tangent=[1.0, 1.0]) if order == "grad2" else None
    found = judge(np.asarray([[answer]]), rule, evidence_of(truth, rule, batch, amplification), Policy())
    return Class(int(found.verdicts.classes[0, 0]))


def test_what_conditioning_explains_in_any_case_needs_no_sharper_truth() -> None:
    """An exact zero among terms that cancel is known to no enclosure; whether rounding the inputs explains the answer is."""
    zero = truth_of(0.0, radius=1e-16)
    assert derivative(0.0, zero, 1.0) is Class.ill_conditioned
    assert derivative(0.0, zero, 1e-12) is Class.undecided
    rule = rule_of("var", "grad2", length=2)
    batch = batch_of("float32", x=[1.0, 1.0], cotangent=[1.0], tangent=[1.0, 1.0])
    for amplification, more in ((1.0, False), (1e-12, True)):
        evidence = evidence_of(zero, rule, batch, amplification)
        assert bool(needs_sharper_reference([np.zeros((1, 1))], rule, evidence, np.zeros(1, np.int64))[0]) is more
    assert derivative(1.0, truth_of(0.0), 1.0) is Class.unstable


def test_an_elementary_value_is_held_to_its_limit_however_conditioned() -> None:
    truth = truth_of(1.0, radius=4 * U)
    assert derivative(1.0, truth, 1e6, order="value", op="sin") is Class.undecided


def test_the_rounding_of_what_cancels_to_zero_is_no_finding() -> None:
    """A structural zero has nothing that its error could be small beside, but the scale of its cotangent and tangent."""
    assert derivative(1e-8, truth_of(0.0), 0.0) is Class.undecided
    assert derivative(0.5, truth_of(0.0), 0.0) is Class.unstable
    assert derivative(math.nan, truth_of(0.0), 0.0) is Class.unstable
    assert derivative(4.6e-7, truth_of(0.0), 0.0, op="softmax", directions=64.0) is Class.ill_conditioned
    assert derivative(4.6e-7, truth_of(1e-20), 0.0, op="softmax", directions=64.0) is Class.inaccurate
    assert derivative(4.6e-3, truth_of(1e-20), 0.0, op="softmax", directions=64.0) is Class.unstable


@pytest.mark.parametrize(
    ("flushed", "expected"),
    [
        (truth_of(math.nan, accepts=0), Class.undecided),
        (truth_of(2.0), Class.unstable),
        (truth_of(math.nan, accepts=NAN), Class.ok),
    ],
)
def test_what_nobody_knows_of_flushed_inputs_accuses_nobody(flushed: Reference, expected: Class) -> None:
    """xlog1py(-inf, 2^-149) is -inf; with the subnormal number read as zero, as the policy has it, it is nothing that anybody knows."""
    rule = rule_of("xlog1py")
    batch = batch_of("float32", x=-math.inf, y=2.0**-149)
    evidence = evidence_of(truth_of(-math.inf, accepts=NINF), rule, batch, flushed=flushed)
    judged = judge(np.full((1, 1), np.nan), rule, evidence, Policy(FlushPolicy(inputs=True, outputs=True)))
    assert Class(int(judged.verdicts.classes[0, 0])) is expected
