"""Ways: how a record may be said by an op: which recorded array or constant is which input and param, in which shape, the likeliest first."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.known_defects import KnownDefect
from ulpfuzz.fuzzer.case import COTANGENT, TANGENT
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.inputs.shapes import direction_counts, length_in
from ulpfuzz.fuzzer.point.point import params_of

#: Combinations of params, of inputs, and unit tangents at most.
PARAM_SETS, ASSIGNMENTS, TANGENTS = 64, 1000, 16
#: Whole params below it: an order, an axis, a count.
WHOLE = 1000
#: Whole numbers in a call that may be a length.
LENGTHS = range(2, 8193)
#: Of the records' helpers, the keywords that are no constants of the call: which input, how many times.
HELPERS = ("tgrad", "jgrad", "fgrad")
#: Keywords of any call that say where, not what.
AXES = ("dim", "dims", "axis", "axes")
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """A probe of an op. strange: what of the call is not used, inputs of another name, params that are not the call's, other shapes; as_recorded:
    every array has the recorded shape."""

    op: Op
    params: dict[str, Any]
    inputs: dict[str, Any]
    strange: tuple[int, int, int, int]
    as_recorded: bool


@dataclass(frozen=True)
class _Choice:
    """One input's value: of which recorded arrays, none for a constant; how far it is from as it is recorded."""

    sources: tuple[str, ...]
    cost: int
    value: Any


def ways_of(ops: Iterable[Op], defect: KnownDefect) -> Iterator[Way]:
    """The least strange first."""
    yield from sorted(itertools.chain.from_iterable(_ways(op, defect) for op in ops), key=lambda way: way.strange)


def _ways(op: Op, defect: KnownDefect) -> Iterator[Way]:
    recorded = {name: _numbers(spec) for name, spec in defect.record["input"].items()}
    constants, mentioned = _constants(defect.record["call"])
    needed = {name for name in recorded if name in mentioned}
    scalars = {name: float(a.reshape(-1)[0]) for name, a in recorded.items() if a.size == 1}
    choices = [_choices(spec, recorded, constants) for spec in op.inputs]
    for params in _params(op, [*constants, *scalars.values()]):
        told = [v for v in params.values() if isinstance(v, (int, float)) and not isinstance(v, bool)]
        for chosen in itertools.islice(itertools.product(*choices), ASSIGNMENTS):
            used = {name for choice in chosen for name in choice.sources} | {n for n, v in scalars.items() if v in told}
            if not needed <= used:
                continue
            unused = sum(c not in told and c not in [choice.value for choice in chosen] for c in constants)
            renamed = sum(choice.sources != (spec.name,) for spec, choice in zip(op.inputs, chosen, strict=True))
            usual = sum(
                not _written(op.params[name], value, constants, scalars) for name, value in params.items() if value in told
            )
            cost = sum(choice.cost for choice in chosen)
            inputs = {spec.name: choice.value for spec, choice in zip(op.inputs, chosen, strict=True)}
            for directions in _directions(op, params, defect.order, inputs, constants):
                strange = unused, renamed, usual, cost + len(directions)
                yield Way(op, params, {**inputs, **directions}, strange, not cost and not directions)


def _written(values: tuple[Any, ...], value: Any, constants: list[float], scalars: Mapping[str, float]) -> bool:
    """Whether a number of a param is one that the record writes: a whole one for a param of whole numbers, a fraction for the others."""
    whole = all(isinstance(v, int) for v in values)
    return value in scalars.values() or any(c == value and isinstance(c, int) == whole for c in constants)


def _choices(spec: Input, recorded: Mapping[str, Numbers], constants: list[float]) -> list[_Choice]:
    found = []
    for name, array in recorded.items():
        found += [_Choice((name,), cost, value.tolist()) for cost, value in _arrangements(spec, array, recorded)]
    if spec.scalar:
        found += [_Choice((), cost, value) for cost, value in enumerate([*constants, 0.0, 1.0])]
    elif len(spec.stored) == 1:
        if spec.axes_of((len(recorded),)) is not None and all(
            a.size == 1 for a in recorded.values()
        ):  # numbers that the op takes as one row
            for names in itertools.permutations(recorded):
                row = [float(recorded[name].reshape(-1)[0]) for name in names]
                found.append(_Choice(names, 0 if row == sorted(row) else 1, row))
        sizes = {a.size for a in recorded.values()} | {int(c) for c in constants if c in LENGTHS}
        found += [_Choice((), cost, [value] * size) for size in sizes for cost, value in enumerate((1.0, 0.0))]
    return found


def _arrangements(spec: Input, array: Numbers, recorded: Mapping[str, Numbers]) -> Iterator[tuple[int, Numbers]]:
    """An array as an input takes it, and how far that is from as it is recorded: as it is, without axes of 1, transposed, flat; a label as a
    one-hot row."""
    depth = len(spec.stored)
    if spec.complex and array.shape[-1:] != (2,):
        return
    flat = array.reshape(-1, 2) if spec.complex else array.reshape(-1)
    if depth == int(spec.complex):
        yield 0, flat[0] if len(flat) == 1 else flat
        return
    squeezed = np.squeeze(array)
    shapes = [array, squeezed, flat, squeezed.T, flat[np.newaxis], flat[:, np.newaxis]]
    if flat.size == 1:
        sizes = {other.shape[-1] for other in recorded.values() if other.ndim}
        shapes += [np.eye(size)[int(flat[0])] for size in sizes if 0 <= flat[0] < size and flat[0] == int(flat[0])]
    seen = set()
    for cost, shaped in enumerate(shapes):
        if shaped.ndim in (depth, depth + 1) and spec.axes_of(shaped.shape[shaped.ndim - depth :]) is not None:
            key = (shaped.shape, shaped.tobytes())
            if key not in seen:
                seen.add(key)
                yield cost, shaped


def _params(op: Op, numbers: list[float]) -> Iterator[dict[str, Any]]:
    """Usual values in all combinations, and the record's numbers where a param is one."""
    choices = []
    for values in op.params.values():
        numeric = any(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
        whole = all(isinstance(v, int) for v in values)
        more = [int(c) if whole else c for c in numbers if not whole or (c == int(c) and abs(c) < WHOLE)] if numeric else []
        choices.append([*values, *(c for c in more if c not in values)])
    for combination in itertools.islice(itertools.product(*choices), PARAM_SETS):
        try:
            yield params_of(op, dict(zip(op.params, combination, strict=True)))
        except UserError:
            continue


def _directions(
    op: Op, params: Mapping[str, Any], order: str, inputs: Mapping[str, Any], constants: list[float]
) -> Iterator[dict[str, Any]]:
    """Cotangents of ones and of the call's constants; tangents of ones and along each number."""
    yield {}
    if op.elementwise or order == "value":
        return
    length = length_in(op, {spec.name: np.asarray(inputs[spec.name])[np.newaxis] for spec in op.inputs})
    if length is None:
        return
    try:
        counts = direction_counts(op, params, order, length)
    except (ValueError, IndexError, TypeError, ZeroDivisionError):  # a definition that takes no such length
        return
    cotangents: list[Any] = [[c] * counts[COTANGENT] for c in (1.0, *constants)] if COTANGENT in counts else [None]
    tangents: list[Any] = [*np.eye(counts[TANGENT])[:TANGENTS].tolist()] if counts.get(TANGENT) else [None]
    for cotangent, tangent in itertools.product(cotangents, tangents):
        yield {n: v for n, v in ((COTANGENT, cotangent), (TANGENT, tangent)) if v is not None}


def _numbers(spec: Mapping[str, Any]) -> Numbers:
    """A recorded array in binary64; complex numbers as pairs along a last axis."""
    kind, values, shape = spec["dtype"], spec["values"], tuple(spec["shape"])
    if kind.startswith("complex"):
        return np.array([[float.fromhex(part) for part in pair] for pair in values]).reshape(*shape, 2)
    read = (lambda v: float(int(v))) if kind.startswith("int") else float.fromhex
    return np.array([read(v) for v in values], np.float64).reshape(shape)


def _constants(call: str) -> tuple[list[float], set[str]]:
    """The numbers that a call writes, and the names that it mentions."""
    found: list[float] = []
    tree = ast.parse(call, mode="eval")
    helpers = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in HELPERS]
    skipped = {id(keyword.value) for helper in helpers for keyword in helper.keywords}
    skipped |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg in AXES}
    negated = [n for n in ast.walk(tree) if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub)]
    minus = {id(node.operand) for node in negated}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and id(node) not in skipped:
            found.append(-node.value if id(node) in minus else node.value)
    return list(dict.fromkeys(found)), {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
