"""Gamma, beta and zeta functions; DLMF chapters 5, 8 and 25."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

from flint import acb, arb, ctx
from mpmath import MPContext, mpf

from oracles.arithmetic.enclosing import native
from oracles.arithmetic.protocol import Arithmetic, N
from oracles.arithmetic.special import Special
from oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from oracles.arithmetic.ball64 import Ball64

#: Balls of Arb, real or complex.
R = TypeVar("R", arb, acb)

#: The most terms of a series.
TERMS = 3000
#: Bits up to which FLINT may integrate numerically: whatever the arguments, one call takes 5 ms at 117 bits, 0.35 s at 600, and
#: as the cube of them beyond; C code cannot be interrupted, so no cap but this one stops it.
INTEGRATED = 640


# -- the gamma function itself ----------------------------------------------------------------------------------------------


def mp_gamma(mp: MPContext, x: mpf) -> mpf:
    return mp.gamma(x)


def mp_rgamma(mp: MPContext, x: mpf) -> mpf:
    return mp.rgamma(x)


# -- incomplete gamma functions ---------------------------------------------------------------------------------------------


def mp_gammainc_p(mp: MPContext, a: mpf, x: mpf) -> mpf:
    """DLMF 8.11.4, the complement far right."""
    if a < 0 < x:
        raise NotImplementedError("the analytic continuation by a")
    if not (a >= 0 and x >= 0 and (a > 0 or x > 0)):
        return mp.nan
    if x == 0 or a == 0:
        return mp.mpf(1 if x else 0)
    if x > a + 1 and x >= mp.prec:
        return 1 - mp_gammainc_q(mp, a, x)
    return mp_gammainc_p_series(mp, a, x)


def mp_gammainc_p_series(mp: MPContext, a: mpf, x: mpf) -> mpf:
    few = 8000  # terms; those of n fall as exp(-n^2/(2a) - n (1 - x/a))
    if x > a + few or few / (2 * a) + 1 - x / a < 0.7 * mp.prec / few:
        raise ValueError("the series takes too long")
    term = total = mp.mpf(1)
    n = 0
    while term > total * mp.eps or x > a + n:
        n += 1
        term *= x / (a + n)
        total += term
        if n > 2 * few:
            raise ValueError("the series takes too long")
    return total * mp.exp(a * mp.log(x) - x - _lgamma_beside_one(mp, a))


def _lgamma_beside_one(mp: MPContext, a: mpf) -> mpf:
    """log Gamma(1 + a), a >= 0: of an a so small that few terms of DLMF 5.7.3 do, by these. Stirling's series, which mpmath takes, asks for
    thousands of Bernoulli numbers at the precision that a difference beside 1 + 2^-8000 needs."""
    few = 40
    small = 1 - mp.mag(a) if a else mp.prec  # a < 2^-(small - 1)
    if small * few < 2 * mp.prec:
        return mp.loggamma(a + 1)
    terms = range(2, mp.prec // max(1, small - 1) + 3)
    return -mp.log1p(a) + a * (1 - mp.euler) + mp.fsum((-a) ** k * (mp.zeta(k) - 1) / k for k in terms)


def mp_gammainc_q(mp: MPContext, a: mpf, x: mpf) -> mpf:
    """The continued fraction DLMF 8.9.2, contracted (Lentz's algorithm), far right; elsewhere the complement with the digits that it
    loses."""
    if a < 0 < x:
        raise NotImplementedError("the analytic continuation by a")
    if not (a >= 0 and x >= 0 and (a > 0 or x > 0)):
        return mp.nan
    if x == 0 or a == 0:
        return mp.mpf(0 if x else 1)
    if x <= a + 1 or x < mp.prec:
        with mp.workprec(mp.prec + 2 * int(min(x, mp.prec)) + 32):
            return 1 - mp_gammainc_p_series(mp, a, x)
    b = x + 1 - a
    c, d = mp.inf, 1 / b
    h = d
    for n in range(1, 4000):
        step = n * (a - n)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        h *= d * c
        if abs(d * c - 1) <= mp.eps:
            return h * a * mp.exp(a * mp.log(x) - x - _lgamma_beside_one(mp, a))
    raise ValueError("the continued fraction takes too long")


def _series(a: arb, x: arb) -> arb | None:
    """sum x^n / (a + 1)_n; None where it takes too long. A term's ratio to the next one falls, which bounds the tail."""
    term = total = arb(1)
    if not x < TERMS + a or not TERMS / (2 * a) + 1 - x / a > 0.6 * ctx.prec / TERMS:
        return None
    for n in range(TERMS):
        ratio = x / (a + (n + 1))
        if ratio < 0.75 and term * ratio < total * arb(2) ** -ctx.prec:
            return total + arb(0, (term * ratio / (1 - ratio)).upper())
        term *= ratio
        total += term
    return None


def _lower(a: arb, x: arb) -> arb | None:
    """P(a, x) by DLMF 8.11.4; None where that takes too long."""
    total = _series(a, x)
    return None if total is None else total * (a * x.log() - x - (a + 1).lgamma()).exp()


def _better(x: arb, y: arb) -> arb:
    """Two enclosures of a number: what they have in common, or the narrower one."""
    if not (x.is_finite() and y.is_finite()):
        return y if not x.is_finite() else x
    return x.intersection(y) if x.overlaps(y) else arb.nan()


def _p_and_q(a: arb, x: arb) -> tuple[arb, arb]:
    """P and Q at a point a > 0, x > 0, each relatively."""
    if x > a:
        q = x.gamma_upper(a, regularized=1)
        if not q.rel_accuracy_bits() > ctx.prec // 3:
            q = _better(q, _tail_of_q(a, x))
        return 1 - q, q
    p = _lower(a, x)
    if p is None:
        p = _better(1 - x.gamma_upper(a, regularized=1), _head_of_p(a, x))
    return p, 1 - p


def _head_of_p(a: arb, x: arb) -> arb:
    """x^a e^-x / Gamma(a + 1) times 1 to 1/(1 - x/(a + 1)), the geometric series over the first ratio."""
    if not x < a + 1:
        return arb.nan()
    leading = (a * x.log() - x - (a + 1).lgamma()).exp()
    return leading.union(leading / (1 - x / (a + 1)))


def _tail_of_q(a: arb, x: arb) -> arb:
    """x^(a-1) e^-x / Gamma(a) times 1 to 1/(1 - (a - 1)/x) for a >= 1, x > a - 1; DLMF 8.10.1, 8.10.2 and (the integrand's logarithm is
    concave) the tangent's exponential above it."""
    if not (a >= 1 and x > a - 1):
        return arb.nan()
    leading = ((a - 1) * x.log() - x - a.lgamma()).exp()
    return leading.union(leading / (1 - (a - 1) / x))


def _gammainc(a: arb, x: arb, upper: bool) -> arb:
    """Of balls by the ends: P falls in a and grows in x."""
    if x < 0:
        from oracles.arithmetic.arb import Undefined

        raise Undefined("an incomplete gamma function left of 0")
    if not (a > 0 or a == 0) or not (x > 0 or x == 0) or not (a.is_finite() and x.is_finite()):
        return arb.nan()
    if a.rad() == 0 and x.rad() == 0:
        return _at_point(a, x)[upper]
    first, second = _at_point(a.upper(), x.lower())[upper], _at_point(a.lower(), x.upper())[upper]
    return first.union(second)


def _at_point(a: arb, x: arb) -> tuple[arb, arb]:
    if a == 0 or x == 0:
        if a == x:
            return arb.nan(), arb.nan()  # neither a number nor without one: every limit from 0 to 1 is that of some path
        return (arb(0), arb(1)) if x == 0 else (arb(1), arb(0))
    return _p_and_q(a, x)


def _within(bound: arb) -> acb:
    """The disc about 0."""
    return acb(arb(0, bound.upper()), arb(0, bound.upper()))


def _gamma_ratio(a: acb) -> arb:
    """A bound of Gamma(Re a) / |Gamma(a)|: cosh(pi Im a)^(1/2) for Re a >= 1/2 (DLMF 5.6.7), one step to the right of it elsewhere."""
    bound = (arb.pi() * abs(a.imag).upper()).cosh().sqrt()
    return bound if a.real >= 0.5 else bound * (1 + (abs(a.imag).upper() / a.real.lower()) ** 2).sqrt()


def _turned(a: acb, z: acb) -> arb:
    """A bound of |z^a| / (Re z)^(Re a): sec(theta)^(Re a) exp(|Im a| theta) for theta = |arg z|."""
    tangent = abs(z.imag).upper() / z.real.lower()
    return (1 + tangent**2) ** (a.real.upper() / 2) * (abs(a.imag).upper() * tangent.atan()).exp()


def _complex_q(a: acb, x: acb) -> acb:
    """|gamma(a, z)| and |Gamma(a, z)| are at most |z^a| / (Re z)^(Re a) times their values at the real parts: take absolute values in
    z^a int e^(-zt) t^(a-1) dt over (0, 1), and in z^a e^-z int e^(-zt) (1 + t)^(a-1) dt over (0, inf) (DLMF 8.2.1, 8.6.5)."""
    if not (a.real > 0 and x.real > 0 and a.is_finite() and x.is_finite()):
        return acb("nan")
    factor = _turned(a, x) * _gamma_ratio(a)
    below = _at_point(a.real.lower(), x.real.upper())[0] * factor
    above = _at_point(a.real.upper(), x.real.lower())[1] * factor
    return _within(above) if not below.is_finite() or above.upper() < below.upper() else 1 - _within(below)


def _by_a(m: Arithmetic[N], a: N, x: N) -> N:
    """dP/da, from P or from Q, whichever is small: differences of a number near 1 would need the digits of the other."""
    return m.where(m.lt(a, x), lambda: -m.partial("gammainc_q", [a, x], (1, 0)), lambda: m.partial("gammainc_p", [a, x], (1, 0)))


def _density(m: Arithmetic[N], a: N, x: N) -> N:
    """dP/dx = x^(a-1) e^-x / Gamma(a); DLMF 8.8.13. The logarithms meet in one exponential, except at 0."""
    return m.where(m.eq0(x), lambda: m.pow(x, a - 1) / m.exp(m.lgamma(a)), lambda: m.exp((a - 1) * m.log(x) - x - m.lgamma(a)))


# -- the incomplete beta function -------------------------------------------------------------------------------------------


def mp_betainc(mp: MPContext, a: mpf, b: mpf, x: mpf) -> mpf:
    """DLMF 8.17.8 on the side of the mean where its terms fall, the complement (8.17.4) on the other."""
    if (a < 0 or b < 0) and 0 < x < 1:
        raise NotImplementedError("the analytic continuation by a and b")
    if not (a >= 0 and b >= 0 and 0 <= x <= 1):
        return mp.nan
    if a == 0 or b == 0:
        return mp.mpf(1) if b > 0 and x > 0 else mp.mpf(0) if a > 0 and x < 1 else mp.nan
    if x == 0 or x == 1:
        return x
    if x * (a + b + 2) > a + 1:
        return 1 - mp_betainc_series(mp, b, a, 1 - x, x)
    return mp_betainc_series(mp, a, b, x, 1 - x)


def mp_betainc_series(mp: MPContext, a: mpf, b: mpf, x: mpf, y: mpf) -> mpf:
    """y = 1 - x, exactly."""
    leading = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b))
    lost = -mp.mag(leading)  # the terms are positive: the value is no less
    if 4 * x > 3 and lost < 4 * mp.prec:
        with mp.workprec(mp.prec + max(0, int(lost)) + 32):
            return 1 - mp_betainc_series(mp, b, a, y, x)
    term = total = mp.mpf(1)
    n = 0
    while True:
        ratio = x * max(1, (a + b + n) / (a + 1 + n))
        if ratio < 1 and term * ratio <= total * mp.eps * (1 - ratio):
            return total * leading
        term *= x * (a + b + n) / (a + 1 + n)
        total += term
        n += 1
        if n > TERMS + 8 * mp.prec:
            raise mp.NoConvergence  # mpmath's own series takes as many


def _beta_series(a: arb, b: arb, x: arb) -> arb:
    """I_x(a, b) by DLMF 8.17.8 (near 1 by its complement); nan where that takes too long. What the ratio of terms is bounded by falls."""
    leading = (a * x.log() + b * (1 - x).log() + (a + b).lgamma() - (a + 1).lgamma() - b.lgamma()).exp()
    lost = -leading.log() * 1.45 + 32
    if 4 * x > 3 and lost < 4 * ctx.prec:
        with ctx.workprec(ctx.prec + max(0, int(float(lost.mid())))):
            return 1 - _beta_series(b, a, 1 - x)
    term = total = arb(1)
    excess = abs(b - 1)
    for n in range(TERMS):
        ratio = x * (1 + excess / (a + (n + 1)))
        if ratio < 0.99 and term * ratio < total * (1 - ratio) * arb(2) ** -ctx.prec:
            total += arb(0, (term * ratio / (1 - ratio)).upper())
            return total * leading
        term *= x * (a + b + n) / (a + (n + 1))
        total += term
    return arb.nan()


def _beta_point(a: arb, b: arb, x: arb) -> arb:
    if a == 0 or b == 0:
        if b > 0 and x > 0:
            return arb(1)
        return arb(0) if a > 0 and x < 1 else arb.nan()
    if x == 0 or x == 1:
        return x
    complement = x * (a + b + 2) > a + 1
    mine = 1 - _beta_series(b, a, 1 - x) if complement else _beta_series(a, b, x)
    if complement and mine.is_finite() and mine.rel_accuracy_bits() <= ctx.prec // 2:  # of a tiny b little is left of 1
        with ctx.workprec(2 * ctx.prec + 1200):
            mine = 1 - _beta_series(b, a, 1 - x)
    if mine.is_finite() and mine.rel_accuracy_bits() > ctx.prec // 2:
        return mine
    # elsewhere FLINT's hypergeometric series take minutes
    gentle = ctx.prec <= INTEGRATED and all(arb(2) ** -200 < v < arb(2) ** 60 for v in (a, b))
    return _better(mine, x.beta_lower(a, b, regularized=1)) if gentle else mine


def _betainc(a: arb, b: arb, x: arb) -> arb:
    """Of balls by the ends: I falls in a and grows in b and x."""
    if x < 0 or x > 1:
        from oracles.arithmetic.arb import Undefined

        raise Undefined("an incomplete beta function outside its domain")
    inside = (a > 0 or a == 0) and (b > 0 or b == 0) and x >= 0 and x <= 1
    if not inside or not (a.is_finite() and b.is_finite()):
        return arb.nan()
    if a.rad() == 0 and b.rad() == 0 and x.rad() == 0:
        return _beta_point(a, b, x)
    return _beta_point(a.upper(), b.lower(), x.lower()).union(_beta_point(a.lower(), b.upper(), x.upper()))


def _complex_beta(a: acb, b: acb, x: acb) -> acb:
    """As _complex_q: |1 - zs| is at most sec(arg(1 - z)) (1 - s Re z) in z^a int s^(a-1) (1 - zs)^(b-1) ds over (0, 1), and no less than
    1 - s Re z; |Gamma(a + b)| <= Gamma(Re a + Re b) (DLMF 5.6.6)."""
    inside = a.real > 0 and b.real > 0 and x.real > 0 and x.real < 1
    if not (inside and a.is_finite() and b.is_finite()):
        return acb("nan")
    gammas = _gamma_ratio(a) * _gamma_ratio(b)

    def bound(a: acb, b: acb, x: acb) -> arb:
        exponent = acb((b.real.upper() - 1).max(arb(0)), b.imag)
        largest = _beta_point(a.real.lower(), b.real.upper(), x.real.upper())
        return largest * _turned(a, x) * _turned(exponent, 1 - x) * gammas

    below, above = bound(a, b, x), bound(b, a, 1 - x)
    return 1 - _within(above) if not below.is_finite() or above.upper() < below.upper() else _within(below)


def _beta_density(m: Arithmetic[N], a: N, b: N, x: N) -> N:
    """x^(a-1) (1-x)^(b-1) / B(a, b)."""
    logarithm = m.lgamma(a + b) - m.lgamma(a) - m.lgamma(b)
    edge = m.eq0(x * (1 - x))
    return m.where(
        edge,
        lambda: m.pow(x, a - 1) * m.pow(1 - x, b - 1) * m.exp(logarithm),
        lambda: m.exp((a - 1) * m.log(x) + (b - 1) * m.log(1 - x) + logarithm),
    )


# -- the Hurwitz zeta function ----------------------------------------------------------------------------------------------


def mp_zeta(mp: MPContext, s: mpf, q: mpf) -> mpf:
    """sum (k + q)^-s; on the left of 0 for integer s only, where the terms are real. The first terms are taken off: they may be all there
    is to see."""
    if s < 1:
        raise NotImplementedError("the analytic continuation by s")
    if not s > 1:
        return mp.inf if s == 1 and q > 0 else mp.nan
    if q <= 0 and mp.isint(q):
        return mp.inf if q == 0 or (mp.isint(s) and s % 2 == 0) else mp.nan
    if q < 0 and not (mp.isint(s) and q > -1000):
        return mp.nan
    first = mp.mpf(0)
    while q < 1:
        first += mp.power(q, -s)
        q += 1
    if s > 200:  # the terms fall fast beside what the integral leaves of them
        for k in range(20000):
            term = mp.power(q + k, -s)
            first += term
            if term * (1 + (q + k) / (s - 1)) <= first * mp.eps:
                return first
        raise ValueError("the sum takes too long")
    return first + mp.zeta(s, q)


def _zeta(s: arb, q: arb) -> arb:
    if not s > 1 or not q.is_finite() or not s.is_finite():
        return arb.nan()
    if q > 0:
        if q >= 1:
            return _zeta_right(s, q)
        return q ** (-s) + _zeta_right(s, q + 1)
    if not q > -1000 or not (s.is_integer() and s.rad() == 0):
        return arb.nan()
    total = arb(0)
    while not q >= 1:
        total += q ** (-s)
        q += 1
    return total + _zeta_right(s, q)


def _zeta_right(s: arb, q: arb) -> arb:
    """q >= 1: every term falls in both arguments, so that the ends of balls enclose."""
    if s.rad() == 0 and q.rad() == 0:
        return _zeta_point(s, q)
    return _zeta_point(s.lower(), q.lower()).union(_zeta_point(s.upper(), q.upper()))


def _zeta_point(s: arb, q: arb) -> arb:
    if s < 1e6:
        found: arb = s.zeta(q)
        if found.is_finite() and found.rel_accuracy_bits() > 20:
            return found
    total = arb(0)  # the rest lies between its first term and that with the integral
    for k in range(64):
        term = (q + k) ** (-s)
        if k == 63 or term * (1 + (q + k) / (s - 1)) < total * arb(2) ** -ctx.prec:
            return total + term.union(term * (1 + (q + k) / (s - 1)))
        total += term
    return total


def _complex_zeta(s: acb, q: acb) -> acb:
    """|(q + k)^-s| <= (Re q + k)^(-Re s) exp(|Im s| arg q)."""
    if not (s.real > 1 and q.real > 0 and s.is_finite() and q.is_finite()):
        return acb("nan")
    turned = (abs(s.imag).upper() * (abs(q.imag).upper() / q.real.lower()).atan()).exp()
    return q ** (-s) + _within(_zeta_point(s.real.lower(), (q.real + 1).lower()) * turned)


# -- hypergeometric functions -----------------------------------------------------------------------------------------------


def mp_hyp1f1(mp: MPContext, a: mpf, b: mpf, x: mpf) -> mpf:
    if max(abs(a), abs(b), abs(x)) > 10000:
        raise ValueError("the series takes too long")
    return mp.hyp1f1(a, b, x)


def mp_hyp2f1(mp: MPContext, a: mpf, b: mpf, c: mpf, x: mpf) -> mpf:
    if max(abs(a), abs(b), abs(c)) > 10000 or abs(x) > 1:
        raise ValueError("the series takes too long")
    return mp.hyp2f1(a, b, c, x)


def _small(*numbers: arb | acb) -> bool:
    """Whether Arb's hypergeometric series are quick."""
    return all(abs(v).upper() < 20000 for v in numbers)


def _hyp1f1(a: R, b: R, x: R) -> R:
    return x.hypgeom_1f1(a, b) if _small(a, b, x) else type(x)("nan")


def _hyp2f1(a: R, b: R, c: R, x: R) -> R:
    return x.hypgeom_2f1(a, b, c) if _small(a, b, c) and abs(x).upper() <= 1 else type(x)("nan")


def _pole(m: Arithmetic[N], s: N, q: N) -> N:
    return -s * m.zeta(s + 1, q)


# -- bounds of scipy's binary64 functions, validated against Arb -----------------------------------------------------------------


#: Arguments in place of those where scipy is not called, because there some of its functions end the process.
SAFE = (2.0, 2.0, 0.5)


def _by_ends(
    m: Ball64,
    name: str,
    balls: Sequence[Ball],
    directions: Sequence[int],
    slack: Callable[..., Column | float],
    valid: Callable[..., Column],
) -> Ball:
    """A function that is monotone in each argument (1 grows, -1 falls) by scipy at the ends of the balls; |error| <= slack u |value| where
    `valid` holds (of the columns at both ends) and the value is well within the range, unknown elsewhere."""
    import numpy as np

    if m.dtype is not np.float64:  # scipy has no long double
        return m.unknown(*balls)
    bad = None
    for ball in balls:
        bad = ball.bad if bad is None else bad if ball.bad is None else bad | ball.bad
    lows = list(np.broadcast_arrays(*(b.lower() if d > 0 else b.upper() for b, d in zip(balls, directions, strict=True))))
    highs = list(np.broadcast_arrays(*(b.upper() if d > 0 else b.lower() for b, d in zip(balls, directions, strict=True))))
    known = valid(*lows) & valid(*highs)
    lows, highs = ([np.where(known, column, safe) for column, safe in zip(ends, SAFE, strict=False)] for ends in (lows, highs))
    function = native(name)
    left = function(*lows)
    exact = all(b.rad is None for b in balls)
    right = left if exact else function(*highs)
    ball = m.interval(np.minimum(left, right), np.maximum(left, right), bad)
    error = np.maximum(slack(*lows), slack(*highs)) * m.u * 2
    size = np.maximum(np.abs(left), np.abs(right))
    sure = known & (np.minimum(np.abs(left), np.abs(right)) > 1e-280) & (size < 1e280)
    ball.rad = np.where(sure, ball.radius() + size * error, np.inf)
    return ball


def _within_range(*ranges: tuple[float, float]) -> Callable[..., Column]:
    def valid(*columns: Column) -> Column:
        return reduce(
            operator.and_, ((column >= low) & (column <= high) for column, (low, high) in zip(columns, ranges, strict=True))
        )

    return valid


_INCOMPLETE = _within_range((1e-3, 1e4), (1e-30, 1e4))


def _ball_p(m: Ball64, a: Ball, x: Ball) -> Ball:
    return _by_ends(m, "gammainc", (a, x), (-1, 1), lambda a, x: 512 + 32 * (a + x), _INCOMPLETE)


def _ball_q(m: Ball64, a: Ball, x: Ball) -> Ball:
    return _by_ends(m, "gammaincc", (a, x), (1, -1), lambda a, x: 512 + 32 * (a + x), _INCOMPLETE)


def _ball_beta(m: Ball64, a: Ball, b: Ball, x: Ball) -> Ball:
    inside = _within_range((1e-3, 2e3), (1e-3, 2e3), (1e-30, 1))

    def valid(a: Column, b: Column, x: Column) -> Column:
        """Not at a = b = 1/2, where Boost takes the arcsine of sqrt(x): wrong by 3e-9 beside 1."""
        usual: Column = inside(a, b, x) & ((a != 0.5) | (b != 0.5))
        return usual

    return _by_ends(m, "betainc", (a, b, x), (-1, 1, 1), lambda a, b, x: 256 + 64 * (a + b), valid)


def _ball_zeta(m: Ball64, s: Ball, q: Ball) -> Ball:
    """q >= 1, where every term falls in both arguments; the first term on its own at exact arguments left of it."""
    valid = _within_range((1 + 1e-12, 100), (1e-6 if s.rad is None and q.rad is None else 1, 1e6))
    return _by_ends(m, "zeta", (s, q), (-1, -1), lambda s, q: 256, valid)


def _ball_gamma(m: Ball64, x: Ball) -> Ball:
    """It grows on the right of 1.4616; elsewhere at exact arguments only."""
    return _by_ends(m, "gamma", (x,), (1,), lambda x: 64, _within_range((-160 if x.rad is None else 1.5, 165)))


def _ball_rgamma(m: Ball64, x: Ball) -> Ball:
    return _by_ends(m, "rgamma", (x,), (-1,), lambda x: 64, _within_range((-160 if x.rad is None else 1.5, 165)))


_EVERYDAY = (1e-3, 60.0)

FUNCTIONS = [
    Special(
        "gamma", arb=lambda x: x.gamma(), mp=mp_gamma, acb=lambda x: x.gamma(), native=native("gamma"), ball64=_ball_gamma,
        slopes=(lambda m, y, x: y * m.digamma(x),), domain=((-20.0, 40.0),), weight=7.0, source="DLMF 5.2.1, 5.2.2",
    ),
    Special(
        "rgamma", arb=lambda x: x.rgamma(), mp=mp_rgamma, acb=lambda x: x.rgamma(), native=native("rgamma"), ball64=_ball_rgamma,
        slopes=(lambda m, y, x: -y * m.digamma(x),), domain=((-20.0, 40.0),), weight=6.0, source="DLMF 5.2.1, 5.2.2",
    ),
    Special(
        "gammainc_p", arb=lambda a, x: _gammainc(a, x, False), mp=mp_gammainc_p, acb=lambda a, x: 1 - _complex_q(a, x),
        native=native("gammainc"), ball64=_ball_p,
        slopes=(lambda m, y, a, x: _by_a(m, a, x), lambda m, y, a, x: _density(m, a, x)), domain=(_EVERYDAY, _EVERYDAY), weight=110.0,
        source="DLMF 8.2.4, 8.8.13",
    ),
    Special(
        "gammainc_q", arb=lambda a, x: _gammainc(a, x, True), mp=mp_gammainc_q, acb=_complex_q,
        native=native("gammaincc"), ball64=_ball_q, slopes=(lambda m, y, a, x: -_by_a(m, a, x), lambda m, y, a, x: -_density(m, a, x)),
        domain=(_EVERYDAY, _EVERYDAY), weight=200.0, source="DLMF 8.2.4, 8.8.13",
    ),
    Special(
        "betainc_i", arb=_betainc, mp=mp_betainc, acb=_complex_beta, native=native("betainc"), ball64=_ball_beta,
        slopes=(None, None, lambda m, y, a, b, x: _beta_density(m, a, b, x)), domain=(_EVERYDAY, _EVERYDAY, (0.001, 0.999)),
        weight=350.0, source="DLMF 8.17.2, 8.17.7",
    ),
    Special(
        "zeta", arb=_zeta, mp=mp_zeta, acb=_complex_zeta, native=native("zeta"), ball64=_ball_zeta, slopes=(None, lambda m, y, s, q: _pole(m, s, q)),
        domain=((1.01, 50.0), (0.01, 60.0)), weight=170.0, source="DLMF 25.11.1, 25.11.17",
    ),
    Special(
        "hyp1f1", arb=_hyp1f1, mp=mp_hyp1f1, acb=_hyp1f1,
        slopes=(None, None, lambda m, y, a, b, x: a / b * m.hyp1f1(a + 1, b + 1, x)),
        domain=((0.5, 20.0), (0.5, 20.0), (-20.0, 20.0)), weight=45.0, source="DLMF 13.2.2, 13.3.15",
    ),
    Special(
        "hyp2f1", arb=_hyp2f1, mp=mp_hyp2f1, acb=_hyp2f1,

        slopes=(None, None, None, lambda m, y, a, b, c, x: a * b / c * m.hyp2f1(a + 1, b + 1, c + 1, x)),
        domain=((0.5, 8.0), (0.5, 8.0), (0.5, 8.0), (-0.9, 0.9)), weight=75.0, source="DLMF 15.2.1, 15.5.1",
    ),
]  # fmt: skip
