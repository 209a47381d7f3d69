"""Points that try the enclosures: every regime of binary64, and the neighbourhood of each function's hard points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

#: Where a function is hard: zeros, poles, ends of the domain, multiples of pi/2, where the result leaves the range.
HARD: dict[str, tuple[float, ...]] = {
    "exp": (709.782712893384, -745.13, -708.4), "exp2": (1024, -1074, -1022), "expm1": (709.78, -37, 1e-8),
    "log1p": (-1, 1e-16), "log": (1,), "log2": (1, 2), "log10": (1, 10), "sqrt": (1, 5e-324),
    "sin": (math.pi, 1e22, 2 * math.pi), "cos": (math.pi / 2, 11 * math.pi / 2), "tan": (math.pi / 2, 3 * math.pi / 2, math.pi),
    "asin": (1, -1), "acos": (1, -1), "acosh": (1,), "atanh": (1, -1), "erfinv": (1, -1, 0.5), "erf": (6, -6, 0.5),
    "erfc": (26.5, 27.2, 0.5, -6, 1, 8), "lgamma": (1, 2, -1, -2, -7, -2.4570247382208006, 0.5, 0.25),
    "digamma": (1.4616321449683623, -0.504083008264455, -1, -9, 0.5, 1),
    "sinpi": (1, 2, -3, 0.5, 2**52 + 1.0, 1e6 + 0.5), "cospi": (0.5, 1.5, -2.5, 1, 2**51 + 0.5),
    "tanh": (19.06, 0.55, 22), "sinh": (710.4, 1, 22),
    "cosh": (710.4, 1, 22), "floor": (1, -1, 2.0**52), "polygamma": (1, 2, 0.1, 1e8),
    "sigmoid": (-745.1, 709.8, 37), "softplus": (-745.1, 709.8, 37),
    "square": (1e154, 1e-162), "atan": (1, 1e16),
}  # fmt: skip


def exact_points(name: str, count: int, rng: np.random.Generator) -> Points:
    """About `count` binary64 points for a function of one variable."""
    part = count // 8
    with np.errstate(all="ignore"):
        singles = rng.integers(0, 2**32, part, dtype=np.uint64).astype(np.uint32).view(np.float32).astype(np.float64)
        doubles = rng.integers(0, 2**64, part, dtype=np.uint64).view(np.float64)
    everyday = rng.normal(size=part) * 10.0 ** rng.integers(-3, 4, part)
    unit = rng.uniform(-1, 1, part)
    halves = rng.integers(-400, 400, part // 2) / 2.0
    tiny = rng.choice([-1.0, 1.0], part // 2) * rng.integers(1, 2**20, part // 2) * 5e-324
    least, huge = 5e-324, 1.7976931348623157e308
    ends = np.asarray([0.0, -0.0, 1, -1, 0.5, -0.5, 2, least, -least, 2.0**-1022, huge, -huge])
    hard = np.asarray(HARD.get(name, (1.0,)))
    near = rng.choice(hard, 3 * part)
    ulps = rng.integers(-3, 4, part)
    stepped = near[:part] + ulps * np.spacing(np.abs(near[:part]))
    offset = near[part:] + rng.choice([-1.0, 1.0], 2 * part) * 2.0 ** rng.uniform(-50, 1, 2 * part)
    points = np.concatenate([singles, doubles, everyday, unit, halves, tiny, ends, stepped, offset])
    return points[np.isfinite(points)]


def balls(name: str, count: int, rng: np.random.Generator) -> tuple[Points, Points]:
    """Midpoints and radii, from a hair's breadth to wider than the midpoint; a tenth are exact."""
    mid = exact_points(name, count, rng)
    rad = np.abs(mid) * 2.0 ** rng.uniform(-55, 2, mid.size) + 2.0 ** rng.uniform(-1074, -40, mid.size)
    rad = np.where(rng.random(mid.size) < 0.1, 0.0, rad)
    return mid, np.where(np.isfinite(rad), rad, 0.0)
