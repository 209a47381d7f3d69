"""Relations between two scalar inputs, and the exact building blocks that relations and arrangements share.

A relation takes two arrays of equal shape, drawn from regions, and returns two with finite numbers of the format; domains are the
recipe's concern. Sums run in order (cumsum) and powers are powers of two, so the bits depend on no library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Floats, Format, Ordinals
from ulpfuzz.fuzzer.inputs.regions import finite, nudge

Generator = np.random.Generator
Wide = NDArray[np.float64]
Pair = tuple[Floats, Floats]
PairRelation = Callable[[Generator, Format, Floats, Floats], Pair]


def independent(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, y


def equal(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, x.copy()


def _negated(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, -x


def _near_equal(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """y = x (1 + k ulps), k up to 2^(p/2)."""
    return x, nudge(rng, fmt, x, fmt.precision // 2)


def _near_negated(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    return x, -nudge(rng, fmt, x, fmt.precision // 2)


def _reciprocal(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """x y within ulps of 1."""
    return x, nudge(rng, fmt, quotient(fmt, np.ones(x.shape), x), 4)


def _product_at_limit(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """x y near the largest, or the least normal, number."""
    limit = np.where(coin(rng, x.shape), fmt.max, fmt.min_normal)
    return x, nudge(rng, fmt, quotient(fmt, limit, x), 4)


def _complement(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """y = 1 - x, as probabilities do."""
    return x, nudge(rng, fmt, finite(fmt, 1.0 - x.astype(np.float64)), 2)


def _same_magnitude(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """y takes the exponent of x and keeps its own sign and significand."""
    ox, oy = fmt.ordinals(x), fmt.ordinals(y)
    field = (1 << (fmt.precision - 1)) - 1
    return x, fmt.from_ordinals(signs(oy) * ((np.abs(ox) & ~field) | (np.abs(oy) & field)))


def _binary_multiple(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """y = 2^k x, |k| up to 2p."""
    return x, scaled(fmt, x, rng.integers(-2 * fmt.precision, 2 * fmt.precision + 1, x.shape))


def _integer_multiple(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """x within ulps of k y for an integer k up to 2^p: remainders at their jumps."""
    k = (rng.integers(1, 1 << 53, x.shape) >> rng.integers(0, 53, x.shape)) % (1 << fmt.precision)
    with np.errstate(all="ignore"):
        return nudge(rng, fmt, finite(fmt, k * y.astype(np.float64)), 2), y


def _huge_and_tiny(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """One of them in the top eighth of the exponents, the other in the lowest eighth."""
    eighth = fmt.max_ordinal // 8
    ox, oy = fmt.ordinals(x), fmt.ordinals(y)
    huge = fmt.from_ordinals(signs(ox) * (fmt.max_ordinal - np.abs(ox) % eighth))
    tiny = fmt.from_ordinals(signs(oy) * (np.abs(oy) % eighth))
    swap = coin(rng, x.shape)
    return np.where(swap, tiny, huge), np.where(swap, huge, tiny)


def _large_nearly_equal(rng: Generator, fmt: Format, x: Floats, y: Floats) -> Pair:
    """Both near 2^(p-8)..2^(p+4) (1e6 in float32, 1e14 in float64), apart by up to a 1/64."""
    exponent = rng.integers(max(fmt.precision - 8, 1), min(fmt.precision + 4, fmt.emax - 1) + 1, x.shape)
    large = scaled(fmt, significand(fmt, x), exponent)
    return large, nudge(rng, fmt, large, fmt.precision - 6)


PAIRS: dict[str, PairRelation] = {
    "independent": independent,
    "equal": equal,
    "near_equal": _near_equal,
    "negated": _negated,
    "near_negated": _near_negated,
    "same_magnitude": _same_magnitude,
    "large_nearly_equal": _large_nearly_equal,
    "huge_and_tiny": _huge_and_tiny,
    "reciprocal": _reciprocal,
    "product_at_limit": _product_at_limit,
    "complement": _complement,
    "binary_multiple": _binary_multiple,
    "integer_multiple": _integer_multiple,
}


# Exact building blocks.


def bell(rng: Generator, shape: tuple[int, ...]) -> Wide:
    """Bell-shaped numbers of unit variance, within +-3.5: the sum of four uniform ones (Irwin-Hall)."""
    total = rng.integers(-(1 << 40), (1 << 40) + 1, (4, *shape)).sum(axis=0)
    return np.asarray(total.astype(np.float64) * (math.sqrt(0.75) / (1 << 40)))


def scaled(fmt: Format, values: NDArray[Any], exponent: NDArray[Any]) -> Floats:
    """values 2^exponent, rounded once, infinities clipped to the largest number."""
    with np.errstate(all="ignore"):
        return finite(fmt, np.ldexp(values.astype(np.float64), exponent))


def significand(fmt: Format, values: Floats) -> Floats:
    """The signed significand in [1, 2) of normal numbers, 1 for zero; below the normals, its leading digits."""
    ordinals = fmt.ordinals(values)
    one = (-fmt.emin + 1) << (fmt.precision - 1)
    field = (1 << (fmt.precision - 1)) - 1
    return fmt.from_ordinals(signs(ordinals) * (one | (np.abs(ordinals) & field)))


def quotient(fmt: Format, numerator: NDArray[Any], denominator: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return finite(fmt, numerator / denominator.astype(np.float64))


def signs(ordinals: Ordinals) -> Ordinals:
    return np.where(ordinals < 0, -1, 1)


def coin(rng: Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(rng.integers(0, 2, shape) != 0)


def one_place(rng: Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """True at one random place of each row."""
    return np.asarray(np.arange(shape[1]) == rng.integers(0, shape[1], (shape[0], 1)))


def shuffled(rng: Generator, x: Floats) -> Floats:
    """Each row in a random order."""
    order = np.argsort(rng.integers(0, 1 << 62, x.shape), axis=1, kind="stable")
    return np.take_along_axis(x, order, axis=1)
