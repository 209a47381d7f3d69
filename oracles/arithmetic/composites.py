"""Composites: functions that every arithmetic makes of its own primitives, because the tape knows their derivatives better than the parts'.

1 / (1 + e^-x), differentiated part by part, is e^-x / (1 + e^-x)^2, and its derivative a difference of two such quotients: near 0, and where
the function saturates, nothing is left of its digits. The tape differentiates these as wholes, in forms whose terms have one sign or whose
difference is the derivative's own (`Tape`), so that second derivatives are as sharp as values. The values here are the textbook's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Number = Any


class Composites:
    """Mixed into an arithmetic; its primitives carry the guarantee."""

    def sigmoid(self: Any, x: Number) -> Number:
        """The logistic function 1 / (1 + e^-x)."""
        return 1 / (1 + self.exp(-self.num(x)))

    def softplus(self: Any, x: Number) -> Number:
        """log(1 + e^x)."""
        return self.log1p(self.exp(self.num(x)))

    def logsumexp(self: Any, items: Sequence[Number]) -> Number:
        """log sum e^x_i."""
        return self.log(self.sum([self.exp(v) for v in items]))

    def softmax(self: Any, items: Sequence[Number]) -> list[Number]:
        """e^x_i / sum e^x_j: the gradient of logsumexp."""
        powers = [self.exp(v) for v in items]
        total = self.sum(powers)
        return [p / total for p in powers]

    def share(self: Any, part: Number, rest: Number) -> Number:
        """part / (part + rest)."""
        return part / (part + rest)

    def norm(self: Any, items: Sequence[Number]) -> Number:
        """The Euclidean norm, the square root of sum x_i^2."""
        return self.sqrt(self.sum([self.square(v) for v in items]))

    def direction(self: Any, items: Sequence[Number]) -> list[Number]:
        """x_i / ||x||: the gradient of norm."""
        length = self.norm(items)
        return [v / length for v in items]


def sums_of_others(items: Sequence[Number]) -> list[Number]:
    """For each of two or more items the sum of all others, in linear time and without subtracting."""
    before: list[Any] = [None]
    for item in items[:-1]:
        before.append(item if before[-1] is None else before[-1] + item)
    sums: list[Any] = []
    after = None
    for item, earlier in zip(reversed(items), reversed(before), strict=True):
        sums.append(earlier if after is None else after if earlier is None else earlier + after)
        after = item if after is None else after + item
    return sums[::-1]
