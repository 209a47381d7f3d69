"""ZeroAdjoints: whether a zero adjoint and the infinite partial that it meets depend on the same variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, cast

from flint import arb

from ulpfuzz.oracles.arithmetic.arb import ArbNumber
from ulpfuzz.oracles.arithmetic.node import Node
from ulpfuzz.oracles.arithmetic.protocol import N


class ZeroAdjoints(Generic[N]):
    """The exactly zero adjoints of a reverse pass over numbers, and what they were made of.

    y sqrt(x) at x = y = 0 has the derivative 0 by x: along x, y stays 0. sqrt(x)^2, x^(1/2) x^(1/2) and the exponential of a quantile at -infinity
    have zero adjoints of x's own, before an infinite slope by x: 0 times infinity there is anything, and a limit decides.
    """

    def __init__(self) -> None:
        self.made_of: dict[int, tuple[Node[N], ...]] = {}
        self.met: list[tuple[Node[N], tuple[Node[N], ...]]] = []

    def passed(self, node: Node[N], adjoint: N, parent: Node[N], factor: Callable[[], N]) -> None:
        """An adjoint went from a node to its parent by that partial."""
        number = _innermost(adjoint)
        if number == 0:
            reads = self.made_of.get(id(node), ())
            if reads and not _innermost(node.tape.base.num(factor())).is_finite():
                self.met.append((parent, reads))
        elif _innermost(node.tape.base.num(factor())) == 0:
            others = [n for n, _ in node.parents if n is not parent]
            reads = tuple(others or [parent]) if node.product else tuple(n for n, _ in node.parents)
        else:
            return
        if reads:
            self.made_of[id(parent)] = (*self.made_of.get(id(parent), ()), *reads)

    def depend(self, on: set[int]) -> bool:
        """Whether an infinite partial and the zero before it both depend on a variable, by the nodes that do."""
        return any(id(parent) in on and any(id(n) in on for n in reads) for parent, reads in self.met)


def _innermost(number: object) -> arb:
    """The Arb ball of a number of Arb's, or of a tape over it."""
    while isinstance(number, Node):
        number = number.value
    return cast(ArbNumber, number).v
