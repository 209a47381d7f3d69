"""Probe: planted defects are seen and told as they are; right answers, conditioning and true overflow stay silent."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_frameworks import planted

import ulpfuzz.oracles.definitions as definitions
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.point.probe import probe


def told(*args: Any, **keywords: Any) -> dict[str, Any]:
    """The JSON contract, through strict JSON."""
    result: dict[str, Any] = json.loads(json.dumps(probe(*args, **keywords).to_json(), allow_nan=False))
    return result


def of(result: dict[str, Any], target: str) -> dict[str, Any]:
    return next(entry for entry in result["targets"] if entry["target"].startswith(target))


def naive_norm(x: NDArray[Any]) -> NDArray[Any]:
    return np.sqrt(np.sum((x * x).astype(np.float32), axis=-1))


def test_a_norm_that_overflows_inside_is_unstable_and_no_peer_hides_it() -> None:
    with planted(naive_norm):
        result = told("norm", "float32", {"x": ["1e30", "1e30"]}, targets="torch,numpy")
    # The bits are float32's nearest to 1e30, so the truth is sqrt(2) times that.
    assert result["inputs"] == {"x": ["0x1.93e5940000000p+99"] * 2}
    assert float(result["reference"]) == pytest.approx(math.sqrt(2) * float.fromhex("0x1.93e594p+99"), rel=1e-15)
    assert len(result["reference"].replace(".", "")) >= 20
    assert result["certified_by"] == "arb+mpmath"
    assert result["condition"] == pytest.approx(1)
    entry = of(result, "torch")
    assert (entry["class"], entry["symptom"], entry["output"], entry["ulps"]) == ("unstable", "inf", "inf", "inf")
    assert entry["limit"] is None


def test_a_lost_one_in_an_ill_conditioned_sum_is_no_finding() -> None:
    result = told("sum", "float32", {"x": ["1e30", 1, "-1e30"]}, targets="numpy")
    (entry,) = result["targets"]
    assert (entry["output"], entry["class"], entry["symptom"], entry["avoidable_by"]) == (0.0, "ill_conditioned", "none", [])
    assert float(result["reference"]) == 1.0
    assert result["condition"] > 1e30


def test_true_overflow_is_right() -> None:
    result = told("exp", "float32", {"x": 100}, targets="numpy")
    (entry,) = result["targets"]
    assert (entry["output"], entry["class"]) == ("inf", "ok")
    assert result["reference"].startswith("2.6881171418161354484126255515800")


def test_a_defect_of_the_vector_body_is_found_and_placed() -> None:
    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        spoiled = right.copy()
        if batch.rows >= 16:
            spoiled[3::4] = np.nan
        return spoiled

    with planted(np.exp, fault):
        result = told("exp", "float32", {"x": "0x1p0"}, targets="torch,numpy")
    entry = of(result, "torch")
    assert (entry["class"], entry["symptom"], entry["output"]) == ("unstable", "nan", "nan")
    assert entry["placement"] == {"length": 64, "position": 3, "stride": 1}
    assert entry["inconsistent"] is True
    assert entry["avoidable_by"] == ["numpy:cpu:eager"]
    peer = of(result, "numpy")
    assert (peer["class"], peer["placement"]["length"], "inconsistent" in peer) == ("ok", 1, False)


def test_errors_are_exact_ulps_of_the_format() -> None:
    for steps in (0, 1, 3, 4, 100):
        with planted(np.exp, lambda right, batch, k=steps: batch.format.from_ordinals(batch.format.ordinals(right) + k)):
            (entry,) = told("exp", "float32", {"x": 1}, targets="torch")["targets"]
        exact = (float(np.float32(math.e)) - 2.718281828459045235360287471352662498) / 2**-22
        assert entry["ulps"] == pytest.approx(abs(exact + steps), rel=1e-6)
        assert entry["class"] == ("ok" if steps <= 3 else "inaccurate" if steps < 16 else "unstable")
        assert entry["limit"] == 3.5


def test_lists_are_one_call_and_tell_the_worst_element() -> None:
    lengths = []

    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        lengths.append(batch.rows)
        spoiled = right.copy()
        spoiled[2] = -1
        return spoiled

    with planted(np.exp, fault):
        result = told("exp", "float32", {"x": [0, 1, 2, "inf", "nan"]}, targets="torch,numpy")
    assert lengths == [5]
    entry = of(result, "torch")
    assert (entry["worst"], result["worst"], entry["symptom"]) == (2, 2, "wrong_sign")
    assert entry["output"][:1] + entry["output"][2:] == [1.0, -1.0, "inf", "nan"]
    assert entry["classes"] == ["ok", "ok", "unstable", "ok", "ok"]
    assert [float(r) for r in result["reference"][:2]] == [1.0, pytest.approx(math.e)]
    assert result["reference"][3:] == ["inf", "nan"]
    assert len(entry["ulps"]) == len(entry["output_hex"]) == 5
    assert entry["avoidable_by"] == ["numpy:cpu:eager"]


def test_long_lists_have_digits_everywhere() -> None:
    result = told("exp", "float32", {"x": [i / 8 for i in range(100)]}, targets="numpy")
    assert all(float(r) == pytest.approx(math.exp(i / 8), rel=1e-14) for i, r in enumerate(result["reference"]))
    assert min(len(r.replace(".", "")) for r in result["reference"]) >= 20


def test_rows_of_vectors_come_out_flat() -> None:
    result = told("softmax", "float64", {"x": [[0, 0], [0, 1000]]}, targets="numpy")
    (entry,) = result["targets"]
    assert entry["output"] == [0.5, 0.5, 0.0, 1.0]
    assert entry["class"] == "ok"


def test_an_exception_where_there_is_an_answer_is_a_finding() -> None:
    def fault(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        raise FrameworkError("RuntimeError: planted")

    with planted(np.log, fault):
        entry = of(told("log", "float32", {"x": 2}, targets="torch,numpy"), "torch")
        outside = of(told("log", "float32", {"x": -2}, targets="torch,numpy"), "torch")
    assert (entry["class"], entry["symptom"], entry["output"], entry["error"]) == (
        "unstable",
        "exception",
        None,
        "RuntimeError: planted",
    )
    assert entry["avoidable_by"] == ["numpy:cpu:eager"]
    assert outside["class"] == "undecided"


def test_a_check_of_the_length_of_a_vector_that_is_not_searched_is_no_finding() -> None:
    def refuse(right: NDArray[Any], batch: Batch) -> NDArray[Any]:
        raise FrameworkError("ValueError: Expected more than 1 value per channel when training")

    for x, expected in ([3.0], "rejected"), ([1.0, 2.0, 4.0], "unstable"):
        with planted(np.zeros_like, refuse):
            (entry, *_) = told("layer_norm", "float32", {"x": x}, targets="torch")["targets"]
        assert entry["class"] == expected


def test_a_flushed_result_is_ok_and_says_so() -> None:
    class Flushing:
        name, version, orders, lengths, switches = "torch", "0", ("value",), None, {}

        def evaluate(self, call: Any, batch: Batch) -> NDArray[Any]:
            with np.errstate(all="ignore"):
                x = batch.exact()
                right = (x["x"] * x["y"] if call.op.name == "multiply" else np.exp(x["x"])).astype(np.float32).reshape(-1, 1)
            return np.where(np.abs(right) < batch.format.min_normal, np.float32(0), right)

        def evaluate_placed(self, call: Any, batch: Batch, placement: Any) -> NDArray[Any]:
            return self.evaluate(call, batch.repeat(placement.length))

    from ulpfuzz.fuzzer.frameworks.targets import target

    target.register("torch", Flushing)
    try:
        entry = of(told("exp", "float32", {"x": -100}, targets="torch"), "torch")
    finally:
        target.unregister("torch")
    assert (entry["class"], entry["flushed"], entry["output"]) == ("ok", True, 0.0)


@pytest.mark.parametrize(
    ("op", "dtype", "order", "targets", "words"),
    [
        ("expp", "float32", "value", "numpy", "unknown op 'expp'; did you mean 'exp"),
        ("exp", "float23", "value", "numpy", "did you mean 'float32'"),
        ("exp", "float32", "vlaue", "numpy", "did you mean 'value'"),
        ("exp", "float32", "value", "nunpy", "did you mean 'numpy'"),
        ("exp", "float32", "value", "numpy:gpu", "unknown device 'gpu'"),
    ],
)
def test_unknown_names(op: str, dtype: str, order: str, targets: str, words: str) -> None:
    with pytest.raises(UnknownName, match=words):
        probe(op, dtype, {"x": 1}, order=order, targets=targets)


def test_nobody_computes_the_cell() -> None:
    with pytest.raises(ValueError, match=r"numpy:cpu:eager computes exp float32 grad"):
        probe("exp", "float32", {"x": 1}, order="grad", targets="numpy")


def test_a_truth_of_any_exponent_is_told() -> None:
    """exp(-1e20) has 4e19 decimal zeros: no rational holds it. float32's 1e20 is 100000002004087734272; / ln 10: the exponent."""
    result = told("softmax", "float32", {"x": ["1e20", 0]}, targets="numpy")
    (entry,) = result["targets"]
    assert (entry["output"], entry["class"]) == ([1.0, 0.0], "ok")
    assert result["reference"][1].endswith("e-43429449060689427010")


def hann(x: NDArray[Any]) -> NDArray[Any]:
    """sin(pi j / (n - 1))^2, from the nearer end, which loses nothing."""
    j = np.arange(x.shape[-1])
    return np.asarray(x * np.sin(np.pi * np.minimum(j, j[::-1]) / j[-1]) ** 2)


def hann_by_a_cosine(x: NDArray[Any]) -> NDArray[Any]:
    """1/2 - cos / 2 in binary32, which cancels at the ends."""
    angle = (2 * np.pi * np.arange(x.shape[-1]) / (x.shape[-1] - 1)).astype(np.float32)
    return np.asarray(x * (np.float32(0.5) - np.float32(0.5) * np.cos(angle)))


@pytest.mark.parametrize(("window", "expected"), [(hann, "ok"), (hann_by_a_cosine, "unstable")])
def test_thousands_of_outputs_cost_few_evaluations_of_the_row(
    window: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    before = definitions.definition("hann_window")

    def counting(m: Any, x: Any, **params: Any) -> Any:
        calls.append(type(m).__name__)
        return before(m, x, **params)

    monkeypatch.setitem(definitions._registry, "hann_window", counting)
    n = 1025
    with planted(window):
        entry = of(told("hann_window", "float32", {"x": [1.0] * n}, {"periodic": False}, targets="torch"), "torch")
    assert entry["class"] == expected
    if expected == "unstable":
        assert entry["worst"] in (1, n - 2)
    assert len(calls) < 40, calls  # it was one evaluation for each number proved, in each arithmetic: hundreds


def naive_quantile(q: NDArray[Any], scale: NDArray[Any]) -> NDArray[Any]:
    """tan(pi ((q + 1) / 2 - 1/2)) in binary32: past the pole, for half of binary32's pi is above pi/2."""
    turned = np.float32(math.pi) * ((q.astype(np.float32) + np.float32(1)) / np.float32(2) - np.float32(0.5))
    return scale * np.tan(turned.astype(np.float64))


def test_an_answer_that_no_input_gives_is_told_with_the_end_that_it_lies_beyond() -> None:
    with planted(naive_quantile):
        result = told("half_cauchy_ppf", "float32", {"q": "0x1.fffffep-1", "scale": 1.0}, targets="torch")
    entry = of(result, "torch")
    assert (entry["class"], entry["symptom"]) == ("unstable", "out_of_range")
    assert entry["reason"] == "no value lies below 0: the support of the distribution"
