"""What ball64 claims of scipy's Bessel functions and of functions defined by integrals, against Arb: enclosed with room to spare."""

from __future__ import annotations

import math

import numpy as np
import pytest
from flint import arb

from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.special import bessel, functions, integrals

ENTRIES = [e for e in (*bessel.FUNCTIONS, *integrals.FUNCTIONS) if e.ball64 is not None]
CASES = [(e.name, n) for e in ENTRIES for n in (range(5) if e.arguments == 2 else (None,))]
POINTS = 60


def _points(name: str, order: int | None) -> np.ndarray:
    """Everyday, tiny and huge arguments of the domain, and beyond the stated ranges."""
    rng = np.random.default_rng(sum(map(ord, name)) + (order or 0))
    low, high = functions()[name].domain[-1]
    x = np.concatenate([
        rng.uniform(max(low, -40), min(high, 40), POINTS), rng.uniform(low, high, POINTS), 10 ** rng.uniform(-12, math.log10(high), POINTS),
        10 ** rng.uniform(-300, 300, POINTS),
    ])  # fmt: skip
    if low < 0:
        x = np.where(rng.random(x.size) < 0.5, -x, x)
    x = np.append(x, [0.0, 5e-324, 1.0, 1.5])
    return x[(x <= 2) if name == "erfcinv" else x <= 1e308]


def _arb(name: str, order: int | None, x: float, bits: int) -> ArbNumber:
    with Arb(bits) as m:
        try:
            result: ArbNumber = getattr(m, name)(*([] if order is None else [order]), m.lift(x))
        except Undefined:
            return ArbNumber(arb.nan())
    return result


@pytest.mark.parametrize(("name", "order"), CASES)
def test_ball64_encloses(name: str, order: int | None) -> None:
    """Where the bound is of measured values it is met twofold; where it is of roundings, just met."""
    x = _points(name, order)
    m = Ball64(x.size)
    with np.errstate(all="ignore"):
        ball = getattr(m, name)(*([] if order is None else [order]), m.lift(x))
        radius = ball.radius()
    measured = name not in ("dawson", "scaled_erfc", "log_quotient", "exp_integral") or order == 0
    known = np.flatnonzero(np.isfinite(radius))
    if order is None or order < 2:
        assert known.size >= x.size // 3, f"{name} knows {known.size} of {x.size}"
    for i in known:
        for bits in (300, 3000):
            exact = _arb(name, order, float(x[i]), bits).v
            error = abs(exact - arb(float(ball.mid[i])))
            allowed = arb(float(radius[i])) * (0.5 if measured else 1)
            if error <= allowed:
                break
        assert not exact.is_finite() or error <= allowed, f"{name}({order}, {x[i]!r}) is off by {error} beside {radius[i]}"


@pytest.mark.parametrize(("name", "order"), [(e.name, n) for e in (*bessel.FUNCTIONS, *integrals.FUNCTIONS)
                                             for n in (range(-1, 3) if e.arguments == 2 else (None,))])  # fmt: skip
def test_wide_balls_are_enclosed(name: str, order: int | None) -> None:
    """Arb's value of a wide ball holds the values of the points within."""
    if order == -1 and name not in ("bessel_j", "bessel_y", "bessel_i", "bessel_k", "exp_integral"):
        pytest.skip("a family from 0 on")
    rng = np.random.default_rng(11)
    low, high = functions()[name].domain[-1]
    for middle in (*rng.uniform(max(low, -30), min(high, 30), 12), *10 ** rng.uniform(-6, math.log10(high), 12)):
        width = abs(middle) * 10 ** rng.uniform(-7, -1)
        with Arb(128) as m:
            numbers = [] if order is None else [order]
            try:
                whole = getattr(m, name)(*numbers, ArbNumber(arb(float(middle), float(width)))).v
            except Undefined:
                continue
            if not whole.is_finite():
                continue
            for t in rng.uniform(-1, 1, 5):
                inner = getattr(m, name)(*numbers, m.lift(float(middle + t * width))).v
                assert not inner.is_finite() or whole.overlaps(inner), (
                    f"{name}({order}, {middle} +- {width}) = {whole}, not {inner}"
                )
