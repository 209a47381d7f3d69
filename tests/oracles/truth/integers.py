"""Integer arithmetic: Python's integers, brought into the width by masking."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from mpmath import mpf

from tests.oracles.truth import Checked


def _signed(value: int, bits: int) -> int:
    pattern = value & (2**bits - 1)
    return pattern - 2**bits if pattern >> (bits - 1) else pattern


def _divisor(y: int) -> int:
    return y if y < 0 else y + 1


BINARY: dict[str, Callable[[int, int, int], int]] = {
    "add": lambda x, y, bits: x + y,
    "sub": lambda x, y, bits: x - y,
    "mul": lambda x, y, bits: x * y,
    "mulhi": lambda x, y, bits: (x * y) >> bits,
    "floor_divide": lambda x, y, bits: x // _divisor(y),
    "trunc_divide": lambda x, y, bits: int(math.copysign(1, x) * math.copysign(1, y)) * (abs(x) // abs(_divisor(y))),
    "remainder": lambda x, y, bits: x % _divisor(y),
    "fmod": lambda x, y, bits: (-1 if x < 0 else 1) * (abs(x) % abs(_divisor(y))),
    "pow": lambda x, y, bits: x**y,
    "left_shift": lambda x, y, bits: x << y,
    "right_shift": lambda x, y, bits: x >> y,
    "logical_shift": lambda x, y, bits: (x & (2**bits - 1)) >> y,
    "bitwise_and": lambda x, y, bits: x & y,
    "bitwise_or": lambda x, y, bits: x | y,
    "bitwise_xor": lambda x, y, bits: x ^ y,
    "gcd": lambda x, y, bits: math.gcd(x, y),
    "lcm": lambda x, y, bits: math.lcm(x, y),
}
UNARY: dict[str, Callable[[int, int], int]] = {
    "neg": lambda x, bits: -x,
    "abs": lambda x, bits: abs(x),
    "square": lambda x, bits: x * x,
    "sign": lambda x, bits: (x > 0) - (x < 0),
    "bitwise_not": lambda x, bits: ~x,
    "population_count": lambda x, bits: (x & (2**bits - 1)).bit_count(),
    "bitwise_count": lambda x, bits: abs(x).bit_count(),
    "leading_zeros": lambda x, bits: bits - (x & (2**bits - 1)).bit_length(),
}


def _truth(function: Callable[..., int], bits: int) -> Callable[..., Any]:
    return lambda *numbers: mpf(_signed(function(*(int(v) for v in numbers), bits), bits))


def _some(rng: random.Random, low: int, high: int) -> float:
    return float(rng.choice([rng.randint(low, high), max(low, min(high, rng.randint(-9, 9))), low, high]))


def _draw(name: str, bits: int) -> Callable[..., list[Any]]:
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if name == "lcm":
        most = {8: 11, 16: 181, 32: 46340}[bits]
        least = -most
    first, last = (0, 7) if name == "pow" else (0, bits - 1) if name.endswith("_shift") else (least, most - 1)

    def draw(rng: random.Random, length: int) -> list[Any]:
        pair = [_some(rng, least + 1, most), _some(rng, first, last)]
        return pair if name in BINARY else [rng.choice([pair[0], float(least)])]

    return draw


def _mean(x: list[Any]) -> Any:
    return mpf(int(sum(x) / len(x)))


TRUTH: dict[str, Any] = {
    f"{name}_int{bits}": Checked(_truth(function, bits), draw=_draw(name, bits))
    for bits in (8, 16, 32)
    for name, function in {**BINARY, **UNARY}.items()
} | {
    f"mean_int{bits}": Checked(
        _mean, draw=lambda rng, n, bits=bits: [[_some(rng, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for _ in range(n)]]
    )
    for bits in (8, 32)
}
