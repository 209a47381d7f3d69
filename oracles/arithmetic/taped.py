"""What a tape asks of a base beside the protocol, for the arithmetics that read limits: ties and isolated points go unnoticed there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oracles.arithmetic.mp import Mp
from oracles.arithmetic.native import Native


class TapedMp(Mp):
    """Mp with what the tape asks of a base."""

    def annihilate(self, adjoint: Any, partial: Any) -> Any:
        return self.num(0) if self.eq0(adjoint) else adjoint * partial

    def mask(self, cond: bool | None, adjoint: Any) -> Any:
        return self.num(math.nan) if cond is None else adjoint if cond else self.num(0)

    def sign(self, x: Any) -> Any:
        return self.num(-1 if self.lt(x, 0) else 0 if self.eq0(x) else 1)

    def tie(self, x: Any, y: Any) -> bool:
        return False

    def note_kink(self, _: Any) -> None: ...

    def note_removable(self, hit: bool) -> None:
        """The derivative there is that of a constant, which says nothing: see `oracles.limits.paths.along`."""
        self.removable |= bool(hit)


class TapedNative(Native):
    """Native with what the tape asks of a base.

    functions: whether anything but IEEE 754's own operations (5.4.1: + - * / sqrt, comparisons) was asked for. derivatives: whether a partial
    derivative of a special function was.
    """

    def __init__(self) -> None:
        self.functions = self.derivatives = False

    def annihilate(self, adjoint: Any, partial: Any) -> Any:
        return adjoint * partial

    def mask(self, cond: bool, adjoint: Any) -> Any:
        return adjoint if cond else self.num(0)

    def sign(self, x: Any) -> Any:
        return np.sign(x)

    def tie(self, x: Any, y: Any) -> bool:
        return False

    def note_kink(self, _: Any) -> None: ...

    def note_removable(self, _: Any) -> None: ...

    def square(self, x: Any) -> Any:
        return x * x

    def pow(self, x: Any, y: Any) -> Any:
        self.functions = True
        return super().pow(x, y)

    def atan2(self, y: Any, x: Any) -> Any:
        self.functions = True
        return super().atan2(y, x)

    def polygamma(self, n: int, x: Any) -> Any:
        self.functions = True
        return super().polygamma(n, x)

    def partial(self, name: str, numbers: Sequence[Any], orders: tuple[int, ...]) -> Any:
        self.functions = self.derivatives = True
        return super().partial(name, numbers, orders)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in ("abs", "sqrt", "floor"):
            self.functions = True
        return super().__getattr__(name)
