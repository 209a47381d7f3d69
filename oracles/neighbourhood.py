"""Neighbourhood: where a function lies over inputs +- k ulps, the box of the ball test.

`neighbourhood` intersects the natural enclosure with the mean-value form, over Arb; `further` knows more where these are wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError
from ulpfuzz.oracles.conditioning import Inputs, Recorded, isolated_inputs, lift_row, record, still
from ulpfuzz.oracles.expansion import expansions, interval
from ulpfuzz.oracles.function import Function, flat
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.over_interval import Hull, hulls_over_box

T = TypeVar("T")


@dataclass(frozen=True)
class Range:
    """An enclosure [low, high] of f over the neighbourhood; bounded: whether there is one."""

    low: arb
    high: arb
    bounded: bool

    def excludes(self, answer: float, slack: float) -> bool:
        """Whether the answer lies surely outside the range widened by `slack` (an absolute amount)."""
        return bool(self.bounded and (arb(answer) + arb(slack) < self.low or arb(answer) - arb(slack) > self.high))


def neighbourhood(
    function: Function, single: Inputs, k: int, widths: dict[str, NDArray[np.float64]], bits: int = 192, kept: Kept | None = None
) -> Range:
    """Encloses output k over the box inputs +- widths (absolute, per component), clipped to the function's domains. Integers and labels
    stay.

    kept: what is known of this row already; other outputs of it add to it.
    """
    kept = kept or Kept()
    enclosure = _neighbourhood(function, single, k, _without(function, single, widths), bits, kept)
    if enclosure.bounded:
        return enclosure
    isolated = kept.of(("isolated", function), lambda: isolated_inputs(function, single))
    return (
        _neighbourhood(function, single, k, _without(function, single, widths, isolated), bits, kept) if isolated else enclosure
    )


def further(
    function: Function, single: Inputs, k: int, widths: dict[str, NDArray[np.float64]], kept: Kept | None = None, *, bounded: bool
) -> Iterator[Range]:  # fmt: skip
    """What is known of the same range by other means than `neighbourhood`, which gave a bounded one, or none: of a function of one number by
    Taylor's formula, at growing effort; where nothing was bounded, by logarithms of what is too wide."""
    moving = _without(function, single, widths)
    if not bounded and all(np.isfinite(v).all() for v in single.values()):

        def hulls() -> list[Hull | None]:
            ends = {name: _ends(np.asarray(values), moving[name], function.domain(name)) for name, values in single.items()}
            return hulls_over_box(function, {n: low for n, (low, _) in ends.items()}, {n: high for n, (_, high) in ends.items()})

        key = ("hulls", function, *(width.tobytes() for width in moving.values()))
        hull = (kept or Kept()).of(key, hulls)[k]
        if hull is not None and not hull.undefined:
            yield Range(arb(hull.low), arb(hull.high), bounded=True)
    if len(single) == 1 == len(function.inputs) and all(np.ndim(v) == 0 and np.isfinite(v) for v in single.values()):
        ((name, x),) = single.items()
        for ball in expansions(function, float(x), float(moving[name])):
            yield Range(ball.lower(), ball.upper(), bounded=True)


def _ends(
    values: NDArray[np.float64], widths: NDArray[np.float64], domain: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends of a box, rounded outwards, clipped to a domain where the values lie inside."""
    below, above = np.nextafter(values - widths, -np.inf), np.nextafter(values + widths, np.inf)
    below, above = (np.where(widths == 0, values, ends) for ends in (below, above))
    return np.where(domain[0] <= values, np.maximum(below, domain[0]), below), np.where(
        domain[1] >= values, np.minimum(above, domain[1]), above
    )


def natural_range(
    function: Function, single: Inputs, k: int, widths: dict[str, NDArray[np.float64]], bits: int, kept: Kept
) -> Range:
    """Encloses output k over the same box as `neighbourhood` by the definition itself: as rigorous, wider or the same, and without a
    derivative."""
    with Arb(bits) as m:
        ball = _natural(m, function, single, k, _without(function, single, widths), kept)
    return Range(ball.lower(), ball.upper(), bounded=True) if ball.is_finite() else Range(arb.nan(), arb.nan(), bounded=False)


def _natural(m: Arb, function: Function, single: Inputs, k: int, widths: dict[str, NDArray[np.float64]], kept: Kept) -> arb:
    """Output k of the definition over the box, in the arithmetic that is open; nan where it has no value."""
    key = ("natural", function, m.bits, *(width.tobytes() for width in widths.values()))
    results = kept.of(key, lambda: _or_none(lambda: function.outputs(m, _over_the_box(function, single, widths))))
    return arb.nan() if results is None else m.num(results[k]).v


def _without(
    function: Function, single: Inputs, widths: dict[str, NDArray[np.float64]], isolated: tuple[str, ...] = ()
) -> dict[str, NDArray[np.float64]]:
    """The widths of what moves, 0 of the others."""
    return {name: np.where(still(function, name, single[name], isolated), 0.0, width) for name, width in widths.items()}


def _neighbourhood(
    function: Function, single: Inputs, k: int, widths: dict[str, NDArray[np.float64]], bits: int, kept: Kept
) -> Range:
    box = (function, bits, *(width.tobytes() for width in widths.values()))

    with Arb(bits) as m:
        natural = _natural(m, function, single, k, widths, kept)
        centre = kept.of(("centre", function, bits), lambda: _or_none(lambda: _at_the_point(m, function, single)))
        recorded = kept.of(
            ("recorded", *box), lambda: _or_none(lambda: record(Arb(bits), function, _over_the_box(function, single, widths)))
        )
        mean = arb.nan() if centre is None or recorded is None else _mean_value(function, *centre, recorded, k)
    chosen = [b for b in (natural, mean) if b.is_finite()]
    if not chosen:
        return Range(arb.nan(), arb.nan(), bounded=False)
    low, high = chosen[0].lower(), chosen[0].upper()
    for ball in chosen[1:]:
        low, high = low.max(ball.lower()), high.min(ball.upper())
    return Range(low, high, bounded=True)


def _over_the_box(function: Function, single: Inputs, widths: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    return {name: _box(values, widths[name], function.domain(name)) for name, values in single.items()}


def _or_none(evaluate: Callable[[], T]) -> T | None:
    try:
        return evaluate()
    except (Undefined, ZeroDivisionError, OverflowError, ValueError, TimeIsUpError):
        return None


def _at_the_point(m: Arb, function: Function, single: Inputs) -> tuple[list[Any], list[arb]]:
    """The outputs of a row at its inputs, and these."""
    point = {name: lift_row(m, values) for name, values in single.items()}
    return function.outputs(m, point), [leaf.v for name in single for leaf in flat(point[name])]


def _mean_value(function: Function, centre: list[Any], middles: list[arb], recorded: Recorded, k: int) -> arb:
    """Output k at the middle of a box, and its slopes over the box times the way there."""
    base = cast(Arb, recorded.tape.base)
    base.jumps, base.leaps = recorded.jumps, recorded.leaps
    slopes = _or_none(lambda: recorded.slopes(k))
    if slopes is None or base.leaps or (base.jumps and function.order != "value"):
        return arb.nan()  # a derivative jumps at a kink of its function: no slope of it bounds the change
    total: arb = base.num(centre[k]).v
    for slope, leaf, middle in zip(slopes, recorded.leaves, middles, strict=True):
        if not leaf.value.v.is_exact():  # what does not move needs no slope, nor has it one at an infinity
            total += slope.v * (leaf.value.v - middle)
    return total


def _box(values: Any, widths: Any, domain: tuple[float, float]) -> Any:
    if np.ndim(values):
        return [_box(v, w, domain) for v, w in zip(values, widths, strict=True)]
    x, w = float(values), float(widths)
    return ArbNumber(interval(x, w, domain) if np.isfinite(x) else arb(x))
