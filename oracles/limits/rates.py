"""Rates: whether a limit of several numbers is one however fast each of them goes.

x^a, as x and a go to 0, is 1 at all rates that are powers of each other, and what one pleases where a goes as c/log x. So along further
paths one number goes as the root of the other's exponent: 2^-e beside 1/sqrt(e), slower than every power. Such a path is too slow for a
limit to be read, but not for one to be refuted: what does not come nearer to it does not tend to it. Of three numbers, any may be the
faster ones. The ends of probabilities and of supports move as well, inwards: (1 - x)^b at x = 1 and b = 0 is no better than x^a at (0, 0).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from ulpfuzz.oracles.arithmetic.taped import TapedMp
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits.accepted import point, same
from ulpfuzz.oracles.limits.joining import FEW
from ulpfuzz.oracles.limits.paths import (
    NEAR,
    RATES,
    SLOW,
    STEADY,
    Inputs,
    Path,
    at,
    count_moving,
    exponents,
    precision,
    reach,
    reading,
)
from ulpfuzz.oracles.limits.tendency import UNCLEAR, Kind, Tendency, Value

#: With up to FEW moving numbers every choice of the slower ones is tried; with more, these patterns, repeated.
PATTERNS = ((SLOW, 1.0), (1.0, SLOW), (SLOW, SLOW, 1.0, 1.0), (1.0, 1.0, SLOW, SLOW))
#: The last of the exponents, whose values are compared.
LAST = 3
#: What comes nearer to a number, or to zero, does so by this part at least from step to step: 1/sqrt(e) by 0.71, its root by 0.84.
NEARER = 0.93
#: A quantity vanishes where its binary exponent falls by at least this from step to step: that of 1/log log x, with x = 2^e, falls by 0.1.
DOUBLINGS = 0.05
#: Or what is left becomes less in steps that shrink by no more than this: those of a logarithm, and of 1/(100 + x), are about equal, those
#: of what converges as 1/sqrt(e) shrink by 0.71.
STEADILY = 0.75


def strays(
    function: Function, inputs: Inputs, side: int, tendencies: Sequence[Sequence[Tendency]], *, held: bool = False
) -> list[Tendency | None]:
    """Per output what shows that the limit all its tendencies agree on is none: infinite or zero where a path plainly leads there, else
    UNCLEAR; None where they do not agree, or nothing shows it. held: zeros stay where they are."""
    limits = [_agreed(output) for output in tendencies]
    shown: list[Tendency | None] = [None] * len(tendencies)
    for path in _paths(function, inputs, side, held=held):
        if all(limit is None or stray is not None for limit, stray in zip(limits, shown, strict=True)):
            break
        values = _values(function, inputs, path)
        if values is None:
            continue
        for k, limit in enumerate(limits):
            if limit is not None and shown[k] is None and not tends(limit, [step[k] for step in values]):
                shown[k] = _leads([step[k] for step in values])
    return shown


def _paths(function: Function, inputs: Inputs, side: int, *, held: bool) -> list[Path]:
    """The paths with different rates; none where no two numbers move. Ordinary numbers stay where they are: slow, they would blur the rest."""
    path = Path(STEADY, side, RATES[0], everything=False, held=held)
    alone = count_moving(function, inputs, path)
    if reach(inputs) <= NEAR:  # beside larger numbers a path to 1 takes too many bits
        path = replace(path, ends=True)
    moving = count_moving(function, inputs, path)
    if moving < 2:
        return []
    rates: list[tuple[float, ...]] = list(PATTERNS)
    if moving <= FEW:
        levels = [(SLOW, 1.0), (1.0, 2.0)] if moving > 2 else [(SLOW, 1.0)]
        rates = [choice for pair in levels for choice in itertools.product(pair, repeat=moving) if len(set(choice)) == 2]
    if moving > alone:
        rates += RATES  # along which the ends have not moved yet
    return [replace(path, rates=each) for each in rates]


def _agreed(output: Sequence[Tendency]) -> float | None:
    """The limit that a path's tendencies have in common, those without values apart."""
    limits = [t.limit for t in output if t.kind is not Kind.UNDEFINED]
    alike = all(t.kind in (Kind.LIMIT, Kind.UNDEFINED) for t in output) and bool(limits)
    return limits[0] if alike and all(same(point(limits[0]), point(other)) for other in limits[1:]) else None


def _values(function: Function, inputs: Inputs, path: Path) -> list[list[Value]] | None:
    """The outputs at the last steps of a path; None where there are none."""
    m = TapedMp(precision(inputs, path))
    steps = []
    for exponent in exponents(inputs, everything=path.everything)[-LAST:]:
        outputs = at(function, inputs, path, 0, exponent, m)
        if outputs is None or m.gave_up:
            return None
        steps.append([reading(m, v) for v in outputs])
    return steps


def tends(limit: float, values: Sequence[Value]) -> bool:
    """Whether the values may tend to the limit. What is undefined says nothing: the path may have left the domain."""
    if any(math.isnan(v) for v, _ in values):
        return True
    sizes = [size for _, size in values]
    if math.isinf(limit):
        below = [-math.copysign(1.0, limit) * v for v, _ in values]
        beyond = math.isinf(below[-1]) and below[-1] < 0 and sizes[-1] > sizes[-2]  # in binary64
        return beyond or _steadily(below)
    distances = [abs(v - limit) for v, _ in values]
    if limit == 0:
        return sizes[-1] == -math.inf or sizes[-1] < sizes[-2] - DOUBLINGS or _steadily(distances)
    nearer = all(b <= NEARER * a for a, b in itertools.pairwise(distances))
    return distances[-1] <= 2.0**-40 * abs(limit) or nearer or _steadily(distances)


def _steadily(distances: Sequence[float]) -> bool:
    """Whether what is left becomes less, in steps that hardly shrink."""
    first, second = (a - b for a, b in itertools.pairwise(distances[-LAST:]))
    return first > 2.0**-30 * abs(distances[0]) and second >= STEADILY * first


def _leads(values: Sequence[Value]) -> Tendency:
    """The limit of a path that refutes another limit, as far as that is plain."""
    sign = {math.copysign(1.0, v) for v, _ in values}
    steps = [b[1] - a[1] for a, b in itertools.pairwise(values)]
    if len(sign) == 1 and all(abs(step) > 1 for step in steps) and len({step > 0 for step in steps}) == 1:
        return Tendency(Kind.LIMIT, math.copysign(math.inf if steps[0] > 0 else 0.0, values[-1][0]))
    return UNCLEAR
