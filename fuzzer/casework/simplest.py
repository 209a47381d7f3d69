"""Simplest: a finding's case shrunk, certified again, as it is today."""

from __future__ import annotations

import math

import numpy as np

from ulpfuzz.fuzzer.case import Placement
from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.fuzzer.proof.shrink import shrink
from ulpfuzz.fuzzer.proof.verdict_to_finding import recertified
from ulpfuzz.fuzzer.search.ledger import Candidate

#: Symptoms of a whole call, or of two calls: their case was shrunk when it was certified, and no single answer shows them.
WHOLE_CALL = ("crash", "hang", "exception", "nondeterministic", "inconsistent")


def simplest(finding: Finding) -> Finding | None:
    """The finding at the simplest case that shows the same symptom at the same placement, certified now; at its stored case where that does
    not shrink, None where it does not fail so today. Error, truth and answers are those of the case returned. Deterministic."""
    if finding.symptom in WHOLE_CALL:
        today = reproduce(finding)
        return today.now if today.still_fails else None
    bench, symptom = Bench.of(finding), Symptom[finding.symptom]
    within = None if bench.placement == Placement() else bench.placement
    stored = Candidate(
        bench.batch, bench.output, Class[finding.class_], symptom,
        finding.ulps if finding.ulps == finding.ulps else math.inf, finding.excess, 0, within,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        shrunk = shrink(bench.evaluator, bench.subject, stored)
    call_index = int(finding.case.get("nth", 1))
    for candidate in (shrunk, stored) if shrunk is not stored else (stored,):
        certified = recertified(
            bench.evaluator, bench.subject, candidate.row, candidate.output, symptom, bench.placement, call_index
        )
        if certified is not None:
            return certified
    return None
