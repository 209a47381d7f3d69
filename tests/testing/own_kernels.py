"""Kernels of somebody's own, stable and not, functions of a module so that a script can import them. A framework is imported when it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np


def naive_softmax(x: Any) -> Any:
    powers = np.exp(x)
    return powers / powers.sum(axis=-1, keepdims=True)


def stable_softmax(x: Any) -> Any:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _of(framework: str) -> tuple[Any, Any, Any]:
    """(exp, sum, max) along the last axis."""
    if framework == "torch":
        import torch

        return torch.exp, lambda x: x.sum(-1, keepdim=True), lambda x: x.amax(-1, keepdim=True)
    if framework == "tensorflow":
        import tensorflow as tf

        return (
            tf.exp,
            lambda x: tf.reduce_sum(x, -1, keepdims=True),
            lambda x: tf.stop_gradient(tf.reduce_max(x, -1, keepdims=True)),
        )
    import jax
    import jax.numpy as jnp

    return jnp.exp, lambda x: x.sum(-1, keepdims=True), lambda x: jax.lax.stop_gradient(x.max(-1, keepdims=True))


def softmaxes(framework: str) -> tuple[Any, Any]:
    """(naive, stable) of a framework."""
    if framework == "numpy":
        return naive_softmax, stable_softmax
    exp, total, largest = _of(framework)

    def naive(x: Any) -> Any:
        powers = exp(x)
        return powers / total(powers)

    def stable(x: Any) -> Any:
        powers = exp(x - largest(x))
        return powers / total(powers)

    return naive, stable


def one_pass_norm(x: Any, eps: float = 1e-5) -> Any:
    n = np.asarray(x.shape[-1], x.dtype)
    mean = x.sum(axis=-1, keepdims=True) / n
    variance = np.square(x).sum(axis=-1, keepdims=True) / n - np.square(mean)
    return (x - mean) / np.sqrt(variance + np.asarray(eps, x.dtype))


def wide_norm(x: Any, eps: float = 1e-5) -> Any:
    wide = x.astype(np.float64)
    centred = wide - wide.mean(axis=-1, keepdims=True)
    return (centred / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + eps)).astype(x.dtype)


def off_by_some(x: Any) -> Any:
    """The square, off by four to eight ulps."""
    return x * x * np.asarray(1 + 8 * np.finfo(x.dtype).eps / 2, x.dtype)


def wrong_beyond(x: Any) -> Any:
    """The square, wrong where no ordinary number is."""
    return np.where(np.abs(x) > 1e5, x, x * x)


def in_binary64(function: Any) -> Any:
    """A kernel of binary32 and less that computes in binary64 and rounds once."""

    def rounded(*inputs: Any) -> Any:
        return function(*(x.astype(np.float64) for x in inputs)).astype(inputs[0].dtype)

    return rounded
