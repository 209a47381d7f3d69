"""Number line: where an input may lie so that the answer is wrong, on an axis of all numbers of the format, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ulpfuzz.fuzzer.formats import Format, format_named

#: The size of the drawing, and the width of the lanes of infinities and NaN beside the axis.
WIDTH, HEIGHT, LANE = 720, 58, 34
#: Everyday numbers, by magnitude: what inputs of models and their parameters are like (the rank's own bounds).
EVERYDAY = (-12, 12)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Span:
    """A closed interval of numbers, drawn as a bar of this class."""

    low: float
    high: float
    style: str = "failing"


@dataclass(frozen=True)
class Axis:
    """Numbers of a format by the logarithm of their magnitude, zero in the middle, or at the left where none is negative."""

    fmt: Format
    left: float
    right: float
    signed: bool

    def x(self, value: float) -> float:
        """Where a finite number stands: its sign, and the share of the format's exponents below its own."""
        least, most = self.fmt.emin - self.fmt.precision + 1, self.fmt.emax + 1
        gap = 0.03
        if value == 0:
            share = 0.0
        else:
            share = gap + (1 - gap) * (min(max(math.log2(abs(value)), least), most) - least) / (most - least)
        if not self.signed:
            return self.left + share * (self.right - self.left)
        middle, half = (self.left + self.right) / 2, (self.right - self.left) / 2
        return middle + math.copysign(share, value) * half


def number_line(name: str, dtype: str, spans: Sequence[Span], case: Sequence[float]) -> str:
    """SVG of one input: bars where it fails, a mark where the case's numbers are, everyday numbers shaded; infinities and NaN have lanes of
    their own beside the axis. "" where there is nothing to draw."""
    fmt = format_named(dtype)
    ends = [v for s in spans for v in (s.low, s.high)]
    drawn = [v for v in (*ends, *case) if not math.isnan(v)]
    if not drawn and not any(map(math.isnan, case)):
        return ""
    signed = any(v < 0 for v in drawn)
    infinite, nan = any(map(math.isinf, drawn)), any(map(math.isnan, case))
    start = 8 + (LANE if signed and infinite else 0)
    end = WIDTH - 8 - (LANE if infinite else 0) - (LANE if nan else 0)
    axis = Axis(fmt, start, end, signed)
    lanes = {-math.inf: start - LANE / 2, math.inf: end + LANE / 2}
    top, line = 8, 34

    def at(value: float) -> float:
        return lanes[value] if math.isinf(value) else axis.x(value)

    label = f"{name}: fails " + (", ".join(f"from {s.low:.4g} to {s.high:.4g}" for s in spans) or "at the case alone")
    parts = [f'<svg class="line" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label, {chr(34): "&quot;"})}">']
    for sign in (1, -1) if signed else (1,):
        low, high = sorted(axis.x(sign * 2.0**e) for e in EVERYDAY)
        parts.append(f'<rect class="everyday" x="{low:.1f}" y="{top}" width="{high - low:.1f}" height="{line - top}"/>')
    parts.append(f'<path class="axis" d="M{start} {line}H{end}"/>')
    for span in spans:
        low, high = at(span.low), at(span.high)
        parts.append(
            f'<rect class="{span.style}" x="{low - 1.5:.1f}" y="{line - 12}" width="{max(high - low, 0) + 3:.1f}" height="9" rx="2"/>'
        )
    for value in _ticks(fmt, signed):
        parts.append(f'<path class="axis" d="M{axis.x(value):.1f} {line}v4"/>')
        parts.append(f'<text class="tick" x="{axis.x(value):.1f}" y="{line + 14}" text-anchor="middle">{_power(value)}</text>')
    for value, text in ((-math.inf, "-∞"), (math.inf, "∞")):
        if infinite and (signed or value > 0):
            parts.append(f'<text class="tick" x="{lanes[value]:.1f}" y="{line + 14}" text-anchor="middle">{text}</text>')
    if nan:
        place = WIDTH - 8 - LANE / 2
        parts.append(f'<text class="tick" x="{place}" y="{line + 14}" text-anchor="middle">NaN</text>')
        parts.append(f'<path class="case" d="M{place} {line}l-4 -9h8z"/>')
    marks = dict.fromkeys(f"{at(v):.1f}" for v in case if not math.isnan(v))
    parts += [f'<path class="case" d="M{x} {line}l-4 -9h8z"/>' for x in list(marks)[:40]]
    return "".join([*parts, "</svg>"])


def _ticks(fmt: Format, signed: bool) -> list[float]:
    """Round powers of two, and zero."""
    step = {5: 8, 8: 64, 11: 512}.get(fmt.width - fmt.precision, 64)
    powers = [2.0**e for e in range(-2 * step, 2 * step + 1, step) if fmt.emin - fmt.precision < e <= fmt.emax]
    return [*(-p for p in powers if signed), 0.0, *powers]


def _power(value: float) -> str:
    if value == 0:
        return "0"
    exponent = round(math.log2(abs(value)))
    text = "1" if exponent == 0 else f"2{str(exponent).translate(_SUPERSCRIPTS)}"
    return f"-{text}" if value < 0 else text
