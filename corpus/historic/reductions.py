"""Sums, means, variances, log-sum-exps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import scalar, vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import var

Number = Any
#: Lengths at which an accumulator of eleven bits stalls.
LONG = (2, 17, 64, 1000, 3000)


@define("historic_leave_one_out_logsumexp")
def _leave_one_out(m: Any, x: list[Number]) -> list[Number]:
    """log sum_(j != i) e^x_j for each i; Mnih and Rezende, 2016 (VIMCO)."""
    return [m.logsumexp([v for j, v in enumerate(x) if j != i]) for i in range(len(x))]


@define("historic_shifted_var")
def _shifted_var(m: Any, x: list[Number], s: Number) -> Number:
    """The population variance of x, whatever the shift s is."""
    return var(m, x, correction=0)


def one_by_one(x: Array) -> Array:
    total = x[..., 0]
    for k in range(1, x.shape[-1]):
        total = (total + x[..., k]).astype(x.dtype)
    return total


@in_binary64
def wide_sum(x: Array) -> Array:
    return x.sum(axis=-1)


def running_mean(x: Array) -> Array:
    return (one_by_one(x) / x.dtype.type(x.shape[-1])).astype(x.dtype)


def first_frequency(x: Array) -> Array:
    """The first term of the transform in the format of its inputs, scaled afterwards (norm="forward")."""
    return (np.fft.fft(x.astype(np.float64), axis=-1).real[..., 0].astype(x.dtype) / x.dtype.type(x.shape[-1])).astype(x.dtype)


@in_binary64
def wide_mean(x: Array) -> Array:
    return x.mean(axis=-1)


def segments_one_by_one(x: Array, index: Array) -> Array:
    return np.stack([one_by_one(np.where(index == k, x, x.dtype.type(0))) for k in range(3)], axis=-1)


@in_binary64
def wide_segments(x: Array, index: Array) -> Array:
    return np.stack([np.where(index == k, x, 0.0).sum(axis=-1) for k in range(3)], axis=-1)


def squares_less_squared_sum(x: Array, correction: int) -> Array:
    n = x.dtype.type(x.shape[-1])
    total = x.sum(axis=-1)
    return ((x * x).sum(axis=-1) - total * total / n) / x.dtype.type(x.shape[-1] - correction)


@in_binary64
def two_passes(x: Array, correction: int) -> Array:
    d = x - x.mean(axis=-1, keepdims=True)
    d -= d.mean(axis=-1, keepdims=True)
    return (d * d).sum(axis=-1) / (x.shape[-1] - correction)


def mean_square_less_squared_mean(x: Array, correction: int) -> Array:
    mean = x.mean(axis=-1)
    return (x * x).mean(axis=-1) - mean * mean


def about_a_moving_mean(x: Array, s: Array) -> Array:
    d = x - s[..., np.newaxis]
    mean = d.mean(axis=-1)
    return (d * d).mean(axis=-1) - mean * mean


def about_its_own_mean(x: Array, s: Array) -> Array:
    return two_passes(x, 0)


def normalised_by_mean_square(x: Array, eps: float) -> Array:
    mean = x.mean(axis=-1, keepdims=True)
    var = (x * x).mean(axis=-1, keepdims=True) - mean * mean
    return (x - mean) / np.sqrt(var + x.dtype.type(eps))


@in_binary64
def normalised_by_two_passes(x: Array, eps: float) -> Array:
    d = x - x.mean(axis=-1, keepdims=True)
    d -= d.mean(axis=-1, keepdims=True)
    return d / np.sqrt((d * d).mean(axis=-1, keepdims=True) + eps)


def log_of_sum(x: Array) -> Array:
    return np.log(np.exp(x).sum(axis=-1))


@in_binary64
def shifted_logsumexp(x: Array) -> Array:
    at = np.argmax(x, axis=-1, keepdims=True)
    top = np.take_along_axis(x, at, axis=-1)
    e = np.exp(x - np.where(np.isinf(top), 0.0, top))
    rest = e.copy()
    np.put_along_axis(rest, at, 0.0, axis=-1)
    return np.where(np.isinf(top[..., 0]), top[..., 0], top[..., 0] + np.log1p(rest.sum(axis=-1)))


def all_less_one(x: Array) -> Array:
    m = x.max(axis=-1, keepdims=True)
    total = m + np.log(np.exp(x - m).sum(axis=-1, keepdims=True))
    return x + np.log(np.expm1(total - x))


def all_less_one_unless_it_dominates(x: Array) -> Array:
    old = all_less_one(x)
    top = (x == x.max(axis=-1, keepdims=True)) & (x > 0)
    return np.where(top, others_one_by_one(x), old)


@in_binary64
def others_one_by_one(x: Array) -> Array:
    n = x.shape[-1]
    return np.stack([shifted_logsumexp(np.delete(x, i, axis=-1)) for i in range(n)], axis=-1)


REPLAYS = [
    replay("sum", "sum", "reductions.wide_sum(x)", Old((22, 39, 131), "reductions.one_by_one(x)"), dtype="float16", lengths=LONG),
    replay("mean", "mean", "reductions.wide_mean(x)", Old((130, 112), "reductions.running_mean(x)"), dtype="float16", lengths=LONG),
    replay("segment_sum", "segment_sum", "reductions.wide_segments(x, index)", Old((132,), "reductions.segments_one_by_one(x, index)"),
           dtype="float16", lengths=(2, 17, 64, 1000)),
    replay("var", "var", "reductions.two_passes(x, correction)", Old((13, 15, 245), "reductions.squares_less_squared_sum(x, correction)"),
           params={"correction": (1,)}, min_length=2),
    replay("moments", "var", "reductions.two_passes(x, correction)", Old((121, 141), "reductions.mean_square_less_squared_mean(x, correction)"),
           params={"correction": (0,)}),
    replay("batch_norm_stats", [vector("x"), scalar("s")], "reductions.about_its_own_mean(x, s)", Old((237,), "reductions.about_a_moving_mean(x, s)"),
           definition="historic_shifted_var", accuracy="accumulating"),
    replay("moments_about_a_shift", [vector("x"), scalar("s")], "reductions.about_its_own_mean(x, s)",
           Old((124,), "reductions.about_a_moving_mean(x, s)", "reductions.mean_square_less_squared_mean(x, 0)"),
           definition="historic_shifted_var", accuracy="accumulating"),
    replay("fft_half", "mean", "reductions.wide_mean(x)", Old((58,), "reductions.first_frequency(x)"), dtype="float16", lengths=LONG),
    replay("mean_stddev_normalization", "layer_norm", "reductions.normalised_by_two_passes(x, eps)",
           Old((110, 128), "reductions.normalised_by_mean_square(x, eps)"), params={"eps": (1e-8,)}),
    replay("logsumexp", "logsumexp", "reductions.shifted_logsumexp(x)", Old((120,), "reductions.log_of_sum(x)")),
    replay("leave_one_out_logsumexp", [vector("x")], "reductions.others_one_by_one(x)",
           Old((215,), "reductions.all_less_one(x)", "reductions.all_less_one_unless_it_dominates(x)"), accuracy="accumulating", min_length=2,
           lengths=(2, 3, 8)),
]  # fmt: skip
