"""Inputs in another order: an evaluator puts them right, and a record whose inputs were sorted by name is reproduced at every order."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_calls import plant_call
from planted_frameworks import planted

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.case import Batch, Case
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.case_record import record_of
from ulpfuzz.fuzzer.findings.finding import Answer, CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.identity import finding_id
from ulpfuzz.fuzzer.findings.payload import decode, encode
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.oracles.effort import evaluation_cost
from ulpfuzz.reports.script import script_for


def lerp(x: NDArray[Any], y: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
    return x + w * (y - x)


def doubled(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
    return right * 2


def finding(op: str, call: str, target: str = "torch:cpu:eager", order: str = "value", **inputs: Any) -> Finding:
    """As a store of before holds it: inputs sorted by name."""
    params, case = op_named(op).default_params(), record_of(Case("float32", _hexes(dict(sorted(inputs.items())))))
    name = finding_id(op, params, order, "float32", target, call, "precision")
    return Finding(
        name, op, params, order, "float32", target, call, "precision", "unstable", 1e6, 1e6, 1.0, 4.0, 30.0, case, 0, "0", 0.0, "0x0.0p+0", [],
        "arb+mpmath", [Answer(target, call, 0.0, "0x0.0p+0", 1e6, "unstable", "precision")],
    )  # fmt: skip


def _hexes(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _hexes(v) for name, v in value.items()}
    return [_hexes(v) for v in value] if isinstance(value, list) else float(value).hex()


def stored(noun: Finding) -> Finding:
    return decode(Finding, json.dumps(json.loads(encode(noun)), sort_keys=True))


def test_an_evaluator_puts_the_inputs_in_the_order_of_the_op() -> None:
    cell = Cell("lerp", (), "float32", "value")
    with planted(lerp):
        subjects = subjects_of(cell, ["torch:cpu:eager"])[:1]
        numbers = {"w": [0.25], "x": [3.0], "y": [5.0]}
        batch = Batch("float32", {name: np.asarray(values, np.float32) for name, values in numbers.items()})
        evaluator = Evaluator(cell, subjects)
        judgement = evaluator.run(batch)
        assert judgement.outcomes[0].answers is not None
        assert judgement.outcomes[0].answers[0, 0] == 3.5
        assert judgement.truth.value[0, 0] == 3.5
        assert list(judgement.batch.inputs) == ["x", "y", "w"]
        with pytest.raises(ValueError, match="where x, y, w are meant"):
            evaluator.run(Batch("float32", {"x": np.ones(1, np.float32)}))


def test_a_sorted_record_is_reproduced() -> None:
    read = stored(finding("lerp", "torch.lerp(x, y, w)", x=3.0, y=5.0, w=0.25))
    with planted(lerp, doubled):
        result = reproduce(read)
    assert result.still_fails
    assert (result.now.output, float(result.now.reference)) == (7.0, 3.5)
    with planted(lerp):
        assert not reproduce(read).still_fails


def test_a_baselines_sorted_case_is_replayed_in_its_cell(tmp_path: Path) -> None:
    """Of an op whose params are not in the order of the alphabet either."""
    seen: list[tuple[float, ...]] = []

    def noted(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        seen.extend(tuple(float(v[row].flat[0]) for v in batch.inputs.values()) for row in range(batch.rows))
        return right

    def addmv(c: NDArray[Any], a: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
        return c + np.einsum("bij,bj->bi", a, x)

    op = op_named("addmv")
    assert list(op.params) != sorted(op.params)
    call = op.of("torch")[0].call
    case = {"c": [3.125, 1.0], "a": [[5.0625, 0.0], [0.0, 1.0]], "x": [0.28125, 1.0]}
    before = finding("addmv", call, **case)
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store, planted(addmv, noted):
        run = Run("20261101-0001", 7, "2026-11-01T00:00:00+00:00", "1k")
        store.start_run(run)
        cell = CellSummary(
            before.op, before.params, before.order, before.dtype, before.target, before.implementation, 1, {"ok": 1}, 0.0, 0.0
        )
        store.save_shard(run.id, "s", "{}", [cell], [replace(before, params=dict(sorted(before.params.items())))])
        settings = Settings(
            Budget.parse("1k"), ops="addmv", targets="torch:cpu:eager", dtypes=("float32",), orders=("value",), seed=5, workers=0,
            baseline=run.id,
        )  # fmt: skip
        ended = run_campaign(settings, store)
        assert not ended.environment["failures"]
    assert (3.125, 5.0625, 0.28125) in seen


def test_the_cost_of_an_evaluation_takes_shapes_by_name() -> None:
    function = function_of(op_named("layer_norm_affine"), op_named("layer_norm_affine").default_params(), "grad")
    shapes = {"x": (8,), "w": (8,), "b": (8,)}
    cost = evaluation_cost(function, shapes, 64)
    assert evaluation_cost(function, {"b": (8,), "cotangent": (3,), "w": (8,), "x": (8,)}, 64) == cost
    op = op_named("addmv")
    function = function_of(op, op.default_params(), "value")
    shapes = {"c": (3,), "a": (3, 3), "x": (3,)}
    assert evaluation_cost(function, dict(sorted(shapes.items())), 64) == evaluation_cost(function, shapes, 64)


@pytest.mark.parametrize(
    ("op", "call", "inputs"),
    [
        ("trapezoid", "np.trapezoid(y, x, axis=-1)", {"y": [1.0, 2.0, 4.0], "x": [0.0, 3.0, 5.0]}),
        ("bilinear", "np.einsum('bi,bij,bj->b', x, a, y)", {"x": [1.0, 2.0], "a": [[3.0, 4.0], [5.0, 6.0]], "y": [7.0, 8.0]}),
    ],
)
def test_the_script_of_a_sorted_record_recomputes_its_truth(
    op: str, call: str, inputs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = stored(finding(op, plant_call(monkeypatch, op, "numpy", f"({call}) * 2"), "numpy:cpu:eager", **inputs))
    now = reproduce(read).now
    assert now.class_ == "unstable"
    file = tmp_path / "script.py"
    file.write_text(script_for(now), encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "DISAGREE" not in done.stdout
    assert "not recomputed" not in done.stdout


@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("lerp", {"x": 3.0, "y": 5.0, "w": 0.25}),
        ("layer_norm_affine", {"x": [1.0, 2.0, 4.0], "w": [2.0, 3.0, 5.0], "b": [0.5, 0.25, 0.125]}),
    ],
)
def test_sorted_records_of_every_order_run_on_torch(
    op: str, inputs: dict[str, Any], order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call halved: wrong whatever torch answers, and told of the input that comes first in the call."""
    pytest.importorskip("torch")
    record = op_named(op)
    call = plant_call(monkeypatch, op, "torch", f"({record.of('torch')[0].call}) / 2")
    if not record.elementwise:
        inputs = {**inputs, **({"cotangent": [1.0, 2.0, 3.0]} if order in ("grad", "grad2") else {})}
        inputs = {**inputs, **({"tangent": [1.0] * 9} if order in ("jvp", "grad2") else {})}
    result = reproduce(stored(finding(op, call, order=order, **inputs)))
    assert result.now.class_ in ("unstable", "ok")
    if order != "grad2":  # an exact zero at lerp's first element
        assert result.still_fails, result.message
        assert result.now.output == pytest.approx(float(result.now.reference) / 2, rel=1e-3)
    if order == "grad":
        assert "d/dx" in result.message
