"""Function: what has a truth: a definition with its params, at an order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ulpfuzz.oracles.arithmetic.node import Node
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, TapeBase
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.definitions import definition
from ulpfuzz.oracles.functionals import FUNCTIONALS

#: The extra input of orders grad and grad2 that holds the cotangent of ops with several outputs or vector inputs.
COTANGENT = "cotangent"
#: The extra input of orders jvp and grad2 that holds the direction for ops with vector inputs: the numbers of the differentiable
#: inputs in order, flattened and concatenated.
TANGENT = "tangent"
#: Inputs of a derivative that are no inputs of its definition; a derivative is linear in each.
DIRECTIONS = (COTANGENT, TANGENT)
#: Numbers that a function is differentiated by, up to which ties are enclosed by forward mode, a pass for each: sorted rows of 8 take 0.1
#: s.
MOST_PASSES = 8

T = TypeVar("T")
#: A number, a list of them for a vector, a list of lists for a matrix.
Nested: TypeAlias = "T | list[Nested[T]]"


@dataclass(frozen=True)
class Function:
    """A definition, its input names in order, its params, and the order of differentiation. order "grad": the outputs are the
    vector-Jacobian product of the cotangent (input COTANGENT, or ones where it is absent) with respect to each input of `differentiable`,
    flattened and concatenated. "jvp": the Jacobian-vector product with the direction (input TANGENT; without it, for each differentiable
    number in turn, the product with its unit vector). "grad2": the Hessian of the inner product of cotangent and value, times the
    direction; without TANGENT all of it, row by row."""

    #: A name in ulpfuzz.oracles.definitions.
    definition: str
    #: Input names in order.
    inputs: tuple[str, ...]
    #: (name, value) pairs.
    params: tuple[tuple[str, object], ...] = ()
    #: value, grad, jvp or grad2.
    order: str = "value"
    #: The inputs that derivatives are taken by.
    differentiable: tuple[str, ...] = ()
    #: Per input the closed interval where it is defined.
    domains: tuple[tuple[float, float], ...] = ()
    #: The inputs that are integers, which no rounding moves.
    counts: tuple[str, ...] = ()
    #: Those that no rounding moves at the ends of their domain, as a target of 0 or 1 is said, not computed.
    labels: tuple[str, ...] = ()
    #: A name in FUNCTIONALS: the outputs are those of this functional then, one for each group of the function's own; "" for these themselves.
    functional: str = ""

    def domain(self, name: str) -> tuple[float, float]:
        """The closed interval of an input; the real line for directions, and for an input without one."""
        index = self.inputs.index(name) if name in self.inputs else -1
        return self.domains[index] if 0 <= index < len(self.domains) else (-math.inf, math.inf)

    def outputs(self, m: TapeBase[N], inputs: Mapping[str, Nested[N]]) -> list[N]:
        """The outputs as numbers of the arithmetic m; inputs are its numbers, or lists of them for vectors."""
        return self._joined(m, inputs, self._own(m, inputs))

    def groups(self, sizes: Mapping[str, int], count: int) -> list[range]:
        """Which outputs a functional takes together, of `count`: those of a gradient by each input, else all. sizes: the numbers of each
        input."""
        if self.order not in ("grad", "grad2"):
            return [range(count)]
        starts = [0]
        for name in self.differentiable:
            starts.append(starts[-1] + sizes[name])
        return [range(*ends) for ends in pairwise(starts)]

    def _joined(self, m: TapeBase[N], inputs: Mapping[str, Nested[N]], outputs: list[N]) -> list[N]:
        if not self.functional:
            return outputs
        part = FUNCTIONALS[self.functional].of(m)
        groups = self.groups({name: len(flat(inputs[name])) for name in self.inputs}, len(outputs))
        return [m.sum([part(outputs[k]) for k in group]) for group in groups]

    def _own(self, m: TapeBase[N], inputs: Mapping[str, Nested[N]]) -> list[N]:
        if self.order == "value":
            return self._value(m, inputs)
        if self.order == "grad2":
            return self._second(m, inputs)
        tape = tape_over(m)
        lifted = self._lifted(tape, inputs)
        results = self._value(tape, lifted)
        variables = self._variables(lifted)
        if self.order == "grad":
            return tape.gradient(results, _seeds(m, inputs, len(results)), variables)
        if TANGENT in inputs:
            return tape.pushforward(results, variables, flat(inputs[TANGENT]))
        return [pushed for variable in variables for pushed in tape.pushforward(results, [variable], [1])]

    def _second(self, m: TapeBase[N], inputs: Mapping[str, Nested[N]]) -> list[N]:
        """The derivative of the gradient: forward over reverse, on a tape over a tape."""
        outer = tape_over(m)
        inner = tape_over(outer)
        outside = self._lifted(outer, inputs)
        inside = self._lifted(inner, outside)
        results = self._value(inner, inside)
        seeds = [outer.lift(seed) for seed in _seeds(m, inputs, len(results))]
        slopes = inner.gradient(results, seeds, self._variables(inside))
        variables = self._variables(outside)
        if TANGENT in inputs:
            return outer.pushforward(slopes, variables, flat(inputs[TANGENT]))
        return [second for slope in slopes for second in outer.gradient([slope], [1], variables)]

    def takes_few_passes(self, inputs: Mapping[str, ArrayLike], *, rows: bool = True) -> bool:
        """Whether forward mode is worth its passes; rows: the inputs have a leading axis of them."""
        return bool(sum(math.prod(np.shape(inputs[name])[int(rows) :]) for name in self.differentiable) <= MOST_PASSES)

    @staticmethod
    def of_one_output(inputs: Mapping[str, ArrayLike], *, rows: bool = True) -> bool:
        """Whether the cotangent weighs one number only, or there is none."""
        return COTANGENT not in inputs or bool(math.prod(np.shape(inputs[COTANGENT])[int(rows) :]) == 1)

    def by_forward_mode(self, m: TapeBase[N], inputs: Mapping[str, Nested[N]]) -> list[N]:
        """The same outputs of order grad or grad2, by forward mode alone: one pass (grad2: two, one on a tape of the other) a variable, and
        the cotangent's sum at the end. At ties this encloses the derivatives of each output that a choice gives, no more
        (Tape.pushforward)."""
        return self._joined(m, inputs, self._own_by_forward_mode(m, inputs))

    def _own_by_forward_mode(self, m: TapeBase[N], inputs: Mapping[str, Nested[N]]) -> list[N]:
        outer = tape_over(m)
        outside = self._lifted(outer, inputs)
        if self.order == "grad":
            results = self._value(outer, outside)
            return self._along(outer, results, outside, _seeds(m, inputs, len(results)))
        inner = tape_over(outer)
        inside = self._lifted(inner, outside)
        values = self._value(inner, inside)
        variables = self._variables(outside)
        slopes = self._along(inner, values, inside, [outer.lift(seed) for seed in _seeds(m, inputs, len(values))])
        if TANGENT in inputs:
            return outer.pushforward(slopes, variables, flat(inputs[TANGENT]))
        return [second for slope in slopes for variable in variables for second in outer.pushforward([slope], [variable], [1])]

    def _along(
        self, tape: Tape[N], results: Sequence[Node[N]], lifted: Mapping[str, Nested[Node[N]]], seeds: Sequence[N]
    ) -> list[N]:
        """The cotangent's product with the derivatives of the results by each variable in turn, in the tape's base."""
        products = []
        for variable in self._variables(lifted):
            pushed = tape.pushforward(results, [variable], [1])
            products.append(tape.base.sum([seed * v for seed, v in zip(seeds, pushed, strict=True)]))
        return products

    def _lifted(self, tape: Tape[N], inputs: Mapping[str, Nested[N]]) -> dict[str, Nested[Node[N]]]:
        return {name: _lift(tape, inputs[name]) for name in self.inputs}

    def _variables(self, lifted: Mapping[str, Nested[Node[N]]]) -> list[Node[N]]:
        return [node for name in self.differentiable for node in flat(lifted[name])]

    def _value(self, m: Arithmetic[N], inputs: Mapping[str, Nested[N]]) -> list[N]:
        result: Nested[N] = definition(self.definition)(m, *(inputs[name] for name in self.inputs), **dict(self.params))
        return flat(result)


def tape_over(m: TapeBase[N]) -> Tape[N]:
    """A tape over an arithmetic; over another tape one of its kind."""
    kind: type[Tape[N]] = type(m) if isinstance(m, Tape) else Tape
    return kind(m)


def flat(numbers: Nested[T]) -> list[T]:
    """A number, or nested lists of them, as one list in C order."""
    if isinstance(numbers, (list, tuple)):
        return [leaf for item in numbers for leaf in flat(item)]
    return [numbers]


def nest(values: NDArray[np.float64], lift: Callable[[float], T]) -> Nested[T]:
    """An array as nested lists of an arithmetic's numbers: what `flat` undoes."""
    return lift(float(values)) if np.ndim(values) == 0 else [nest(v, lift) for v in values]


def _seeds(m: Arithmetic[N], inputs: Mapping[str, Nested[N]], count: int) -> list[N]:
    return flat(inputs[COTANGENT]) if COTANGENT in inputs else [m.num(1) for _ in range(count)]


def _lift(tape: Tape[N], value: Nested[N]) -> Nested[Node[N]]:
    return [_lift(tape, v) for v in value] if isinstance(value, list) else tape.lift(value)
