"""Quotients, interpolation, remainders, moduli."""

from __future__ import annotations

from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import scalar
from ulpfuzz.oracles.definitions import define

Number = Any
#: pi as seven digits print it, and as binary32 holds it.
SEVEN_DIGITS, NARROW = 3.141593, float(np.float32(np.pi))


@define("historic_div_gradient")
def _div_gradient(m: Any, g: Number, x: Number, y: Number) -> Number:
    """The derivative of x/y by y, times g."""
    return -(g * x) / (y * y)


@define("historic_weighted_sum")
def _weighted_sum(m: Any, c: Number, x: Number, y: Number) -> Number:
    """c x + c y."""
    return c * x + c * y


@define("historic_times_pi")
def _times_pi(m: Any, x: Number) -> Number:
    """pi x."""
    return x * m.const("pi")


@define("historic_plus_pi")
def _plus_pi(m: Any, x: Number) -> Number:
    """x + pi."""
    return x + m.const("pi")


@define("historic_sinh_arcsinh_ildj")
def _sinh_arcsinh_ildj(m: Any, y: Number, s: Number, t: Number) -> Number:
    """log |dx/dy| of x = sinh(asinh(y)/t - s): log cosh(asinh(y)/t - s) - log(1 + y^2)/2 - log t; Jones and Pewsey, 2009."""
    return m.log(m.cosh(m.asinh(y) / t - s)) - m.log1p(m.square(y)) / 2 - m.log(t)


def ildj_of_quotient(y: Array, s: Array, t: Array) -> Array:
    u = np.arcsinh(y) / t - s
    return np.log(np.cosh(u) / np.sqrt(y * y + y.dtype.type(1))) - np.log(t)


@in_binary64
def ildj_of_logarithms(y: Array, s: Array, t: Array) -> Array:
    """log cosh u - log cosh a with a = asinh(y), u = a/t - s; by d = u - a where they are near: log(cosh d + sinh d tanh a)."""
    a = np.arcsinh(y)
    u, d = np.abs(a / t - s), a * (1 - t) / t - s
    apart = u + np.log1p(np.exp(-2 * u)) - np.log(2.0) - np.log1p(y * y) / 2
    near = np.log1p(2 * np.sinh(d / 2) ** 2 + np.sinh(d) * np.tanh(a))
    return np.where(np.abs(d) < 1, near, apart) - np.log(t)


def by_the_square(g: Array, x: Array, y: Array) -> Array:
    return -g * x / (y * y)


by_the_square_wide = in_binary64(by_the_square)


def by_the_square_inside(g: Array, x: Array, y: Array) -> Array:
    return g * (-x / (y * y))


def divided_twice(g: Array, x: Array, y: Array) -> Array:
    return -g * (x / y) / y


def divided_twice_inside(g: Array, x: Array, y: Array) -> Array:
    return g * ((-x / y) / y)


def times_reciprocal(x: Array, y: Array) -> Array:
    return x * (x.dtype.type(1) / y)


@in_binary64
def quotient(x: Array, y: Array) -> Array:
    return x / y


def start_and_step(a: Array, b: Array, w: Array) -> Array:
    return a + w * (b - a)


def from_the_nearer_end(a: Array, b: Array, w: Array) -> Array:
    return np.where(w < 0.5, a + w * (b - a), b - (b - a) * (1 - w))


@in_binary64
def two_shares(a: Array, b: Array, w: Array) -> Array:
    return (1 - w) * a + w * b


def log_of_root(x: Array) -> Array:
    return np.log(x + np.sqrt(x * x + 1))


def log_of_root_by_size(x: Array) -> Array:
    size = np.abs(x)
    large = np.log(size) + x.dtype.type(np.log(2))
    return np.sign(x) * np.where(size > 1e4, large, np.log(size + np.sqrt(size * size + 1)))


asinh = in_binary64(np.arcsinh)


def root_of_squares(x: Array, y: Array) -> Array:
    return np.sqrt(x * x + y * y)


def scaled_root(x: Array, y: Array) -> Array:
    top, low = np.maximum(np.abs(x), np.abs(y)), np.minimum(np.abs(x), np.abs(y))
    ratio = low / np.where(top == 0, 1, top).astype(x.dtype)
    return np.where(top == 0, 0, top * np.sqrt(1 + ratio * ratio)).astype(x.dtype)


hypot = in_binary64(np.hypot)


def abs_through_binary32(x: Array) -> Array:
    return np.abs(x).astype(np.float32).astype(x.dtype)


def less_floor_of_quotient(x: Array, y: Array) -> Array:
    return x - y * np.floor(x / y)


def fmod_and_sign(x: Array, y: Array) -> Array:
    r = np.fmod(x, y)
    return np.where((r != 0) & ((r < 0) != (y < 0)), r + y, r)


exact_fmod_and_sign = in_binary64(fmod_and_sign)


def common_factor(c: Array, x: Array, y: Array) -> Array:
    return c * (x + y)


@in_binary64
def both_products(c: Array, x: Array, y: Array) -> Array:
    return c * x + c * y


def times_narrow_pi(x: Array) -> Array:
    return x * NARROW


def times_pi(x: Array) -> Array:
    return x * np.pi


def plus_seven_digits(x: Array) -> Array:
    return x + SEVEN_DIGITS


def plus_pi(x: Array) -> Array:
    return x + np.pi


REPLAYS = [
    replay(
        "sinh_arcsinh_ildj", [scalar("y", finite=True), scalar("s", -16, 16, finite=True), scalar("t", 2.0**-4, 16, finite=True)],
        "elementwise.ildj_of_logarithms(y, s, t)", Old((203,), "elementwise.ildj_of_quotient(y, s, t)"),
        definition="historic_sinh_arcsinh_ildj", accuracy="special",
    ),
    replay(
        "div_gradient", [scalar("g"), scalar("x"), scalar("y")], "elementwise.by_the_square_wide(g, x, y)",
        Old((3,), "elementwise.by_the_square(g, x, y)", "elementwise.divided_twice(g, x, y)"),
        Old((8,), "elementwise.by_the_square_inside(g, x, y)", "elementwise.divided_twice_inside(g, x, y)"),
    ),
    replay("div_scalar", "div", "elementwise.quotient(x, y)", Old((57,), "elementwise.times_reciprocal(x, y)"), dtype="float16"),
    replay(
        "lerp", [scalar("a"), scalar("b"), scalar("w", 0, 1, exact_at_bounds=True, finite=True)], "elementwise.two_shares(a, b, w)",
        Old((26,), "elementwise.start_and_step(a, b, w)", "elementwise.from_the_nearer_end(a, b, w)"), definition="lerp",
    ),
    replay("asinh", "asinh", "elementwise.asinh(x)", Old((111,), "elementwise.log_of_root(x)", "elementwise.log_of_root_by_size(x)")),
    replay("complex_abs", "hypot", "elementwise.hypot(x, y)", Old((180,), "elementwise.root_of_squares(x, y)", "elementwise.scaled_root(x, y)")),
    replay("abs", "abs", "np.abs(x)", Old((187,), "elementwise.abs_through_binary32(x)"), dtype="float64"),
    replay(
        "remainder", "remainder", "elementwise.exact_fmod_and_sign(x, y)",
        Old((61, 62), "elementwise.less_floor_of_quotient(x, y)", "elementwise.fmod_and_sign(x, y)"),
    ),
    replay(
        "weighted_sum", [scalar("c"), scalar("x"), scalar("y")], "elementwise.both_products(c, x, y)", Old((142,),
        "elementwise.common_factor(c, x, y)"),
    ),
    replay("times_pi", [scalar("x")], "elementwise.times_pi(x)", Old((29,), "elementwise.times_narrow_pi(x)"), dtype="float64"),
    replay("plus_pi", [scalar("x")], "elementwise.plus_pi(x)", Old((73,), "elementwise.plus_seven_digits(x)"), dtype="float64"),
]  # fmt: skip
