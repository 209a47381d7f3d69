"""Regions: where on the number line the numbers of a format are drawn from.

A region is a list of spans, closed intervals of ordinals, blurred by an offset whose size in ulps is log-uniform; so a draw is
integer arithmetic, an ordinal step is an ulp, and the same generator gives the same bits on every machine. Special values
(infinities, NaN, points outside the domain) are not drawn here: `special_values` lists them and recipes plant them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Floats, Format, Ordinals
from ulpfuzz.fuzzer.inputs.critical import half_pi_multiples, hardest_half_pi

Domain = tuple[float, float]
Span = tuple[int, int]
REAL_LINE: Domain = (-math.inf, math.inf)


@dataclass(frozen=True)
class Region:
    """A named part of the number line.

    spans: format -> intervals of ordinals; where `mirrored`, their negatives belong to it too. spread: format -> log2 of the
    largest offset in ulps from a span (0: none). of: which other facts it is made from ("domain" or "landmarks"; "" for neither).
    """

    name: str
    meaning: str
    spans: Callable[[Format], list[Span]]
    spread: Callable[[Format], int] = lambda fmt: 0
    mirrored: bool = True
    of: str = ""

    def spans_in(self, fmt: Format, domain: Domain = REAL_LINE, landmarks: Sequence[float] = ()) -> NDArray[np.int64]:
        """The spans inside the domain, shape (spans, 2); empty where the region and the domain are disjoint."""
        extra = tuple(landmarks) if self.of == "landmarks" else ()
        return _spans_in(self, fmt, (float(domain[0]), float(domain[1])), extra)

    def sample(
        self,
        rng: np.random.Generator,
        fmt: Format,
        size: int | tuple[int, ...],
        domain: Domain = REAL_LINE,
        landmarks: Sequence[float] = (),
    ) -> Floats:
        """Finite numbers of this region inside the domain, an array of the format's dtype.

        Where region and domain are disjoint the whole domain is the region, so that a recipe never fails. Zeros get either sign.
        """
        spans = self.spans_in(fmt, domain, landmarks)
        if len(spans) == 0:
            spans = np.asarray([bounds(fmt, domain)], dtype=np.int64)
        return _sample(rng, fmt, size, spans, self.spread(fmt), bounds(fmt, domain))


def bounds(fmt: Format, domain: Domain) -> Span:
    """The ordinals of the least and greatest finite number of the format inside [low, high].

    Raises ValueError where the format has no number there.
    """
    low, high = (_ordinal(fmt, end) for end in domain)
    low += float(fmt.from_ordinals(np.asarray([low]))[0]) < domain[0]
    high -= float(fmt.from_ordinals(np.asarray([high]))[0]) > domain[1]
    low, high = max(low, -fmt.max_ordinal), min(high, fmt.max_ordinal)
    if low > high:
        raise ValueError(f"no {fmt.name} number lies in [{domain[0]!r}, {domain[1]!r}]")
    return low, high


def window(
    rng: np.random.Generator, fmt: Format, size: int | tuple[int, ...], centre: int, spread: int, domain: Domain = REAL_LINE
) -> Floats:
    """Numbers uniform over the ordinals within 2^spread of `centre`, inside the domain: what an optimiser moves and narrows."""
    low, high = bounds(fmt, domain)
    middle, reach = min(max(centre, low), high), 1 << spread
    span = (max(middle - reach, low), min(middle + reach, high))
    return _sample(rng, fmt, size, np.asarray([span], dtype=np.int64), 0, (low, high))


def nudge(rng: np.random.Generator, fmt: Format, values: Floats, spread: int) -> Floats:
    """The values moved by -2^spread..2^spread ulps, the distance log-uniform; infinities become the largest number."""
    moved = fmt.ordinals(values) + _offsets(rng, np.shape(values), spread)
    return fmt.from_ordinals(np.clip(moved, -fmt.max_ordinal, fmt.max_ordinal))


def special_values(fmt: Format, domain: Domain = REAL_LINE) -> Floats:
    """NaN, infinities, zeros of both signs, the largest and least magnitudes, and the neighbours just outside the domain."""
    low, high = bounds(fmt, domain)
    ordinals = [low - 1, high + 1, fmt.max_ordinal, -fmt.max_ordinal, 1, -1]
    head = np.asarray([math.nan, math.inf, -math.inf, 0.0, -0.0]).astype(fmt.dtype)
    return np.concatenate([head, fmt.from_ordinals(np.asarray(ordinals))])


def special_grid(fmt: Format, domain: Domain = REAL_LINE, landmarks: Sequence[float] = (), specials: bool = True) -> Floats:
    """The deterministic list of a few hundred points that every exploration starts from, ascending.

    Boundaries of the format (zero, least subnormal, least normal, eps, sqrt(max), max, ...), small integers and their neighbours,
    multiples of pi/2, decimals, edges of the domain and landmarks +-3 ulps, both signs, all inside the domain; then, where
    `specials`, -0, the infinities, NaN and the neighbours just outside the domain.
    """
    low, high = bounds(fmt, domain)
    magnitudes: set[int] = set()
    for centre in _ordinals(fmt, _thresholds(fmt)):
        magnitudes.update(range(centre - 2, centre + 3))
    for centre in _ordinals(fmt, (0.0, fmt.min_normal, fmt.unit_roundoff, 2 * fmt.unit_roundoff, 0.5, 1.0, 2.0, fmt.max)):
        magnitudes.update(range(centre - 3, centre + 4))
    values = [*range(3, 21), *(n + 0.5 for n in range(10)), 0.1, 0.2, 0.3, 0.7, 0.9, 1.1, 1.7, 3.14159, 12.34, 0.01, 0.001]
    values += [
        30,
        37,
        40,
        50,
        64,
        75,
        88,
        89,
        100,
        104,
        128,
        170,
        171,
        256,
        500,
        700,
        710,
        745,
        1e3,
        1024,
        1e4,
        1e6,
        1e8,
        1e10,
        1e16,
    ]
    values += [
        math.ldexp(1.0, e) for e in (fmt.emax, fmt.emax - 1, fmt.emin + 1, -20, -16, -12, -8, -4, 12, 16, 20, 24, 32, 53, 64)
    ]
    magnitudes.update(_ordinals(fmt, values))
    for centre in half_pi_multiples(fmt)[:8]:
        magnitudes.update((centre - 1, centre, centre + 1))
    points = {o for m in magnitudes for o in (m, -m)}
    marks = sorted({int(o) for o in fmt.ordinals(fmt.round(np.asarray(landmarks, dtype=np.float64)))})
    for centre in [*marks[:: 1 + len(marks) // 40], *(edge for edge in (low, high) if abs(edge) < fmt.max_ordinal)]:
        points.update(range(centre - 3, centre + 4))
    points.update((low, high))
    inside = fmt.from_ordinals(np.asarray(sorted(o for o in points if low <= o <= high), dtype=np.int64))
    if not specials:
        return inside
    outside = fmt.from_ordinals(np.asarray([low - 1, high + 1]))
    return np.concatenate([inside, outside, np.asarray([-0.0, math.inf, -math.inf, math.nan]).astype(fmt.dtype)])


def _sample(
    rng: np.random.Generator, fmt: Format, size: int | tuple[int, ...], spans: NDArray[np.int64], spread: int, limits: Span
) -> Floats:
    shape = (size,) if isinstance(size, int) else tuple(size)
    count = math.prod(shape)
    raw = _raw(rng, count)
    width = (spans[:, 1] - spans[:, 0]).astype(np.uint64) + np.uint64(1)
    if len(spans) == 1:
        ordinals = spans[0, 0] + (raw % width[0]).astype(np.int64)
        negative_zero = (raw >> np.uint64(63)) != 0
    else:
        choice = _raw(rng, count)
        index = (((choice & np.uint64(0xFFFFFFFF)) * np.uint64(len(spans))) >> np.uint64(32)).astype(np.int64)
        ordinals = spans[:, 0][index] + (raw % width[index]).astype(np.int64)
        negative_zero = (choice >> np.uint64(63)) != 0
    if spread:
        ordinals = np.clip(ordinals + _offsets(rng, (count,), spread), limits[0], limits[1])
    values = fmt.from_ordinals(ordinals)
    zeros = (ordinals == 0) & negative_zero
    if zeros.any():
        values[zeros] = -0.0
    return values.reshape(shape)


def _offsets(rng: np.random.Generator, shape: tuple[int, ...], spread: int) -> Ordinals:
    """Signed offsets of at most 2^spread, their bit length uniform."""
    count = math.prod(shape)
    choice, raw = _raw(rng, count), _raw(rng, count)
    length = ((choice & np.uint64(0xFFFFFFFF)) * np.uint64(spread + 1)) >> np.uint64(32)
    size = (raw & ((np.uint64(1) << length) - np.uint64(1))).astype(np.int64)
    return np.where((choice >> np.uint64(63)) != 0, -size, size).reshape(shape)


def _raw(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    return np.asarray(rng.bit_generator.random_raw(count), dtype=np.uint64)


@lru_cache(maxsize=4096)
def _spans_in(region: Region, fmt: Format, domain: Domain, landmarks: tuple[float, ...]) -> NDArray[np.int64]:
    limits = bounds(fmt, domain)
    if region.of == "domain":
        spans = [(edge, edge) for edge in limits if abs(edge) < fmt.max_ordinal]
    elif region.of == "landmarks":
        marks = fmt.ordinals(fmt.round(np.asarray(landmarks, dtype=np.float64)))
        spans = [(int(o), int(o)) for o in marks]
    else:
        spans = _whole(region, fmt)
    if region.mirrored:
        spans = spans + [(-high, -low) for low, high in spans]
    inside = [(max(low, limits[0]), min(high, limits[1])) for low, high in spans]
    kept = [(low, high) for low, high in inside if low <= high]
    array = np.asarray(kept, dtype=np.int64).reshape(-1, 2)
    array.flags.writeable = False
    return array


@lru_cache(maxsize=256)
def _whole(region: Region, fmt: Format) -> list[Span]:
    """The spans of a region on the whole line: hundreds of points for a table of which each domain takes its part."""
    return region.spans(fmt)


def _ordinal(fmt: Format, value: float) -> int:
    """The ordinal of the format's number nearest to a real number, infinities clipped to the largest."""
    return _ordinals(fmt, [value])[0]


def _ordinals(fmt: Format, values: Sequence[float]) -> list[int]:
    """The same of several."""
    ordinals = fmt.ordinals(fmt.round(np.asarray(values, dtype=np.float64)))
    return [int(o) for o in np.clip(ordinals, -fmt.max_ordinal, fmt.max_ordinal)]


def _between(low: Callable[[Format], float], high: Callable[[Format], float]) -> Callable[[Format], list[Span]]:
    def spans(fmt: Format) -> list[Span]:
        first, last = _ordinal(fmt, low(fmt)), _ordinal(fmt, high(fmt))
        return [(first, last)] if first <= last else []

    return spans


def _at(values: Callable[[Format], Sequence[float]]) -> Callable[[Format], list[Span]]:
    """Spans of single points: the distinct numbers of the format nearest to these values that are finite there."""

    def spans(fmt: Format) -> list[Span]:
        return [(o, o) for o in sorted(set(_ordinals(fmt, [v for v in values(fmt) if abs(v) <= fmt.max])))]

    return spans


def _thresholds(fmt: Format) -> list[float]:
    """The numbers where squares, cubes, fourth powers, doubling and 1 + x change their nature."""
    extremes = (fmt.max, fmt.min_normal, fmt.min_subnormal)
    roots = [root(e) for e in extremes for root in (math.sqrt, math.cbrt, lambda v: math.sqrt(math.sqrt(v)))]
    u = fmt.unit_roundoff
    return [
        *roots,
        fmt.max / 2,
        fmt.max / 4,
        fmt.min_normal * 2,
        1 / fmt.max,
        1 / fmt.min_normal,
        u,
        2 * u,
        math.sqrt(u),
        math.cbrt(u),
        1 / u,
    ]


def _integers(fmt: Format) -> list[float]:
    powers = [2.0**j + d for j in range(9, fmt.precision + 1) for d in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    return [n / 2 for n in range(513)] + powers + [10.0**j for j in range(3, 23)]


def _decimals(fmt: Format) -> list[float]:
    """What people type: 0.1, 1.5, 12.34, 0.001, 250."""
    return [n / scale for scale in (1, 10, 100, 1000) for n in range(1, 400)] + [n * 1000.0 for n in range(1, 60)]


def _unit(fmt: Format) -> list[Span]:
    """[0, 1] nearly uniform as real numbers: each binade repeated by its length."""
    spans: list[Span] = []
    for binade, copies in ((0, 16), (1, 8), (2, 4), (3, 2), (4, 1), (5, 1)):
        top = math.ldexp(1.0, -binade)
        spans += [(_ordinal(fmt, top / 2), _ordinal(fmt, top) - (binade > 0))] * copies
    return [*spans, (_ordinal(fmt, math.ldexp(1.0, -fmt.precision)), _ordinal(fmt, math.ldexp(1.0, -6)))]


def _powers_of_two(fmt: Format) -> list[float]:
    return [math.ldexp(1.0, e) for e in range(fmt.emin, fmt.emax + 1)]


def _half_pi(fmt: Format) -> list[Span]:
    return [(o, o) for o in (*half_pi_multiples(fmt), *hardest_half_pi(fmt))]


def _ulps(bits: int) -> Callable[[Format], int]:
    return lambda fmt: min(bits, fmt.precision - 1)


def _binade(fmt: Format) -> int:
    return fmt.precision - 1


def _none(fmt: Format) -> list[Span]:
    return []


REGIONS: dict[str, Region] = {
    region.name: region
    for region in (
        Region("landmarks", "the op's critical points +-k ulps, up to a binade", _none, _binade, mirrored=False, of="landmarks"),
        Region("everyday", "2^-10 <= |x| <= 2^10", _between(lambda f: 2.0**-10, lambda f: 2.0**10)),
        Region("decimals", "short decimals as people type them", _at(_decimals)),
        Region("unit", "[-1, 1], nearly uniform as real numbers", _unit),
        Region("zero_and_one", "within ulps of 0 and of 1", _at(lambda f: (0.0, 1.0)), _binade),
        Region("saturation", "4 <= |x| <= 120, where results round to a bound", _between(lambda f: 4.0, lambda f: 120.0)),
        Region(
            "near_eps", "u/16 to 4 sqrt(u)", _between(lambda f: f.unit_roundoff / 16, lambda f: 4 * math.sqrt(f.unit_roundoff))
        ),
        Region("below_eps", "far below u, yet normal", _between(lambda f: f.min_normal, lambda f: f.unit_roundoff)),
        Region("above_sqrt_max", "squares overflow", _between(lambda f: math.sqrt(f.max), lambda f: f.max)),
        Region("below_sqrt_max", "cubes overflow", _between(lambda f: math.cbrt(f.max), lambda f: math.sqrt(f.max))),
        Region("below_sqrt_tiny", "squares underflow", _between(lambda f: f.min_subnormal, lambda f: math.sqrt(f.min_normal))),
        Region("thresholds", "roots of the extremes, u, 1/u, max/2, ... +-k ulps", _at(_thresholds), _binade),
        Region("powers_of_two", "2^e +-k ulps", _at(_powers_of_two), _ulps(6)),
        Region("integers", "integers and half-integers +-k ulps", _at(_integers), _ulps(6)),
        Region("half_pi", "multiples of pi/2 +-k ulps, the hardest to reduce among them", _half_pi, _ulps(4)),
        Region("domain_edges", "edges of the domain +-k ulps, inside", _none, _binade, mirrored=False, of="domain"),
        Region("huge", "beyond the square root of the range", _between(lambda f: math.ldexp(1.0, f.emax // 2), lambda f: f.max)),
        Region("near_max", "the last binade", _between(lambda f: math.ldexp(1.0, f.emax), lambda f: f.max)),
        Region("tiny_normal", "the first eight normal binades", _between(lambda f: f.min_normal, lambda f: 256 * f.min_normal)),
        Region("subnormal", "below the least normal number", lambda f: [(1, (1 << (f.precision - 1)) - 1)]),
        Region("zero", "zeros of both signs", lambda f: [(0, 0)]),
        Region("bits", "uniform over the finite bit patterns", lambda f: [(0, f.max_ordinal)]),
    )
}


def regions_of(fmt: Format, domain: Domain = REAL_LINE, landmarks: Sequence[float] = ()) -> tuple[str, ...]:
    """The names of the regions that the domain inhabits, in table order; `landmarks` only where the op has any."""
    return tuple(name for name, region in REGIONS.items() if len(region.spans_in(fmt, domain, landmarks)))


def finite(fmt: Format, values: NDArray[Any]) -> Floats:
    """The values with NaN read as 1 and infinities as the largest number of their sign, in the format."""
    with np.errstate(all="ignore"):
        numbers = np.asarray(values).astype(fmt.dtype)
    wide = numbers.astype(np.float64)
    if np.isfinite(wide).all():
        return numbers
    return np.nan_to_num(wide, nan=1.0, posinf=fmt.max, neginf=-fmt.max).astype(fmt.dtype)


def fit(fmt: Format, values: Floats, domain: Domain) -> Floats:
    """Finite values brought into the domain: negated where that suffices, else moved to the nearer edge."""
    low, high = bounds(fmt, domain)
    if (low, high) == (-fmt.max_ordinal, fmt.max_ordinal):
        return values
    ordinals = fmt.ordinals(values)
    out = (ordinals < low) | (ordinals > high)
    if not out.any():
        return values
    flipped = np.where((-ordinals >= low) & (-ordinals <= high), -ordinals, np.clip(ordinals, low, high))
    return np.where(out, fmt.from_ordinals(flipped), values)
