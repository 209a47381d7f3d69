"""native: plain IEEE 754 arithmetic of one format, one number at a time, no bounds. Only asked whether the formula itself gives NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from oracles.arithmetic.ball64 import CONSTANTS
from oracles.arithmetic.composites import Composites
from oracles.arithmetic.special import functions


class Native(Composites):
    """The definition as IEEE 754 would evaluate it, infinities and NaNs included. Guarantees nothing."""

    name = "native"

    def lift(self, value: float) -> Any:
        return np.float64(value)

    def num(self, value: Any) -> Any:
        return np.float64(float(value) if isinstance(value, Fraction) else value)

    def const(self, name: str) -> Any:
        return self.num(float(CONSTANTS[name]))

    def sum(self, items: Sequence[Any]) -> Any:
        total = items[0]
        for item in items[1:]:
            total = total + item
        return total

    def max(self, items: Sequence[Any]) -> Any:
        return np.max([self.num(i) for i in items])

    def hint_max(self, items: Sequence[Any]) -> Any:
        """0, so that the formula is evaluated as it stands."""
        return self.num(0)

    def min(self, items: Sequence[Any]) -> Any:
        return np.min([self.num(i) for i in items])

    def lt(self, x: Any, y: Any) -> bool:
        return bool(self.num(x) < self.num(y))

    def eq0(self, x: Any) -> bool:
        return bool(self.num(x) == 0)

    def where(self, cond: bool, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        return yes() if cond else no()

    def pow(self, x: Any, y: Any) -> Any:
        return np.power(self.num(x), self.num(y))

    def atan2(self, y: Any, x: Any) -> Any:
        return np.arctan2(self.num(y), self.num(x))

    def fmod(self, x: Any, y: Any) -> Any:
        return np.fmod(self.num(x), self.num(y))

    def polygamma(self, n: int, x: Any) -> Any:
        import scipy.special

        return scipy.special.polygamma(n, self.num(x))

    def sinpi(self, x: Any) -> Any:
        return np.sin(math.pi * np.fmod(self.num(x), 2))

    def cospi(self, x: Any) -> Any:
        return np.cos(math.pi * np.fmod(self.num(x), 2))

    def partial(self, name: str, numbers: Sequence[Any], orders: tuple[int, ...]) -> Any:
        return np.float64(math.nan)

    def __getattr__(self, name: str) -> Callable[..., Any]:
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


class Formula(Native):
    """The definition in the arithmetic of a format, and its derivatives by the tape: operations round to it, functions are binary64's, rounded.

    A sum has no order: where its positive and its negative terms both overflow it is inf - inf. Ties and isolated points go unnoticed. Raises
    NotImplementedError where a special function of the table, which has no formula here, is asked for a NaN or a derivative.
    """

    def __init__(self, dtype: Any) -> None:
        self.number = np.dtype(dtype).type

    def lift(self, value: float) -> Any:
        return self.number(value)

    def num(self, value: Any) -> Any:
        return self.number(float(value))

    def sum(self, items: Sequence[Any]) -> Any:
        numbers = [self.num(item) for item in items]
        if all(math.isfinite(v) for v in numbers):
            parts = [[v for v in numbers if v > 0], [v for v in numbers if v < 0]]
            if all(part and math.isinf(super(Formula, self).sum(part)) for part in parts):
                return self.num(math.nan)
        return super().sum(numbers)

    def annihilate(self, adjoint: Any, partial: Any) -> Any:
        return adjoint * partial

    def mask(self, cond: bool, adjoint: Any) -> Any:
        return adjoint if cond else self.num(0)

    def sign(self, x: Any) -> Any:
        return self.num(np.sign(float(x)))

    def tie(self, x: Any, y: Any) -> bool:
        return False

    def note_kink(self, _: Any) -> None: ...

    def note_removable(self, _: Any) -> None: ...

    def square(self, x: Any) -> Any:
        return self.num(x) * self.num(x)

    def max(self, items: Sequence[Any]) -> Any:
        return self.num(np.max([float(self.num(i)) for i in items]))

    def min(self, items: Sequence[Any]) -> Any:
        return self.num(np.min([float(self.num(i)) for i in items]))

    def polygamma(self, n: int, x: Any) -> Any:
        return self.num(super().polygamma(n, np.float64(x)))

    def partial(self, name: str, numbers: Sequence[Any], orders: tuple[int, ...]) -> Any:
        raise NotImplementedError(f"no formula for a derivative of {name}")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = Native().__getattr__(name)

        def rounded(*numbers: Any) -> Any:
            given = [float(self.num(v)) for v in numbers]
            value = float(function(*map(np.float64, given)))
            if name in functions() and math.isnan(value) and not any(map(math.isnan, given)):
                raise NotImplementedError(f"{name} is a library's here, whose NaN says nothing of the formula")
            return self.num(value)

        return rounded


_NUMPY = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
_SCIPY = {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "lgamma": "gammaln", "digamma": "psi"}
