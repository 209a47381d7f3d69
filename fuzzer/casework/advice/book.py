"""The book of algorithms: how a function is computed without the losses of its formula, by the name of its definition.

In plain names (language), over the op's inputs. An entry is tried before it is given; its validity is what the oracle says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Algorithm:
    call: str
    text: str
    source: str


_SHIFT = "Blanchard, Higham, Higham 2021"
_MAECHLER = "Maechler 2012, Accurately computing log(1 - exp(-|a|))"

BOOK: dict[str, tuple[Algorithm, ...]] = {
    "softplus": (
        Algorithm("maximum(x, 0) + log1p(exp(-abs(x)))", "exponentials of negative numbers only", _MAECHLER),
        Algorithm("logaddexp(x, 0 * x)", "log-add-exp shifts by the larger number", _SHIFT),
    ),
    "log_sigmoid": (Algorithm("minimum(x, 0) - log1p(exp(-abs(x)))", "exponentials of negative numbers only", _MAECHLER),),
    "sigmoid": (
        Algorithm("where(x < 0, exp(-abs(x)), 1 + 0 * x) / (1 + exp(-abs(x)))", "exponentials of negative numbers only", "Higham 2002, 1.13"),
    ),
    "logaddexp": (Algorithm("maximum(x, y) + log1p(exp(-abs(x - y)))", "shifted by the larger number", _SHIFT),),
    "log1mexp": (
        Algorithm("where(x < 0.6931471805599453, log(-expm1(-x)), log1p(-exp(-x)))", "two formulas, divided at ln 2", _MAECHLER),
    ),
    "gelu": (Algorithm("0.5 * x * erfc(-x * 0.7071067811865476)", "erfc keeps the digits that 1 + erf cancels", "C23 7.12.8"),),
    "mish": (Algorithm("x * tanh(maximum(x, 0) + log1p(exp(-abs(x))))", "softplus without overflow", _MAECHLER),),
    "silu": (Algorithm("where(x < 0, x * exp(-abs(x)), x) / (1 + exp(-abs(x)))", "exponentials of negative numbers only", "Higham 2002, 1.13"),),
    "logit": (Algorithm("log(x) - log1p(-x)", "log1p keeps the digits of 1 - x", "C23 7.12"),),
    "ndtr": (Algorithm("0.5 * erfc(-x * 0.7071067811865476)", "erfc keeps the digits that 1 + erf cancels", "C23 7.12.8"),),
    "normal_cdf": (Algorithm("0.5 * erfc((loc - x) / scale * 0.7071067811865476)", "erfc keeps the digits that 1 + erf cancels", "C23 7.12.8"),),
    "normal_sf": (Algorithm("0.5 * erfc((x - loc) / scale * 0.7071067811865476)", "erfc keeps the digits that 1 - erf cancels", "C23 7.12.8"),),
    "i0": (Algorithm("exp(abs(x) / 2) * i0e(x) * exp(abs(x) / 2)", "the exponential in halves, so that neither overflows", "DLMF 10.40.1"),),
    "i1": (Algorithm("exp(abs(x) / 2) * i1e(x) * exp(abs(x) / 2)", "the exponential in halves, so that neither overflows", "DLMF 10.40.1"),),
    "betaln": (Algorithm("lgamma(a) + lgamma(b) - lgamma(a + b)", "in logarithms of gamma functions", "DLMF 5.12.1"),),
    "beta": (Algorithm("exp(lgamma(a) + lgamma(b) - lgamma(a + b))", "in logarithms of gamma functions", "DLMF 5.12.1"),),
    "hypot": (
        Algorithm("maximum(abs(x), abs(y)) * sqrt(1 + (minimum(abs(x), abs(y)) / maximum(abs(x), abs(y))) ** 2)", "scaled by the larger number",
                  "Higham 2002, 27.8"),
    ),
    "norm": (
        Algorithm("amax(abs(x), axis=-1) * sqrt(sum((x / amax(abs(x), axis=-1, keepdims=True)) ** 2, axis=-1))", "scaled by the largest number",
                  "Higham 2002, 27.8"),
    ),
    "softmax": (
        Algorithm("exp(x - amax(x, axis=-1, keepdims=True)) / sum(exp(x - amax(x, axis=-1, keepdims=True)), axis=-1, keepdims=True)",
                  "shifted by the largest number", _SHIFT),
    ),
    "logsumexp": (
        Algorithm("amax(x, axis=-1) + log(sum(exp(x - amax(x, axis=-1, keepdims=True)), axis=-1))", "shifted by the largest number", _SHIFT),
    ),
    "log_softmax": (
        Algorithm("x - amax(x, axis=-1, keepdims=True) - log(sum(exp(x - amax(x, axis=-1, keepdims=True)), axis=-1, keepdims=True))",
                  "shifted by the largest number", _SHIFT),
    ),
    "sparsemax": (
        Algorithm(
            "maximum(x - amax((cumsum(-sort(-x, axis=-1), axis=-1) - 1) / cumsum(ones_like(x), axis=-1), axis=-1, keepdims=True), 0)",
            "the threshold as the largest of (sum of the k largest - 1) / k",
            "Martins, Astudillo 2016, From softmax to sparsemax, algorithm 1",
        ),
    ),
    "var": (Algorithm("mean((x - mean(x, axis=-1, keepdims=True)) ** 2, axis=-1)", "two passes", "Higham 2002, 1.9"),),
}  # fmt: skip
