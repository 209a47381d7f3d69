"""The incomplete gamma and beta functions in balls of columns, where a geometric series encloses them: far from the middle of the distribution.

scipy's values have bounds in everyday ranges only; a tiny or a huge argument climbed to Arb, row by row, until the caps ended. The same enclosures
as in `gamma_functions` and `incomplete_beta`, by the arithmetic's own exp, log and lgamma, so that they hold in ball64 and ball80.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ulpfuzz.oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64

#: Below this a, log Gamma(1 + a) is -euler a + (0 to 0.83 a^2) (DLMF 5.7.3: an alternating series, whose second term is pi^2/12 a^2).
SMALL = 2.0**-27
#: The absolute constant of the Berry-Esseen theorem for equal distributions (Shevtsova, 2011), times a bound of E|X - s|^3 / s^1.5 for the gamma
#: distributions with s in [1, 2): by Lyapunov's inequality at most (E (X - s)^4)^(3/4) / s^1.5 = (3 + 6/s)^(3/4) <= 9^(3/4) < 5.197.
BERRY_ESSEEN = Fraction(4748 * 5197, 10**7)


def narrower(m: Ball64, first: Ball, second: Ball) -> Ball:
    """Per row the enclosure of smaller radius."""
    rows = np.asarray(~(first.radius() <= second.radius()))
    ball = m.pick(rows, second, first) if rows.any() else first
    ball.bad = first.bad
    return ball


def where_inside(m: Ball64, valid: Column, ball: Ball, bad: Column | None) -> Ball:
    """The ball on rows where it is claimed, unknown elsewhere."""
    known = valid & np.isfinite(ball.mid) & np.isfinite(ball.radius())
    return Ball(m, np.where(known, ball.mid, m.dtype(0)), np.where(known, ball.radius(), m.dtype(np.inf)), bad)


def _either(*balls: Ball) -> Column | None:
    bad = None
    for ball in balls:
        bad = ball.bad if bad is None else bad if ball.bad is None else bad | ball.bad
    return bad


def _log_gamma_beside_one(m: Ball64, a: Ball) -> Ball:
    square = a.upper() * a.upper()
    series = Ball(m, square * m.dtype(0.42), square * m.dtype(0.43) + m._eta)
    return m.where(m.lt(a, Fraction(SMALL)), lambda: series - m.const("euler") * a, lambda: m.lgamma(a + 1))


def _series(m: Ball64, ratio: Ball, spread: Ball) -> Ball:
    """gamma_functions.geometric_series."""
    most = 1 / (1 - ratio)
    least = most - m.square(ratio) * most * m.square(most) / spread
    return m.hull(most, m.max([least, m.num(1)]))


def gamma_parts(m: Ball64, a: Ball, x: Ball) -> tuple[Ball, Ball]:
    """(P(a, x), Q(a, x)) for a > 0, x > 0: left of a + 1 by DLMF 8.11.4, right of it by gamma_functions._tail_of_q; unknown elsewhere."""
    bad = _either(a, x)
    with np.errstate(all="ignore"):
        positive = (a.lower() > 0) & (x.lower() > 0)
        ratio = x / (a + 1)
        log_x = m.log(x)
        exponent = a * log_x - _log_gamma_beside_one(m, a)
        left = positive & (ratio.upper() < 0.999)
        p = m.exp(exponent - x) * _series(m, ratio, a + 1)
        # 1 + r <= series <= 1 + r + r^2 / (1 - r): beside -x its first terms cancel, where the exponent is small
        r = ratio.upper()
        rest = Ball(m, r * r * m.dtype(0.75), r * r * m.dtype(1.26) + m._eta)  # of log(series) - r in [-r^2 / 2, 2 r^2], r < 1/2
        near = exponent - x * a / (a + 1) + rest
        q = narrower(m, 1 - p, where_inside(m, r < 0.5, -m.expm1(near), bad))
        one = np.asarray(a.lower() >= 1)
        right = positive & (x.lower() > a.upper() + 1)
        density = m.exp((a - 1) * log_x - x - m.lgamma(a))
        most = x / (x - a + 1)
        least = m.max([most - (a - 1) / m.square(x) * most * m.square(most), m.num(1)])
        # a < 1: between x / (x + 1 - a), which is `most` then, and 1
        tail = density * m.hull(m.pick(one, least, m.num(1)), most)
        below = right & (one | np.asarray(a.upper() < 1))
        p, q = where_inside(m, left, p, bad), where_inside(m, left, q, bad)
        p, q = narrower(m, p, where_inside(m, below, 1 - tail, bad)), narrower(m, q, where_inside(m, below, tail, bad))
        return narrower(m, p, _central(m, a, a - x, bad)), narrower(m, q, _central(m, a, x - a, bad))


#: The most terms of the series for a derivative.
TERMS = 400


def gamma_by_a(m: Ball64, a: Ball, x: Ball) -> Ball:
    """dP(a, x)/da at exact a > 0, x > 0, where the series takes few terms or the tail is tiny; unknown elsewhere.

    P = L sum c_n with L = x^a e^-x / Gamma(a + 1), c_n = x^n / (a + 1)_n (DLMF 8.11.4), so dP/da = L ((log x - psi(a + 1)) sum c_n - sum c_n h_n),
    h_n = sum of 1/(a + k) for k to n. Right of a, -dP/da = Q (E log(T/x) + log x - psi(a)) over the distribution beyond x, whose mean excess
    is at most 1/(1 - (a - 1)/x) or 1 (its hazard is no less than at x).
    """
    bad = _either(a, x)
    with np.errstate(all="ignore"):
        exact = (a.radius() == 0) & (x.radius() == 0) & (a.mid > 0) & (x.mid > 0)
        total, weighted = _sums(m, a.mid, x.mid)
        log_x = m.log(x)
        leading = m.exp(a * log_x - _log_gamma_beside_one(m, a) - x)
        series = where_inside(m, exact, leading * ((log_x - m.digamma(a + 1)) * total - weighted), bad)
        excess = m.max([x / (x - a + 1), m.num(1)]) / x
        beyond = gamma_parts(m, a, x)[1] * (log_x - m.digamma(a) + m.hull(m.num(0), excess))
        return narrower(m, series, where_inside(m, exact & (x.mid > a.mid + 1), -beyond, bad))


def _sums(m: Ball64, a: Column, x: Column) -> tuple[Ball, Ball]:
    """sum c_n and sum c_n h_n of gamma_by_a; a radius that is not finite where they have not converged. A term is off by 3 n u relatively, all are
    positive; from where the ratio is below 1/2 the rest is at most 2 c_n, and 2 c_n (h_n + 1/(a + n))."""
    term = total = np.ones_like(x)
    harmonic = weighted = np.zeros_like(x)
    rest = np.full_like(x, np.inf)
    count = 0
    for n in range(1, TERMS):
        term = term * (x / (a + n))
        harmonic = harmonic + 1 / (a + n)
        total, weighted, count = total + term, weighted + term * harmonic, n
        rest = np.where(x <= (a + n + 1) / 2, 2 * term, np.inf)
        if n % 16 == 0 and (rest <= total * m.dtype(m.u)).all():
            break
    slack = m.dtype((8 * count + 32) * m.u)
    return (
        Ball(m, total, total * slack + rest * 2 + m._eta),
        Ball(m, weighted, weighted * slack + rest * (harmonic + 1 / (a + count)) * 2 + m._eta),
    )


def _central(m: Ball64, a: Ball, beyond: Ball, bad: Column | None) -> Ball:
    """Q(a, a + beyond) for a huge a: gamma_functions._central_q. P is that of the other sign."""
    normal = m.erfc(beyond / m.sqrt(2 * a)) / 2
    error = m.dtype(float(BERRY_ESSEEN)) * m.dtype(1.001) / m.xp.sqrt(a.lower())
    return where_inside(m, np.asarray(a.lower() > 2.0**40), Ball(m, normal.mid, normal.radius() + error), bad)


def beta_part(m: Ball64, a: Ball, b: Ball, x: Ball) -> Ball:
    """I_x(a, b) for a, b > 0 and 0 < x < 1, by DLMF 8.17.8 or by its complement, whichever is sharper; unknown where neither is."""
    bad = _either(a, b, x)
    with np.errstate(all="ignore"):
        inside = (a.lower() > 0) & (b.lower() > 0) & (x.lower() > 0) & (x.upper() < 1)
        log_x, log_y = m.log(x), m.log1p(-x)
        whole = a * log_x + b * log_y + m.lgamma(a + b)

        def head(a: Ball, b: Ball, x: Ball) -> Ball:
            leading = m.exp(whole - _log_gamma_beside_one(m, a) - m.lgamma(b))
            ratio = x * (a + b) / (a + 1)
            falling = np.asarray(b.lower() >= 1)
            rising = m.hull(1 / (1 - ratio), 1 / (1 - x))
            series = m.pick(falling, _series(m, ratio, a + 1), rising)
            known = inside & (ratio.upper() < 0.999) & (x.upper() < 1) & (falling | np.asarray(b.upper() < 1))
            return where_inside(m, known, leading * series, bad)

        return narrower(m, head(a, b, x), 1 - head(b, a, 1 - x))


def sharper(first: Callable[..., Ball], second: Callable[..., Ball]) -> Callable[..., Ball]:
    """Of two enclosures of a function the narrower one, row by row; the second is asked where the first leaves rows open."""

    def function(m: Ball64, *balls: Ball) -> Ball:
        ball = first(m, *balls)
        return ball if np.isfinite(ball.radius()).all() else narrower(m, ball, second(m, *balls))

    return function
