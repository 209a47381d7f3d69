"""Log: sign and logarithm of the magnitude with an absolute bound on the logarithm, and the operations on it.

The logarithm is an unevaluated pair hi + lo, so that log(2 exp(1e38)) = 1e38 + ln 2 keeps its low part. Elementary functions
charge the bounds of ball64.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.enclosure import Ball, Column

U = 2.0**-53
GROW = 1 + 32 * U
LIBM = Ball64.libm * U
ETA = 4 * 5e-324
#: Logarithms of the largest finite binary64 (rounded up) and of the least positive one (rounded down).
LOG_MAX, LOG_MIN = 709.7827128933842, -744.4400719213813


class Log(NamedTuple):
    """sign * exp(hi + lo), the logarithm known within rad; sign 0 (hi -inf, rad 0): an exact zero; rad not finite: unknown."""

    sign: Column
    hi: Column
    lo: Column
    rad: Column

    def known(self) -> Column:
        return self.rad < np.inf


def zero() -> Log:
    return Log(np.asarray(0.0), np.asarray(-np.inf), np.asarray(0.0), np.asarray(0.0))


def one() -> Log:
    return Log(np.asarray(1.0), np.asarray(0.0), np.asarray(0.0), np.asarray(0.0))


def signed(log: Log, sign: int) -> Log:
    return log._replace(sign=log.sign * sign)


def reach(log: Log) -> Column:
    """How far the logarithm may be from hi, rounded up."""
    distance: Column = (log.rad + np.abs(log.lo)) * GROW + np.abs(log.hi) * (2 * U)
    return distance


def plus_pair(
    hi: Column, lo: Column | float, rad: Column | float, hi2: Column | float, lo2: Column | float, rad2: Column | float
) -> tuple[Column, Column, Column]:
    """The sum of two pairs as a pair (TwoSum twice, Knuth): lost are only roundings of the low parts."""
    total = hi + hi2
    virtual = total - hi
    error = (hi - (total - virtual)) + (hi2 - virtual)
    low = (lo + lo2) + error
    lost = (np.abs(lo) + np.abs(lo2) + np.abs(error)) * (3 * U)
    top = total + low
    virtual = top - total
    low = (total - (top - virtual)) + (low - virtual)
    return top, low, (rad + rad2 + lost) * GROW


def squared(x: Column) -> tuple[Column, Column]:
    """x^2 as a pair, exactly, for 1 < |x| < 1e150 (Dekker's product)."""
    split = x * 134217729.0
    top = split - (split - x)
    rest = x - top
    square = x * x
    return square, ((top * top - square) + 2 * top * rest) + rest * rest


def product(a: Log, b: Log) -> Log:
    """The logarithm of a product; exactly zero where a factor is and the other is known."""
    hi, lo, rad = plus_pair(a.hi, a.lo, a.rad, b.hi, b.lo, b.rad)
    result = Log(a.sign * b.sign, hi, lo, rad)
    dead = (result.sign == 0) & a.known() & b.known()
    return pick(dead, zero(), result) if dead.any() else result


def pick(rows: Column, a: Log, b: Log) -> Log:
    return Log(*(np.where(rows, p, q) for p, q in zip(a, b, strict=True)))


def relative(rad: Column, size: Column) -> Column:
    """log(1 + t) for |t| <= rad / size, rounded up; inf where that may reach 1."""
    room = (size - rad) * (1 - 4 * U)
    return np.where(room > 0, rad / np.where(room > 0, room, 1.0) * GROW, np.inf)


def log_of_ball(ball: Ball) -> Log:
    """Sign and logarithm of a Ball; unknown where it may be zero without being exactly so."""
    size = np.abs(ball.mid)
    hi = np.log(size)
    rad = np.abs(hi) * LIBM + (0.0 if ball.rad is None else relative(ball.rad, size))
    vanishes = (ball.mid == 0) & (ball.rad is None or ball.rad == 0)
    rad = np.where(vanishes, 0.0, np.where(size > 0, rad, np.inf))
    return Log(np.sign(ball.mid), hi, np.zeros_like(hi), np.where(np.isnan(ball.mid), np.inf, rad))


def exponential(hi: Column, lo: Column, rad: Column) -> tuple[Column, Column]:
    """exp(hi + lo +- rad) with its error: exp(rad) - 1 <= rad (1 + rad) for rad <= 1; beyond only underflow is claimed."""
    size = np.exp(hi)
    under = hi + (np.abs(lo) + rad) * GROW < LOG_MIN
    lo = np.clip(lo, -1, 1)  # a longer one stands beside a hi whose exponential is 0 or inf anyway
    growth = np.where(rad <= 1, rad * (1 + rad), np.inf)
    return size + size * lo, np.where(under, ETA, (size * (2 * LIBM + lo * lo + growth) + ETA) * GROW)


def ball_of_log(plain: Ball64, log: Log) -> Ball:
    """The Ball of sign * exp(hi + lo); not finite where that overflows."""
    mid, rad = exponential(log.hi, log.lo, log.rad)
    known = log.known()
    rad = np.where(known & (log.sign == 0), 0.0, np.where(known, rad, np.inf))
    return Ball(plain, np.where(known, mid * log.sign, np.nan), rad)


def log_of_sum(logs: Sequence[Log]) -> Log:
    """log |sum| = log |largest| + log1p(sum of the ratios of the others to it)."""
    top, which = logs[0], np.zeros(np.shape(logs[0].hi), np.int64)
    for i, log in enumerate(logs[1:], 1):
        larger = (log.hi > top.hi) | ((log.hi == top.hi) & (log.lo > top.lo))  # beside 1e24 the low part may be 1e7
        top, which = pick(larger, log, top), np.where(larger, i, which)
    rest: Column = np.zeros_like(top.hi)
    weight, error = rest, rest
    for i, log in enumerate(logs):
        hi, lo, rad = plus_pair(log.hi, log.lo, log.rad, -top.hi, -top.lo, top.rad)
        ratio, wrong = exponential(np.minimum(hi, 1.0), lo, np.where(hi <= 1.0, rad, np.inf))
        counts = (which != i) & ~((log.sign == 0) & (log.rad == 0))
        ratio = np.where(counts, ratio, 0.0)
        rest = rest + ratio * log.sign * top.sign
        weight = weight + ratio
        error = error + np.where(counts, wrong, 0.0)
    total = 1 + rest
    error = (error + weight * (len(logs) * U)) * (1 + (len(logs) + 16) * U)
    gentle = rest > -0.5
    shift = np.where(gentle, np.log1p(np.where(gentle, rest, 0.0)), np.log(np.abs(total)))
    slack = relative(np.where(gentle, error, error + 2 * U), np.abs(total) * (1 - 2 * U)) + np.abs(shift) * LIBM
    hi, lo, rad = plus_pair(top.hi, top.lo, top.rad, shift, 0.0, slack + ETA * (rest != 0))
    summed = Log(np.where(total > 0, top.sign, -top.sign), hi, lo, rad)
    unknown = reduce(np.logical_or, (~log.known() for log in logs))
    summed = pick(top.sign == 0, zero(), summed)
    return summed._replace(rad=np.where(unknown, np.inf, summed.rad))


def hull_of_sum(logs: Sequence[Log]) -> Log:
    """log |sum| of n known terms of one sign, however wide they are: between the largest of their least values and log n above the largest of
    their greatest. Unknown of terms of both signs."""
    low = reduce(np.maximum, (log.hi - reach(log) for log in logs))
    high = reduce(np.fmax, (log.hi + reach(log) for log in logs)) + (np.log(len(logs)) + 2 * U)  # of an exact zero -inf + inf
    sign = reduce(np.maximum, (log.sign for log in logs)) + reduce(np.minimum, (log.sign for log in logs))
    mid = low / 2 + high / 2
    rad = (high / 2 - low / 2) * GROW + np.abs(mid) * (8 * U) + (np.abs(low) / 2 + np.abs(high) / 2) * (4 * U) + ETA
    one_sign = np.abs(sign) >= 1  # of terms that are no exact zeros, or of these and zeros
    return Log(np.sign(sign), mid, np.zeros_like(mid), np.where(one_sign, rad, np.inf))
