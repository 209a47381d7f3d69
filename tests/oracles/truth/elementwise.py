"""Elementary functions: FLINT, rational arithmetic, other formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
from mpmath import mp, mpf

from tests.oracles.truth import by_flint, by_fractions


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


arb: Any = flint.arb


TRUTH: dict[str, Any] = {
    **{
        n: by_flint(getattr(arb, n))
        for n in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")
    },
    **{n: by_flint(getattr(arb, n)) for n in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")},
    "exp2": by_flint(lambda x: arb(2) ** x),
    "log2": by_flint(lambda x: x.log() / arb.const_log2()),
    "log10": by_flint(lambda x: x.log() / arb.const_log10()),
    "rsqrt": by_flint(arb.rsqrt),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "reciprocal": by_fractions(lambda x: 1 / x),
    "square": by_fractions(lambda x: x**2),
    "add": by_fractions(lambda x, y: x + y),
    "sub": by_fractions(lambda x, y: x - y),
    "mul": by_fractions(lambda x, y: x * y),
    "div": by_fractions(lambda x, y: x / y),
    "pow": by_flint(lambda x, y: x**y if x > 0 else x ** int(y.mid().fmpq().p) if y.is_integer() else arb("nan")),
    "atan2": lambda x, y: mp.arg(mp.mpc(y, x)),
    "hypot": lambda x, y: abs(mp.mpc(x, y)),
    "logaddexp": _logaddexp,
    "logaddexp2": lambda x, y: max(x, y) + mp.log1p(mpf(2) ** -abs(x - y)) / mp.log(2),
    "xlogy": lambda x, y: mp.log(mp.power(y, x)) if y > 0 else mp.nan,
    "xlog1py": lambda x, y: mp.log(mp.power(1 + y, x)) if y > -1 else mp.nan,
    "fmod": by_fractions(lambda x, y: x - int(x / y) * y),
    "remainder": by_fractions(lambda x, y: x % y),
    "floor_divide": by_fractions(lambda x, y: Fraction(x // y)),
}
