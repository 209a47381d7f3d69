"""Special inputs answered in binary64, op by op, as a careful implementation answers them: by numpy and scipy."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import scipy.special as sp

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.oracles.arithmetic.native import Native
from ulpfuzz.oracles.function import Function

Row = dict[str, Any]  # name -> float, or nested lists of them


def by_numpy(op: Op, function: Function, row: Row, fmt: Format) -> list[float]:
    """Where the definition itself says nothing: numpy's or scipy's function, or the formula in IEEE 754 arithmetic."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: Any
        if op.name not in SPECIAL:
            m = Native()
            result = [m.num(v) for v in function.outputs(m, {name: _floats(row[name]) for name in function.inputs})]
            return [float(v) for v in fmt.round(np.asarray(result, np.float64)).astype(np.float64).ravel()]
        result = SPECIAL[op.name](*(np.asarray(row[name], np.float64) for name in function.inputs), **dict(function.params))
        return [float(v) for v in np.atleast_1d(fmt.round(np.asarray(result, np.float64))).astype(np.float64).ravel()]


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, list) else np.float64(value)


def _gelu(x: Any, approximate: str) -> Any:
    return x * sp.ndtr(x) if x != -np.inf else -0.0


def _positive_or(function: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda x, **params: np.where(x > 0, x, function(x))


def _logcumsumexp(x: Any, reverse: bool) -> Any:
    return np.logaddexp.accumulate(x[::-1])[::-1] if reverse else np.logaddexp.accumulate(x)


def _norm(x: Any, ord: float) -> Any:
    return np.max(np.abs(x)) if math.isinf(ord) else np.sum(np.abs(x) ** ord) ** (1 / ord)


def _cross_entropy(x: Any, y: Any) -> Any:
    return -np.sum(y * sp.log_softmax(x))


def _cosine(x: Any, y: Any, eps: float) -> Any:
    return np.sum(x * y) / (max(_norm(x, 2), eps) * max(_norm(y, 2), eps))


def _of_complex(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of complex numbers over pairs."""

    def over_pairs(*pairs: Any, **params: Any) -> Any:
        result = np.asarray(function(*(np.ascontiguousarray(pair).view(np.complex128)[..., 0] for pair in pairs), **params))
        return np.stack([result.real, result.imag], axis=-1) if np.iscomplexobj(result) else result

    return over_pairs


def _betaln_of_many(x: Any) -> Any:
    """At zeros, where the formula may be inf - inf, each pole of the numerator outweighs the denominator's one."""
    return np.inf if (x == 0).any() and np.isfinite(x).all() else np.sum(sp.gammaln(x)) - sp.gammaln(np.sum(x))


SPECIAL: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "reciprocal",
       "square", "sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot", "logaddexp", "logaddexp2", "fmod", "remainder",
       "floor_divide", "sinc", "sum", "mean", "prod")},
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "rsqrt": lambda x: 1 / np.sqrt(x), "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "atan2": np.arctan2, "xlogy": sp.xlogy, "xlog1py": sp.xlog1py,
    "erf": sp.erf, "erfc": sp.erfc, "erfinv": sp.erfinv, "lgamma": sp.gammaln, "digamma": sp.digamma, "logit": sp.logit,
    "entr": sp.entr, "ndtr": sp.ndtr, "log_ndtr": sp.log_ndtr,
    **{name: getattr(sp, name) for name in ("gamma", "gammasgn", "gammainc", "gammaincc", "betainc", "factorial",
       "boxcox", "boxcox1p", "ndtri")},
    "loggamma": lambda x: sp.gammaln(x) if x >= 0 else np.nan,
    "betaln": lambda a, b: np.nan if min(a, b) < 0 else -np.inf if max(a, b) == np.inf else sp.betaln(a, b),
    "beta": lambda a, b: np.nan if min(a, b) < 0 else 0.0 if max(a, b) == np.inf else sp.beta(a, b),
    "trigamma": lambda x: sp.polygamma(1, x), "polygamma": lambda x, n: sp.polygamma(n, x), "hurwitz_zeta": sp.zeta,
    "riemann_zeta": lambda s: sp.zeta(s, 1.0),
    "multigammaln": lambda x, d: sp.multigammaln(x, d) if x > (d - 1) / 2 else np.inf if x == (d - 1) / 2 else np.nan,
    "binomial": sp.binom, "pochhammer": sp.poch,
    "relative_entropy": sp.kl_div, "multivariate_betaln": _betaln_of_many,
    "gammainc_grad_a": lambda a, x: np.nan, "gamma_sample_grad": lambda a, x: np.nan,
    "sigmoid": sp.expit, "log_sigmoid": sp.log_expit, "softplus": lambda x: np.logaddexp(x, 0), "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), "celu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "silu": lambda x: x * sp.expit(x) if x != -np.inf else -0.0,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)) if x != -np.inf else -0.0,
    "gelu": _gelu, "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_swish": lambda x: x * (np.clip(x + 3, 0, 6) / 6) if x != -np.inf else -0.0,
    "softsign": lambda x: x / (1 + np.abs(x)) if np.isfinite(x) else np.sign(x), "tanhshrink": lambda x: x - np.tanh(x),
    "squareplus": lambda x, b: (x + np.sqrt(x * x + b)) / 2 if x != -np.inf else 0.0,
    "var": lambda x, correction: np.var(x, ddof=correction), "std": lambda x, correction: np.std(x, ddof=correction),
    "logsumexp": sp.logsumexp, "norm": _norm, "logcumsumexp": _logcumsumexp,
    "softmax": sp.softmax, "log_softmax": sp.log_softmax, "normalize": lambda x, eps, p: x / max(_norm(x, p), eps),
    "dot": np.dot, "cosine_similarity": _cosine,
    "binary_cross_entropy_with_logits": lambda x, y: np.logaddexp(0, -x) * y + np.logaddexp(0, x) * (1 - y), "cross_entropy": _cross_entropy,
    "sparse_cross_entropy": lambda x, y: -sp.log_softmax(x)[int(y)], "mse": lambda x, y: np.mean((x - y) ** 2),
    **{name: getattr(np, name) for name in ("abs", "positive", "maximum", "minimum", "fmax", "fmin", "floor", "ceil", "trunc", "round", "sign",
       "heaviside", "deg2rad", "rad2deg", "less", "less_equal", "equal")},
    "neg": np.negative, "frac": lambda x: np.modf(x)[0], "modf": lambda x: np.stack(np.modf(x)),
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "nan_to_num": lambda x: np.nan_to_num(x, nan=1.0, posinf=100.0, neginf=-100.0), "lerp": lambda x, y, w: x + w * (y - x),
    "addcmul": lambda x, y, z, value: x + value * y * z, "addcdiv": lambda x, y, z, value: x + value * (y / z),
    "scaled_add": lambda x, y, alpha: x + alpha * y, "squared_difference": lambda x, y: np.square(x - y),
    "divide_no_nan": lambda x, y: x / y if y else 0.0, "multiply_no_nan": lambda x, y: x * y if y else 0.0,
    "reciprocal_no_nan": lambda x: 1 / x if x else 0.0, "xdivy": lambda x, y: x / y if x else 0.0, "trunc_divide": lambda x, y: np.trunc(x / y),
    "divmod": lambda x, y: np.stack(np.divmod(x, y)), "integer_pow": lambda x, n: x**n, "scalar_pow": lambda x, p: x**p,
    "base_pow": lambda y, base: np.power(base, y), "log1mexp": lambda x: np.log(-np.expm1(-x)),
    "relu": lambda x: np.maximum(x, 0), "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x), "hard_tanh": lambda x: np.clip(x, -1, 1),
    "reduce_precision": lambda x, exponent_bits, mantissa_bits: x * np.inf, "sort": np.sort, "cast_float16": lambda x: x.astype(np.float16),
    "cast_float32": lambda x: x.astype(np.float32),
    "cast_bfloat16": lambda x: x.astype(ml_dtypes.bfloat16), "cast_float8_e5m2": lambda x: x.astype(ml_dtypes.float8_e5m2),
    **{f"{name}_complex": _of_complex(getattr(np, name)) for name in ("exp", "log", "log2", "log10", "log1p", "sqrt", "reciprocal", "sin", "tanh")},
    "rsqrt_complex": _of_complex(lambda z: 1 / np.sqrt(z)), "angle": _of_complex(np.angle), "abs_complex": _of_complex(np.abs),
    "div_complex": _of_complex(np.divide), "pow_complex": _of_complex(np.power), "pow_of_complex": _of_complex(lambda z, p: z**p),
    "asin_complex": _of_complex(np.arcsin), "acosh_complex": _of_complex(np.arccosh), "atan_complex": _of_complex(np.arctan),
    "atanh_complex": _of_complex(np.arctanh), "sum_complex": _of_complex(np.sum),
    "geometric_entropy": lambda p: np.where(p == 1, 0.0, np.nan),
    "huber": lambda x, y, delta: sp.huber(delta, x - y), "kl_div": lambda x, y: np.exp(y) * (y - x), "rel_entr": sp.rel_entr,
}  # fmt: skip
