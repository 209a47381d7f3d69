"""Derivatives where they are hard (kinks, ties, poles, ends of a domain) by differences of a definition's values at high precision.

No rule of the tape has a part in it. For a point x and each output of the definition: its one-sided difference quotients at x, and its central
differences at points x + e d for generic directions d and two small e, whose limits are derivatives that occur as near x as one likes. Their hull is
what a right answer may be (Clarke, 1983, theorem 2.5.1: the generalised gradient is the hull of such limits); of a cotangent's product with several
outputs it is the sum of their hulls, as an implementation chooses for each output alone. Where all limits agree the function is smooth enough to
have one answer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.function import COTANGENT, DIRECTIONS, TANGENT, Function, flat
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, Reference

Inputs = dict[str, NDArray[np.float64]]
Place = tuple[str, int]

#: Precision; exponents of the distances of the neighbours, nearer than the least documented clamp, e^-100 = 2^-144 of binary_cross_entropy; the step
#: of differences beside the distance. A second difference of values of size 1 keeps BITS - 2 (300 + 40) = 220 bits.
BITS = 900
NEAR = (150, 300)
STEP = 40
#: What two distances may differ by, beside the magnitude (or 1), and be one limit.
CLOSE = 2.0**-18


@dataclass(frozen=True)
class Limits:
    """What the differences of one output tend to: the hull [low, high] of finite limits (nan where there are none). infinite: signs of those that
    grow without bound. open: some tend to nothing, or were not found. jump: the function itself is not continuous there."""

    low: float = 0.0
    high: float = 0.0
    infinite: frozenset[int] = frozenset()
    open: bool = False
    jump: bool = False

    @property
    def known(self) -> bool:
        return not math.isnan(self.low)

    @property
    def smooth(self) -> bool:
        """Whether all agree on one finite number."""
        whole = self.known and not (self.infinite or self.open or self.jump)
        return whole and self.high - self.low <= 4 * CLOSE * max(1.0, abs(self.low), abs(self.high))

    def plus(self, weight: float, other: Limits) -> Limits:
        """The sum with weight times another's."""
        ends = sorted((weight * other.low, weight * other.high))
        signs = frozenset(int(math.copysign(sign, sign * weight)) for sign in other.infinite)
        return Limits(
            self.low + ends[0], self.high + ends[1], self.infinite | signs, self.open or other.open, self.jump or other.jump
        )


@dataclass(frozen=True)
class Query:
    """One output of a derivative: weights of the definition's outputs, and the direction (or two of them) it is differentiated along."""

    weights: tuple[float, ...]
    along: tuple[dict[Place, float], ...]


def places(function: Function, inputs: Inputs) -> list[Place]:
    """The numbers that are differentiated by, in the order of the outputs."""
    return [(name, k) for name in function.differentiable for k in range(np.asarray(inputs[name]).size)]


def queries(function: Function, inputs: Inputs, outputs: int) -> list[Query]:
    """The outputs of the function's derivative in their order."""
    spots = places(function, inputs)
    ones = tuple(inputs[COTANGENT].ravel().tolist()) if COTANGENT in inputs else (1.0,) * outputs
    unit = [{spot: 1.0} for spot in spots]
    whole = dict(zip(spots, inputs[TANGENT].ravel().tolist(), strict=True)) if TANGENT in inputs else None
    if function.order == "grad":
        return [Query(ones, (one,)) for one in unit]
    if function.order == "jvp":
        single = [tuple(float(k == i) for i in range(outputs)) for k in range(outputs)]
        return [Query(weights, (along,)) for along in ([whole] if whole is not None else unit) for weights in single]
    if whole is not None:
        return [Query(ones, (one, whole)) for one in unit]
    return [Query(ones, (one, other)) for one in unit for other in unit]


class Surface:
    """The definition's values around a point, as exact numbers of mpmath at BITS."""

    def __init__(self, function: Function, inputs: Inputs) -> None:
        self.m = Mp(BITS)
        self.function = Function(**{**vars(function), "order": "value"})
        self.inputs = {name: np.asarray(v, np.float64) for name, v in inputs.items() if name not in DIRECTIONS}
        self.seen: dict[Any, list[Any]] = {}

    def __call__(self, *moves: tuple[dict[Place, float], Fraction]) -> list[Any]:
        """The outputs at x + sum_i step_i direction_i. Each point is computed once."""
        key = tuple((tuple(direction.items()), step) for direction, step in moves)
        if key not in self.seen:
            self.seen[key] = self._at(moves)
        return self.seen[key]

    def _at(self, moves: Sequence[tuple[dict[Place, float], Fraction]]) -> list[Any]:
        m = self.m
        shift: dict[Place, Any] = {}
        for direction, step in moves:
            for place, share in direction.items():
                shift[place] = shift.get(place, m.num(0)) + m.lift(share) * m.num(step)

        def lifted(name: str, values: NDArray[np.float64]) -> Any:
            numbers = [
                m.lift(v) + shift[name, k] if (name, k) in shift else m.lift(v) for k, v in enumerate(values.ravel().tolist())
            ]
            return _shaped(numbers, values.shape)

        return [m.num(v) for v in flat(self.function.outputs(m, {name: lifted(name, v) for name, v in self.inputs.items()}))]


def _shaped(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return numbers[0]
    size = len(numbers) // shape[0]
    return [_shaped(numbers[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


def sides(function: Function, inputs: Inputs, place: Place) -> tuple[bool, bool]:
    """Whether the number can move (down, up) within the domain."""
    low, high = function.domain(place[0])
    x = float(np.asarray(inputs[place[0]]).ravel()[place[1]])
    return x > low, x < high


def directions(function: Function, inputs: Inputs, count: int) -> list[dict[Place, float]]:
    """Generic directions that stay in the domain: numbers of all orders and signs, beside the point's own magnitude (or 1 at 0)."""
    rng = np.random.default_rng(count)
    spots, found = places(function, inputs), []
    for index in range(count):
        if index % 2 == 0:  # each has its opposite
            signs, sizes = rng.choice([-1.0, 1.0], len(spots)), (1 + rng.permutation(len(spots)) / len(spots)) / 2
        direction = {}
        for (name, k), chosen, size in zip(spots, signs if index % 2 == 0 else -signs, sizes, strict=True):
            x = float(np.asarray(inputs[name]).ravel()[k])
            down, up = sides(function, inputs, (name, k))
            sign = float(chosen) if down and up else 1.0 if up else -1.0
            direction[name, k] = sign * float(size) * 2.0 ** math.frexp(x or 0.5)[1]
        found.append(direction)
    return found


def limits(function: Function, inputs: Inputs, count: int, most: int = 12) -> dict[int, Limits]:
    """What each output of the derivative tends to (of many, `most` of them), by `count` generic directions and both sides of each of its own.
    Empty where the definition has no value."""
    surface = Surface(function, inputs)
    try:
        here = surface()
    except (ArithmeticError, ValueError, TypeError):
        return {}
    if not all(_finite(surface, v) for v in here):
        return {}
    asked = queries(function, inputs, len(here))
    near = directions(function, inputs, count)
    jump = _jumps(surface, near, here)
    found: dict[int, Limits] = {}
    for k in sorted({*np.linspace(0, len(asked) - 1, min(most, len(asked))).astype(int).tolist()}):
        total = Limits(jump=jump)
        for output, weight in enumerate(asked[k].weights):
            if weight:
                total = total.plus(weight, _of_output(surface, asked[k].along, output, near, here))
        found[k] = total
    return found


def _of_output(
    surface: Surface, along: tuple[dict[Place, float], ...], output: int, near: Sequence[dict[Place, float]], here: Sequence[Any]
) -> Limits:
    pairs = [_pair(_central, surface, along, output, d) for d in near]
    if len(along) == 1:
        signs = _within(surface.function, surface.inputs, along[0])
        pairs += [_pair(_one_sided, surface, along, output, sign, here) for sign in signs]
    return _limits(pairs)


def _within(function: Function, inputs: Inputs, along: dict[Place, float]) -> list[int]:
    """The signs with which the direction stays in the domain."""
    signs = []
    for sign in (1, -1):
        able = [sides(function, inputs, place)[int(share * sign > 0)] for place, share in along.items() if share]
        signs += [sign] if all(able) else []
    return signs


def _finite(surface: Surface, value: Any) -> bool:
    return math.isfinite(surface.m.log2_magnitude(value)) or bool(surface.m.eq0(value))


def _jumps(surface: Surface, near: Sequence[dict[Place, float]], here: Sequence[Any]) -> bool:
    """Whether some neighbour's value is not near the point's, as near as a fourth root would be; renorm jumps by 1e-7."""
    for direction in near:
        try:
            there = surface((direction, Fraction(1, 2 ** NEAR[1])))
        except (ArithmeticError, ValueError, TypeError):
            continue
        for a, b in zip(here, there, strict=True):
            if not _finite(surface, b) or abs(surface.m.double(b - a)[0]) > 2.0**-70 * max(1.0, abs(surface.m.double(a)[0])):
                return True
    return False


def _central(
    surface: Surface, along: tuple[dict[Place, float], ...], output: int, exponent: int, direction: dict[Place, float]
) -> Any:
    """The central difference at x + 2^-exponent direction."""
    at, h, m = (direction, Fraction(1, 2**exponent)), Fraction(1, 2 ** (exponent + STEP)), surface.m
    total = m.num(0)
    for sign in itertools.product((1, -1), repeat=len(along)):
        total = total + math.prod(sign) * surface(at, *((a, s * h) for a, s in zip(along, sign, strict=True)))[output]
    return total / m.num((2 * h) ** len(along))


def _one_sided(
    surface: Surface, along: tuple[dict[Place, float], ...], output: int, exponent: int, sign: int, here: Sequence[Any]
) -> Any:
    h = Fraction(sign, 2 ** (2 * exponent))
    return (surface((along[0], h))[output] - here[output]) / surface.m.num(h)


def _pair(
    difference: Callable[..., Any], surface: Surface, along: tuple[dict[Place, float], ...], output: int, *rest: Any
) -> tuple[Any, Any] | None:
    """(value, log2 of its magnitude) at both distances; None where the definition has none."""
    try:
        values = [difference(surface, along, output, e, *rest) for e in NEAR]
    except (ArithmeticError, ValueError, TypeError):
        return None
    found = [(surface.m.double(v)[0], surface.m.log2_magnitude(v)) for v in values]
    return None if any(math.isnan(v) for v, _ in found) else (found[0], found[1])


def _limits(pairs: Sequence[tuple[Any, Any] | None]) -> Limits:
    values, infinite, unknown = [], set(), False
    for pair in pairs:
        if pair is None:
            unknown = True
            continue
        (before, size_before), (now, size) = pair
        if math.isfinite(now) and abs(now - before) <= CLOSE * max(1.0, abs(now)):
            values.append(now)
        elif size > size_before + 0.5 and math.copysign(1.0, now) == math.copysign(1.0, before):
            infinite.add(1 if now > 0 else -1)
        else:
            unknown = True
    return Limits(min(values, default=math.nan), max(values, default=math.nan), frozenset(infinite), unknown)


@dataclass(frozen=True)
class Disagreement:
    """How the oracle's accepted set differs from what occurs.

    kind: "excludes", a limit that occurs is not accepted; "wide", more is accepted than the hull of the limits; "loose", more than the one limit
    where the function is smooth; "anything", every answer is, although there is one; "nan", a NaN is, although there is one; "unknown", nothing is
    decided. excess: how far.
    """

    kind: str
    excess: float = 0.0


def compared(truth: Reference, k: int, found: Limits) -> Disagreement | None:
    """How the oracle's accepted set of the k-th output of the only row differs from the limits; None where it does not, or where these say
    nothing."""
    kinds, value, radius = int(truth.accepts[0, k]), float(truth.value[0, k]), float(truth.radius[0, k])
    if not kinds:
        return Disagreement("unknown") if found.known and not found.open else None
    if kinds & FINITE and math.isinf(radius):
        return Disagreement("anything") if found.smooth else None
    low, high = value - radius, value + radius
    if not kinds & FINITE:
        low = high = math.nan
    if found.jump:
        return None
    tolerance = 8 * CLOSE * (max(1.0, abs(found.low), abs(found.high)) if found.known else 1.0)
    worst = (max(low - found.low, found.high - high) if kinds & FINITE else math.inf) if found.known else 0.0
    if worst > tolerance and not (kinds & NAN and (found.infinite or found.open)):
        return Disagreement("excludes", worst)
    if any(not kinds & (NAN | (PINF if sign > 0 else NINF)) for sign in found.infinite) and not (
        kinds & FINITE and math.isinf(value)
    ):
        return Disagreement("excludes", math.inf)
    if found.infinite or found.open or not found.known:
        return None
    excess = max(found.low - low, high - found.high)
    if excess > tolerance:
        return Disagreement("loose" if found.smooth else "wide", excess)
    if kinds & (NAN | PINF | NINF) and found.smooth:
        return Disagreement("nan")
    return None
