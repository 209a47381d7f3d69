"""Vectors: how their elements stand to each other (ARRANGEMENTS, arrays of shape (rows, n)), and two vectors (BETWEEN).

Each takes numbers drawn from regions and returns finite numbers of the format (but "masked"); domains are the recipe's concern.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Floats, Format
from ulpfuzz.fuzzer.inputs.regions import finite, nudge
from ulpfuzz.fuzzer.inputs.relations import (
    Generator,
    Pair,
    PairRelation,
    bell,
    coin,
    equal,
    independent,
    one_place,
    scaled,
    shuffled,
    significand,
)

Arrangement = Callable[[Generator, Format, Floats], Floats]

#: The lengths at which vector kernels change their path: lanes, tails, blocks.
LENGTHS = (1, 2, 3, 7, 8, 16, 17, 64, 69, 1000)


def _elements(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return x


def _centred(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """Bell-shaped data of one scale per row: ordinary samples."""
    return scaled(fmt, bell(rng, x.shape), _row_exponents(rng, x, fmt.emin // 2, fmt.emax // 2))


def _all_equal(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return np.repeat(x[:, :1], x.shape[1], axis=1)


def _all_zero(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return np.zeros_like(x)


def _one_nonzero(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return np.where(one_place(rng, x.shape), x, np.zeros_like(x))


def _one_different(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return np.where(one_place(rng, x.shape), x, _all_equal(rng, fmt, x))


def _nearly_equal(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """x_i = c (1 + k_i ulps)."""
    return nudge(rng, fmt, _all_equal(rng, fmt, x), fmt.precision // 2)


def _ascending(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return np.sort(x, axis=1)


def _descending(rng: Generator, fmt: Format, x: Floats) -> Floats:
    return np.ascontiguousarray(np.sort(x, axis=1)[:, ::-1])


def _cancelling_pairs(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """Pairs (v, -v (1 + k ulps)), shuffled; an odd last element is tiny beside them."""
    half = x.shape[1] // 2
    out = x.copy()
    out[:, half : 2 * half] = -nudge(rng, fmt, x[:, :half], fmt.precision // 4)
    if x.shape[1] % 2 and half:
        out[:, -1:] = scaled(fmt, x[:, :1], np.full((len(x), 1), -fmt.precision))
    return shuffled(rng, out)


def _alternating(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """Equal magnitudes within ulps, alternating signs: the sum is tiny beside the terms."""
    signs = np.where(np.arange(x.shape[1]) % 2 == 0, 1.0, -1.0)
    return np.asarray(_nearly_equal(rng, fmt, x) * signs.astype(fmt.dtype))


def _mean_zero(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """The row minus its mean, rounded: the sum is rounding error."""
    wide = x.astype(np.float64) / x.shape[1]
    total = np.cumsum(wide, axis=1)[:, -1:]
    with np.errstate(all="ignore"):
        return finite(fmt, (wide - total / x.shape[1]) * x.shape[1])


def _offset(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """A common offset of 2^3..2^(p+3) per row (1e1..1e8 in float32) and a spread from an ulp of it to an eighth."""
    high = min(fmt.precision + 3, fmt.emax - 1)
    exponent = rng.integers(3, high + 1, (len(x), 1))
    offset = scaled(fmt, significand(fmt, x[:, :1]), exponent).astype(np.float64)
    spread = bell(rng, x.shape) * np.ldexp(1.0, exponent - rng.integers(3, fmt.precision + 1, (len(x), 1)))
    return finite(fmt, offset + spread)


def _dominant(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """One element larger than the others by 2^k, k up to the format's exponent range."""
    base = scaled(fmt, significand(fmt, x), _row_exponents(rng, x, fmt.emin, fmt.emax // 2))
    gap = rng.integers(1, fmt.emax - fmt.emin, (len(x), 1))
    return np.where(one_place(rng, x.shape), scaled(fmt, base, gap), base)


def _geometric(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """Magnitudes spread evenly in exponent over up to the whole range, in random order."""
    first = _row_exponents(rng, x, fmt.emin, fmt.emax)
    last = _row_exponents(rng, x, fmt.emin, fmt.emax)
    steps = first + (last - first) * np.arange(x.shape[1]) // max(x.shape[1] - 1, 1)
    return shuffled(rng, scaled(fmt, significand(fmt, x), steps))


def _near_exponent(choose: Callable[[Format, int], int]) -> Arrangement:
    """All elements within four binades of 2^choose(fmt, n), above or below by row."""

    def arrangement(rng: Generator, fmt: Format, x: Floats) -> Floats:
        centre = choose(fmt, x.shape[1]) + rng.integers(-4, 5, (len(x), 1))
        return scaled(fmt, significand(fmt, x), np.broadcast_to(centre, x.shape))

    return arrangement


def _logit_gaps(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """Logits: steps of 30 and more below a maximum, with an everyday jitter; ties for the maximum in a share of the rows."""
    gap = rng.integers(30, 121, (len(x), 1)).astype(np.float64)
    rank = rng.integers(0, 5, x.shape)
    top = rng.integers(-200, 201, (len(x), 1)) * coin(rng, (len(x), 1))
    jitter = bell(rng, x.shape) * coin(rng, (len(x), 1))
    return finite(fmt, np.where(one_place(rng, x.shape), top, top - gap * rank + jitter))


def _probabilities(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """Nonnegative rows that sum to 1 before rounding, from uniform to nearly one-hot."""
    weights = np.ldexp(np.abs(significand(fmt, x).astype(np.float64)), -rng.integers(0, _row_exponents(rng, x, 1, 80) + 1))
    return finite(fmt, weights / np.cumsum(weights, axis=1)[:, -1:])


def _masked(rng: Generator, fmt: Format, x: Floats) -> Floats:
    """-inf in half of the places, or in all but one: attention masks. Special values: drawn only where they are requested."""
    dead = np.where(coin(rng, (len(x), 1)), coin(rng, x.shape), ~one_place(rng, x.shape))
    return np.where(dead, np.asarray(-np.inf).astype(fmt.dtype), x)


ARRANGEMENTS: dict[str, Arrangement] = {
    "elements": _elements,
    "centred": _centred,
    "offset": _offset,
    "cancelling_pairs": _cancelling_pairs,
    "dominant": _dominant,
    "geometric": _geometric,
    "alternating": _alternating,
    "mean_zero": _mean_zero,
    "logit_gaps": _logit_gaps,
    "all_equal": _all_equal,
    "nearly_equal": _nearly_equal,
    "one_nonzero": _one_nonzero,
    "one_different": _one_different,
    "all_zero": _all_zero,
    "ascending": _ascending,
    "descending": _descending,
    "near_sqrt_max": _near_exponent(lambda fmt, n: fmt.emax // 2),
    "near_max_over_n": _near_exponent(lambda fmt, n: fmt.emax - n.bit_length()),
    "near_sqrt_tiny": _near_exponent(lambda fmt, n: fmt.emin // 2),
    "near_tiny": _near_exponent(lambda fmt, n: fmt.emin),
    "probabilities": _probabilities,
    "masked": _masked,
}
#: Arrangements that only make sense for inputs with domain [0, 1], and those that hold infinities.
PROBABILITIES, SPECIAL = frozenset({"probabilities"}), frozenset({"masked"})


# Between two vectors.


def _parallel(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """y = c x for one everyday c per row, rounded."""
    c = scaled(fmt, significand(fmt, y[:, :1]), rng.integers(-6, 7, (len(x), 1))).astype(np.float64)
    with np.errstate(all="ignore"):
        return x, finite(fmt, c * x.astype(np.float64))


def _antiparallel(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, scaled(fmt, -x, rng.integers(-6, 7, (len(x), 1)))


def _near_parallel(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, nudge(rng, fmt, x, fmt.precision // 2)


def _orthogonal(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """y = (-x2, x1, -x4, x3, ...): the products cancel exactly; an odd last element is 0."""
    out = np.zeros_like(x)
    even = x.shape[1] // 2 * 2
    out[:, 0:even:2] = -x[:, 1:even:2]
    out[:, 1:even:2] = x[:, 0:even:2]
    return x, out


def _near_orthogonal(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, nudge(rng, fmt, _orthogonal(rng, fmt, x, y)[1], fmt.precision // 4)


def _opposite_scales(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """One vector huge, the other tiny, the products everyday."""
    shift = rng.integers(fmt.emax // 4, fmt.emax // 2 + 1, (len(x), 1)) * np.where(coin(rng, (len(x), 1)), 1, -1)
    return scaled(fmt, significand(fmt, x), shift), scaled(fmt, significand(fmt, y), -shift)


BETWEEN: dict[str, PairRelation] = {
    "independent": independent,
    "equal": equal,
    "parallel": _parallel,
    "antiparallel": _antiparallel,
    "near_parallel": _near_parallel,
    "orthogonal": _orthogonal,
    "near_orthogonal": _near_orthogonal,
    "opposite_scales": _opposite_scales,
}


def _row_exponents(rng: Generator, x: Floats, low: int, high: int) -> NDArray[np.int64]:
    return rng.integers(low, high + 1, (len(x), 1))
