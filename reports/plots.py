"""Plots: the heat map of the whole run (plotly) and the small error-versus-input plot of a finding (SVG, no script needed)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import INFINITE, NOT_A_NUMBER, ZERO, Finding
from ulpfuzz.reports.model import Heat, Report

#: Excess errors are drawn between 10^LOW and 10^HIGH; infinite ones (a wrong special value) at the top.
LOW, HIGH = -1.0, 10.0
#: A calm grey up to the screen's c = 16 (DESIGN: no accurate result was measured above 10.6), then sand to red.
_SCREEN = math.log10(16)
#: A plot of a float64 finding would have 2,046 binades; neighbours are merged (the worst kept) down to this many.
POINTS = 240
#: The lanes of a profile, those of zeros left of the axis, and the width of one.
_LANES = ((ZERO, "0"), (INFINITE, "±∞"), (NOT_A_NUMBER, "NaN"))
LANE = 34
#: The panels of the map, with their titles.
_ORDERS = {"value": "value", "grad": "gradient", "jvp": "forward mode", "grad2": "second derivative"}


def heat_map(report: Report) -> dict[str, Any]:
    """A plotly figure: ops (rows, the worst on top) by targets (columns), a panel per order, log10 of the worst excess E.

    `customdata` holds the finding's id where the worst case is one, for a click to lead there.
    """
    orders = [o for o in _ORDERS if any(h.order == o for h in report.heat)]
    orders += sorted({h.order for h in report.heat} - set(orders))
    worst: dict[str, float] = {}
    for h in report.heat:
        worst[h.op] = max(worst.get(h.op, LOW), _height(h))
    ops = sorted(worst, key=lambda op: (worst[op], op))  # plotly draws the last category on top
    columns = {order: sorted({h.target for h in report.heat if h.order == order}) for order in orders}
    total = sum(map(len, columns.values()))
    # Names of targets stand upright where they would run into each other.
    upright = total > 8 or max((len(t) for targets in columns.values() for t in targets), default=0) > 24
    longest = max((len(t) for targets in columns.values() for t in targets), default=0)
    at = {(h.order, h.op, h.target): h for h in report.heat}
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "height": 110 + 19 * max(len(ops), 12 if upright else 6) + (7 * longest if upright else 0),
        "margin": {"l": 8, "r": 8, "t": 84, "b": 8, "pad": 3},
        "annotations": [],
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"align": "left", "font": {"size": 12}},
        "font": {"size": 12},
        "dragmode": False,
    }
    gap = 0.03
    start, unit = 0.0, (1 - gap * (len(orders) - 1)) / max(total, 1)
    for k, order in enumerate(orders):
        suffix = "" if k == 0 else str(k + 1)
        targets = columns[order]
        rows = [[at.get((order, op, target)) for target in targets] for op in ops]
        traces.append(
            {
                "type": "heatmap",
                "x": targets,
                "y": ops,
                "z": [[None if h is None else _height(h) for h in row] for row in rows],
                "text": [["" if h is None else _hover(h) for h in row] for row in rows],
                "customdata": [["" if h is None else h.finding for h in row] for row in rows],
                "hovertemplate": "%{text}<extra></extra>",
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "coloraxis": "coloraxis",
                "xgap": 2,
                "ygap": 2,
            }
        )
        width = unit * len(targets)
        layout[f"xaxis{suffix}"] = {
            "domain": [start, start + width], "side": "top", "tickangle": -90 if upright else -30 if len(targets) > 3 else 0, "fixedrange": True,
            "showgrid": False, "zeroline": False, "automargin": True, "anchor": f"y{suffix}",
            "title": {"text": f"<b>{escape(_ORDERS.get(order, order))}</b>", "standoff": 6},
        }  # fmt: skip
        layout[f"yaxis{suffix}"] = {
            "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True,
            "showticklabels": k == 0, "anchor": f"x{suffix}",
            "type": "category", "dtick": 1, "ticks": "",
        }  # fmt: skip
        start += width + gap
    layout["coloraxis"] = {
        "cmin": LOW, "cmax": HIGH, "colorscale": _scale(),
        "colorbar": {
            "title": {"text": "worst E", "side": "top"}, "thickness": 10, "lenmode": "pixels", "len": 210,
            "outlinewidth": 0, "y": 1,
            "yanchor": "top", "tickvals": [0, _SCREEN, 3, 6, HIGH], "ticktext": ["1", "16", "10³", "10⁶", "≥10¹⁰"],
        },
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def profile_svg(finding: Finding, width: int = 720, height: int = 200) -> str:
    """Worst error per binade of the number farthest from 1: ulps as a line, excess E dashed, infinite errors as marks on top.

    Axes: the exponent e of 2^e <= |x| < 2^(e+1); errors on a log10 scale. Rows of zeros alone, with an infinity and with a NaN have lanes of their
    own beside the axis, for they have no exponent. "" where there is no profile.
    """
    rows = [p for p in finding.profile if len(p) >= 3]
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
    finite = [_log(v) for p in drawn for v in p[1:3] if math.isfinite(v)] + ([_log(finding.limit)] if finding.limit else [])
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
        ticks = [t for t in range(math.ceil(low), math.floor(high) + 1) if t % step == 0]
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


def _height(heat: Heat) -> float:
    if math.isnan(heat.excess):
        return LOW
    return HIGH if math.isinf(heat.excess) else round(min(max(math.log10(max(heat.excess, 1e-3)), LOW), HIGH), 3)


def _hover(heat: Heat) -> str:
    size = "a wrong special value" if math.isinf(heat.excess) else f"E = {numbers.measure(heat.excess)}"
    lines = [heat.text[i : i + 90] for i in range(0, min(len(heat.text), 360), 90)]
    return f"<b>{escape(heat.op)}</b> {escape(heat.order)}, {escape(heat.target)}<br>{size}<br>" + "<br>".join(
        escape(t) for t in lines
    )


def _scale() -> list[list[Any]]:
    """Readable on paper and on a dark page: no colour is near white or black."""
    stops = ((LOW, "#8fa3ad"), (_SCREEN, "#a9b3a2"), (_SCREEN, "#e3c26f"), (3.0, "#e09a4f"), (6.0, "#cc5a3f"), (HIGH, "#a8243b"))
    return [[(at - LOW) / (HIGH - LOW), colour] for at, colour in stops]
