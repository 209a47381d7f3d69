"""Advice on the findings of a stored run: of how many places, one per op and framework, a way out is verified, and what it gives.

ULPFUZZ_STORE names the store (its latest run is taken), ULPFUZZ_PLACES how many places are tried (default 100), ULPFUZZ_TABLE a file that gets
the table in Markdown after each place (`docs/reference/advice.md` is such a one). Places whose numbers are ordinary come first, then by
severity. What does not fail here any more is counted apart.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.casework.advice.advise import POINTS, advise
from ulpfuzz.fuzzer.casework.comparison import comparison_of
from ulpfuzz.fuzzer.defects.case_file import Advice
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.registry import framework_names, installed
from ulpfuzz.fuzzer.frameworks.targets.target import framework_of

#: Places with an advice that was verified on all points.
GOAL = 40
#: Binades from 1 within which a number is ordinary.
ORDINARY = 12


@dataclass(frozen=True)
class Tried:
    """One place, and the advice for it."""

    finding: Finding
    advice: tuple[Advice, ...]
    seconds: float


def measures() -> Iterator[Measure]:
    url = os.environ.get("ULPFUZZ_STORE", "")
    if not url:
        yield Measure("advice: no store in ULPFUZZ_STORE", 0, "places")
        return
    tried, gone = [], 0
    for finding in places(url)[: int(os.environ.get("ULPFUZZ_PLACES", "100"))]:
        if not still_fails(finding):
            gone += 1
            continue
        began = time.perf_counter()
        advice = advise(finding)
        tried.append(Tried(finding, advice, time.perf_counter() - began))
        if table := os.environ.get("ULPFUZZ_TABLE", ""):
            Path(table).write_text(page(tried, gone))
    advised = [t for t in tried if t.advice]
    yield Measure("advice: places that fail here", len(tried), "places", detail={"gone": float(gone)})
    yield Measure("advice: places with advice", len(advised), "places", GOAL)
    full = [t for t in advised if any(a.verified_on >= POINTS for a in t.advice)]
    yield Measure(f"advice: verified on {POINTS} points", len(full), "places", GOAL)
    if tried:
        seconds = sorted(t.seconds for t in tried)
        yield Measure("advice: seconds of a place", seconds[len(seconds) // 2], "s (median)", detail={"largest": seconds[-1]})


def places(url: str) -> list[Finding]:
    """One finding per op and target of the latest run, the ordinary first."""
    with Store(url, create=False) as store:
        findings = store.findings(store.run("latest").id)
    chosen: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda f: (_binades(f) > ORDINARY, -f.severity, f.id)):
        if finding.symptom not in ("crash", "hang", "exception"):
            chosen.setdefault((finding.op, finding.target), finding)
    return list(chosen.values())


def still_fails(finding: Finding) -> bool:
    try:
        comparison, subject, row = comparison_of(finding)
        return bool(comparison.measure_placed(subject, row, case_of(finding).placement).wrong[0])
    except UserError:
        return False


def _binades(finding: Finding) -> float:
    """How far the number of the case that is farthest from 1 is from it; inf of an infinity or a NaN."""
    batch: Batch = case_of(finding).batch()
    numbers = [abs(float(v)) for values in batch.exact().values() for v in values.ravel()]
    return max((abs(math.log2(n)) if 0 < n < math.inf else 0.0 if n == 0 else math.inf for n in numbers), default=0.0)


def page(tried: list[Tried], gone: int) -> str:
    """The table in Markdown."""
    advised = [t for t in tried if t.advice]
    full = [t for t in advised if any(a.verified_on >= POINTS for a in t.advice)]
    versions = ", ".join(f"{name} {installed(name)}" for name in framework_names() if installed(name))
    rows = [row for t in advised for row in _rows(t)]
    return (
        "# Advice that was tried\n\n"
        "Written by `ULPFUZZ_STORE=... ULPFUZZ_TABLE=docs/reference/advice.md python -m tests.benchmarks advice`: places of a stored run, one per op "
        "and framework, those with ordinary numbers first. Each way out was judged by the oracle at the case, on fresh points around it (in the same "
        "binades of every input) and over everyday inputs; errors are the largest in ulps, inf of a wrong kind. What did not help is not here.\n\n"
        f"Of {len(tried)} places that fail here ({gone} fail no more) {len(advised)} have advice, {len(full)} of them verified on {POINTS:,} points "
        f"or more. {versions}; {platform.machine()}.\n\n"
        "| op, dtype | call | way | advice | points | before | after | everyday | before | after |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n" + "".join(rows)
    )


def _rows(tried: Tried) -> list[str]:
    found = tried.finding
    place = f"{found.op} {found.dtype} ({framework_of(found.target)})"
    return [
        f"| {place} | {_code(found.implementation)} | {a.way.replace('_', ' ')} | {_advised(a)} | {a.verified_on} | {_ulps(a.worst_ulps_before)} | "
        f"{_ulps(a.worst_ulps_after)} | {a.everyday_on} | {_ulps(a.everyday_ulps_before)} | {_ulps(a.everyday_ulps_after)} |\n"
        for a in tried.advice
    ]


def _advised(advice: Advice) -> str:
    if advice.way == "limit_range":
        return advice.text.replace("|", "\\|")
    return f"{_code(advice.call)}{f' ({advice.rule})' if advice.way == 'rewrite' else ''}"


def _code(call: str) -> str:
    return f"`{call.replace('|', chr(92) + '|')}`"


def _ulps(error: float) -> str:
    return f"{error:.2g}" if error < 1e6 else f"{error:.1e}"
