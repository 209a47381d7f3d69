"""Landmarks of functions whose critical points are known, from a reference made with numpy and scipy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.special

from ulpfuzz.fuzzer.formats import FLOAT32, FLOAT64, FORMATS, Format
from ulpfuzz.fuzzer.inputs.landmarks import LIMIT, landmarks
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.reference import FINITE, NAN, PINF, Reference


def exactly(*formulas: Callable[..., np.ndarray], calls: list[int] | None = None):
    """A fake oracle that believes binary64; NaN means that only NaN is right, a pole of lgamma that only +inf is."""

    def reference(inputs: dict[str, np.ndarray]) -> Reference:
        if calls is not None:
            calls.append(len(next(iter(inputs.values()))))
        with np.errstate(all="ignore"):
            value = np.stack([np.asarray(f(*inputs.values()), dtype=np.float64) for f in formulas], axis=1)
        nan, pole = np.isnan(value), np.isposinf(value)
        accepts = np.where(nan, NAN, np.where(pole, PINF, FINITE)).astype(np.uint8)
        return Reference(value, np.zeros_like(value), np.zeros_like(value), accepts, nan & False, np.ones_like(accepts))

    return reference


def of(formula: Callable[..., np.ndarray], fmt: Format = FLOAT32, domain: tuple[float, float] = (-math.inf, math.inf)):
    function = Function("any", ("x",), domains=(domain,))
    return landmarks(function, fmt, exactly(formula))["x"]


def adjacent(fmt: Format, predicate: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> tuple[float, float]:
    """The neighbouring numbers where a predicate turns, by plain bisection."""
    a, b = (int(o) for o in fmt.ordinals(np.asarray([low, high]).astype(fmt.dtype)))
    value = lambda o: fmt.from_ordinals(np.asarray([o])).astype(np.float64)  # noqa: E731
    first = bool(predicate(value(a))[0])
    while b - a > 1:
        middle = (a + b) // 2
        a, b = (middle, b) if bool(predicate(value(middle))[0]) == first else (a, middle)
    return float(value(a)[0]), float(value(b)[0])


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_exp_overflows_and_underflows(name: str) -> None:
    fmt = FORMATS[name]
    marks = of(np.exp, fmt)
    with np.errstate(all="ignore"):
        assert set(adjacent(fmt, lambda x: np.isinf(fmt.round(np.exp(x)).astype(float)), 1, 800)) <= set(marks)
        assert set(adjacent(fmt, lambda x: fmt.round(np.exp(x)).astype(float) == 0, -800, -1)) <= set(marks)
    if name == "float32":
        assert float(np.float32(88.72284)) in marks
        assert float(np.float32(-87.33655)) in marks


def test_tanh_saturates_and_is_the_identity() -> None:
    marks = of(np.tanh)
    assert set(adjacent(FLOAT32, lambda x: np.float32(np.tanh(x)) == 1, 1, 20)) <= set(marks)
    assert set(adjacent(FLOAT32, lambda x: np.float32(np.tanh(x)) == x, 1e-6, 1)) <= set(marks)
    assert {0.0, FLOAT32.min_subnormal, FLOAT32.min_normal} <= set(marks)


def test_log_has_a_zero_and_a_pole() -> None:
    marks = of(np.log, domain=(0, math.inf))
    assert {0.0, FLOAT32.min_subnormal, 1.0} <= set(marks)
    assert min(marks) >= 0


def test_lgamma_has_zeros_poles_and_a_minimum() -> None:
    marks = of(scipy.special.gammaln)
    assert {0.0, -1.0, -2.0, -3.0, 1.0, 2.0} <= set(marks)
    assert float(np.nextafter(np.float32(-2), np.float32(0))) in marks
    root = adjacent(FLOAT32, lambda x: scipy.special.gammaln(x) > 0, -2.47, -2.44)
    assert set(root) <= set(marks)
    assert min(abs(m - 1.4616321449683622) for m in marks) < 1e-3
    assert max(marks) == pytest.approx(4.085e36, rel=1e-3)


@pytest.mark.parametrize("fmt", [FLOAT32, FLOAT64], ids=lambda f: f.name)
def test_sin_crosses_zero_at_multiples_of_pi(fmt: Format) -> None:
    marks = np.asarray(of(np.sin, fmt))
    for k in (-3, -1, 1, 2, 10):
        below = fmt.ulp(np.asarray([k * math.pi]))[0]
        assert np.sum(np.abs(marks - k * math.pi) <= below) == 2
    assert len(marks) <= LIMIT
    assert (np.diff(marks) > 0).all()


def test_derivatives_have_landmarks_of_their_own() -> None:
    marks = of(lambda x: 1 / np.cosh(x) ** 2)
    assert set(adjacent(FLOAT32, lambda x: np.float32(1 / np.cosh(x) ** 2) == 0, 1, 80)) <= set(marks)
    assert set(adjacent(FLOAT32, lambda x: 1 / np.cosh(x) ** 2 < FLOAT32.min_normal, 1, 80)) <= set(marks)


def test_every_input_and_every_output_is_looked_at() -> None:
    function = Function("any", ("x", "y"), domains=((0.0, math.inf), (-math.inf, math.inf)))
    found = landmarks(function, FLOAT32, exactly(np.power, lambda x, y: y - 7.0))
    assert list(found) == ["x", "y"]
    assert {7.0, float(np.nextafter(np.float32(7), np.float32(8)))} <= set(found["y"])
    assert 128.0 in found["y"]
    assert all(len(marks) <= LIMIT for marks in found.values())


def test_the_domain_is_never_left_and_the_answer_is_the_same_twice() -> None:
    seen: list[float] = []

    def formula(x: np.ndarray) -> np.ndarray:
        seen.extend((float(x.min()), float(x.max())))
        return np.arccosh(x)

    one = of(formula, domain=(1.0, math.inf))
    assert one == of(formula, domain=(1.0, math.inf))
    assert min(seen) >= 1.0


def test_an_oracle_that_knows_nothing_gives_nothing() -> None:
    function = Function("any", ("x",))
    assert landmarks(function, FLOAT32, lambda inputs: Reference.unknown(len(inputs["x"]), 1)) == {"x": []}


def test_functions_of_vectors_are_not_asked() -> None:
    calls: list[int] = []
    function = Function("any", ("x",))
    assert landmarks(function, FLOAT32, exactly(lambda x: x, calls=calls), elementwise=False) == {}
    assert calls == []


def test_the_oracle_is_asked_little() -> None:
    calls: list[int] = []
    landmarks(Function("any", ("x",)), FLOAT64, exactly(np.tanh, calls=calls))
    assert len(calls) < 160
    assert sum(calls) < 30_000
