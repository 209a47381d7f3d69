"""Where answers are wrong in the same way: the ends are exact to the format."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.case import Placement
from ulpfuzz.fuzzer.casework.extent import extent_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.defects.case_file import Interval
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.formats import format_named

pytestmark = pytest.mark.usefixtures("planted")


def extent(op: str, kernel: str, symptom: str, inputs: dict[str, Any], dtype: str = "float32") -> tuple[Interval, ...]:
    cell = Cell(op, tuple(op_named(op).default_params().items()), dtype, "value")
    (subject,) = [s for s in subjects_of(cell, ("faulty:cpu:eager",)) if s.implementation.call.startswith(f"faulty.{kernel}(")]
    case = {"dtype": dtype, "inputs": inputs, "placement": vars(Placement())}
    finding = Finding(
        "faulty", op, dict(cell.params), "value", dtype, subject.target, subject.implementation.call, symptom, "unstable", math.inf,
        math.inf, 1.0, None, 1.0, case, 0, "1", math.inf, "inf", [], "", [],
    )  # fmt: skip
    return extent_of(finding, Evaluator(cell, [subject]), subject)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_squares_overflow_from_the_root_of_the_largest_number(dtype: str) -> None:
    """fl(x^2) is infinite from the first x on with x^2 at or beyond the overflow threshold (IEEE 754-2019, 4.3.1)."""
    fmt = format_named(dtype)
    (interval,) = extent("faulty_norm", "norm_naive", "inf", {"x": [(fmt.max / 4).hex(), "0x0p+0"]}, dtype)
    first = float.fromhex(interval.low)
    below = float(np.nextafter(fmt.dtype.type(first), fmt.dtype.type(0)))
    with np.errstate(over="ignore"):
        assert np.isinf(fmt.dtype.type(first) ** 2)
        assert np.isfinite(fmt.dtype.type(below) ** 2)
    # Infinity is within the limit of an accumulating op at the last numbers of the format.
    assert (interval.input, interval.low_is_edge, interval.high_is_edge) == ("x[0]", False, False)
    assert fmt.max / 2 < float.fromhex(interval.high) < fmt.max
    assert interval.failing == interval.judged > 10


def test_what_does_not_fail_so_has_no_extent() -> None:
    assert extent("faulty_norm", "norm_naive", "inf", {"x": ["0x1p+0", "0x0p+0"]}) == ()
    assert extent("faulty_norm", "norm_naive", "inf", {"x": ["inf", "0x0p+0"]}) == ()


def test_the_same_points_every_time() -> None:
    once, again = (extent("faulty_norm", "norm_naive", "zero", {"x": ["0x1p-100", "0x0p+0"]}) for _ in range(2))
    assert once == again != ()
