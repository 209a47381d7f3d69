"""The first families: elementwise and special functions, activations, losses, reductions, vectors."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
from mpmath import mp, mpf

from tests.oracles.truth import Truth, by_flint, by_fractions


def _lse(x: list[Any]) -> Any:
    top = max(x)
    return top + mp.log(mp.fsum(mp.exp(v - top) for v in x))


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def _var(x: list[Fraction], correction: int) -> Fraction:
    return (sum(v * v for v in x) - sum(x) ** 2 / Fraction(len(x))) / (len(x) - correction)


def _clip(x: Any, low: int, high: int) -> Any:
    return low if x < low else high if x > high else x


def _selu(x: Any) -> Any:
    """With the constants solved from the fixed point (0, 1) of the moments, as Klambauer et al. derive them."""
    tail, far = mp.erfc(1 / mp.sqrt(2)), mp.erfc(mp.sqrt(2))
    alpha = -mp.sqrt(2 / mp.pi) / (tail * mp.exp(0.5) - 1)
    inner = 2 * far * mp.e**2 + mp.pi * tail**2 * mp.e - 2 * (2 + mp.pi) * tail * mp.sqrt(mp.e) + mp.pi + 2
    scale = (1 - tail * mp.sqrt(mp.e)) * mp.sqrt(2 * mp.pi) / mp.sqrt(inner)
    return scale * (x if x > 0 else alpha * (mp.exp(x) - 1))


def _gelu(x: Any, approximate: str) -> Any:
    if approximate == "none":
        return x * mp.ncdf(x)
    return x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf(44715) / 10**6 * x**3)))


def _huber(x: Fraction, y: Fraction, delta: float) -> Fraction:
    gap = abs(x - y)
    return gap * gap / 2 if gap <= delta else Fraction(delta) * gap - Fraction(delta) ** 2 / 2


def _dot(x: list[Any], y: list[Any]) -> Any:
    return sum((a * b for a, b in zip(x, y, strict=True)), x[0] * 0)


arb: Any = flint.arb
FLINT_NAMES = (
    "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "erf", "erfc", "erfinv", "digamma",
)  # fmt: skip
TRUTH: dict[str, Truth] = {
    **{
        n: by_flint(getattr(arb, n))
        for n in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")
    },
    **{
        n: by_flint(getattr(arb, n))
        for n in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "digamma")
    },
    "exp2": by_flint(lambda x: arb(2) ** x),
    "log2": by_flint(lambda x: x.log() / arb.const_log2()),
    "log10": by_flint(lambda x: x.log() / arb.const_log10()),
    "rsqrt": by_flint(arb.rsqrt),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "reciprocal": by_fractions(lambda x: 1 / x),
    "square": by_fractions(lambda x: x**2),
    "lgamma": by_flint(lambda x: x.lgamma() if x > 0 else abs(x.gamma()).log()),
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
    "sigmoid": lambda x: (1 + mp.tanh(x / 2)) / 2,
    "log_sigmoid": lambda x: mp.log((1 + mp.tanh(x / 2)) / 2),
    "softplus": lambda x: x + mp.log1p(mp.exp(-x)),
    "relu6": lambda x: _clip(x, 0, 6),
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "celu": lambda x, alpha: max(x, 0) + min(0, alpha * (mp.exp(x / alpha) - 1)),
    "selu": _selu,
    "silu": lambda x: x * (1 + mp.tanh(x / 2)) / 2,
    "mish": lambda x: x * ((1 + mp.exp(x)) ** 2 - 1) / ((1 + mp.exp(x)) ** 2 + 1),
    "gelu": _gelu,
    "hard_sigmoid": lambda x: _clip(x + 3, 0, 6) / mpf(6),
    "hard_swish": lambda x: 0 if x < -3 else x if x > 3 else x * (x + 3) / 6,
    "softsign": by_fractions(lambda x: x / (1 + x) if x > 0 else x / (1 - x)),
    "tanhshrink": lambda x: x - mp.sinh(x) / mp.cosh(x),
    "squareplus": lambda x, b: b / (mp.sqrt(x**2 + b) - x) / 2,
    "logit": lambda x: 2 * mp.atanh(2 * x - 1) if 0 < x < 1 else mp.nan,
    "sinc": mp.sincpi,
    "entr": lambda x: -mp.log(mp.power(x, x)) if x > 0 else mp.nan,
    "ndtr": mp.ncdf,
    "log_ndtr": lambda x: mp.log(mp.ncdf(x)),
    "sum": by_fractions(sum),
    "mean": by_fractions(lambda x: sum(x) / Fraction(len(x))),
    "prod": by_fractions(math.prod),
    "var": by_fractions(_var),
    "std": lambda x, correction: mp.sqrt(by_fractions(_var)(x, correction=correction)),
    "logsumexp": _lse,
    "norm": lambda x, ord: mp.norm(x, p=ord),
    "softmax": lambda x: [1 / mp.fsum(mp.exp(w - v) for w in x) for v in x],
    "log_softmax": lambda x: [v - _lse(x) for v in x],
    "normalize": lambda x, eps, p: [v / mp.norm(x, p) if mp.norm(x, p) > eps else v / eps for v in x],
    "dot": by_fractions(_dot),
    "cosine_similarity": lambda x, y, eps: _dot(x, y) / mp.sqrt(max(_dot(x, x), mpf(eps) ** 2) * max(_dot(y, y), mpf(eps) ** 2)),
    "binary_cross_entropy_with_logits": lambda x, y: x + mp.log1p(mp.exp(-x)) - x * y,
    "cross_entropy": lambda x, y: mp.fsum(y) * _lse(x) - _dot(x, y),
    "sparse_cross_entropy": lambda x, y: _lse(x) - x[int(y)],
    "mse": by_fractions(lambda x, y: sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / Fraction(len(x))),
    "huber": by_fractions(_huber),
    "kl_div": lambda x, y: mp.exp(y) * y - mp.exp(y) * x,
    "rel_entr": lambda x, y: x * mp.log(x) - x * mp.log(y) if x > 0 and y > 0 else mp.nan,
}
