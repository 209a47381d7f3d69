"""Every documented fact of the catalogue: an answer that is right by it is labelled, another is not. No framework is asked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_frameworks import Planted

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import FRAMEWORKS, Documented, Implementation, Input, Op
from ulpfuzz.fuzzer.catalog.registry import catalogue, op_named
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.label import DOCUMENTED
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.targets import target as targets
from ulpfuzz.fuzzer.inputs.shapes import output_count
from ulpfuzz.fuzzer.judge.contract import facts_at
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.fuzzer.proof.label import Element, set_aside
from ulpfuzz.oracles.arithmetic.stepwise import rounded_steps

#: Ordinary numbers; the first in an input's domain is taken.
ORDINARY = (0.75, 1.5, 3.0, 9.0, 24.0, -1.5, 1.0, 0.0)
_CONDITION = re.compile(r"([\w.]+)(~?)(<=|>=|[<>=]?)(.+)")

Fact = tuple[Op, Implementation, Documented]


def facts() -> Iterator[Fact]:
    """Each fact with the first call that it is said of."""
    for op in catalogue().values():
        said = [(fact, i) for i in op.implementations for fact in (*i.documented, *op.documented)]
        seen: list[Documented] = []
        for fact, implementation in said:
            spoken = fact.speaks_of(implementation.framework, (*fact.dtypes, "float32")[0], (*fact.orders, "value")[0])
            if spoken and fact not in seen:
                seen.append(fact)
                yield op, implementation, fact


def told_apart(fact: Fact) -> str:
    op, implementation, said = fact
    return "-".join([op.name, implementation.framework, *said.orders[:1], *said.dtypes, said.definition or said.where])


class Measured(Planted):
    """Only the flush policy is asked of it: it has none."""

    def __init__(self, name: str) -> None:
        super().__init__(lambda *inputs: np.zeros(1), lambda right, batch: right)
        self.name = name


@pytest.fixture(scope="module", autouse=True)
def frameworks() -> Iterator[None]:
    def made(name: str) -> Callable[[], Any]:
        return lambda: Measured(name)

    for name in FRAMEWORKS:
        targets.register(name, made(name))
    yield
    for name in FRAMEWORKS:
        targets.unregister(name)


def ordinary(spec: Input, n: int) -> NDArray[np.float64]:
    shape = spec.sizes(n)
    if spec.square and spec.structure:
        return np.eye(n)
    first = 1.0 if spec.integers and spec.low <= 1 <= spec.high else next(v for v in ORDINARY if spec.low <= v <= spec.high)
    values = np.full(shape, first)
    if spec.structure == "ascending":
        values = np.cumsum(values, axis=-1)
    return values / values.sum() if spec.structure == "simplex" else values


def values_of(relation: str, text: str) -> list[float]:
    """Numbers in that relation to a number."""
    edge = float(text)
    if relation in ("", "=", "<=", ">="):
        return [edge]
    up = relation == ">"
    ways = [edge * 2, edge + 1, 1.0] if up else [edge / 2, edge * 2, edge - 1]
    return [v for v in ways if (v > edge if up else v < edge)]


def points(op: Op, fact: Documented, n: int) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Rows of which the fact may be said: ordinary ones with the numbers that its pattern names."""
    base = {i.name: ordinary(i, n) for i in op.inputs}
    if fact.where == "any":
        most = {"x": 21.0} if fact.arithmetic == "exact" else {"g": 2.0**127}
        yield {name: np.full_like(v, most[name]) if name in most else v for name, v in base.items()}
        return
    structures = {i.name: i.structure for i in op.inputs}
    for alternative in fact.where.split("|"):
        rows = [base]
        for condition in alternative.split(","):
            name, some, relation, text = _CONDITION.fullmatch(condition).groups()  # type: ignore[union-attr]
            if name not in base:  # a param, of which all are tried
                continue
            rows = [
                {**row, name: planted(row[name], value, some=bool(some), structure=structures[name])}
                for row in rows
                for value in values_of(relation, text)
            ]
        yield from rows


def planted(values: NDArray[np.float64], value: float, *, some: bool, structure: str) -> NDArray[np.float64]:
    changed = values.copy()
    if not some:
        changed[...] = value
        return changed
    changed.flat[0] = value
    if structure == "simplex" and math.isfinite(value):
        changed.flat[1:] = (1 - value) / (changed.size - 1)
    return changed


def examination(fact: Fact) -> tuple[Evaluator, Subject, Batch]:
    """An evaluator of one call, and a row of which the fact is said."""
    op, implementation, said = fact
    order = (*said.orders, "value" if "value" in op.orders else op.orders[0])[0]
    named = said.dtypes or ("float32", "float64", *op.dtypes)
    for params in op.param_sets():
        for dtype in named:
            if not implementation.supports(dtype, order, params):
                continue
            fmt = format_named(dtype)
            n = max(2, op.least_length(order), min(op.lengths, default=2))
            for inputs in points(op, said, n):
                row = dict(inputs)
                outputs = output_count(op, params, n)
                if not op.elementwise and order in ("grad", "grad2"):
                    row[COTANGENT] = np.ones(outputs)
                if not op.elementwise and order in ("jvp", "grad2"):
                    row[TANGENT] = np.ones(sum(inputs[name].size for name in op.differentiable_inputs))
                batch = Batch(dtype, {name: np.asarray(v, np.float64)[np.newaxis].astype(fmt.dtype) for name, v in row.items()})
                if said in facts_at(op, implementation, params, batch, order):
                    subject = Subject(implementation.framework + ":cpu:eager", implementation)
                    return Evaluator(Cell(op.name, tuple(params.items()), dtype, order), [subject]), subject, batch
    raise AssertionError(f"no point where it is said: {said}")


def right_by(said: Documented, evaluator: Evaluator, batch: Batch) -> NDArray[np.float64] | None:
    """The outputs that the fact says; None where it leaves them open."""
    if said.open:
        return None
    held = evaluator.by_definition(said.definition or evaluator.op.definition, said.constants, differentiate=said.differentiate)
    if said.arithmetic == "state":
        single = {name: values[0] for name, values in batch.exact().items()}
        return np.array(rounded_steps(held.function, single, held.format.round))
    if said.value is None:
        return held.references.reference(batch, []).value[0]
    value = said.value[0] if isinstance(said.value, tuple) else said.value
    number = float(batch.exact()[value].ravel()[0]) if isinstance(value, str) else value
    return np.full(evaluator.references.reference(batch, []).shape[1], number)


def labelled(evaluator: Evaluator, subject: Subject, batch: Batch, outputs: NDArray[np.float64]) -> str:
    label = set_aside(evaluator, subject, Element(batch, outputs.astype(evaluator.format.dtype), 0, Symptom.precision))
    return "" if label is None else label.name


@pytest.mark.parametrize("fact", list(facts()), ids=told_apart)
def test_an_answer_that_is_right_by_the_fact_is_documented_and_another_is_not(fact: Fact) -> None:
    evaluator, subject, batch = examination(fact)
    outputs = right_by(fact[2], evaluator, batch)
    if outputs is None:
        assert (
            labelled(evaluator, subject, batch, np.full(evaluator.references.reference(batch, []).shape[1], 1234.5)) == DOCUMENTED
        )
        return
    assert labelled(evaluator, subject, batch, outputs) == DOCUMENTED
    first = outputs[0]
    wrong = outputs.copy()
    wrong[0] = first + 4 * (1 + abs(first)) if math.isfinite(first) else 0.8125
    assert labelled(evaluator, subject, batch, wrong) != DOCUMENTED


def test_every_fact_names_a_page() -> None:
    for op, _, fact in facts():
        assert re.match(r"https://[\w.]+/\S+$", fact.source), (op.name, fact)


def test_an_update_in_the_dtype_of_its_state_overflows_where_the_page_says_so() -> None:
    """torch.optim.Adam's page: v = beta2 v + (1 - beta2) g^2 is infinite for g = 1e30 in binary32, and with it the step is zero."""
    function = function_of(op_named("adam"), op_named("adam").default_params(), "value")
    inputs = {name: np.float64(v) for name, v in {"p": 0.5, "g": 1e30, "u": 0.0, "v": 0.0}.items()}
    assert rounded_steps(function, inputs, format_named("float32").round) == [0.5]
    assert rounded_steps(function, inputs, format_named("float64").round) == pytest.approx([0.5 - 2.0**-10], rel=1e-15)
