"""Complex functions: mpmath's own, and exact rationals."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions

Pair = list[Fraction]


def _complex(value: Any) -> Any:
    """Pairs of numbers as mpmath's complex numbers, in nested lists as they come."""
    return mp.mpc(*value) if not isinstance(value[0], list) else [_complex(v) for v in value]


def by_mpmath(function: Callable[..., Any]) -> Truth:
    """A function of complex numbers, given as pairs; its value as a pair."""

    def truth(*inputs: Any, **params: Any) -> list[Any]:
        value = mp.mpmathify(function(*(_complex(v) for v in inputs), **params))
        return [mp.re(value), mp.im(value)]

    return truth


def off_cuts(function: Callable[..., Any], inputs: int = 1) -> Checked:
    """by_mpmath at points with no zero parts: mpmath takes either side of a cut, and knows no value at a branch point."""
    return Checked(by_mpmath(function), draw=lambda rng, _: [[_part(rng), _part(rng)] for _ in range(inputs)])


def _part(rng: random.Random) -> float:
    edge = rng.choice([1e-30, 1e-8, 0.5, 1.0, 2.0, 20.25, 250.0, 1 - 2.0**-53])
    return rng.choice([-1.0, 1.0]) * rng.choice([edge, rng.gauss(0, 3), 10 ** rng.uniform(-12, 2)])


def _times(a: Pair, b: Pair) -> Pair:
    """By three products (Gauss)."""
    k = b[0] * (a[0] + a[1])
    return [k - a[1] * (b[0] + b[1]), k + a[0] * (b[1] - b[0])]


def _over(a: Pair, b: Pair) -> Pair:
    """By the ratio of the divisor's parts (Smith)."""
    if b[0] == 0:
        return [a[1] / b[1], -a[0] / b[1]]
    r = b[1] / b[0]
    return [(a[0] + a[1] * r) / (b[0] + b[1] * r), (a[1] - a[0] * r) / (b[0] + b[1] * r)]


def _power(z: Pair, p: float) -> Any:
    value = mp.mpc(*z) ** mpf(p)
    return [mp.re(value), mp.im(value)]


def _sum(items: list[Pair]) -> Pair:
    return [sum((v[k] for v in items), Fraction(0)) for k in (0, 1)]


def _conjugate(z: Pair) -> Pair:
    return [z[0], -z[1]]


def exact(function: Callable[..., Any]) -> Truth:
    """by_fractions, of nested results."""

    def flattened(*numbers: Any, **params: Any) -> Any:
        result = function(*numbers, **params)
        while isinstance(result, list) and isinstance(result[0], list):
            result = [v for row in result for v in row]
        return result

    return by_fractions(flattened)


ONE = [Fraction(1), Fraction(0)]


TRUTH: dict[str, Any] = {
    "exp_complex": by_mpmath(mp.exp),
    "exp2_complex": by_mpmath(lambda z: mp.power(2, z)),
    "expm1_complex": by_mpmath(lambda z: mp.exp(z) - 1),
    "log_complex": off_cuts(mp.log),
    "log2_complex": off_cuts(lambda z: mp.log(z) / mp.log(2)),
    "log10_complex": off_cuts(lambda z: mp.log(z) / mp.log(10)),
    "log1p_complex": off_cuts(lambda z: mp.log(1 + z)),
    "sqrt_complex": off_cuts(mp.sqrt),
    "rsqrt_complex": off_cuts(lambda z: 1 / mp.sqrt(z)),
    "square_complex": exact(lambda z: _times(z, z)),
    "reciprocal_complex": exact(lambda z: _over(ONE, z)),
    "sign_complex": by_mpmath(mp.sign),
    "sigmoid_complex": off_cuts(lambda z: (1 + mp.tanh(z / 2)) / 2),
    "add_complex": exact(lambda a, b: _sum([b, a])),
    "sub_complex": exact(lambda a, b: [a[0] - b[0], a[1] - b[1]]),
    "mul_complex": exact(_times),
    "div_complex": exact(_over),
    "pow_complex": off_cuts(mp.power, 2),
    "pow_of_complex": Checked(_power, draw=lambda rng, _: [[_part(rng), _part(rng)]]),
    "logaddexp_complex": off_cuts(lambda a, b: mp.log(mp.exp(a) + mp.exp(b)), 2),
    "conj": exact(_conjugate),
    "real_part": exact(lambda z: z[0]),
    "imaginary_part": exact(lambda z: z[1]),
    "abs_complex": lambda z: abs(mp.mpc(*z)),
    "angle": Checked(lambda z: mp.arg(mp.mpc(*z)), draw=lambda rng, _: [[_part(rng), _part(rng)]]),
    "complex_of_parts": exact(lambda x, y: [x, y]),
    "polar": lambda r, t: [mp.re(r * mp.expj(t)), mp.im(r * mp.expj(t))],
}
