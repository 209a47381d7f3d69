"""Effort: what one Arb evaluation costs, in nominal seconds: a count of operations, never a clock.

A cap on the clock would leave other elements undecided on every machine and in every run. A cap on nominal seconds takes about as long, and
is a function of the inputs alone. Measured with python-flint 0.9 on one core of 2.1 GHz: right within a factor of three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.definitions import definition
from ulpfuzz.oracles.function import Function, flat

#: Seconds of a row whatever it computes (lifting, the check whether it is decided), and of an arithmetic operation at few bits; at
#: DOUBLE bits it costs twice as much.
ROW, OPERATION, DOUBLE = 60e-6, 0.7e-6, 1024
#: The number of operations that one counts as; a name that is missing here counts as FUNCTION.
WEIGHTS = {
    "lift": 0.0, "num": 0.0, "const": 0.5, "lt": 1.0, "eq0": 1.0, "abs": 1.0, "square": 1.0, "sqrt": 2.0, "floor": 1.0,
    "sigmoid": 4.0, "softplus": 6.0,
    "lgamma": 20.0, "digamma": 20.0, "polygamma": 70.0, "erf": 10.0, "erfc": 10.0, "erfinv": 20.0,
}  # fmt: skip
FUNCTION = 3.0
#: Cost of a derivative by the tape, in values.
TAPE = 4.0
#: A derivative of a function of the table by differences: twice the values, at several times the precision (measured: 10 to 30).
DIFFERENCE = 16.0
#: Tapes by order.
DEPTH = {"value": 0, "grad": 1, "jvp": 1, "grad2": 2}


def evaluation_cost(function: Function, shapes: Mapping[str, tuple[int, ...]], bits: int, special: float = 1.0) -> float:
    """Nominal seconds of evaluating one row at `bits` of precision.

    shapes: of the row's inputs, by name; those of cotangent and tangent do not matter. special: how much more than Arb's the functions of
    the table cost. Raises KeyError where an input is missing.
    """
    own = tuple(shapes[name] for name in function.inputs)
    return ROW + _operations(function, own, special) * OPERATION * (1.0 + bits / DOUBLE)


def row_operations(function: Function, shapes: Mapping[str, tuple[int, ...]]) -> float:
    """Operations of the arithmetic in one row of these shapes, at least 1; what a column of the vectorised tiers costs goes by them."""
    return max((evaluation_cost(function, shapes, 0) - ROW) / OPERATION, 1.0)


@lru_cache(maxsize=4096)
def _operations(function: Function, shapes: tuple[tuple[int, ...], ...], special: float) -> float:
    counter = _Counter(special)
    inputs = [_filled(_Number(counter), shape) for shape in shapes]
    outputs = flat(definition(function.definition)(counter, *inputs, **dict(function.params)))
    total = counter.operations + len(outputs)
    return total * TAPE ** DEPTH[function.order]


def _filled(number: _Number, shape: tuple[int, ...]) -> Any:
    return number if not shape else [_filled(number, shape[1:]) for _ in range(shape[0])]


class _Number:
    def __init__(self, counter: _Counter) -> None:
        self.counter = counter

    def _one(self, *_: Any) -> _Number:
        self.counter.operations += 1
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _one


class _Counter:
    """The arithmetic that computes nothing and counts its operations; both branches are taken."""

    name = "counter"

    def __init__(self, special: float) -> None:
        self.operations = 0.0
        self.special = special
        self.number = _Number(self)

    def _many(self, items: Sequence[Any]) -> _Number:
        self.operations += len(items)
        return self.number

    sum = max = min = _many

    def softmax(self, items: Sequence[Any]) -> list[_Number]:
        self.operations += len(items) * (FUNCTION + 2)
        return [self.number] * len(items)

    def logsumexp(self, items: Sequence[Any]) -> _Number:
        self.operations += FUNCTION + len(items) * (FUNCTION + 1)
        return self.number

    def norm(self, items: Sequence[Any]) -> _Number:
        self.operations += 2 + 2 * len(items)
        return self.number

    def direction(self, items: Sequence[Any]) -> list[_Number]:
        self.operations += 2 + 3 * len(items)
        return [self.number] * len(items)

    def hint_argmax(self, items: Sequence[Any]) -> int:
        return 0

    def swap(self, items: Sequence[Any], *_: Any) -> list[Any]:
        return list(items)

    def where(self, cond: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        no()
        return yes()

    def partial(self, name: str, numbers: Sequence[Any], orders: tuple[int, ...]) -> _Number:
        self.operations += functions()[name].weight * self.special * DIFFERENCE ** sum(orders)
        return self.number

    def __getattr__(self, name: str) -> Callable[..., _Number]:
        weight = functions()[name].weight * self.special if name in functions() else WEIGHTS.get(name, FUNCTION)

        def function(*_: Any) -> _Number:
            self.operations += weight
            return self.number

        return function
