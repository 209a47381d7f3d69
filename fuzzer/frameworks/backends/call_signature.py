"""CallSignature: a call with the shapes of a batch; what a function is differentiated by, and what a program is compiled for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeVar

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch
from ulpfuzz.fuzzer.frameworks.framework import Call

T = TypeVar("T")  # an array of the framework's

_EXTRAS = (COTANGENT, TANGENT)


@dataclass(frozen=True)
class CallSignature:
    """What a program is compiled for, and what a function is differentiated by."""

    #: The expression.
    call: str
    #: Their text.
    params: str
    #: Of catalog.op.ORDERS.
    order: str
    #: The arguments in order: the op's inputs, then those of COTANGENT and TANGENT that the batch has.
    names: tuple[str, ...]
    #: The places of the differentiable ones.
    leaves: tuple[int, ...]
    #: Whether rows are elements of one flat array.
    elementwise: bool
    #: Of the arguments.
    dtype: str
    #: Of the arguments.
    shapes: tuple[tuple[int, ...], ...] = ()
    #: Of their last axis, in elements.
    stride: int = 1

    def at_any_shape(self) -> CallSignature:
        """The signature without its shapes: what a framework supports or does not."""
        return replace(self, shapes=(), stride=1)

    def inputs(self, arguments: Sequence[T]) -> list[T]:
        """The op's inputs among the arguments."""
        return [a for name, a in zip(self.names, arguments, strict=True) if name not in _EXTRAS]

    def extra(self, name: str, arguments: Sequence[T]) -> T | None:
        """The argument of that name, COTANGENT or TANGENT; None where there is none (ones are meant)."""
        return arguments[self.names.index(name)] if name in self.names else None

    def of_leaves(self, function: Callable[..., T], inputs: Sequence[T], only: int | None = None) -> Callable[..., T]:
        """The function of the differentiable inputs alone, of the one in place `only` alone; the others stay as they are."""
        places = self.leaves if only is None else (only,)

        def restricted(*leaves: T) -> T:
            by_place = dict(zip(places, leaves, strict=True))
            return function(*[by_place.get(place, x) for place, x in enumerate(inputs)])

        return restricted

    def directions(self, tangent: Any, reshape: Callable[[Any, tuple[int, ...]], T]) -> list[T]:
        """TANGENT as one array for each differentiable input, of its shape."""
        parts, start = [], 0
        for place in self.leaves:
            width = prod(self.shapes[place][1:])
            parts.append(reshape(tangent[:, start : start + width], self.shapes[place]))
            start += width
        return parts


def signature_of(call: Call, batch: Batch, stride: int = 1) -> CallSignature:
    """The signature of a call for a batch. Raises KeyError where the batch lacks an input."""
    inputs = [i.name for i in call.op.inputs]
    names = (*inputs, *(name for name in _EXTRAS if name in batch.inputs))
    return CallSignature(
        call.implementation.call, repr(sorted(call.params.items())), call.order, names,
        tuple(inputs.index(name) for name in call.op.differentiable_inputs), call.op.elementwise, batch.dtype,
        tuple(batch.inputs[name].shape for name in names), stride,
    )  # fmt: skip
