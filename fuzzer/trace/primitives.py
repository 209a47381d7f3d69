"""Which op of the catalogue a primitive is: derived by running the catalogue's own expressions, and looking which of them are that primitive alone.

Nothing is written by hand, so that the map follows the catalogue and the installed framework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign
from ulpfuzz.fuzzer.trace.meanings import distinct, expression_of, inputs_of, meanings_of
from ulpfuzz.fuzzer.trace.single import Meaning

#: What a slot holds that is the result of the forward call.
RESULT = "(result)"
#: What no expression has that is one primitive: functions over rows, which are graphs of their own, and layers, which are built anew each time.
_NOT_ONE = ("lambda", "vmap(", "_map(", "map_fn(", "tf.function(", "tf.keras.layers.")
#: Params of a primitive that say along which axis, or that follow from its inputs: a caller's own may be others.
FREE = (
    "axis", "axes", "dimension", "keep_dims", "T", "Tidx", "Tparams", "dtype", "out_sharding", "sharding", "shape", "preferred_element_type",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A primitive that running an expression made. operands: each the name of an input that it is, whole; a number that all its elements are; or
    None of anything else."""

    kernel: str
    operands: Sequence[str | float | None]
    params: Mapping[str, Any]


@dataclass(frozen=True)
class CataloguePrimitive:
    """An op as a primitive computes it. slots: for each operand the name of an input, or the number that it must be."""

    meaning: Meaning
    slots: tuple[str | float, ...]
    constants: Mapping[str, Any]

    @property
    def fixed(self) -> int:
        """Operands that must be a certain number."""
        return sum(not isinstance(s, str) for s in self.slots)

    def arrays(self, operands: Sequence[Bits], params: Mapping[str, Any] | None) -> dict[str, Bits] | None:
        """The caller's arrays by input; None where the call is another one than the catalogue's."""
        given = params or {}
        if any(n not in given or not _same(given[n], v) for n, v in self.constants.items()):
            return None
        found = {}
        for slot, operand in zip(self.slots, operands, strict=False):
            if isinstance(slot, str):
                found[slot] = operand
            elif not operand.size or not bool((operand.astype(np.float64) == slot).all()):
                return None
        return found


@dataclass(frozen=True)
class CatalogueGradient:
    """The gradient of an op, by its one differentiable input, as a primitive of a backward pass computes it. of, primitive: the forward call's.
    slots: for each operand an input, COTANGENT, RESULT of the forward call, or the number that it must be."""

    meaning: Meaning
    of: str
    primitive: CataloguePrimitive
    slots: tuple[str | float, ...]
    constants: Mapping[str, Any]


def matching(
    kernels: Sequence[CataloguePrimitive], operands: Sequence[Bits], params: Mapping[str, Any] | None
) -> list[tuple[Meaning, dict[str, Bits]]]:
    """What a call may be, with its arrays by input: of the ops those that fix the fewest of its operands. A product with pi / 180 is that product,
    of the number that its rounding is, before it is deg2rad."""
    found = [(k, arrays) for k in kernels if (arrays := k.arrays(operands, params)) is not None]
    fewest = min((k.fixed for k, _ in found), default=0)
    return [(k.meaning, arrays) for k, arrays in found if k.fixed == fewest]


def _same(value: Foreign, constant: Foreign) -> bool:
    if value is constant:
        return True
    try:
        return bool(value == constant)
    except Exception:  # a framework's own objects may compare as arrays
        return False


def catalogue_primitives(
    framework: str,
    modules: Mapping[str, Any],
    made: Callable[[Callable[..., Any], Mapping[str, Bits]], Sequence[Made]],
) -> dict[str, tuple[CataloguePrimitive, ...]]:
    """By the primitive's name the ops that are this primitive alone. made: runs a function of a framework over inputs, and says which
    primitives that was, but for those that only move numbers; it raises what the framework raises."""
    found: dict[str, list[CataloguePrimitive]] = {}
    for meaning, inputs, function in _expressions(framework, modules, "value"):
        try:
            with np.errstate(all="ignore"):
                calls = made(function, inputs)
        except Exception:  # the framework's own, of an expression that wants other sizes
            continue
        if len(calls) == 1 and (one := _primitive(meaning, calls[0], inputs)) is not None:
            found.setdefault(calls[0].kernel, []).append(one)
    return {name: distinct(some) for name, some in found.items()}


def catalogue_gradients(
    framework: str,
    modules: Mapping[str, Any],
    made: Callable[[Callable[..., Any], Mapping[str, Bits], str], tuple[Sequence[Made], Sequence[Made]]],
) -> dict[str, tuple[CatalogueGradient, ...]]:
    """By the primitive's name the gradients that are this primitive alone. made: as of catalogue_primitives, and of the backward pass by the input
    of that name, whose operands may be COTANGENT and RESULT."""
    found: dict[str, dict[str, CatalogueGradient]] = {}
    for meaning, inputs, function in _expressions(framework, modules, "grad"):
        if len(meaning.op.differentiable_inputs) != 1:
            continue
        try:
            with np.errstate(all="ignore"):
                forward, backward = made(function, inputs, meaning.op.differentiable_inputs[0])
        except Exception:  # the framework's own
            continue
        if len(forward) != 1 or len(backward) != 1 or (known := _primitive(meaning, forward[0], inputs)) is None:
            continue
        slots = tuple(o for o in backward[0].operands if o is not None)
        named = {s for s in slots if isinstance(s, str)}
        if len(slots) != len(backward[0].operands) or COTANGENT not in named or not (RESULT in named or named >= {*inputs}):
            continue
        constants = {n: v for n, v in backward[0].params.items() if n not in FREE}
        one = CatalogueGradient(meaning, forward[0].kernel, known, slots, constants)
        found.setdefault(backward[0].kernel, {}).setdefault(f"{meaning.op.name} {meaning.params} {slots} {constants}", one)
    return {name: tuple(alike.values()) for name, alike in found.items()}


def _primitive(meaning: Meaning, made: Made, inputs: Mapping[str, Bits]) -> CataloguePrimitive | None:
    """A primitive as the op over these inputs; None where it takes anything else."""
    slots = tuple(o for o in made.operands if o is not None)
    if len(slots) != len(made.operands) or sorted(s for s in slots if isinstance(s, str)) != sorted(inputs):
        return None
    return CataloguePrimitive(meaning, slots, {n: v for n, v in made.params.items() if n not in FREE})


def _expressions(
    framework: str, modules: Mapping[str, Any], order: str
) -> Iterator[tuple[Meaning, dict[str, Bits], Callable[..., Any]]]:
    """The catalogue's calls at an order, with inputs to run each on."""
    rng = np.random.default_rng(0)
    for op in catalogue().values():
        if not op.inputs or order not in op.orders or any(i.complex or i.integers or len(i.axes) > 1 for i in op.inputs):
            continue
        inputs = inputs_of(op, rng)
        for meaning in meanings_of(op, framework, order):
            if not any(word in meaning.implementation.call for word in _NOT_ONE):
                yield meaning, inputs, expression_of(meaning, modules)
