"""The Hurwitz zeta function sum (k + q)^-s; DLMF 25.11."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import acb, arb, ctx
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.complex_bounds import disc_of
from ulpfuzz.oracles.arithmetic.enclosing import by_ends, native, within_range
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.arithmetic.special import Special
from ulpfuzz.oracles.enclosure import Ball

if TYPE_CHECKING:
    from ulpfuzz.oracles.arithmetic.ball64 import Ball64


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
        enclosure: arb = s.zeta(q)
        if enclosure.is_finite() and enclosure.rel_accuracy_bits() > 20:
            return enclosure
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
    return q ** (-s) + disc_of(_zeta_point(s.real.lower(), (q.real + 1).lower()) * turned)


def _pole(m: Arithmetic[N], s: N, q: N) -> N:
    return -s * m.zeta(s + 1, q)


def _ball_zeta(m: Ball64, s: Ball, q: Ball) -> Ball:
    """q >= 1, where every term falls in both arguments; the first term on its own at exact arguments left of it."""
    valid = within_range((1 + 1e-12, 100), (1e-6 if s.rad is None and q.rad is None else 1, 1e6))
    return by_ends(m, "zeta", (s, q), (-1, -1), lambda s, q: 256, valid)


FUNCTIONS = [
    Special(
        "zeta", arb=_zeta, mp=mp_zeta, acb=_complex_zeta, native=native("zeta"), ball64=_ball_zeta, slopes=(None, lambda m, y, s, q: _pole(m, s, q)),
        domain=((1.01, 50.0), (0.01, 60.0)), weight=60.0, source="DLMF 25.11.1, 25.11.17",
    ),
]  # fmt: skip
