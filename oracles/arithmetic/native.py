"""native: plain IEEE 754 arithmetic of one format, one number at a time, no bounds. It only says whether the formula itself gives NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from ulpfuzz.oracles.arithmetic.composites import Composites, Unnoticed
from ulpfuzz.oracles.arithmetic.constants import CONSTANTS
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact
from ulpfuzz.oracles.arithmetic.special import functions

#: numpy's scalar of the format. Its type hints know no sum with a Fraction, nor a format of ml_dtypes.
Scalar: TypeAlias = Any


class Native(Composites[Scalar]):
    """The definition as IEEE 754 would evaluate it, infinities and NaNs included. Guarantees nothing."""

    name = "native"

    def lift(self, value: float) -> Scalar:
        return np.float64(value)

    def num(self, value: Scalar | Exact | float) -> Scalar:
        return np.float64(float(value) if isinstance(value, Fraction) else value)

    def const(self, name: Constant) -> Scalar:
        return self.num(float(CONSTANTS[name]))

    def sum(self, items: Sequence[Scalar]) -> Scalar:
        total = items[0]
        for item in items[1:]:
            total = total + item
        return total

    def max(self, items: Sequence[Scalar]) -> Scalar:
        return np.max([self.num(i) for i in items])

    def hint_max(self, items: Sequence[Scalar]) -> Scalar:
        """0, so that the formula is evaluated as it stands."""
        return self.num(0)

    def min(self, items: Sequence[Scalar]) -> Scalar:
        return np.min([self.num(i) for i in items])

    def lt(self, x: Scalar, y: Scalar) -> bool:
        return bool(self.num(x) < self.num(y))

    def eq0(self, x: Scalar) -> bool:
        return bool(self.num(x) == 0)

    def where(self, cond: bool, yes: Callable[[], Scalar], no: Callable[[], Scalar]) -> Scalar:
        return yes() if cond else no()

    def pow(self, x: Scalar, y: Scalar) -> Scalar:
        return np.power(self.num(x), self.num(y))

    def atan2(self, y: Scalar, x: Scalar) -> Scalar:
        return np.arctan2(self.num(y), self.num(x))

    def fmod(self, x: Scalar, y: Scalar) -> Scalar:
        return np.fmod(self.num(x), self.num(y))

    def polygamma(self, n: int, x: Scalar) -> Scalar:
        import scipy.special

        return scipy.special.polygamma(n, self.num(x))

    def sinpi(self, x: Scalar) -> Scalar:
        return np.sin(math.pi * np.fmod(self.num(x), 2))

    def cospi(self, x: Scalar) -> Scalar:
        return np.cos(math.pi * np.fmod(self.num(x), 2))

    def partial(self, name: str, numbers: Sequence[Scalar], orders: tuple[int, ...]) -> Scalar:
        return np.float64(math.nan)

    def __getattr__(self, name: str) -> Callable[..., Scalar]:
        if name in functions():
            return functions()[name].native or (lambda *numbers: np.float64(math.nan))
        numpy_name = _NUMPY.get(name, name)
        if hasattr(np, numpy_name) and name not in _SCIPY:
            function = getattr(np, numpy_name)
            return lambda x: function(self.num(x))
        if name not in _SCIPY:
            raise AttributeError(name)
        import scipy.special

        special = getattr(scipy.special, _SCIPY[name])
        return lambda x: special(self.num(x))


class NativeColumns(Unnoticed[Scalar], Native):
    """Native over columns of many rows, a base of tapes. Raises what a function raises that takes no columns."""

    def lift(self, value: Any) -> Scalar:
        return np.asarray(value, np.float64)

    def max(self, items: Sequence[Scalar]) -> Scalar:
        return reduce(np.maximum, [self.num(i) for i in items])

    def min(self, items: Sequence[Scalar]) -> Scalar:
        return reduce(np.minimum, [self.num(i) for i in items])

    def lt(self, x: Scalar, y: Scalar) -> Any:
        return self.num(x) < self.num(y)

    def eq0(self, x: Scalar) -> Any:
        return self.num(x) == 0

    def where(self, cond: Any, yes: Callable[[], Scalar], no: Callable[[], Scalar]) -> Scalar:
        return np.where(cond, self.num(yes()), self.num(no()))

    def mask(self, cond: Any, adjoint: Scalar) -> Scalar:
        return np.where(cond, adjoint, 0.0)

    def sign(self, x: Scalar) -> Scalar:
        return np.sign(self.num(x))

    def square(self, x: Scalar) -> Scalar:
        return self.num(x) * self.num(x)


class Formula(Unnoticed[Scalar], Native):
    """The definition in the arithmetic of a format, and its derivatives by the tape: operations round to it, functions are binary64's,
    rounded.

    A sum has no order: where its positive and its negative terms both overflow it is inf - inf. Raises
    NotImplementedError where a special function of the table, which has no formula here, is called with a NaN or differentiated.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self.number: Callable[[float], Scalar] = np.dtype(dtype).type

    def lift(self, value: float) -> Scalar:
        return self.number(value)

    def num(self, value: Scalar | Exact | float) -> Scalar:
        return self.number(float(value))

    def sum(self, items: Sequence[Scalar]) -> Scalar:
        numbers = [self.num(item) for item in items]
        if all(math.isfinite(v) for v in numbers):
            parts = [[v for v in numbers if v > 0], [v for v in numbers if v < 0]]
            if all(part and math.isinf(super(Formula, self).sum(part)) for part in parts):
                return self.num(math.nan)
        return super().sum(numbers)

    def sign(self, x: Scalar) -> Scalar:
        return self.num(np.sign(float(x)))

    def square(self, x: Scalar) -> Scalar:
        return self.num(x) * self.num(x)

    def max(self, items: Sequence[Scalar]) -> Scalar:
        return self.num(np.max([float(self.num(i)) for i in items]))

    def min(self, items: Sequence[Scalar]) -> Scalar:
        return self.num(np.min([float(self.num(i)) for i in items]))

    def polygamma(self, n: int, x: Scalar) -> Scalar:
        return self.num(super().polygamma(n, np.float64(x)))

    def partial(self, name: str, numbers: Sequence[Scalar], orders: tuple[int, ...]) -> Scalar:
        raise NotImplementedError(f"no formula for a derivative of {name}")

    def __getattr__(self, name: str) -> Callable[..., Scalar]:
        function = Native().__getattr__(name)

        def rounded(*numbers: Scalar) -> Scalar:
            arguments = [float(self.num(v)) for v in numbers]
            value = float(function(*map(np.float64, arguments)))
            if name in functions() and math.isnan(value) and not any(map(math.isnan, arguments)):
                raise NotImplementedError(f"{name} is a library's here, whose NaN says nothing of the formula")
            return self.num(value)

        return rounded


_NUMPY = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
_SCIPY = {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "lgamma": "gammaln", "digamma": "psi"}
