"""Extent: where a finding was seen, in words."""

from __future__ import annotations

from ulpfuzz.fuzzer.defects.case_file import Interval
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import Finding


def extent_text(finding: Finding, what: str = "of judged elements") -> str:
    """The share of judged elements that fail like this, and the inputs where; "" where nothing is known of it.

    25 % of judged elements (1,234), x from 88.7 to 3.4e38, y from 0 to 1; 12 of them with an infinity or a NaN among the inputs.
    """
    extent = finding.extent
    if not extent:
        return ""
    share = numbers.share(float(extent["share"])) if "share" in extent else "?"
    parts = [f"{share} {what}" + (f" ({numbers.count(int(extent['count']))})" if "count" in extent else "")]
    spans = extent.get("inputs")
    if spans is None and "low" in extent and "high" in extent:  # of a store that tells of the first input's magnitude alone
        return f"{parts[0]}, from {_end(extent['low'])} to {_end(extent['high'])}"
    parts += [f"{name} from {_end(low)} to {_end(high)}" for name, (low, high) in (spans or {}).items() if low == low]
    special = int(extent.get("special", 0))
    return ", ".join(parts) + (
        f"; {numbers.count(special)} of them with an infinity or a NaN among the inputs" if special else ""
    )


def _end(value: float | str) -> str:
    return f"{float(value) + 0.0:.4g}"


def interval_text(interval: Interval, dtype: str) -> str:
    """An interval of a case file in words: x from 88.72284 to the end of the format; 950 of 1,000 points between fail."""
    low, high = (numbers.brief(float.fromhex(end), dtype, 8) for end in (interval.low, interval.high))
    low += " (the end of its range)" if interval.low_is_edge else ""
    high += " (the end of its range)" if interval.high_is_edge else ""
    judged = (
        f"; {numbers.count(interval.failing)} of {numbers.count(interval.judged)} points between fail" if interval.judged else ""
    )
    return f"{interval.input} from {low} to {high}, the other inputs as above{judged}"
