"""Sweeps over constant runs tell what sweeps of every single input tell."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.special
from numpy.typing import NDArray
from planted_frameworks import planted

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.fact import PartialResult
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.exhaustive import space_of
from ulpfuzz.fuzzer.sweep import chunk as chunk_module
from ulpfuzz.fuzzer.sweep.chunk import Chunk, run_chunk
from ulpfuzz.fuzzer.sweep.constant_run import ConstantRun, constant_runs
from ulpfuzz.fuzzer.sweep.tight_reference import CALL, SHARP, SWEEP_CAPS, truth_of
from ulpfuzz.oracles.reference import NAN, PINF

FLOAT32 = format_named("float32")
TRUTH = {
    "exp": np.exp, "tanh": np.tanh, "log": np.log, "sin": np.sin, "erfc": scipy.special.erfc, "lgamma": scipy.special.gammaln,
    "silu": lambda x: x * scipy.special.expit(x),
}  # fmt: skip


#: What two ways to the same truth must tell alike.
COUNTS = [
    "inputs",
    "elements",
    "rounded_wrong",
    "rounding_unknown",
    "beyond",
    "failing",
    "flushed",
    "classes",
    "intervals",
    "error",
]


def cell_of(op: str) -> Cell:
    return Cell(op, tuple(op_named(op).default_params().items()), "float32", "value")


def at(x: float) -> int:
    """The number of a block of inputs that holds x."""
    return int(np.float32(x).view(np.uint32)) // CALL * CALL


def found(op: str, first: int, count: int = 4 * CALL) -> list[ConstantRun]:
    evaluator = Evaluator(cell_of(op), [], SWEEP_CAPS)
    return constant_runs(evaluator.function, space_of(evaluator.op, "float32"), first, count, CALL, partial(truth_of, evaluator))


@pytest.mark.parametrize(
    ("op", "x", "right"),
    [("exp", 100.0, math.inf), ("exp", 1e30, math.inf), ("exp", -200.0, 0.0), ("exp", -1e35, 0.0), ("exp", 1e-30, 1.0), ("exp", -1e-20, 1.0),
     ("tanh", 20.0, 1.0), ("tanh", -3e38, -1.0), ("log", -3.0, math.nan), ("erfc", -30.0, 2.0), ("erfc", 1e10, 0.0)],
)  # fmt: skip
def test_a_level_is_one_plateau(op: str, x: float, right: float) -> None:
    (one,) = found(op, at(x))
    assert (one.first, one.count, one.scale) == (at(x), 4 * CALL, 0.0)
    assert one.kinds == NAN if math.isnan(right) else one.right == right
    assert one.worst <= 0.5


@pytest.mark.parametrize(
    ("op", "x", "scale"),
    [
        ("tanh", 1e-30, 1.0),
        ("tanh", -1e-40, 1.0),
        ("sin", 1e-12, 1.0),
        ("silu", 1e-20, 0.5),
        ("silu", 30.0, 1.0),
        ("softplus", 1e20, 1.0),
    ],
)
def test_along_a_line_the_input_is_the_result(op: str, x: float, scale: float) -> None:
    (one,) = found(op, at(x))
    assert (one.count, one.scale) == (4 * CALL, scale)


def test_beyond_the_fractions_every_number_is_a_pole() -> None:
    (one,) = found("lgamma", at(-1e20), 16 * CALL)
    assert (one.kinds, one.count) == (PINF, 16 * CALL)


@pytest.mark.parametrize(("op", "x"), [("exp", 1.0), ("tanh", 0.01), ("sin", 10.0), ("log", 2.0), ("silu", 1e-42)])
def test_elsewhere_there_is_none(op: str, x: float) -> None:
    assert found(op, at(x)) == []


def partial_results(
    op: str, fault: Any, first: int, flat: bool, monkeypatch: pytest.MonkeyPatch, count: int = 4 * CALL
) -> PartialResult:
    with planted(TRUTH[op], fault):
        if not flat:
            monkeypatch.setattr(chunk_module, "constant_runs", lambda *_: [])
        result = run_chunk(Chunk(cell_of(op), ("torch:cpu:eager",), first, count))
        monkeypatch.undo()
    return min(result.partial_results.items())[1]


def none(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
    return right


def some_wrong(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
    """Every thousandth is one number off or NaN."""
    (x,) = batch.inputs.values()
    bits = FLOAT32.bits(x)[:, np.newaxis]
    up = FLOAT32.from_ordinals(FLOAT32.ordinals(np.nan_to_num(right)) + 1)
    return np.where(bits % 1000 == 7, up, np.where(bits % 1000 == 9, np.float32(np.nan), right))


@pytest.mark.parametrize("fault", [none, some_wrong])
@pytest.mark.parametrize(
    ("op", "x"),
    [("exp", 100.0), ("exp", 88.72), ("exp", 1e-9), ("exp", -104.0), ("exp", -1e20), ("tanh", 1e-9), ("tanh", 2.0**-13),
     ("tanh", 9.0), ("log", -5.0), ("erfc", 10.05), ("silu", -1e-12), ("silu", 17.0), ("lgamma", -1e8)],
)  # fmt: skip
def test_a_plateau_tells_what_its_inputs_tell(op: str, x: float, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flat = partial_results(op, fault, at(x), True, monkeypatch)
    single = partial_results(op, fault, at(x), False, monkeypatch)
    for name in COUNTS:
        assert getattr(flat, name) == getattr(single, name), name
    assert flat.most == pytest.approx(single.most)
    if math.isfinite(single.worst):
        assert flat.worst == pytest.approx(single.worst, abs=SHARP)
    else:
        assert flat.worst == single.worst
    if single.worst > 0.5:
        assert (flat.at, flat.answer) == (single.at, single.answer) or math.isnan(single.answer)
