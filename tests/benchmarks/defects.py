"""Defects: how well a run's findings are ranked and grouped, against findings that people have read one by one.

None of what is read is part of ulpfuzz. ULPFUZZ_AUDIT_DB names the store of the run, by URL. ULPFUZZ_AUDIT names a file of JSON lines, a
finding each: `id`, `verdict` (TRUE-HIGH: worth mending; TRUE-EDGE; CONTRACT; DUPLICATE-CAUSE), `duplicate_of`, `stratum` (random or another).
ULPFUZZ_PAIRS names one of defects made by hand: `members`, ids of findings of one cause; `group`, a name; within one name members of different
lines are of different causes, unless a line has `apart` false: there it is not known.

The rank is measured by the area under the curve: how probably a finding worth mending stands above one that is not. Groups are measured by pairs
of findings: precision is the share of joined pairs that are of one cause, recall the share of pairs of one cause that are joined. Two CONTRACT
findings are no pair: nothing is at fault, and nobody asked whether it is the same nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.defects.memory import defects_of
from ulpfuzz.fuzzer.defects.rank import score
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.store import Store

#: Goals: the area under the curve, precision and recall of pairs; findings to a defect, as the audit of one run estimated them.
AREA, PRECISION, RECALL = 0.90, 0.95, 0.80
Labels = Mapping[str, Mapping[str, Any]]
#: Whether two findings are of one cause; None where that is not known.
Same = Callable[[str, str], bool | None]


def measures() -> Iterator[Measure]:
    url, labels = os.environ.get("ULPFUZZ_AUDIT_DB", ""), _lines("ULPFUZZ_AUDIT")
    if not url or not labels:
        print("defects are not measured: ULPFUZZ_AUDIT_DB and ULPFUZZ_AUDIT name no store and no labels", file=sys.stderr)
        return
    with Store(url, create=False) as store:
        run = store.run()
        findings = {f.id: f for f in store.findings(run.id)}
        start = time.process_time()
        defects = defects_of(store, run.id)
        yield Measure("defects: seconds to form those of a run", time.process_time() - start, "s", 5.0, "<")
    yield Measure(
        "defects: findings of a defect", len(findings) / len(defects), "findings", detail={"defects": float(len(defects))}
    )
    audited = {row["id"]: row for row in labels if row["id"] in findings}
    yield from _ranks(audited, findings, defects)
    of = {member: defect.id for defect in defects for member in defect.members}
    named = {row["duplicate_of"] for row in labels} & findings.keys()
    yield from _pairs("the audit", sorted({*audited, *named} & of.keys()), of, _by_audit(audited))
    if pairs := _lines("ULPFUZZ_PAIRS"):
        place = {member: number for number, line in enumerate(pairs) for member in line["members"]}
        yield from _pairs("defects made by hand", sorted(place.keys() & of.keys()), of, _by_hand(pairs, place))


def _lines(variable: str) -> list[dict[str, Any]]:
    path = os.environ.get(variable, "")
    return [json.loads(line) for line in Path(path).read_text().splitlines()] if Path(path).is_file() else []


def _ranks(labels: Labels, findings: Mapping[str, Finding], defects: Sequence[Defect]) -> Iterator[Measure]:
    whole = {member: defect.score for defect in defects for member in defect.members}
    for name, ids in (
        ("", list(labels)),
        (" of random ones", [i for i, row in labels.items() if row.get("stratum") == "random"]),
    ):
        high = [i for i in ids if _is_high(labels, i)]
        rest = [i for i in ids if i not in high]
        for what, value, goal in (
            ("severity of a finding", lambda i: findings[i].severity, None),
            ("score of a finding", lambda i: score(findings[i]), None),
            ("score of its defect", lambda i: whole.get(i, 0.0), AREA),
        ):
            above = [(value(one) > value(other)) + 0.5 * (value(one) == value(other)) for one in high for other in rest]
            if above:
                yield Measure(f"rank by the {what}{name}", sum(above) / len(above), "area under the curve", goal)


def _is_high(labels: Labels, name: str) -> bool:
    """Whether a finding, or the one that it duplicates, is worth mending."""
    row = labels[name]
    return row["verdict"] == "TRUE-HIGH" or (row["duplicate_of"] in labels and _is_high(labels, row["duplicate_of"]))


def _by_audit(labels: Labels) -> Same:
    def root(name: str) -> str:
        duplicated = labels[name]["duplicate_of"] if name in labels else None
        return root(duplicated) if duplicated else name

    def same(one: str, other: str) -> bool | None:
        contract = [labels[name]["verdict"] == "CONTRACT" for name in (one, other) if name in labels]
        return None if contract == [True, True] else root(one) == root(other)

    return same


def _by_hand(lines: Sequence[Mapping[str, Any]], place: Mapping[str, int]) -> Same:
    def same(one: str, other: str) -> bool | None:
        first, second = lines[place[one]], lines[place[other]]
        if first is second:
            return True
        return None if first["group"] == second["group"] and not first.get("apart", True) else False

    return same


def _pairs(name: str, ids: Sequence[str], of: Mapping[str, str], same: Same) -> Iterator[Measure]:
    right = joined = true = 0
    for one, other in combinations(ids, 2):
        truth, together = same(one, other), of[one] == of[other]
        if truth is not None:
            right, joined, true = right + (truth and together), joined + together, true + truth
    counts = {"joined": float(joined), "of one cause": float(true)}
    if joined:
        yield Measure(f"grouping, precision of pairs: {name}", right / joined, "share", PRECISION, detail=counts)
    if true:
        yield Measure(f"grouping, recall of pairs: {name}", right / true, "share", RECALL, detail=counts)
