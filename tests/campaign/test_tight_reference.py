"""What a chunk tells does not depend on how its truth was found: by Taylor models, by balls, or row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_frameworks import planted
from test_constant_run import COUNTS, TRUTH, at, cell_of, some_wrong

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.fact import PartialResult
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.exhaustive import space_of
from ulpfuzz.fuzzer.sweep import tight_reference
from ulpfuzz.fuzzer.sweep.chunk import Chunk, run_chunk
from ulpfuzz.fuzzer.sweep.tight_reference import CALL, PIECES, SHARP, SWEEP_CAPS, Models
from ulpfuzz.oracles.oracle import AuditFailure

PLACES = [("exp", 1.0), ("exp", 80.0), ("exp", -50.0), ("tanh", 0.3), ("tanh", -2.0), ("sin", 3.0), ("sin", 1e6), ("log", 1.0), ("lgamma", 5.3),
          ("lgamma", -2.7), ("lgamma", 1.0), ("erfc", 4.0), ("silu", -3.0)]  # fmt: skip


def by(tiers: Any, op: str, first: int, fault: Any) -> tuple[PartialResult, dict[str, int]]:
    with planted(TRUTH[op], fault):
        result = run_chunk(Chunk(cell_of(op), ("torch:cpu:eager",), first, 2 * CALL))
    tiers.undo()
    return min(result.partial_results.items())[1], result.by_tier


def float32_of_half(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
    """Rounded to 20 bits first: half of the answers are an ulp or more off."""
    fmt = format_named("float32")
    return fmt.from_bits(fmt.bits(right) & np.uint32(0xFFFFFFF0))


@pytest.mark.parametrize("fault", [some_wrong, float32_of_half])
@pytest.mark.parametrize(("op", "x"), PLACES)
def test_every_way_tells_the_same(op: str, x: float, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tiers = by(monkeypatch, op, at(x), fault)
    monkeypatch.setattr(tight_reference, "taylor", lambda *_: None)
    balls, _ = by(monkeypatch, op, at(x), fault)
    for name in COUNTS:
        assert getattr(model, name) == getattr(balls, name), name
    if np.isfinite(balls.worst):
        assert model.worst == pytest.approx(balls.worst, abs=SHARP)
    assert tiers.get("taylor", 0) > 0 or (op, x) in [("sin", 1e6), ("lgamma", 1.0)]


def test_a_wrong_model_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = tight_reference.taylor

    def lying(*arguments: Any) -> Any:
        model = honest(*arguments)
        assert model is not None
        constant, *rest = model.coefficients
        return type(model)(**{**vars(model), "coefficients": (constant * (1 + 2.0**-30), *rest)})

    monkeypatch.setattr(tight_reference, "taylor", lying)
    with planted(np.exp), pytest.raises(AuditFailure, match="taylor claims"):
        run_chunk(Chunk(cell_of("exp"), ("torch:cpu:eager",), at(2.0), CALL))


def test_pieces_without_a_model_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(tight_reference, "taylor", lambda *rest: asked.append(rest))
    evaluator = Evaluator(cell_of("exp"), [], SWEEP_CAPS)
    space = space_of(evaluator.op, "float32")
    models = Models(evaluator, space)
    for first in range(at(2.0), at(2.0) + 64 * CALL, CALL):
        assert models.truth(first, space.inputs(np.arange(first, first + CALL))) is None
    assert len(asked) < 64 * len(PIECES) // 3
