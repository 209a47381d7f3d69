"""Simplest: a finding's case shrunk, placed, and certified again, as it is today."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ulpfuzz.fuzzer.case import Placement
from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.cell import subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.peers import Peers
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.fuzzer.proof.place import Placed, place, simplest_pair
from ulpfuzz.fuzzer.proof.shrink import shrink
from ulpfuzz.fuzzer.proof.verdict_to_finding import recertified, recertified_pair
from ulpfuzz.fuzzer.search.ledger import Candidate

#: Symptoms of a whole call, or of several calls: no single answer shows them.
WHOLE_CALL = ("crash", "hang", "exception", "nondeterministic", "inconsistent")
#: Answers beside a finding that say that a call did not return: it is not made again.
_GONE = ("crash", "hang")


def simplest(finding: Finding) -> Finding | None:
    """The finding at the simplest case that shows the same symptom, at the simplest place in a call, certified now; at its stored case and
    place where these are the simplest, None where it does not fail so today. Error, truth and answers are those of the case returned; beside
    it answer the calls that did before. Deterministic."""
    if finding.symptom in WHOLE_CALL:
        pair = _simplest_pair(finding) if finding.symptom == Symptom.inconsistent.name else None
        if pair is not None:
            return pair
        today = reproduce(finding)
        return today.now if today.still_fails else None
    bench, symptom, call_index = Bench.of(finding), Symptom[finding.symptom], int(finding.case.get("nth", 1))
    evaluator = _with_others(finding, bench)
    for candidate in _shrunk(bench, _stored(finding, bench, symptom)):
        for placed in _places(bench, candidate, call_index):
            certified = recertified(evaluator, bench.subject, candidate, placed, call_index)
            if certified is not None:
                return certified
    return None


def _stored(finding: Finding, bench: Bench, symptom: Symptom) -> Candidate:
    ulps = finding.ulps if finding.ulps == finding.ulps else math.inf
    return Candidate(bench.batch, bench.output, Class[finding.class_], symptom, ulps, finding.excess, 0)


def _shrunk(bench: Bench, stored: Candidate) -> Iterator[Candidate]:
    """What the case shrinks to among other rows; where it does not, in calls of its own at its place (a tail, say, which few rows of a call
    see); last the case itself."""
    with np.errstate(all="ignore"):
        shrunk = shrink(bench.evaluator, bench.subject, stored)
        if shrunk is stored and bench.placement != Placement():
            shrunk = shrink(bench.evaluator, bench.subject, replace(stored, within=bench.placement))
    if shrunk.row is not stored.row:
        yield shrunk
    yield stored


def _places(bench: Bench, candidate: Candidate, call_index: int) -> Iterator[Placed]:
    """The simplest place where the candidate fails in the same way, and the stored one."""
    found = place(bench.evaluator, bench.subject, candidate.row, candidate.output) if call_index == 1 else None
    if found is not None and found.symptom == candidate.symptom:
        yield found
    yield Placed.known(bench.placement, candidate.symptom)


def _simplest_pair(finding: Finding) -> Finding | None:
    """Of symptom inconsistent: the same bits at the simplest two places, shrunk where they fail; None where the places are calls that are equal,
    or none are simpler."""
    if "nth" in finding.case or "nth" in finding.case.get("right", {}):
        return None
    bench, evaluator = Bench.of(finding), None
    answers = bench.placed()
    if not len(answers.classes):
        return None
    at = bench.placement.position
    stored = _stored(finding, bench, Symptom[answers.symptom(at, bench.output)])
    for candidate in _shrunk(bench, stored):
        pair = simplest_pair(bench.evaluator, bench.subject, candidate.row, candidate.output, candidate.symptom)
        evaluator = evaluator or _with_others(finding, bench)
        certified = None if pair is None else recertified_pair(evaluator, bench.subject, candidate, pair)
        if certified is not None:
            return certified
    return None


def _with_others(finding: Finding, bench: Bench) -> Evaluator:
    """An evaluator of all calls whose answers stand beside the finding: those of its target as subjects, the others as peers."""
    answering = {(a.target, a.implementation) for a in finding.answers if a.symptom not in _GONE}
    targets = tuple(dict.fromkeys(a.target for a in finding.answers))
    known = subjects_of(bench.cell, targets)
    left_out = [(s.target, s.implementation.call) for s in known if (s.target, s.implementation.call) not in answering]
    own = [s for s in known if s.target == bench.subject.target and (s.target, s.implementation.call) in answering]
    subjects = own if bench.subject in own else [bench.subject, *own]
    return Evaluator(bench.cell, subjects, peers=Peers(bench.cell, targets, (bench.subject.target,), left_out))
