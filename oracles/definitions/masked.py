"""Reductions that leave out missing numbers (NaN in a call): of x, its first number and those where `keep` is 1."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.cumulative import cumprod, cumsum
from ulpfuzz.oracles.definitions.reductions import prod
from ulpfuzz.oracles.definitions.statistics import ascending


def _kept(m: Arithmetic[N], x: Vector[N], keep: Vector[N], instead: N) -> Vector[N]:
    half = m.num(Fraction(1, 2))
    return [x[0], *(m.where(m.lt(k, half), lambda: instead, lambda v=v: v) for v, k in zip(x[1:], keep, strict=True))]  # type: ignore[misc]


def _count(m: Arithmetic[N], keep: Vector[N]) -> N:
    return m.sum([m.num(1), *keep])


@define("nansum")
def nansum(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    """The sum of what is not missing; numpy.nansum."""
    return m.sum(_kept(m, x, keep, m.num(0)))


@define("nanmean")
def nanmean(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    return nansum(m, x, keep) / _count(m, keep)


@define("nanprod")
def nanprod(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    return prod(m, _kept(m, x, keep, m.num(1)))


@define("nanvar")
def nanvar(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    """The population variance of what is not missing; numpy.nanvar."""
    centre = nanmean(m, x, keep)
    return m.sum([m.square(v - centre) for v in _kept(m, x, keep, centre)]) / _count(m, keep)


@define("nanstd")
def nanstd(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    centre = nanmean(m, x, keep)
    return m.norm([v - centre for v in _kept(m, x, keep, centre)]) / m.sqrt(_count(m, keep))


def _folded(m: Arithmetic[N], x: Vector[N], keep: Vector[N], join: Callable[[Vector[N]], N]) -> N:
    half, result = m.num(Fraction(1, 2)), x[0]
    for v, k in zip(x[1:], keep, strict=True):
        result = m.where(m.lt(k, half), lambda r=result: r, lambda r=result, v=v: join([r, v]))  # type: ignore[misc]
    return result


@define("nanmax")
def nanmax(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    return _folded(m, x, keep, m.max)


@define("nanmin")
def nanmin(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    return _folded(m, x, keep, m.min)


def _by_count(m: Arithmetic[N], x: Vector[N], keep: Vector[N], choose: Callable[[Vector[N]], N]) -> N:
    """`choose` of what is not missing, in order: larger numbers, all different, stand for what is missing, behind all others."""
    half, most = m.num(Fraction(1, 2)), nanmax(m, x, keep)
    beyond = [most + i * (m.abs(most) + 1) for i in range(1, len(x))]
    rest = [m.where(m.lt(k, half), lambda b=b: b, lambda v=v: v) for v, k, b in zip(x[1:], keep, beyond, strict=True)]  # type: ignore[misc]
    row = ascending(m, [x[0], *rest])
    count, result = _count(m, keep), choose(row[:1])
    for size in range(2, len(row) + 1):
        further = choose(row[:size])
        fewer = m.lt(count, m.num(size - Fraction(1, 2)))
        result = m.where(fewer, lambda fixed=result: fixed, lambda fixed=further: fixed)  # type: ignore[misc]
    return result


@define("nanmedian")
def nanmedian(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    """The median of what is not missing, the mean of the middle two of an even number; numpy.nanmedian."""
    return _by_count(m, x, keep, lambda row: (row[(len(row) - 1) // 2] + row[len(row) // 2]) / 2)


@define("lower_nanmedian")
def lower_nanmedian(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> N:
    """The same, the lower of the middle two; torch.nanmedian."""
    return _by_count(m, x, keep, lambda row: row[(len(row) - 1) // 2])


@define("nanquantile")
def nanquantile(m: Arithmetic[N], x: Vector[N], keep: Vector[N], q: float = 0.625) -> N:
    """quantile, linear, of what is not missing; numpy.nanquantile."""

    def between(row: Vector[N]) -> N:
        place = (len(row) - 1) * Fraction(q)
        below = int(place)
        return row[below] if place == below else row[below] * (1 - place + below) + row[below + 1] * (place - below)

    return _by_count(m, x, keep, between)


@define("nancumsum")
def nancumsum(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> Vector[N]:
    result: Vector[N] = cumsum(m, _kept(m, x, keep, m.num(0)))
    return result


@define("nancumprod")
def nancumprod(m: Arithmetic[N], x: Vector[N], keep: Vector[N]) -> Vector[N]:
    result: Vector[N] = cumprod(m, _kept(m, x, keep, m.num(1)))
    return result
