"""Digits: the truth of a batch as decimals, element by element, each computed once."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.confirmation import Confirmation, confirm, decimal, is_far
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, Reference

_ANYTHING = FINITE | NAN | PINF | NINF


class Digits:
    """The truth of `function` at binary64 inputs that a Reference is known for.

    `confirmation` evaluates with mpmath and costs as much; `text` takes what is confirmed already, else one evaluation in Arb per row.
    """

    def __init__(self, function: Function, inputs: dict[str, NDArray[np.float64]], truth: Reference) -> None:
        self.function, self.inputs, self.truth = function, inputs, truth
        self.confirmed: dict[tuple[int, int], Confirmation] = {}
        self._balls = cache(self._enclosures)
        self._kept = -1, Kept()

    def single(self, row: int) -> dict[str, NDArray[np.float64]]:
        return {name: values[row] for name, values in self.inputs.items()}

    def kept(self, row: int) -> Kept:
        """What was evaluated of this row, until another row is evaluated."""
        if self._kept[0] != row:
            self._kept = row, Kept()
        return self._kept[1]

    def near(self, row: int, output: int) -> float:
        """The truth in binary64; nan where it is no number."""
        if self.truth.accepts[row, output] & FINITE == 0:
            return math.nan
        return float(self.truth.value[row, output] + self.truth.value_lo[row, output])

    def confirmation(self, row: int, output: int) -> Confirmation:
        """40 digits, by Arb and mpmath; by Arb alone where the exponent is out of all proportion (`exact` is then None)."""
        if (row, output) not in self.confirmed:
            self.confirmed[row, output] = self._confirmation(row, output)
        return self.confirmed[row, output]

    def _confirmation(self, row: int, output: int) -> Confirmation:
        if self.truth.accepts[row, output] == _ANYTHING:  # outside the domain of a derivative
            return Confirmation("nan", "limit", True)
        return confirm(self.function, self.single(row), output, kept=self.kept(row))

    def text(self, row: int, output: int) -> str:
        """At least 20 digits where Arb knows them, nan, inf or -inf; else those of binary64."""
        if (row, output) in self.confirmed:
            return self.confirmed[row, output].value
        accepts = self.truth.accepts[row, output]
        balls = self._balls(row) if accepts != _ANYTHING else []
        if balls and _is_sharp(balls[output]):
            ball = balls[output]
            return ball.str(40, radius=False) if is_far(ball) else decimal(rigorous.to_fraction(ball))
        if accepts & FINITE and accepts != _ANYTHING:
            return repr(self.near(row, output))
        return "inf" if accepts == PINF else "-inf" if accepts == NINF else "nan"

    def _enclosures(self, row: int) -> list[Any]:
        """Arb's balls of all outputs of a row, as sharp as 4096 bits make them; [] where it has none."""
        single = self.single(row)
        balls: list[Any] = []
        if all(np.isfinite(values).all() for values in single.values()):
            for bits in (256, 1024, 4096):
                enclosure = rigorous.enclose(self.function, single, bits)
                # At a kink an interval is right, and at a removable singularity Arb saw no limit.
                balls = [] if enclosure.kink or enclosure.removable else enclosure.balls
                if all(_is_sharp(ball) for ball in balls):
                    break
        return balls


def _is_sharp(ball: Any) -> bool:
    return bool(ball.is_finite() and (ball.rad() == 0 or ball.rel_accuracy_bits() > 140))
