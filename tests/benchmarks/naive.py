"""The naive loop: what a user would write first. Hypothesis draws one float, the framework is called on it, mpmath at 100 digits
judges it, one comparison per element.

PyTorch is the framework here because a call of it costs least: the loop is not slower than it must be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.benchmarks.measure import cpu_seconds

DIGITS = 100
#: Examples per run of @given.
CHUNK = 200

#: What a user types for each op: the framework's call on a tensor, mpmath's function on an mpf.
FRAMEWORK = {
    "exp": "torch.exp(x)", "log1p": "torch.log1p(x)", "sin": "torch.sin(x)", "tanh": "torch.tanh(x)", "asinh": "torch.asinh(x)",
    "erf": "torch.erf(x)", "erfc": "torch.erfc(x)", "erfinv": "torch.erfinv(x)", "lgamma": "torch.lgamma(x)",
    "digamma": "torch.special.digamma(x)", "sigmoid": "torch.sigmoid(x)", "gelu": "torch.nn.functional.gelu(x)",
}  # fmt: skip
TRUTH: dict[str, Callable[[Any], Any]] = {
    "exp": mpmath.exp,
    "log1p": mpmath.log1p,
    "sin": mpmath.sin,
    "tanh": mpmath.tanh,
    "asinh": mpmath.asinh,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "erfinv": mpmath.erfinv,
    "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
    "digamma": mpmath.digamma,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
}


def _domain(op: str) -> dict[str, float]:
    return {"log1p": {"min_value": -1.0}, "erfinv": {"min_value": -1.0, "max_value": 1.0}}.get(op, {})


def unary_rate(op: str, dtype: str, seconds: float) -> float:
    """Verdicts per second of one core of the naive loop for an op of one number."""
    import torch

    call = eval(f"lambda x: {FRAMEWORK[op]}", {"torch": torch})
    truth, kind = TRUTH[op], getattr(torch, dtype)
    width = 32 if dtype == "float32" else 64

    def verdict(value: float) -> int:
        answer = call(torch.tensor(value, dtype=kind)).item()
        right(answer, _truth(truth, value), dtype)
        return 1

    return _rate(st.floats(width=width, **_domain(op)), verdict, seconds)


def softmax_rate(length: int, seconds: float) -> float:
    """Verdicts per second of one core of the naive loop for float32 softmax rows: `length` verdicts per example."""
    import torch

    def verdict(values: list[float]) -> int:
        answers = torch.nn.functional.softmax(torch.tensor(values, dtype=torch.float32), dim=-1).tolist()
        powers = [_truth(mpmath.exp, value) for value in values]
        total = mpmath.fsum(powers)
        for answer, power in zip(answers, powers, strict=True):
            right(answer, power / total if total else mpmath.nan, "float32")
        return length

    return _rate(_rows(length), verdict, seconds)


def layer_norm_rate(length: int, seconds: float) -> float:
    """Verdicts per second of one core of the naive loop for float32 layer_norm rows: `length` verdicts per example."""
    import torch

    def verdict(values: list[float]) -> int:
        answers = torch.nn.functional.layer_norm(torch.tensor(values, dtype=torch.float32), (length,)).tolist()
        exact = [mpmath.mpf(value) for value in values]
        mean = mpmath.fsum(exact) / length
        scale = mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in exact) / length + mpmath.mpf("1e-5"))
        for answer, x in zip(answers, exact, strict=True):
            right(answer, (x - mean) / scale, "float32")
        return length

    return _rate(_rows(length), verdict, seconds)


def logsumexp_gradient_rate(length: int, seconds: float) -> float:
    """Verdicts per second of one core of the naive loop for the gradient of logsumexp over float32 rows: `length` per example."""
    import torch

    def verdict(values: list[float]) -> int:
        x = torch.tensor(values, dtype=torch.float32, requires_grad=True)
        torch.logsumexp(x, 0).backward()
        powers = [_truth(mpmath.exp, value) for value in values]
        total = mpmath.fsum(powers)
        for answer, power in zip(x.grad.tolist(), powers, strict=True):  # type: ignore[union-attr]
            right(answer, power / total if total else mpmath.nan, "float32")
        return length

    return _rate(_rows(length), verdict, seconds)


def solve_rate(size: int, seconds: float) -> float:
    """Verdicts per second of one core of the naive loop for float32 linear systems: `size` verdicts per example."""
    import torch

    def verdict(values: list[float]) -> int:
        a, b = [values[i * size : (i + 1) * size] for i in range(size)], values[size * size :]
        try:
            answers = torch.linalg.solve(torch.tensor(a, dtype=torch.float32), torch.tensor(b, dtype=torch.float32)).tolist()
            truth = mpmath.lu_solve(mpmath.matrix(a), mpmath.matrix(b))
        except (RuntimeError, ZeroDivisionError):  # singular, says one or the other
            return size
        for answer, x in zip(answers, truth, strict=True):
            right(answer, x, "float32")
        return size

    return _rate(_rows(size * size + size), verdict, seconds)


def _rows(length: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=length, max_size=length)


def right(answer: float, truth: Any, dtype: str) -> bool:
    """The one comparison: within 4 ulps, NaN for NaN."""
    if math.isnan(answer) or mpmath.isnan(truth):
        return math.isnan(answer) and bool(mpmath.isnan(truth))
    return bool(abs(truth - answer) <= 4 * mpmath.ldexp(abs(truth), -23 if dtype == "float32" else -52))


def _truth(function: Callable[[Any], Any], value: float) -> Any:
    try:
        return mpmath.mpf(function(mpmath.mpf(value)))
    except (ValueError, ZeroDivisionError, OverflowError, TypeError, mpmath.libmp.NoConvergence):  # poles, mpmath's own limits
        return mpmath.nan


def _rate(strategy: st.SearchStrategy[Any], verdict: Callable[[Any], int], seconds: float) -> float:
    """Runs @given in chunks until `seconds` of processor time are spent; verdicts per second."""
    quiet = settings(
        max_examples=CHUNK, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    made = 0

    def test(value: Any) -> None:
        nonlocal made
        made += verdict(value)

    with mpmath.workdps(DIGITS):
        seed(0)(quiet(given(strategy)(test)))()  # warm
        made, chunk, start = 0, 0, cpu_seconds()
        while cpu_seconds() - start < seconds:
            chunk += 1
            seed(chunk)(quiet(given(strategy)(test)))()
        return made / (cpu_seconds() - start)
