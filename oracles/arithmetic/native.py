"""native: plain IEEE 754 binary64, one number at a time, no bounds. Only asked whether the formula itself gives NaN."""

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

    def lift(self, value: float) -> np.float64:
        return np.float64(value)

    def num(self, value: Any) -> np.float64:
        return np.float64(float(value) if isinstance(value, Fraction) else value)

    def const(self, name: str) -> np.float64:
        return np.float64(float(CONSTANTS[name]))

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


_NUMPY = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
_SCIPY = {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "lgamma": "gammaln", "digamma": "psi"}
