"""Documented formulas against numpy: clamped probabilities, in binary64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.definitions import definition

EPS = 2.0**-23
PROBABILITIES = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 2.0**-60, EPS / 3, EPS, 1 - EPS, 1 - 2.0**-40, 1.0]))


def logs(p: float) -> tuple[float, float]:
    """log p and log(1 - p) of the clamped probability."""
    clipped = float(np.clip(p, EPS, 1 - EPS))
    return math.log(clipped), math.log1p(-clipped)


def mean_log(p: float) -> float:
    one, zero = logs(p)
    return p * one + (1 - p) * zero


def divergence(p: float, q: float) -> float:
    one, zero = logs(q)
    return mean_log(p) - p * one - (1 - p) * zero


TRUTHS: dict[str, Callable[[float, float], tuple[list[Any], float]]] = {
    "bernoulli_logpmf": lambda p, q: ([1, p], logs(p)[0]),
    "bernoulli_entropy": lambda p, q: ([p], -mean_log(p)),
    "binomial_logpmf": lambda p, q: ([2, 3, p], math.log(10) + 2 * logs(p)[0] + 3 * logs(p)[1]),
    "negative_binomial_logpmf": lambda p, q: ([2, 3, p], math.log(6) + 3 * logs(p)[1] + 2 * logs(p)[0]),
    "kl_bernoulli": lambda p, q: ([p, q], divergence(p, q)),
    "kl_bernoulli_poisson": lambda p, q: ([p, 3], mean_log(p) - p * math.log(3) + 3),
    "kl_binomial": lambda p, q: ([4, p, q], 4 * divergence(p, q)),
    "categorical_logpmf": lambda p, q: ([[p, 1 - p], 0], logs(p)[0]),
    "categorical_entropy": lambda p, q: ([[p, 1 - p]], -p * logs(p)[0] - (1 - p) * logs(1 - p)[0]),
    "kl_categorical": lambda p, q: (
        [[p, 1 - p], [q, 1 - q]],
        p * (logs(p)[0] - logs(q)[0]) + (1 - p) * (logs(1 - p)[0] - logs(1 - q)[0]),
    ),
}


@pytest.mark.parametrize("name", TRUTHS)
@given(p=PROBABILITIES, q=PROBABILITIES)
def test_clamped_probabilities(name: str, p: float, q: float) -> None:
    inputs, right = TRUTHS[name](p, q)
    m = Mp(200)
    lifted = [[m.lift(float(v)) for v in i] if isinstance(i, list) else m.lift(float(i)) for i in inputs]
    value, _ = m.double(definition(f"{name}_clamped")(m, *lifted, eps=EPS))
    assert value == pytest.approx(right, rel=1e-12, abs=1e-12)


@given(st.floats(2.0**-30, 2.0**30))
def test_the_cosine_integral_on_the_left_is_that_on_the_right(x: float) -> None:
    m = Mp(100)
    assert m.double(definition("cosine_integral_real_part")(m, m.lift(-x))) == m.double(m.cosine_integral(m.lift(x)))
