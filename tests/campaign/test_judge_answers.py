"""judge_answers: right answers are silent, planted ones are found and certified, and what is not certified accuses nobody."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point import row_judge
from ulpfuzz.fuzzer.point.judge_answers import JudgedAnswers, Terms, judge_answers
from ulpfuzz.fuzzer.point.judged_rows import CallRows
from ulpfuzz.fuzzer.point.point import cell_named
from ulpfuzz.fuzzer.point.row_source import Wanted


def numbers(dtype: str, *shape: int, seed: int = 0, scale: float = 3.0) -> NDArray[Any]:
    drawn = np.random.default_rng(seed).normal(size=shape) * scale
    return np.asarray(format_named(dtype).round(drawn))


def softmax(x: NDArray[Any]) -> NDArray[np.float64]:
    wide = x.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def rounded(dtype: str, values: NDArray[np.float64]) -> NDArray[Any]:
    return np.asarray(format_named(dtype).round(values))


def one(found: JudgedAnswers) -> CallRows:
    (call,) = found.rows.calls
    return call


@contextmanager
def chunks_of(rows: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(row_judge, "MOST_ROWS", rows)
        yield


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_correctly_rounded_answers_are_silent(dtype: str) -> None:
    x = numbers(dtype, 40, 5, 9)
    found = judge_answers(cell_named("softmax", dtype), {"x": x}, rounded(dtype, softmax(x)))
    call = one(found)
    assert (call.defects, call.uncertified, call.judged) == ([], 0, 200)
    assert call.rows["ok"] == 200
    assert found.ulps.shape == x.shape
    assert 0 < found.ulps.max() <= 0.5 + 1e-6  # the answers were rounded twice
    assert sum(call.histogram.values()) == sum(call.elements.values()) == x.size
    assert math.isclose(call.worst_ulps, found.ulps.max(), abs_tol=1e-6)


def test_planted_answers_are_found_certified_and_told() -> None:
    x = numbers("float32", 30, 4, 6)
    y = rounded("float32", softmax(x))
    right = y.copy()
    y[3, 1, 2] = np.nan
    y[17, 0, 5] *= np.float32(1.5)
    y[20, 3] = 0
    found = judge_answers(cell_named("softmax", "float32"), {"x": x}, y)
    call = one(found)
    assert sorted(call.defects) == [(3, 1), (17, 0), (20, 3)]
    assert (call.rows["ok"], call.rows["unstable"], call.uncertified) == (117, 3, 0)
    wrong = found.classes >= Class.inaccurate
    assert [tuple(at) for at in np.argwhere(y != right)] == [tuple(at) for at in np.argwhere(wrong)]
    assert Symptom(int(found.symptoms[3, 1, 2])) is Symptom.nan
    assert np.isinf(found.ulps[3, 1, 2])
    first, *_ = found.rows.worst
    assert first.index == (3, 1)
    (verdict,) = first.verdicts
    assert (verdict.element, verdict.class_, verdict.certified_by) == ("[2]", Class.unstable, "arb+mpmath")
    assert float(verdict.reference) == pytest.approx(float(right[3, 1, 2]), rel=1e-6)
    assert verdict.condition > 0
    assert Batch("float32", {"x": x[3, 1][np.newaxis]}).case(0).inputs == first.inputs


def test_the_error_of_a_certified_element_is_exact() -> None:
    y = np.asarray([math.e * 1.5]).astype(np.float32)
    found = judge_answers(cell_named("exp", "float32"), {"x": np.ones(1, np.float32)}, y)
    exact = abs(float(y[0]) - 2.718281828459045) / 2**-22
    assert found.rows.worst[0].verdicts[0].ulps == pytest.approx(exact, rel=1e-9)
    assert found.ulps[0] == pytest.approx(exact, rel=1e-6)


def test_what_is_not_certified_accuses_nobody() -> None:
    x = numbers("float32", 12)
    y = rounded("float32", np.exp(x.astype(np.float64)) * np.linspace(2, 3, 12))
    call = one(judge_answers(cell_named("exp", "float32"), {"x": x}, y, wanted=Wanted(shown=2, proofs=3)))
    assert (len(call.defects), call.uncertified, len(call.suspects)) == (3, 9, 9)
    assert call.rows == {"unstable": 3}
    measured = judge_answers(cell_named("exp", "float32"), {"x": x}, y, wanted=Wanted(shown=0, proofs=0))
    assert (one(measured).defects, one(measured).uncertified, measured.rows.worst) == ([], 12, [])
    assert (measured.classes == Class.unstable).all()


def test_the_json_is_strict_and_says_it_all() -> None:
    x = numbers("float32", 6, 3)
    y = rounded("float32", softmax(x))
    y[2, 0] = np.inf
    told = json.loads(json.dumps(judge_answers(cell_named("softmax", "float32"), {"x": x}, y).rows.to_json(), allow_nan=False))
    assert {"op", "params", "dtype", "order", "shape", "rows", "limit", "interrupted", "targets", "worst"} <= set(told)
    (target,) = told["targets"]
    assert (target["target"], target["rows"], target["defects"]) == ("answers", {"ok": 5, "unstable": 1}, [[2]])
    assert target["histogram"][-1] == {"up_to": "inf", "elements": 1}
    assert sum(one["elements"] for one in target["histogram"]) == 18
    worst = told["worst"][0]
    assert (worst["row"], worst["targets"][0]["answer"], worst["targets"][0]["class"]) == ([2], "inf", "unstable")


def test_chunks_say_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    x = numbers("float32", 97)
    y = rounded("float32", np.exp(x.astype(np.float64)))
    y[[5, 60, 96]] *= np.float32(2)
    whole = judge_answers(cell_named("exp", "float32"), {"x": x}, y)
    with chunks_of(10, monkeypatch):
        parts = judge_answers(cell_named("exp", "float32"), {"x": x}, y)
    assert parts.rows.to_json() == whole.rows.to_json()
    assert (parts.ulps == whole.ulps).all()
    assert sorted(one(whole).defects) == [(5,), (60,), (96,)]


def test_an_interruption_keeps_what_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(stage: str, done: int, rows: int) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    x = np.zeros(97, np.float32)
    with chunks_of(10, monkeypatch):
        found = judge_answers(cell_named("exp", "float32"), {"x": x}, x + 2, wanted=Wanted(watch=interrupt))
    call = one(found)
    assert (found.rows.interrupted, call.judged, call.defects, call.uncertified) == (True, 20, [], 20)
    assert {v.class_ for row in found.rows.worst for v in row.verdicts} == {Class.undecided}
    assert found.rows.worst[0].verdicts[0].reason == "judged unstable, not certified"
    assert np.isnan(found.ulps[20:]).all()


def test_a_gradient_is_judged_by_the_inputs_that_it_is_given_for() -> None:
    cell = cell_named("dot", "float32", order="grad")
    x, y = numbers("float32", 8, 3), numbers("float32", 8, 3, seed=1)
    wrong = y.copy()
    wrong[4, 1] += 1
    both = judge_answers(cell, {"x": x, "y": y}, {"x": wrong, "y": x})
    alone = judge_answers(cell, {"x": x, "y": y}, {"x": wrong})
    assert one(both).defects == one(alone).defects == [(4,)]
    assert both.rows.worst[0].verdicts[0].element == alone.rows.worst[0].verdicts[0].element == "x[1]"
    assert (both.ulps["x"] == alone.ulps["x"]).all()
    assert both.ulps["y"].max() == 0


def test_the_gradient_of_an_elementwise_op_may_have_a_cotangent() -> None:
    cell, x = cell_named("tanh", "float32", order="grad"), numbers("float32", 50, 4, scale=1.0)
    weights = numbers("float32", 50, 4, seed=1)
    y = rounded("float32", weights.astype(np.float64) / np.cosh(x.astype(np.float64)) ** 2)
    assert one(judge_answers(cell, {"x": x, "cotangent": weights}, y)).rows == {"ok": 200}
    y[7, 3] *= np.float32(1.01)
    found = judge_answers(cell, {"x": x, "cotangent": weights}, {"x": y})
    assert one(found).defects == [(7, 3)]
    assert found.rows.worst[0].verdicts[0].element == ""
    without = one(judge_answers(cell, {"x": x}, y, wanted=Wanted(shown=2, proofs=2)))
    assert (len(without.defects), without.uncertified) == (2, 198)


def test_weights_may_be_shared_by_all_rows() -> None:
    cell = cell_named("layer_norm_affine", "float32", {"eps": 1e-5})
    x, w, b = numbers("float32", 5, 4, 8), numbers("float32", 8, seed=1), numbers("float32", 8, seed=2)
    wide = x.astype(np.float64)
    centred = wide - wide.mean(axis=-1, keepdims=True)
    y = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * w.astype(np.float64) + b.astype(np.float64)
    assert one(judge_answers(cell, {"x": x, "w": w, "b": b}, rounded("float32", y))).defects == []


def test_a_contract_explains_what_a_page_says() -> None:
    cell, x = cell_named("softplus", "float64"), np.asarray([1.0, 21.0])
    y = np.where(x > 20, x, np.logaddexp(x, 0))
    assert one(judge_answers(cell, {"x": x}, y)).defects == [(1,)]
    found = judge_answers(cell, {"x": x}, y, Terms(contract="torch", name="mine"))
    assert one(found).rows == {"ok": 1, "documented": 1}
    assert (one(found).target, one(found).implementation, one(found).defects) == ("answers", "mine", [])
    assert "the identity where x > 20" in found.rows.worst[0].verdicts[0].reason
    with pytest.raises(UnknownName, match="did you mean 'torch'"):
        judge_answers(cell, {"x": x}, y, Terms(contract="pytorch"))


def test_a_flush_is_right_where_it_is_allowed() -> None:
    cell, x = cell_named("exp", "float32"), np.asarray([-100.0], np.float32)
    y = np.zeros(1, np.float32)
    assert one(judge_answers(cell, {"x": x}, y)).defects == [(0,)]
    assert one(judge_answers(cell, {"x": x}, y, Terms(flush=FlushPolicy(outputs=True)))).rows == {"ok": 1}


def test_tensors_of_torch_are_taken_to_the_bit() -> None:
    torch = pytest.importorskip("torch")
    x = torch.linspace(-3, 3, 12, dtype=torch.bfloat16).reshape(3, 4).requires_grad_()
    found = judge_answers(cell_named("softmax", "bfloat16"), {"x": x}, torch.softmax(x.double(), -1).to(torch.bfloat16))
    assert one(found).rows == {"ok": 3}
    assert found.ulps.shape == (3, 4)


def test_a_row_of_structure_that_the_record_demands_is_no_defect_without_it() -> None:
    a = np.asarray([[[2.0, 1.0], [1.0, 2.0]], [[2.0, 1.0], [5.0, 2.0]]])
    y = np.linalg.cholesky(a[0])
    found = judge_answers(cell_named("cholesky", "float64"), {"a": a}, np.stack([y, y * 7]))
    assert one(found).defects == []


def test_shapes_that_do_not_fit_are_errors() -> None:
    with pytest.raises(UserError, match="the answers of softmax have 2 rows of 3 numbers each; given: shape 3 by 2"):
        judge_answers(cell_named("softmax", "float32"), {"x": numbers("float32", 2, 3)}, numbers("float32", 3, 2))


def test_many_nans_hide_no_other_error() -> None:
    x = numbers("float32", 400)
    y = rounded("float32", np.exp(x.astype(np.float64)))
    y[:300] = np.nan
    y[350] *= np.float32(2)
    found = judge_answers(cell_named("exp", "float32"), {"x": x}, y, wanted=Wanted(shown=2, proofs=4))
    assert one(found).defects == [(0,), (1,), (2,), (350,)]
    assert [row.index for row in found.rows.worst] == [(0,), (350,)]
