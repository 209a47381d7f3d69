"""Place: where the numbers of a case lie in their format, all of them: what rank, kind and grouping know of the inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
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
    #: Which inputs lie at least half as far beyond as the farthest, and where: "loc large", "scale small", "x infinite".
    extremes: frozenset[str]
    #: The same of every input that is not everyday.
    outside: frozenset[str]

    @property
    def finite(self) -> bool:
        return self.side not in ("infinite", "nan")


def place_of(finding: Finding) -> Place:
    """The place of a finding's case: its inputs, cotangent and tangent, and its params."""
    inputs = {name: numbers_of(value) for name, value in finding.case.get("inputs", {}).items()}
    return place_among(inputs, finding.params, format_named(finding.dtype))


def place_among(inputs: Mapping[str, Iterable[float]], params: Mapping[str, Any], fmt: Format) -> Place:
    """The place of a case with these numbers: those of each input, cotangent and tangent, and the op's params."""
    ends = {name: _ends(numbers, fmt) for name, numbers in inputs.items()}
    ends["params"] = _ends(_param_numbers(params), fmt)
    special = {side for each in ends.values() for side in each if side in ("infinite", "nan")}
    high = max(each.get("large", 0.0) for each in ends.values())
    low = max(each.get("small", 0.0) for each in ends.values())
    beyond = max(high, low)
    side: Side
    outside = frozenset(f"{name} {which}" for name, each in ends.items() for which in each)
    if special:
        side = "nan" if "nan" in special else "infinite"
        extremes = {f"{name} {side}" for name, each in ends.items() if side in each}
    else:
        side = "everyday" if not beyond else "large" if high >= low else "small"
        extremes = {
            f"{name} {which}" for name, each in ends.items() for which, far in each.items() if beyond and far >= beyond / 2
        }
    return Place(side, beyond, frozenset(extremes), outside)


def _ends(numbers: Iterable[float], fmt: Format) -> dict[str, float]:
    """How far the numbers of one input lie beyond everyday ones, by side; what does not is left out."""
    ends: dict[str, float] = {}
    for value in numbers:
        if math.isnan(value):
            ends["nan"] = 1.0
        elif math.isinf(value):
            ends["infinite"] = 1.0
        elif value:
            exponent = math.frexp(value)[1] - 1
            far, which = _beyond(exponent, fmt), "large" if exponent > 0 else "small"
            if far > ends.get(which, 0.0):
                ends[which] = far
    return ends


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


def _param_numbers(params: Mapping[str, Any]) -> Iterator[float]:
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


def without_directions(inputs: dict[str, Any]) -> dict[str, Any]:
    """A case's inputs less its cotangent and tangent."""
    return {name: value for name, value in inputs.items() if name not in DIRECTIONS}
