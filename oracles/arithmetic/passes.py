"""Passes: derivatives read off a tape's nodes, backwards (vector-Jacobian products) and forwards (Jacobian-vector products)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.composites import unknown
from ulpfuzz.oracles.arithmetic.node import Factor, Mask, Node, once
from ulpfuzz.oracles.arithmetic.protocol import Exact, N, TapeBase, Truth
from ulpfuzz.oracles.arithmetic.truth_values import possible
from ulpfuzz.oracles.arithmetic.zero_adjoints import ZeroAdjoints


class Passes(Generic[N]):
    """The nodes over a base arithmetic in the order in which they were made, and the two passes over them."""

    def __init__(self, base: TapeBase[N]) -> None:
        self.base = base
        self.nodes: list[Node[N]] = []

    def one(self) -> N:
        return self.base.num(1)

    def gradient(self, outputs: Sequence[object], seeds: Sequence[N] | Sequence[Exact], variables: Sequence[Node[N]]) -> list[N]:
        """The vector-Jacobian product: d(sum_i seeds_i outputs_i)/d variable, as numbers of the base arithmetic."""
        adjoints: dict[int, N] = {}
        for output, seed in zip(outputs, seeds, strict=True):
            if isinstance(output, Node) and output.tape is self:
                _accumulate(adjoints, output, self.base.num(seed))
        wanted = {id(v) for v in variables}
        alive = self.depending_on(wanted)
        zeros: ZeroAdjoints[N] | None = ZeroAdjoints() if _certifies(self.base) else None
        for node in reversed(self.nodes):
            adjoint = adjoints.get(id(node)) if id(node) in wanted else adjoints.pop(id(node), None)
            if adjoint is None:
                continue
            for parent, factor in node.parents:
                if id(parent) in alive:  # a constant's derivative is not needed
                    made = factor if isinstance(factor, Mask) or factor == self.one else once(factor)
                    _accumulate(adjoints, parent, self._passed(adjoint, made, self.base.annihilate))
                    if zeros is not None and not isinstance(made, Mask):
                        zeros.passed(node, adjoint, parent, made)
        slopes = [adjoints.get(id(v), self.base.num(0)) for v in variables]
        if zeros is None or not zeros.met:
            return slopes
        return [
            unknown(self.base, slope) if zeros.depend(self.depending_on({id(v)})) else slope
            for v, slope in zip(variables, slopes, strict=True)
        ]

    def depending_on(self, variables: set[int]) -> set[int]:
        """The variables and all nodes made of them, by identity."""
        alive = set(variables)
        for node in self.nodes:
            if any(id(parent) in alive for parent, _ in node.parents):
                alive.add(id(node))
        return alive

    def pushforward(
        self, outputs: Sequence[object], variables: Sequence[Node[N]], directions: Sequence[N] | Sequence[Exact]
    ) -> list[N]:
        """The Jacobian-vector product: sum_j d output/d variable_j directions_j of each output, as numbers of the base arithmetic.

        One pass over the nodes in the order in which they were made, with the partials of the reverse pass. Here nothing annihilates:
        a branch that is not taken has no part in the graph, and a zero tangent times an infinite partial is not known to be zero (the norm
        at 0). At a tie of a choice the tangent is the hull of the tied ones', where reverse mode has a hull with 0 for each of them alone.
        """
        tangents = {id(v): self.base.num(d) for v, d in zip(variables, directions, strict=True)}
        for node in self.nodes:
            if id(node) in tangents:
                continue
            if node.choice:
                if any(id(parent) in tangents for parent, _ in node.parents):
                    tangents[id(node)] = self._chosen(
                        [(f.cond, tangents.get(id(p))) for p, f in node.parents if isinstance(f, Mask)]
                    )
                continue
            for parent, factor in node.parents:
                tangent = tangents.get(id(parent))
                if tangent is not None:
                    _accumulate(tangents, node, self._passed(tangent, factor, self._times))
        zero = self.base.num(0)
        return [tangents.get(id(o), zero) if isinstance(o, Node) and o.tape is self else zero for o in outputs]

    def _chosen(self, pieces: Sequence[tuple[Truth, N | None]]) -> N:
        """The tangent whose condition holds, of (condition, tangent or None for zero); the hull of those whose conditions are undecided."""
        zero = self.base.num(0)
        numbers = [zero if tangent is None else tangent for _, tangent in pieces]
        for (cond, _), number in zip(pieces, numbers, strict=True):
            self.base.mask(cond, number)  # the base notes where a derivative jumps
        if len(numbers) == 2:  # two branches: one has the condition and the other its negation
            return self.base.where(pieces[0][0], lambda: numbers[0], lambda: numbers[1])
        chosen = numbers[-1]
        # the first that is possible, where no hull is wanted
        for (cond, _), number in zip(pieces[-2::-1], numbers[-2::-1], strict=True):
            chosen = self.base.where(possible(cond), lambda n=number: n, lambda t=chosen: t)  # type: ignore[misc]
        total = chosen
        for (cond, _), number in zip(pieces[::-1], numbers[::-1], strict=True):
            total = self.base.where(cond, lambda n=number: n, lambda t=total: t)  # type: ignore[misc]
        return total

    def _passed(self, carried: N, factor: Factor[N], times: Callable[[N, N], N]) -> N:
        """A tangent or adjoint times a partial derivative."""
        if isinstance(factor, Mask):
            return self.base.mask(factor.cond, carried)
        if factor == self.one:
            return carried
        return times(carried, self.base.num(factor()))

    @staticmethod
    def _times(x: N, y: N) -> N:
        return x * y


def _certifies(base: object) -> bool:
    """Whether it is Arb, or a tape over it: the arithmetic that certifies."""
    while isinstance(base, Passes):
        base = base.base
    return isinstance(base, Arb)


def _accumulate(adjoints: dict[int, N], node: Node[N], piece: N) -> None:
    key = id(node)
    adjoints[key] = adjoints[key] + piece if key in adjoints else piece
