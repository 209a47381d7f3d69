"""Extended reals: values of a definition at infinite inputs where its own arithmetic, with infinities in it, has them: exp(-inf) = 0.

Where every step has a value there (a masked softmax: exp(-inf) = 0, and sums), Arb evaluates the definition at the infinities themselves, and what
comes out is an enclosure, not a reading. inf - inf, 0 inf and an oscillation have none. A step that jumps at a number that only an infinity reaches
would be another matter, so the value is believed only where IEEE 754 arithmetic over the formula, which answers the same question, agrees. Both
take 0^0 and inf^0 for 1: a value that rests on it is believed only where the definition tends to it as the infinities are approached, at whatever
rates.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.arithmetic.native import Formula
from ulpfuzz.oracles.function import Function, nest
from ulpfuzz.oracles.limits.accepted import point, same
from ulpfuzz.oracles.limits.paths import RATES, STEADY, Path, along
from ulpfuzz.oracles.limits.rates import strays
from ulpfuzz.oracles.limits.tendency import Kind

#: How near the two evaluations are to each other, relatively.
NEAR = 2.0**-30


def has_infinities(function: Function, single: dict[str, NDArray[np.float64]]) -> bool:
    """Whether the row is a question for this module: a value, at infinite inputs and no NaN."""
    values = [np.asarray(v) for v in single.values()]
    return function.order == "value" and any(np.isinf(v).any() for v in values) and not any(np.isnan(v).any() for v in values)


def enclose(function: Function, single: dict[str, NDArray[np.float64]], bits: int) -> list[arb | None]:
    """Per output the enclosure, None where there is none; [] where nothing is known. Cached by the exact inputs."""
    key = tuple((name, np.shape(values), np.asarray(values, np.float64).tobytes()) for name, values in single.items())
    return list(_enclosed(function, key, bits))


@lru_cache(maxsize=16384)
def _enclosed(function: Function, key: tuple[tuple[str, tuple[int, ...], bytes], ...], bits: int) -> tuple[arb | None, ...]:
    single = {name: np.frombuffer(raw, np.float64).reshape(shape) for name, shape, raw in key}
    result = rigorous.enclose(function, single, bits)
    if result.undefined or result.removable or result.kink or not any(b.is_finite() for b in result.balls):
        return ()
    ieee = by_formula(function, single)
    if len(ieee) != len(result.balls) or any(
        np.isnan(v) for v in ieee
    ):  # where the formula has a NaN for one output, so may an implementation
        return ()
    if result.convention and not _approached(function, single, ieee):
        return ()
    return tuple(ball if _alike(ball, value) else None for ball, value in zip(result.balls, ieee, strict=True))


def _approached(function: Function, single: dict[str, NDArray[np.float64]], values: list[float]) -> bool:
    """Whether the definition tends to the values as the infinities are approached and all other numbers stay: pow(inf, 0) is 1 so, and
    (-log1p(-q) / b)^(1/a), with a and b infinite, is what one pleases."""
    walked = along(function, single, Path(STEADY, 1, RATES[0], everything=False, held=True))
    if walked is None or any(t.kind is not Kind.LIMIT for t in walked[0]):
        return False
    if not all(same(point(t.limit), point(value)) for t, value in zip(walked[0], values, strict=True)):
        return False
    return not any(strays(function, single, 1, [[t] for t in walked[0]], held=True))


def by_formula(function: Function, single: dict[str, NDArray[np.float64]]) -> list[float]:
    """The outputs in IEEE 754 binary64 arithmetic; [] where the formula cannot be evaluated so."""
    m = Formula(np.float64)

    with np.errstate(all="ignore"):
        try:
            return [float(m.num(v)) for v in function.outputs(m, {n: nest(np.asarray(v), m.lift) for n, v in single.items()})]
        except (ArithmeticError, ValueError, TypeError, NotImplementedError):
            return []


def _alike(ball: arb, value: float) -> bool:
    if not ball.is_finite() or not np.isfinite(value):
        return False
    slack = abs(arb(value)) * arb(NEAR)
    return bool(ball == 0) if value == 0 else bool(abs(ball - arb(value)) <= slack)
