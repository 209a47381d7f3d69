"""The gamma function and the incomplete gamma functions P(a, x) and Q(a, x); DLMF chapters 5 and 8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import acb, arb, ctx, fmpq
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.complex_bounds import disc_of, gamma_ratio, turned
from ulpfuzz.oracles.arithmetic.enclosing import EVERYDAY, TERMS, better, by_ends, native, within_range
from ulpfuzz.oracles.arithmetic.incomplete_balls import BERRY_ESSEEN, gamma_by_a, gamma_parts, sharper
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.arithmetic.special import Special
from ulpfuzz.oracles.enclosure import Ball

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64


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
    """log Gamma(1 + a), a >= 0: of an a so small that few terms of DLMF 5.7.3 do, by these. Stirling's series, which mpmath takes, needs
    thousands of Bernoulli numbers at the precision that a difference beside 1 + 2^-8000 needs."""
    few = 40
    small = 1 - mp.mag(a) if a else mp.prec  # a < 2^-(small - 1)
    if small * few < 2 * mp.prec:
        return mp.loggamma(a + 1)
    terms = range(2, mp.prec // max(1, small - 1) + 3)
    return -mp.log1p(a) + a * (1 - mp.euler) + mp.fsum((-a) ** k * (mp.zeta(k) - 1) / k for k in terms)


def mp_gammainc_q(mp: MPContext, a: mpf, x: mpf) -> mpf:
    """The continued fraction DLMF 8.9.2, contracted (Lentz's algorithm), far right; elsewhere the complement with the digits that it loses."""
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


def _p_and_q(a: arb, x: arb) -> tuple[arb, arb]:
    """P and Q at a point a > 0, x > 0, each relatively."""
    if x > a:
        q = x.gamma_upper(a, regularized=1)
        if not q.rel_accuracy_bits() > ctx.prec // 3:
            q = better(q, _tail_of_q(a, x))
        if not q.rel_accuracy_bits() > ctx.prec // 3:
            q = better(q, _central_q(a, x))
        return 1 - q, q
    p = _lower(a, x)
    if p is None:
        p = better(1 - x.gamma_upper(a, regularized=1), _head_of_p(a, x))
        if not p.rel_accuracy_bits() > ctx.prec // 3:
            p = better(p, 1 - _central_q(a, x))
    return p, 1 - p


def _central_q(a: arb, x: arb) -> arb:
    """Q(a, x) for a huge a: the gamma distribution is that of a sum of n = floor(a) with a/n in [1, 2), and Q that of the normal one within the
    bound of Berry and Esseen, which is below 2^-30 from 2^63 on."""
    if not a > 2**40:
        return arb.nan()
    error = arb(fmpq(BERRY_ESSEEN.numerator, BERRY_ESSEEN.denominator)) / (a.floor().lower()).sqrt()
    normal = ((x - a) / (2 * a).sqrt()).erfc() / 2
    return (normal + arb(0, error.upper())).intersection(arb(0).union(arb(1)))


def _head_of_p(a: arb, x: arb) -> arb:
    """x^a e^-x / Gamma(a + 1) times the series DLMF 8.11.4, within geometric_series."""
    if not x < a + 1:
        return arb.nan()
    leading = (a * x.log() - x - (a + 1).lgamma()).exp()
    return leading * geometric_series(x / (a + 1), a + 1)


def geometric_series(ratio: arb, spread: arb) -> arb:
    """sum over n of the products of n factors that fall from `ratio` < 1, the k-th no less than ratio / (1 + k / spread).

    At most the geometric series 1 / (1 - ratio), and no less than it less ratio^2 / (spread (1 - ratio)^3), for the product of n factors
    1 / (1 + k / spread) is at least 1 - n (n - 1) / (2 spread)."""
    if not ratio < 1:
        return arb.nan()
    most = 1 / (1 - ratio)
    least = most - ratio**2 * most**3 / spread
    return most.union(least.max(arb(1)))


def _tail_of_q(a: arb, x: arb) -> arb:
    """The density x^(a-1) e^-x / Gamma(a) times int exp((a - 1) log(1 + t/x) - t) dt over (0, inf), for x > a - 1.

    a >= 1: s - s^2/2 <= log(1 + s) <= s, so with c = (a - 1)/x the integral is 1/(1 - c) or less by no more than (a - 1) / (x^2 (1 - c)^3).
    a < 1: the first convergents of DLMF 8.9.2, x / (x + 1 - a) and 1.
    """
    if not (a > 0 and x > 0 and x > a - 1):
        return arb.nan()
    density = ((a - 1) * x.log() - x - a.lgamma()).exp()
    if a < 1:
        return density * arb(1).union(x / (x + 1 - a))
    if not a >= 1:
        return arb.nan()
    most = x / (x - a + 1)
    least = most - (a - 1) / x**2 * most**3
    return density * most.union(least.max(arb(1)))


def _gammainc(a: arb, x: arb, upper: bool) -> arb:
    """Of balls by the ends: P falls in a and grows in x."""
    if x < 0:
        from ulpfuzz.oracles.arithmetic.arb import Undefined

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
            return arb.nan(), arb.nan()  # neither a number nor without one: every limit from 0 to 1 is that of a path
        return (arb(0), arb(1)) if x == 0 else (arb(1), arb(0))
    return _p_and_q(a, x)


def _complex_q(a: acb, x: acb) -> acb:
    """|gamma(a, z)| and |Gamma(a, z)| are at most |z^a| / (Re z)^(Re a) times their values at the real parts: take absolute values in
    z^a int e^(-zt) t^(a-1) dt over (0, 1), and in z^a e^-z int e^(-zt) (1 + t)^(a-1) dt over (0, inf) (DLMF 8.2.1, 8.6.5)."""
    if not (a.real > 0 and x.real > 0 and a.is_finite() and x.is_finite()):
        return acb("nan")
    factor = turned(a, x) * gamma_ratio(a)
    below = _at_point(a.real.lower(), x.real.upper())[0] * factor
    above = _at_point(a.real.upper(), x.real.lower())[1] * factor
    return disc_of(above) if not below.is_finite() or above.upper() < below.upper() else 1 - disc_of(below)


def _by_a(m: Arithmetic[N], a: N, x: N) -> N:
    """dP/da, from P or from Q, whichever is small: differences of a number near 1 would need the digits of the other."""
    return m.where(m.lt(a, x), lambda: -m.partial("gammainc_q", [a, x], (1, 0)), lambda: m.partial("gammainc_p", [a, x], (1, 0)))


def _density(m: Arithmetic[N], a: N, x: N) -> N:
    """dP/dx = x^(a-1) e^-x / Gamma(a); DLMF 8.8.13. The logarithms meet in one exponential, except at 0."""
    return m.where(m.eq0(x), lambda: m.pow(x, a - 1) / m.exp(m.lgamma(a)), lambda: m.exp((a - 1) * m.log(x) - x - m.lgamma(a)))


# -- bounds of scipy's binary64 functions, validated against Arb -----------------------------------------------------------------


_INCOMPLETE = within_range((1e-3, 1e4), (1e-30, 1e4))


def _ball_p(m: Ball64, a: Ball, x: Ball) -> Ball:
    return by_ends(m, "gammainc", (a, x), (-1, 1), lambda a, x: 512 + 32 * (a + x), _INCOMPLETE)


def _ball_q(m: Ball64, a: Ball, x: Ball) -> Ball:
    return by_ends(m, "gammaincc", (a, x), (1, -1), lambda a, x: 512 + 32 * (a + x), _INCOMPLETE)


def _ball_gamma(m: Ball64, x: Ball) -> Ball:
    """It grows on the right of 1.4616; elsewhere at exact arguments only."""
    return by_ends(m, "gamma", (x,), (1,), lambda x: 64, within_range((-160 if x.rad is None else 1.5, 165)))


def _ball_rgamma(m: Ball64, x: Ball) -> Ball:
    return by_ends(m, "rgamma", (x,), (-1,), lambda x: 64, within_range((-160 if x.rad is None else 1.5, 165)))


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
        native=native("gammainc"), ball64=sharper(_ball_p, lambda m, a, x: gamma_parts(m, a, x)[0]), by_first=gamma_by_a,
        slopes=(lambda m, y, a, x: _by_a(m, a, x), lambda m, y, a, x: _density(m, a, x)), domain=(EVERYDAY, EVERYDAY), weight=40.0,
        source="DLMF 8.2.4, 8.8.13",
    ),
    Special(
        "gammainc_q", arb=lambda a, x: _gammainc(a, x, True), mp=mp_gammainc_q, acb=_complex_q,
        native=native("gammaincc"), ball64=sharper(_ball_q, lambda m, a, x: gamma_parts(m, a, x)[1]),
        by_first=lambda m, a, x: -gamma_by_a(m, a, x),
        slopes=(lambda m, y, a, x: -_by_a(m, a, x), lambda m, y, a, x: -_density(m, a, x)),
        domain=(EVERYDAY, EVERYDAY), weight=60.0, source="DLMF 8.2.4, 8.8.13",
    ),
]  # fmt: skip
