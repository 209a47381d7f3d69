"""The joint step: rows of answers that are each right for inputs nearby, and together for none; and those that are right, or rounded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.planted_framework import batch_of, evaluator_of, judge_answers
from tests.sampling import sampled
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import ORDERS, Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.strategies import draw_recipes
from ulpfuzz.fuzzer.judge.elements import Claims, Elements
from ulpfuzz.fuzzer.judge.evidence import Evidence
from ulpfuzz.fuzzer.judge.functional import functionals_of
from ulpfuzz.fuzzer.judge.joint_proof import JointProof, certify_joint
from ulpfuzz.fuzzer.judge.proof import Suspect
from ulpfuzz.fuzzer.judge.steps.joint import joint
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.arithmetic.stepwise import rounded_steps

E = math.exp(-2)  # the softmax of four equal numbers, by a log-sum-exp rounded by log 4 - 2
LARGE = [3e7] * 4
#: op, dtype, order, inputs, answers: each element is right somewhere within k ulps of the inputs, the row is nowhere.
WRONG: list[tuple[str, str, str, dict[str, Any], list[float]]] = [
    ("logmeanexp", "float32", "grad", {"x": LARGE, "cotangent": [1.0]}, [E] * 4),
    ("logsumexp", "float32", "grad", {"x": LARGE, "cotangent": [-3.0]}, [-3 * E] * 4),
    ("logsumexp", "float64", "grad", {"x": [3e16] * 4, "cotangent": [1.0]}, [1.0] * 4),
    ("logsumexp", "float16", "grad", {"x": [3000.0] * 4, "cotangent": [1.0]}, [E] * 4),
    ("logsumexp", "bfloat16", "grad", {"x": [3000.0] * 4, "cotangent": [1.0]}, [1.0] * 4),
    ("logsumexp", "float32", "grad2", {"x": LARGE, "cotangent": [1.0], "tangent": [1, 0, 0, 0]}, [0.2, -0.0625, -0.0625, -0.0625]),
    ("softmax", "float32", "value", {"x": LARGE}, [E] * 4),
    ("softmax", "float32", "grad", {"x": LARGE, "cotangent": [1, 0, 0, 0]}, [0.1875, -0.0625, -0.0625, -0.05]),
    ("softmax", "float32", "jvp", {"x": LARGE, "tangent": [1, 0, 0, 0]}, [0.1875, -0.0625, -0.0625, -0.05]),
    ("log_softmax", "float32", "value", {"x": LARGE}, [-2.0] * 4),
    ("softmax_cross_entropy", "float32", "grad", {"x": LARGE, "y": [1, 0, 0, 0], "cotangent": [1.0]}, [E - 1, E, E, E]),
]  # fmt: skip


def judged_row(op: str, dtype: str, order: str, inputs: dict[str, Any], answers: list[float]) -> tuple[Evaluator, Batch, Any]:
    evaluator, batch = evaluator_of(op, dtype, order), batch_of(dtype, **inputs)
    (outcome,) = judge_answers(evaluator, batch, [answers]).outcomes
    return evaluator, evaluator.ordered(batch), outcome


def proof_of(evaluator: Evaluator, batch: Batch, answers: NDArray[Any]) -> JointProof | None:
    single = {name: values[0] for name, values in batch.exact().items()}
    suspect = Suspect(evaluator.function, evaluator.references.rule(batch), single, 0, float(answers[0]))
    return certify_joint(suspect, answers.astype(np.float64))


@pytest.mark.parametrize(("op", "dtype", "order", "inputs", "answers"), WRONG)
def test_a_row_that_is_right_nowhere_is_unstable(
    op: str, dtype: str, order: str, inputs: dict[str, Any], answers: list[float]
) -> None:
    evaluator, batch, outcome = judged_row(op, dtype, order, inputs, answers)
    verdicts = outcome.judged.verdicts
    assert (verdicts.classes == Class.unstable).all()
    assert (verdicts.symptoms == Symptom.joint).all()
    proof = proof_of(evaluator, batch, outcome.answers[0])
    assert proof is not None
    assert proof.class_ is Class.unstable
    assert proof.confirmation.agrees
    assert proof.of(outcome.answers[0].astype(np.float64)) == (proof.answer, proof.ulps)


def test_the_functional_that_accuses_is_named_with_its_truth() -> None:
    evaluator, batch, outcome = judged_row(*WRONG[0])
    proof = proof_of(evaluator, batch, outcome.answers[0])
    assert proof is not None
    assert (proof.judged.name, proof.judged.outputs) == ("sum", range(4))
    assert proof.confirmation.exact == 1
    assert proof.answer == pytest.approx(0.5413, abs=1e-4)
    assert proof.spread == 4 * 2.0**-25  # of 1/4 in binary32
    assert proof.ulps == pytest.approx(abs(proof.answer - 1) / proof.spread)
    evaluator, batch, outcome = judged_row(*next(case for case in WRONG if case[0] == "log_softmax"))
    proof = proof_of(evaluator, batch, outcome.answers[0])
    assert proof is not None
    assert (proof.judged.name, proof.confirmation.exact) == ("sum_of_exponentials", 1)


#: Answers of textbook algorithms, and right answers of a neighbour: (op, dtype, order, inputs, answers).
SHIFTED = np.exp(np.float32([0, 16, -16, 4]))
RIGHT: list[tuple[str, str, str, dict[str, Any], Any]] = [
    # the gradient at 3e7 + (0, 16, -16, 4), which is within 8 ulps
    ("logsumexp", "float32", "grad", {"x": LARGE, "cotangent": [1.0]}, (SHIFTED / SHIFTED.sum()).tolist()),
    ("softmax", "float32", "value", {"x": LARGE}, [0.25] * 4),
    # 2 (x - mean) / n with the mean rounded to a multiple of 8: its sum is 12, not 0
    ("var", "float32", "grad", {"x": [1e8, 1e8 + 8, 1e8, 1e8 + 16], "cotangent": [1.0]}, [0.0, 4.0, 0.0, 8.0]),
    # (x - mean) / sqrt(var + eps) with a mean that is rounded: the truth is zero, and so is the slope of its square
    # s (g - sum s g) with a sum that is rounded
    ("softmax", "float32", "grad", {"x": [-8.25, 0.78], "cotangent": [1.0, 1.0]}, [7.1e-12, 5.96e-8]),
]  # fmt: skip


@pytest.mark.parametrize(("op", "dtype", "order", "inputs", "answers"), RIGHT)
def test_a_textbook_algorithm_and_a_neighbour_are_explained(
    op: str, dtype: str, order: str, inputs: dict[str, Any], answers: Any
) -> None:
    evaluator, batch, outcome = judged_row(op, dtype, order, inputs, answers)
    assert (outcome.judged.verdicts.classes <= Class.ill_conditioned).all()
    proof = proof_of(evaluator, batch, outcome.answers[0])
    assert proof is None or not proof.class_.is_finding


def test_a_pair_of_parts_has_a_modulus_of_its_own() -> None:
    """cos and sin of two angles near each other: each is explained, their squares sum to no one."""
    angle = float(np.float32(3e7))
    near = [math.cos(angle), math.sin(angle + 2)]
    evaluator, batch = evaluator_of("polar", "float32"), batch_of("float32", r=1.0, t=3e7)
    proof = proof_of(evaluator, evaluator.ordered(batch), np.float32(near))
    assert proof is not None
    assert (proof.class_, proof.judged.name) == (Class.unstable, "sum_of_squares")
    same = np.float32([math.cos(angle + 2), math.sin(angle + 2)])
    proof = proof_of(evaluator, evaluator.ordered(batch), same)
    assert proof is not None
    assert not proof.class_.is_finding


# Everything that is right stays silent


def rows_of(op: Op, dtype: str, order: str) -> Iterator[tuple[Evaluator, Evidence]]:
    """A part of the special grid and recipes, where functionals are judged."""
    evaluator, params, rows = evaluator_of(op.name, dtype, order), op.default_params(), 12
    grid = special_batch(op, params, dtype, order, limit=256)
    batches = [grid.take(np.arange(0, grid.rows, max(1, grid.rows // rows)))]
    lengths = (2, 3, 8) if op.varies and not op.lengths else None
    for recipe in draw_recipes(op, dtype, seed=3, count=2, order=order, params=params, rows=rows, lengths=lengths):
        batches.append(recipe.expand(op, params, dtype, order).take(slice(0, rows)))
    for batch in map(evaluator.ordered, batches):
        evidence = evaluator.references.evidence(batch, [])
        shapes = {name: values.shape[1:] for name, values in evidence.inputs.items()}
        if list(functionals_of(evidence.rule, evaluator.function, shapes, evidence.reference.shape[1])):
            yield evaluator, evidence


def accused(evidence: Evidence, answers: NDArray[Any]) -> list[int]:
    """The rows that the joint step calls unstable where every element counts as explained."""
    elements = Elements.of(answers, Claims(None, None, None), evidence, np.arange(len(answers)))
    elements.verdicts.classes[:] = Class.ill_conditioned
    joint(elements, evidence.rule, evidence)
    return np.flatnonzero((elements.verdicts.symptoms == Symptom.joint).any(axis=1)).tolist()


MANY = [op for op in ops().values() if op.error_norm != "all" and not (op.elementwise and not op.functionals)]


@pytest.mark.parametrize(("op", "order"), sampled(16, *ORDERS, of=MANY))
def test_correctly_rounded_rows_are_right_together(op: Op, order: str) -> None:
    for dtype in ("float32", "bfloat16") if op.dtypes[0] != "complex64" else ("complex64",):
        for evaluator, evidence in rows_of(op, dtype, order) if order in op.orders else ():
            with np.errstate(all="ignore"):
                answers = evaluator.format.round(evidence.reference.value)
            assert not accused(evidence, answers)


@pytest.mark.parametrize(("op", "order"), sampled(16, "value", "grad", of=MANY))
def test_definitions_evaluated_step_by_step_are_right_together(op: Op, order: str) -> None:
    """Every operation rounded to the format: where this is no finding by its elements, it is none together."""
    for dtype in ("float32", "float16") if op.dtypes[0] != "complex64" and order in op.orders else ():
        for evaluator, evidence in rows_of(op, dtype, order):
            rows = []
            for row in range(evidence.batch.rows):
                single = {name: values[row] for name, values in evidence.inputs.items()}
                try:
                    rows.append(rounded_steps(evaluator.function, single, evaluator.format.round))
                except (NotImplementedError, AttributeError, ArithmeticError, TypeError, ValueError):
                    rows.append([math.nan] * evidence.reference.shape[1])
            (outcome,) = judge_answers(evaluator, evidence.batch, rows).outcomes
            assert outcome.judged is not None
            assert not (outcome.judged.verdicts.symptoms == Symptom.joint).any()


@pytest.mark.parametrize(
    ("name", "order"), [("hypot", "grad"), ("hypot", "grad2"), ("mul", "jvp"), ("tridiagonal_solve", "value")]
)
def test_derivatives_of_scalars_and_matrices_have_no_functionals(name: str, order: str) -> None:
    op = ops()[name]
    evaluator = evaluator_of(name, "float32", order)
    batch = special_batch(op, op.default_params(), "float32", order, limit=2)
    shapes = {given: values.shape[1:] for given, values in batch.inputs.items()}
    outputs = evaluator.references.reference(evaluator.ordered(batch)).shape[1]
    assert outputs > 1
    assert not list(functionals_of(evaluator.references.rule(batch), evaluator.function, shapes, outputs))


def test_what_no_number_holds_is_not_judged_together() -> None:
    """Squares and sums beyond binary64."""
    for op, answers in (("unit_vector", [1e300, -1e300]), ("log_softmax", [1e300, 800.0]), ("cumsum", [1.7e308, 1.7e308])):
        evaluator, batch = evaluator_of(op, "float64"), batch_of("float64", x=[1.0, 2.0])
        proof = proof_of(evaluator, evaluator.ordered(batch), np.float64(answers))
        assert proof is None or not math.isnan(proof.ulps)


def test_an_element_that_is_wrong_by_itself_stays_what_it_is() -> None:
    _, _, outcome = judged_row("logsumexp", "float32", "grad", {"x": LARGE, "cotangent": [1.0]}, [E, E, E, math.nan])
    verdicts = outcome.judged.verdicts
    assert verdicts.symptoms[0].tolist() == [Symptom.none] * 3 + [Symptom.nan]
    assert verdicts.classes[0].tolist() == [Class.ill_conditioned] * 3 + [Class.unstable]


def test_the_verdict_is_of_all_elements_of_the_group() -> None:
    """Whichever of them a finding is kept for, it is the same finding."""
    evaluator, batch, outcome = judged_row(*WRONG[0])
    single = {name: values[0] for name, values in batch.exact().items()}
    answers = outcome.answers[0].astype(np.float64)
    first = Suspect(evaluator.function, evaluator.references.rule(batch), single, 0, float(answers[0]))
    proofs = [certify_joint(replace(first, output=output), answers) for output in range(4)]
    assert len({(p.judged, p.answer, p.ulps, p.confirmation.value) for p in proofs if p is not None}) == 1
    assert all(proofs)
