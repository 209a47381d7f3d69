"""textbook: a tape that differentiates composites part by part, as implementations do, where `Tape` has forms without needless cancellation.

Its derivatives are the same numbers; what it shows is through which steps, and of what size, a textbook's evaluation comes to them: the gradient
of softmax as s (g - sum s g), which is zero for equal g, is a difference of two numbers near s g.
"""

from __future__ import annotations

from collections.abc import Sequence

from ulpfuzz.oracles.arithmetic.node import Node
from ulpfuzz.oracles.arithmetic.protocol import Exact, N
from ulpfuzz.oracles.arithmetic.tape import Tape


class Textbook(Tape[N]):
    """The derivative arithmetic over `base`; log-sum-exp and softmax shifted by the largest number, as everywhere."""

    name = "textbook"

    def logsumexp(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        shift = self.hint_max(items)
        return shift + self.log(self.sum([self.exp(self.num(v) - shift) for v in items]))

    def softmax(self, items: Sequence[Node[N] | Exact]) -> list[Node[N]]:
        shift = self.hint_max(items)
        powers = [self.exp(self.num(v) - shift) for v in items]
        total = self.sum(powers)
        return [power / total for power in powers]

    def share(self, part: Node[N], rest: Node[N]) -> Node[N]:
        return part / (part + rest)

    def norm(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        return self.sqrt(self.sum([self.square(v) for v in items]))

    def direction(self, items: Sequence[Node[N] | Exact]) -> list[Node[N]]:
        length = self.norm(items)
        return [self.num(v) / length for v in items]

    def cosine(self, side: Node[N], rest: Node[N]) -> Node[N]:
        return side / self.sqrt(self.square(side) + rest)
