"""The four orders in PyTorch: by torch.autograd as users write them eagerly, and by torch.func, which torch.compile takes whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT
from ulpfuzz.fuzzer.frameworks.backends.call_signature import CallSignature
from ulpfuzz.fuzzer.frameworks.backends.compiled_cache import Program

if TYPE_CHECKING:  # known by name only: mypy does not read the frameworks' sources
    from torch import Tensor


class Derivatives:
    """Makes compiled of a problem's arguments. A program returns the outputs in the layout of Framework.evaluate, each with the
    rows on its leading axis, and last the dtype of the function's own result."""

    def __init__(self, torch: ModuleType) -> None:
        self._torch = torch

    def eager(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        """The order by reverse mode on torch's graph; jvp by forward mode."""
        orders = {"value": self._value, "grad": self._grad, "jvp": self._jvp, "grad2": self._grad2}
        return orders[signature.order](function, signature)

    def functional(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        """jvp or grad2 as a pure function of tensors, grad2 by torch.func.vjp twice."""
        return self._jvp(function, signature) if signature.order == "jvp" else self._functional_grad2(function, signature)

    def _value(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        def value(*tensors: Tensor) -> Sequence[Tensor]:
            with self._torch.no_grad():
                y = function(*signature.inputs(tensors))
            return y, y.dtype

        return value

    def _grad(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        def grad(*tensors: Tensor) -> Sequence[Tensor]:
            leaves, y, cotangent = self._recorded(function, signature, tensors)
            return *self._pulled(y, leaves, cotangent), y.dtype

        return grad

    def _grad2(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        def grad2(*tensors: Tensor) -> Sequence[Tensor]:
            leaves, y, cotangent = self._recorded(function, signature, tensors)
            first = self._pulled(y, leaves, cotangent, create_graph=True)
            if signature.elementwise:
                ones = self._torch.ones_like
                rows = [self._pulled(g, leaves, ones(g), retain_graph=True) for g in first]
                return *[g for row in rows for g in row], y.dtype
            curved = [(g, v) for g, v in zip(first, self._directions(signature, tensors), strict=True) if g.requires_grad]
            if not curved:  # a gradient that is constant has no graph
                return *[self._torch.zeros_like(x) for x in leaves], y.dtype
            gradients, directions = zip(*curved, strict=True)
            return *self._pulled(gradients, leaves, directions), y.dtype

        return grad2

    def _recorded(
        self, function: Callable[..., Tensor], signature: CallSignature, tensors: Sequence[Tensor]
    ) -> tuple[list[Tensor], Tensor, Tensor]:
        """The differentiable inputs as leaves of a graph, the result over them, and its cotangent."""
        inputs = signature.inputs(tensors)
        leaves = [inputs[place].requires_grad_() for place in signature.leaves]
        y = function(*inputs)
        return leaves, y, self._cotangent(signature, tensors, y)

    def _pulled(self, y: Tensor, leaves: list[Tensor], cotangent: Tensor, **rest: bool) -> list[Tensor]:
        """torch.autograd.grad; zero for a leaf that the result does not depend on, and for every leaf where y is a gradient that
        is constant: those have no graph."""
        torch = self._torch
        if rest.get("retain_graph") and not y.requires_grad:
            return [torch.zeros_like(x) for x in leaves]
        pulled = torch.autograd.grad(y, leaves, grad_outputs=cotangent, allow_unused=True, **rest)
        return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, pulled, strict=True)]

    def _jvp(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        torch = self._torch

        def jvp(*tensors: Tensor) -> Sequence[Tensor]:
            inputs = signature.inputs(tensors)
            if not signature.elementwise:
                leaves = tuple(inputs[place] for place in signature.leaves)
                directions = tuple(self._directions(signature, tensors))
                y, tangent = torch.func.jvp(signature.of_leaves(function, inputs), leaves, directions)
                return tangent, y.dtype
            tangents = []
            for place in signature.leaves:
                x = inputs[place]
                y, tangent = torch.func.jvp(signature.of_leaves(function, inputs, place), (x,), (torch.ones_like(x),))
                tangents.append(tangent)
            return *tangents, y.dtype

        return jvp

    def _functional_grad2(self, function: Callable[..., Tensor], signature: CallSignature) -> Program[Tensor]:
        torch = self._torch

        def grad2(*tensors: Tensor) -> Sequence[Tensor]:
            inputs = signature.inputs(tensors)
            leaves = [inputs[place] for place in signature.leaves]
            dtypes = []

            def gradient(*at: Tensor) -> Tensor:
                y, pull = torch.func.vjp(signature.of_leaves(function, inputs), *at)
                dtypes.append(y.dtype)
                return pull(self._cotangent(signature, tensors, y))

            if not signature.elementwise:
                _, pull = torch.func.vjp(gradient, *leaves)
                return *pull(tuple(self._directions(signature, tensors))), dtypes[0]
            outputs: list[Tensor] = []
            for number in range(len(leaves)):
                # Of one component at a time, as double backward does: the others' zeros would meet infinite partials.
                g, pull = torch.func.vjp(lambda *at, number=number: gradient(*at)[number], *leaves)
                outputs += pull(torch.ones_like(g))
            return *outputs, dtypes[0]

        return grad2

    def _cotangent(self, signature: CallSignature, tensors: Sequence[Tensor], y: Tensor) -> Tensor:
        cotangent = signature.extra(COTANGENT, tensors)
        return self._torch.ones_like(y) if cotangent is None else cotangent.reshape(y.shape)

    def _directions(self, signature: CallSignature, tensors: Sequence[Tensor]) -> list[Tensor]:
        tangent = signature.extra(TANGENT, tensors)
        if tangent is None:
            return [self._torch.ones_like(tensors[place]) for place in signature.leaves]
        return signature.directions(tangent, lambda part, shape: part.reshape(shape))
