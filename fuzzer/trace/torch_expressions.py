"""Torch's calls in the plain names of the rule book, by running what each plain name is in torch and looking at which kernel answers."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import ml_dtypes

from ulpfuzz.fuzzer.casework.advice import language
from ulpfuzz.fuzzer.frameworks.listening import torch as listening
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign, TracedCall
from ulpfuzz.fuzzer.trace.templates import NUMBER, Recorded, Template, derived, filled, leaf
from ulpfuzz.fuzzer.trace.torch_tracer import Again

#: What torch has a kernel of its own for, and the language no name.
_FURTHER = {"1 / a": "torch.reciprocal(a)", "1 / sqrt(a)": "torch.rsqrt(a)"}


def recorded(run: Callable[[], Foreign]) -> list[tuple[Foreign, Foreign, Foreign]]:
    """The ATen calls that running it makes, views left out: kernel, arguments, keywords."""
    calls: list[tuple[Foreign, Foreign, Foreign]] = []

    def made(func: Foreign, args: Foreign, kwargs: Foreign) -> Foreign:
        out = func(*args, **kwargs)
        if not func.is_view:
            calls.append((func, args, kwargs))
        return out

    with listening.unheard(), listening.heard(made):
        run()
    return calls


@cache
def templates() -> dict[str, Template]:
    """By the kernel's overload, as aten.log.default."""
    torch: ModuleType = importlib.import_module("torch")
    a, b = torch.full((2, 3), 0.5), torch.full((2, 3), 0.25)

    def kernels(call: str) -> Sequence[Recorded]:
        try:
            with torch.no_grad():
                calls = recorded(lambda: eval(call, {"torch": torch, "a": a, "b": b}))
        except (TypeError, RuntimeError):  # a function of other arguments than these
            return ()
        return [(str(func), args) for func, args, _ in calls]

    def letter(x: Foreign) -> str:
        return "a" if x is a else "b" if x is b or (isinstance(x, float) and x == NUMBER) else ""

    return derived("torch", kernels, letter, _FURTHER)


class TorchComposer:
    """Implements compositions.Composer."""

    framework = "torch"

    def __init__(self) -> None:
        self.torch: ModuleType = importlib.import_module("torch")

    def expression(self, call: TracedCall, depth: int) -> ast.expr | None:
        """See compositions.Composer."""
        again: Again | None = call.again
        if again is None or not again.kept or len(call.outputs) != 1:
            return None
        template = templates().get(str(again.func))
        if template is None:
            return None
        operands = [x for x in again.args if isinstance(x, self.torch.Tensor) or _is_number(x)]
        if len(operands) < len(template.order) or again.kwargs.get("alpha", 1) != 1 or again.kwargs.get("dtype") is not None:
            return None
        return filled(template, [self._operand(x, call, depth) for x in operands[: len(template.order)]], _axis(again))

    def _operand(self, x: Foreign, call: TracedCall, depth: int) -> ast.expr:
        if not isinstance(x, self.torch.Tensor):
            return language.constant(x)
        made = next((v.call for v in call.inputs if v.call is not None and self._is_result(x, v.call)), None)
        node = self.expression(made, depth - 1) if made is not None and depth > 1 else None
        return leaf(x.detach(), x.data_ptr()) if node is None else node

    def _is_result(self, x: Foreign, made: TracedCall) -> bool:
        """Whether the tensor is the whole result of that call, seen as it was made."""
        again: Again | None = made.again
        return again is not None and again.result == (x.data_ptr(), tuple(x.shape), x.stride())

    def evaluated(self, call: str, tensors: Mapping[str, Any], *, wide: bool) -> Foreign:
        """See compositions.Composer."""
        names = {name: t.double() if wide else t for name, t in tensors.items()}
        with self.torch.no_grad():
            return eval(call, {"torch": self.torch, **names})

    def array(self, tensor: Foreign) -> Bits:
        """See compositions.Composer."""
        plain = tensor.detach().cpu().contiguous()
        if plain.dtype == self.torch.bfloat16:
            bits: Bits = plain.view(self.torch.int16).numpy()
            return bits.view(ml_dtypes.bfloat16)
        found: Bits = plain.numpy()
        return found


def _is_number(x: Foreign) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def _axis(again: Again) -> tuple[int, bool] | None:
    """The one axis of a call, and whether it stays; None where it is not one."""
    names = [argument.name for argument in again.func._schema.arguments]
    values = dict(zip(names, again.args, strict=False)) | again.kwargs
    axis = values.get("dim")
    if isinstance(axis, (list, tuple)):
        axis = axis[0] if len(axis) == 1 else None
    return None if axis is None else (int(axis), bool(values.get("keepdim", False)))
