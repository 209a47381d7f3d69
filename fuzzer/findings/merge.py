"""Merge: one finding, one cell, from several shards of a run.

Every merge is commutative and associative, so that a run tells the same whichever shard ends first.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from ulpfuzz.fuzzer.findings.finding import NOT_A_NUMBER, CellSummary, Finding

Profile = list[list[float]]


def merge_findings(one: Finding, other: Finding) -> Finding:
    """The worse of two records of one finding (by severity, then ulps, then the simpler case), with both extents and profiles.

    What belongs to the case (inputs, answers, `avoidable_by`) is that of the case kept: a peer that got another case right proves
    nothing here.
    """
    kept = min(one, other, key=_badness)
    return replace(kept, extent=_merge_extents(kept, one, other), profile=merge_profiles(one.profile, other.profile))


def merge_cells(one: CellSummary, other: CellSummary) -> CellSummary:
    """Counts added, the worst kept, profiles merged."""
    classes = {c: one.classes.get(c, 0) + other.classes.get(c, 0) for c in sorted({*one.classes, *other.classes})}
    return replace(
        one,
        verdicts=one.verdicts + other.verdicts,
        classes=classes,
        worst_ulps=worst(one.worst_ulps, other.worst_ulps),
        worst_excess=worst(one.worst_excess, other.worst_excess),
        profile=merge_profiles(one.profile, other.profile),
        compared=one.compared + other.compared,
        differing=one.differing + other.differing,
    )


def merge_profiles(one: Profile, other: Profile) -> Profile:
    """Rows [exponent, worst ulps, worst excess, count], one per exponent or lane, in ascending order, NaN last."""
    rows: dict[float, list[float]] = {}
    for exponent, ulps, excess, count in (*one, *other):
        at = NOT_A_NUMBER if math.isnan(exponent) else exponent  # one object, so that it is one key
        if at in rows:
            seen = rows[at]
            rows[at] = [at, worst(seen[1], ulps), worst(seen[2], excess), seen[3] + count]
        else:
            rows[at] = [at, ulps, excess, count]
    return [rows[exponent] for exponent in sorted(rows, key=lambda at: (math.isnan(at), at))]


def worst(one: float, other: float) -> float:
    """The larger of two errors; NaN (not known) gives way to a number."""
    if math.isnan(one):
        return other
    return one if math.isnan(other) else max(one, other)


def _badness(finding: Finding) -> tuple[float, float, float, int, str]:
    """Ascending from the worst; the text of the case and answer makes the order total."""
    case = json.dumps(finding.case, sort_keys=True)
    rest = json.dumps([finding.worst, finding.reference, finding.output_hex, finding.avoidable_by, finding.note])
    return (-_known(finding.severity), -_known(finding.ulps), -_known(finding.excess), len(case), case + rest)


def _known(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _merge_extents(kept: Finding, one: Finding, other: Finding) -> dict[str, Any]:
    """count, judged and special added, share anew from them (absent where a shard does not say), low, high and inputs the joint spans.

    Other keys are those of the case kept.
    """
    extents = (one.extent, other.extent)
    merged = dict(kept.extent)
    counts = [e["count"] for e in extents if "count" in e]
    if counts:
        merged["count"] = sum(counts)
    judged = [j for e in extents if (j := _judged(e)) is not None]
    if judged and len(judged) == len(counts):
        merged["judged"] = sum(judged)
        merged["share"] = merged["count"] / merged["judged"]
    elif len(counts) > 1:
        merged.pop("share", None)  # the share of one shard is not that of the run
        merged.pop("judged", None)
    for name, choose in (("low", min), ("high", max)):
        ends = [e[name] for e in extents if _decimal(e.get(name)) is not None]
        if ends:
            merged[name] = choose(ends, key=lambda end: (_decimal(end), str(end)))
    if spans := [e["inputs"] for e in extents if "inputs" in e]:
        merged["inputs"] = {name: _joint([s[name] for s in spans if name in s]) for name in kept.extent.get("inputs", spans[0])}
        merged["special"] = sum(e.get("special", 0) for e in extents)
    return dict(sorted(merged.items()))


def _joint(spans: list[list[float]]) -> list[float]:
    """[low, high] over all of them; nan where none is known."""
    known = [s for s in spans if not math.isnan(s[0])]
    return [min(s[0] for s in known), max(s[1] for s in known)] if known else [math.nan, math.nan]


def _judged(extent: dict[str, Any]) -> int | None:
    """How many elements were judged: said, or recovered from count and share."""
    if "judged" in extent:
        return int(extent["judged"])
    if extent.get("count") and extent.get("share"):
        return round(float(extent["count"]) / float(extent["share"]))
    return None


def _decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return None if number.is_nan() else number
