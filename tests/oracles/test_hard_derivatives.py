"""Derivatives of every op and order at kinks, ties, poles and ends of domains, against high-precision differences of the definition.

What the oracle accepts must hold every derivative that occurs as near the point as one likes, and no more than their hull. Where it accepts more,
the op stands in explained_differences.tsv with the reason, one of REASONS; nothing excuses a derivative that is not accepted.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.oracles.differences import Disagreement, Limits, compared, limits
from tests.oracles.hard_points import points
from tests.sampling import is_quick, sampled
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.oracles.confirmation import confirm
from ulpfuzz.oracles.oracle import Caps, reference
from ulpfuzz.oracles.reference import FINITE, Reference

DERIVATIVES = ("grad", "jvp", "grad2")
DIFFERENTIABLE = [
    op for op in ops().values() if op.differentiable_inputs and {*DERIVATIVES} & {*op.orders} and not op.complex_result
]
EXPLAINED = Path(__file__).with_name("explained_differences.tsv")
#: Where the oracle claims nothing, whatever the op: a row of which one output has no limit of several variables, or Arb encloses none, is read
#: along paths and every answer accepted; where these do not agree it is undecided, and counted as such.
UNCLAIMED = ("anything", "unknown")
#: Why it accepts more than the hull of what occurs, for the ops of the list.
REASONS = {
    "apart": "choices that depend on each other (two order statistics, a sign and its absolute value) are enclosed each for itself",
    "edge": "at the end of a domain what the other side gives is accepted too",
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def disagreements(op: Op, order: str, count: int, outputs: int) -> list[tuple[Disagreement, int, Limits, dict[str, Any]]]:
    """At `count` hard points, of at most so many outputs each."""
    found = []
    function = function_of(op, op.default_params(), order)
    directions = 2 if op.elementwise and len(op.inputs) == 1 else 10
    for inputs in points(op, op.default_params(), order, count):
        expected = limits(function, inputs, directions, outputs)
        if not expected:
            continue
        truth = reference(function, {name: v[np.newaxis] for name, v in inputs.items()}, precision=53, caps=Caps(audit_share=0.0))
        for k, one in expected.items():
            difference = compared(truth, k, one)
            if difference is not None:
                found.append((difference, k, one, inputs))
    return found


@cache
def explained() -> dict[tuple[str, str], str]:
    rows = [line.split("\t") for line in EXPLAINED.read_text().splitlines()[1:]]
    return {(op, kind): reason for op, kind, reason in rows}


def check(op: Op, order: str, count: int, outputs: int) -> None:
    if order not in op.orders:
        pytest.skip(f"{op.name} has no {order}")
    for difference, k, one, inputs in disagreements(op, order, count, outputs):
        assert difference.kind != "excludes", (difference, k, one, inputs)
        assert difference.kind in UNCLAIMED or (op.name, difference.kind) in explained(), (difference, k, one, inputs)


@pytest.mark.parametrize(("op", "order"), sampled(24, *DERIVATIVES, of=[op for op in DIFFERENTIABLE if is_quick(op)]))
def test_a_sample_of_the_ops(op: Op, order: str) -> None:
    """The others of this list are marked slow, as all of `test_every_op` are."""
    check(op, order, 4, 3)


@pytest.mark.slow
@pytest.mark.parametrize("order", DERIVATIVES)
@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_every_op(op: Op, order: str) -> None:
    check(op, order, 8 if is_quick(op) else 3, 5)


@pytest.mark.parametrize(
    "name", ["cummax", "nanmin", "scatter_max", "median", "sort", "log1mexp", "normal_sf", "softsign", "sparse_plus", "huber"]
)
def test_what_ties_were_loose_on(name: str) -> None:
    """Reverse mode alone accepted 0 and twice the gradient at a seam of two formulas (softsign at 1), and sums of what is one of several."""
    for order in ("grad", "jvp"):
        assert not disagreements(op_named(name), order, 4, 3)


@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
def test_a_path_that_stays_at_an_isolated_point_says_nothing_of_slopes(x: float) -> None:
    """log C p^x (1-p)^(1-x) at p = 1/2, where the definition writes the limit out: a path along which x alone moves sees a constant there."""
    op = op_named("continuous_bernoulli_logpdf")
    one = {"x": np.asarray([x]), "p": np.asarray([0.5])}
    found = reference(function_of(op, op.default_params(), "grad"), one, precision=53)
    slope = 4 * x - 2
    assert found.accepts[0, 1] != FINITE or abs(found.value[0, 1] - slope) <= 1e-9


def test_every_reason_is_one_of_the_list() -> None:
    assert set(explained().values()) <= set(REASONS)
    assert {op for op, _ in explained()} <= set(ops())


# The comparison itself


def truth(value: float, radius: float, accepts: int = FINITE) -> Reference:
    found = Reference.unknown(1, 1)
    found.value[0, 0], found.radius[0, 0], found.accepts[0, 0] = value, radius, accepts
    return found


@pytest.mark.parametrize(
    ("claim", "one", "kind"),
    [
        (truth(0.5, 0.5), Limits(0.0, 1.0), ""),
        (truth(0.0, 0.0), Limits(0.0, 1.0), "excludes"),
        (truth(0.5, 1.0), Limits(0.0, 1.0), "wide"),
        (truth(0.5, 0.5), Limits(1.0, 1.0), "loose"),
        (truth(0.0, np.inf, 15), Limits(1.0, 1.0), "anything"),
        (truth(0.0, np.inf, 15), Limits(0.0, 1.0), ""),
        (truth(1.0, 0.0, FINITE | 2), Limits(1.0, 1.0), "nan"),
        (truth(1.0, 0.0), Limits(1.0, 1.0, frozenset({1})), "excludes"),
        (truth(np.nan, np.inf, 0), Limits(1.0, 1.0), "unknown"),
    ],
)
def test_disagreements_by_kind(claim: Reference, one: Limits, kind: str) -> None:
    difference = compared(claim, 0, one)
    assert (difference.kind if difference else "") == kind


def test_differences_see_kinks_poles_and_jumps() -> None:
    def at(name: str, x: float, order: str = "grad") -> Limits:
        return limits(function_of(op_named(name), op_named(name).default_params(), order), {"x": np.asarray(x)}, 4)[0]

    assert (at("relu", 0.0).low, at("relu", 0.0).high) == (0.0, 1.0)
    assert at("exp", 0.0, "grad2").smooth
    assert at("sqrt", 0.0).infinite == {1}
    assert at("floor", 1.0).jump


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        (
            "lognormal_ppf",
            {"q": 0.0, "loc": 1.0, "scale": 3.0},
        ),  # the slope is infinite: exp(-sqrt(-2 log q)) rises faster than any power
        ("gennorm_cdf", {"x": 0.0, "beta": 2.0**-6}),  # the density there, beta / (2 Gamma(1/beta)) = 4e-90
    ],
)
def test_a_zero_before_an_infinite_slope_proves_nothing(name: str, inputs: dict[str, float]) -> None:
    op = op_named(name)
    truth = confirm(function_of(op, op.default_params(), "grad"), {n: np.asarray(v) for n, v in inputs.items()}, 0)
    assert not truth.certified_by.startswith("arb")
    assert truth.value != "0.0"
