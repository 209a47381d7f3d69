"""Taylor models hold the function: the polynomial is within its radius of the truth; of what is not smooth there is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles import oracle, rigorous
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.taylor import U, taylor

POINTS = (-300.4, -30.7, -5.25, -2.5, -0.75, -1e-3, -1e-20, 1e-30, 1e-5, 0.1, 0.9, 1.5, 3.25, 7.0, 30.0, 88.0, 1e4, 1e20)
SMOOTH = (
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma", "digamma", "sigmoid", "silu", "softplus", "gelu", "mish",
    "log_sigmoid", "tanhshrink", "softsign", "square", "logit", "abs", "relu", "elu", "selu", "erfcx", "gamma", "sinc",
)  # fmt: skip


def function(name: str) -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), "value")


def ends(x: float, width: int) -> tuple[float, float]:
    """The first and last of 2^width consecutive binary32 numbers around x."""
    block = int(np.float32(x).view(np.uint32)) >> width << width
    two = np.array([block, block + (1 << width) - 1], np.uint32).view(np.float32).astype(np.float64)
    return float(two.min()), float(two.max())


@pytest.mark.parametrize("name", SMOOTH)
def test_a_model_holds_the_function(name: str) -> None:
    of, rng, told = function(name), np.random.default_rng(5), 0
    for x in POINTS:
        for width in (17, 15):
            low, high = ends(x, width)
            model = taylor(of, low, high, 2.0**-44)
            if model is None:
                continue
            told += 1
            inside = rng.uniform(low, high, 40).astype(np.float32).astype(np.float64).clip(low, high)
            given = np.append(inside, [low, high])
            values = model.values(given)
            for at, value in zip(given, values, strict=True):
                (ball,) = rigorous.enclose(of, {of.inputs[0]: np.asarray(at)}, 200).balls
                truth = rigorous.to_fraction(ball)
                assert abs(Fraction(value) - truth) <= Fraction(model.radius) * (1 + Fraction(1, 2**30)), (name, at)
                assert (
                    Fraction(model.least) * (1 - Fraction(4, 2**53))
                    <= abs(truth)
                    <= Fraction(model.most) * (1 + Fraction(4, 2**53))
                )
            assert model.radius <= 2.0**-44 * model.least
    assert told >= 4 or name in ("asin", "acos", "atanh", "erfcx", "gamma", "sinc", "logit")


def test_a_model_is_as_sharp_as_its_last_rounding() -> None:
    model = taylor(function("tanh"), *ends(0.3, 17), tolerance=2.0**-44)
    assert model is not None
    assert model.radius < 4 * U * model.most


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("abs", -1.0, 1.0), ("relu", -1.0, 1.0), ("floor", 0.5, 1.5), ("round", 0.25, 0.75), ("log", -1.0, 1.0), ("log", -2.0, -1.0),
     ("sqrt", 0.0, 1.0), ("reciprocal", -1.0, 1.0), ("sin", -1.0, 1.0), ("lgamma", -1.5, -0.5), ("i0", 0.25, 0.26), ("exp", 1.0, 1.0)],
)  # fmt: skip
def test_where_there_is_none(name: str, low: float, high: float) -> None:
    """Branches, jumps, poles, edges of the domain, zeros of the function, and functions that FLINT has no series of."""
    assert taylor(function(name), low, high, 2.0**-30) is None


def test_the_oracle_agrees() -> None:
    low, high = ends(5.5, 17)
    model = taylor(function("digamma"), low, high, 2.0**-44)
    assert model is not None
    x = np.linspace(low, high, 1000).astype(np.float32).astype(np.float64).clip(low, high)
    truth = oracle.reference(function("digamma"), {"x": x}, precision=40)
    assert (np.abs(model.values(x) - truth.value[:, 0]) <= model.radius + truth.radius[:, 0] + np.abs(truth.value_lo[:, 0])).all()
