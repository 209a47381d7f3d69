"""Node: a number of a tape, with how it was made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from ulpfuzz.oracles.arithmetic.protocol import Exact, N, Truth

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.tape import Tape

T = TypeVar("T")


@dataclass(frozen=True)
class Mask:
    """A partial derivative that is 1 where cond holds, 0 where it does not."""

    cond: Truth


#: A partial derivative, made on demand.
Factor: TypeAlias = Mask | Callable[[], N]


class Node(Generic[N]):
    """A number of a tape over numbers N: its value in the base arithmetic and (parent, partial) pairs; partials are made on demand.

    choice: it is one of its parents, whose partials are Masks: at a tie the derivative is one of theirs, or between them. product: it is that of
    its two parents, each of whose partials is the other.
    """

    __slots__ = ("choice", "parents", "product", "tape", "value")

    def __init__(
        self,
        tape: Tape[N],
        value: N,
        parents: Sequence[tuple[Node[N], Factor[N]]] = (),
        *,
        choice: bool = False,
        product: bool = False,
    ) -> None:
        self.tape = tape
        self.value = value
        self.parents = parents
        self.choice = choice
        self.product = product
        tape.nodes.append(self)

    def __neg__(self) -> Node[N]:
        return Node(self.tape, -self.value, [(self, lambda: self.tape.base.num(-1))])

    def __add__(self, other: Node[N] | Exact) -> Node[N]:
        right = self.tape.num(other)
        one = self.tape.one
        return Node(self.tape, self.value + right.value, [(self, one), (right, one)])

    __radd__ = __add__

    def __sub__(self, other: Node[N] | Exact) -> Node[N]:
        return self + (-self.tape.num(other))

    def __rsub__(self, other: Node[N] | Exact) -> Node[N]:
        return self.tape.num(other) + (-self)

    def __mul__(self, other: Node[N] | Exact) -> Node[N]:
        right = self.tape.num(other)
        return Node(self.tape, self.value * right.value, [(self, lambda: right.value), (right, lambda: self.value)], product=True)

    __rmul__ = __mul__

    def __truediv__(self, other: Node[N] | Exact) -> Node[N]:
        right = self.tape.num(other)
        quotient = self.value / right.value
        return Node(self.tape, quotient, [(self, lambda: 1 / right.value), (right, lambda: -(quotient / right.value))])

    def __rtruediv__(self, other: Node[N] | Exact) -> Node[N]:
        return self.tape.num(other) / self


def once(make: Callable[[], T]) -> Callable[[], T]:
    """A value that is made at its first use."""
    made: list[T] = []

    def value() -> T:
        if not made:
            made.append(make())
        return made[0]

    return value
