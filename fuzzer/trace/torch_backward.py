"""Which gradient of the catalogue an ATen kernel of a backward pass is: derived by running the catalogue's own torch expressions and their backward
passes, and looking at what they call.

A backward pass that is one kernel says what that kernel computes of the cotangent and of what the forward call left. Kernels that keep the
forward call's result and not its input (tanh_backward, _softmax_backward_data) take the input from the forward call of the step.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.frameworks.listening import torch as listening
from ulpfuzz.fuzzer.trace.graph import Foreign
from ulpfuzz.fuzzer.trace.meanings import distinct, expression_of, meanings_of
from ulpfuzz.fuzzer.trace.single import Meaning
from ulpfuzz.fuzzer.trace.torch_kernels import (
    CatalogueKernel,
    axis_of,
    bound,
    constants_of,
    is_along,
    kernel_of,
    same,
    slot_of,
    tensors_of,
)
from ulpfuzz.fuzzer.trace.torch_tracer import Again

#: What a slot holds that is a result of the forward call.
RESULT = "(result)"


@dataclass(frozen=True)
class BackwardKernel:
    """The gradient of an op, by its one differentiable input, as a kernel computes it. forward: the call that it derives, as `kernel`. slots: for
    each argument an input, COTANGENT, RESULT, or None for a constant; constants: these by name, but for axes."""

    meaning: Meaning
    forward: str
    kernel: CatalogueKernel
    slots: tuple[str | None, ...]
    constants: Mapping[str, Any]
    along: bool

    def batch(self, again: Again, of: Again | None) -> tuple[dict[str, Any], int | None] | None:
        """The tensors by input, with the cotangent, and the axis; None where the call is another one than the catalogue's, or its forward call is
        not known. of: that call."""
        values = bound(again.func, again.args, again.kwargs)
        if any(not same(values[name], constant) for name, constant in self.constants.items()):
            return None
        arguments = [(slot, values[a.name]) for a, slot in zip(again.func._schema.arguments, self.slots, strict=True) if slot]
        found = {slot: value for slot, value in arguments if slot != RESULT}
        results = [value for slot, value in arguments if slot == RESULT]
        if results:  # what the forward call left stands for its inputs, and for params that the kernel does not take
            given = self._of_forward(of, results, found)
            if given is None:
                return None
            found = {**given, COTANGENT: found[COTANGENT]}
        if any(i.name not in found for i in self.meaning.op.inputs):
            return None
        if not self.along:
            return found, None
        axis = axis_of(values)
        return None if axis is None else (found, axis)

    def _of_forward(self, of: Again | None, results: list[Foreign], found: Mapping[str, Any]) -> dict[str, Any] | None:
        """The inputs of the forward call, where it is the one that left these results or read these inputs."""
        if of is None or not of.kept or str(of.func) != self.forward:
            return None
        given = self.kernel.batch(of.func, of.args, of.kwargs)
        if given is None:
            return None
        left = of.result is not None and any(of.result[0] == r.data_ptr() for r in results)
        read = any(found[n].data_ptr() == t.data_ptr() for n, t in given[0].items() if n in found)
        return given[0] if left or read else None


@cache
def catalogue_backward() -> dict[str, tuple[BackwardKernel, ...]]:
    """By the kernel's overload (aten.tanh_backward.default) the gradients that are this kernel alone; some seconds, once."""
    torch: ModuleType = importlib.import_module("torch")
    found: dict[str, list[BackwardKernel]] = {}
    rng = np.random.default_rng(0)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), np.errstate(all="ignore"), torch.enable_grad():
        warnings.simplefilter("ignore")
        for op in catalogue().values():
            if any(i.complex or i.integers for i in op.inputs) or "grad" not in op.orders or len(op.differentiable_inputs) != 1:
                continue
            inputs = tensors_of(op, rng, torch)
            for meaning in meanings_of(op, "torch", "grad"):
                if (one := _backward(meaning, inputs, torch)) is not None:
                    found.setdefault(one[0], []).append(one[1])
    return {name: distinct(kernels) for name, kernels in found.items()}


_Made = tuple[Foreign, Foreign, Foreign, Foreign]


def _backward(meaning: Meaning, inputs: Mapping[str, Any], torch: ModuleType) -> tuple[str, BackwardKernel] | None:
    function = expression_of(meaning, {"torch": torch})
    (name,) = meaning.op.differentiable_inputs
    given = {n: x.clone() for n, x in inputs.items()}
    given[name].requires_grad_()
    try:
        forward, y = _made(lambda: function(*given.values()))
        cotangent = torch.full_like(y, 0.75)
        backward, _ = _made(lambda: torch.autograd.grad(y, given[name], cotangent))
    except Exception:  # torch's own, of an expression that wants other sizes, or has no gradient
        return None
    if len(forward) != 1 or len(backward) != 1 or "backward" not in backward[0][0]._overloadpacket.__name__:
        return None
    known = kernel_of(meaning, forward[0][:3], given, torch)
    if known is None or y.shape != given[name].shape:
        return None
    func, args, kwargs, _ = backward[0]
    results = [t for t in _tensors(forward[0][3], torch) if t.numel()]
    values = bound(func, args, kwargs)
    slots = tuple(_slot(values[a.name], given, cotangent, results, torch) for a in func._schema.arguments)
    if COTANGENT not in slots or (RESULT not in slots and not set(inputs) <= set(slots)):
        return None
    constants = constants_of(func, values, slots)
    if any(isinstance(v, torch.Tensor) and v.numel() for v in constants.values()):
        return None
    constants = {n: v for n, v in constants.items() if not isinstance(v, torch.Tensor)}
    along = not meaning.op.elementwise
    if along and not is_along(meaning.op, values):
        return None
    return str(func), BackwardKernel(meaning, known[0], known[1], slots, constants, along)


def _made(run: Foreign) -> tuple[list[_Made], Foreign]:
    """The ATen calls that running it makes, with their results, and its own."""
    calls: list[_Made] = []

    def made(func: Foreign, args: Foreign, kwargs: Foreign) -> Foreign:
        out = func(*args, **kwargs)
        if not func.is_view:
            calls.append((func, args, kwargs, out))
        return out

    with listening.unheard(), listening.heard(made):
        result = run()
    return calls, result


def _tensors(value: Foreign, torch: ModuleType) -> list[Foreign]:
    return [v for v in (value if isinstance(value, (list, tuple)) else (value,)) if isinstance(v, torch.Tensor)]


def _slot(value: Foreign, inputs: Mapping[str, Any], cotangent: Foreign, results: list[Foreign], torch: ModuleType) -> str | None:
    if not isinstance(value, torch.Tensor) or not value.numel():
        return None
    if value.data_ptr() == cotangent.data_ptr():
        return COTANGENT
    if any(value.data_ptr() == r.data_ptr() for r in results):
        return RESULT
    return slot_of(value, inputs, torch)
