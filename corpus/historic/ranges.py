"""Ranges, and one step of an optimizer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import scalar
from ulpfuzz.oracles.definitions import define

Number = Any
#: Elements of an arange.
COUNT = 8


@define("historic_arange")
def _arange(m: Any, base: Number, step: Number) -> list[Number]:
    """base + i step."""
    return [base + i * step for i in range(COUNT)]


@define("historic_range_size")
def _range_size(m: Any, a: Number, b: Number, s: Number) -> Number:
    """floor((b - a)/s) + 1."""
    return m.floor((b - a) / s) + 1


@define("historic_rmsprop_centered")
def _rmsprop_centered(m: Any, g: Number, ms: Number, mg: Number) -> Number:
    """g / sqrt(ms - mg^2 + eps): the step of centered RMSProp by a learning rate of 1; Graves, 2013."""
    return g / m.sqrt(ms - m.square(mg) + m.num(EPS))


EPS = 2.0**-40


def by_products(x: Array, num: int) -> Array:
    a, b = x[..., :1], x[..., 1:]
    return a + np.arange(num).astype(x.dtype) * (b - a) / x.dtype.type(num - 1)


def by_steps(x: Array, num: int) -> Array:
    a, b = x[..., :1], x[..., 1:]
    return a + ((b - a) / x.dtype.type(num - 1)) * np.arange(num).astype(x.dtype)


@in_binary64
def from_both_ends(x: Array, num: int) -> Array:
    a, b = x[..., :1], x[..., 1:]
    i = np.arange(num)
    return (a * (num - 1 - i) + b * i) / (num - 1)


def by_whole_step(base: Array, step: Array) -> Array:
    whole = np.trunc(step)
    return base[..., np.newaxis] + whole[..., np.newaxis] * np.arange(COUNT).astype(base.dtype)


@in_binary64
def by_wide_step(base: Array, step: Array) -> Array:
    return base[..., np.newaxis] + step[..., np.newaxis] * np.arange(COUNT)


def size_in_its_format(a: Array, b: Array, s: Array) -> Array:
    return np.floor((b - a) / s + 1)


def size_by_two_quotients(a: Array, b: Array, s: Array) -> Array:
    wide = s.astype(np.float64)
    return np.floor(b / wide - a / wide + 1).astype(a.dtype)


def size_by_rationals(a: Array, b: Array, s: Array) -> Array:
    found = [(Fraction(y) - Fraction(x)) // Fraction(z) + 1 for x, y, z in zip(a.tolist(), b.tolist(), s.tolist(), strict=True)]
    return np.array([float(n) for n in found]).astype(a.dtype)


def eps_before_difference(g: Array, ms: Array, mg: Array) -> Array:
    return g / np.sqrt((ms + ms.dtype.type(EPS)) - mg * mg)


@in_binary64
def eps_after_difference(g: Array, ms: Array, mg: Array) -> Array:
    return g / np.sqrt((ms - mg * mg) + EPS)


REPLAYS = [
    replay("linspace", "linspace", "ranges.from_both_ends(x, num)", Old((34,), "ranges.by_products(x, num)", "ranges.by_steps(x, num)"),
           params={"num": (50,)}),
    replay("arange", [scalar("base"), scalar("step")], "ranges.by_wide_step(base, step)", Old((63,), "ranges.by_whole_step(base, step)")),
    replay("range_size", [scalar("a", 0, 1000, finite=True), scalar("b", 1000, 2000, finite=True), scalar("s", 2.0**-6, 100, finite=True)],
           "ranges.size_by_rationals(a, b, s)", Old((51,), "ranges.size_in_its_format(a, b, s)", "ranges.size_by_two_quotients(a, b, s)"),
           accuracy="exact"),
    replay("rmsprop_centered_step", [scalar("g"), scalar("ms", 0), scalar("mg")], "ranges.eps_after_difference(g, ms, mg)",
           Old((6,), "ranges.eps_before_difference(g, ms, mg)"), definition="historic_rmsprop_centered"),
]  # fmt: skip
