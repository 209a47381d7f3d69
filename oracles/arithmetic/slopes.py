"""Slopes: the derivatives of the functions of one number, each in a form without needless cancellation."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from ulpfuzz.oracles.arithmetic.composites import unknown
from ulpfuzz.oracles.arithmetic.protocol import N, TapeBase, Truth


def constant(m: TapeBase[N], step: N) -> Truth:
    """Whether an integer-valued enclosure holds one integer only: across a jump no slope bounds the change."""
    return m.lt(m.abs(step - step), m.num(Fraction(1, 2)))


class Rule(Protocol):
    def __call__(self, m: TapeBase[N], x: N, y: N, /) -> N: ...


#: d f / d x as a function of (arithmetic, x, f(x)). DLMF 4.2, 4.19-4.38, 5.2, 7.2.
RULES: dict[str, Rule] = {
    "exp": lambda m, x, y: y,
    "expm1": lambda m, x, y: m.exp(x),
    "exp2": lambda m, x, y: y * m.const("ln2"),
    "log": lambda m, x, y: 1 / x,
    "log1p": lambda m, x, y: 1 / (1 + x),
    "log2": lambda m, x, y: 1 / (x * m.const("ln2")),
    "log10": lambda m, x, y: 1 / (x * m.const("ln10")),
    "sqrt": lambda m, x, y: 1 / (2 * y),
    "sin": lambda m, x, y: m.cos(x),
    "cos": lambda m, x, y: -m.sin(x),
    "tan": lambda m, x, y: 1 + m.square(y),
    "asin": lambda m, x, y: 1 / m.sqrt(m.one_minus_square(x)),
    "acos": lambda m, x, y: -1 / m.sqrt(m.one_minus_square(x)),
    "atan": lambda m, x, y: 1 / (1 + m.square(x)),
    "sinh": lambda m, x, y: m.cosh(x),
    "cosh": lambda m, x, y: m.sinh(x),
    "tanh": lambda m, x, y: m.square(1 / m.cosh(x)),
    "asinh": lambda m, x, y: 1 / m.sqrt(1 + m.square(x)),
    "acosh": lambda m, x, y: 1 / (m.sqrt(x - 1) * m.sqrt(x + 1)),
    "atanh": lambda m, x, y: 1 / m.one_minus_square(x),
    "erf": lambda m, x, y: 2 / m.sqrt(m.const("pi")) * m.exp(-m.square(x)),
    "erfc": lambda m, x, y: -2 / m.sqrt(m.const("pi")) * m.exp(-m.square(x)),
    "erfinv": lambda m, x, y: m.sqrt(m.const("pi")) / 2 * m.exp(m.square(y)),
    "lgamma": lambda m, x, y: m.digamma(x),
    "digamma": lambda m, x, y: m.polygamma(1, x),
    "sinpi": lambda m, x, y: m.const("pi") * m.cospi(x),
    "cospi": lambda m, x, y: -m.const("pi") * m.sinpi(x),
    "floor": lambda m, x, y: m.where(constant(m, y), lambda: m.num(0), lambda: unknown(m, x)),
    "abs": lambda m, x, y: m.sign(x),
    "square": lambda m, x, y: 2 * x,
    "sigmoid": lambda m, x, y: m.square(1 / m.cosh(x / 2)) / 4,
    "softplus": lambda m, x, y: m.sigmoid(x),
}  # fmt: skip
