"""Rigorous partial derivatives of special functions by central differences in Arb, their remainders bounded by Cauchy's estimate.

On a polydisc of radii R about c where a holomorphic f is within M of a constant, its Taylor coefficients a_i, i > 0, satisfy
|a_i| <= M / R^i (Cauchy).
The n-th central difference with step h, delta^n t^m = sum_j (-1)^j C(n, j) ((n/2 - j) h)^m, is exact for m <= n + 1 and at most
2^n (n h / 2)^m beyond, so that the remainder of the difference quotient is a geometric series; and so is what a derivative changes by from c to
any other point of a box, since the majorant M prod 1/(1 - z_k/R_k) may be differentiated term by term. Source: Cauchy's estimates,
e.g. Hoermander, An Introduction to Complex Analysis in Several Variables (1990), theorem 2.2.7; Fornberg, Generation of finite difference
formulas on arbitrarily spaced grids (1988) for the quotients.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from flint import acb, arb, ctx

from ulpfuzz.oracles.arithmetic.time_limit import look_at_clock

#: Radii that are tried, as negative powers of two of the size of the argument.
_RADII = (2, 4, 7, 11, 16, 22, 30)


def enclosed_partial(
    real: Callable[..., arb],
    complex_: Callable[..., acb] | None,
    at: Sequence[arb],
    orders: Sequence[int],
    undefined: type[Exception],
) -> arb:
    """The partial derivative of a function at every point of a box, orders[k] times by the k-th argument; not finite where `complex_` does
    not prove the function holomorphic about the box. Raises nothing of `undefined`, and TimeIsUpError."""
    if complex_ is None or not all(v.is_finite() for v in at):
        return arb.nan()
    bits = ctx.prec
    best, exact = arb.nan(), all(v.rad() == 0 for v in at)
    for power in _RADII:
        try:
            enclosure = _at_radius(real, complex_, at, orders, power, bits)
        except undefined:
            continue
        if enclosure is None:
            continue
        if best.is_finite() and not enclosure.rad() < best.rad():
            break
        best = enclosure
        if best.rel_accuracy_bits() >= (bits // 4 if exact else bits // 2):
            break
    return best


def _at_radius(
    real: Callable[..., arb], complex_: Callable[..., acb], at: Sequence[arb], orders: Sequence[int], power: int, bits: int
) -> arb | None:
    moving = [o > 0 or v.rad() != 0 for o, v in zip(orders, at, strict=True)]
    middles = [v.mid() for v in at]
    radii = [_size(v) * arb(2) ** -power if moves else arb(0) for v, moves in zip(middles, moving, strict=True)]
    if any(moves and not v.rad() * 2 < r for v, r, moves in zip(at, radii, moving, strict=True)):
        return None
    with ctx.workprec(96 + 2 * power):
        look_at_clock("a derivative")
        disc = [acb(c + arb(0, r), arb(0, r)) if moves else acb(c) for c, r, moves in zip(middles, radii, moving, strict=True)]
        bound = complex_(*disc)
        if not bound.is_finite():
            return None
        largest = bound.rad().upper()  # of f less a constant, which no derivative sees
    fraction = -(bits // 2) - 8
    steps = [r * arb(2) ** fraction for r in radii]
    lost = sum(o * (bits // 2 + 8 + power) for o in orders) + 32
    with ctx.workprec(bits + lost):
        quotient = _quotient(real, middles, steps, orders)
    if not quotient.is_finite():
        return None
    with ctx.workprec(64):
        whole, excess = arb(1), arb(0)  # the product of the leading terms, and what the products of all terms exceed it by
        for order, r, step, v, moves in zip(orders, radii, steps, at, moving, strict=True):
            if not moves:
                continue
            leading = arb(math.factorial(order)) / r**order
            ratio = v.rad() / r
            more = leading * (order + 1) * ratio / (1 - ratio) ** (order + 2) + (_tail(order, step, r) if order else 0)
            excess = excess * (leading + more) + whole * more
            whole *= leading
        slack = (largest * excess).upper() if excess != 0 else arb(0)
    return quotient + arb(0, slack)


def _size(middle: arb) -> arb:
    """A power of two near |middle|, one at zero: what a radius is measured in."""
    if middle == 0:
        return arb(1)
    _, exponent = abs(middle).mid().man_exp()
    mantissa, _ = abs(middle).mid().man_exp()
    return arb(2) ** (int(exponent) + int(mantissa).bit_length() - 1)


def _tail(order: int, step: arb, radius: arb) -> arb:
    """sum over m >= n + 2 of |delta^n t^m| / h^n / R^m."""
    ratio = order * step / (2 * radius)
    return (arb(2) / step) ** order * ratio ** (order + 2) / (1 - ratio)


def _quotient(real: Callable[..., arb], middles: Sequence[arb], steps: Sequence[arb], orders: Sequence[int]) -> arb:
    total = arb(0)
    for js in itertools.product(*(range(o + 1) for o in orders)):
        weight = math.prod((-1) ** j * math.comb(o, j) for j, o in zip(js, orders, strict=True))
        moved = [c + (o - 2 * j) * (h / 2) if o else c for c, h, j, o in zip(middles, steps, js, orders, strict=True)]
        look_at_clock("a derivative")
        total += weight * real(*moved)
    for h, o in zip(steps, orders, strict=True):
        if o:
            total /= h**o
    return total
