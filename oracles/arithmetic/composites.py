"""Composites: functions that every arithmetic makes of its own primitives, because the tape knows their derivatives better than the parts'.

1 / (1 + e^-x), differentiated part by part, is e^-x / (1 + e^-x)^2, and its derivative a difference of two such quotients: near 0, and where
the function saturates, nothing is left of its digits. The tape differentiates these as wholes, in forms whose terms have one sign or whose
difference is the derivative's own (`Tape`), so that second derivatives are as sharp as values. The values here are the textbook's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Generic

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N


class Composites(Generic[N]):
    """Mixed into an arithmetic; its primitives carry the guarantee."""

    def sigmoid(self: Arithmetic[N], x: N) -> N:
        """The logistic function 1 / (1 + e^-x)."""
        return 1 / (1 + self.exp(-self.num(x)))

    def softplus(self: Arithmetic[N], x: N) -> N:
        """log(1 + e^x)."""
        return self.log1p(self.exp(self.num(x)))

    def logsumexp(self: Arithmetic[N], items: Sequence[N]) -> N:
        """log sum e^x_i."""
        return self.log(self.sum([self.exp(v) for v in items]))

    def softmax(self: Arithmetic[N], items: Sequence[N]) -> list[N]:
        """e^x_i / sum e^x_j: the gradient of logsumexp."""
        powers = [self.exp(v) for v in items]
        total = self.sum(powers)
        return [p / total for p in powers]

    def share(self: Arithmetic[N], part: N, rest: N) -> N:
        """part / (part + rest)."""
        return part / (part + rest)

    def norm(self: Arithmetic[N], items: Sequence[N]) -> N:
        """The Euclidean norm, the square root of sum x_i^2."""
        return self.sqrt(self.sum([self.square(v) for v in items]))

    def direction(self: Arithmetic[N], items: Sequence[N]) -> list[N]:
        """x_i / ||x||: the gradient of norm."""
        length = self.norm(items)
        return [v / length for v in items]

    def cosine(self: Arithmetic[N], side: N, rest: N) -> N:
        """side / sqrt(side^2 + rest)."""
        return side / self.sqrt(self.square(side) + rest)

    def one_minus_square(self, x: N) -> N:
        """1 - x^2 as (1 - x)(1 + x)."""
        return (1 - x) * (1 + x)

    # What a tape needs of its base, where it has nothing to do

    def detached(self, x: N) -> N:
        """x itself: no derivative flows through it but a tape's."""
        return x

    def derivative(self: Arithmetic[N], name: str, x: N, order: int) -> N:
        return unknown(self, x)

    def note_leap(self, yes: N, no: N) -> None: ...


class Unnoticed(Generic[N]):
    """Mixed into an arithmetic of single numbers: ties and isolated points go unnoticed by the tape, and no zero annihilates what is infinite."""

    def annihilate(self, adjoint: N, partial: N) -> N:
        return adjoint * partial

    def mask(self: Arithmetic[N], cond: bool | None, adjoint: N) -> N:
        return self.num(math.nan) if cond is None else adjoint if cond else self.num(0)

    def tie(self, x: N, y: N) -> bool:
        return False

    def note_kink(self, tie: bool) -> None: ...

    def note_removable(self, hit: bool) -> None: ...


def unknown(m: Arithmetic[N], x: N) -> N:
    """An unknown number, with an unknown derivative by x."""
    return x / m.num(0)


def reflected_polygamma(m: Arithmetic[N], n: int, x: N, mirrored: N) -> N:
    """psi_n(x) from psi_n(1 - x): (-1)^n psi_n(1-x) - psi_n(x) = pi d^n/dx^n cot(pi x) (DLMF 5.15.6), n <= 3."""
    sine, cosine, pi = m.sinpi(x), m.cospi(x), m.const("pi")
    inverse = m.square(pi / sine)
    if n == 1:
        return inverse - mirrored
    if n == 2:
        return mirrored - 2 * pi * cosine * inverse / sine
    if n == 3:
        return 2 * m.square(inverse) * (1 + 2 * m.square(cosine)) - mirrored
    return x / m.num(0)  # not known here: a tier above decides


def sums_of_others(items: Sequence[N]) -> list[N]:
    """For each of two or more items the sum of all others, in linear time and without subtracting."""
    before: list[N] = []
    for item in items[:-1]:
        before.append(before[-1] + item if before else item)
    sums, after = [before[-1]], items[-1]
    for item, earlier in zip(items[-2:0:-1], before[-2::-1], strict=True):
        sums.append(earlier + after)
        after = after + item
    return [after, *sums[::-1]]
