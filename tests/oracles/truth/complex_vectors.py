"""Reductions and products of complex vectors in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import mp

from tests.oracles.truth.complex import Pair, _conjugate, _sum, _times, exact


def _prod(z: list[Pair]) -> Pair:
    product = [Fraction(1), Fraction(0)]
    for v in reversed(z):
        product = _times(v, product)
    return product


def _dot(a: list[Pair], b: list[Pair]) -> Pair:
    return _sum([_times(v, w) for v, w in zip(a, b, strict=True)])


def _var(z: list[Pair], correction: int) -> Fraction:
    whole = _sum(z)
    return (sum(x * x + y * y for x, y in z) - (whole[0] ** 2 + whole[1] ** 2) / Fraction(len(z))) / (len(z) - correction)


TRUTH: dict[str, Any] = {
    "sum_complex": exact(_sum),
    "mean_complex": exact(lambda z: [part / len(z) for part in _sum(z)]),
    "prod_complex": exact(_prod),
    "cumsum_complex": exact(lambda z: [_sum(z[: i + 1]) for i in range(len(z))]),
    "dot_complex": exact(_dot),
    "vdot": exact(lambda a, b: _conjugate(_dot(a, [_conjugate(w) for w in b]))),
    "norm_complex": lambda z: mp.norm([mp.mpc(*v) for v in z], 2),
    "var_complex": exact(_var),
    "std_complex": lambda z, correction: mp.sqrt(exact(_var)(z, correction=correction)),
    "matmul_complex": exact(lambda a, b: [[_dot(row, list(column)) for column in zip(*b, strict=True)] for row in a]),
}
