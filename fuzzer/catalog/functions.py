"""From an op's record to the Function whose truth the oracle computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.oracles.function import Function


def function_of(op: Op, params: Mapping[str, Any], order: str) -> Function:
    """The Function of an op at these params and order."""
    return Function(
        definition=op.definition,
        inputs=tuple(i.name for i in op.inputs),
        params=tuple(params.items()),
        order=order,
        differentiable=op.differentiable_inputs,
        domains=tuple((i.low, i.high) for i in op.inputs),
        counts=tuple(i.name for i in op.inputs if i.integers),
        labels=tuple(i.name for i in op.inputs if i.exact_at_bounds),
    )
