"""Consistency: the same bits in calls of other lengths, at other positions, strided, and a second time.

A row's answer must not depend on where the row stands. Where its bits differ, every differing answer is judged: one beyond its limit
beside one that is right is an inconsistency; bits that differ within the limits are counted. Elements of a vector keep their order:
only the batch axis is rearranged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement, concatenate
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.binades import input_exponents
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Judgement, Outcome
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.judge.condition_numbers import ConditionNumbers
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom, Verdicts
from ulpfuzz.fuzzer.search.ledger import Candidate, Inconsistency

#: Lengths of the calls: the scalar path, whole vectors of 8 and 16 elements, and what they leave over.
LENGTHS = (3, 8, 16, 17, 64, 69)
#: Lengths where each one is a compilation; a round uses one more than the round before.
CLOSED = (1, 64, 17, 8, 69, 3, 16)
#: The rows compared: the worst of the search, and a sample of the grid; of the worst, how many also in a batch of one and strided.
WORST, SAMPLE, SINGLE = 24, 24, 8
#: Rows of the long call, as in the search: one shape for frameworks that compile.
LONG, LEAST = 4096, 32
#: Frameworks whose arrays are always contiguous: there are no strides to compare.
CONTIGUOUS = ("tensorflow", "jax")
#: Different answers judged of one row, rows judged of one subject, wrong answers handed to its ledger.
ANSWERS, ROWS, FED = 6, 64, 16


@dataclass(frozen=True)
class Reading:
    """The answers of one kind of call."""

    #: The rows that stood in it, and their positions there.
    rows: NDArray[np.int64]
    positions: NDArray[np.int64]
    length: int
    #: The outputs, a row each.
    answers: NDArray[Any]
    stride: int = 1
    #: Which of several identical calls it is (1 = first).
    call_index: int = 1


@dataclass(frozen=True)
class Comparison:
    """What one subject's answers to the same bits taught. compared: elements; differing: those whose bits differ within the limits.
    wrong: judgements of the wrong answers, with their placement, for the ledger. error: the framework's message where it raised."""

    number: int
    compared: int = 0
    differing: int = 0
    inconsistent: list[Inconsistency] = field(default_factory=list)
    wrong: list[tuple[Judgement, Placement | None]] = field(default_factory=list)
    error: str = ""


def compare(evaluator: Evaluator, batch: Batch, *, seed: int, round_: int, without: Sequence[int] = ()) -> Iterator[Comparison]:
    """Compares the answers of every subject (but those numbered in `without`) to rows of one shape, the worst of them first.

    The number of calls depends on the number of rows and the round alone, so the same arguments give the same comparisons.
    """
    known: ConditionNumbers | None = None
    for number, subject in enumerate(evaluator.subjects):
        if number in without:
            continue
        order = np.random.Generator(np.random.PCG64([seed, number])).permutation(_long(batch))
        try:
            with evaluator.clock.phase("framework"):
                readings = list(_readings(evaluator, subject, batch, order, round_))
        except FrameworkError as error:
            yield Comparison(number, error=str(error))
            continue
        if known is None and readings:
            known = evaluator.references.conditions(batch, readings[0].answers.shape[1])
        yield _compared(evaluator, number, batch, readings, known)


def _long(batch: Batch) -> int:
    """The rows of the long call: as many as the search gives for vectors of this length."""
    return max(LEAST, LONG // batch.width)


def _readings(evaluator: Evaluator, subject: Subject, batch: Batch, order: NDArray[np.int64], round_: int) -> Iterator[Reading]:
    """All calls of one subject, but those whose shape is one too many for it. order: a permutation of the rows of the long call."""
    size = len(order)
    around = np.arange(size) % batch.rows
    for index, call_index in ((around, 1), (around, 2), (around[::-1], 1), (around[order], 1)):
        yield from _in_call(evaluator, subject, batch, index, call_index=call_index)
    closed = evaluator.calls.lengths(subject)
    lengths = LENGTHS if closed is None else [n for n in CLOSED[: 1 + round_] if n in closed and n != 1]
    for length in lengths:
        for start in range(0, batch.rows, length):
            yield from _in_call(evaluator, subject, batch, np.arange(start, start + length) % batch.rows)
        if length == 17:  # the worst once more, each at the end, where a tail is
            for row in range(min(SINGLE, batch.rows)):
                yield from _in_call(evaluator, subject, batch, np.arange(row + 1 - length, row + 1) % batch.rows)
    placements = [Placement(1)] if closed is None or ((evaluator.op.elementwise or round_) and 1 in closed) else []
    if closed is None and framework_of(subject.target) not in CONTIGUOUS:
        placements.append(Placement(16, 0, 2))
    for placement in placements:
        for row in range(min(SINGLE, batch.rows)):
            yield from _placed(evaluator, subject, batch, row, placement)


def _in_call(
    evaluator: Evaluator, subject: Subject, batch: Batch, index: NDArray[np.int64], call_index: int = 1
) -> Iterator[Reading]:
    """The rows of these numbers in one call."""
    rows = batch.take(index)
    if evaluator.shapes.admits(subject, rows, "place"):
        yield Reading(index, np.arange(len(index)), len(index), evaluator.calls.call(subject, rows), call_index=call_index)


def _placed(evaluator: Evaluator, subject: Subject, batch: Batch, row: int, placement: Placement) -> Iterator[Reading]:
    """One row, placed."""
    one, length = batch.take(slice(row, row + 1)), placement.length
    if evaluator.shapes.admits(subject, one, "place", length):
        answers = evaluator.calls.call(subject, one, placement)
        yield Reading(np.full(length, row), np.arange(length), length, answers, stride=placement.stride)


@dataclass(frozen=True)
class _Sighting:
    """One of the different answers to a row: its bits, and where it was first seen."""

    bits: bytes
    placement: Placement
    call_index: int
    answer: NDArray[Any]


def _compared(
    evaluator: Evaluator, number: int, batch: Batch, readings: list[Reading], known: ConditionNumbers | None
) -> Comparison:
    """known: of the batch's rows, None where there are no readings."""
    if known is None or not readings or readings[0].length < batch.rows:  # no call holds all rows: the shape was one too many
        return Comparison(number)
    first = readings[0].answers[: batch.rows]
    bits = _bits(first)
    sightings: dict[int, list[_Sighting]] = {}
    for reading in readings:
        own_bits = _bits(reading.answers)
        for at in np.flatnonzero((own_bits != bits[reading.rows]).any(axis=1)):
            row = int(reading.rows[at])
            seen = sightings.setdefault(row, [_Sighting(bits[row].tobytes(), Placement(readings[0].length, row), 1, first[row])])
            if len(seen) < ANSWERS and all(own_bits[at].tobytes() != other.bits for other in seen):
                placement = Placement(reading.length, int(reading.positions[at]), reading.stride)
                seen.append(_Sighting(own_bits[at].tobytes(), placement, reading.call_index, reading.answers[at]))
    if not sightings:
        return Comparison(number, bits.size)
    return _judged(evaluator, number, bits.size, batch, dict(sorted(sightings.items())[:ROWS]), known)


def _bits(answers: NDArray[Any]) -> NDArray[np.int64]:
    """Answers as integers that are equal where the bits are, and where both are NaN."""
    width = answers.dtype.itemsize
    raw = np.ascontiguousarray(answers).view(f"u{width}").astype(np.int64)
    raw[np.isnan(answers.astype(np.float64))] = -1 if width < 8 else np.int64(0x7FF8 << 48)
    return raw


def _judged(
    evaluator: Evaluator, number: int, compared: int, batch: Batch, sightings: dict[int, list[_Sighting]], known: ConditionNumbers
) -> Comparison:
    """The rows whose bits differ, with one truth, each of the different answers judged."""
    rows, lists = np.array(list(sightings)), list(sightings.values())
    variants = [np.stack([seen[min(k, len(seen) - 1)].answer for seen in lists]) for k in range(max(map(len, lists)))]
    index = np.repeat(np.arange(len(rows)), [len(seen) for seen in lists])
    truth = evaluator.references.reference(batch.take(rows), variants).take(index)
    answers = np.stack([sighting.answer for seen in lists for sighting in seen])
    answered = (evaluator.subjects[number], answers, "")
    evidence = evaluator.references.known(batch.take(rows[index]), truth, known.of_rows(rows[index]))
    judgement = evaluator.judge(evidence.batch, [answered], evidence)
    judged = judgement.outcomes[0].judged
    assert judged is not None
    verdicts, flushed = judged.verdicts, judged.flushed
    differing, start = 0, 0
    inconsistent: list[Inconsistency] = []
    wrong: list[tuple[Judgement, Placement | None]] = []
    for seen in lists:
        classes = verdicts.classes[start : start + len(seen)]
        failing = classes >= Class.inaccurate
        bits = _bits(answers[start : start + len(seen)])
        different = (bits != bits[0]).any(axis=0)
        differing += int((different & ~failing.any(axis=0)).sum())
        for output in np.flatnonzero(different & failing.any(axis=0)):
            right = np.flatnonzero((classes[:, output] == Class.ok) & ~flushed[start : start + len(seen), output])
            if len(right):  # a zero that only a flush-to-zero policy explains is no right answer
                bad, good = int(np.argmax(failing[:, output])), seen[int(right[0])]
                candidate = _candidate(judgement.batch, verdicts, start + bad, int(output), seen[bad].placement)
                inconsistent.append(Inconsistency(candidate, seen[bad].call_index, good.placement, good.call_index))
        for at in np.flatnonzero(failing.any(axis=1)).tolist():
            placement = seen[at].placement
            if seen[at].call_index == 1:  # what only a second call shows is no point for the search
                among = placement.length == lists[0][0].placement.length
                wrong.append((_alone(judgement, start + at), None if among else placement))
        start += len(seen)
    inconsistent.sort(key=lambda inconsistency: inconsistency.candidate.rank, reverse=True)
    return Comparison(number, compared, differing, inconsistent, wrong[:FED])


def _candidate(batch: Batch, verdicts: Verdicts, at: int, output: int, placement: Placement) -> Candidate:
    row = batch.take(slice(at, at + 1))
    return Candidate(
        row, output, Class(int(verdicts.classes[at, output])), Symptom(int(verdicts.symptoms[at, output])),
        float(verdicts.ulps[at, output]), float(verdicts.excess[at, output]), int(input_exponents(row)[0]), placement,
    )  # fmt: skip


def _alone(judgement: Judgement, at: int) -> Judgement:
    """The judgement of one row of it."""
    only = slice(at, at + 1)
    (outcome,) = judgement.outcomes
    assert outcome.judged is not None
    assert outcome.answers is not None
    judged = Judged(outcome.judged.verdicts.take(only), outcome.judged.flushed[only], np.zeros(1, np.int64))
    kept = Outcome(outcome.subject, outcome.answers[only], judged)
    return Judgement(judgement.batch.take(only), judgement.truth.take(only), [kept])


def sample(worst_rows: Sequence[Batch], grid: Batch | None) -> list[Batch]:
    """The rows to compare, a batch per shape: the worst first, then points of the grid, evenly spread."""
    groups: dict[tuple[tuple[int, ...], ...], list[Batch]] = {}
    different = {tuple(v.tobytes() for v in row.inputs.values()): row for row in worst_rows}  # subjects share their worst points
    for row in different.values():
        groups.setdefault(_shape(row), []).append(row)
    ranked = sorted(groups.values(), key=len, reverse=True)  # stable: the shape of the worst row where several are as frequent
    chosen = [concatenate(ranked[0][:WORST])] if ranked else []
    if grid is None:
        return chosen
    points = grid.take(np.unique(np.linspace(0, grid.rows - 1, min(SAMPLE, grid.rows)).astype(np.int64)))
    if chosen and _shape(points) == _shape(chosen[0]):
        return [concatenate([chosen[0], points])]
    return [*chosen, points]


def _shape(batch: Batch) -> tuple[tuple[int, ...], ...]:
    return tuple(values.shape[1:] for values in batch.inputs.values())
