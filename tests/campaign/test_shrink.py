"""Shrinking keeps class and symptom and is never more complex; placing finds the least length; both on planted kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.case import COTANGENT, Batch, Placement
from ulpfuzz.fuzzer.catalog.op import scalar
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, Subject, subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import FORMATS, Format, format_named
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.place import place
from ulpfuzz.fuzzer.proof.shrink import shrink, simple_values, weight
from ulpfuzz.fuzzer.search.ledger import Candidate, Ledger

pytestmark = pytest.mark.usefixtures("planted")


def evaluator_of(op: str, kernel: str, order: str = "value", dtype: str = "float32") -> tuple[Evaluator, Subject]:
    cell = Cell(op, tuple(op_named(op).default_params().items()), dtype, order)
    subjects = subjects_of(cell, ("faulty:cpu:eager",))
    (subject,) = [s for s in subjects if s.implementation.call.startswith(f"faulty.{kernel}(")]
    return Evaluator(cell, [subject]), subject


def candidate_of(evaluator: Evaluator, symptom: Symptom, *, within: Placement | None = None, **inputs: Any) -> Candidate:
    """The worst element of one row, which must show the symptom."""
    fmt = format_named(evaluator.cell.dtype)
    batch = Batch(fmt.name, {name: fmt.round(np.asarray([value], np.float64)) for name, value in inputs.items()})
    judgement = evaluator.run(batch, within=within)
    ledger = Ledger(evaluator.cell, evaluator.subjects[0])
    ledger.add(judgement, judgement.outcomes[0], within=within)
    return ledger.best(symptom)[0]


def weights(row: Batch) -> list[tuple[int, int, float, int]]:
    fmt = row.format
    return sorted((weight(float(v), fmt) for values in row.exact().values() for v in values.ravel()), reverse=True)


NOISE = [0.731, -3.77e-5, 12.9, 88.1, -0.004, 61.7, 2.31, -17.3, 5e-7, 33.3, -41.2, 0.11, 6.6, -71.9, 1.9, 0.27, -9.13]
CASES = {
    "norm overflows": ("faulty_norm", "norm_naive", "value", Symptom.inf, {"x": [*NOISE[:16], 3.123e25]}),
    "norm underflows": ("faulty_norm", "norm_naive", "value", Symptom.zero, {"x": [v * 1.2345e-30 for v in NOISE]}),
    "softmax of 17": ("faulty_softmax", "softmax_naive", "value", Symptom.nan, {"x": [*NOISE[:9], 123.456, *NOISE[9:]]}),
    "softmax with an idle infinity": ("faulty_softmax", "softmax_naive", "value", Symptom.nan, {"x": [-math.inf, *NOISE[:8], 200.7, *NOISE[8:]]}),
    "variance": ("faulty_var", "var_one_pass", "value", Symptom.precision, {"x": [1234.5678 + v / 10 for v in NOISE]}),
    "cancellation": ("faulty_xlog1py", "xlog1py_cancelling", "value", Symptom.zero, {"x": 1.2345e7, "y": 1.1111e-9}),
    "gradient": ("faulty_softplus", "softplus_naive", "grad", Symptom.nan, {"x": 4.56789e17}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_shrinking_keeps_the_verdict_and_simplifies(case: str) -> None:
    op, kernel, order, symptom, inputs = CASES[case]
    evaluator, subject = evaluator_of(op, kernel, order)
    candidate = candidate_of(evaluator, symptom, **inputs)
    simple = shrink(evaluator, subject, candidate)
    (outcome,) = evaluator.run(simple.row).outcomes
    assert outcome.judged is not None
    assert outcome.judged.verdicts.classes[0, simple.output] == candidate.class_
    assert outcome.judged.verdicts.symptoms[0, simple.output] == symptom
    assert len(weights(simple.row)) <= len(weights(candidate.row))
    assert all(a <= b for a, b in zip(weights(simple.row), weights(candidate.row), strict=False))
    assert weights(simple.row) < weights(candidate.row)
    assert simple.row.exact().keys() == candidate.row.exact().keys()
    again = shrink(evaluator, subject, simple)
    for name, values in simple.row.inputs.items():
        np.testing.assert_array_equal(again.row.inputs[name], values)


@pytest.mark.parametrize("case", ["norm overflows", "norm underflows", "softmax of 17", "softmax with an idle infinity"])
def test_one_element_is_enough(case: str) -> None:
    op, kernel, order, symptom, inputs = CASES[case]
    evaluator, subject = evaluator_of(op, kernel, order)
    simple = shrink(evaluator, subject, candidate_of(evaluator, symptom, **inputs))
    assert simple.row.inputs["x"].shape == (1, 1)
    assert np.isfinite(simple.row.inputs["x"]).all()
    assert weight(float(simple.row.inputs["x"][0, 0]), simple.row.format)[1] <= 2


def test_a_number_that_everybody_meets_is_not_exchanged_for_one_that_nobody_does() -> None:
    fmt = format_named("float32")
    assert weight(1234.5, fmt) < weight(2.0**-53, fmt) < weight(math.inf, fmt)
    assert simple_values(1234.5, fmt, None) == [
        v for v in simple_values(1234.5, fmt, None) if v == 0 or 2**-12 <= abs(v) <= 2**12
    ]


def test_an_infinity_that_matters_stays() -> None:
    evaluator, subject = evaluator_of("faulty_xlog1py", "xlog1py_cancelling")
    candidate = candidate_of(evaluator, Symptom.nan, x=math.inf, y=1.0625e-12)
    simple = shrink(evaluator, subject, candidate)
    assert simple.row.inputs["x"][0] == math.inf
    assert weights(simple.row) < weights(candidate.row)


def test_shrinking_in_a_place_keeps_the_place() -> None:
    evaluator, subject = evaluator_of("faulty_exp", "exp_tail")
    candidate = candidate_of(evaluator, Symptom.precision, within=Placement(9, 8), x=1.2345678)
    assert shrink(evaluator, subject, candidate).row.inputs["x"][0] == 0


def test_shrinking_is_deterministic() -> None:
    op, kernel, order, symptom, inputs = CASES["variance"]
    evaluator, subject = evaluator_of(op, kernel, order)
    rows = [shrink(evaluator, subject, candidate_of(evaluator, symptom, **inputs)).row.inputs["x"] for _ in range(2)]
    np.testing.assert_array_equal(*rows)


def test_what_cannot_be_simpler_is_left_alone() -> None:
    evaluator, subject = evaluator_of("faulty_exp", "exp_landmark")
    candidate = candidate_of(evaluator, Symptom.nan, x=float(np.float32(88.72283)))
    assert shrink(evaluator, subject, candidate) == candidate


finite = st.sampled_from(sorted(FORMATS)).flatmap(
    lambda name: st.tuples(st.just(FORMATS[name]), st.integers(-FORMATS[name].max_ordinal - 1, FORMATS[name].max_ordinal + 1))
)


@given(finite)
@settings(max_examples=200, deadline=None)
def test_simple_values_are_simpler_numbers_of_the_format_inside_the_domain(drawn: tuple[Format, int]) -> None:
    fmt, ordinal = drawn
    x = float(fmt.from_ordinals(np.asarray([ordinal]))[0])
    spec = scalar("x", -1)
    for value in simple_values(x, fmt, spec):
        assert float(fmt.round(np.asarray(value))) == value
        assert value >= -1
        assert weight(value, fmt) < weight(x, fmt)
        assert value == 0 or abs(value) >= min(abs(x), fmt.min_normal)  # never from a normal number to a subnormal one


# Placement


@pytest.mark.parametrize(
    ("kernel", "symptom", "x", "placement", "right"),
    [("exp_vector_overflow", Symptom.inf, 88.5, Placement(2), (1,)), ("exp_scalar", Symptom.precision, 0.0, Placement(1), ()),
     ("exp_tail", Symptom.precision, 0.0, Placement(9, 8), tuple(range(1, 9))), ("exp_sign", Symptom.wrong_sign, 21.0, Placement(1), ())],
)  # fmt: skip
def test_the_least_failing_length(kernel: str, symptom: Symptom, x: float, placement: Placement, right: tuple[int, ...]) -> None:
    evaluator, subject = evaluator_of("faulty_exp", kernel)
    placed = place(evaluator, subject, Batch("float32", {"x": np.float32([x])}), 0)
    assert placed is not None
    assert (placed.placement, placed.symptom, placed.right_at) == (placement, symptom, right)


@pytest.mark.parametrize(("kernel", "x"), [("exp_right", 88.5), ("exp_long", 0.0), ("exp_strip", 1.0)])
def test_no_place_for_what_is_right_in_short_calls(kernel: str, x: float) -> None:
    evaluator, subject = evaluator_of("faulty_exp", kernel)
    assert place(evaluator, subject, Batch("float32", {"x": np.float32([x])}), 0) is None


def test_a_length_at_which_the_framework_raises_is_not_called_right(monkeypatch: pytest.MonkeyPatch) -> None:
    import faulty

    def picky(x: Any) -> Any:
        if len(x) == 1:
            raise RuntimeError("too short")
        return faulty.exp_sign(x)

    monkeypatch.setattr(faulty, "exp_right", picky)
    evaluator, subject = evaluator_of("faulty_calm", "exp_right")
    monkeypatch.setattr(faulty, "exp_sign", lambda x: -np.exp(x))
    placed = place(evaluator, subject, Batch("float32", {"x": np.float32([1.0])}), 0)
    assert placed is not None
    assert (placed.placement.length, placed.right_at) == (2, ())


def test_the_cotangent_is_cut_with_its_vector() -> None:
    evaluator, subject = evaluator_of("faulty_softmax", "softmax_naive", "grad")
    x = [*NOISE[:9], 123.456, *NOISE[9:16]]
    candidate = candidate_of(evaluator, Symptom.nan, x=x, **{COTANGENT: [1.5, *NOISE[1:]]})
    simple = shrink(evaluator, subject, candidate)
    assert simple.row.inputs["x"].shape == simple.row.inputs[COTANGENT].shape
    assert simple.row.inputs["x"].shape[1] <= 2


@pytest.mark.parametrize("order", ["jvp", "grad2"])
def test_the_tangent_is_cut_with_its_vectors(order: str) -> None:
    """Of two vectors: the tangent holds both, one after the other, and so do the outputs of grad2."""
    evaluator, _ = evaluator_of("faulty_softmax2", "softmax2_naive", order)
    x = [*NOISE[:9], 123.456, *NOISE[9:16]]
    directions = {"tangent": [1.5, *NOISE[1:]]}
    if order == "grad2":
        directions["cotangent"] = [0.5, *NOISE[2:], 1.0]
    candidate = candidate_of(evaluator, Symptom.nan, x=x, **directions)
    simple = shrink(evaluator, evaluator.subjects[0], candidate)
    assert len({values.shape for values in simple.row.inputs.values()}) == 1
    assert simple.row.inputs["x"].shape[1] <= 2


def test_where_the_numbers_of_a_cut_stand() -> None:
    from ulpfuzz.fuzzer.proof.shrink import _moved, _variables_left

    evaluator = Evaluator(Cell("dot", (), "float32", "grad2"), [])
    assert _variables_left(evaluator, ["x", "y"], 4, [1, 3]) == [1, 3, 5, 7]
    assert _moved(7, 4, [1, 3], ["x", "y"], evaluator, same_shape=False) == 3
    assert _moved(4, 4, [1, 3], ["x", "y"], evaluator, same_shape=False) is None
    forward = Evaluator(Cell("softmax", (), "float32", "jvp"), [])
    assert _moved(3, 4, [1, 3], ["x"], forward, same_shape=True) == 1
    assert _moved(0, 4, [1, 3], ["x"], forward, same_shape=True) is None
    assert _moved(0, 4, [1, 3], ["x", "y"], Evaluator(Cell("dot", (), "float32", "jvp"), []), same_shape=False) == 0


def test_shorter_rows_of_an_op_with_outputs_of_its_own_number() -> None:
    """rfft of n numbers has n // 2 + 1 pairs: what a cut leaves has the failing output, and as long a cotangent as outputs."""
    from ulpfuzz.fuzzer.proof.shrink import _shorter

    for order in ("value", "grad"):
        cell = Cell("rfft", (("norm", "backward"),), "float32", order)
        evaluator = Evaluator(cell, list(subjects_of(cell, ("torch:cpu:eager",)))[:1])
        directions = {COTANGENT: np.ones((1, 10), np.float32)} if order == "grad" else {}
        row = Batch("float32", {"x": np.ones((1, 8), np.float32), **directions})
        cuts = list(_shorter(Candidate(row, 7, Class.unstable, Symptom.precision, 1.0, 1.0, 0), evaluator))
        assert cuts
        for shorter, output in cuts:
            n = shorter.inputs["x"].shape[1]
            pairs = 2 * (n // 2 + 1)
            assert output < (pairs if order == "value" else n)
            assert order == "value" or shorter.inputs[COTANGENT].shape == (1, pairs)


def test_a_vector_of_fixed_length_beside_one_that_is_cut_stays_whole() -> None:
    """scatter_prod answers with as many numbers as c has, three, whatever the length of x: also where that is three."""
    from ulpfuzz.fuzzer.proof.shrink import _shorter

    for order in ("value", "grad"):
        cell = Cell("scatter_prod", (), "float32", order)
        evaluator = Evaluator(cell, list(subjects_of(cell, ("torch:cpu:eager",)))[:1])
        inputs = {name: np.ones((1, 3), np.float32) for name in ("c", "x", "index")}
        row = Batch("float32", {**inputs, **({COTANGENT: np.ones((1, 3), np.float32)} if order == "grad" else {})})
        cuts = list(_shorter(Candidate(row, 1, Class.unstable, Symptom.precision, 1.0, 1.0, 0), evaluator))
        assert cuts
        for shorter, _ in cuts:
            assert shorter.inputs["x"].shape[1] < 3
            assert all(shorter.inputs[name].shape == (1, 3) for name in ("c", COTANGENT) if name in shorter.inputs)


def test_an_infinite_count_can_be_shrunk() -> None:
    from ulpfuzz.fuzzer.proof.shrink import simple_values

    assert 1.0 in simple_values(np.inf, format_named("float32"), scalar("k", 0, integers=True))
