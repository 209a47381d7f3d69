"""Pieces: special functions in x87 extended precision, which no library has: Taylor polynomials over parts of binades, enclosed by Arb.

A piece's coefficients and remainder come from series over Arb balls (see ulpfuzz.oracles.taylor); it is made when an argument first falls into it,
and kept from run to run (ulpfuzz.oracles.memory): a millisecond each, of which a run of five minutes would make thousands in every process.
Guarantee: |f(x) - mid| <= rad, whatever the piece; rad is infinite where there is none (yet).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from flint import arb, arb_series
from numpy.typing import NDArray

from ulpfuzz.oracles import memory
from ulpfuzz.oracles.arithmetic.series import NotKnown, Series, SeriesNumber, cut
from ulpfuzz.oracles.enclosure import Column

TERMS, BITS = 32, 256
#: Pieces of a binade, the fewest first: until the terms suffice, and no value is twice another.
CUTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
#: Unit roundoff of the x87's extended precision, and what a remainder may be beside the largest value.
U, REMAINDER = 2.0**-64, 2.0**-68
#: New binades (a few milliseconds each), and new pieces of known ones (one millisecond each), in one call: the rest is unknown.
NEW_BINADES, NEW = 24, 168


@dataclass(frozen=True)
class _Piece:
    """Coefficients in extended precision, the constant term first; radius: all that is off, but the rounding of the last sum."""

    centre: float
    coefficients: Column
    radius: float


def _written(piece: _Piece | None) -> bytes:
    return b"" if piece is None else struct.pack("<dd", piece.centre, piece.radius) + piece.coefficients.tobytes()


def _read(written: bytes) -> _Piece | None:
    if not written:
        return None
    centre, radius = struct.unpack_from("<dd", written)
    return _Piece(centre, np.frombuffer(written, np.longdouble, offset=16), radius)


_PIECE = memory.Form(_written, _read)
_COUNT: memory.Form[int] = memory.Form(
    lambda count: struct.pack("<i", count), lambda written: int(struct.unpack("<i", written)[0])
)
#: The table of memory that pieces stand in, by the layout of extended precision on this machine.
TABLE = f"pieces {np.finfo(np.longdouble).nmant} {np.dtype(np.longdouble).itemsize}"


class Pieces:
    """A function of one number by its pieces. name: of the function, by which its pieces are kept."""

    def __init__(self, name: str, function: Callable[[Series, SeriesNumber], SeriesNumber]) -> None:
        self.name, self.function = name, function
        self._cuts: dict[tuple[bool, int], int] = {}
        self._made: dict[tuple[bool, int, int], _Piece | None] = {}

    @np.errstate(all="ignore")
    def __call__(self, x: Column) -> tuple[Column, Column]:
        """(mid, rad) at extended precision numbers x."""
        mid, rad = np.full(x.shape, np.nan, np.longdouble), np.full(x.shape, np.inf, np.longdouble)
        flat = x.ravel()
        usable = np.flatnonzero(np.isfinite(flat) & (flat != 0) & (np.abs(flat) < 1e300) & (np.abs(flat) > 1e-300))
        if not len(usable):
            return mid, rad
        keys, back = np.unique(self._keys(flat[usable]), axis=0, return_inverse=True)
        back = back.ravel()
        new = 0
        out_mid, out_rad = mid.ravel(), rad.ravel()
        rows, pieces = [], []
        for k, (negative, exponent, cell) in enumerate(keys.tolist()):
            name = (bool(negative), exponent, cell)
            if name not in self._made:
                if new >= NEW or cell < 0:
                    continue
                new += 1
                self._made[name] = self._make(*name)
            piece = self._made[name]
            if piece is not None:
                rows.append(k)
                pieces.append(piece)
        if pieces:
            self._evaluate(flat, usable, back, np.array(rows), pieces, out_mid, out_rad)
        return out_mid.reshape(x.shape), out_rad.reshape(x.shape)

    def _keys(self, x: Column) -> NDArray[np.int64]:
        """(negative, exponent, cell of the binade) per argument; cell -1 where the binade is not cut yet."""
        fraction, exponent = np.frexp(np.abs(x))
        negative = x < 0
        room = NEW_BINADES
        binades, back = np.unique(np.stack([negative, exponent], axis=1), axis=0, return_inverse=True)
        counts = []
        for sign, e in binades.tolist():
            if (bool(sign), e) not in self._cuts and room:
                room -= 1
                self._cut(bool(sign), e)
            counts.append(self._cuts.get((bool(sign), e), 0))
        cuts = np.array(counts, np.int64)[back.ravel()]
        cell = np.minimum(((2 * fraction - 1) * cuts).astype(np.int64), cuts - 1)
        return np.stack([negative.astype(np.int64), exponent.astype(np.int64), cell], axis=1)

    def _cut(self, negative: bool, exponent: int) -> None:
        """Cuts a binade into the fewest pieces that its first, middle and last one allow."""

        def fewest() -> int:
            return next(
                cuts
                for cuts in CUTS
                if cuts == CUTS[-1] or all(self._tried(negative, exponent, cell, cuts) for cell in {0, cuts // 2, cuts - 1})
            )

        key = f"{self.name} {negative} {exponent}".encode()
        self._cuts[negative, exponent] = memory.tabulated(TABLE, key, fewest, _COUNT)

    def _make(self, negative: bool, exponent: int, cell: int) -> _Piece | None:
        cuts = self._cuts[negative, exponent]
        key = f"{self.name} {negative} {exponent} {cell} {cuts}".encode()
        return memory.tabulated(TABLE, key, lambda: self._tried(negative, exponent, cell, cuts), _PIECE)

    def _tried(self, negative: bool, exponent: int, cell: int, cuts: int) -> _Piece | None:
        low = math.ldexp(0.5 + 0.5 * cell / cuts, exponent)
        high = math.ldexp(0.5 + 0.5 * (cell + 1) / cuts, exponent)
        if negative:
            low, high = -high, -low
        centre = low / 2 + high / 2
        try:
            with Series(BITS, TERMS) as m:
                whole = self.function(m, m.variable(low, high)).v
                point = self.function(m, m.variable(centre, centre)).v
                known = min(TERMS, whole.prec, point.prec)
                return _piece(whole, point, known, centre, (high - low) / 2, last=cuts == CUTS[-1])
        except (NotKnown, ZeroDivisionError, ValueError, OverflowError):
            return None

    def _evaluate(
        self, x: Column, usable: NDArray[np.int64], back: NDArray[np.int64], keys: NDArray[np.int64], pieces: list[_Piece], mid: Column,
        rad: Column,
    ) -> None:  # fmt: skip
        place = np.full(back.max() + 1, -1)
        place[keys] = np.arange(len(keys))
        which = place[back]
        here = which >= 0
        rows, which = usable[here], which[here]
        count = max(len(piece.coefficients) for piece in pieces)
        table = np.zeros((count, len(pieces)), np.longdouble)
        for k, piece in enumerate(pieces):
            table[: len(piece.coefficients), k] = piece.coefficients
        t = x[rows] - np.array([piece.centre for piece in pieces], np.longdouble)[which]
        y = table[count - 1][which]
        for k in range(count - 2, -1, -1):
            y *= t
            y += table[k][which]
        mid[rows] = y
        rad[rows] = np.array([piece.radius for piece in pieces], np.longdouble)[which] + np.abs(y) * np.longdouble(2 * U)


def _piece(whole: arb_series, point: arb_series, known: int, centre: float, reach: float, *, last: bool) -> _Piece | None:
    """The polynomial with enough terms for the remainder not to matter; None where there are too few, or where values differ too much."""
    most, least = whole[0].abs_upper(), whole[0].abs_lower()
    if not (most.is_finite() and most > 0) or (not last and not most <= 2 * least):
        return None
    top = float(most)
    if not 1e-290 < top < 1e290:
        return None
    terms = cut(whole, known, reach, REMAINDER * top)
    if terms is None:
        return None
    count, off = terms
    coefficients, weight = [], 0.0
    for k in range(count):
        if not point[k].is_finite():
            return None
        high, rest = _extended(point[k])
        size = reach**k
        coefficients.append(high)
        off += rest * size
        weight += float(abs(high)) * size if k else 0.0
    radius = (off + weight * (2 * count + 4) * U) * (1 + 2.0**-30) + top * 2.0**-120
    return _Piece(centre, np.array(coefficients, np.longdouble), radius) if np.isfinite(radius) else None


def _extended(ball: arb) -> tuple[np.longdouble, float]:
    """(the midpoint in extended precision, an upper bound of what is off)."""
    high = float(ball.mid())
    low = float((ball - arb(high)).mid())
    value = np.longdouble(high) + np.longdouble(low)
    rest = (ball - arb(high) - arb(low)).abs_upper()
    return value, (float(rest) + float(abs(value)) * U) * (1 + 2.0**-40)


@cache
def pieces(name: str) -> Pieces:
    """Those of erf, erfc, erfinv, lgamma or digamma; of the last two right of zero."""
    return Pieces(name, lambda m, x: getattr(m, name)(x))
