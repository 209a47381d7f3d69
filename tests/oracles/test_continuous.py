"""Limits that are proved, of many rows at once: they are those that paths read one by one, and where a step jumps nothing is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.sampling import sampled
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.oracles.limits import continuous, nan_columns
from ulpfuzz.oracles.limits_at_infinity import accepted
from ulpfuzz.oracles.oracle import Caps, reference
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

INF, NONE = math.inf, None

#: (op, inputs, what it tends to; NONE where the columns say nothing).
TENDS = [
    ("add", {"x": INF, "y": 3.0}, INF),
    ("add", {"x": INF, "y": -INF}, NONE),
    ("mul", {"x": -INF, "y": 2.0**-126}, -INF),
    ("mul", {"x": INF, "y": 0.0}, NONE),
    ("div", {"x": 5.0, "y": -INF}, 0.0),
    ("div", {"x": INF, "y": INF}, NONE),
    ("maximum", {"x": -INF, "y": 7.0}, 7.0),
    ("exp", {"x": -INF}, 0.0),
    ("tanh", {"x": INF}, 1.0),
    ("sin", {"x": INF}, NONE),
    ("floor", {"x": -INF}, -INF),
    ("sigmoid", {"x": -INF}, 0.0),
    ("pow", {"x": 2.0, "y": INF}, INF),
    ("pow", {"x": 0.5, "y": INF}, 0.0),
    ("pow", {"x": 1.0, "y": INF}, NONE),
    ("pow", {"x": -INF, "y": 3.0}, -INF),
    ("pow", {"x": INF, "y": 0.0}, NONE),
    ("atan2", {"y": INF, "x": 1.0}, math.pi / 2),
    ("atan2", {"y": 0.0, "x": -INF}, NONE),
    ("floor_divide", {"x": 3.0, "y": INF}, NONE),
]


@pytest.mark.parametrize(("op", "inputs", "limit"), TENDS, ids=str)
def test_tends(op: str, inputs: dict[str, float], limit: float | None) -> None:
    record = op_named(op)
    function = function_of(record, record.default_params(), "value")
    values = dict(zip(function.inputs, inputs.values(), strict=True))
    found = continuous.limits(function, {name: np.asarray([x]) for name, x in values.items()}, 24)
    assert found is not None
    kind, value = found.kinds[0, 0], found.value[0, 0]
    if limit is None:
        assert kind == 0
    elif math.isinf(limit):
        assert kind == (PINF if limit > 0 else NINF)
    else:
        assert kind == FINITE
        assert abs(value + found.value_lo[0, 0] - limit) <= found.radius[0, 0] + 2.0**-52 * abs(limit)


def _special_rows(op: Op, *, nan: bool) -> dict[str, np.ndarray]:
    batch = special_batch(op, op.default_params(), op.dtypes[0], "value").exact()
    lost = np.logical_or.reduce([np.isnan(v).reshape(len(v), -1).any(axis=1) for v in batch.values()])
    infinite = np.logical_or.reduce([np.isinf(v).reshape(len(v), -1).any(axis=1) for v in batch.values()])
    rows = np.random.default_rng(1).permutation(np.flatnonzero(lost if nan else infinite & ~lost))[:4]
    return {name: values[rows] for name, values in batch.items()}


@pytest.mark.parametrize("nan", [False, True])
@pytest.mark.parametrize("op", [op for op, *_ in (p.values for p in sampled(12) if not p.marks)], ids=lambda op: op.name)
def test_columns_say_what_rows_say(op: Op, nan: bool) -> None:
    """Two arithmetics agree: proved by balls over columns, and read in mpmath along paths (of a NaN, enclosed by Arb)."""
    function, rows = function_of(op, op.default_params(), "value"), _special_rows(op, nan=nan)
    rows = {name: rows[name] for name in function.inputs}
    found = (nan_columns.reached if nan else continuous.limits)(function, rows, 24) if len(next(iter(rows.values()))) else None
    for row in range(0 if found is None else len(found.kinds)):
        single = {name: values[row] for name, values in rows.items()}
        for k, right in enumerate(accepted(function, single)):
            kinds, value = int(found.kinds[row, k]), float(found.value[row, k])
            if kinds and right.kinds:
                assert not kinds & ~(right.kinds | NAN), (single, k, right)
                assert not kinds & FINITE or abs(value) <= INF, (single, k)
                if kinds & FINITE and right.kinds & FINITE and not math.isnan(value):
                    slack = 2.0**-30 * abs(value)
                    assert right.low - slack <= value <= right.high + slack, (single, k, right)


#: (op, order, inputs, kinds, value of the first output): densities at the end of a support, quantiles of 1, and their slopes.
AT_ENDS = [
    ("beta_pdf", "value", {"x": 1.0, "a": 3.0, "b": 2.5}, FINITE, 0.0),
    ("beta_pdf", "value", {"x": 1.0, "a": 3.0, "b": 0.5}, PINF, NONE),
    ("gumbel_r_ppf", "value", {"q": 1.0, "loc": 2.0, "scale": 0.5}, PINF, NONE),
    ("gumbel_r_ppf", "value", {"q": 0.0, "loc": 2.0, "scale": 0.5}, NINF, NONE),
    ("cauchy_ppf", "value", {"q": 1.0, "loc": 2.0, "scale": 0.5}, PINF, NONE),
    (
        "cauchy_isf",
        "value",
        {"q": 1.0, "loc": 2.0, "scale": 2.0**-511},
        NINF,
        NONE,
    ),  # paths show a plateau at loc before the pole
    ("kumaraswamy_logpdf", "value", {"x": 0.0, "a": 1.5, "b": 2.0}, NINF, NONE),
    ("continuous_bernoulli_cdf", "value", {"x": 0.25, "p": 1.0}, FINITE, 0.0),
    ("weibull_ppf", "value", {"q": 0.5, "scale": 1.0, "k": 2.0}, 0, NONE),  # no pole
    ("gumbel_r_ppf", "grad", {"q": 1.0, "loc": 2.0, "scale": 0.5}, FINITE | NAN | PINF | NINF, NONE),
]


@pytest.mark.parametrize(("op", "order", "inputs", "kinds", "value"), AT_ENDS, ids=str)
def test_at_the_ends_of_domains(op: str, order: str, inputs: dict[str, float], kinds: int, value: float | None) -> None:
    record = op_named(op)
    function = function_of(record, record.default_params(), order)
    row = {name: np.asarray([inputs[name]]) for name in function.inputs}
    found = continuous.limits(function, row, 24, poles=True) if order == "value" else continuous.slopes(function, row, 24)
    assert found is not None
    assert found.kinds[0, 0] == kinds
    assert value is None or found.value[0, 0] == value


def test_caps_leave_no_special_point_of_a_sum_undecided() -> None:
    """A whole grid of infinities, NaNs and zeros, beyond all caps: what is not known is excused by the formula."""
    record = op_named("addcmul")
    function = function_of(record, record.default_params(), "value")
    rows = special_batch(record, record.default_params(), "float32", "value").exact()
    truth = reference(function, {name: rows[name] for name in function.inputs}, caps=Caps(arb_rows=0, limit_rows=0))
    known = (truth.accepts != 0) | (truth.excused != 0)
    assert known.all()
