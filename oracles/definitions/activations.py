"""Activation functions of neural networks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracles.definitions import define

Number = Any

#: Klambauer et al., Self-Normalizing Neural Networks (2017), eq. 14, with the digits that the frameworks' documentation gives.
SELU_ALPHA = Fraction("1.6732632423543772848170429916717")
SELU_SCALE = Fraction("1.0507009873554804934193349852946")


@define("sigmoid")
def sigmoid(m: Any, x: Number) -> Number:
    """The logistic function 1 / (1 + e^-x)."""
    return m.sigmoid(x)


@define("log_sigmoid")
def log_sigmoid(m: Any, x: Number) -> Number:
    """log of sigmoid, -log(1 + e^-x)."""
    return -m.softplus(-x)


@define("softplus")
def softplus(m: Any, x: Number) -> Number:
    """log(1 + e^x); Dugas et al., 2001."""
    return m.softplus(x)


@define("relu6")
def relu6(m: Any, x: Number) -> Number:
    """min(max(x, 0), 6); Krizhevsky, 2010."""
    return m.min([m.max([x, m.num(0)]), m.num(6)])


def _positive_or(m: Any, x: Number, otherwise: Any) -> Number:
    return m.where(m.lt(m.num(0), x), lambda: x, otherwise)


@define("elu")
def elu(m: Any, x: Number, alpha: float = 1.0) -> Number:
    """x for x > 0, else alpha (e^x - 1); Clevert et al., 2016, eq. 15."""
    return _positive_or(m, x, lambda: m.num(alpha) * m.expm1(x))


@define("celu")
def celu(m: Any, x: Number, alpha: float = 1.0) -> Number:
    """x for x > 0, else alpha (e^(x/alpha) - 1); Barron, 2017, eq. 2."""
    return _positive_or(m, x, lambda: m.num(alpha) * m.expm1(x / m.num(alpha)))


@define("selu")
def selu(m: Any, x: Number) -> Number:
    """scale (x for x > 0, else alpha (e^x - 1)); Klambauer et al., 2017, eq. 2."""
    return SELU_SCALE * _positive_or(m, x, lambda: SELU_ALPHA * m.expm1(x))


@define("silu")
def silu(m: Any, x: Number) -> Number:
    """x sigmoid(x); Hendrycks and Gimpel, 2016."""
    return x * m.sigmoid(x)


@define("mish")
def mish(m: Any, x: Number) -> Number:
    """x tanh(softplus(x)); Misra, 2020, eq. 1."""
    return x * m.tanh(m.softplus(x))


@define("gelu")
def gelu(m: Any, x: Number, approximate: str = "none") -> Number:
    """x Phi(x), Phi the normal distribution function; or its tanh approximation; Hendrycks and Gimpel, 2016, section 2.

    (1 + erf(z))/2 is written erfc(-z)/2 and (1 + tanh(u))/2 is written sigmoid(2u): the same functions, without cancellation.
    """
    if approximate == "none":
        return x * m.erfc(-x / m.sqrt(m.num(2))) / 2
    inner = m.sqrt(2 / m.const("pi")) * (x + Fraction(44715, 10**6) * x * x * x)
    return x * m.sigmoid(2 * inner)


@define("hard_sigmoid")
def hard_sigmoid(m: Any, x: Number) -> Number:
    """min(max(x + 3, 0), 6) / 6; Howard et al., MobileNetV3, 2019."""
    return relu6(m, x + 3) / 6


@define("hard_swish")
def hard_swish(m: Any, x: Number) -> Number:
    """x relu6(x + 3) / 6; Howard et al., MobileNetV3, 2019, section 5.2."""
    return x * relu6(m, x + 3) / 6


@define("softsign")
def softsign(m: Any, x: Number) -> Number:
    """x / (1 + |x|); Turian et al., 2009."""
    return x / (1 + m.abs(x))


@define("tanhshrink")
def tanhshrink(m: Any, x: Number) -> Number:
    """x - tanh x; torch.nn.Tanhshrink."""
    return x - m.tanh(x)


@define("squareplus")
def squareplus(m: Any, x: Number, b: float = 4.0) -> Number:
    """(x + sqrt(x^2 + b)) / 2; Barron, 2021, eq. 1."""
    return (x + m.norm([x, m.sqrt(m.num(b))])) / 2
