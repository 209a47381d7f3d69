"""Joining: what is right for one output at a special point, from its tendencies along all paths and the formula's own value there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ulpfuzz.oracles.limits.accepted import ANYTHING, NOTHING, Accepted, merge, point, same
from ulpfuzz.oracles.limits.tendency import Kind, Tendency
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

#: Of more moving numbers there are too many ways to go at different rates.
FEW = 3


@dataclass(frozen=True)
class Place:
    """What kind of point it is."""

    #: The function is a derivative, of any order.
    derivative: bool
    #: An input is infinite.
    at_infinity: bool
    #: More than one number is an input.
    several: bool
    #: The formula consists of IEEE 754's own operations.
    ieee: bool
    #: The function, or of a second derivative the first, has no finite value.
    pole: bool = False
    #: An input is -0.
    negative_zero: bool = False
    #: The formula meets 0/0.
    of_zeros: bool = False
    #: A zero at the edge of the domain has the sign of the other side; a function of several numbers has no convention there (IEEE 754 and
    #: C23 Annex F know functions of one), and at a pole the limit from the other side is as right; where several numbers move (1/a + 1/b at
    #: zeros outside the domain), so is NaN.
    edge: bool = False
    #: Zeros at the edges of domains have both signs, so that on neither side all are inside: who reads a sign as a side has no limit there.
    split: bool = False
    #: How many of the numbers have a limit to go to.
    moving: int = 1
    #: The definition itself is made of a derivative, which has no value where the function it is taken of, with its zero at the edge of the
    #: domain, has one side only: NaN is as right as the limit.
    slope: bool = False

    def settled(self, tendencies: Sequence[Tendency]) -> bool:
        """Whether no further path can change what is right."""
        if self.derivative or self.ieee:
            return False
        kinds = {t.kind for t in tendencies}
        if Kind.UNCLEAR in kinds and Kind.NONE not in kinds:
            return True
        numbers = [t.limit for t in tendencies if t.kind is Kind.LIMIT]
        return any(math.isfinite(v) for v in numbers) and not all(same(point(numbers[0]), point(v)) for v in numbers)


def join(place: Place, tendencies: Sequence[Tendency], formula: float) -> Accepted:
    """What is right: see the rules of the two functions below. formula: the value in IEEE 754 arithmetic."""
    if place.derivative:
        return _derivative(place, tendencies, formula)
    return _value(place, tendencies, formula)


def _value(place: Place, tendencies: Sequence[Tendency], formula: float) -> Accepted:
    """The limit that all paths have.

    Without one: NaN where no path has values or all oscillate; either infinity, or NaN, where all grow beyond bounds; what IEEE 754 makes
    of its own operations; else nothing is known.
    """
    defined = [t for t in tendencies if t.kind is not Kind.UNDEFINED]
    excuses = _excuses(place, formula)
    if not defined:
        return merge([Accepted(NAN), *excuses])
    kinds = {t.kind for t in defined}
    if kinds == {Kind.NONE} and place.at_infinity:
        return merge([Accepted(NAN), *excuses])
    if kinds <= {Kind.NONE, Kind.UNCLEAR}:  # beside a finite point a plateau before a pole looks like an oscillation
        return NOTHING if math.isnan(formula) else replace(point(formula), proved=False)
    if Kind.UNCLEAR in kinds:
        return NOTHING if math.isnan(formula) else replace(point(formula), proved=False)
    if place.several and math.isnan(formula) and (place.of_zeros or (place.moving > FEW and not place.ieee)):
        return NOTHING  # 0/0 of several numbers depends on the direction, inf - inf on the fastest term, and paths try only a few
    limits = [point(t.limit) for t in defined if t.kind is Kind.LIMIT]
    first = limits[0]
    holes = len(defined) < len(tendencies) and not _outside(tendencies)
    if len(limits) == len(defined) and not holes and all(same(first, other) for other in limits[1:]):
        if math.isnan(formula) and place.several and (place.at_infinity or place.slope or place.split):
            excuses.append(Accepted(NAN))
        if place.several and place.edge and first.kinds & (PINF | NINF):
            excuses += [Accepted(PINF), Accepted(NINF), *([Accepted(NAN)] if place.moving > 1 else [])]
        return merge([first, *excuses])
    all_infinite = kinds == {Kind.LIMIT} and not any(limit.kinds & FINITE for limit in limits) and not holes
    if place.ieee or (
        all_infinite and place.moving <= 1
    ):  # of several, paths between two lead to every number between the infinities
        return merge([*limits, Accepted(NAN), point(formula)])
    return NOTHING


def _outside(tendencies: Sequence[Tendency]) -> bool:
    """Whether the paths without values lie outside the domain (a whole side, all but whole numbers), not at poles among values."""
    return not any(t.kind is Kind.UNDEFINED and t.whole for t in tendencies)


def _excuses(place: Place, formula: float) -> list[Accepted]:
    """What IEEE 754 arithmetic makes of the formula at infinity (C23 Annex F for pow, atan2, hypot), and the infinity that it gives at a
    pole."""
    if math.isnan(formula) or not (place.at_infinity or math.isinf(formula)):
        return []
    return [point(formula)]


def _derivative(place: Place, tendencies: Sequence[Tendency], formula: float) -> Accepted:
    if any(t.kind is Kind.UNCLEAR for t in tendencies):
        return ANYTHING if place.several else NOTHING
    limits = [point(t.limit) if t.kind is Kind.LIMIT else Accepted(NAN) for t in tendencies]
    defined = [limit for limit in limits if limit.kinds != NAN] or limits  # a side outside the domain says nothing
    first = defined[0]
    agree = all(same(first, other) for other in defined[1:])
    extra = []
    if math.isnan(formula) and (place.several or place.at_infinity):
        extra.append(Accepted(NAN))
    if place.at_infinity or place.pole:
        extra.append(Accepted(NAN))  # not differentiable at infinity or at a pole: NaN is an honest answer
    smooth = place.at_infinity or not math.isnan(
        formula
    )  # 0/0 at a finite point: paths may agree by chance (std of equal numbers)
    if place.several and not (agree and smooth and first.kinds & FINITE):
        return ANYTHING  # not differentiable there, and no one-sided derivative to hold an answer against
    if math.isinf(formula):
        extra.append(point(formula))  # a signed zero at a pole
    if place.pole and place.negative_zero and first.kinds & (PINF | NINF):
        extra += [Accepted(PINF), Accepted(NINF)]  # a pole at the edge of the domain: 1/-0 is as honest as the limit
    if agree:
        return merge([first, *extra])
    if any(not limit.kinds & FINITE for limit in defined):
        extra.append(Accepted(NAN))
    return merge([*defined, *extra])
