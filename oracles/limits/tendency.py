"""Tendency: what a sequence of values along one path towards a special point does.

A reading, with five outcomes. What is read as a limit counts only where all paths agree on it; what shows no pattern is UNCLEAR, and the
limit is unknown: one that is approached slower than any power of a logarithm has no such pattern.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

#: (the value as binary64, log2 of its magnitude): growth beyond binary64 is still seen.
Value = tuple[float, float]
#: log2 of the differences of values that are equal but for rounding, beside the value's own, less the precision.
ROUNDING = 64


class Kind(Enum):
    """LIMIT: a number or an infinity. UNDEFINED: the function has no values on this path. NONE: it oscillates. UNCLEAR: no pattern."""

    LIMIT = "limit"
    UNDEFINED = "undefined"
    NONE = "none"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Tendency:
    """What one output does along one path; limit is nan unless the kind is LIMIT. whole: the path was one of whole numbers."""

    kind: Kind
    limit: float = math.nan
    whole: bool = False


UNDEFINED, NONE, UNCLEAR = Tendency(Kind.UNDEFINED), Tendency(Kind.NONE), Tendency(Kind.UNCLEAR)


def tendency(values: Sequence[Value], steps: Sequence[float], bits: int) -> Tendency:
    """Reads four or more values at distances whose exponents double. steps: log2 of the differences of neighbours, evaluated at `bits`."""
    floats = [v for v, _ in values]
    if all(math.isnan(v) for v in floats[-3:]):
        return UNDEFINED
    if any(math.isnan(v) for v in floats[-3:]):
        return UNCLEAR
    last, before, earlier = floats[-1], floats[-2], floats[-3]
    sizes = [s for _, s in values]
    if math.isinf(last) and last == before:
        return UNCLEAR if sizes[-1] < sizes[-2] else Tendency(Kind.LIMIT, last)
    if math.isfinite(last) and abs(last - before) <= 2.0**-40 * abs(last):
        # A slow growth beside a large number changes it little, but more each time.
        converges = steps[-1] <= steps[-2] or steps[-1] <= sizes[-1] - bits + ROUNDING
        return Tendency(Kind.LIMIT, last) if converges else UNCLEAR
    signs = {math.copysign(1.0, v) for v in (last, before, earlier)}
    growth = [sizes[-1] - sizes[-2], sizes[-2] - sizes[-3]]
    grown = [*growth, sizes[-3] - sizes[-4]]  # three in a row, and one sign: cos(x) shrinks twice by chance
    if len(signs) == 1 and min(grown) > 0.25:
        return Tendency(Kind.LIMIT, math.copysign(math.inf, last))
    if max(grown) < -0.25 and (len(signs) == 1 or sizes[-1] < -32):
        return Tendency(Kind.LIMIT, math.copysign(0.0, last))
    if len(signs) == 1 and growth[1] and 1.5 < growth[0] / growth[1] < 2.5:
        # a small power: as the exponents double, so does the growth
        return Tendency(Kind.LIMIT, math.copysign(0.0 if growth[0] < 0 else math.inf, last))
    return NONE if _oscillates(floats) else UNCLEAR


#: Differences of an oscillation, beside its largest value: a slow convergence at distances of 2^14 and more changes by less.
WIDE = 2.0**-6


def _oscillates(floats: Sequence[float]) -> bool:
    """Up and down among the last three steps, each wide: what converges, however slowly, goes one way in the end."""
    last = floats[-4:]
    largest = max(abs(v) for v in last)
    if math.isinf(largest):
        return len({math.copysign(1.0, v) for v in last}) == 2
    steps = [b - a for a, b in itertools.pairwise(last)]
    return min(map(abs, steps)) > WIDE * largest and len({math.copysign(1.0, s) for s in steps}) == 2
