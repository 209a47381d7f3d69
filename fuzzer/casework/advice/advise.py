"""Advise: the ways out of a defect that help, each judged by the oracle at the case, on fresh points around it and over everyday inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement, concatenate
from ulpfuzz.fuzzer.casework.advice.candidates import Candidate, candidates_of, elsewhere
from ulpfuzz.fuzzer.casework.advice.limits import inside, range_of, written
from ulpfuzz.fuzzer.casework.advice.neighbourhood import around
from ulpfuzz.fuzzer.casework.comparison import Comparison, Measurement, comparison_of
from ulpfuzz.fuzzer.casework.ordinary import affordable, everyday_batches
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.defects.case_file import Advice
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding

#: Points around the case, and everyday rows, on which an advice is judged.
POINTS = 10_000
#: Rows of the first look, which most candidates do not survive.
FIRST = 256
#: What is wrong over everyday inputs by more than this factor of the call's error there is no advice: a rounding more or less changes the worst of
#: some thousand errors by a factor of two, a larger one means that digits are lost elsewhere.
FACTOR = 2.0
#: Candidates of each way that are judged on all points, the plainest first.
TRIED = 4
#: A range that holds less of the everyday rows is of no use.
USABLE = 0.5
#: Symptoms of the process, not of the numbers.
OF_THE_PROCESS = ("crash", "hang", "nondeterministic")


@dataclass(frozen=True)
class Ground:
    """Where candidates are judged: the case in its place, the points around it, everyday rows by length."""

    comparison: Comparison
    subject: Subject
    row: Batch
    placement: Placement
    near: Batch
    everyday: tuple[Batch, ...]
    #: The element that the finding speaks of.
    output: int


def advise(finding: Finding, points: int = POINTS, *, others: bool = True) -> tuple[Advice, ...]:
    """At most one advice for each of the four ways: the plainest that helps. points: those around the case on which it is judged, and everyday rows.
    others: whether other frameworks' calls are tried where none of this one helps.

    A candidate helps where its answer to the case is right; no decided answer on the points around the case is wrong; and over everyday inputs it is
    wrong nowhere, or at no more rows than the call is, by at most FACTOR times the call's worst error. Empty where nothing helps,
    where the call is right at the case, and for crashes, hangs and answers that change. The same finding gives the same advice.
    Raises UserError where its op or target is none of this installation's, TimeIsUpError inside `ending`.
    """
    if finding.symptom in OF_THE_PROCESS:
        return ()
    comparison, subject, row = comparison_of(finding)
    placement = case_of(finding).placement
    before = comparison.measure_placed(subject, row, placement)
    if not before.wrong[0]:
        return ()
    rng = np.random.default_rng(
        int.from_bytes(hashlib.sha256(repr((comparison.cell.key, row.case(0).inputs)).encode()).digest()[:8], "big")
    )
    function = comparison.evaluator.function
    rows = min(points, affordable(function, {name: values.shape[1:] for name, values in row.inputs.items()}))
    ground = Ground(
        comparison, subject, row, placement, concatenate([row, around(comparison.cell.record, row, rows, rng)]),
        tuple(everyday_batches(comparison.cell, function, points)), finding.worst,
    )  # fmt: skip
    surviving = _first_look(ground, candidates_of(comparison.cell, subject))
    found = _judged(ground, surviving)
    if not found and others:  # another framework is the last that one would turn to
        found = _judged(ground, _first_look(ground, elsewhere(comparison.cell, subject)))
    limited = _limited(ground, points, rng)
    return (*found, *([] if limited is None else [limited]))


def _first_look(ground: Ground, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that are right at the case and wrong at none of the first points around it."""
    right = []
    for candidate in candidates:
        placed = ground.comparison.measure_placed(candidate.subject, ground.row, ground.placement)
        if not placed.error and not placed.wrong[0] and not placed.undecided[0]:
            right.append(candidate)
    if not right:
        return []
    few = ground.near.take(slice(0, FIRST))
    measured = ground.comparison.measure([c.subject for c in right], few)
    return [c for c, m in zip(right, measured, strict=True) if not m.wrong.any()]


def _judged(ground: Ground, candidates: Sequence[Candidate]) -> list[Advice]:
    """The first of each way that helps on all points."""
    chosen: list[Candidate] = []
    for way in dict.fromkeys(c.way for c in candidates):
        of_way = sorted((c for c in candidates if c.way == way), key=lambda c: (c.plainness, len(c.call)))
        chosen += of_way[:TRIED]
    if not chosen:
        return []
    subjects = [ground.subject, *(c.subject for c in chosen)]
    before, *near = ground.comparison.measure(subjects, ground.near)
    everyday_before, *everyday = _over(ground, ground.everyday, subjects)
    found: dict[str, Advice] = {}
    for candidate, around_it, usual in zip(chosen, near, everyday, strict=True):
        if candidate.way not in found and helps(around_it, usual, everyday_before):
            found[candidate.way] = Advice(
                candidate.way, candidate.call, candidate.text, candidate.rule, around_it.judged, before.worst, around_it.worst,
                usual.judged, everyday_before.worst, usual.worst, _answer(ground, candidate),
            )  # fmt: skip
    return list(found.values())


def _over(ground: Ground, batches: Sequence[Batch], subjects: Sequence[Subject]) -> list[Measurement]:
    """Of each subject over all rows of these batches."""
    found = [Measurement.nothing() for _ in subjects]
    for batch in _of_one_shape(batches):
        found = [one.joined(other) for one, other in zip(found, ground.comparison.measure(subjects, batch), strict=True)]
    return found


def _of_one_shape(batches: Sequence[Batch]) -> list[Batch]:
    by_shape: dict[tuple[tuple[int, ...], ...], list[Batch]] = {}
    for batch in batches:
        by_shape.setdefault(tuple(v.shape[1:] for v in batch.inputs.values()), []).append(batch)
    return [concatenate(same) for same in by_shape.values()]


def helps(near: Measurement, everyday: Measurement, everyday_before: Measurement) -> bool:
    """The rule of `advise`, for one candidate that is right at the case."""
    if near.wrong.any() or not near.judged:
        return False
    if not everyday.wrong.any():
        return True
    if int(everyday.wrong.sum()) > int(everyday_before.wrong.sum()):
        return False
    return bool(everyday.ulps[everyday.wrong].max() <= FACTOR * everyday_before.ulps[everyday_before.wrong].max())


def _limited(ground: Ground, points: int, rng: np.random.Generator) -> Advice | None:
    """The range in which the call keeps its limit: the case lies outside, fresh points and everyday rows inside are right, and it holds at least
    USABLE of the everyday rows."""
    if not ground.everyday:
        return None
    usual = _of_one_shape(ground.everyday)[0]
    box = range_of(ground.comparison, ground.subject, usual, rng)
    if box is None or box.holds(ground.row)[0] or box.holds(usual).mean() < USABLE:
        return None
    kept = usual.take(np.flatnonzero(box.holds(usual)))
    fresh = inside(ground.comparison, box, usual, points, rng)
    (near,) = ground.comparison.measure([ground.subject], fresh)
    (everyday,) = ground.comparison.measure([ground.subject], kept)
    if near.wrong.any() or everyday.wrong.any() or not near.judged:
        return None
    (before,) = ground.comparison.measure([ground.subject], ground.near)
    (everyday_before,) = ground.comparison.measure([ground.subject], usual)
    return Advice(
        "limit_range", ground.subject.implementation.call, f"The call keeps its limit for {written(box)}.", "", near.judged, before.worst, near.worst,
        everyday.judged, everyday_before.worst, everyday.worst, "", box.hexes(),
    )  # fmt: skip


def _answer(ground: Ground, candidate: Candidate) -> str:
    """At the case, as the dtype prints it."""
    (outcome,) = ground.comparison.evaluator.run_placed(ground.row, candidate.subject, ground.placement).outcomes
    return "" if outcome.answers is None else str(outcome.answers[ground.placement.position, ground.output])
