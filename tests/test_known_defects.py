"""The measures of known defects: a record is said by the catalogue as it is meant, and a finding names what it should; on records made up here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import known_defects
from tests.benchmarks.expressed import Expressed, NotExpressibleError, expressed
from tests.benchmarks.known_defects import KnownDefect, listed
from ulpfuzz.fuzzer.catalog.op import Implementation


def numbers(dtype: str, shape: list[int], *values: float) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "values": [float(v).hex() if dtype.startswith("float") else v for v in values]}


def record(op: str, call: str, reference: str, inputs: dict[str, Any], **rest: Any) -> dict[str, Any]:
    told = {
        "id": "X1",
        "framework": "pytorch",
        "op": op,
        "call": call,
        "reference": reference,
        "input": inputs,
        "observed": "0.0",
    }
    return {**told, "dtype": "float64", "mode": "eager", "path": "eager", "out_index": 0, "part": None, **rest}


def known(**rest: Any) -> KnownDefect:
    told = record(**rest)
    order, compiled = known_defects.MODES[told["mode"]]
    names = frozenset({told["op"]})
    framework = known_defects.FRAMEWORKS.get(told["framework"], told["framework"])
    return KnownDefect(framework, names, order, told["dtype"], compiled, told)


def said(**rest: Any) -> Expressed:
    return expressed(known(**rest))


X = {"x": numbers("float64", [1], 0.5)}


def test_inputs_are_told_apart_by_the_truth() -> None:
    inputs = {"x": numbers("float64", [1], 3.0), "y": numbers("float64", [1], 4.0)}
    # atan2(y, x) and the same call with the names exchanged: 0.9273 is atan2(4, 3), 0.6435 is atan2(3, 4)
    straight = said(op="torch.atan2", call="torch.atan2(y, x)", reference="0.92729521800161223243", inputs=inputs)
    turned = said(op="torch.atan2", call="torch.atan2(x, y)", reference="0.64350110879328438680", inputs=inputs)
    assert straight.op == turned.op == "atan2"
    assert sorted(straight.inputs.values()) == sorted(turned.inputs.values()) == [3.0, 4.0]
    assert straight.inputs != turned.inputs
    assert all("torch.atan2" in call for call in straight.calls)


def test_a_constant_of_the_call_is_a_param_where_that_gives_the_truth() -> None:
    point = said(op="torch.polygamma", call="torch.polygamma(2, x)", reference="-16.828796644234319996", inputs=X)
    assert (point.op, point.params["n"], point.inputs) == ("polygamma", 2, {"x": 0.5})


def test_a_constant_that_the_call_leaves_out_is_an_input() -> None:
    call = "torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x)).cdf(x)"
    point = said(op="torch.distributions.Normal.cdf", call=call, reference="0.69146246127401310364", inputs=X)
    assert (point.inputs["x"], sorted(point.inputs.values())) == (0.5, [0.0, 0.5, 1.0])


def test_a_batch_of_one_row_is_a_row() -> None:
    inputs = {"x": numbers("float64", [1, 2], 1.0, 3.0), "t": numbers("int64", [1], 1)}
    point = said(
        op="torch.nn.functional.cross_entropy", call="Fn.cross_entropy(x, t)", reference="0.12692801104297249644", inputs=inputs
    )
    assert point.inputs["x"] in ([1.0, 3.0], [[1.0, 3.0]])


def test_the_place_is_that_of_the_record() -> None:
    inputs = {"x": numbers("float64", [3], 1.0, 1.0, 1.0)}
    point = said(op="torch.cumsum", call="torch.cumsum(x, 0)", reference="2.0", inputs=inputs, out_index=1)
    assert (point.op, point.place, point.inputs) == ("cumsum", 1, {"x": [1.0, 1.0, 1.0]})


def test_a_gradient_of_a_matrix_that_the_catalogue_takes_as_a_vector_is_that_of_all_its_numbers() -> None:
    inputs = {"x": numbers("float64", [2, 2], 3.0, 0.0, 5.0, 7.0)}
    point = said(op="torch.prod", call="tgrad(torch.prod, x)", reference="105.0", inputs=inputs, mode="grad", out_index=1)
    assert (point.order, point.place, point.inputs) == ("grad", 1, {"x": [3.0, 0.0, 5.0, 7.0]})


def test_a_point_without_a_truth_is_taken_as_it_is_recorded() -> None:
    point = said(op="torch.log", call="torch.log(x)", reference="7.0", inputs={"x": numbers("float64", [1], -1.0)})
    assert (point.op, point.inputs, point.place) == ("log", {"x": -1.0}, None)


@pytest.mark.parametrize(("op", "call", "why"), [("torch.no_such_call", "torch.no_such_call(x)", "no op has a call of"),
                                                 ("torch.cumsum", "torch.cumsum(x + 1, 0).sum()", "gives the recorded truth")])  # fmt: skip
def test_what_the_catalogue_cannot_say_is_told(op: str, call: str, why: str) -> None:
    with pytest.raises(NotExpressibleError, match=why):
        said(
            op=op,
            call=call,
            reference="123.0",
            inputs={"x": numbers("float64", [2, 3], *range(6)), "y": numbers("float64", [5], *range(5))},
        )


def test_a_finding_names_a_defect_of_the_same_mode() -> None:
    def found(mode: str, call: str = "torch.exp(x)", order: str = "value") -> tuple[str, str, str, str]:
        return f"torch:cpu:{mode}", call, order, "float64"

    told = {"op": "torch.exp", "call": "torch.exp(x)", "reference": "1", "inputs": X}
    eager, compiled = known(**told), known(**told, mode="compile")
    assert eager.named_by(found("eager")) and not eager.named_by(found("compile"))  # noqa: PT018
    assert compiled.named_by(found("compile")) and not compiled.named_by(found("eager"))  # noqa: PT018
    assert not eager.named_by(found("eager", "torch.exp2(x)"))
    assert not eager.named_by(found("eager", order="grad"))
    assert eager.named_by(("torch:cpu:eager;mkldnn=off", "torch.exp(x)", "value", "float64"))
    assert (eager.target, compiled.target) == ("torch:cpu:eager", "torch:cpu:compile")
    assert eager.calls(Implementation("torch", "torch.exp(x)")) and not eager.calls(Implementation("jax", "torch.exp(x)"))  # noqa: PT018


def test_a_file_is_read_with_the_paths_that_a_compiler_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    told = record("torch.exp", "torch.exp(x)", "1.0", X)
    lines = [told, {**told, "mode": "grad", "path": "gradjit"}]
    path = tmp_path / "defects.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("ULPFUZZ_DEFECTS", str(path))
    first, second = listed()
    assert (first.compiled, first.order, second.compiled, second.order) == (False, "value", True, "grad")
    monkeypatch.setenv("ULPFUZZ_DEFECTS", str(tmp_path / "none"))
    assert listed() == []
