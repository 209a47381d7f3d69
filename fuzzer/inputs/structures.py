"""Structures: what the numbers of one row satisfy together, and the nearest simple row that does.

Arrangements draw rows that have the structure already; whatever else comes along (the grid, a zoom, a shrunk case) is brought to it
here: elementwise arithmetic in binary64 only, so that the bits depend on no library. `holds` says what satisfies it already.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.op import Input
from ulpfuzz.fuzzer.formats import Floats, Format

Wide = NDArray[np.float64]
Satisfy = Callable[[Format, Floats], Floats]


def satisfy(fmt: Format, spec: Input, values: Floats) -> Floats:
    """Rows (rows, *sizes) with the input's structure; those that have it stay as they are.

    Special values stay where they leave the structure whole: infinities in an ascending vector, anything mirrored or in a triangle. A NaN has no
    place in an order, nor an infinity in a distribution or a regular matrix: there they give way.
    """
    if not spec.structure or not len(values) or values.ndim < 2:  # loose points are no rows
        return values
    with np.errstate(all="ignore"):
        return STRUCTURES[spec.structure](fmt, values)


def holds(fmt: Format, spec: Input, values: Floats) -> bool:
    """Whether all rows have the input's structure."""
    if not spec.structure:
        return True
    brought = satisfy(fmt, spec, values)
    same = (fmt.bits(brought) == fmt.bits(values)) | (np.isnan(brought.astype(np.float64)) & np.isnan(values.astype(np.float64)))
    return bool(same.all())


def _symmetric(fmt: Format, a: Floats) -> Floats:
    """The lower triangle, mirrored."""
    return np.where(np.tri(a.shape[1], dtype=np.bool_), a, np.swapaxes(a, 1, 2))


def _spd(fmt: Format, a: Floats) -> Floats:
    """Symmetric, and positive definite by its pivots beyond rounding errors and flushes; else the diagonal of the magnitudes."""
    mirrored = _symmetric(fmt, a)
    diagonal = np.abs(np.diagonal(mirrored, axis1=1, axis2=2))
    least = 4 * fmt.min_normal  # a half of it, as in a / 2 + a.T / 2, is flushed nowhere
    plain = np.where((diagonal >= least) & (diagonal <= fmt.max), diagonal, np.asarray(1).astype(fmt.dtype))[
        :, :, np.newaxis
    ] * np.eye(a.shape[1])
    definite = _regular(fmt, mirrored, least, search=False)
    return np.where(definite[:, np.newaxis, np.newaxis], mirrored, plain.astype(fmt.dtype))


def _nonsingular(fmt: Format, a: Floats) -> Floats:
    """Pivots that no rounding error of elimination and no flush of subnormals brings to zero (of a tall matrix: in every column); else the
    identity in its place."""
    regular = _regular(fmt, a, fmt.min_normal, search=True)
    return np.where(regular[:, np.newaxis, np.newaxis], a, np.eye(*a.shape[1:]).astype(fmt.dtype))


def _regular(fmt: Format, a: Floats, tiny: float, *, search: bool) -> NDArray[np.bool_]:
    """Whether the pivots stay away from zero, also where a target reads subnormals as zero, and are not below `tiny`."""
    wide = a.astype(np.float64)
    least = _least_pivot(np.where(np.abs(wide) < fmt.min_normal, 0.0, wide), tiny, search=search)
    return np.asarray(least > 64 * a.shape[1] * fmt.unit_roundoff)


def _least_pivot(a: Wide, tiny: float, *, search: bool) -> Wide:
    """Per row the least pivot of Gaussian elimination relative to the largest number of its row or column; -inf where it breaks down, or a
    pivot is below `tiny`.

    search: with partial pivoting, and magnitudes of the pivots; else in order, with their signs.
    """
    rows, _, n = a.shape
    work = a.copy()
    with np.errstate(all="ignore"):
        across, down = np.abs(a).max(axis=2), np.abs(a).max(axis=1)
        least = np.full(rows, np.inf)
        every = np.arange(rows)
        for k in range(n):
            if search:
                best = k + np.argmax(np.abs(work[:, k:, k]), axis=1)
                for array in (work, across):
                    array[every, k], array[every, best] = array[every, best].copy(), array[every, k].copy()
            pivot = work[:, k, k].copy()
            size = np.abs(pivot) if search else pivot
            ratio = size / np.minimum(across[:, k], down[:, k])
            least = np.where(np.isfinite(ratio) & (np.abs(pivot) >= tiny), np.minimum(least, ratio), -np.inf)
            factor = work[:, k + 1 :, k] / pivot[:, np.newaxis]
            work[:, k + 1 :, k:] -= factor[:, :, np.newaxis] * work[:, k : k + 1, k:]
    return np.where(np.isnan(least), -np.inf, least)


def _triangular(*, lower: bool, unit: bool) -> Satisfy:
    """The other triangle is zero; the diagonal ones, or nothing that is or may be read as zero."""

    def satisfy_triangle(fmt: Format, a: Floats) -> Floats:
        n = a.shape[1]
        kept = np.tri(n, dtype=np.bool_) if lower else np.tri(n, dtype=np.bool_).T
        out = np.where(kept, a, np.zeros_like(a))
        diagonal = np.eye(n, dtype=np.bool_) & ((np.abs(out) < fmt.min_normal) | unit)
        return np.where(diagonal, np.ones_like(a), out)

    return satisfy_triangle


def _ascending(fmt: Format, x: Floats) -> Floats:
    """Sorted; for a NaN, which is before and after nothing, the largest number of all."""
    return np.sort(np.where(np.isnan(x), np.asarray(np.inf).astype(fmt.dtype), x), axis=-1)


def _simplex(fmt: Format, x: Floats) -> Floats:
    """Nonnegative numbers whose sum is 1 within their rounding; else the magnitudes divided by their sum, equal parts of zeros. What is not zero
    does not become zero: that may be outside the domain. What is no number counts as 1."""
    x = np.where(np.isfinite(x), x, np.asarray(1).astype(fmt.dtype))
    wide = np.abs(x.astype(np.float64))
    scaled = wide / np.maximum(wide.max(axis=-1, keepdims=True), fmt.min_subnormal)
    scaled = np.where(scaled.max(axis=-1, keepdims=True) > 0, scaled, 1.0)
    shares = (scaled / np.cumsum(scaled, axis=-1)[..., -1:]).astype(fmt.dtype)
    shares = np.where((shares == 0) & (x != 0), np.asarray(fmt.min_subnormal).astype(fmt.dtype), shares)
    total = np.cumsum(x.astype(np.float64), axis=-1)[..., -1:]
    right = (x >= 0).all(axis=-1, keepdims=True) & (np.abs(total - 1) <= x.shape[-1] * fmt.unit_roundoff)
    return np.where(right, x, shares)


STRUCTURES: dict[str, Satisfy] = {
    "symmetric": _symmetric,
    "spd": _spd,
    "nonsingular": _nonsingular,
    "lower": _triangular(lower=True, unit=False),
    "upper": _triangular(lower=False, unit=False),
    "unit_lower": _triangular(lower=True, unit=True),
    "ascending": _ascending,
    "simplex": _simplex,
}
