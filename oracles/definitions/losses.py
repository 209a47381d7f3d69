"""Loss functions: x the prediction (or logits), y the target."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracles.definitions import define
from oracles.definitions.reductions import logsumexp, mean

Number = Any
Vector = list[Any]


@define("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(m: Any, x: Number, y: Number) -> Number:
    """-y log sigmoid(x) - (1 - y) log(1 - sigmoid(x)); torch.nn.BCEWithLogitsLoss."""
    return y * m.softplus(-x) + (1 - y) * m.softplus(x)


@define("cross_entropy")
def cross_entropy(m: Any, x: Vector, y: Vector) -> Number:
    """-sum y_i log softmax(x)_i, y the probabilities of the classes; torch.nn.CrossEntropyLoss."""
    shift = m.hint_max(x)
    near = [v - shift for v in x]
    total = logsumexp(m, near)
    return m.sum([q * (total - v) for v, q in zip(near, y, strict=True)])


@define("sparse_cross_entropy")
def sparse_cross_entropy(m: Any, x: Vector, y: Number) -> Number:
    """-log softmax(x)_y, y the index of the class; torch.nn.CrossEntropyLoss.

    The class is chosen by |y - i| < 1/2, not by y - i = 0, which would make every index an isolated point of the derivative.
    """
    zero, half = m.num(0), m.num(Fraction(1, 2))
    chosen = m.sum([m.where(m.lt(m.abs(y - i), half), lambda v=v: v, lambda: zero) for i, v in enumerate(x)])
    return logsumexp(m, [v - chosen for v in x])


@define("mse")
def mse(m: Any, x: Vector, y: Vector) -> Number:
    """The mean of (x_i - y_i)^2; torch.nn.MSELoss."""
    return mean(m, [m.square(a - b) for a, b in zip(x, y, strict=True)])


@define("huber")
def huber(m: Any, x: Number, y: Number, delta: float = 1.0) -> Number:
    """d^2/2 for |d| <= delta, else delta (|d| - delta/2), d = x - y; Huber, 1964; torch.nn.HuberLoss."""
    size, bend = m.abs(x - y), m.num(delta)
    return m.where(m.lt(bend, size), lambda: bend * (size - bend / 2), lambda: m.square(size) / 2)


@define("kl_div")
def kl_div(m: Any, x: Number, y: Number) -> Number:
    """e^y (y - x), both in the log domain; torch.nn.KLDivLoss with log_target."""
    return m.exp(y) * (y - x)


@define("rel_entr")
def rel_entr(m: Any, x: Number, y: Number) -> Number:
    """x log(x / y), and 0 for x = 0; scipy.special.rel_entr."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: x * m.log(x / y))
