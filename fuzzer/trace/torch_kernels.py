"""Which op of the catalogue an ATen kernel is: derived by running the catalogue's own torch expressions and looking at what they call.

An expression that is one kernel over the op's own inputs says what that kernel computes, in the order and with the constants of its arguments.
Nothing here is written by hand, so that the map follows the catalogue and the installed torch.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.catalog.everyday import everyday_lengths
from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.frameworks.backends.expression import function_of
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.inputs.everyday import sample
from ulpfuzz.fuzzer.trace.graph import Foreign
from ulpfuzz.fuzzer.trace.single import Meaning
from ulpfuzz.fuzzer.trace.torch_expressions import recorded

#: Rows of a call: no size of any axis is the same.
ROWS = 3
#: Calls that copy or move numbers and compute none.
_NO_KERNEL = ("lift_fresh", "_to_copy", "clone", "contiguous", "alias")
#: Arguments that say along which axis, or whether it stays: a caller's own may be others.
_AXIS = ("dim", "keepdim")


@dataclass(frozen=True)
class CatalogueKernel:
    """An op as a kernel computes it. slots: for each argument of the kernel's schema the name of an input, or None for a constant; constants:
    the others by name, but for axes."""

    meaning: Meaning
    slots: tuple[str | None, ...]
    constants: Mapping[str, Any]
    #: Whether its rows are vectors along an axis that the kernel names.
    along: bool

    def batch(self, func: Foreign, args: Foreign, kwargs: Foreign) -> tuple[dict[str, Any], int | None] | None:
        """The caller's tensors by input, and its axis; None where the call is another one than the catalogue's."""
        values = bound(func, args, kwargs)
        names = [a.name for a in func._schema.arguments]
        if any(not _same(values[name], constant) for name, constant in self.constants.items()):
            return None
        tensors = {slot: values[name] for slot, name in zip(self.slots, names, strict=True) if slot is not None}
        if not self.along:
            return tensors, None
        axis = values.get("dim")
        axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
        return (tensors, axis) if isinstance(axis, int) else None


def bound(func: Foreign, args: Foreign, kwargs: Foreign) -> dict[str, Any]:
    """The arguments of a call by their names in its schema, defaults included."""
    values = {}
    for place, argument in enumerate(func._schema.arguments):
        default = argument.default_value if argument.has_default_value() else None
        values[argument.name] = args[place] if place < len(args) else kwargs.get(argument.name, default)
    return values


def _same(value: Foreign, constant: Foreign) -> bool:
    return (type(value) is type(constant) and bool(value == constant)) or (value is None and constant is None)


@cache
def catalogue_kernels() -> dict[str, tuple[CatalogueKernel, ...]]:
    """By the kernel's overload (aten._softmax.default) the ops that are this kernel alone; some seconds, once."""
    torch: ModuleType = importlib.import_module("torch")
    found: dict[str, list[CatalogueKernel]] = {}
    rng = np.random.default_rng(0)
    with warnings.catch_warnings(), torch.no_grad(), torch.random.fork_rng(devices=[]), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for op in catalogue().values():
            if any(i.complex or i.integers for i in op.inputs) or not op.inputs or "value" not in op.orders:
                continue
            inputs = _inputs(op, rng, torch)
            for implementation, params in _calls(op):
                if (one := _kernel(op, implementation, params, inputs, torch)) is not None:
                    found.setdefault(one[0], []).append(one[1])
    return {name: tuple(kernels) for name, kernels in found.items()}


def _calls(op: Op) -> Iterator[tuple[Implementation, dict[str, Any]]]:
    for implementation in op.of("torch"):
        for params in op.param_sets():
            if implementation.supports("float32", "value", params):
                yield implementation, params


def _inputs(op: Op, rng: np.random.Generator, torch: ModuleType) -> dict[str, Any]:
    batch = sample(op, "float32", rng, ROWS, everyday_lengths(op)[0])
    assert batch is not None
    return {name: torch.tensor(np.ascontiguousarray(values)) for name, values in batch.inputs.items()}


def _kernel(
    op: Op, implementation: Implementation, params: Mapping[str, Any], inputs: Mapping[str, Any], torch: ModuleType
) -> tuple[str, CatalogueKernel] | None:
    function = function_of(Call(op, implementation, params), {"torch": torch}, _NoParts())
    try:
        calls = [c for c in recorded(lambda: function(*inputs.values())) if c[0]._overloadpacket.__name__ not in _NO_KERNEL]
    except Exception:  # torch's own, of an expression that wants other sizes
        return None
    if len(calls) != 1:
        return None
    func, args, kwargs = calls[0]
    values = bound(func, args, kwargs)
    slots = tuple(_slot(values[a.name], inputs, torch) for a in func._schema.arguments)
    if {s for s in slots if s is not None} != set(inputs):
        return None
    constants = {}
    for argument, slot in zip(func._schema.arguments, slots, strict=True):
        value = values[argument.name]
        if slot is None and isinstance(value, torch.Tensor):
            return None
        if slot is None and argument.name not in _AXIS:
            constants[argument.name] = value
    along = "dim" in values
    if not op.elementwise and not (along and all(len(i.axes) <= 1 for i in op.inputs)):
        return None
    return str(func), CatalogueKernel(Meaning(op, implementation, dict(params)), slots, constants, along)


class _NoParts:
    """Complex numbers have no kernels here."""

    def joined(self, pairs: Foreign) -> Foreign:
        return pairs

    def split(self, result: Foreign) -> Foreign:
        return result


def _slot(value: Foreign, inputs: Mapping[str, Any], torch: ModuleType) -> str | None:
    """The input that an argument is, whole, perhaps seen otherwise."""
    if not isinstance(value, torch.Tensor):
        return None
    return next((n for n, x in inputs.items() if value.data_ptr() == x.data_ptr() and value.shape == x.shape), None)
