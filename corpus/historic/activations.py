"""Softmax and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import scalar
from ulpfuzz.oracles.definitions import define

Number = Any


@define("historic_log_sigmoid_gradient")
def _log_sigmoid_gradient(m: Any, g: Number, x: Number) -> Number:
    """g sigmoid(-x)."""
    return g * m.sigmoid(-x)


def _top(x: Array) -> Array:
    return x.max(axis=-1, keepdims=True)


def exponentials_over_their_sum(x: Array) -> Array:
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


@in_binary64
def shifted_softmax(x: Array) -> Array:
    e = np.exp(x - _top(x))
    return e / e.sum(axis=-1, keepdims=True)


def log_of_softmax(x: Array) -> Array:
    return np.log(exponentials_over_their_sum(x))


def less_its_logsumexp(x: Array) -> Array:
    m = _top(x)
    return x - (m + np.log(np.exp(x - m).sum(axis=-1, keepdims=True)))


def shifted_less_log_of_sum(x: Array) -> Array:
    d = x - _top(x)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


@in_binary64
def log_softmax_by_log1p(x: Array) -> Array:
    """With the sum of all but the largest in log1p: the entry of a dominating class keeps its digits."""
    at = np.argmax(x, axis=-1, keepdims=True)
    d = x - np.take_along_axis(x, at, axis=-1)
    e = np.exp(d)
    np.put_along_axis(e, at, 0.0, axis=-1)
    return d - np.log1p(e.sum(axis=-1, keepdims=True))


def half_of_one_and_tanh(x: Array) -> Array:
    half = x.dtype.type(0.5)
    return half + half * np.tanh(half * x)


@in_binary64
def reciprocal_of_one_and_exp(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def log_of_exp_and_one(x: Array) -> Array:
    return np.log(np.exp(x) + 1)


def softplus_in_three_pieces(x: Array) -> Array:
    least = x.dtype.type(np.log(np.finfo(x.dtype).eps) + 2)
    return np.where(x > -least, x, np.where(x < least, np.exp(x), np.log(np.exp(x) + 1)))


@in_binary64
def softplus_by_log1p(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def gradient_by_exponentials(g: Array, x: Array) -> Array:
    e = np.exp(-x)
    return g * e / (1 + e)


def gradient_from_shifted_pair(g: Array, x: Array) -> Array:
    m = np.maximum(-x, 0)
    z = np.exp(-m) + np.exp(-x - m)
    rest = (z - 1) / z
    return g * np.where(x < 0, 1 - rest, rest)


@in_binary64
def gradient_by_reciprocal(g: Array, x: Array) -> Array:
    return g / (1 + np.exp(x))


REPLAYS = [
    replay("softmax", "softmax", "activations.shifted_softmax(x)", Old((5, 23, 105, 106), "activations.exponentials_over_their_sum(x)")),
    replay(
        "log_softmax", "log_softmax", "activations.log_softmax_by_log1p(x)",
        Old((11, 24), "activations.less_its_logsumexp(x)", "activations.shifted_less_log_of_sum(x)"),
        Old((16,), "activations.log_of_softmax(x)", "activations.less_its_logsumexp(x)"),
    ),
    replay("sigmoid", "sigmoid", "activations.reciprocal_of_one_and_exp(x)", Old((108,), "activations.half_of_one_and_tanh(x)")),
    replay(
        "softplus", "softplus", "activations.softplus_by_log1p(x)",
        Old((115,), "activations.log_of_exp_and_one(x)", "activations.softplus_in_three_pieces(x)"),
    ),
    replay(
        "log_sigmoid_gradient", [scalar("g"), scalar("x")], "activations.gradient_by_reciprocal(g, x)",
        Old((246,), "activations.gradient_by_exponentials(g, x)", "activations.gradient_from_shifted_pair(g, x)"),
    ),
]  # fmt: skip
