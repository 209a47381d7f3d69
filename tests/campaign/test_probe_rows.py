"""probe_rows: whole arrays through planted frameworks; the wrong rows are found, and one that raises keeps no other from being judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_frameworks import planted

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.frameworks.framework import FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point import row_judge
from ulpfuzz.fuzzer.point.judged_rows import CallRows, JudgedRows
from ulpfuzz.fuzzer.point.point import cell_named
from ulpfuzz.fuzzer.point.probe import subjects_on
from ulpfuzz.fuzzer.point.probe_rows import RAISING, probe_rows
from ulpfuzz.fuzzer.point.row_source import Wanted
from ulpfuzz.fuzzer.point.tensors import tensors_of

#: Away from 0, beside which log is ill-conditioned at 1.
X = np.linspace(2, 50, 60).astype(np.float32).reshape(6, 10)


def probed(op: str, x: NDArray[Any], targets: str = "torch,numpy", **wanted: Any) -> JudgedRows:
    cell = cell_named(op, x.dtype.name)
    return probe_rows(tensors_of(cell, {"x": x}), subjects_on(cell, targets), Wanted(**wanted))


def of(found: JudgedRows, target: str) -> CallRows:
    return next(call for call in found.calls if call.target.startswith(target))


def at(value: float, change: Callable[[NDArray[Any]], Any]) -> Callable[[NDArray[Any], Batch], NDArray[Any]]:
    """A fault at the rows of that input, wherever they stand in a call."""

    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        rows = batch.inputs["x"] == np.float32(value)
        spoiled = right.copy()
        spoiled[rows] = change(spoiled[rows])
        return spoiled

    return fault


def raising(value: float, error: Exception) -> Callable[[NDArray[Any], Batch], NDArray[Any]]:
    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        if (batch.inputs["x"] == np.float32(value)).any():
            raise error
        return right

    return fault


@pytest.mark.parametrize("chunk", [7, 1 << 16])
def test_the_wrong_row_is_found_in_whichever_call_it_stands(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_judge, "MOST_ROWS", chunk)
    with planted(np.log, at(X[4, 3], lambda right: right * np.float32(1.01))):
        found = probed("log", X)
    bad, right = of(found, "torch"), of(found, "numpy")
    assert (bad.defects, bad.rows, bad.uncertified) == ([(4, 3)], {"ok": 59, "unstable": 1}, 0)
    assert (right.defects, right.judged) == ([], 60)
    worst = found.worst[0]
    assert (worst.index, worst.right) == ((4, 3), ["numpy:cpu:eager"])
    assert [(v.target, v.class_, v.symptom) for v in worst.verdicts] == [("torch:cpu:eager", Class.unstable, Symptom.precision)]
    assert (bad.worst_row, bad.worst_ulps) == ((4, 3), worst.verdicts[0].ulps)
    assert found.has_defects


def test_rows_without_a_defect_are_told_by_their_largest_error() -> None:
    with planted(np.log):
        found = probed("log", X, targets="torch", shown=3)
    assert not found.has_defects
    errors = [row.verdicts[0].ulps for row in found.worst]
    assert len(errors) == 3
    assert errors == sorted(errors, reverse=True)
    assert errors[0] <= 0.5 + 1e-6


def test_a_row_that_raises_is_found_and_the_others_are_judged() -> None:
    with planted(np.log, raising(X[2, 2], FrameworkError("RuntimeError: planted"))):
        found = probed("log", X)
    call = of(found, "torch")
    assert (call.defects, call.judged, call.rows) == ([(2, 2)], 60, {"ok": 59, "unstable": 1})
    assert call.raised == [((2, 2), "RuntimeError: planted")]
    verdict = found.worst[0].verdicts[0]
    assert (found.worst[0].index, verdict.error, verdict.symptom) == ((2, 2), "RuntimeError: planted", Symptom.exception)


def test_a_check_of_an_argument_is_rejected_and_no_defect() -> None:
    x = X.copy()
    x[0, 0] = -1
    with planted(np.log, raising(-1, FrameworkError("ValueError: log expects positive numbers"))):
        call = of(probed("log", x), "torch")
    assert (call.defects, call.rows) == ([], {"ok": 59, "rejected": 1})


def test_a_call_that_always_raises_is_asked_so_often_and_no_more() -> None:
    calls = []

    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        calls.append(batch.rows)
        raise FrameworkError("RuntimeError: planted")

    with planted(np.log, fault):
        call = of(probed("log", np.tile(X, (4, 1))), "torch")
    assert len(calls) == RAISING + 1
    assert call.error == "RuntimeError: planted"
    assert 0 < len(call.raised) == call.judged < RAISING


def test_what_is_unsupported_or_dies_is_told_once() -> None:
    for error, words in (
        (FrameworkError("Unsupported: no such kernel"), "Unsupported: no such kernel"),
        (FrameworkDied("the process ended", "crash"), "crash: the process ended"),
    ):
        with planted(np.log, raising(X[2, 2], error)):
            found = probed("log", X)
        assert (of(found, "torch").judged, of(found, "torch").error) == (0, words)
        assert of(found, "numpy").judged == 60
