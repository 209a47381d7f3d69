"""ball64 over PyTorch's binary64 tensors: the same balls, where a GPU computes them.

torch is the module of the columns here as numpy is elsewhere; the guarantee is ball64's own. Elementary functions charge ball64's 8 units of
roundoff: CUDA's double precision ones err by at most 2 ulps (CUDA C++ Programming Guide, "Mathematical Functions", double precision), and
those of the CPU (SLEEF's u10 functions, 1.0 ulp) by less. Special functions claim nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from types import ModuleType

from numpy.typing import ArrayLike

from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.enclosure import Ball, Column


class TorchBall64(Ball64):
    """The arithmetic of Balls over tensors of a device."""

    dtype = float

    def __init__(self, torch: ModuleType, device: object, rows: int = 1) -> None:
        self.xp, self.device = torch, device
        super().__init__(rows)

    def column(self, value: ArrayLike) -> Column:
        """See Ball64."""
        made: Column = self.xp.as_tensor(value, dtype=self.xp.float64, device=self.device)
        return made

    def filled(self, shape: tuple[int, ...], value: float) -> Column:
        """See Ball64."""
        made: Column = self.xp.full(shape, value, dtype=self.xp.float64, device=self.device)
        return made

    def numbers(self, mask: Column) -> Column:
        """See Ball64."""
        return self.column(mask)

    def lift(self, values: Column, bits: int = 53) -> Ball:
        """See Ball64; a tensor of any format."""
        return Ball(self, self.column(values), bits=bits)

    def _scipy(self, name: str, x: Column) -> Column:
        return self.filled(tuple(x.shape), float("nan"))

    def _zeta(self, s: int, values: Column) -> Column:
        return self.filled(tuple(values.shape), float("nan"))

    def __getattr__(self, name: str) -> Callable[..., Ball]:
        function = super().__getattr__(name)  # AttributeError for what no arithmetic has
        del function
        return lambda *numbers: self._unknown_of(numbers)

    def _unknown_of(self, numbers: tuple[Ball | Exact, ...]) -> Ball:
        balls = [self.num(number) for number in numbers]
        ball = self.unknown(*balls)
        ball.bad = reduce(self._either, (b.bad for b in balls))
        return ball
