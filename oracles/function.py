"""Function: what truth is asked for: a definition with its params, at an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracles.arithmetic.tape import Tape
from oracles.definitions import definition

#: The extra input of order grad that holds the cotangent of ops with several outputs or vector inputs.
COTANGENT = "cotangent"


@dataclass(frozen=True)
class Function:
    """A definition, its input names in order, its params, and the order of differentiation.

    order "grad": the outputs are the vector-Jacobian product of the cotangent (input COTANGENT, or ones where it is absent) with
    respect to each input of `differentiable`, flattened and concatenated. domains: per input the closed interval where it is defined.
    """

    definition: str
    inputs: tuple[str, ...]
    params: tuple[tuple[str, Any], ...] = ()
    order: str = "value"
    differentiable: tuple[str, ...] = ()
    domains: tuple[tuple[float, float], ...] = ()

    def outputs(self, m: Any, inputs: dict[str, Any]) -> list[Any]:
        """The outputs as numbers of the arithmetic m; inputs are its numbers, or lists of them for vectors."""
        if self.order == "value":
            return self._value(m, inputs)
        tape = Tape(m)
        lifted = {name: _lift(tape, inputs[name]) for name in self.inputs}
        results = self._value(tape, lifted)
        seeds = flat(inputs[COTANGENT]) if COTANGENT in inputs else [1] * len(results)
        variables = [node for name in self.differentiable for node in flat(lifted[name])]
        return tape.gradient(results, seeds, variables)

    def _value(self, m: Any, inputs: dict[str, Any]) -> list[Any]:
        result = definition(self.definition)(m, *(inputs[name] for name in self.inputs), **dict(self.params))
        return flat(result)


def flat(numbers: Any) -> list[Any]:
    """A number, or nested lists of them, as one list in C order."""
    if isinstance(numbers, (list, tuple)):
        return [leaf for item in numbers for leaf in flat(item)]
    return [numbers]


def _lift(tape: Tape, value: Any) -> Any:
    return [_lift(tape, v) for v in value] if isinstance(value, list) else tape.lift(value)
