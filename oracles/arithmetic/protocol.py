"""The protocol of an arithmetic: what a definition may do with its numbers.

A *number* supports + - * / and unary minus with other numbers of its arithmetic, with int and with Fraction. A definition
receives the arithmetic as `m`, scalars as numbers and vectors as lists of numbers, and returns a number or a list of them.
In the vectorised arithmetics a number is a column over the batch; in arb and mp it is one number.

Truth values are three-valued: a comparison answers yes, no or undecided per row; `where` takes the hull of both branches
where it is undecided. Definitions never branch with Python's `if` on a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal, Protocol

Number = Any
Truth = Any
Constant = Literal["pi", "ln2", "ln10", "euler"]

#: Elementary and special functions of one number that every arithmetic provides as a method.
UNARY = (
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "lgamma", "digamma", "sinpi", "cospi",
    "floor", "abs", "square", "sigmoid", "softplus",
)  # fmt: skip


class Arithmetic(Protocol):
    """What every arithmetic provides beside the operators of its numbers and the UNARY methods."""

    name: str

    def num(self, value: int | Fraction | float) -> Number:
        """An exact constant (a float enters with its exact binary value)."""

    def const(self, name: Constant) -> Number:
        """A mathematical constant, enclosed at the arithmetic's precision."""

    def sum(self, items: Sequence[Number]) -> Number: ...

    def max(self, items: Sequence[Number]) -> Number: ...

    def min(self, items: Sequence[Number]) -> Number: ...

    def hint_max(self, items: Sequence[Number]) -> Number:
        """An exact number near the largest item, and a constant to the tape. It is a hint: a definition may use it only where any number
        whatever would give the same value (the shift of a log-sum-exp)."""

    def pow(self, x: Number, y: Number) -> Number:
        """x^y for real x, y: exp(y log x) for x > 0; integer y also for x <= 0; x^0 = 1; undefined (NaN) elsewhere."""

    def atan2(self, y: Number, x: Number) -> Number: ...

    def fmod(self, x: Number, y: Number) -> Number:
        """x - trunc(x/y) y, the sign of x."""

    def polygamma(self, n: int, x: Number) -> Number:
        """The n-th derivative of digamma, n >= 1."""

    def logsumexp(self, items: Sequence[Number]) -> Number: ...

    def softmax(self, items: Sequence[Number]) -> list[Number]:
        """The gradient of logsumexp."""

    def share(self, part: Number, rest: Number) -> Number:
        """part / (part + rest)."""

    def norm(self, items: Sequence[Number]) -> Number:
        """The Euclidean norm."""

    def direction(self, items: Sequence[Number]) -> list[Number]:
        """The gradient of norm; undefined at the zero vector."""

    def lt(self, x: Number, y: Number) -> Truth: ...

    def eq0(self, x: Number) -> Truth: ...

    def where(self, cond: Truth, yes: Callable[[], Number], no: Callable[[], Number]) -> Number: ...
