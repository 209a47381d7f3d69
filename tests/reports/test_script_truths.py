"""Scripts recompute their truths: of every op, order and dtype at an ordinary point, at limits, kinks and NaNs; and contradict wrong ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from script_truths import DISAGREES, RAISES, executed, finding_at, ordinary, script_of

from tests.sampling import is_quick, sampled
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles.confirmation import Confirmation, confirm

ORDERS = ("value", "grad", "jvp", "grad2")
#: Definitions of factories, of special functions with helpers, over frames, matrices and pairs.
FAST = (
    "exp", "normal_isf", "laplace_logpdf", "half_cauchy_ppf", "bitwise_and_int8", "gcd_int8", "betainc", "gammainc", "mdct", "dct2", "matmul",
    "solve", "exp_complex", "softmax", "attention", "layer_norm_affine", "upsample_bicubic", "erfinv", "polygamma", "cummax", "frac", "truncnorm_cdf",
)  # fmt: skip


def recomputes(op: Op, order: str, dtype: str) -> None:
    try:
        finding = ordinary(op, order, dtype)
    except LookupError as why:
        pytest.skip(str(why))
    text = script_of(finding)
    status, said = executed(text)
    assert status not in (DISAGREES, RAISES), said
    assert "recomputed with" in said
    if order == "value":
        wrong = replace(finding, reference=_elsewhere(finding.reference))
        assert executed(script_of(wrong))[0] == DISAGREES


def _elsewhere(reference: str) -> str:
    return "7.25" if float(reference) == 0 else f"{float(reference) * (1 + 2.0**-30)!r}"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", FAST)
def test_the_truth_is_recomputed(name: str, order: str) -> None:
    op = op_named(name)
    if order not in op.orders:
        pytest.skip(f"{name} has no {order}")
    recomputes(op, order, "complex64" if "complex64" in op.dtypes else "float32")


@pytest.mark.parametrize(("op", "order"), sampled(80, *ORDERS, quick=is_quick))
def test_every_op_order_and_dtype_recomputes_its_truth(op: Op, order: str) -> None:
    if order not in op.orders:
        pytest.skip(f"{op.name} has no {order}")
    for dtype in op.dtypes:
        recomputes(op, order, dtype)


def at(
    name: str, inputs: dict[str, Any], order: str = "value", worst: int = 0, truth: Confirmation | None = None
) -> tuple[int, str]:
    return executed(script_of(finding_at(op_named(name), order, "float32", inputs, worst, truth)))


LIMITS: list[tuple[str, dict[str, Any], str, str]] = [
    ("exp", {"x": -np.inf}, "value", "0.0"),
    ("log", {"x": 0.0}, "value", "-inf"),
    ("reciprocal", {"x": -0.0}, "value", "-inf"),
    ("tanh", {"x": np.inf}, "value", "1.0"),
    ("sin", {"x": np.inf}, "value", "nan"),
    ("xlogy", {"x": 0.0, "y": 0.0}, "value", "0.0"),
    ("logsumexp", {"x": [-np.inf, 1.0]}, "value", "1.0"),
    ("softmax", {"x": [-np.inf, 1.0]}, "value", "0.0"),
    ("gelu", {"x": -np.inf}, "value", "0.0"),
    ("digamma", {"x": -2.0}, "value", "nan"),
    ("lgamma", {"x": -2.0}, "value", "inf"),
    ("sqrt", {"x": 0.0}, "grad", "inf"),
    ("log", {"x": 0.0}, "jvp", "inf"),
    ("digamma", {"x": -75.0}, "grad", "inf"),  # a path comes nearer to the pole than the steps of differences are to it
    ("betaln", {"a": 2.0**-149, "b": 0.0}, "value", "inf"),
    ("trigamma", {"x": -(2.0**127)}, "value", "inf"),  # the next pole is 2^-127 of it away
    ("beta", {"a": 0.0, "b": -0.0}, "value", "inf"),  # on neither side are both inside the domain
    ("cauchy_ppf", {"q": 1.0, "loc": -1.0, "scale": 1.5}, "value", "inf"),  # beyond q = 1 the formula has another pole's side
]


@pytest.mark.parametrize(("name", "inputs", "order", "truth"), LIMITS)
def test_a_limit_is_recomputed(name: str, inputs: dict[str, Any], order: str, truth: str) -> None:
    status, said = at(name, inputs, order, truth=Confirmation(truth, "limit", True))
    assert status not in (DISAGREES, RAISES), said
    wrong = {"nan": "1.0", "inf": "-inf"}.get(truth, "inf")
    status, said = at(name, inputs, order, truth=Confirmation(wrong, "limit", True))
    assert status == DISAGREES, said
    assert "on a path: " in said or "the definition there" in said


SMALL: list[Any] = [
    ("segment_prod", {"x": [2.0**-511] * 3, "index": [2.0] * 3, "cotangent": [1.0] * 3}, "grad", 0),
    pytest.param(
        "kl_gamma_normal",
        {"a": 2.0**-1074, "rate": 2.0**512, "loc2": 2.0**1023, "scale2": 1.0},
        "grad",
        1,
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("name", "inputs", "order", "worst"), SMALL)
def test_a_small_derivative_of_large_numbers_is_no_zero(name: str, inputs: dict[str, Any], order: str, worst: int) -> None:
    """The first precisions lose it, and make 0 of it: that says nothing until they could show it."""
    op = op_named(name)
    truth = confirm(function_of(op, op.default_params(), order), {n: np.asarray(v) for n, v in inputs.items()}, worst)
    assert truth.agrees
    assert truth.exact
    status, said = executed(script_of(finding_at(op, order, "float64", inputs, worst, truth)))
    assert status not in (DISAGREES, RAISES), said
    wrong = Confirmation("0.0", "arb+mpmath", True)
    assert executed(script_of(finding_at(op, order, "float64", inputs, worst, wrong)))[0] == DISAGREES


@pytest.mark.parametrize(
    ("name", "inputs", "order"), [("relu", {"x": -1.5}, "grad"), ("sub", {"x": 2.0**1000, "y": 2.0**1000}, "value")]
)
def test_a_zero_is_recomputed(name: str, inputs: dict[str, Any], order: str) -> None:
    op = op_named(name)
    status, said = executed(script_of(finding_at(op, order, "float64", inputs, 0, Confirmation("0.0", "arb+mpmath", True))))
    assert status not in (DISAGREES, RAISES), said
    status, said = executed(script_of(finding_at(op, order, "float64", inputs, 0, Confirmation("1.0", "arb+mpmath", True))))
    assert status == DISAGREES, said


def test_a_value_that_arb_has_at_an_infinity_is_recomputed_there() -> None:
    """(inf^k - 1)/k = -1/k for the least normal -k: no path goes so far that x^k is small."""
    op, inputs = op_named("boxcox1p"), {"x": np.inf, "k": -(2.0**-1022)}
    truth = confirm(function_of(op, op.default_params(), "value"), {n: np.asarray(v) for n, v in inputs.items()}, 0)
    assert truth.certified_by == "arb"
    status, said = executed(script_of(finding_at(op, "value", "float64", inputs, 0, truth)))
    assert status not in (DISAGREES, RAISES), said
    assert "certified by arb" in said


NANS: list[tuple[str, dict[str, Any], int, str]] = [
    ("exp", {"x": np.nan}, 0, "nan"),
    ("softmax", {"x": [np.nan, 1.0]}, 1, "nan"),
    ("cumsum", {"x": [1.0, np.nan]}, 1, "nan"),
    ("cumsum", {"x": [1.0, np.nan]}, 0, "1.0"),
    ("rgb_to_hsv", {"x": [np.nan, np.nan, np.nan]}, 0, "nan"),
    ("normal_ppf", {"q": np.nan, "loc": 0.0, "scale": 1.0}, 0, "nan"),
    ("minimum", {"x": np.nan, "y": -(2.0**127)}, 0, "nan"),  # only less than all that is there shows
]


@pytest.mark.parametrize(("name", "inputs", "worst", "truth"), NANS)
def test_numbers_are_put_for_nan(name: str, inputs: dict[str, Any], worst: int, truth: str) -> None:
    """A NaN is right where the element depends on it, a number where it does not."""
    status, said = at(name, inputs, worst=worst, truth=Confirmation(truth, "limit", True))
    assert status not in (DISAGREES, RAISES), said
    assert "for NaN gives" in said
    wrong = "nan" if truth != "nan" else "1.0"
    assert at(name, inputs, worst=worst, truth=Confirmation(wrong, "limit", True))[0] == DISAGREES


KINKS: list[tuple[str, dict[str, Any], str]] = [
    ("abs", {"x": 0.0}, "grad"),
    ("relu", {"x": 0.0}, "jvp"),
    ("maximum", {"x": 1.5, "y": 1.5}, "grad"),
]


@pytest.mark.parametrize(("name", "inputs", "order"), KINKS)
def test_the_sides_of_a_kink_are_recomputed(name: str, inputs: dict[str, Any], order: str) -> None:
    op = op_named(name)
    truth = confirm(function_of(op, op.default_params(), order), {n: np.asarray(v) for n, v in inputs.items()}, 0)
    assert truth.value.startswith("[")
    status, said = at(name, inputs, order, truth=truth)
    assert status not in (DISAGREES, RAISES), said
    assert "on one side" in said


def test_a_documented_convention_is_shown_with_its_page() -> None:
    page = Confirmation("[0.0, 1.0]", "convention: https://example.org/subgradients", True)
    status, said = at("relu", {"x": 0.0}, "grad", truth=page)
    assert status not in (DISAGREES, RAISES), said
    assert "truth    [0.0, 1.0] (convention: https://example.org/subgradients)" in said


def test_a_script_is_as_short_as_its_definition_allows() -> None:
    for name, order, lines in (("exp", "value", 75), ("sigmoid", "value", 75), ("hypot", "value", 85), ("exp", "grad", 175)):
        assert script_of(ordinary(op_named(name), order, "float32")).count("\n") <= lines, (name, order)
