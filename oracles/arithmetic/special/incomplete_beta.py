"""The incomplete beta function I_x(a, b); DLMF 8.17."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import acb, arb, ctx
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.complex_bounds import disc_of, gamma_ratio, turned
from ulpfuzz.oracles.arithmetic.enclosing import EVERYDAY, TERMS, better, by_ends, native, within_range
from ulpfuzz.oracles.arithmetic.incomplete_balls import beta_part, sharper
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.arithmetic.special import Special
from ulpfuzz.oracles.arithmetic.special.gamma_functions import geometric_series
from ulpfuzz.oracles.enclosure import Ball, Column

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64

#: Bits up to which FLINT may integrate numerically: whatever the arguments, one call takes 5 ms at 117 bits, 0.35 s at 600, and
#: as the cube of them beyond; C code cannot be interrupted, so no cap but this one stops it.
INTEGRATED = 640


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


def _beta_head(a: arb, b: arb, x: arb) -> arb:
    """I_x(a, b) by DLMF 8.17.8 within the geometric series of its ratios x (a + b + n) / (a + 1 + n), which fall to x where b > 1, else
    rise to it."""
    leading = (a * x.log() + b * (1 - x).log() + (a + b).lgamma() - (a + 1).lgamma() - b.lgamma()).exp()
    ratio = x * (a + b) / (a + 1)
    if b >= 1:
        return leading * geometric_series(ratio, a + 1)
    return leading * (1 / (1 - x)).union(1 / (1 - ratio)) if b < 1 else arb.nan()


def _beta_point(a: arb, b: arb, x: arb) -> arb:
    if a == 0 or b == 0:
        if b > 0 and x > 0:
            return arb(1)
        return arb(0) if a > 0 and x < 1 else arb.nan()
    if x == 0 or x == 1:
        return x
    complement = x * (a + b + 2) > a + 1
    head = 1 - _beta_head(b, a, 1 - x) if complement else _beta_head(a, b, x)
    if head.is_finite() and head.rel_accuracy_bits() > ctx.prec // 2:
        return head
    enclosure = 1 - _beta_series(b, a, 1 - x) if complement else _beta_series(a, b, x)
    if complement and enclosure.is_finite() and enclosure.rel_accuracy_bits() <= ctx.prec // 2:  # of a tiny b little is left of 1
        with ctx.workprec(2 * ctx.prec + 1200):
            enclosure = 1 - _beta_series(b, a, 1 - x)
    if enclosure.is_finite() and enclosure.rel_accuracy_bits() > ctx.prec // 2:
        return enclosure
    # elsewhere FLINT's hypergeometric series take minutes
    enclosure = better(enclosure, head)
    gentle = ctx.prec <= INTEGRATED and all(arb(2) ** -200 < v < arb(2) ** 60 for v in (a, b))
    return better(enclosure, x.beta_lower(a, b, regularized=1)) if gentle else enclosure


def _betainc(a: arb, b: arb, x: arb) -> arb:
    """Of balls by the ends: I falls in a and grows in b and x."""
    if x < 0 or x > 1:
        from ulpfuzz.oracles.arithmetic.arb import Undefined

        raise Undefined("an incomplete beta function outside its domain")
    inside = (a > 0 or a == 0) and (b > 0 or b == 0) and x >= 0 and x <= 1
    if not inside or not (a.is_finite() and b.is_finite()):
        return arb.nan()
    if a.rad() == 0 and b.rad() == 0 and x.rad() == 0:
        return _beta_point(a, b, x)
    return _beta_point(a.upper(), b.lower(), x.lower()).union(_beta_point(a.lower(), b.upper(), x.upper()))


def _complex_beta(a: acb, b: acb, x: acb) -> acb:
    """As gamma_functions._complex_q: |1 - zs| is at most sec(arg(1 - z)) (1 - s Re z) in z^a int s^(a-1) (1 - zs)^(b-1) ds over (0, 1), and
    no less than 1 - s Re z; |Gamma(a + b)| <= Gamma(Re a + Re b) (DLMF 5.6.6)."""
    inside = a.real > 0 and b.real > 0 and x.real > 0 and x.real < 1
    if not (inside and a.is_finite() and b.is_finite()):
        return acb("nan")
    gammas = gamma_ratio(a) * gamma_ratio(b)

    def bound(a: acb, b: acb, x: acb) -> arb:
        exponent = acb((b.real.upper() - 1).max(arb(0)), b.imag)
        largest = _beta_point(a.real.lower(), b.real.upper(), x.real.upper())
        return largest * turned(a, x) * turned(exponent, 1 - x) * gammas

    below, above = bound(a, b, x), bound(b, a, 1 - x)
    return 1 - disc_of(above) if not below.is_finite() or above.upper() < below.upper() else disc_of(below)


def _beta_density(m: Arithmetic[N], a: N, b: N, x: N) -> N:
    """x^(a-1) (1-x)^(b-1) / B(a, b)."""
    logarithm = m.lgamma(a + b) - m.lgamma(a) - m.lgamma(b)
    edge = m.eq0(x * (1 - x))
    return m.where(
        edge,
        lambda: m.pow(x, a - 1) * m.pow(1 - x, b - 1) * m.exp(logarithm),
        lambda: m.exp((a - 1) * m.log(x) + (b - 1) * m.log(1 - x) + logarithm),
    )


def _ball_beta(m: Ball64, a: Ball, b: Ball, x: Ball) -> Ball:
    inside = within_range((1e-3, 2e3), (1e-3, 2e3), (1e-30, 1))

    def valid(a: Column, b: Column, x: Column) -> Column:
        """Not at a = b = 1/2, where Boost takes the arcsine of sqrt(x): wrong by 3e-9 beside 1."""
        usual: Column = inside(a, b, x) & ((a != 0.5) | (b != 0.5))
        return usual

    return by_ends(m, "betainc", (a, b, x), (-1, 1, 1), lambda a, b, x: 256 + 64 * (a + b), valid)


FUNCTIONS = [
    Special(
        "betainc_i", arb=_betainc, mp=mp_betainc, acb=_complex_beta, native=native("betainc"),
        ball64=sharper(_ball_beta, beta_part),
        slopes=(None, None, lambda m, y, a, b, x: _beta_density(m, a, b, x)), domain=(EVERYDAY, EVERYDAY, (0.001, 0.999)),
        weight=200.0, source="DLMF 8.17.2, 8.17.7",
    ),
]  # fmt: skip
