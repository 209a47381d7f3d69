"""The incomplete functions far from the middle: balls of columns and Arb's series hold mpmath's values, each by another way."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from flint import arb, ctx

from ulpfuzz.oracles.arithmetic import ball80
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import Ball80
from ulpfuzz.oracles.arithmetic.incomplete_balls import beta_part, gamma_by_a, gamma_parts
from ulpfuzz.oracles.arithmetic.special.gamma_functions import _central_q, _gammainc, _head_of_p, _tail_of_q
from ulpfuzz.oracles.arithmetic.special.incomplete_beta import _beta_head, _betainc
from ulpfuzz.oracles.enclosure import Ball

COUNT = 160
ARITHMETICS = [Ball64, pytest.param(Ball80, marks=pytest.mark.skipif(not ball80.AVAILABLE, reason="no x87 unit"))]


def _drawn(seed: int, *ranges: tuple[float, float]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [10.0 ** rng.uniform(low, high, COUNT) for low, high in ranges]


def _holds(ball: Ball, row: int, exact: arb) -> bool:
    mid, rad = float(ball.mid[row]), float(ball.radius()[row])
    rest = float(ball.mid[row] - ball.m.dtype(mid))
    return not exact.is_finite() or bool((arb(mid, rad * (1 + 1e-9) + 1e-320) + arb(rest)).overlaps(exact))


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize(("low", "high"), [(-40, 38), (-3, 3)])
def test_gamma_parts_hold_what_arb_encloses(arithmetic: type[Ball64], low: float, high: float) -> None:
    m, (a, x) = arithmetic(), _drawn(1, (low, high), (low, high))
    a[:8], x[:8] = 10.0 ** np.arange(12, 36, 3), 10.0 ** np.arange(12, 36, 3)  # the middle, far out
    known = 0
    with ctx.workprec(256):
        for upper, ball in enumerate(gamma_parts(m, m.lift(a), m.lift(x))):
            for row in np.flatnonzero(np.isfinite(ball.radius())):
                known += 1
                assert _holds(ball, row, _gammainc(arb(a[row]), arb(x[row]), bool(upper))), (a[row], x[row], upper)
    assert known > COUNT / 2


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_beta_parts_hold_what_arb_encloses(arithmetic: type[Ball64]) -> None:
    m, (a, b, x) = arithmetic(), _drawn(2, (-4, 6), (-4, 6), (-20, -1e-6))
    ball = beta_part(m, m.lift(a), m.lift(b), m.lift(x))
    rows = np.flatnonzero(np.isfinite(ball.radius()))
    assert len(rows) > COUNT / 3
    with ctx.workprec(160):
        for row in rows:
            assert _holds(ball, row, _betainc(arb(a[row]), arb(b[row]), arb(x[row]))), (a[row], b[row], x[row])


def test_series_hold_what_mpmath_gives() -> None:
    with mpmath.workprec(200), ctx.workprec(200):
        for a, x in zip(*_drawn(3, (-3, 3), (-3, 3.3)), strict=True):
            for enclosed, ends in ((_tail_of_q, (x,)), (_head_of_p, (0, x))):
                found, exact = enclosed(arb(a), arb(x)), mpmath.gammainc(a, *ends, regularized=True)
                assert not found.is_finite() or found.overlaps(arb(mpmath.nstr(exact, 50))), (a, x)
        for a, b, x in zip(*_drawn(4, (-2, 2), (-2, 2), (-3, -1e-3)), strict=True):
            found = _beta_head(arb(a), arb(b), arb(x))
            exact = mpmath.betainc(a, b, 0, x, regularized=True)
            assert not found.is_finite() or found.overlaps(arb(mpmath.nstr(exact, 50))), (a, b, x)


def test_the_middle_of_a_huge_gamma_distribution() -> None:
    """Beside FLINT's value, where it still has one."""
    with ctx.workprec(128):
        for x in (1e13, 1e13 + 3e6, 1e13 - 5e6):
            assert _central_q(arb(1e13), arb(x)).overlaps(arb(x).gamma_upper(arb(1e13), regularized=1))


@pytest.mark.parametrize(("low", "high", "sharp"), [(-30, 30, 0.8), (-2, 2.5, 0.8)])
def test_the_derivative_by_a_holds_what_arb_encloses(low: float, high: float, sharp: float) -> None:
    """By a series in columns, and by Cauchy's estimate around differences in Arb."""
    m, (a, x) = Ball64(), _drawn(5, (low, high), (low, high))
    ball = gamma_by_a(m, m.lift(a), m.lift(x))
    narrow = (ball.radius() <= np.abs(ball.mid) * 2.0**-30) | (np.abs(ball.mid) + ball.radius() < 2.0**-150)
    assert narrow.mean() > sharp
    with Arb(200) as arithmetic:
        for row in range(0, COUNT, 4):
            exact = arithmetic.partial("gammainc_p", [arithmetic.lift(a[row]), arithmetic.lift(x[row])], (1, 0)).v
            assert _holds(ball, row, exact), (a[row], x[row])
