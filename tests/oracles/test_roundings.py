"""What the roundings of a textbook's steps are relative to, against evaluations whose steps are rounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber
from ulpfuzz.oracles.arithmetic.stepwise import rounded_steps
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.arithmetic.textbook import Textbook
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.roundings import sizes

FORMAT = format_named("float32")


def sum_of(op: str, order: str) -> Function:
    record = op_named(op)
    return replace(function_of(record, record.default_params(), order), functional="sum")


CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("softmax", "value", {}), ("softmax", "grad", {"cotangent": 4}), ("log_softmax", "value", {}), ("log_softmax", "grad", {"cotangent": 4}),
    ("logsumexp", "grad", {"cotangent": 1}), ("var", "grad", {"cotangent": 1}), ("std", "grad", {"cotangent": 1}), ("cumsum", "value", {}),
    ("cumsum", "grad", {"cotangent": 4}), ("unit_vector", "value", {}), ("unit_vector", "grad", {"cotangent": 4}), ("layer_norm", "value", {}),
    ("layer_norm", "grad", {"cotangent": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("op", "order", "directions"), CASES)
def test_steps_that_are_rounded_err_by_no_more(op: str, order: str, directions: dict[str, int]) -> None:
    """u times the sizes of inputs and steps bounds the error of the sum to first order; the sum of the rounded outputs is part of it."""
    rng = np.random.default_rng(7)
    function = sum_of(op, order)
    for scale in (1.0, 30.0, 1e6):
        inputs = {"x": FORMAT.round(scale * (1 + rng.standard_normal((40, 4)) / 8)).astype(np.float64)}
        for name, count in directions.items():
            inputs[name] = FORMAT.round(rng.standard_normal((40, count))).astype(np.float64)
        _, steps = sizes(function, inputs, 0, 24)
        for row in range(40):
            single = {name: values[row] for name, values in inputs.items()}
            answers = rounded_steps(replace(function, functional=""), single, FORMAT.round)
            if not np.isfinite(answers).all():  # softmax without its shift
                continue
            (truth,) = rigorous.enclose(function, single, 192).balls
            assert abs(sum(answers) - float(truth)) <= 1.01 * FORMAT.unit_roundoff * float(steps[row])


def test_the_shift_of_a_log_sum_exp_has_no_part() -> None:
    """What the functional does not depend on may be rounded as it likes."""
    inputs = {"x": np.full((1, 4), 3e7), "cotangent": np.ones((1, 1))}
    amplified, steps = sizes(sum_of("logsumexp", "grad"), inputs, 0, 24)
    assert amplified[0] == pytest.approx(1, abs=1e-6)  # of the cotangent alone
    assert steps[0] < 20


def test_a_mean_that_a_gradient_leaves_out_counts() -> None:
    """2 (x - mean) / n is the gradient of a variance in every implementation: without the way by the mean, whose rounding it keeps."""
    inputs = {"x": np.asarray([[1e8, 1e8 + 8, 1e8, 1e8 + 16]]), "cotangent": np.ones((1, 1))}
    amplified, steps = sizes(sum_of("var", "grad"), inputs, 0, 24)
    assert amplified[0] <= 1e-6
    assert steps[0] > 1e8


@pytest.mark.parametrize(("op", "order", "directions"), CASES)
def test_the_textbook_s_derivatives_are_the_same_numbers(op: str, order: str, directions: dict[str, int]) -> None:
    """It only takes other ways to them."""
    rng = np.random.default_rng(3)
    single = {"x": rng.standard_normal(4), **{name: rng.standard_normal(count) for name, count in directions.items()}}
    function = sum_of(op, order)
    gradients = []
    for kind in (Tape, Textbook):
        with Arb(192) as m:
            tape: Tape[ArbNumber] = kind(m)
            lifted = {name: [tape.lift(m.lift(float(v))) for v in values] for name, values in single.items()}
            (result,) = function.outputs(tape, lifted)  # type: ignore[arg-type]
            gradients.append(
                [
                    float(slope.v)
                    for slope in tape.gradient([result], [1], [leaf for leaves in lifted.values() for leaf in leaves])
                ]
            )
    assert gradients[0] == pytest.approx(gradients[1], rel=1e-12, abs=1e-25)
