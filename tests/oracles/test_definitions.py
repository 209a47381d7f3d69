"""Every definition against an independent truth (tests.oracles.truth)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from tests.oracles.truth import BITS, Checked, truths, truths_by_family
from ulpfuzz.fuzzer.catalog.axes import Sizes, work_of
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.catalog.registry import catalogue, ops
from ulpfuzz.fuzzer.formats import FLOAT64
from ulpfuzz.fuzzer.inputs.structures import satisfy
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.function import flat

SCALARS = [
    1e-30, -1e-30, 1e-8, -1e-8, 0.25, 0.5, 1.0, -1.0, -0.5, 2.0, 2.5, -2.5, 5.75, -3.0, 7.0, 20.25, -20.25, 50.0, -50.0, 88.75,
    -88.75, 104.0, -104.0, 250.0, 0.999999999, 1 - 2.0**-53,
]  # fmt: skip

#: The product of the axes of a shape that is compared: truths in exact rationals take a while.
WORK_OF_POINTS = 80


def _scalar(rng: random.Random, entry: Input, index: int) -> float:
    while True:
        edge = rng.random() < 0.5
        value = rng.choice(SCALARS) if edge else rng.choice([rng.gauss(0, 3), rng.uniform(-1, 1), 10 ** rng.uniform(-12, 2)])
        if entry.integers:
            value = float(math.floor(abs(value))) % 2
        if entry.low <= value <= entry.high:
            return value


def points(op: Op, checked: Checked) -> Iterator[list[Any]]:
    """Seeded points of the domain, half of them edges; unary ops see every edge; one length for each point, 2 to 5 where the op has no own, or
    one of the shapes of few numbers where it has several axes."""
    rng = random.Random(f"definitions of {op.name}")
    if len(op.inputs) == 1 and op.elementwise and checked.draw is None:
        yield from ([x] for x in SCALARS if op.inputs[0].low <= x <= op.inputs[0].high)
    for _ in range(checked.points):
        usual = [n for n in op.lengths if n <= 6] or [n for n in range(2, 6) if n >= op.min_length] or [op.min_length]
        length: Any = rng.choice([s for s in op.shapes if work_of(s) <= WORK_OF_POINTS] if op.axes else usual)
        if checked.draw is not None:
            yield checked.draw(rng, length)
            continue
        yield [_input(rng, entry, i, length) for i, entry in enumerate(op.inputs)]


def _input(rng: random.Random, entry: Input, index: int, length: Sizes) -> Any:
    sizes = entry.sizes(length)
    numbers = np.asarray([_scalar(rng, entry, index) for _ in range(math.prod(sizes))]).reshape((1, *sizes))
    return satisfy(FLOAT64, entry, numbers)[0].tolist()


def _map(value: Any, function: Callable[[float], Any]) -> Any:
    return [_map(v, function) for v in value] if isinstance(value, list) else function(value)


@pytest.mark.parametrize("op", [o for o in ops().values() if o.name in truths()], ids=lambda op: op.name)
def test_definition_is_the_function(op: Op) -> None:
    checked = truths()[op.name]
    m, compared = Mp(checked.bits), 0
    floor = mpf(2) ** (300 - checked.bits) if checked.bits == BITS else mpf(checked.floor)
    for params in op.param_sets():
        function = function_of(op, params, "value")
        for point in points(op, checked):
            results = function.outputs(m, {i.name: _map(v, m.lift) for i, v in zip(op.inputs, point, strict=True)})
            with mp.workprec(checked.bits):
                try:
                    truth = checked(*_map(point, mpf), **params)
                except ZeroDivisionError:
                    continue
                for given, expected in zip(results, flat(truth), strict=True):
                    value = mp.make_mpf(given._mpf_)
                    if not mp.isfinite(expected):
                        assert not mp.isfinite(value), f"{op.name}{point} {params} = {mp.nstr(value, 20)}, not {expected}"
                        continue
                    compared += 1
                    assert abs(value - expected) <= checked.agree * abs(expected) + floor, (
                        f"{op.name}{point} {params} = {mp.nstr(value, 30)}, independently {mp.nstr(expected, 30)}"
                    )
    assert compared >= 20


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("sinc", [0.0], 1.0), ("entr", [0.0], 0.0), ("xlogy", [0.0, 0.0], 0.0), ("xlog1py", [0.0, -1.0], 0.0),
        ("rel_entr", [0.0, 0.5], 0.0), ("cbrt", [0.0], 0.0), ("cbrt", [-27.0], -3.0), ("elu", [0.0], 0.0), ("relu6", [6.0], 6.0),
        ("pow", [0.0, 0.0], 1.0), ("pow", [-2.0, 0.5], math.nan), ("logit", [2.0], math.nan),
        ("fmod", [1e300, 7.0], math.fmod(1e300, 7)),
        ("remainder", [-1e300, 7.0], -1e300 % 7.0), ("remainder", [5.0, -3.0], -1.0), ("floor_divide", [6.0, 3.0], 2.0),
        ("floor_divide", [-1.0, 3.0], -1.0), ("atan2", [0.0, -1.0], math.pi), ("norm", [[0.0, 0.0]], 0.0),
        ("var", [[1e8, 1e8]], 0.0),
        ("normalize", [[0.0]], 0.0), ("cosine_similarity", [[0.0], [1.0]], 0.0), ("log", [-1.0], math.nan),
        ("acosh", [0.5], math.nan),
    ],
)  # fmt: skip
def test_singled_out_points(name: str, point: list[Any], expected: float) -> None:
    m, op = Mp(256), ops()[name]
    (result,) = {m.double(v)[0] for v in function_of(op, op.default_params(), "value").outputs(
        m, {i.name: _map(v, m.lift) for i, v in zip(op.inputs, point, strict=True)})}  # fmt: skip
    assert result == expected or (math.isnan(result) and math.isnan(expected))


def test_every_op_has_an_independent_truth() -> None:
    assert not [op.name for op in ops().values() if op.name not in truths() or not op.verified]


def test_the_truth_of_an_op_stands_in_the_module_of_its_family() -> None:
    homes = {name: family for family, module in truths_by_family().items() for name in module}
    assert {op.name: op.family for op in catalogue().values()} == {name: homes[name] for name in catalogue()}
