"""Guess: the framework of a function by its type, its decorators and what its code names."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.testing.guess import display_name, framework_guessed


def test_numpy() -> None:
    assert framework_guessed(np.tanh) == "numpy"
    assert framework_guessed(lambda x: np.exp(x) + 1) == "numpy"
    assert framework_guessed(functools.partial(np.sum, axis=-1)) == "numpy"


def test_torch() -> None:
    torch = pytest.importorskip("torch")

    class Layer(torch.nn.Module):  # type: ignore[name-defined, misc]
        def forward(self, x: Any) -> Any:
            return x

    class Step(torch.autograd.Function):  # type: ignore[name-defined, misc]
        pass

    def deep(x: Any) -> Any:
        return through(x) + np.pi

    def through(x: Any) -> Any:
        return torch.relu(x)

    for function in (
        torch.relu,
        torch.nn.functional.gelu,
        Layer(),
        Step.apply,
        deep,
        functools.partial(deep),
        lambda x: deep(x) + 1,
    ):
        assert framework_guessed(function) == "torch", function
    assert display_name(Step.apply) == "Step.apply"
    assert display_name(Layer()) == "Layer"
    assert display_name(deep) == "deep"


def test_jax() -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    @jax.custom_vjp
    def own(x: Any) -> Any:
        return x

    for function in (jnp.tanh, jax.jit(lambda x: x), own, lambda x: jnp.exp(x) + 1, jax.nn.relu):
        assert framework_guessed(function) == "jax", function


def test_tensorflow() -> None:
    tf = pytest.importorskip("tensorflow")
    for function in (tf.tanh, tf.function(lambda x: x), lambda x: tf.exp(x) + 1, tf.keras.layers.ReLU()):
        assert framework_guessed(function) == "tensorflow", function


def test_what_it_imports_inside_counts() -> None:
    def late(x: Any) -> Any:
        import torch

        return torch.relu(x)

    assert framework_guessed(late) == "torch"


def test_a_function_that_names_none_is_of_what_its_module_imports() -> None:
    assert framework_guessed(lambda x: 1 / x) == "numpy"
    function = eval("lambda x: 1 / x", {"sys": sys})
    with pytest.raises(UserError, match="it names none"):
        framework_guessed(function)


def test_several_are_asked_for() -> None:
    def both(x: Any) -> Any:
        import jax
        import torch

        return jax, torch, x

    with pytest.raises(UserError, match="it names jax, torch; say framework="):
        framework_guessed(both)
