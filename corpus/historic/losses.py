"""Losses over logits and rates."""

from __future__ import annotations

from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.activations import exponentials_over_their_sum, log_softmax_by_log1p
from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import scalar, vector
from ulpfuzz.oracles.definitions import define

Number = Any


@define("historic_logistic_loss")
def _logistic_loss(m: Any, y: Number) -> Number:
    """log(1 + e^-y)."""
    return m.softplus(-y)


@define("historic_weighted_binary_cross_entropy")
def _weighted(m: Any, z: Number, t: Number, w: Number) -> Number:
    """w t softplus(-z) + (1 - t) softplus(z); torch.nn.BCEWithLogitsLoss with pos_weight."""
    return w * t * m.softplus(-z) + (1 - t) * m.softplus(z)


def cross_entropy_of_sigmoid(x: Array, y: Array) -> Array:
    p = 1 / (1 + np.exp(-x))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def shifted_by_log(x: Array, y: Array) -> Array:
    return np.maximum(x, 0) - x * y + np.log(1 + np.exp(-np.abs(x)))


@in_binary64
def shifted_by_log1p(x: Array, y: Array) -> Array:
    share = np.where(x > 0, 1 - y, -y)
    return np.where(share == 0, 0.0, x * share) + np.log1p(np.exp(-np.abs(x)))


def weighted_product_of_exponentials(z: Array, t: Array, w: Array) -> Array:
    m = np.maximum(-z, 0)
    weight = (w - 1) * t + 1
    return (1 - t) * z + weight * (np.log(np.exp(-m) * (1 + np.exp(-z))) + m)


def weighted_sum_of_exponentials(z: Array, t: Array, w: Array) -> Array:
    m = np.maximum(-z, 0)
    weight = (w - 1) * t + 1
    return (1 - t) * z + weight * (np.log(np.exp(-m) + np.exp(-z - m)) + m)


@in_binary64
def weighted_two_softplus(z: Array, t: Array, w: Array) -> Array:
    tail = np.log1p(np.exp(-np.abs(z)))
    return w * t * (np.maximum(-z, 0) + tail) + (1 - t) * (np.maximum(z, 0) + tail)


def labels_times_log_of_softmax(x: Array, y: Array) -> Array:
    return -(y * np.log(exponentials_over_their_sum(x - x.max(axis=-1, keepdims=True)))).sum(axis=-1)


@in_binary64
def labels_times_log_softmax(x: Array, y: Array) -> Array:
    return -np.where(y == 0, 0.0, y * log_softmax_by_log1p(x)).sum(axis=-1)


def rate_less_target_log_rate(x: Array, y: Array) -> Array:
    return x - y * np.log(x)


def rate_less_target_log_more(x: Array, y: Array, eps: float) -> Array:
    return x - y * np.log(x + x.dtype.type(eps))


@in_binary64
def rate_less_target_log_more_wide(x: Array, y: Array, eps: float) -> Array:
    return x - y * np.log(x + eps)


def log_of_one_and_exp(y: Array) -> Array:
    return np.log(1 + np.exp(-y))


def log1p_of_exp(y: Array) -> Array:
    return np.log1p(np.exp(-y))


@in_binary64
def logistic_loss(y: Array) -> Array:
    return np.maximum(-y, 0) + np.log1p(np.exp(-np.abs(y)))


REPLAYS = [
    replay(
        "binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits", "losses.shifted_by_log1p(x, y)",
        Old((12, 45), "losses.cross_entropy_of_sigmoid(x, y)"),
        Old((48,), "losses.cross_entropy_of_sigmoid(x, y)", "losses.shifted_by_log(x, y)"),
    ),
    replay(
        "weighted_binary_cross_entropy", [scalar("z"), scalar("t", 0, 1,
        exact_at_bounds=True), scalar("w", 0)], "losses.weighted_two_softplus(z, t, w)",
        Old((244,), "losses.weighted_product_of_exponentials(z, t, w)", "losses.weighted_sum_of_exponentials(z, t, w)"),
    ),
    replay(
        "softmax_cross_entropy", [vector("x"), vector("y", 0, 1, structure="simplex", finite=True)], "losses.labels_times_log_softmax(x, y)",
        Old((138,), "losses.labels_times_log_of_softmax(x, y)"), definition="softmax_cross_entropy", accuracy="accumulating",
    ),
    replay(
        "poisson_nll_loss", "poisson_nll_of_rate", "losses.rate_less_target_log_more_wide(x, y, eps)",
        Old((14,), "losses.rate_less_target_log_rate(x, y)", "losses.rate_less_target_log_more(x, y, eps)"), params={"eps": (1e-8,),
        "full": (False,)},
    ),
    replay("logistic_loss", [scalar("y")], "losses.logistic_loss(y)", Old((129,), "losses.log_of_one_and_exp(y)", "losses.log1p_of_exp(y)")),
]  # fmt: skip
