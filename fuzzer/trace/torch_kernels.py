"""Which op of the catalogue an ATen kernel is: derived by running the catalogue's own torch expressions and looking at what they call.

An expression that is one kernel over the op's own inputs says what that kernel computes, in the order and with the constants of its arguments.
Nothing here is written by hand, so that the map follows the catalogue and the installed torch.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.trace.graph import Foreign
from ulpfuzz.fuzzer.trace.meanings import distinct, expression_of, inputs_of, meanings_of
from ulpfuzz.fuzzer.trace.single import Meaning
from ulpfuzz.fuzzer.trace.torch_expressions import recorded

#: Calls that copy or move numbers and compute none.
_NO_KERNEL = ("lift_fresh", "_to_copy", "clone", "contiguous", "alias")
#: Arguments that say along which axis, or whether it stays: a caller's own may be others.
_AXIS = ("dim", "keepdim")
#: The argument of torch.nn.functional.layer_norm that says how long its rows are: one number, of the last axis.
_LENGTH = "normalized_shape"


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
        if any(not same(values[name], constant) for name, constant in self.constants.items()):
            return None
        tensors = {slot: values[name] for slot, name in zip(self.slots, names, strict=True) if slot is not None}
        if not self.along:
            return tensors, None
        axis = axis_of(values)
        return None if axis is None else (tensors, axis)


def bound(func: Foreign, args: Foreign, kwargs: Foreign) -> dict[str, Any]:
    """The arguments of a call by their names in its schema, defaults included."""
    values = {}
    for place, argument in enumerate(func._schema.arguments):
        default = argument.default_value if argument.has_default_value() else None
        values[argument.name] = args[place] if place < len(args) else kwargs.get(argument.name, default)
    return values


def axis_of(values: Mapping[str, Any]) -> int | None:
    """The one axis that a call names."""
    if _LENGTH in values:
        return -1 if len(values[_LENGTH]) == 1 else None
    axis = values.get("dim")
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    return axis if isinstance(axis, int) else None


def same(value: Foreign, constant: Foreign) -> bool:
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
            inputs = tensors_of(op, rng, torch)
            for meaning in meanings_of(op, "torch", "value"):
                if (one := _kernel(meaning, inputs, torch)) is not None:
                    found.setdefault(one[0], []).append(one[1])
    return {name: distinct(kernels) for name, kernels in found.items()}


def tensors_of(op: Op, rng: np.random.Generator, torch: ModuleType) -> dict[str, Any]:
    """Tensors to run it on."""
    return {name: torch.tensor(values) for name, values in inputs_of(op, rng).items()}


def _kernel(meaning: Meaning, inputs: Mapping[str, Any], torch: ModuleType) -> tuple[str, CatalogueKernel] | None:
    function = expression_of(meaning, {"torch": torch})
    try:
        calls = [c for c in recorded(lambda: function(*inputs.values())) if c[0]._overloadpacket.__name__ not in _NO_KERNEL]
    except Exception:  # torch's own, of an expression that wants other sizes
        return None
    return kernel_of(meaning, calls[0], inputs, torch) if len(calls) == 1 else None


def kernel_of(
    meaning: Meaning, call: tuple[Foreign, Foreign, Foreign], inputs: Mapping[str, Any], torch: ModuleType
) -> tuple[str, CatalogueKernel] | None:
    """A call of a kernel (kernel, arguments, keywords) as the op over these inputs; None where it takes anything else."""
    func, args, kwargs = call
    values = bound(func, args, kwargs)
    slots = tuple(slot_of(values[a.name], inputs, torch) for a in func._schema.arguments)
    if {s for s in slots if s is not None} != set(inputs):
        return None
    constants = constants_of(func, values, slots)
    if any(isinstance(v, torch.Tensor) for v in constants.values()):
        return None
    if not meaning.op.elementwise and not is_along(meaning.op, values):
        return None
    return str(func), CatalogueKernel(meaning, slots, constants, is_along(meaning.op, values))


def is_along(op: Op, values: Mapping[str, Any]) -> bool:
    """Whether rows of the op are vectors along the axis that a call names."""
    return ("dim" in values or _LENGTH in values) and all(len(i.axes) <= 1 for i in op.inputs)


def constants_of(func: Foreign, values: Mapping[str, Any], slots: Sequence[str | None]) -> dict[str, Any]:
    """What must be as it is: all but tensors, axes, and the dtype, which is the tensors'."""
    named = zip((a.name for a in func._schema.arguments), slots, strict=True)
    free = (*_AXIS, _LENGTH, "input_dtype")
    return {name: values[name] for name, slot in named if slot is None and name not in free}


def slot_of(value: Foreign, inputs: Mapping[str, Any], torch: ModuleType) -> str | None:
    """The input that an argument is, whole, perhaps seen otherwise."""
    if not isinstance(value, torch.Tensor):
        return None
    return next((n for n, x in inputs.items() if value.data_ptr() == x.data_ptr() and value.shape == x.shape), None)
