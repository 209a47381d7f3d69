"""What a framework has that a plugin writes, with InProcess and without; and that nobody looks into one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ulpfuzz.fuzzer
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar
from ulpfuzz.fuzzer.frameworks.framework import Call, Framework
from ulpfuzz.fuzzer.frameworks.in_process import InProcess, adopted
from ulpfuzz.fuzzer.frameworks.targets import target as targets
from ulpfuzz.fuzzer.frameworks.targets.target import Target, framework_for, supported
from ulpfuzz.fuzzer.judge.flush import FlushPolicy

IMPLEMENTATION = Implementation("mine", "x")
JOB = Call(Op("mine_op", (scalar("x"),), (IMPLEMENTATION,)), IMPLEMENTATION, {})
BATCH = Batch("float32", {"x": np.float32([1, 2])})


class Mine(InProcess):
    """As its docstring says that one is written."""

    name, version = "mine", "1.0"

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        x = batch.inputs["x"]
        return (x * batch.inputs["y"] if "y" in batch.inputs else x)[:, np.newaxis]

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(call, batch.repeat(placement.length))


class Older:
    """As one was written before there was InProcess; `counts`: whether it counts what it compiles."""

    name = "mine"

    def __init__(self, counts: bool = False) -> None:
        self.version, self.lengths = "0.9", (1, 2)
        if counts:
            self.compile_seconds = 0.0

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        if "compile_seconds" in vars(self):
            self.compile_seconds += 0.5
        return Mine().evaluate(call, batch)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(call, batch.repeat(placement.length))


def rows(framework: Framework, call: Call, factor: int) -> int:
    return len(framework.evaluate(call, BATCH)) * factor


@pytest.fixture(params=[Mine, Older])
def plugin(request: pytest.FixtureRequest) -> Iterator[Framework]:
    targets.register("mine", request.param)
    yield framework_for(Target("mine"))
    targets.unregister("mine")


def test_what_a_plugin_does_not_write_has_a_default(plugin: Framework) -> None:
    plugin.start()
    assert (plugin.name, plugin.version) in (("mine", "1.0"), ("mine", "0.9"))
    assert plugin.lengths in (None, (1, 2))
    assert (plugin.compile_seconds, dict(plugin.switches), plugin.in_own_process) == (0.0, {}, False)
    assert plugin.evaluate(JOB, BATCH).tolist() == [[1], [2]]
    assert plugin.evaluate_placed(JOB, BATCH.take(slice(1)), Placement(3)).tolist() == [[1], [1], [1]]
    assert plugin.device_sweep(JOB) is None
    assert plugin.apply(rows, JOB, 3) == plugin.apply(rows, JOB, factor=3) == 6
    plugin.end()
    assert plugin.evaluate(JOB, BATCH).tolist() == [[1], [2]]
    assert targets.flush_policy(Target("mine"), "float32") == FlushPolicy(inputs=False, outputs=False)
    assert supported(JOB.op, Target("mine"), "float32", "value", {}) == [IMPLEMENTATION]


def test_an_older_plugin_is_asked_what_it_has() -> None:
    framework = adopted(Older(counts=True))
    framework.evaluate(JOB, BATCH)
    framework.evaluate(JOB, BATCH)
    assert framework.compile_seconds == 1.0
    assert framework.lengths == (1, 2)


def test_what_has_every_member_is_taken_as_it_is() -> None:
    mine = Mine()
    assert adopted(mine) is mine
    assert adopted(adopted(Older())).version == "0.9"


def test_a_framework_that_computes_nothing_is_none() -> None:
    class Nothing(InProcess):
        name, version = "nothing", "1"

    with pytest.raises(TypeError, match="abstract"):
        Nothing()  # type: ignore[abstract]


def test_nobody_looks_into_a_framework() -> None:
    """Framework says what one has: nobody asks for its class, or whether it has something."""
    found = []
    for path in Path(ulpfuzz.fuzzer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "hasattr", "getattr"):
                asked, about = ast.unparse(node.args[0]), ast.unparse(node.args[1])
                named = isinstance(node.args[0], ast.Name | ast.Attribute) and "framework" in asked.lower()
                if named or about in ("Hosted", "InProcess", "Framework"):
                    found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    assert found == []
