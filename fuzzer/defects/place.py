"""Place: where the numbers of a case lie in their format, all of them: what rank, kind and grouping know of the inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ulpfuzz.fuzzer.case import DIRECTIONS
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.formats import Format, format_named

#: Binades on either side of 1 whose numbers are everyday ones: activations, logits, images in bytes and lengths up to 4,096 lie within
#: 2^-12..2^12 (the audit of a run of the whole catalogue ranked by this best).
EVERYDAY = 12

#: Which way a case leaves the everyday numbers. everyday: not at all; large, small: its farthest number lies beyond 2^12 or below 2^-12 (large
#: where both lie as far); infinite, nan: it holds such a number, whatever else it holds.
Side = Literal["everyday", "large", "small", "infinite", "nan"]


@dataclass(frozen=True)
class Place:
    """Where a case's numbers lie, zeros aside: 0 is an everyday number."""

    side: Side
    #: 0 within everyday numbers, 1 at the ends of the format and in its subnormal range: how far beyond the case's farthest number lies, as
    #: a share of the exponents between.
    beyond: float
    infinite: bool
    nan: bool

    @property
    def finite(self) -> bool:
        return not (self.infinite or self.nan)


def place_of(finding: Finding) -> Place:
    """The place of a finding's case: its inputs, cotangent and tangent, and its params."""
    fmt = format_named(finding.dtype)
    exponents: list[int] = []
    infinite = nan = False
    for value in (*numbers_of(finding.case.get("inputs", {})), *_param_numbers(finding.params)):
        if math.isnan(value):
            nan = True
        elif math.isinf(value):
            infinite = True
        elif value:
            exponents.append(math.frexp(value)[1] - 1)
    high = _beyond(max(exponents, default=0), fmt)
    low = _beyond(min(exponents, default=0), fmt)
    return Place(_side(infinite, nan, high, low), max(high, low), infinite, nan)


def numbers_of(value: Any) -> Iterator[float]:
    """The numbers of a case's inputs as they are stored: C99 hex floats, nested."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers_of(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from numbers_of(inner)
    elif isinstance(value, str):
        yield _number(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


@lru_cache(maxsize=65536)
def _number(text: str) -> float:
    return float.fromhex(text)


def _param_numbers(params: dict[str, Any]) -> Iterator[float]:
    """Params that are numbers; an infinite or tiny one (ord=inf, eps=1e-8) is a setting that the catalogue lists as usual, no edge."""
    for value in params.values():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) > 1:
            yield float(value)


def _beyond(exponent: int, fmt: Format) -> float:
    """How far an exponent lies beyond the everyday ones: from 0 to 1, which it has at the ends of the normal range."""
    if -EVERYDAY <= exponent < EVERYDAY:
        return 0.0
    end = fmt.emax if exponent > 0 else -fmt.emin
    over = abs(exponent) - EVERYDAY + (exponent > 0)
    return min(1.0, over / max(1, end - EVERYDAY))


def _side(infinite: bool, nan: bool, high: float, low: float) -> Side:
    if nan:
        return "nan"
    if infinite:
        return "infinite"
    return "everyday" if not (high or low) else "large" if high >= low else "small"


def without_directions(inputs: dict[str, Any]) -> dict[str, Any]:
    """A case's inputs less its cotangent and tangent."""
    return {name: value for name, value in inputs.items() if name not in DIRECTIONS}
