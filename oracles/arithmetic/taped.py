"""The arithmetics that read limits, as bases of a tape: ties and isolated points go unnoticed there (`composites.Unnoticed`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from mpmath import mpf

from ulpfuzz.oracles.arithmetic.composites import Unnoticed
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.native import Native, Scalar


class TapedMp(Unnoticed[mpf], Mp):
    """Mp for tapes that read limits."""

    def annihilate(self, adjoint: mpf, partial: mpf) -> mpf:
        return self.num(0) if self.eq0(adjoint) else adjoint * partial

    def sign(self, x: mpf) -> mpf:
        return self.num(-1 if self.lt(x, 0) else 0 if self.eq0(x) else 1)

    def note_removable(self, hit: bool) -> None:
        """The derivative there is that of a constant, which says nothing: see `ulpfuzz.oracles.limits.paths.along`."""
        self.removable |= bool(hit)


class TapedNative(Unnoticed[Scalar], Native):
    """Native for tapes.

    functions: whether anything but IEEE 754's own operations (5.4.1: + - * / sqrt, comparisons) was used. derivatives: whether a partial
    derivative of a special function was.
    """

    def __init__(self) -> None:
        self.functions = self.derivatives = False

    def sign(self, x: Scalar) -> Scalar:
        return np.sign(x)

    def square(self, x: Scalar) -> Scalar:
        return x * x

    def pow(self, x: Scalar, y: Scalar) -> Scalar:
        self.functions = True
        return super().pow(x, y)

    def atan2(self, y: Scalar, x: Scalar) -> Scalar:
        self.functions = True
        return super().atan2(y, x)

    def polygamma(self, n: int, x: Scalar) -> Scalar:
        self.functions = True
        return super().polygamma(n, x)

    def partial(self, name: str, numbers: Sequence[Scalar], orders: tuple[int, ...]) -> Scalar:
        self.functions = self.derivatives = True
        return super().partial(name, numbers, orders)

    def __getattr__(self, name: str) -> Callable[..., Scalar]:
        if name not in ("abs", "sqrt", "floor"):
            self.functions = True
        return super().__getattr__(name)
