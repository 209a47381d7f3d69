"""Arrangements of square matrices, arrays of shape (rows, n, n): what linear algebra finds hard.

Factors have small integer entries and are scaled by powers of two, so that products are exact in binary64 and the bits depend on
no BLAS.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Floats, Format
from ulpfuzz.fuzzer.inputs.regions import finite, nudge

Generator = np.random.Generator
Wide = NDArray[np.float64]
Arrangement = Callable[[Generator, Format, Floats], Floats]

#: Orders of the square matrices.
ORDERS = (1, 2, 3, 4, 8, 16)


def _elements(rng: Generator, fmt: Format, a: Floats) -> Floats:
    return a


def _small_integers(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """Integers of -4..4: results are often exact, ties and zeros frequent."""
    return finite(fmt, _whole(rng, a.shape))


def _near_singular(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """The last row is the sum of the others, then everything moves by a few ulps."""
    out = _whole(rng, a.shape)
    out[:, -1, :] = out[:, :-1, :].sum(axis=1)
    return nudge(rng, fmt, finite(fmt, out), 3)


def _rank_deficient(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """B C with inner dimension n/2, exactly."""
    n = a.shape[1]
    inner = max(n // 2, 1)
    return finite(fmt, _whole(rng, (len(a), n, inner), 2) @ _whole(rng, (len(a), inner, n), 2))


def _graded(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """D A E with powers of two falling from the first row and column to the last."""
    n = a.shape[1]
    row, column = (-np.arange(n) * rng.integers(0, 1 + _reach(fmt, n), (len(a), 1)) for _ in range(2))
    return finite(fmt, np.ldexp(_whole(rng, a.shape), row[:, :, np.newaxis] + column[:, np.newaxis, :]))


def _spd(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """B'B + 2^-k I, symmetric positive definite, condition up to 1/u."""
    gram = _gram(rng, a)
    shift = np.ldexp(1.0, -rng.integers(-2, fmt.precision - 6, (len(a), 1, 1)))
    return finite(fmt, gram + shift * np.eye(a.shape[1]))


def _spd_graded(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """D (B'B + I) D with powers of two falling along the diagonal."""
    n = a.shape[1]
    scale = -np.arange(n) * rng.integers(0, 1 + _reach(fmt, n), (len(a), 1))
    return finite(fmt, np.ldexp(_gram(rng, a) + np.eye(n), scale[:, :, np.newaxis] + scale[:, np.newaxis, :]))


def _symmetric(rng: Generator, fmt: Format, a: Floats) -> Floats:
    lower = np.tril(a)
    return np.where(np.tri(a.shape[1], dtype=np.bool_), lower, np.swapaxes(lower, 1, 2))


def _triangular(rng: Generator, fmt: Format, a: Floats) -> Floats:
    return np.where(np.tri(a.shape[1], dtype=np.bool_), a, np.zeros_like(a))


def _repeated(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """A signed permutation times one number per row: all singular values equal."""
    n = a.shape[1]
    order = np.argsort(rng.integers(0, 1 << 62, (len(a), n)), axis=1, kind="stable")
    signs = rng.integers(0, 2, (len(a), n, 1)) * 2 - 1
    return ((np.eye(n)[order] * signs) * a[:, :1, :1].astype(np.float64)).astype(fmt.dtype)


def _near_identity(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """I + 2^-k times small integers."""
    size = -rng.integers(4, 2 * fmt.precision, (len(a), 1, 1))
    return finite(fmt, np.eye(a.shape[1]) + np.ldexp(_whole(rng, a.shape), size))


def _hilbert(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """1 / (i + j + c), c by row: ill-conditioned already at n = 8."""
    place = np.arange(a.shape[1])
    return finite(fmt, 1.0 / (place[:, np.newaxis] + place + rng.integers(1, 9, (len(a), 1, 1))))


def _extreme_scale(rng: Generator, fmt: Format, a: Floats) -> Floats:
    """Small integers scaled toward sqrt(max), sqrt(tiny), max or tiny: determinants and squares leave the range."""
    centres = np.asarray([fmt.emax // 2, fmt.emin // 2, fmt.emax - 8, fmt.emin])
    exponent = rng.choice(centres, (len(a), 1, 1)) + rng.integers(-3, 4, (len(a), 1, 1))
    return finite(fmt, np.ldexp(_whole(rng, a.shape), exponent))


def _zeros(rng: Generator, fmt: Format, a: Floats) -> Floats:
    return np.zeros_like(a)


ARRANGEMENTS: dict[str, Arrangement] = {
    "elements": _elements,
    "small_integers": _small_integers,
    "near_singular": _near_singular,
    "graded": _graded,
    "spd": _spd,
    "spd_graded": _spd_graded,
    "rank_deficient": _rank_deficient,
    "symmetric": _symmetric,
    "triangular": _triangular,
    "repeated": _repeated,
    "near_identity": _near_identity,
    "hilbert": _hilbert,
    "extreme_scale": _extreme_scale,
    "zeros": _zeros,
}


def _whole(rng: Generator, shape: tuple[int, ...], largest: int = 4) -> Wide:
    return rng.integers(-largest, largest + 1, shape).astype(np.float64)


def _gram(rng: Generator, a: Floats) -> Wide:
    factor = _whole(rng, a.shape, 2)
    return np.asarray(np.swapaxes(factor, 1, 2) @ factor)


def _reach(fmt: Format, n: int) -> int:
    """Binades a step of grading may take so that n steps on both sides stay in the normal range."""
    return max(1, -fmt.emin // (2 * n) - 1)
