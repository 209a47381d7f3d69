"""The order of inputs: every op's case comes back from the store as its call takes it, at every order, from stores of before too."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from example_nouns import a_cell, a_finding, a_run

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Case, in_order
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.findings.case_record import case_from, case_of, record_of
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.finding import INFINITE, NOT_A_NUMBER, ZERO, CellSummary, Finding
from ulpfuzz.fuzzer.findings.headline import arrays_of, element_of, headline
from ulpfuzz.fuzzer.findings.payload import decode, encode
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.inputs.shapes import direction_counts
from ulpfuzz.reports.reproducer import script


def distinct(op: Op, order: str) -> Batch:
    """A row whose numbers are all different, in the op's order."""
    length = max(op.least_length(order), 2) if not op.lengths else max(op.lengths[0], op.least_length(order))
    shapes = {spec.name: spec.sizes(length) for spec in op.inputs}
    shapes |= {name: (count,) for name, count in direction_counts(op, op.default_params(), order, length).items()}
    start, inputs = 1, {}
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        inputs[name] = (1 + np.arange(start, start + size) * 2.0**-20).astype(np.float32).reshape(1, *shape)
        start += size
    return Batch("complex64" if "complex64" in op.dtypes else "float32", inputs)


def recorded(op: Op, order: str) -> Finding:
    batch = distinct(op, order)
    return a_finding(
        op=op.name,
        order=order,
        dtype=batch.dtype,
        params=op.default_params(),
        case=record_of(batch.case(0)),
        implementation="f()",
    )


def sorted_text(noun: Any) -> str:
    """As stores were written before: every dictionary sorted by name."""
    return json.dumps(json.loads(encode(noun)), sort_keys=True)


CASES = [(op, order) for op in ops().values() for order in op.orders]


def test_every_case_comes_back_in_the_order_of_its_op() -> None:
    unsorted = set()
    for op, order in CASES:
        finding, batch = recorded(op, order), distinct(op, order)
        names = [*[spec.name for spec in op.inputs], *(name for name in (COTANGENT, TANGENT) if name in batch.inputs)]
        if names != sorted(names):
            unsorted.add(op.name)
        assert list(batch.inputs) == names
        for text in (encode(finding), sorted_text(finding)):
            read = decode(Finding, text)
            where = f"{op.name} {order}"
            assert list(read.params) == list(op.params), where
            case = case_of(read)
            assert list(case.inputs) == list(read.case["inputs"]) == [a.name for a in arrays_of(read)] == names, where
            again = case.batch()
            assert all(np.array_equal(again.inputs[name], values) for name, values in batch.inputs.items()), where
            # Replay looks for the cell under this name.
            assert Cell(read.op, tuple(read.params.items()), read.dtype, read.order) == Cell(
                op.name, tuple(op.default_params().items()), read.dtype, order
            )
    assert len(unsorted) > 250  # the sorting would have been seen


def test_every_script_and_headline_takes_the_inputs_in_order() -> None:
    for op, order in CASES[::5]:  # a script takes 3 ms to write
        read = decode(Finding, sorted_text(recorded(op, order)))
        arrays = arrays_of(read)
        text = script(replace(read, target="torch:cpu:eager"), None, differentiable=op.differentiable_inputs)
        own = [a for a in arrays if a.name not in (COTANGENT, TANGENT)]
        places = [text.index(a.hexes[0]) for a in own]
        assert places == sorted(places), f"{op.name} {order}"
        line = headline(read, arrays, "")
        places = [found.start() for a in own if (found := re.search(rf"[( ]{a.name}=", line))]
        assert places == sorted(places), f"{op.name} {order}"


def test_every_gradient_is_named_by_its_own_input() -> None:
    for op in (op for op in ops().values() if "grad" in op.orders):
        read = decode(Finding, sorted_text(recorded(op, "grad")))
        arrays = {a.name: a for a in arrays_of(read)}
        worst = 0
        for name in op.differentiable_inputs:
            where = element_of(replace(read, worst=worst), list(arrays.values()), op.differentiable_inputs)
            assert where.partition("[")[0] == name, op.name
            # A case in whatever order has the same names.
            assert where == element_of(replace(read, worst=worst), list(arrays.values())[::-1], op.differentiable_inputs)
            worst += len(arrays[name].hexes)
    read = decode(Finding, sorted_text(recorded(op_named("layer_norm_affine"), "grad")))
    assert element_of(read, arrays_of(read), ("x", "w", "b")) == "x[0]"


def test_the_store_gives_findings_cells_and_facts_in_order(tmp_path: Any) -> None:
    op = op_named("layer_norm_affine")
    finding, run = recorded(op, "grad2"), a_run(1)
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.start_run(run)
        store.save_shard(run.id, "s", "{}", [a_cell(finding)], [finding])
        store.save_shard(run.id, "t", "{}", [a_cell(finding)], [replace(finding, severity=99.0)])  # merged
        (read,) = store.findings(run.id)
        assert list(read.case["inputs"]) == ["x", "w", "b", COTANGENT, TANGENT]
        assert list(store.finding(read.id).case["inputs"]) == ["x", "w", "b", COTANGENT, TANGENT]
    adam = op_named("adam")
    cell = decode(CellSummary, sorted_text(a_cell(recorded(adam, "value"))))
    assert list(cell.params) == list(adam.params)
    measured = (
        "value",
        "float16",
        "t",
        "f",
        "pairs",
        True,
        1,
        0.0,
        0.0,
        {"k": "0x1p+0", "n": "0x1p+1"},
        0.0,
        "",
        None,
        0,
        0,
        0,
        0,
        0,
        {},
        [],
    )
    assert decode(Fact, encode(Fact("binomial", {}, *measured))).at == {"n": "0x1p+1", "k": "0x1p+0"}
    assert list(decode(Fact, encode(Fact("binomial", {}, *measured))).at) == ["n", "k"]


def test_what_the_catalogue_does_not_know_stays_as_it_is() -> None:
    inputs = {"z": "0x1p+0", "a": "0x1p+1", COTANGENT: ["0x1p+0"]}
    case = {"dtype": "float32", "inputs": inputs, "placement": {"length": 1, "position": 0, "stride": 1}}
    gone = a_finding(op="no_such_op", params={"q": 1, "b": 2}, case=case)
    assert decode(Finding, encode(gone)) == gone
    assert list(decode(Finding, encode(gone)).case["inputs"]) == ["z", "a", COTANGENT]
    renamed = a_finding(op="lerp", params={}, case=case)
    assert list(decode(Finding, encode(renamed)).case["inputs"]) == ["z", "a", COTANGENT]


def test_what_stands_beside_the_inputs_is_kept() -> None:
    case = {
        **record_of(Case("float32", {"x": "0x1p+0"})), "nth": 2, "patience": 3.5,
        "right": {"placement": {"length": 1, "position": 0, "stride": 1}, "output": 0.5, "output_hex": "0x1p-1", "nth": 1},
    }  # fmt: skip
    read = decode(Finding, encode(a_finding(case=case)))
    assert read.case == case
    assert case_from(read.case) == Case("float32", {"x": "0x1p+0"})


def test_the_lanes_of_older_profiles_are_named() -> None:
    old = a_finding(profile=[[-1099.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0], [1099.0, 1.0, 1.0, 1.0]])
    assert [row[0] for row in decode(Finding, sorted_text(old)).profile] == [ZERO, 0.0, INFINITE]
    new = a_finding(profile=[[ZERO, 1.0, 1.0, 1.0], [INFINITE, 1.0, 1.0, 1.0], [NOT_A_NUMBER, 1.0, 1.0, 1.0]])
    assert decode(Finding, encode(new)) == new


def test_inputs_are_put_in_order_or_refused() -> None:
    assert list(in_order({TANGENT: 1, "b": 2, COTANGENT: 3, "a": 4}, ["b", "a"])) == ["b", "a", COTANGENT, TANGENT]
    batch = Batch("float32", {"w": np.ones(1, np.float32), "x": np.zeros(1, np.float32)})
    assert list(batch.ordered(["x", "w"]).inputs) == ["x", "w"]
    assert batch.ordered(["w", "x"]) is batch
    for wrong in ({"x": 1}, {"x": 1, "w": 2, "more": 3}):
        with pytest.raises(ValueError, match="where x, w are meant"):
            in_order(wrong, ["x", "w"])
