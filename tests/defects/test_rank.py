"""Rank, kind and place: monotone, a zero is ordinary, formats compare."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.defects.planted import a_finding, answering
from ulpfuzz.fuzzer.defects.case_file import CaseFile, OrdinaryShare
from ulpfuzz.fuzzer.defects.kind import kind_of, lost, truth_of
from ulpfuzz.fuzzer.defects.place import EVERYDAY, place_of
from ulpfuzz.fuzzer.defects.rank import AVOIDABLE, face_of, is_ours, score
from ulpfuzz.fuzzer.formats import FORMATS

EXPONENTS = st.integers(-1074, 1023)


def hexed(exponent: int) -> str:
    return float.hex(math.ldexp(1.0, exponent))


@given(EXPONENTS, EXPONENTS)
def test_the_farther_from_everyday_numbers_the_lower(one: int, other: int) -> None:
    def far(exponent: int) -> int:
        return max(0, exponent + 1 - EVERYDAY, -exponent - EVERYDAY) * (1023 if exponent < 0 else 1022)

    first, second = (score(a_finding(dtype="float64", x=hexed(e))) for e in (one, other))
    if one * other > 0 and far(one) <= far(other):
        assert first >= second
    assert 0 <= second <= 0.5


@given(st.floats(1.0, 1e15), st.floats(1.0, 1e15))
def test_the_more_digits_are_lost_the_higher(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert score(a_finding(symptom="precision", ulps=less)) <= score(a_finding(symptom="precision", ulps=more))
    assert score(a_finding(symptom="precision", ulps=more)) <= score(a_finding(symptom="nan"))


def test_every_number_of_the_case_counts_and_a_zero_is_ordinary() -> None:
    everyday = score(a_finding(x={"x": "0x1p+0", "loc": "0x1p+1"}))
    assert score(a_finding(x={"x": "0x0p+0", "loc": ["-0x0p+0", "0x1p+3"]})) == everyday
    assert score(a_finding(x={"x": "0x1p+0", "loc": "0x1p+100"})) < everyday
    assert score(a_finding(x={"x": ["0x1p+0", "0x1p-140"], "loc": "0x1p+1"})) < everyday
    assert score(a_finding(x="inf")) == pytest.approx(0.15 * everyday)
    assert score(a_finding(x="nan")) == pytest.approx(0.3 * everyday)
    assert score(a_finding(params={"n": 1 << 20})) < everyday == score(a_finding(params={"eps": 1e-8, "ord": math.inf}))


@pytest.mark.parametrize("dtype", sorted(set(FORMATS) - {"float16"}))
def test_formats_compare(dtype: str) -> None:
    fmt = FORMATS[dtype]
    assert score(a_finding(dtype=dtype, x=float.hex(fmt.max))) == pytest.approx(0.03 * score(a_finding(dtype=dtype)))
    assert score(a_finding(dtype=dtype, x=float.hex(fmt.min_subnormal))) == pytest.approx(0.03 * score(a_finding(dtype=dtype)))
    half = a_finding(dtype=dtype, symptom="precision", ulps=4.0 * 2 ** (fmt.precision / 2))
    assert lost(half) == pytest.approx(0.5)


def test_truth_promise_exceptions_and_peers() -> None:
    everyday = score(a_finding())
    for reference, weight in (("0.0", 1.0), ("1e300", 0.15), ("1e-42", 0.1), ("-3.2e-310880102", 0.1), ("8e+30992288015292882", 0.15),
                              ("nan", 0.3), ("[0.29, 1e300]", 0.15)):  # fmt: skip
        assert score(a_finding(reference=reference)) == pytest.approx(weight * everyday), reference
    assert score(a_finding(x="nan", symptom="missed_nan", reference="nan")) == pytest.approx(0.3 * everyday)
    assert score(a_finding(condition=2.0**12)) == score(a_finding(certified_by="limit")) == pytest.approx(0.5 * everyday)
    assert score(a_finding(condition=math.nan)) == everyday
    assert score(a_finding(certified_by="mpmath")) == pytest.approx(0.1 * everyday)
    assert score(a_finding(label="composed")) == pytest.approx(0.3 * everyday)
    assert score(a_finding(symptom="exception")) < everyday == score(a_finding(symptom="crash"))
    assert score(a_finding(avoidable_by=["jax:cpu:eager"])) == pytest.approx(AVOIDABLE * everyday)


def test_what_was_measured_stands_above_what_was_not() -> None:
    rare, often, never = (
        CaseFile("d", "f", "", {}, "", "", ordinary_share=OrdinaryShare(wrong, 10**5, wrong / 2e5, wrong / 5e4, "x: logits"))
        for wrong in (3, 5000, 0)
    )
    far = a_finding(x="0x1p+100", symptom="precision")
    best = a_finding(avoidable_by=["jax:cpu:eager"])
    assert score(best) < score(far, rare) < score(far, often) <= 1
    assert score(far, never) == score(far)
    assert (kind_of(far), kind_of(far, rare)) == ("range", "ordinary")


def test_formulas_of_the_catalogue_are_known_without_a_label() -> None:
    x = {"x": "0x1.8p+0", "y": "0x1.4p+1"}
    assert is_ours(a_finding("torch.special.xlogy(x, x / y) - x + y", x=x, op="relative_entropy"))
    assert not is_ours(a_finding("torch.nn.functional.gelu(x) * y", "precision", x, op="geglu"))
    assert not is_ours(a_finding("torch.exp(x)"))
    assert not is_ours(a_finding("nothing(x)", op="gone"))


def test_the_face_is_ordinary_first_and_then_simple() -> None:
    far, long, simple = (
        a_finding(x="0x1p+100"), a_finding(x="0x1.234567p+3", dtype="bfloat16"), a_finding(x="0x1.8p+3", dtype="float64"),
    )  # fmt: skip
    assert face_of([far, long, simple]) == face_of([simple, far, long]) == simple
    slighter = a_finding(symptom="precision", ulps=2.0**9)
    near = a_finding(x="0x1p+14")
    assert score(slighter) < score(near)
    assert face_of([near, slighter]) == slighter


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "ordinary"), ({"x": "0x1p+100"}, "range"), ({"x": "inf"}, "special"), ({"reference": "inf"}, "special"),
        ({"reference": "nan", "symptom": "missed_nan"}, "special"), ({"symptom": "exception"}, "exception"),
        ({"symptom": "precision", "ulps": 9.0}, "accuracy"), ({"symptom": "precision", "ulps": 2.0**20}, "ordinary"),
        ({"label": "flush"}, "flush"), ({"reference": "1e-42"}, "range"), ({"x": []}, "ordinary"),
    ],
)  # fmt: skip
def test_kinds(changes: dict[str, object], kind: str) -> None:
    assert kind_of(a_finding(**changes)) == kind  # type: ignore[arg-type]


def test_a_truth_is_read_however_far_its_exponent() -> None:
    for reference, truth in (("1.5", "normal"), ("-0.0", "zero"), ("3e38", "normal"), ("3.5e38", "overflow"), ("-inf", "infinite"),
                             ("1e-39", "subnormal"), ("1e-" + "9" * 30, "subnormal"), ("1e+" + "9" * 30, "overflow")):  # fmt: skip
        assert truth_of(replace(a_finding(), reference=reference)) == truth, reference


def test_places_name_the_extreme_inputs() -> None:
    place = place_of(a_finding(x={"x": ["0x1p+0", "0x1p+127"], "loc": "0x1p-126", "scale": "0x1p+20"}))
    assert (place.side, place.extremes) == ("large", {"x large", "loc small"})
    assert place_of(a_finding(x={"x": "inf", "loc": "0x1p+120"})).extremes == {"x infinite"}
    assert place_of(a_finding(x="0x0p+0")).extremes == frozenset()


def test_what_a_device_or_a_compiler_alone_gets_wrong_is_a_kind_of_its_own() -> None:
    call = "torch.exp(x)"

    def kind(target: str, *others: tuple[str, str, str]) -> str:
        return kind_of(answering(a_finding(target=target), *others))

    cpu, cuda, compiled = ("torch:cpu:eager", call, "ok"), ("torch:cuda:eager", call, "ok"), ("torch:cpu:compile", call, "ok")
    assert kind("torch:cuda:eager", cpu) == "device"
    assert kind("torch@new:cuda:eager;tf32=on", ("torch@new:cpu:eager", call, "ok")) == "device"
    assert kind("torch:cuda:compile", cpu, cuda) == "compiled"
    assert kind("torch:cuda:compile", cpu, ("torch:cuda:eager", call, "inf")) == "device"
    assert kind("torch:cpu:compile", cpu) == "compiled"
    assert kind("torch:cpu:eager", cuda) == kind("torch:cuda:eager", ("torch:cpu:eager", call, "inf")) == "ordinary"
    assert (
        kind("torch:cuda:eager", ("jax:cpu:eager", call, "ok"), ("torch:cpu:eager", "torch.exp(x) * 1", "ok"), compiled)
        == "ordinary"
    )
