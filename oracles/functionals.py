"""Functionals: sums over the outputs of a function that are known better than the outputs themselves, as those of softmax are one whatever x is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import MPContext
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N

#: Bits in which the exponentials of answers are summed: more than any format's, so that the sum's own rounding counts for nothing.
BITS = 256


@dataclass(frozen=True)
class Functional:
    """A sum of one term for each output."""

    #: The name of the term among an arithmetic's functions; "" for the output itself.
    term: str
    #: What it is called before "of the ...".
    words: str

    def of(self, m: Arithmetic[N]) -> Callable[[N], N]:
        """The term in an arithmetic."""
        if not self.term:
            return lambda y: y
        return getattr(m, self.term)  # type: ignore[no-any-return]

    def terms(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """The terms in the array's own arithmetic."""
        return np.asarray(_NUMPY[self.term][0](outputs))

    def bends(self, outputs: NDArray[Any], truths: NDArray[Any]) -> NDArray[Any]:
        """|g(a) - g(y) - g'(y) (a - y)| of outputs a and truths y: what an error does beyond the first order."""
        if not self.term:
            return np.zeros_like(truths)
        change = _NUMPY[self.term][1](truths) * (outputs - truths)
        return np.asarray(np.abs(self.terms(outputs) - self.terms(truths) - change))

    def slopes(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """The magnitudes of their derivatives by the outputs."""
        return np.asarray(np.abs(_NUMPY[self.term][1](outputs)))

    def exact(self, outputs: list[float]) -> Fraction:
        """The sum of finite outputs; exact, but for exponentials, whose sum is good to BITS bits."""
        if self.term == "exp":
            context = MPContext()
            context.prec = BITS
            mantissa, exponent = context.fsum(context.exp(y) for y in outputs).man_exp
            return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
        return sum((Fraction(y) ** (2 if self.term == "square" else 1) for y in outputs), Fraction(0))


def to_double(exact: Fraction) -> float:
    """The number rounded to binary64; an infinity beyond it."""
    try:
        return float(exact)
    except OverflowError:
        return math.copysign(math.inf, exact)


_NUMPY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "": (lambda y: y, np.ones_like),
    "exp": (np.exp, np.exp),
    "square": (np.square, lambda y: 2 * y),
}

#: By the name that a record gives: the sum, which every op of several outputs has, and others of values.
FUNCTIONALS = {
    "sum": Functional("", "sum"),
    "sum_of_exponentials": Functional("exp", "sum of the exponentials"),
    "sum_of_squares": Functional("square", "sum of the squares"),
}
