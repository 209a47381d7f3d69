"""Plots: the worst error of a finding by the magnitude of its inputs, with that of its peers, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import INFINITE, NOT_A_NUMBER, ZERO, Finding

#: A plot of a float64 finding would have 2,046 binades; neighbours are merged (the worst kept) down to this many.
POINTS = 160
#: The lanes of a profile, those of zeros left of the axis, and the width of one.
_LANES = ((ZERO, "0"), (INFINITE, "±∞"), (NOT_A_NUMBER, "NaN"))
LANE = 34
#: Peers that are drawn: more lines cannot be told apart.
PEERS = 3


@dataclass(frozen=True)
class Peer:
    """Another call's worst errors, by the same binades: rows as in `Finding.profile`."""

    name: str
    profile: Sequence[Sequence[float]]


def profile_svg(finding: Finding, peers: Sequence[Peer] = (), width: int = 720, height: int = 200) -> str:
    """Worst error per binade of the number farthest from 1: ulps as a line, excess E dashed, infinite errors as marks on top; the
    ulps of the first PEERS peers as thin lines.

    Axes: the exponent e of 2^e <= |x| < 2^(e+1); errors on a log10 scale. Rows of zeros alone, with an infinity and with a NaN have lanes of their
    own beside the axis, for they have no exponent. "" where there is no profile.
    """
    rows = _rows(finding.profile)
    points = _merged(sorted(p for p in rows if math.isfinite(p[0])))
    lanes = [(name, _lane(rows, exponent)) for exponent, name in _LANES]
    zero, special = [lane for lane in lanes[:1] if lane[1]], [lane for lane in lanes[1:] if lane[1]]
    if not (points or zero or special):
        return ""
    left, right, top, bottom = 46, 10, 32, 28
    start, end = left + LANE * len(zero), width - right - LANE * len(special)
    low, high = (points[0][0], points[-1][0]) if points else (0.0, 0.0)
    span = max(high - low, 1.0)
    drawn = [p for _, lane in (*zero, *special) for p in lane] + points
    beside = [[p for p in _merged(sorted(q for q in _rows(peer.profile) if low <= q[0] <= high)) if p] for peer in peers[:PEERS]]
    finite = (
        [_log(v) for p in drawn for v in p[1:3] if math.isfinite(v)]
        + [_log(p[1]) for line in beside for p in line if math.isfinite(p[1])]
        + ([_log(finding.limit)] if finding.limit else [])
    )
    ceiling = max(1.0, math.ceil(max(finite, default=1.0)))
    floor = -1.0
    inset = 12 if zero or special else 0  # the ends of the axis do not touch the lanes

    def x(e: float) -> str:
        return f"{start + inset + (e - low) / span * (end - start - 2 * inset):.1f}"

    def y(logarithm: float) -> str:
        return (
            f"{height - bottom - (min(max(logarithm, floor), ceiling) - floor) / (ceiling - floor) * (height - top - bottom):.1f}"
        )

    edge = width - right
    parts = [
        f'<svg class="profile" viewBox="0 0 {width} {height}" role="img" aria-label="Worst error by magnitude of the input">',
        f"<title>{escape(_profile_title(points, [name for name, lane in lanes if lane], drawn))}</title>",
    ]
    for tick in _ticks(floor, ceiling, 5):
        parts.append(f'<path class="grid" d="M{left} {y(tick)}H{edge}"/>' + _label(left - 6, y(tick), _power(10, tick), "end"))
    for tick in _ticks(low, high, 8) if points else []:
        parts.append(_label(x(tick), height - bottom + 12, _power(2, tick), "middle"))
    if finding.limit:
        at = y(_log(finding.limit))
        parts.append(f'<path class="limit" d="M{left} {at}H{edge}"/>')
        parts.append(_label(end if points else edge, float(at) - 8, f"limit {numbers.measure(finding.limit)}", "end"))
    parts += [_line(f"peer p{k}", line, 1, x, y) for k, line in enumerate(beside)]
    parts += [_line("excess", points, 2, x, y), _line("ulps", points, 1, x, y)]
    marks = "".join(f"M{x(p[0])} {top - 21}l3.5 6h-7z" for p in points if math.isinf(p[1]))
    for number, (name, lane) in enumerate([*zero, *special]):
        middle = left + LANE * (number + 0.5) if number < len(zero) else end + LANE * (number - len(zero) + 0.5)
        border = middle + LANE / 2 if number < len(zero) else middle - LANE / 2
        parts.append(f'<path class="grid" d="M{border:.1f} {top - 24}V{height - bottom}"/>')
        parts.append(_label(f"{middle:.1f}", height - bottom + 12, name, "middle"))
        for column, kind in ((2, "excess"), (1, "ulps")):
            size = lane[0][column]
            if math.isfinite(size):
                parts.append(f'<path class="{kind}" d="M{middle - 7:.1f} {y(_log(size))}h14"/>')
        marks += f"M{middle:.1f} {top - 21}l3.5 6h-7z" if math.isinf(lane[0][1]) else ""
    if marks:
        parts.append(f'<path class="infinite" d="{marks}"/>' + _label(left - 6, top - 18, "∞", "end"))
    parts.append("</svg>")
    return "".join(parts)


def _rows(profile: Sequence[Sequence[float]]) -> list[list[float]]:
    """The rows of a profile; what a store of before recorded beyond the exponents of binary64 are zeros and infinities."""
    rows = [list(p) for p in profile if len(p) >= 3]
    return [[ZERO if -math.inf < p[0] < _LEAST else INFINITE if _MOST < p[0] < math.inf else p[0], *p[1:]] for p in rows]


#: Exponents of the least and the greatest binade of binary64.
_LEAST, _MOST = -1074, 1023


def _lane(rows: Sequence[Sequence[float]], exponent: float) -> list[list[float]]:
    """The worst errors of the rows of a lane as one point; empty where it has none."""
    mine = [p for p in rows if p[0] == exponent or (math.isnan(exponent) and math.isnan(p[0]))]
    return [[exponent, _worst(p[1] for p in mine), _worst(p[2] for p in mine)]] if mine else []


def _label(x: float | str, y: float | str, text: str, anchor: str) -> str:
    return f'<text class="tick" x="{x}" y="{y}" dy=".32em" text-anchor="{anchor}">{text}</text>'


def _line(name: str, points: Sequence[Sequence[float]], column: int, x: Any, y: Any) -> str:
    """One path; it breaks where the error is infinite or was not measured. A lone point is drawn as a short dash."""
    path, pen = "", False
    for k, point in enumerate(points):
        if not math.isfinite(point[column]):
            pen = False
            continue
        at = f"{x(point[0])} {y(_log(point[column]))}"
        alone = not pen and (k + 1 == len(points) or not math.isfinite(points[k + 1][column]))
        path += f"{'L' if pen else 'M'}{at}" + ("h.1" if alone else "")
        pen = True
    return f'<path class="{name}" d="{path}"/>' if path else ""


def _merged(points: Sequence[Sequence[float]]) -> list[list[float]]:
    """At most POINTS points: runs of neighbours become one, with the worst of each error."""
    step = -(-len(points) // POINTS) if points else 1
    groups = [points[i : i + step] for i in range(0, len(points), step)]
    return [[g[0][0], _worst(p[1] for p in g), _worst(p[2] for p in g)] for g in groups]


def _worst(values: Any) -> float:
    return max((v for v in values if not math.isnan(v)), default=math.nan)


def _log(value: float) -> float:
    return math.log10(max(value, 0.1))


def _ticks(low: float, high: float, most: int) -> list[int]:
    """Round integers between two ends, at most that many."""
    for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000):
        ticks = list(range(math.ceil(low / step) * step, math.floor(high) + 1, step))
        if len(ticks) <= most:
            return ticks
    return []


def _power(base: int, exponent: int) -> str:
    superscripts = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    if (base, exponent) in ((10, 0), (10, 1), (2, 0)):
        return str(base**exponent)
    return f"{base}{str(exponent).translate(superscripts)}"


def _profile_title(points: Sequence[Sequence[float]], lanes: Sequence[str], drawn: Sequence[Sequence[float]]) -> str:
    infinite = sum(math.isinf(p[1]) for p in drawn)
    more = f"; wrong special values in {infinite} of {len(drawn)} places" if infinite else ""
    binades = [f"2^{points[0][0]:g} to 2^{points[-1][0]:g}"] if points else []
    return f"Worst error by magnitude of the number farthest from 1: {', '.join([*binades, *lanes])}{more}"
